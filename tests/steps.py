"""Runs the gate, which every change must pass, step by step, or also the wide checks (plan.py).

usage: steps.py FOLDER [--quick | --all | --changed [BASE]] [--only STEP,...]

Two steps run at a time, and beside them one of those that wait most of their time; a step that fails hinders no other. What has failed
runs once more at the end, with nothing beside it: what passes then does not fail the run, but is named as unstable, with what it said
first. The table at the end tells the seconds of each step, what it has counted, and what was unstable.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'support'))
import plan
import results
import targets

# How Boost.Test, results.py, compilers and linkers tell of one.
FAILURE = re.compile(r': (fatal )?error: |FAILED: |: ended with |: timed out after ')


class Run:
    """Steps in their order, as soon as those before them have ended."""

    def __init__(self, steps, folder, environment):
        self.steps, self.folder, self.environment = steps, folder, environment
        self.waiting = list(steps)
        self.lock = threading.Condition()
        self.building = False

    def next(self, polite):
        """The next step that may begin; None when there is none any more."""
        with self.lock:
            while mine := [s for s in self.waiting if s.polite == polite]:
                ended = {s.name: s.code is not None for s in self.steps}
                for step in mine:
                    if all(ended.get(name, True) for name in step.after) and not (step.builds and self.building):
                        self.waiting.remove(step)
                        self.building |= step.builds
                        return step
                self.lock.wait()
            return None

    def work(self, polite):
        while (step := self.next(polite)) is not None:
            said = self.execute(step, step.command)
            with self.lock:
                step.failures = [line for line in said.splitlines() if FAILURE.search(line)]
                if step.builds:
                    self.building = False
                self.lock.notify_all()

    def execute(self, step, command, log=''):
        """What the command of a step has said."""
        began = time.monotonic()
        print(f'begins: {step.name}', flush=True)
        log = f'{self.folder}/logs/{plan.slug(step.name)}{log}.txt'
        with open(log, 'wb') as output:
            child = subprocess.Popen([*(['nice', '-n', '10'] if step.builds or step.polite else []), *command], stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, env=self.environment)
            _, status, used = os.wait4(child.pid, 0)
        code = child.returncode = os.waitstatus_to_exitcode(status)
        with open(log, encoding='utf-8', errors='replace') as file:
            said = file.read()
        with self.lock:
            step.clock, step.cpu = (step.clock or 0) + time.monotonic() - began, (step.cpu or 0) + used.ru_utime + used.ru_stime
            print(f'--- {step.name}: {time.monotonic() - began:.0f} s' + (f', ended with {code}' if code else '') + f'\n{said}', flush=True)
            step.code, step.counts = code, results.counted([step.results])
        return said

    def try_again(self, step):
        """Runs what has failed of a step once more, with nothing beside it."""
        first = step.failures or [f'ended with {step.code}']
        pathlib.Path(step.results).unlink(missing_ok=True)
        said = self.execute(step, step.again, '-again')
        if named := re.search(r'^unstable: .*', said, re.M | re.S):  # by targets.py, case by case
            step.unstable = named[0]
        elif not step.failed:
            step.unstable = '\n'.join([f'unstable: {step.name}', *first])

    def all(self):
        workers = [threading.Thread(target=self.work, args=[polite]) for polite in (False, False, True)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for step in self.steps:
            if step.failed and step.again:
                self.try_again(step)


def tell(steps, minutes):
    """Prints the table, what has failed or was unstable, and what all steps have counted; 0 if all is well."""
    print(f'\n{"step":40} {"seconds":>8} {"CPU s":>7} {"recorded":>9} {"passed":>8} {"failed":>7} {"unstable":>9}')
    for step in steps:
        passed, failed, _ = step.counts
        unstable = len(re.findall('^unstable: ', step.unstable, re.M))
        print(f'{step.name:40} {step.clock:8.0f} {step.cpu:7.0f} {step.seconds:9} {passed:8} {failed or "":7} {unstable or "":9}'
              + (f'  ended with {step.code}' if step.code else ''))
    print(f'{"all":40} {60 * minutes:8.0f} {sum(s.cpu for s in steps):7.0f}')
    wrong = [step for step in steps if step.failed]
    for step in wrong:
        print('\n'.join(f'{step.name}: {line}' for line in step.failures[:20] or [f'ended with {step.code}']))
    for step in steps:
        if step.unstable:
            print(step.unstable.rstrip())
    for step in wrong:
        print(f'FAILED: {step.name}')
    print(f'It took {minutes:.0f} minutes.')
    passed, failed, skipped = (sum(step.counts[i] for step in steps) for i in range(3))
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if wrong or not passed else 0


def with_cache(folder):
    """The environment of the steps: each compiler in PATH is ccache, which finds the next of that name, and knows what it compiled in
    another clone."""
    front = f'{folder}/compilers'
    os.makedirs(front, exist_ok=True)
    ccache = shutil.which('ccache')
    for compiler in plan.COMPILERS if ccache else []:
        if shutil.which(compiler) and not os.path.lexists(f'{front}/{compiler}'):
            os.symlink(ccache, f'{front}/{compiler}')
    musl = targets.musl_of(folder)
    return os.environ | {
        'PATH': f'{front}:{os.environ["PATH"]}', 'BUILD_DIR': folder, 'ZIG': targets.zig_of(folder), 'ZIG_MUSL': musl if os.path.exists(musl) else '',
        'CCACHE_BASEDIR': os.getcwd(), 'CCACHE_NOHASHDIR': '1', 'CCACHE_SLOPPINESS': 'include_file_ctime,include_file_mtime,time_macros',
        'CCACHE_MAXSIZE': os.environ.get('CCACHE_MAXSIZE', '20G')}


def steps_of(options):
    if options.quick:
        return plan.quick(options.folder)
    wide = plan.wide(options.folder)
    if options.changed is not None:
        wide = plan.assigned(wide, plan.paths_since(options.changed or plan.landed()))
    return plan.gate(options.folder) + (wide if options.all or options.changed is not None else [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--changed', nargs='?', const='', metavar='BASE')
    parser.add_argument('--only', type=lambda text: text.split(','), help='steps, and what they wait for must be there')
    parser.add_argument('folder', type=os.path.abspath)
    options = parser.parse_args()
    steps = steps_of(options)
    if options.only:
        steps = [step for step in steps if step.name in options.only]
    began = time.monotonic()
    shutil.rmtree(f'{options.folder}/results', ignore_errors=True)
    for name in 'logs', 'results':
        os.makedirs(f'{options.folder}/{name}', exist_ok=True)
    targets.install(plan.packages_of(steps), options.folder)
    print(f'installed in {time.monotonic() - began:.0f} s', flush=True)
    run = Run(steps, options.folder, with_cache(options.folder))
    run.all()
    if options.all:
        print(targets.table(options.folder))
    sys.exit(tell(steps, (time.monotonic() - began) / 60))


if __name__ == '__main__':
    main()
