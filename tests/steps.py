"""Runs the gate, which every change must pass, step by step; with --all also the wide checks, which take hours.

usage: steps.py [--quick | --all] [--only STEP,...] FOLDER

A step is a command, which counts its checks in FOLDER/results.txt. Two steps run at a time, and beside them one of those that wait
most of their time. The table at the end has the processor's and the clock's seconds of each step; `seconds` below are the
processor's on the machine on which they were recorded. A step that takes half as much again of the whole as recorded is named.
"""
import argparse
import dataclasses
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'support'))
import results
import targets

FUZZ_SECONDS = os.environ.get('FUZZ_SECONDS', '60')
PYTHON = sys.executable
WINDOWS = 'x86_64-w64-mingw32'
# How Boost.Test, results.py, compilers and linkers tell of one.
FAILURE = re.compile(r': (fatal )?error: |FAILED: |: timed out$|: ended with code ')


@dataclasses.dataclass
class Step:
    name: str
    seconds: int              # of the processors, as recorded
    command: list
    after: list = dataclasses.field(default_factory=list)
    builds: bool = False      # compiles by as many processes as there are processors: one such step at a time, and politely
    polite: bool = False      # takes as long whatever it gets of the processors: one at a time, beside the two others
    clock: float = None
    cpu: float = None
    code: int = None          # that it ended with; -1 if it could not begin
    failures: list = dataclasses.field(default_factory=list)  # lines of its output


def of_target(target, everything, folder):
    """Its build and its run."""
    call = [PYTHON, 'tests/targets.py']
    more = ['--everything'] if everything else []
    return [Step(f'build {target.name}', target.seconds[0], [*call, 'build', *more, folder, target.name], builds=True),
            Step(f'run {target.name}', target.seconds[1], [*call, 'run', folder, target.name], after=[f'build {target.name}'])]


def all_steps(folder, chosen, options):
    """The gate's steps: those that fail most often first, then those that others wait for. With --all, the wide ones after them."""
    known = f'{folder}/results.txt'
    programs = f'{folder}/tool/examples'  # beside those for users, which are optimized fully
    vitte = f'{programs}/vitte'

    def script(name, seconds, *arguments, after=()):
        runner = 'sh' if name.endswith('.sh') else PYTHON
        return Step(name.rsplit('.', 1)[0], seconds, [runner, f'tests/{name}', *arguments, known], list(after))

    tool = ['build examples']
    headers = Step('compile/headers', 320, [PYTHON, 'tests/compile/headers.py', known, *([f'{folder}/headers.txt'] if options.quick else [])])
    if options.quick:
        return [*of_target(chosen[0], True, folder), headers]
    packages = GATE_PACKAGES + (WIDE_PACKAGES if options.all else [])
    install = [PYTHON, 'tests/targets.py', 'install', '--packages', ' '.join(packages), folder, *[target.name for target in chosen]]
    first, *others = [of_target(target, options.all, folder) for target in chosen]
    steps = [
        Step('install', 40, install),
        *first,
        headers,
        Step('build examples', 97, ['sh', 'tests/built.sh', f'{folder}/tool', '-Dexamples=true', '-Ddebug=false', '-Doptimization=1'], builds=True),
        script('cli/cli.py', 1, programs, after=tool),
        script('cli/readelf.py', 19, vitte, after=tool),
        script('cli/http.py', 6, programs, after=tool),
        script('cli/wasm.py', 2, f'{folder}/wasm-cli', vitte, after=tool),
        script('loader/wasm/programs.py', 80, f'{folder}/wasm-programs', vitte, after=tool),
        Step('oracles', 95, [PYTHON, 'tests/oracles/oracles.py', *(['--seconds', '600', '--fresh'] if options.all else []), f'{folder}/oracles', known], polite=True),
        *[step for steps in others for step in steps],
        script('compile/readme.py', 9),
        script('subproject/run.sh', 3, f'{folder}/subproject'),
        script('systems/constants.py', 3),
        script('systems/releases.py', 14),
    ]
    if options.all:
        steps += [
            script('cli/readobj.py', 158, vitte, folder, after=tool),
            Step('fuzz', 665, ['sh', 'tests/fuzz/run.sh', f'{folder}/fuzz', known, FUZZ_SECONDS], ['cli/readobj', 'loader/wasm/programs'], polite=True),
            script('loader/wasm/wasi_suite.py', 1, f'{folder}/wasi-suite', vitte, after=tool),
            script('loader/libraries/libraries.py', 15, f'{folder}/libraries'),
            script('loader/gdb.py', 50, f'{folder}/gdb'),
            script('fault/mutation.py', 90, f'{folder}/native', after=['build native']),
            script('overhead/overhead.py', 9, f'{folder}/overhead'),
            script('overhead/size.py', 5, folder),
            script('growth/growth.py', 60, f'{folder}/growth'),
            script('firmware/firmware.py', 28, f'{folder}/firmware'),
            script('systems/imports.py', 6, f'{folder}/{WINDOWS}', after=[f'build {WINDOWS}']),
            script('loader/matrix/matrix.py', 163, '--all', f'{folder}/matrix'),
            Step('build benches', 36, ['sh', 'tests/built.sh', f'{folder}/benches', '-Dbench=true', '-Ddebug=false', '-Doptimization=0'], builds=True),
        ]
    for step in steps[2:]:  # the first is built meanwhile
        step.after.append('install')
    return steps


class Run:
    """Steps in their order, as soon as those before them have ended."""

    def __init__(self, steps, folder, began):
        self.steps, self.folder = steps, folder
        self.waiting = list(steps)
        self.lock = threading.Condition()
        self.building = False
        self.began = began
        self.environment = os.environ | {'ZIG': targets.zig_of(folder), 'ZIG_MUSL': targets.musl_of(folder)}

    def next(self, polite):
        """The next step that may begin; None when there is none any more."""
        with self.lock:
            while (mine := [s for s in self.waiting if s.polite == polite]):
                codes = {s.name: s.code for s in self.steps}
                for step in mine:
                    before = [codes.get(name, 0) for name in step.after]
                    if any(before):
                        step.code = -1
                        self.waiting.remove(step)
                    elif None not in before and not (step.builds and self.building):
                        self.waiting.remove(step)
                        self.building |= step.builds
                        return step
                if any(s.polite == polite for s in self.waiting):
                    self.lock.wait()
            return None

    def work(self, polite):
        while (step := self.next(polite)) is not None:
            self.execute(step)
            with self.lock:
                if step.builds:
                    self.building = False
                self.lock.notify_all()

    def execute(self, step):
        began = time.monotonic()
        print(f'begins: {step.name}', flush=True)
        log = f'{self.folder}/logs/{step.name.replace("/", "-").replace(" ", "-")}.txt'
        with open(log, 'wb') as output:
            child = subprocess.Popen([*(['nice', '-n', '10'] if step.builds or step.polite else []), *step.command], stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, env=self.environment)
            _, status, used = os.wait4(child.pid, 0)
        code = child.returncode = os.waitstatus_to_exitcode(status)
        step.clock, step.cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
        with open(log, encoding='utf-8', errors='replace') as file:
            said = file.read()
        with self.lock:
            step.code = code
            step.failures = [line for line in said.splitlines() if FAILURE.search(line)]
            print(f'--- {step.name}: {step.clock:.0f} s' + (f', ended with {code}' if code else '') + f'\n{said}', flush=True)

    def tell(self):
        """Prints the table, and what all steps have counted; 0 if all is well."""
        ended = [s for s in self.steps if s.clock is not None]
        cpu, recorded = sum(s.cpu for s in ended) or 1, sum(s.seconds for s in ended) or 1
        print(f'\n{"step":40} {"CPU s":>7} {"clock s":>8} {"recorded":>9}')
        for step in ended:
            slower = step.cpu / cpu > 1.5 * step.seconds / recorded and step.cpu > 20
            print(f'{step.name:40} {step.cpu:7.0f} {step.clock:8.0f} {step.seconds:9}' + ('  slower than its share' if slower else ''))
        minutes = (time.monotonic() - self.began) / 60
        print(f'{"all":40} {cpu:7.0f} {60 * minutes:8.0f} {recorded:9}')
        failed = [f'{s.name} ended with {s.code}' if s.clock else f'{s.name} could not begin' for s in self.steps if s.code]
        for step in ended:
            for line in step.failures[:20]:
                print(f'{step.name}: {line}')
        for why in failed:
            print(f'FAILED: {why}')
        print(f'It took {minutes:.0f} minutes.')
        return results.total(f'{self.folder}/results.txt') or bool(failed)


GATE_PACKAGES = [
    'g++', 'g++-mingw-w64-x86-64-posix', 'clang-16', 'curl', 'lld-16', 'llvm-16', 'libclang-rt-16-dev', 'binutils', 'pkg-config',
    'zlib1g', 'zlib1g-dev', 'liblua5.4-dev', 'libsqlite3-dev',  # archives for tests/loader/object.cpp
    'node', 'wasi-libc', 'libc++-16-dev-wasm32', 'libclang-rt-16-dev-wasm32']
WIDE_PACKAGES = [
    'clang-19', 'lld-19', 'valgrind', 'gdb', 'linux-perf',
    'g++-aarch64-linux-gnu', 'g++-riscv64-linux-gnu', 'qemu-user-static',  # plugins of tests/loader, for three machines
    'liblua5.4-0', 'libsqlite3-0', 'libllvm14']


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only', type=lambda text: text.split(','), help='steps, and what they wait for must be there')
    parser.add_argument('folder', type=os.path.abspath)
    options = parser.parse_args()
    folder = options.folder
    chosen = [t for t in targets.TARGETS if (t.name == 'quick' if options.quick else t.gate or options.all and t.name != 'quick')]
    os.makedirs(f'{folder}/logs', exist_ok=True)
    open(f'{folder}/results.txt', 'w', encoding='utf-8').close()
    began = time.monotonic()
    targets.install(chosen[:1], folder)
    print(f'installed in {time.monotonic() - began:.0f} s what comes first', flush=True)
    steps = all_steps(folder, chosen, options)
    steps = [s for s in steps if not options.only or s.name in [*options.only, 'install']]
    run = Run(steps, folder, began)
    workers = [threading.Thread(target=run.work, args=[polite]) for polite in (False, False, True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if os.path.exists(f'{folder}/native/counts.json'):
        print(targets.table(chosen, folder))
    sys.exit(run.tell())


main()
