"""Counts the instructions of an operation of ours and of the same written by hand: at most 2 % more.

usage: overhead.py FOLDER RESULTS
"""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

FEW, MANY = 1000, 21000


def instructions(program, which, times, folder):
    out = os.path.join(folder, 'callgrind.out')
    said = subprocess.run(['valgrind', '--tool=callgrind', f'--callgrind-out-file={out}', program, which, str(times)],
                          check=True, capture_output=True, text=True).stderr
    return int(re.search(r'Collected : (\d+)', said)[1])


def main(folder, results_file):
    os.makedirs(folder, exist_ok=True)
    results = Results('overhead')
    for source in sorted(glob.glob('tests/overhead/*.cpp')):
        name = os.path.basename(source)[:-4]
        program = os.path.join(folder, name)
        subprocess.run(['g++', '-std=c++20', '-O2', '-Iinclude', source, '-o', program], check=True)
        each = {which: (instructions(program, which, MANY, folder) - instructions(program, which, FEW, folder)) / (MANY - FEW)
                for which in ('ours', 'by hand')}
        print(f'overhead/{name}: {each["ours"]:.2f} instructions, by hand {each["by hand"]:.2f}')
        results.check(each['ours'] <= 1.02 * each['by hand'], f'{name}: {each}')
    results.append_to(results_file)


main(*sys.argv[1:])
