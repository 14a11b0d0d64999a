#!/usr/bin/env python3
"""Calls and callbacks of random types go as C compilers do them, on each machine: a fixed set of types, and a random one.

usage: generated.py [--seed SEED] [--count COUNT] [--machine NAME] FOLDER RESULTS

--seed replays the set of a run before, which is printed, instead of both; --count says how many types a set has.
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / 'support')]
import generate
from results import Results

INCLUDE = HERE.parents[2] / 'include'
FIXED_SEED = 20220517


def linux(triple, emulator):
    compilers = {'gcc': [f'{triple}-gcc'], 'clang': ['clang-16', f'--target={triple}', *(['-march=rv64gc'] if 'riscv' in triple else [])]}
    return [f'{triple}-g++', '-static'], compilers, [emulator]


# What compiles the C++ side, what compiles the C side, and what runs both.
MACHINES = {
    'x86_64': (['g++'], {'gcc': ['gcc'], 'clang': ['clang-16']}, []),
    'aarch64': linux('aarch64-linux-gnu', 'qemu-aarch64-static'),
    'arm': linux('arm-linux-gnueabihf', 'qemu-arm-static'),
    'riscv64': linux('riscv64-linux-gnu', 'qemu-riscv64-static'),
    's390x': linux('s390x-linux-gnu', 'qemu-s390x-static'),
    'win64': (['x86_64-w64-mingw32-g++-posix', '-static'], {'gcc': ['x86_64-w64-mingw32-gcc-posix']}, ['wine']),
}


def compile_with(results, what, *command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        results.check(False, f'{what} does not compile: {done.stderr[-2000:]}')
    return done.returncode == 0


def try_machine(results, name, folder, seeds, count):
    cxx, compilers, emulator = MACHINES[name]
    missing = [tool for tool in (cxx[0], *emulator) if shutil.which(tool) is None]
    if missing:
        return results.skip(f'{name}: {missing[0]} is not installed')
    driver, libraries = folder / f'{name}.o', ['-lsynchronization'] if name == 'win64' else []
    if not compile_with(results, f'the driver for {name}', *cxx, '-std=c++20', '-O1', f'-I{INCLUDE}', '-c', HERE / 'generated.cpp', '-o', driver):
        return
    for seed in seeds:
        source = folder / f'{name}-{seed}.c'
        with open(source, 'w', encoding='utf-8') as out:
            generate.write(out, seed, count, name)
        for number, (compiler, command) in enumerate(compilers.items()):
            what = f'{name}, {compiler}, seed {seed}'
            if shutil.which(command[0]) is None:
                results.skip(f'{what}: {command[0]} is not installed')
                continue
            compiled, program = folder / f'{name}-{compiler}.o', folder / f'{name}-{compiler}.exe'
            level = f'-O{(seed + number) % 3}'
            if not (compile_with(results, what, *command, level, '-w', f'-I{HERE}', '-c', source, '-o', compiled) and
                    compile_with(results, what, *cxx, driver, compiled, '-o', program, *libraries)):
                continue
            try:
                ran = subprocess.run([*emulator, str(program)], capture_output=True, text=True, errors='replace', timeout=300)
                ended, said = ran.returncode, ran.stdout
            except subprocess.TimeoutExpired:
                ended, said = 'a timeout', ''
            expected = f'{count} signatures, 0 failures'
            last = said.strip().splitlines()[-1] if said.strip() else ''
            results.check(ended == 0 and last == expected, f'{what}, {level}: ended with {ended}: {said[:1500]}')
            print(f'generated: {what}, {level}: {last}', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int)
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--machine', choices=list(MACHINES))
    parser.add_argument('folder')
    parser.add_argument('results')
    options = parser.parse_args()
    folder = pathlib.Path(options.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault('WINEPREFIX', str(folder / 'wine'))
    os.environ.setdefault('WINEDEBUG', '-all')
    seeds = [FIXED_SEED, random.SystemRandom().getrandbits(31)] if options.seed is None else [options.seed]
    results = Results('loader/ffi/generated')
    for name in [options.machine] if options.machine else MACHINES:
        try_machine(results, name, folder, seeds, options.count)
    results.append_to(options.results)


main()
