"""Our code against that of others, which does the same: random cases from seeds, so that each can be run again.

usage: oracles.py [--seconds N] [--fresh] FOLDER RESULTS [NAME [SEED]]

An oracle is two files: NAME.cpp answers questions with our code (`ask.hpp`), and NAME.py has `check(random, ours, folder)`, which
asks it and somebody else, and returns '' or what differs; `folder` is empty, and removed afterwards. `needs()`, if it is there, says
what the system lacks for it. The first seeds are those that have once shown a difference (`seeds.txt`), then come the same ones in
each run; with --fresh, others. NAME and SEED run a single case again.
"""
import argparse
import concurrent.futures
import glob
import importlib.util
import os
import random
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results


class Ours:
    """A program of ours that answers questions: lists of byte strings, in both directions."""

    def __init__(self, program):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def ask(self, *fields):
        fields = [field.encode() if isinstance(field, str) else field for field in fields]
        self.child.stdin.write(b'%d\n' % len(fields) + b''.join(b'%d\n%s' % (len(field), field) for field in fields))
        self.child.stdin.flush()
        return [self.child.stdout.read(self.number()) for _ in range(self.number())]

    def number(self):
        line = self.child.stdout.readline()
        if not line:
            raise EOFError(f'our program ended with {self.child.wait()}')
        return int(line)

    def end(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()


def kept_seeds():
    """By name, the seeds that have shown a difference once."""
    known = {}
    with open(f'{HERE}/seeds.txt', encoding='utf-8') as file:
        for line in file:
            if line.strip() and not line.startswith('#'):
                name, seed, _ = line.split(None, 2)
                known.setdefault(name, []).append(int(seed))
    return known


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, f'{HERE}/{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(oracle, name, seed, ours, folder):
    """What case `seed` shows: '' if nothing."""
    case = f'{folder}/{name}-case'
    shutil.rmtree(case, ignore_errors=True)
    os.makedirs(case)
    try:
        said = oracle.check(random.Random(f'{name} {seed}'), ours, case)
    except (EOFError, BrokenPipeError) as error:
        said = str(error)
    subprocess.run(['chmod', '-R', 'u+rwX', case], check=False)
    shutil.rmtree(case)
    return said


def tried(name, seeds, seconds, folder):
    """Tries one oracle for a while; its cases that agreed, and what differed in others."""
    oracle, passed, differences = loaded(name), 0, []
    if lacking := getattr(oracle, 'needs', lambda: '')():
        return lacking
    program = f'{folder}/{name}'
    subprocess.run(['g++', '-std=c++20', '-O1', '-I', f'{ROOT}/include', '-c', f'{HERE}/{name}.cpp', '-o', f'{program}.o'], check=True)
    subprocess.run(['g++', f'{program}.o', '-o', program], check=True)
    ours, end = Ours(program), time.monotonic() + seconds
    for seed in seeds:
        if said := difference(oracle, name, seed, ours, folder):
            differences.append(f'{said}\n    again: python3 tests/oracles/oracles.py {folder} RESULTS {name} {seed}')
            ours.end()
            ours = Ours(program)
        else:
            passed += 1
        if time.monotonic() > end or len(differences) == 5:
            break
    ours.end()
    return passed, differences


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=int, default=10, help='for each oracle')
    parser.add_argument('--fresh', action='store_true')
    parser.add_argument('folder', type=os.path.abspath)
    parser.add_argument('results', type=os.path.abspath)
    parser.add_argument('name', nargs='?')
    parser.add_argument('seed', nargs='?', type=int)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    names = sorted(os.path.basename(path)[:-4] for path in glob.glob(f'{HERE}/*.cpp'))
    first = random.SystemRandom().randrange(1 << 32) if options.fresh else 1

    def seeds(name):
        if options.seed is not None:
            return [options.seed]
        return (*kept_seeds().get(name, []), *range(first, first + 1_000_000))

    chosen = [options.name] if options.name else names
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, got in zip(chosen, pool.map(lambda name: tried(name, seeds(name), options.seconds, options.folder), chosen)):
            results = Results(f'oracles/{name}')
            if isinstance(got, str):
                results.skip(got)
            else:
                results.passed = got[0]
                for said in got[1]:
                    results.check(False, said)
            results.append_to(options.results)


main()
