"""Real programs, compiled for WASI and natively: what `vitte run` prints, returns and leaves in files is what the native build does.

usage: programs.py BUILD VITTE RESULTS

SQLite comes with a package of npm, Lua and zlib from Debian's sources; what cannot be had is skipped, and said.
"""
import os
import shutil
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
from results import Results

SOURCES = os.path.join(HERE, 'programs')
LUA_FLAGS = ['-w', '-include', os.path.join(SOURCES, 'absent.h')]
SQLITE_FLAGS = ['-w', '-DSQLITE_THREADSAFE=0', '-DSQLITE_OMIT_LOAD_EXTENSION', '-DSQLITE_ENABLE_FTS5']


class Missing(Exception):
    pass


def npm_package(name, folder):
    """The content of a package of npm, which is downloaded once."""
    where = os.path.join(folder, name)
    if not os.path.isdir(where):
        os.makedirs(folder, exist_ok=True)
        packed = subprocess.run(['npm', 'pack', '--silent', name], cwd=folder, stdout=subprocess.PIPE, text=True)
        if packed.returncode != 0:
            raise Missing(f"npm's {name}")
        unpack(os.path.join(folder, packed.stdout.split()[-1]), where)
    return os.path.join(where, 'package')


def debian_archives():
    """Where this machine has its packages of Debian from, without updates."""
    listed = ['apt-get', 'indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages', 'Origin: Debian']
    if not shutil.which('apt-get'):
        return []
    lines = subprocess.run(listed, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return sorted({line for line in lines if '-' not in line.split()[1]})


def debian_source(name, folder):
    """The original source of a Debian package, by a list of sources of our own."""
    where = os.path.join(folder, name)
    if not os.path.isdir(where):
        state = os.path.join(folder, 'apt')
        os.makedirs(os.path.join(state, 'lists', 'partial'), exist_ok=True)
        with open(os.path.join(state, 'sources.list'), 'w', encoding='utf-8') as file:
            file.writelines(f'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {where_from}\n' for where_from in debian_archives())
        apt = ['apt-get', '-q', '-o', f'Dir::Etc::sourcelist={state}/sources.list', '-o', 'Dir::Etc::sourceparts=-',
               '-o', f'Dir::State::lists={state}/lists', '-o', f'Dir::Cache={state}']
        for command in ['update'], ['source', '--download-only', name]:
            if not shutil.which('apt-get') or subprocess.run(apt + command, cwd=state, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                raise Missing(f"Debian's source of {name}")
        unpack(next(os.path.join(state, n) for n in os.listdir(state) if n.startswith(name + '_') and '.orig.' in n), where)
    return os.path.join(where, os.listdir(where)[0])


def unpack(archive, to):
    with tarfile.open(archive) as packed:
        packed.extractall(to + '.part')
    os.rename(to + '.part', to)


class Program:
    def __init__(self, name, sources, flags=(), wasi_flags=(), steps=()):
        self.name, self.sources, self.flags, self.wasi_flags, self.steps = name, sources, list(flags), list(wasi_flags), steps


def programs(build):
    """What to build, and with what to run it: (arguments, input, variables)."""
    downloads = os.path.join(build, 'downloads')
    empty = os.path.join(build, 'empty')
    os.makedirs(empty, exist_ok=True)
    open(os.path.join(empty, 'setjmp.h'), 'w', encoding='utf-8').close()

    def sqlite():
        amalgamation = os.path.join(npm_package('better-sqlite3', downloads), 'deps', 'sqlite3')
        return Program('sqlite', [os.path.join(SOURCES, 'sql.c'), os.path.join(amalgamation, 'sqlite3.c')], ['-I', amalgamation, *SQLITE_FLAGS],
                       ['-D_WASI_EMULATED_MMAN', '-D_WASI_EMULATED_GETPID', '-lwasi-emulated-mman', '-lwasi-emulated-getpid'],
                       [(['database', 'queries.sql'], '', {})])

    def lua():
        folder = os.path.join(debian_source('lua5.4', downloads), 'src')
        sources = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith('.c') and n != 'luac.c']
        return Program('lua', sources, ['-I', empty, *LUA_FLAGS],
                       ['-D_WASI_EMULATED_SIGNAL', '-D_WASI_EMULATED_PROCESS_CLOCKS', '-lwasi-emulated-signal', '-lwasi-emulated-process-clocks'],
                       [(['script.lua', 'one', 'two'], 'first line\n 42.5\n', {'GREETING': 'hello'})])

    def minigzip():
        folder = debian_source('zlib', downloads)
        sources = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith('.c')]
        text = ''.join(f'line {i * i % 977} of a text that is compressed\n' for i in range(5000))
        return Program('minigzip', [*sources, os.path.join(folder, 'test', 'minigzip.c')], ['-w', '-DHAVE_UNISTD_H', '-I', folder], [],
                       [([], text, {}), (['-9', 'words.txt'], '', {}), (['-d', 'words.txt.gz'], '', {}), (['-d', 'no-such.gz'], '', {})])

    def words():
        return Program('words', [os.path.join(SOURCES, 'words.cpp')], ['-fno-exceptions'], ['-lc++', '-lc++abi'],
                       [(['words.txt'], '', {}), ([], '', {})])

    def kernels():
        return Program('kernels', [os.path.join(SOURCES, 'kernels.c'), os.path.join(ROOT, 'bench', 'wasm', 'kernels.c')], ['-w'], ['-U__wasm__'],
                       [([], '', {})])

    def core_mix():
        return Program('core_mix', [os.path.join(SOURCES, 'core_mix.c')], ['-Wall', '-Wextra', '-Werror'], [], [([], '', {}), (['100'], '', {})])

    return {'kernels': kernels, 'core_mix': core_mix, 'words': words, 'minigzip': minigzip, 'lua': lua, 'sqlite': sqlite}


def build_both(program, build):
    cpp = program.sources[0].endswith('.cpp')
    native, module = (os.path.join(build, program.name + suffix) for suffix in ('.native', '.wasm'))
    for output, compiler, extra in ((native, ['g++' if cpp else 'clang-16'], ['-lm']),
                                    (module, ['sh', os.path.join(ROOT, 'cross', 'tools', 'wasi-c++' if cpp else 'wasi-cc')], program.wasi_flags)):
        if not os.path.exists(output):
            subprocess.run([*compiler, '-O2', *program.flags, *program.sources, '-o', output, *extra], check=True)
    return native, module


def run(command, folder, given, variables):
    """Output, errors, exit code, and the files that are left, for each step one after the other in a folder of its own."""
    done = subprocess.run(command, cwd=folder, input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | variables,
                          timeout=300)
    files = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as file:
            files[name] = file.read()
    return done.stdout, done.stderr, done.returncode, files


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in 'queries.sql', 'script.lua':
        shutil.copy(os.path.join(SOURCES, name), folder)
    shutil.copy(os.path.join(ROOT, 'LICENSE'), os.path.join(folder, 'words.txt'))
    return folder


def compare(program, build, vitte, results):
    native, module = build_both(program, build)
    folders = [fresh(os.path.join(build, f'{program.name}.{who}')) for who in ('native.d', 'wasm.d')]
    for arguments, given, variables in program.steps:
        told = [word for name, value in variables.items() for word in ('--env', f'{name}={value}')]
        expected = run([native, *arguments], folders[0], given, variables)
        got = run([vitte, 'run', module, '--dir', '.', *told, '--', *arguments], folders[1], given, {})
        what = f'{program.name} {arguments}'
        for part, e, g in zip(('output', 'exit code', 'files'), (expected[0], *expected[2:]), (got[0], *got[2:])):
            results.check(e == g, f'{what}: {part}: {str(g)[:300]} instead of {str(e)[:300]}')
        results.check(bool(expected[1]) == bool(got[1]), f'{what}: errors: {got[1][:300]} instead of {expected[1][:300]}')


def main(build, vitte, results_file):
    results = Results('loader/wasm/programs')
    vitte = os.path.abspath(vitte)
    build = os.path.abspath(build)
    os.makedirs(build, exist_ok=True)
    for name, make in programs(build).items():
        try:
            compare(make(), build, vitte, results)
        except Missing as missing:
            results.skip(f'{name}: {missing} cannot be had')
    results.append_to(results_file)


if __name__ == '__main__':
    main(*sys.argv[1:])
