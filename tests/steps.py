"""Everything that a change must pass, step by step, two at a time and one that waits for others, and how long each step took.

usage: steps.py [--quick | --all] [--only STEP,...] FOLDER

A step is a command, which counts its checks in FOLDER/results.txt. The table at the end has the seconds of the processors and of
the clock that each step took; `seconds` below are those of the processors on the machine that they were recorded on. A step whose
part of the whole is half as much again as recorded is named. If what is left is expected to end after LIMIT minutes, the run
fails at once and says so: later it would be worth nothing. With --all it may take a night.
"""
import argparse
import dataclasses
import math
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'support'))
import results
import targets

LIMIT, GOAL = 85, 40  # minutes
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
    """What fails most often first, then what others wait for."""
    known = f'{folder}/results.txt'
    programs = f'{folder}/tool/examples'  # beside those for users, which are optimized fully
    vitte = f'{programs}/vitte'

    def script(name, seconds, *arguments, after=()):
        runner = 'sh' if name.endswith('.sh') else PYTHON
        return Step(name.rsplit('.', 1)[0], seconds, [runner, f'tests/{name}', *arguments, known], list(after))

    tool = ['build examples']
    headers = Step('compile/headers', 377, [PYTHON, 'tests/compile/headers.py', known, *([f'{folder}/headers.txt'] if options.quick else [])])
    if options.quick:
        return [*of_target(chosen[0], True, folder), headers]
    install = [PYTHON, 'tests/targets.py', 'install', '--packages', ' '.join(PACKAGES), folder, *[target.name for target in chosen]]
    first, *others = [of_target(target, options.all, folder) for target in chosen]
    steps = [
        Step('install', 40, install),
        *first,
        headers,
        Step('build examples', 124, ['sh', 'tests/built.sh', f'{folder}/tool', '-Dexamples=true', '-Ddebug=false', '-Doptimization=1'], builds=True),
        script('cli/cli.py', 6, programs, after=tool),
        script('cli/key.py', 20, programs, after=tool),
        script('cli/resolve.py', 3, programs, after=tool),
        script('cli/store.py', 2, programs, after=tool),
        script('cli/serve.py', 8, programs, after=tool),
        script('cli/pack.py', 6, programs, after=tool),
        script('cli/bind_check.py', 4, vitte, f'{folder}/bind', after=tool),
        *([script('cli/bind.py', 900, vitte, f'{folder}/bind', after=tool)] if options.all else []),
        script('cli/bind_header.py', 25, *(['--all'] if options.all else []), vitte, f'{folder}/bind-header', after=tool),
        script('cli/readelf.py', 19, vitte, after=tool),
        script('cli/readobj.py', 28, vitte, folder, after=tool),
        script('cli/http.py', 12, programs, after=tool),
        script('cli/replicated_log.py', 10, programs, after=tool),
        script('cli/wasm.py', 2, f'{folder}/wasm-cli', vitte, after=tool),
        script('loader/wasm/programs.py', 80, f'{folder}/wasm-programs', vitte, after=tool),
        Step('fuzz', 640, ['sh', 'tests/fuzz/run.sh', f'{folder}/fuzz', known, FUZZ_SECONDS], ['cli/readobj', 'loader/wasm/programs'], polite=True),
        Step('oracles', 95, [PYTHON, 'tests/oracles/oracles.py', *(['--seconds', '600', '--fresh'] if options.all else []), f'{folder}/oracles', known], polite=True),
        *[step for steps in others for step in steps],
        script('loader/wasm/wasi_suite.py', 1, f'{folder}/wasi-suite', vitte, after=tool),
        script('loader/libraries/libraries.py', 31, f'{folder}/libraries'),
        script('loader/plugins.py', 5, f'{folder}/native', f'{folder}/plugins', after=['build native']),
        script('loader/gdb.py', 50, f'{folder}/gdb'),
        script('loader/ffi/generated.py', 90, f'{folder}/ffi'),
        script('fault/mutation.py', 180, f'{folder}/native', after=['build native']),
        script('overhead/overhead.py', 9, f'{folder}/overhead'),
        script('overhead/size.py', 5, folder),
        script('secrets/secrets.py', 35, f'{folder}/secrets'),
        script('growth/growth.py', 60, f'{folder}/growth'),
        script('compile/readme.py', 9),
        script('firmware/firmware.py', 48, f'{folder}/firmware'),
        script('subproject/run.sh', 3, f'{folder}/subproject'),
        script('systems/constants.py', 3),
        script('systems/releases.py', 14),
        *([script('systems/imports.py', 6, f'{folder}/{WINDOWS}', after=[f'build {WINDOWS}'])] if WINDOWS in [t.name for t in chosen] else []),
        script('loader/matrix/matrix.py', 125, *(['--all'] if options.all else []), f'{folder}/matrix'),
        Step('build benches', 47, ['sh', 'tests/built.sh', f'{folder}/benches', '-Dbench=true', '-Ddebug=false', '-Doptimization=0'], builds=True),
    ]
    for step in steps[2:]:  # the first is built meanwhile
        step.after.append('install')
    return steps


class Run:
    """Steps in their order, as soon as those before them have ended."""

    def __init__(self, steps, folder, began, limit):
        self.steps, self.folder, self.limit = steps, folder, limit
        self.waiting = list(steps)
        self.lock = threading.Condition()
        self.building = False
        self.late = ''
        self.began = began
        self.environment = os.environ | {'ZIG': targets.zig_of(folder), 'ZIG_MUSL': targets.musl_of(folder)}

    def next(self, polite):
        """The next step that may begin; None when there is none any more."""
        with self.lock:
            while (mine := [s for s in self.waiting if s.polite == polite]) and not self.late:
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
                self.look_at_the_clock()
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
            lines = said.splitlines()  # ninja's reason stands two lines below its `FAILED`, behind the command
            step.failures = [line[:1000] for i, line in enumerate(lines) if FAILURE.search('\n'.join(lines[max(i - 2, 0):i + 1:2]))]
            print(f'--- {step.name}: {step.clock:.0f} s' + (f', ended with {code}' if code else '') + f'\n{said}', flush=True)

    def look_at_the_clock(self):
        ended = [s for s in self.steps if s.clock is not None]
        done, all_of_it = sum(s.seconds for s in ended), sum(s.seconds for s in self.steps)
        elapsed = (time.monotonic() - self.began) / 60
        expected = elapsed * all_of_it / done if done else 0
        if elapsed > 30 and expected > self.limit and self.waiting:
            self.late = f'after {elapsed:.0f} minutes this is expected to take {expected:.0f}, more than {self.limit}'

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
        failed += [self.late] if self.late else []
        for step in ended:
            for line in step.failures[:20]:
                print(f'{step.name}: {line}')
        for why in failed:
            print(f'FAILED: {why}')
        if minutes > GOAL:
            print(f'It took {minutes:.0f} minutes; {GOAL} are enough.')
        return results.total(f'{self.folder}/results.txt') or bool(failed)


PACKAGES = [
    'g++', 'clang-16', 'clang-19', 'curl', 'lld-16', 'lld-19', 'llvm-16', 'libclang-rt-16-dev', 'binutils', 'pkg-config', 'valgrind', 'gdb',
    'linux-perf',
    'g++-aarch64-linux-gnu', 'g++-riscv64-linux-gnu', 'g++-arm-linux-gnueabihf', 'qemu-user-static',  # plugins of tests/loader, for three machines
    'zlib1g', 'zlib1g-dev', 'liblua5.4-0', 'liblua5.4-dev', 'libsqlite3-0', 'libsqlite3-dev', 'libpng16-16', 'libpng-dev', 'libgsl27', 'libllvm14', 'libssl3', 'libsodium23', 'minisign',
    'dwz', 'abigail-tools', 'lz4', 'pigz', 'zopfli', '7zip',
    'wasi-libc', 'libc++-16-dev-wasm32', 'libclang-rt-16-dev-wasm32', 'rustc', 'libstd-rust-dev-wasm32']


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only', type=lambda text: text.split(','), help='steps, and what they wait for must be there')
    parser.add_argument('folder', type=os.path.abspath)
    options = parser.parse_args()
    folder = options.folder
    chosen = [t for t in targets.TARGETS if (t.name == 'quick' if options.quick else t.always or options.all and t.name != 'quick')]
    os.makedirs(f'{folder}/logs', exist_ok=True)
    open(f'{folder}/results.txt', 'w', encoding='utf-8').close()
    began = time.monotonic()
    targets.install(chosen[:1], folder)
    print(f'installed in {time.monotonic() - began:.0f} s what comes first', flush=True)
    steps = all_steps(folder, chosen, options)
    steps = [s for s in steps if not options.only or s.name in [*options.only, 'install']]
    run = Run(steps, folder, began, math.inf if options.all else LIMIT)
    workers = [threading.Thread(target=run.work, args=[polite]) for polite in (False, False, True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if os.path.exists(f'{folder}/native/counts.json'):
        print(targets.table(chosen, folder))
    sys.exit(run.tell())


main()
