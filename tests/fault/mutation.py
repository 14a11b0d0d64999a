#!/usr/bin/env python3
"""Takes the checks of errors out of the headers, one at a time, and sees whether a test of faults, power or privacy turns red.

usage: mutation.py BUILD RESULTS [--all | PART], where BUILD has the tests of this machine; without --all a few of the checks, which
are others after each change, or those whose "file:line: text" contains PART

The tests are compiled once, with a switch at each of the checks: VITTE_MUTANT is the number of the one that is taken out.
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
         'loader/native/segments', 'loader/native/shared_object', 'loader/native/name_space', 'loader/native/sealed_copy', 'loader/native/link', 'loader/linker']
# What a line becomes, so that it has no check while MUTATED.
OPERATORS = [
    (re.compile(r'^(\s*)VITTE_CHECK\((.*)\);$'), r'\1if (MUTATED) static_cast<void>(\2); else { VITTE_CHECK(\2); }'),
    (re.compile(r'^(\s*)(if \(!\w+\) return (?:unexpected|native::refuse|refuse)\(.*\);)$'), r'\1if (!MUTATED) { \2 }'),
    (re.compile(r'^(\s*)(if \(!\w+\) return \w+;)$'), r'\1if (!MUTATED) { \2 }'),
    (re.compile(r'^(.*)retried\(\[&\] \{ return (.*); \}\)(.*)$'), r'\1(MUTATED ? \2 : retried([&] { return \2; }))\3'),
    (re.compile(r'^(\s*)(if \(.*errc::interrupted\) continue;.*)$'), r'\1if (!MUTATED) \2'),
    (re.compile(r'^(\s*)(if \(!\w+\) static_cast<void>\(.*\);)$'), r'\1if (!MUTATED) { \2 }'),
    (re.compile(r'^(\s*)(return \w+\.(?:sync|close)\(\);)$'), r'\1if (MUTATED) return {}; \2'),
    (re.compile(r'^(\s*)(if \(\*\w+ == 0\) return fail\(.*\);)$'), r'\1if (!MUTATED) { \2 }'),
    (re.compile(r'^(\s*~\w+\(\)) \{ (static_cast<void>\((?:close|release)\(\)\);) \}$'), r'\1 { if (!MUTATED) \2 }'),
    (re.compile(r'^(\s*)(if \(data_ != nullptr\) static_cast<void>\(.*release\(.*\)\);)$'), r'\1if (!MUTATED) { \2 }'),
]
SWITCH = '''#pragma once
#include <cstdlib>
inline const int vitte_mutant = std::atoi(std::getenv("VITTE_MUTANT"));
'''
# Without checks a program may send signals to everybody and remove anything: it gets a world of its own, in which only a
# new folder can be written to.
ALONE = ['unshare', '--fork', '--pid', '--mount', '--mount-proc', '--kill-child', 'sh', '-c', '''
    mount -t tmpfs none /mnt && program=$1 && shift && cp "$program" /mnt/test && mount -o remount,bind,ro / && cd /mnt && exec ./test "$@"''', 'sh']
# Checks of something else than failed calls, and where they are tested.
ELSEWHERE = {
    'VITTE_CHECK(enter(where.path, where.whole_tree, where.looked_into));': 'a watched file that is replaced, on macOS and the BSDs: tests/sys/watch.cpp',
    'VITTE_CHECK(enter_below(where.path, true, false));': 'an overflow: tests/sys/watch.cpp',
    'if (*path == 0) return fail(errc::not_found, "canonical path");': 'tests/sys/walk.cpp',
    'VITTE_CHECK(put("/", 1));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(put(name, length));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(prepend(path));': 'tests/sys/walk.cpp',
    'VITTE_CHECK(check_texts());': 'tests/sys/process.cpp',
    'if (*moved == 0) return fail(errc::io_error, "write");': 'tests/sys/fs.cpp',
    'VITTE_CHECK(buffer.grow(buffer.size()));': 'nothing is lost: the next turn of the loop tries again',
    'if (!running_) return ended_;': 'tests/sys/process.cpp',
    'VITTE_CHECK(path_view(std::string_view(here, length)).join(path, whole));': 'tests/sys/path.cpp',
    'if (!library) return refuse(library.error(), "loading with the OS\'s linker");': 'tests/loader/os_linker.cpp',
    'VITTE_CHECK(made->link(inputs, options));': 'tests/loader/object.cpp',
    'VITTE_CHECK(threads::join(handle_));': 'a thread that is there can be joined',
    'VITTE_CHECK(made.check_layout());': 'tests/loader/loader.cpp',
    'VITTE_CHECK(add_dependencies(trial.first, options));': 'tests/loader/name_space.cpp',
    'VITTE_CHECK(check_identity(*header));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(relocator<P, Scope>(segments_, info_, tls_, scope, cpu, scope_first).run(lazy ? this : nullptr));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(check_calls(info_.initializers));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(check_calls(info_.finalizers));': 'tests/loader/loader.cpp',
    'VITTE_CHECK(made->take_thread_locals());': 'tests/loader/loader.cpp',
    'if (!header) return refuse(header.error().code, action, header.error().reason, header.error().offset);': 'tests/loader/loader.cpp',
    'if (!more) return refuse(more.error(), action);': 'tests/loader/loader.cpp',
}


def sites():
    """All checks: the header, the index of the line, its text."""
    for name in FILES:
        for number, line in enumerate((INCLUDE / f'vitte/{name}.hpp').read_text().splitlines()):
            if any(pattern.match(line) for pattern, _ in OPERATORS) and line.strip() not in ELSEWHERE:
                yield name, number, line.strip()


def write_headers(folder, chosen):
    """Headers whose checks can be taken out, `chosen[i]` by the number i + 1."""
    (folder / 'switch.hpp').write_text(SWITCH)
    for name in {name for name, _, _ in chosen}:
        lines = (INCLUDE / f'vitte/{name}.hpp').read_text().splitlines()
        for i, (of, number, _) in enumerate(chosen):
            if of == name:
                pattern, replacement = next(pair for pair in OPERATORS if pair[0].match(lines[number]))
                lines[number] = pattern.sub(replacement.replace('MUTATED', f'(vitte_mutant == {i + 1})'), lines[number])
        header = folder / f'vitte/{name}.hpp'
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_text('\n'.join(lines) + '\n')


# What finds most in the least time comes first.
TESTS = {'power': [], 'privacy': [], 'sweep': [f'-Wl,--wrap={s}' for s in ('malloc', 'realloc', '_Znwm', '_ZnwmRKSt9nothrow_t')]}
# `separate` holds what is large: the tests call it only for the platform that has no faults.
COMPILE = ['clang++-16', '-std=c++20', '-w', '-DVITTE_SEPARATE', '-DSCRATCH="scratch.d"', '-DVITTE_WRAPPED',
           '-DVITTE_PLAIN_LIBRARY="libplain.so"', '-DVITTE_STOP_AT_ONCE']


def compiled(folder, source):
    made = folder / (source.stem + '.o')
    level = '-O1' if source.stem == 'power' else '-O0'  # it computes
    subprocess.run([*COMPILE, level, '-include', folder / 'switch.hpp', '-I', folder, '-I', INCLUDE, '-c', source, '-o', made], check=True)
    return made


def build_tests(build, folder, pool):
    framework = subprocess.run([COMPILE[0], '-print-file-name=libboost_unit_test_framework.a'], capture_output=True, text=True, check=True).stdout.strip()
    archives = [build / 'tests/libboost_test_main.a', *([framework] if os.path.isabs(framework) else [])]
    (folder / 'separate.cpp').write_text('#include <vitte/separate.hpp>\n')
    separate, *objects = pool.map(lambda source: compiled(folder, source),
                                  [folder / 'separate.cpp', *[ROOT / f'tests/fault/{test}.cpp' for test in TESTS]])
    for (test, wraps), made in zip(TESTS.items(), objects):
        subprocess.run([COMPILE[0], made, separate, '-Wl,--start-group', *archives, '-Wl,--end-group', *wraps, '-o', folder / test], check=True)


def run(build, folder, test, mutant, *arguments):
    """What is wrong with a run; '' if it is green."""
    variables = {'TMPDIR': '/mnt', 'VITTE_MUTANT': str(mutant), 'VITTE_FIXTURES': str(build / 'tests/support/fixtures'),
                 'VITTE_LINKED': str(build / 'tests/support/fixtures/linked')}
    try:
        done = subprocess.run([*ALONE, folder / test, *arguments], capture_output=True, timeout=400, env=os.environ | variables)
    except subprocess.TimeoutExpired:
        return f'does not end: {test}'
    return f'red: {test}' if done.returncode != 0 else ''


def noticed(build, folder, mutant):
    return next(filter(None, (run(build, folder, test, mutant) for test in TESTS)), '')


def main(build, results_file, which=''):
    results = Results('fault/mutation')
    if subprocess.run([*ALONE[:ALONE.index('sh')], 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        results.skip('programs cannot be given a world of their own here')
        return results.append_to(results_file)
    chosen = list(sites())
    if which == '':
        chosen = random.Random(''.join(site[2] for site in chosen)).sample(chosen, 3)
    elif which != '--all':
        chosen = [site for site in chosen if which in f'{site[0]}:{site[1] + 1}: {site[2]}']
    build = pathlib.Path(build).resolve()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = pathlib.Path(folder)
        write_headers(folder, chosen)
        build_tests(build, folder, pool)
        # With all checks in place they are green here, too; of the sweep, what takes little time.
        for test, arguments in ('power', []), ('privacy', []), ('sweep', ['--run_test=*/*memory*']):
            results.check(not run(build, folder, test, 0, *arguments), f'{test} is red without any change')
        for (name, line, text), what in zip(chosen, pool.map(lambda i: noticed(build, folder, i + 1), range(len(chosen)))):
            print(f'{what or "NOT NOTICED"}: {name}:{line + 1}: {text}', flush=True)
            results.check(what, f'{name}:{line + 1} is not noticed: {text}')
    results.append_to(results_file)


main(*sys.argv[1:])
