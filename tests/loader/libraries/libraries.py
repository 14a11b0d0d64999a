#!/usr/bin/env python3
"""Libraries of the system, which were never made for our linker: some are used, by dynamic and by static programs, and all that there
are are loaded and unloaded, which has to go as it does with the OS's linker.

usage: libraries.py FOLDER RESULTS
"""
import concurrent.futures
import glob
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'support'))
from results import Results

INCLUDE = HERE.parents[2] / 'include'
EXPECTED = {
    'zlib': ('libz.so.1', 'cbf43926 same smaller\nunloaded\n'),  # the check value of CRC-32
    'lua': ('liblua5.4.so.0', '0 1 4 9 raised 1.414\nunloaded\n'),
    'sqlite': ('libsqlite3.so.0', '100 49600 6937\nunloaded\n'),
    'llvm': ('libLLVM-14.so.1', '''; ModuleID = 'made by hand'
source_filename = "made by hand"

define i32 @answer() {
entry:
  ret i32 42
}
unloaded
'''),
}


# What by_signature says.
BY_SIGNATURE = {
    'zlib': ('libz.so.1', '0 1 same smaller 0 ours cbf43926\n'),
    'sqlite': ('libsqlite3.so.0', '100 5050 3787.5 100 0\n'),
    'gsl': ('libgsl.so.27', '-5+10i 3+4i 0+2i -2+2i 5\n'),
    'png': ('libpng16.so.16', None),  # what a C program says
}


def find(name):
    found = glob.glob(f'/usr/lib/*/{name}') + glob.glob(f'/usr/lib/{name}')
    return os.path.realpath(found[0]) if found else None


def run(*command):
    try:
        ran = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors='replace', timeout=60)
    except subprocess.TimeoutExpired:
        return 'does not end'
    return ran.stdout if ran.returncode >= 0 else f'signal {-ran.returncode}'


def undefined(library):
    """What a static program has to contain for it; it is not asked for what is weak."""
    listed = subprocess.run(['nm', '-D', '--undefined-only', library], capture_output=True, text=True, check=True).stdout
    return [line.split()[1].split('@')[0] for line in listed.splitlines() if line.split()[0] == 'U']


def kind(said):
    return said.split(':')[0] if said.startswith('refused') else said.strip().splitlines()[-1] if said.strip() else 'nothing'


def survey(folder, results):
    """What refuses to load, and why, by both linkers."""
    files = sorted({os.path.realpath(f) for f in glob.glob('/usr/lib/*-linux-gnu/*.so*')})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        ours = list(pool.map(lambda f: run(folder / 'use', 'load', f), files))
        theirs = list(pool.map(lambda f: run(folder / 'dlopen', f), files))
    loaded = 0
    for file, mine, other in zip(files, ours, theirs):
        results.check(kind(mine) == kind(other), f'{file}: ours: {mine.strip()[-300:]}; the OS\'s: {other.strip()[-300:]}')
        loaded += kind(mine) == 'unloaded'
        if kind(mine) != 'unloaded':
            print(f'libraries: not loaded, by either linker: {file}: {mine.strip().removeprefix(f"refused: {file}: ")[:200]}')
    print(f'libraries: {loaded} of {len(files)} files are loaded and unloaded', flush=True)


def by_signature(folder, results):
    """The same libraries by functions whose types are texts."""
    files = {what: find(name) for what, (name, _) in BY_SIGNATURE.items()}
    needed = sorted({s for file in files.values() if file for s in undefined(file)} - set(provided([*files.values(), find('libgslcblas.so.0')])))
    cxx = ['g++', '-std=c++20', '-O1', f'-I{INCLUDE}', HERE / 'by_signature.cpp']
    for command in ([*cxx, '-o', folder / 'by_signature'],
                    [*cxx, '-static', *[f'-Wl,-u,{s}' for s in needed], '-lm', '-o', folder / 'by_signature-static'],
                    ['gcc', HERE / 'picture.c', '-o', folder / 'picture', '-lpng']):
        subprocess.run([str(c) for c in command], check=True, stderr=subprocess.DEVNULL)
    for what, (name, expected) in BY_SIGNATURE.items():
        if files[what] is None:
            results.skip(f'{name} is not installed')
            continue
        if expected is None:
            expected = run(folder / 'picture')
            results.check(expected.startswith('89504e470d0a1a0a'), f'the C program makes a PNG: {expected[:100]}')
        results.equal(run(folder / 'by_signature', what, files[what]), expected, f'{what} by signatures')
        results.equal(run(folder / 'by_signature-static', '--program', what, files[what]), expected, f'{what} by signatures in a static program')


def provided(files):
    """What libraries give each other."""
    for file in filter(None, files):
        listed = subprocess.run(['nm', '-D', '--defined-only', file], capture_output=True, text=True, check=True).stdout
        yield from (line.split()[-1].split('@')[0] for line in listed.splitlines())


def main(folder, results_file):
    results = Results('loader/libraries')
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    files = {what: find(name) for what, (name, _) in EXPECTED.items()}
    needed = sorted({s for what in ('zlib', 'lua', 'sqlite') if files[what] for s in undefined(files[what])})
    cxx = ['g++', '-std=c++20', '-O1', f'-I{INCLUDE}', HERE / 'use.cpp']
    for command in ([*cxx, '-o', folder / 'use'], [*cxx, '-static', *[f'-Wl,-u,{s}' for s in needed], '-lm', '-o', folder / 'use-static'],
                    ['gcc', HERE / 'dlopen.c', '-o', folder / 'dlopen']):
        subprocess.run([str(c) for c in command], check=True, stderr=subprocess.DEVNULL)
    for what, (name, expected) in EXPECTED.items():
        if files[what] is None:
            results.skip(f'{name} is not installed')
            continue
        results.equal(run(folder / 'use', what, files[what]), expected, f'{what} in a dynamic program')
        static = run(folder / 'use-static', '--program', what, files[what])
        if what != 'llvm':
            results.equal(static, expected, f'{what} in a static program')
        else:  # a static program does not contain what it needs of C++, and says so
            results.check(static.startswith('refused: ') and 'symbol' in static, f'{what} in a static program: {static}')
            print(f'libraries: in a static program: {static.strip()[:300]}')
    by_signature(folder, results)
    survey(folder, results)
    results.append_to(results_file)


main(*sys.argv[1:])
