"""Runs the Boost.Test programs of a Meson build folder."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import tempfile
import time


def run_one(test, folder, emulator, environment):
    """(passed, failed, skipped) cases of one program, run in `folder`; a crash is one failure."""
    if emulator and emulator[0].startswith('qemu-'):
        environment = environment | {'VITTE_EMULATOR': ' '.join(emulator)}
    program = emulator + test['cmd'] + ['--report_format=XML', '--report_level=detailed', '--report_sink=stdout', '--log_sink=stderr', '--color_output=no']
    # A file and no pipe, whose end only comes when children that outlive the program are gone, too.
    with tempfile.TemporaryFile('w+', errors='replace') as output:
        try:
            code = subprocess.run(program, cwd=folder, env=environment | test['env'], stdin=subprocess.DEVNULL, stdout=output,
                                  timeout=test['timeout']).returncode
        except subprocess.TimeoutExpired:
            print(f"{test['name']}: timed out")
            return 0, 1, 0
        output.seek(0)
        said = output.read()
    report = re.search(r'<TestResult><TestSuite ([^>]*)>', said)
    counts = dict(re.findall(r'(\w+)="(\w+)"', report[1])) if report else {}
    passed = int(counts.get('test_cases_passed', 0)) + int(counts.get('test_cases_passed_with_warnings', 0))
    failed, skipped = int(counts.get('test_cases_failed', 0)), int(counts.get('test_cases_skipped', 0))
    for line in re.findall(r'^skipped: .*', said, re.M):
        print(line)
    if passed + failed + skipped == 0 or (code != 0 and failed == 0):
        print(f"{test['name']}: ended with code {code}\n{said}")
        failed += 1
    return passed, failed, skipped


def in_memory():
    """A folder in memory for what programs write, or None where there is little of it."""
    free = shutil.disk_usage('/dev/shm').free if os.path.isdir('/dev/shm') else 0
    return tempfile.TemporaryDirectory(dir='/dev/shm') if free > 4 << 30 else None


def tests_of(folder):
    listed = subprocess.run(['meson', 'introspect', '--tests', folder], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(listed.stdout)


# They wait for the disk thousands of times, which takes minutes while others write there.
SYNCING = ['fault/sweep']


def run_all(name, folder, emulator=(), only=None, environment=os.environ, at_once=1, on_disk=True):
    """The counts of each program by its name."""
    memory = in_memory()

    def run(test):
        begin = time.monotonic()
        counts = run_one(test, memory.name if memory and (not on_disk or test['name'] in SYNCING) else folder, list(emulator), environment)
        print('{}: {}: {} passed, {} failed, {} skipped in {:.0f} s.'.format(name, test['name'], *counts, time.monotonic() - begin), flush=True)
        return counts

    tests = [test for test in tests_of(folder) if not only or test['name'] in only]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return dict(zip([test['name'] for test in tests], pool.map(run, tests)))
