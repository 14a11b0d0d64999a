#!/usr/bin/env python3
"""Takes the checks of errors out of the headers, one at a time, and sees whether a test of faults, power or privacy turns red.

usage: mutation.py BUILD RESULTS [--all | PART], where BUILD has the tests of this machine; without --all a few of the checks, which
are others after each change, or those whose "file:line: text" contains PART
"""
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / 'include'
FILES = ['sys/fs/' + name for name in ('file', 'directory', 'replace', 'copy', 'inherited_rights', 'holes', 'temporary', 'tree', 'walk',
                                       'canonical', 'folder_stack', 'text', 'watch')] + \
        ['sys/memory/mapping', 'sys/memory/region', 'sys/random', 'sys/thread/thread', 'sys/thread/condition_variable',
         'sys/process/capture', 'sys/process/process', 'sys/process/pipe', 'sys/process/command',
         'loader/native/segments', 'loader/native/shared_object', 'loader/native/name_space', 'loader/native/sealed_copy', 'loader/linker']
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
# Checks of something else than failed calls, and where they are tested.
ELSEWHERE = {
    'VITTE_CHECK(enter(where.path, where.whole_tree, where.looked_into));': 'a watched file that is replaced, on macOS and the BSDs: tests/sys/watch.cpp',
    'VITTE_CHECK(enter_below(where.path, true, false));': 'an overflow: tests/sys/watch.cpp',
    'if (*path == 0) return fail(errc::not_found, "canonical path");': 'tests/sys/walk.cpp',
    'VITTE_CHECK(put("/", 1));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(put(name, length));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(prepend(path));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(check_texts());': 'tests/sys/process.cpp',
    'if (!running_) return ended_;': 'tests/sys/process.cpp',
    'VITTE_CHECK(path_view(std::string_view(here, length)).join(path, whole));': 'tests/sys/path.cpp',
    'if (!library) return refuse(library.error(), "loading with the OS\'s linker");': 'tests/loader/os_linker.cpp',
    'VITTE_CHECK(made->link(inputs, options));': 'tests/loader/object.cpp',
    'VITTE_CHECK(threads::join(handle_));': 'a thread that is there can be joined',
    'VITTE_CHECK(made.check_layout());': 'tests/loader/loader.cpp',
    'VITTE_CHECK(add_dependencies(trial.first));': 'tests/loader/name_space.cpp',
    'VITTE_CHECK(check_identity(*header));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(check_calls(info_.initializers));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(check_calls(info_.finalizers));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(made->take_thread_locals());': 'tests/loader/loader.cpp',
    'if (!header) return refuse(header.error().code, action, header.error().reason, header.error().offset);': 'tests/loader/loader.cpp',
    'if (!more) return refuse(more.error(), action);': 'tests/loader/loader.cpp',
}


def sites():
    for name in FILES:
        path = INCLUDE / 'vitte' / (name + '.hpp')
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            for pattern, replacement in OPERATORS:
                if pattern.match(line) and line.strip() not in ELSEWHERE:
                    yield name, number, line.strip(), lines[:number] + [pattern.sub(replacement, line)] + lines[number + 1:]
                    break


COMPILE = ['clang++-16', '-std=c++20', '-w', '-DVITTE_SEPARATE']


def compile_separate(folder):
    """What is large, once for all: the tests call it only for the platform that has no faults."""
    made = pathlib.Path(folder) / 'separate.o'
    subprocess.run([*COMPILE, '-I', INCLUDE, '-x', 'c++', '-c', '-', '-o', made], input='#include <vitte/separate.hpp>\n', text=True, check=True)
    return made


def noticed(build, separate, site):
    name, number, _, lines = site
    with tempfile.TemporaryDirectory() as folder:
        header = pathlib.Path(folder) / 'vitte' / (name + '.hpp')
        header.parent.mkdir(parents=True)
        header.write_text('\n'.join(lines) + '\n')
        for test in ('sweep', 'power', 'privacy'):
            program = f'{folder}/{test}'
            wraps = [f'-Wl,--wrap={s}' for s in ('malloc', 'realloc', '_Znwm', '_ZnwmRKSt9nothrow_t')] if test == 'sweep' else []
            made = subprocess.run([*COMPILE, '-I', folder, '-I', INCLUDE, '-DSCRATCH="scratch.d"', '-DVITTE_WRAPPED',
                                   '-DVITTE_PLAIN_LIBRARY="libplain.so"', '-DVITTE_STOP_AT_ONCE', ROOT / f'tests/fault/{test}.cpp',
                                   separate, build / 'tests/libboost_test_main.a', *wraps, '-o', program],
                                  capture_output=True, text=True)
            if made.returncode != 0:
                return 'does not compile: ' + made.stderr.splitlines()[0]
            try:
                run = subprocess.run([*ALONE, program], capture_output=True, timeout=60,
                                     env={**os.environ, 'TMPDIR': '/mnt', 'VITTE_FIXTURES': str(build / 'tests/support/fixtures'),
                                          'VITTE_LINKED': str(build / 'tests/support/fixtures/linked')})
            except subprocess.TimeoutExpired:
                return 'does not end'
            if run.returncode != 0:
                return 'red: ' + test
    return ''


def main(build, results_file, which=''):
    results = Results('fault/mutation')
    if subprocess.run([*ALONE[:ALONE.index('sh')], 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        results.skip('programs cannot be given a world of their own here')
        return results.append_to(results_file)
    chosen = list(sites())
    if which == '':
        chosen = random.Random(''.join(site[2] for site in chosen)).sample(chosen, 8)
    elif which != '--all':
        chosen = [site for site in chosen if which in f'{site[0]}:{site[1] + 1}: {site[2]}']
    build = pathlib.Path(build).resolve()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        separate = compile_separate(folder)
        for (name, line, text, _), what in zip(chosen, pool.map(lambda site: noticed(build, separate, site), chosen)):
            print(f'{what or "NOT NOTICED"}: {name}:{line + 1}: {text}', flush=True)
            results.check(what, f'{name}:{line + 1} is not noticed: {text}')
    results.append_to(results_file)


main(*sys.argv[1:])
