"""Compiles the examples of the README and the guides: each as the body of a function behind readme.hpp, which has what stands around them.

usage: readme.py RESULTS
"""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

COMMAND = ['g++', '-std=c++20', '-Iinclude', '-Itests/compile', '-fsyntax-only', '-x', 'c++', '-']


def function(number, page, line, example):
    """It takes over names from examples about guests, if it speaks of a store, or about native modules."""
    around = 'guests' if 'store' in example else 'native_modules'
    body = re.sub(r'^#include.*', '', example, flags=re.M)
    return f'namespace {around} {{\nvoid example_{number}() {{\n#line {line} "{page}"\n{body}\n}}\n}}\n'


def examples():
    """The page, the line and the text of each."""
    for page in ['README.md', *sorted(glob.glob('docs/*.md'))]:
        with open(page, encoding='utf-8') as file:
            text = file.read()
        for match in re.finditer(r'```cpp\n(.*?)```', text, re.S):
            yield page, text.count('\n', 0, match.start(1)) + 1, match[1]


def main(results_file):
    results = Results('compile/readme')
    found = list(examples())
    results.check(len(found) >= 10, 'README.md and docs/ have lost their examples')
    includes = '\n'.join(line for _, _, text in found for line in re.findall(r'^#include.*', text, re.M))
    functions = [function(i, *example) for i, example in enumerate(found)]
    done = subprocess.run(COMMAND, input=f'#include <readme.hpp>\n{includes}\n' + ''.join(functions), text=True, stderr=subprocess.PIPE)
    wrong = [line for line in done.stderr.splitlines() if ' error: ' in line]
    results.passed += 0 if wrong else len(found)
    results.check(done.returncode == 0, '\n'.join(wrong))
    results.append_to(results_file)


main(*sys.argv[1:])
