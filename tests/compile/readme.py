"""Compiles the examples of the README: each as the body of a function behind readme.hpp, which has what stands around them.

usage: readme.py RESULTS
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

COMMAND = ['g++', '-std=c++20', '-Iinclude', '-Itests/compile', '-fsyntax-only', '-x', 'c++', '-']


def function(number, line, example):
    """It takes over names from examples about guests, if it speaks of a store, or about native modules."""
    around = 'guests' if 'store' in example else 'native_modules'
    body = re.sub(r'^#include.*', '', example, flags=re.M)
    return f'namespace {around} {{\nvoid example_{number}() {{\n#line {line} "README.md"\n{body}\n}}\n}}\n'


def main(results_file):
    results = Results('compile/readme')
    with open('README.md', encoding='utf-8') as file:
        text = file.read()
    found = list(re.finditer(r'```cpp\n(.*?)```', text, re.S))
    results.check(len(found) >= 9, 'README.md has lost its examples')
    includes = '\n'.join(line for match in found for line in re.findall(r'^#include.*', match[1], re.M))
    functions = [function(i, text.count('\n', 0, match.start(1)) + 1, match[1]) for i, match in enumerate(found)]
    done = subprocess.run(COMMAND, input=f'#include <readme.hpp>\n{includes}\n' + ''.join(functions), text=True, stderr=subprocess.PIPE)
    wrong = [line for line in done.stderr.splitlines() if ' error: ' in line]
    results.passed += 0 if wrong else len(found)
    results.check(done.returncode == 0, '\n'.join(wrong))
    results.append_to(results_file)


main(*sys.argv[1:])
