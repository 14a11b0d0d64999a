#!/usr/bin/env python3
"""Plugins in C and C++ as compilers and linkers make them with all kinds of options, loaded by our own linker into dynamic and static
programs, natively and under qemu.

usage: matrix.py [--all] FOLDER RESULTS [MACHINE…]

Static programs with musl are made for this machine; with --all for the others, too, for each of which zig compiles a C++ library first.
"""
import concurrent.futures
import itertools
import os
import pathlib
import platform
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[2] / 'include'
sys.path.insert(0, str(HERE.parents[1] / 'support'))
from results import Results

MACHINES = ['x86_64', 'aarch64', 'riscv64']
# Besides each compiler at each level.
OPTIONS = {
    'norelro': ['-Wl,-z,norelro'],
    'now': ['-Wl,-z,relro,-z,now'],
    'sysv': ['-Wl,--hash-style=sysv'],
    'both': ['-Wl,--hash-style=both'],
    'symbolic': ['-Wl,-Bsymbolic'],
    'based': ['-Wl,-Ttext-segment=0x40000000'],
    'pages16k': ['-Wl,-z,max-page-size=16384'],
    'pages64k': ['-Wl,-z,max-page-size=65536'],
    'initial': ['-ftls-model=initial-exec'],
    'local': ['-ftls-model=local-dynamic', '-DLOCAL'],
}
LLD = ['-fuse-ld=lld', '--ld-path=ld.lld-16']
DIALECTS = {('x86_64', 'gcc'): 'gnu2', ('aarch64', 'gcc'): 'trad'}  # of thread-local storage, that are not the default
# A static program that offers C++ to its plugins has to contain all of its library.
ALL_OF_CXX = ['-Wl,--whole-archive', '-lstdc++', '-Wl,--no-whole-archive']
HOSTS = {'dynamic': ('pie', ['-rdynamic']), 'dynamic-nopie': ('no-pie', ['-rdynamic', '-no-pie']),
         'static': ('no-pie', ['-static', *ALL_OF_CXX]), 'static-pie': ('pie', ['-static-pie', *ALL_OF_CXX])}
HOST_CODE = {'pie': ['-fPIE'], 'no-pie': ['-fno-pie']}
# What has to be refused, on this machine only, and a word of why.
REFUSED = {'execstack.so': (['-fPIC', '-Wl,-z,execstack'], 'executable stack'),
           'textrel.so': (['-fno-pic', '-mcmodel=large', '-Wl,-z,notext'], 'compile with -fPIC')}
LEFT = ['c-gcc-O2.so', 'cxx-gcc-O2.so', 'c-clang-lld.so', 'cxx-clang-lld.so']  # loaded when the program ends
SHARED = ['-shared', '-fPIC', '-w']
MODES = [[], ['--lazy'], ['--scope-first']]


class Machine:
    def __init__(self, name, folder, everything):
        self.name, self.folder = name, folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        native = name == platform.machine()
        prefix = '' if native else f'{name}-linux-gnu-'
        target = [] if native else [f'--target={name}-linux-gnu']
        self.qemu = [] if native else [f'qemu-{name}-static', '-L', f'/usr/{name}-linux-gnu']
        self.c = {'gcc': [f'{prefix}gcc'], 'clang': ['clang-16', *target], 'clang19': ['clang-19', *target]}
        self.cxx = {'gcc': [f'{prefix}g++'], 'clang': ['clang++-16', *target], 'clang19': ['clang++-19', *target]}
        self.zig = [f'{HERE.parents[2]}/cross/tools/zig-compiler', 'c++', f'{name}-linux-musl'] if 'ZIG' in os.environ and (native or everything) else None

    def variants(self):
        for compiler in ('gcc', 'clang'):
            for level in range(4):
                yield f'{compiler}-O{level}', compiler, [f'-O{level}']
            for name, options in OPTIONS.items():
                yield f'{compiler}-{name}', compiler, ['-O2', *options]
            if (self.name, compiler) in DIALECTS:
                dialect = DIALECTS[self.name, compiler]
                yield f'{compiler}-{dialect}', compiler, ['-O2', f'-mtls-dialect={dialect}']
        relax = ['-mno-relax'] if self.name == 'riscv64' else []  # which lld 16 does not know
        yield 'clang-lld', 'clang', ['-O2', *LLD, *relax]
        if self.name == 'riscv64':  # older ones have no descriptors of thread-local storage
            yield 'clang-desc', 'clang19', ['-O2', '-mtls-dialect=desc', '-fuse-ld=lld', '--ld-path=ld.lld-19']
        yield 'clang-relr', 'clang', ['-O2', *LLD, *relax, '-Wl,--pack-dyn-relocs=relr']

    def first_builds(self):
        """What others need: a file's name and the commands that make it."""
        needed = [*self.c['gcc'], *SHARED, f'-Wl,--version-script={HERE}/needed.map', '-Wl,-soname,libneeded.so', f'{HERE}/needed.c']
        yield 'libneeded.so', [needed]
        for name, options in HOST_CODE.items():
            yield f'host-{name}.o', [[*self.cxx['gcc'], '-std=c++20', '-O1', f'-I{INCLUDE}', *options, '-c', f'{HERE}/host.cpp']]

    def builds(self):
        """What is loaded, and what loads it."""
        for name, compiler, options in self.variants():
            yield f'c-{name}.so', [[*self.c[compiler], *SHARED, *options, f'{HERE}/plugin.c', 'libneeded.so', '-Wl,-rpath,$ORIGIN']]
            yield f'cxx-{name}.so', [[*self.cxx[compiler], *SHARED, *options, f'{HERE}/plugin.cpp']]
        if not self.qemu:
            for name, (options, _) in REFUSED.items():
                yield name, [[*self.c['gcc'], '-shared', '-w', *options, f'{HERE}/fixed.c']]
        for name, (code, options) in HOSTS.items():
            if (self.name, name) == ('riscv64', 'static-pie'):
                continue  # glibc has no start-up file for it
            yield f'host-{name}', [[*self.cxx['gcc'], *options, f'host-{code}.o', '-pthread']]
        if self.zig:
            yield 'host-musl', [  # linked as if it were not optimized: as the tests are, with the same C++ library
                [*self.zig, '-c', '-std=c++20', '-O1', f'-I{INCLUDE}', f'{HERE}/host.cpp', '-o', 'host-musl.o'], [*self.zig, '-static', 'host-musl.o']]
            for level in (1, 2, 3):
                compile_it = [*self.zig, '-c', '-fPIC', '-fno-stack-protector', f'-O{level}']
                yield f'cxxm-zig-O{level}.so', [
                    [*compile_it, f'{HERE}/plugin.cpp', '-o', f'plugin{level}.o'], [*compile_it, '-x', 'c', f'{HERE}/end.c', '-o', f'end{level}.o'],
                    ['ld.lld-16', '-shared', '--eh-frame-hdr', f'plugin{level}.o', f'end{level}.o']]

    def build(self, name, commands):
        for number, command in enumerate(commands, 1):
            output = ['-o', name] if number == len(commands) else []
            made = subprocess.run([*command, *output], cwd=self.folder, capture_output=True, text=True)
            if made.returncode != 0:
                return f'{" ".join(command)}: {made.stderr[-2000:]}'
        return ''

    def run(self, host, mode, plugins):
        """What is wrong with each of `plugins`, '' if nothing is."""
        static = [] if host.startswith('host-dynamic') else ['--program']
        ran = subprocess.run([*self.qemu, f'./{host}', *static, *mode, *plugins], cwd=self.folder, capture_output=True, text=True, timeout=300)
        said = {line.split()[1].rstrip(':'): '' if line.startswith('ok ') else line for line in ran.stdout.splitlines()}
        return {p: said.get(p, f'ended with {ran.returncode}: {ran.stderr[-500:]}') for p in plugins}


def try_machine(machine, results, pool):
    wrong = {}
    for builds in dict(machine.first_builds()), dict(machine.builds()):
        wrong |= dict(zip(builds, pool.map(lambda item: machine.build(*item), builds.items())))
    for name, why in wrong.items():
        results.check(not why, f'{machine.name}: {name} is not built: {why}')
    hosts = [name for name in builds if name.startswith('host-') and not wrong[name]]
    plugins = [name for name in builds if not name.startswith('host-') and name not in REFUSED and not wrong[name]]
    for name in REFUSED.keys() & builds.keys():
        said = machine.run('host-dynamic', [], [name])[name]
        results.check(REFUSED[name][1] in said, f'{machine.name}: {name} is not refused: {said}')

    def run(host_and_mode):
        host, mode = host_and_mode
        musl = host == 'host-musl'  # C++ plugins are for one of the two standard libraries
        mine = [p for p in plugins if p.startswith('c-') or p.startswith('cxxm-') == musl]
        return host, mode, machine.run(host, mode, mine)

    for host, mode, said in pool.map(run, itertools.product(hosts, MODES)):
        failed = 0
        for plugin, why in said.items():
            failed += why != ''
            results.check(why == '', f'{machine.name}: {host} {" ".join(mode)} {plugin}: {why}')
        print(f'matrix: {machine.name} {host} {" ".join(mode)}: {len(said)} plugins, {failed} failed', flush=True)
    for host, plugin in itertools.product(hosts, LEFT):
        if plugin in plugins and (plugin.startswith('c-') or host != 'host-musl'):
            why = machine.run(host, ['--exit'], [plugin])[plugin]
            results.check(why == '', f'{machine.name}: {host} --exit {plugin}: {why}')


def main(*words):
    everything = words[0] == '--all'
    folder, results_file, *machines = words[everything:]
    results = Results('loader/matrix')
    if not os.environ.get('ZIG'):
        results.skip('static programs with musl: there is no zig')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in machines or MACHINES:
            if name != platform.machine() and not shutil.which(f'qemu-{name}-static'):
                results.skip(f'{name}: there is no qemu for it')
            else:
                try_machine(Machine(name, pathlib.Path(folder).resolve(), everything), results, pool)
    results.append_to(results_file)


main(*sys.argv[1:])
