"""How large a static program is that copies a file: at most three times one that is written with nothing but POSIX calls; and that
platforms for tests, which it includes without naming them, leave no trace in it.

usage: size.py FOLDER RESULTS; ZIG names a zig
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

COMPILE = ['-std=c++20', '-Os', '-fno-exceptions', '-fno-rtti', '-ffunction-sections', '-fdata-sections', '-Iinclude', '-c']
LINK = ['-static', '-Wl,--gc-sections']  # not optimized, as the tests are: then zig has the C++ library already

TEST_PLATFORMS = ['decorated', 'traced', 'faulty', 'confined', 'simulated']


def machine_code(target, headers):
    includes = [part for name in headers for part in ('-include', f'vitte/sys/platform/{name}.hpp')]
    subprocess.run(['g++', '-std=c++20', '-O2', '-c', '-Iinclude', *includes, 'tests/overhead/size/ours.cpp', '-o', target], check=True)
    said = subprocess.run(['objdump', '-d', '--no-show-raw-insn', target], check=True, capture_output=True, text=True).stdout
    # Which function comes first is the compiler's matter.
    return sorted(re.sub(r'(?m)^\s*[0-9a-f]+:?\s', '', function) for function in said.partition('Disassembly')[2].split('\n\n'))


def main(folder, results_file):
    results = Results('overhead/size')
    compiler = ['cross/tools/zig-compiler', 'c++', 'x86_64-linux-musl']
    os.makedirs(f'{folder}/size', exist_ok=True)
    sizes = {}
    for which in 'ours', 'by_hand':
        program, target = f'{folder}/size/{which}', f'{folder}/size/copied'
        subprocess.run([*compiler, *COMPILE, f'tests/overhead/size/{which}.cpp', '-o', f'{program}.o'], check=True)
        subprocess.run([*compiler, *LINK, f'{program}.o', '-o', program], check=True)
        subprocess.run(['strip', program], check=True)
        if os.path.exists(target):
            os.remove(target)
        subprocess.run([program, program, target], check=True)
        with open(program, 'rb') as one, open(target, 'rb') as other:
            results.check(one.read() == other.read(), f'{which} copied something else')
        sizes[which] = os.path.getsize(program)
    print('overhead/size: {ours} bytes, by hand {by_hand}'.format(**sizes))
    results.check(sizes['ours'] <= 3 * sizes['by_hand'], f'a program that copies a file: {sizes}')
    plain, beside = (machine_code(f'{folder}/size/{name}.o', headers) for name, headers in (('plain', []), ('beside', TEST_PLATFORMS)))
    results.check(sum(function.count('\n') for function in plain) > 500, 'there is machine code to be compared')
    differ = set(plain) ^ set(beside)
    results.check(plain == beside, f'machine code of a program that includes platforms for tests: {len(differ)} functions differ')
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
