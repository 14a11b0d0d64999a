"""Runs the Boost.Test programs of a Meson build folder."""
import concurrent.futures
import dataclasses
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import xml.etree.ElementTree


@dataclasses.dataclass
class Outcome:
    """Of one run of a program."""
    cases: dict    # how each has ended, by its path: 'passed', 'failed', 'aborted' or 'skipped'
    crashed: bool  # or it hung, or could not be started
    said: str      # what it wrote

    def those(self, *ends):
        return [path for path, end in self.cases.items() if end in ends]

    @property
    def failed(self):
        return self.those('failed', 'aborted')

    @property
    def counts(self):
        """Passed, failed, skipped; a crash is one failure more."""
        return len(self.those('passed')), len(self.failed) + self.crashed, len(self.those('skipped'))


def cases_of(suite, above=''):
    """The path of each case in a report, and how it ended."""
    for node in suite:
        path = above + node.get('name', '')
        if node.tag == 'TestCase':
            yield path, node.get('result')
        elif node.tag == 'TestSuite':
            yield from cases_of(node, path + '/')


def outcome_of(name, code, report, said):
    found = re.search(r'<TestResult>.*</TestResult>', report, re.S)
    cases = dict(cases_of(xml.etree.ElementTree.fromstring(found[0])[0])) if found else {}
    outcome = Outcome(cases, False, ''.join(f'{line}\n' for line in re.findall(r'^skipped: .*', report, re.M)) + said)
    if not cases or (code == 0) != (not outcome.failed):
        outcome.crashed = True
        outcome.said += f'{name}: ended with {code}\n{report}'
    return outcome


def run_one(test, folder, emulator, environment, cases=()):
    """Runs these cases of one program in `folder`, or all."""
    if emulator and emulator[0].startswith('qemu-'):
        environment = environment | {'VITTE_EMULATOR': ' '.join(emulator)}
    program = [*emulator, *test['cmd'], '--report_format=XML', '--report_level=detailed', '--report_sink=stdout', '--log_sink=stderr',
               '--color_output=no', *(f'--run_test={case}' for case in cases)]
    # Files and no pipes, whose end only comes when children that outlive the program are gone, too.
    with tempfile.TemporaryFile('w+', errors='replace') as report, tempfile.TemporaryFile('w+', errors='replace') as log:
        try:
            code = subprocess.run(program, cwd=folder, env=environment | test['env'], stdin=subprocess.DEVNULL, stdout=report, stderr=log,
                                  timeout=test['timeout']).returncode
        except subprocess.TimeoutExpired:
            code = f"nothing: timed out after {test['timeout']} s"
        except OSError as error:  # it was not built
            code = error
        for file in report, log:
            file.seek(0)
        return outcome_of(test['name'], code, report.read(), log.read())


def in_memory():
    """A folder in memory for what programs write, or None where there is little of it."""
    free = shutil.disk_usage('/dev/shm').free if os.path.isdir('/dev/shm') else 0
    return tempfile.TemporaryDirectory(dir='/dev/shm') if free > 4 << 30 else None


def tests_of(folder):
    listed = subprocess.run(['meson', 'introspect', '--tests', folder], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(listed.stdout)


# They wait for the disk thousands of times, which takes minutes while others write there.
SYNCING = ['fault/sweep']


def run_all(name, folder, emulator=(), chosen=None, environment=os.environ, at_once=1, on_disk=True):
    """The outcome of each program by its name. `chosen` has the names of those to be run, each with the cases to be run, or none for all."""
    memory = in_memory()

    def run(test):
        begin = time.monotonic()
        outcome = run_one(test, memory.name if memory and (not on_disk or test['name'] in SYNCING) else folder, list(emulator), environment, chosen[test['name']] if chosen else ())
        print(outcome.said + '{}: {}: {} passed, {} failed, {} skipped in {:.0f} s.'.format(
            name, test['name'], *outcome.counts, time.monotonic() - begin), flush=True)
        return outcome

    tests = [test for test in tests_of(folder) if not chosen or test['name'] in chosen]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return dict(zip([test['name'] for test in tests], pool.map(run, tests)))
