#!/usr/bin/env python3
"""Takes the checks of errors out of the headers, one at a time, and sees whether the sweep of faults or that of power
turns red. Usage: mutation.py BUILD [PART OF A SITE'S NAME | --sample N]; BUILD has the tests built natively.
Prints each site that was not noticed, and exits with 1 if there is one."""
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / 'include'
FILES = ['sys/fs/' + name for name in ('file', 'directory', 'replace', 'copy', 'holes', 'temporary', 'tree', 'walk', 'canonical',
                                       'folder_stack', 'text', 'watch')] + \
        ['sys/memory/mapping', 'sys/memory/region', 'sys/random', 'sys/thread/thread', 'sys/thread/condition_variable',
         'sys/process/capture', 'sys/process/process', 'sys/process/pipe', 'sys/process/command',
         'loader/native/segments', 'loader/linker', 'sys/platform/confined/confinement', 'sys/platform/confined/beneath']
# What a line becomes without its check.
OPERATORS = [
    (re.compile(r'^(\s*)VITTE_CHECK\((.*)\);$'), r'\1static_cast<void>(\2);'),
    (re.compile(r'^(\s*)if \(!\w+\) return (unexpected|native::refuse|refuse)\(.*\);$'), ''),
    (re.compile(r'^(\s*)if \(!\w+\) return \w+;$'), ''),
    (re.compile(r'^(.*)retried\(\[&\] \{ return (.*); \}\)(.*)$'), r'\1\2\3'),
    (re.compile(r'^(\s*)if \(.*errc::interrupted\) continue;.*$'), ''),
    (re.compile(r'^(\s*)if \(!\w+\) static_cast<void>\(.*\);$'), ''),
    (re.compile(r'^(\s*)return \w+\.(sync|close)\(\);$'), r'\1return {};'),
    (re.compile(r'^(\s*)if \(\*\w+ == 0\) return fail\(.*\);$'), ''),
    (re.compile(r'^(\s*~\w+\(\)) \{ static_cast<void>\((close|release)\(\)\); \}$'), r'\1 {}'),
    (re.compile(r'^(\s*)if \(data_ != nullptr\) static_cast<void>\(.*release\(.*\)\);$'), ''),
]
# Without checks a program may send signals to everybody and remove anything: it gets a world of its own, in which only a
# new folder can be written to.
ALONE = ['unshare', '--fork', '--pid', '--mount', '--mount-proc', '--kill-child', 'sh', '-c', '''
    mount -t tmpfs none /mnt && cp "$1" /mnt/test && mount -o remount,bind,ro / && cd /mnt && exec ./test''', 'sh']
# Sites whose absence makes no difference that could be seen, and why.
EQUAL = {
    'if (*path == 0) return fail(errc::not_found, "canonical path");': 'bad input, which tests/sys/path.cpp has',
    'if (*path == 0) return fail(errc::not_found, "find path");': 'bad input, which tests/sys/confined.cpp has',
    'VITTE_CHECK(check_texts());': 'bad input, which tests/sys/process.cpp has',
}


def sites():
    for name in FILES:
        path = INCLUDE / 'vitte' / (name + '.hpp')
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            for pattern, replacement in OPERATORS:
                if pattern.match(line) and line.strip() not in EQUAL:
                    yield name, number, line.strip(), lines[:number] + [pattern.sub(replacement, line)] + lines[number + 1:]
                    break


def noticed(build, site):
    name, number, _, lines = site
    with tempfile.TemporaryDirectory() as folder:
        header = pathlib.Path(folder) / 'vitte' / (name + '.hpp')
        header.parent.mkdir(parents=True)
        header.write_text('\n'.join(lines) + '\n')
        for test in ('sweep', 'power'):
            program = f'{folder}/{test}'
            wraps = [f'-Wl,--wrap={s}' for s in ('malloc', 'realloc', '_Znwm', '_ZnwmRKSt9nothrow_t')] if test == 'sweep' else []
            made = subprocess.run(['clang++-16', '-std=c++20', '-w', '-I', folder, '-I', INCLUDE, '-DSCRATCH="scratch.d"',
                                   '-DVITTE_WRAPPED', '-DVITTE_STOP_AT_ONCE', ROOT / f'tests/fault/{test}.cpp',
                                   build / 'tests/libboost_test_main.a', *wraps, '-o', program],
                                  capture_output=True, text=True)
            if made.returncode != 0:
                return 'does not compile: ' + made.stderr.splitlines()[0]
            try:
                run = subprocess.run([*ALONE, program], capture_output=True, timeout=60,
                                     env={**os.environ, 'VITTE_FIXTURES': str(build / 'tests/support/fixtures')})
            except subprocess.TimeoutExpired:
                return 'does not end'
            if run.returncode != 0:
                return 'red: ' + test
    return ''


def main():
    build, rest = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    chosen = list(sites())
    if rest[:1] == ['--sample']:
        chosen = random.Random(len(chosen)).sample(chosen, int(rest[1]))
    elif rest:
        chosen = [s for s in chosen if rest[0] in f'{s[0]}:{s[1] + 1} {s[2]}']
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count()))) as pool:
        for site, what in zip(chosen, pool.map(lambda s: noticed(build, s), chosen)):
            missed += what == ''
            print(f'{what or "NOT NOTICED"}: {site[0]}:{site[1] + 1}: {site[2]}', flush=True)
    print(f'{len(chosen)} checks taken out, {len(chosen) - missed} noticed')
    print(f'{len(chosen) - missed} passed, {missed} failed, 0 skipped')
    return missed != 0


if __name__ == '__main__':
    sys.exit(main())
