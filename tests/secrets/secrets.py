"""Neither a branch nor an index depends on a secret, in the machine code that two compilers make: their bytes are undefined for
valgrind, which tells of both (Langley's ctgrind).

usage: secrets.py FOLDER RESULTS
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def complaints(program, *arguments):
    """The exit code of the program, 99 if valgrind has complained, and what it said."""
    done = subprocess.run(['valgrind', '--quiet', '--error-exitcode=99', program, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def main(folder, results_file):
    os.makedirs(folder, exist_ok=True)
    results = Results('secrets')
    for compiler in 'g++', 'clang++-16':
        for level in '-O1', '-O2', '-O3', '-Os':
            program = f'{folder}/signing'
            subprocess.run([compiler, '-std=c++20', level, '-gdwarf-4', '-Iinclude', 'tests/secrets/signing.cpp', '-o', program], check=True)
            code, said = complaints(program)
            results.check(code == 0, f'{compiler} {level}: {code}, {said[:2000]}')
            results.equal(complaints(program, 'branch')[0], 99, f'{compiler} {level}: a branch on a secret')
    results.append_to(results_file)


main(*sys.argv[1:])
