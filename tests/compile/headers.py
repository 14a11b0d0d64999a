"""The headers as a user's compiler meets them: alone, with strict warnings, without exceptions, all together for each target; and
the rules between them.

usage: headers.py [--changed | --elsewhere] FOLDER RESULTS

--changed compiles only what has changed since the last such run in FOLDER, a header alone only if its own text has changed.
--elsewhere compiles each header of the loader alone, and each of sys for other systems, and nothing else.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

ROOT = 'include'
COMPILERS = ['g++', 'clang++-16']
MINGW = 'x86_64-w64-mingw32-g++-posix'
# All headers together; what a compiler lacks at all is not there.
PORTS = {
    'aarch64-linux-gnu-g++': [], 'arm-linux-gnueabihf-g++': [], 'riscv64-linux-gnu-g++': [], 's390x-linux-gnu-g++': [],
    'arm-none-eabi-g++': ['-mcpu=cortex-m7', '-mthumb', '-D_GNU_SOURCE', '-D_POSIX_TIMERS=1', '-D_POSIX_MONOTONIC_CLOCK=200112L'],
    'cross/tools/wasi-c++': ['-fno-exceptions', '-D_WASI_EMULATED_PROCESS_CLOCKS', '-D_WASI_EMULATED_SIGNAL'],
    'cross/tools/zig-compiler c++ x86_64-linux-musl': ['-Wno-sign-compare'],  # in musl's own CMSG_NXTHDR
    'cross/tools/zig-compiler c++ x86_64-macos': [], 'cross/tools/zig-compiler c++ aarch64-macos': []}
FOREIGN = r'vitte/sys/platform/(bsd|darwin|kqueue|win32)\b'  # only for systems of that kind
BSDS = {'freebsd': '__FreeBSD__', 'openbsd': '__OpenBSD__', 'netbsd': '__NetBSD__', 'dragonfly': '__DragonFly__'}
FIRST_DAY = ['-I', 'tests/compile', '-DVITTE_PLATFORM_HEADER=<first_day.hpp>']
POSIX_ONLY = ['-U_GNU_SOURCE', '-D_POSIX_C_SOURCE=200809L', '-DVITTE_PLATFORM_POSIX']
LEAN = ['-fno-exceptions', '-fno-rtti']
TEXTS = ['vitte/core/error_output.hpp', 'vitte/core/std_error.hpp', 'vitte/sys/time/chrono.hpp', 'vitte/sys/fs/text.hpp', 'vitte/sys/fs/glob.hpp', 'vitte/sys/fs/watch.hpp', 'vitte/sys/event/files.hpp', 'vitte/sys/event/stop_token.hpp', 'vitte/sys/process.hpp', 'vitte/sys/process/command.hpp',
         'vitte/sys/process/capture.hpp']  # which are made of what is expensive
NOT_WINDOWS = r'vitte/sys/platform/(bsd|darwin|kqueue|linux|posix|wasi|bare)\b'
SEPARATE = r'vitte/separate\b'  # for programs that are compiled so
EVERYTHING = rf'vitte/vitte\b|{SEPARATE}'
STRICT = ['-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror']
EXPENSIVE = re.compile(r'^[.]+ /usr/include/c\+\+/\d+/(string|functional|iostream|chrono)$', re.M)
LINUX = ['g++', *(compiler for compiler in PORTS if '-linux-gnu' in compiler)]
# What was never made, or is gone from Linux.
NO_CALLS = set("""_sysctl afs_syscall arch_specific_syscall bdflush break create_module epoll_ctl_old epoll_wait_old ftime get_kernel_syms
    getpmsg gtty idle lock mpx nfsservctl prof profil putpmsg query_module security stty syscalls sysfs timerfd tuxcall
    ulimit uselib vserver""".split())
MAY_INCLUDE = {'core': {'core'}, 'separate': {'core', 'loader'}, 'sys': {'core', 'sys'}, 'loader': {'core', 'sys', 'loader', 'plugin.h'},
               'language': {'core', 'sys', 'loader', 'language'}, 'driver': {'core', 'sys', 'loader', 'language', 'driver'},
               'buildkit': {'core', 'sys', 'loader', 'language', 'driver', 'buildkit'}}
# Folders of one part, each built on those before it; what stands beside them is built on all.
ROOMS = {'vitte/loader/wasm/': ['module', 'interpret', 'translate', 'validate', 'run', 'wasi']}


def headers():
    found = []
    for folder, _, names in os.walk(ROOT):
        found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names if n.endswith('.hpp')]
    return sorted(found)


def includes_of(header):
    with open(os.path.join(ROOT, header), encoding='utf-8') as file:
        return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', file.read(), re.M)


def closure_of(header, includes):
    """The header and all that it includes of ours."""
    found, new = set(), {header}
    while new:
        found |= new
        new = {i for h in new for i in includes[h] if i in includes} - found
    return found


class Memory:
    """What has compiled: a header alone by a hash of its text, many together by one of all that could change that."""

    def __init__(self, path):
        self.path, self.seen = path, set()
        self.known = set(pathlib.Path(path).read_text().split()) if path and os.path.exists(path) else set()
        self.includes = {header: includes_of(header) for header in headers()}
        self.texts = {header: pathlib.Path(ROOT, header).read_bytes() for header in headers()}

    def key(self, compiler, mode, what):
        made = hashlib.sha256(repr((compiler, STRICT, mode, what)).encode())
        alone = len(what) == 1 and not re.match(EVERYTHING, what[0])
        for header in what if alone else sorted(set().union(*(closure_of(h, self.includes) for h in what))):
            made.update(self.texts[header])
        return made.hexdigest()

    def save(self):
        if self.path:
            pathlib.Path(self.path).write_text('\n'.join(self.seen))


def is_light(header):
    """Everybody includes it: it must not drag in what is expensive."""
    return header.startswith(('vitte/core/', 'vitte/sys/')) and header not in TEXTS and not re.match('vitte/sys/platform/simulated', header)


def compiles(folder, compiler, mode, what):
    """'' or what is wrong with a file that includes only these headers, twice."""
    # Files and objects, since that is what a compiler's cache knows.
    source = f'{folder}/{hashlib.sha256(repr((compiler, mode, what)).encode()).hexdigest()[:16]}.cpp'
    pathlib.Path(source).write_text(''.join(f'#include <{header}>\n' for header in 2 * what))
    done = subprocess.run([*compiler.split(), *STRICT, *mode, '-I', ROOT, '-H', '-c', source, '-o', f'{source[:-4]}.o'], text=True,
                          stderr=subprocess.PIPE)
    called = f'{compiler} {" ".join(mode)} {" ".join(what) if len(what) == 1 else f"{len(what)} headers"}'
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if not re.match(r'[.]+ ', line)]
        return f'{called}:\n' + '\n'.join(said)[:2000]
    dragged = EXPENSIVE.findall(done.stderr) if compiler == 'g++' and not mode and all(map(is_light, what)) else []
    return f'{called} includes {set(dragged)}' if dragged else ''


def of_bsd(name):
    return ['-U__linux__', f'-D{BSDS[name]}=13', '-isystem', f'tests/compile/bsd/{name}', '-isystem', 'tests/compile/bsd/common']


COMMON = [h for h in headers() if not re.match(FOREIGN, h) and not re.match(SEPARATE, h)]
FOR_POSIX = [h for h in COMMON if h.startswith('vitte/sys/') and h.count('/') == 2]
FOR_WINDOWS = [h for h in headers() if not re.match(f'{NOT_WINDOWS}|{SEPARATE}', h)]


def everywhere():
    """Headers of core and sys alone by g++; all together in the ways that compilers and systems differ in. Triples of a compiler,
    options, headers."""
    yield from ((compiler, [], COMMON) for compiler in COMPILERS)
    yield 'clang++-16', LEAN, COMMON
    yield MINGW, [], FOR_WINDOWS
    yield from (('clang++-16', of_bsd(name), ['vitte/vitte.hpp']) for name in BSDS)
    yield 'g++', FIRST_DAY, ['vitte/vitte.hpp']
    yield 'g++', POSIX_ONLY, FOR_POSIX
    yield from (('g++', ['-DVITTE_SEPARATE'], [h]) for h in headers() if re.match(SEPARATE, h))
    yield from (('g++', [], [h]) for h in COMMON if not h.startswith('vitte/loader/'))


def loader_alone():
    # Where the engine and the linker only declare, a header sees least of what it forgot to include.
    yield from (('g++', ['-DVITTE_SEPARATE'], [h]) for h in COMMON if h.startswith('vitte/loader/'))


def elsewhere():
    """Those of sys alone where the OS could make a difference."""
    yield from (('clang++-16', of_bsd('freebsd'), [h]) for h in headers() if re.match(r'vitte/sys/platform/(bsd|kqueue)\b', h))
    yield from (('g++', POSIX_ONLY, [h]) for h in FOR_POSIX)
    yield from ((MINGW, [], [h]) for h in FOR_WINDOWS if h.startswith('vitte/sys/'))


def ports(results):
    for compiler, mode in PORTS.items():
        needed = os.environ.get('ZIG', 'zig') if 'zig' in compiler else compiler.split()[0]
        if shutil.which(needed):
            yield compiler, mode, ['vitte/vitte.hpp']
        else:
            results.skip(f'all headers together by {compiler}: it is not there')


def check_compilation(results, work, folder, memory):
    keys = {memory.key(*w): w for w in work}
    memory.seen = memory.known & keys.keys()
    results.passed += len(memory.seen)
    new = [key for key in keys if key not in memory.seen]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for key, said in zip(new, pool.map(lambda key: compiles(folder, *keys[key]), new)):
            results.check(not said, said)
            if not said:
                memory.seen.add(key)
    memory.save()


def check_rules(results):
    for header in headers():
        with open(os.path.join(ROOT, header), encoding='utf-8') as file:
            text = file.read()
        parts = header.split('/')
        layer = parts[1] if len(parts) > 2 else None
        for included in includes_of(header):
            if included.startswith('vitte/'):
                below = included.split('/')[1]
                results.check(layer is None or below in MAY_INCLUDE[layer], f'{header} includes {included}, which is not below it')
            else:
                standard = re.fullmatch(r'[a-z_0-9]+', included)
                results.check(standard or header.startswith('vitte/sys/platform/'),
                              f'{header} includes {included}: OS headers belong below sys/platform/')
        for macro in re.findall(r'^\s*#\s*define\s+(\w+)', text, re.M):
            results.check(macro.startswith('VITTE_'), f'{header} defines {macro}, which does not begin with VITTE_')
        os_macros = re.findall(r'\b(?:__linux__|__APPLE__|_WIN32|__FreeBSD__|__NetBSD__|__OpenBSD__|__wasi__)\b', text)
        # Calling conventions, what the CPU has, names and causes of error codes.
        may_ask = header in ['vitte/loader/ffi/abi.hpp', 'vitte/core/cpu.hpp', 'vitte/core/error_name.hpp', 'vitte/core/error_cause.hpp']
        results.check(not os_macros or header.startswith('vitte/sys/platform') or may_ask,
                      f'{header} asks for the OS ({os_macros}); only sys/platform may')


def check_order(results):
    """No header includes itself in the end, and no folder one that is built on it."""
    includes = {header: [i for i in includes_of(header) if i.startswith('vitte/')] for header in headers()}
    left = dict(includes)
    while leaves := [header for header, below in left.items() if not any(i in left for i in below)]:
        for header in leaves:
            del left[header]
    results.check(not left, f'these headers include each other: {sorted(left)}')
    for part, rooms in ROOMS.items():
        def floor(header):
            room = header[len(part):].split('/')[0]
            return rooms.index(room) if room in rooms else len(rooms)
        for header, included in [(h, i) for h, below in includes.items() for i in below if h.startswith(part) and i.startswith(part)]:
            results.check(floor(included) <= floor(header), f'{header} includes {included}, which is not below it')


def check_facets(results):
    """Who names a facet of its platform includes the header that defines it: else whether that can do a thing would be answered with no."""
    includes = {header: includes_of(header) for header in headers()}
    texts = {header: pathlib.Path(ROOT, header).read_text() for header in includes}
    own = {match[1]: header for header, text in texts.items() if (match := re.match(r'/// Defines the facet `(\w+)` ', text))}
    named = re.compile(r'\b(?:P|Platform|native)::(\w+)\b')
    for header in includes:
        facets = set(named.findall(re.sub('//.*', '', texts[header]))) & set(own)
        missing = {facet for facet in facets if own[facet] not in closure_of(header, includes)}
        results.check(header == 'vitte/sys/platform/policy.hpp' or not missing, f'{header} names facets without their headers: {sorted(missing)}')


def check_windows(results):
    """<winsock2.h> and <windows.h> may come before or after, and without it nothing that it would rename is renamed."""
    words = ['min', 'max', 'ERROR', 'interface', 'near', 'far', 'small', 'IN', 'OUT', 'OPTIONAL', 'DELETE', 'CONST', 'VOID', 'TRUE',
             'CreateFile', 'GetMessage', 'SendMessage', 'Yield', 'NO_ERROR', 'DIFFERENCE', 'ABSOLUTE', 'RELATIVE', 'STRICT']
    ours = '#include <vitte/vitte.hpp>\n#include <vitte/sys/net.hpp>\n'
    theirs = '#ifndef NOMINMAX\n#define NOMINMAX\n#endif\n#include <winsock2.h>\n#include <windows.h>\n#include <bcrypt.h>\n'
    conditions = ''.join(f'#ifdef {word}\n#error {word}\n#endif\n' for word in words)
    for what, source, way in (('alone', ours + conditions, '-E'), ('after windows.h', theirs + ours, '-fsyntax-only'),
                              ('before windows.h', ours + theirs, '-fsyntax-only')):
        done = subprocess.run([MINGW, '-std=c++20', '-Wall', '-Wextra', '-Werror', '-I', ROOT, way, '-x', 'c++', '-'],
                              input=source, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        results.check(done.returncode == 0, f'{MINGW}, everything {what}:\n{done.stderr[:2000]}')


def check_system_calls(results):
    """The table of Linux's system calls knows each one that the kernel's headers name, but for those that are gone."""
    for compiler in filter(shutil.which, LINUX):
        named = subprocess.run([compiler, '-dM', '-E', '-x', 'c', '-'], input='#include <asm/unistd.h>', text=True, check=True,
                               stdout=subprocess.PIPE).stdout
        calls = sorted(set(re.findall(r'#define __NR_([a-z0-9_]+) ', named)) - NO_CALLS)
        source = '#include <vitte/sys/platform/linux/call_table.hpp>\nusing namespace vitte::sys::linux_os;\n' + ''.join(
            f'static_assert(call_classes[__NR_{call}] != call_class::unknown, "{call}");\n' for call in calls)
        done = subprocess.run([compiler, '-std=c++20', '-I', ROOT, '-fsyntax-only', '-x', 'c++', '-'], input=source, text=True,
                              stderr=subprocess.PIPE)
        results.check(len(calls) > 250 and done.returncode == 0, f'{compiler}: system calls without a class: {done.stderr[:2000]}')


def check_two_units(results):
    with tempfile.TemporaryDirectory() as folder:
        units = []
        for name, body in ('one', 'int two(); int main() { return two(); }'), ('two', 'int two() { return 0; }'):
            units.append(os.path.join(folder, name + '.cpp'))
            with open(units[-1], 'w', encoding='utf-8') as file:
                file.write(f'#include <vitte/vitte.hpp>\n{body}\n')
        program = os.path.join(folder, 'both')
        built = subprocess.run(['clang++-16', '-std=c++20', '-I', ROOT, *units, '-o', program, '-ldl'], stderr=subprocess.PIPE, text=True)
        results.check(built.returncode == 0 and subprocess.run([program]).returncode == 0,
                      f'two units with everything: {built.stderr[:2000]}')


def preprocessed(source):
    return subprocess.run(['g++', '-std=c++20', '-I', ROOT, '-E', '-P', '-x', 'c++', '-'], input=source, text=True, check=True,
                          stdout=subprocess.PIPE).stdout


def check_atomics(results):
    """Where the ABI aligns eight bytes to four, they would be torn at the end of a cache line. For i386 there need be no headers."""
    source = preprocessed('#include <vitte/core/atomic.hpp>\n' + ''.join(
        f'static_assert(alignof(vitte::atomic<{t}>) == sizeof({t}));\n' for t in ['char', 'short', 'int', 'long long', 'double']))
    for machine in ('-m64', '-m32') if platform.machine() == 'x86_64' else ():
        done = subprocess.run(['g++', '-std=c++20', machine, '-fsyntax-only', '-x', 'c++-cpp-output', '-'], input=source, text=True,
                              stderr=subprocess.PIPE)
        results.check(done.returncode == 0, f'alignment of atomic objects, {machine}: {done.stderr[:2000]}')


def check_cost(results):
    """Preprocessed bytes, since time has no place in a test; bench/includes.py measures that."""
    def cost(ours, peers, most):
        ratio = len(preprocessed(f'#include <vitte/{ours}>')) / len(preprocessed('\n'.join(f'#include <{p}>' for p in peers)))
        results.check(ratio <= most, f'{ours} costs {ratio:.2f} of {peers}')
    cost('core/result.hpp', ['type_traits', 'utility'], 1.5)
    cost('sys/thread.hpp', ['mutex', 'condition_variable', 'thread'], 1 / 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--changed', action='store_true')
    parser.add_argument('--elsewhere', action='store_true')
    parser.add_argument('folder')
    parser.add_argument('results')
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    if options.elsewhere:
        results = Results('compile/elsewhere')
        check_compilation(results, [*loader_alone(), *elsewhere()], options.folder, Memory(None))
    else:
        results = Results('compile/headers')
        work = [*everywhere(), *(loader_alone() if options.changed else ports(results))]
        check_compilation(results, work, options.folder, Memory(f'{options.folder}/known' if options.changed else None))
        checks = [check_windows, check_system_calls, check_two_units, check_rules, check_order, check_facets, check_atomics, check_cost]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(check, results) for check in checks]:
                done.result()
    results.append_to(options.results)


main()
