"""Runs the test programs of a Meson build folder and appends the counts of their cases to a file; with --total, adds up.

usage: run_tests.py [--only NAME,...] BUILD_FOLDER RESULTS [EMULATOR...] | run_tests.py --total RESULTS
"""
import json
import os
import re
import subprocess
import sys


def run(test, emulator):
    """(passed, failed, skipped) cases of one Boost.Test program; a crash is one failure."""
    program = emulator + test['cmd'] + ['--report_format=XML', '--report_level=detailed', '--report_sink=stdout', '--color_output=no']
    try:
        done = subprocess.run(program, env=os.environ | test['env'], stdout=subprocess.PIPE, text=True, errors='replace',
                              timeout=test['timeout'])
        report = re.search(r'<TestResult><TestSuite ([^>]*)>', done.stdout)
        counts = dict(re.findall(r'(\w+)="(\w+)"', report[1])) if report else {}
    except subprocess.TimeoutExpired:
        print(f"{test['name']}: timed out")
        return 0, 1, 0
    passed = int(counts.get('test_cases_passed', 0)) + int(counts.get('test_cases_passed_with_warnings', 0))
    failed, skipped = int(counts.get('test_cases_failed', 0)), int(counts.get('test_cases_skipped', 0))
    for line in re.findall(r'^skipped: .*', done.stdout, re.M):
        print(line)
    if passed + failed + skipped == 0 or (done.returncode != 0 and failed == 0):
        print(f"{test['name']}: ended with code {done.returncode}\n{done.stdout}")
        failed += 1
    return passed, failed, skipped


def total(path):
    with open(path, encoding='utf-8') as file:
        rows = [tuple(map(int, line.split('\t')[1:])) for line in file]
    passed, failed, skipped = (sum(column) for column in zip(*rows)) if rows else (0, 0, 0)
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 0 if passed and not failed else 1


def main(arguments):
    if arguments[0] == '--total':
        return total(arguments[1])
    only = arguments[1].split(',') if arguments[0] == '--only' else None
    folder, results, *emulator = arguments[2:] if only else arguments
    listed = subprocess.run(['meson', 'introspect', '--tests', folder], check=True, stdout=subprocess.PIPE, text=True)
    with open(results, 'a', encoding='utf-8') as file:
        for test in json.loads(listed.stdout):
            if only and test['name'] not in only:
                continue
            counts = run(test, emulator)
            print('{}: {}: {} passed, {} failed, {} skipped.'.format(os.path.basename(folder), test['name'], *counts))
            file.write('\t'.join(map(str, (test['name'], *counts))) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
