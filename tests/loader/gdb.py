"""gdb on modules of vitte's own linker: breakpoints that wait for their module, lines, variables, backtraces through module and host,
steps, attaching, unloading; and `perf`, where they may be used.

usage: gdb.py FOLDER RESULTS
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results

LINKS = {'dynamic': [], 'static': ['-static'], 'static-pie': ['-static-pie', '-fPIE']}
SOURCE = os.path.join(HERE, 'gdb', 'module.c')


def line_of(comment):
    with open(SOURCE, encoding='utf-8') as file:
        return next(number for number, line in enumerate(file, 1) if f'/* {comment} */' in line)


def build(folder):
    def run(*command):
        subprocess.run(command, check=True)
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)
    cxx = ['g++', '-std=c++20', '-g', '-fno-exceptions', '-fno-rtti', '-I', os.path.join(ROOT, 'include')]
    for name in 'libone.so', 'libtwo.so':
        run('gcc', '-g', '-O0', '-shared', '-fPIC', SOURCE, '-o', at(name))
    os.makedirs(at('second'), exist_ok=True)
    with open(SOURCE, encoding='utf-8') as file, open(at('second/module.c'), 'w', encoding='utf-8') as second:
        second.write(file.read().replace('a * a', 'a * a * a'))
    run('gcc', '-g', '-O0', '-shared', '-fPIC', at('second/module.c'), '-o', at('libsecond.so'))
    run('gcc', '-g', '-O0', '-fPIC', '-c', SOURCE, '-o', at('module.o'))
    run('gcc', '-g', '-O0', '-fPIC', '-gz', '-ffunction-sections', '-c', SOURCE, '-o', at('compressed.o'))
    run('clang-16', '-g', '-O0', '-fPIC', '-gdwarf-4', '-c', SOURCE, '-o', at('clang.o'))
    for link, options in LINKS.items():
        opens = ['-DVITTE_DLFCN'] if link == 'dynamic' else []
        run(*cxx, *options, *opens, os.path.join(HERE, 'gdb', 'host.cpp'), '-o', at(f'host-{link}'))
        for name in 'object_host', 'hot_host':
            run(*cxx, *options, os.path.join(HERE, 'gdb', f'{name}.cpp'), '-o', at(f'{name}-{link}'))


class Gdb:
    def __init__(self, folder, results):
        self.folder, self.results = folder, results

    def run(self, *commands, arguments=()):
        """What gdb says when it executes `commands`."""
        options = [o for command in ['set confirm off', 'set width 0', 'set breakpoint pending on', *commands] for o in ('-ex', command)]
        done = subprocess.run(['gdb', '-q', '-nx', '-batch', *options, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, errors='replace')
        return done.stdout

    def shows(self, what, said, *patterns):
        """Checks that `patterns` occur one behind the other."""
        at = 0
        for pattern in patterns:
            match = re.compile(pattern).search(said, at)
            self.results.check(match, f'{what}: gdb does not show {pattern!r} (behind byte {at}) in:\n{said}')
            if not match:
                return
            at = match.end()

    def stops_in_module(self, program, host_function, *arguments):
        """A breakpoint that waits for its module; where it stops, what it shows, steps, and the end of it."""
        inside, after = line_of('in a static function'), line_of('after the call')
        said = self.run(f'break module.c:{inside}', 'run', 'backtrace', 'info locals', 'print module_count', 'finish', 'next', 'info locals',
                        'delete', f'break {host_function}', 'continue', 'backtrace', 'info line module.c:9',
                        arguments=['--args', program, *arguments])
        self.shows(f'{program} {" ".join(arguments)}', said, r'Breakpoint 1, square \(a=42\) at .*module\.c:%d' % inside,
                   r'#0 +square \(a=42\)', r'#1 .* module_run \(back=.*<host_back.*, n=2\) at .*module\.c', r'#2 .* main \(.*host\.cpp',
                   'result = 1764', r'\$1 = [56]\n', r'Value returned is \$2 = 17(69|70)', r'%d\s+return back\(squared\)' % after,
                   r'local = 42\nsquared = 17(69|70)', rf'Breakpoint 2, {host_function}', r'#1 .* main \(', 'No (symbol table|source file|line)')

    def shared_objects(self, link):
        program, inside = f'./host-{link}', line_of('in a static function')
        self.stops_in_module(program, 'unloaded', 'libone.so')
        said = self.run(f'break module.c:{line_of("in an initialiser")}', 'run', 'backtrace', 'next', 'info sharedlibrary',
                        arguments=['--args', program, 'libone.so'])
        self.shows(f'{program}: initialiser', said, r'Breakpoint 1, start \(\) at', '#0 +start', r'#\d+ .*::start ', r'#\d+ .* main \(',
                   r'libone\.so')
        said = self.run('break host_back', 'run', 'info sharedlibrary', 'backtrace', 'delete', 'break unloaded', 'continue', 'echo gone\\n',
                        'info sharedlibrary', arguments=['--args', program, 'libone.so', 'libtwo.so'])
        self.shows(f'{program}: two', said, r'libone\.so', r'libtwo\.so', '#0 .*host_back', '#1 .*module_run', '#2 .* main', 'gone')
        self.results.check(not re.search(r'lib(one|two)\.so', said.partition('gone')[2]), f'{program}: modules are there after unloading:\n{said}')
        said = self.run(f'break module.c:{inside}', 'run', 'info breakpoints', arguments=['--args', program, 'libone.so', 'libtwo.so'])
        self.shows(f'{program}: places in two', said, r'1\.1 .*module\.c', r'1\.2 .*module\.c')
        self.attached(program, ['libone.so'], r'libone\.so')

    def replaced(self, link):
        """A breakpoint that waits for its module stops in each version of it; nothing is left of the old one."""
        program, inside = f'./hot_host-{link}', line_of('in a static function')
        said = self.run(f'break module.c:{inside}', 'run', 'info locals', 'break replaced', 'continue', 'info sharedlibrary', 'echo listed\\n',
                        'info breakpoints 1', 'continue', 'backtrace', 'info locals', arguments=['--args', program, './libone.so', './libsecond.so'])
        self.shows(f'{program}: replaced', said, r'Breakpoint 1, square \(a=42\) at .*module\.c:%d' % inside, 'result = 1764',
                   r'Breakpoint 2, replaced', r'hot\.so', 'listed', r'breakpoint already hit 1 time', r'Breakpoint 1(\.1)?, square \(a=42\) at .*second/module\.c:%d' % inside,
                   r'#0 +square \(a=42\)', r'#1 .* module_run ', r'#\d+ .* main ', 'result = 74088')
        self.results.equal(len(re.findall(r'hot\.so', said.partition('Breakpoint 2, ')[2].partition('listed')[0])), 1, f'{program}: versions that gdb knows')

    def attached(self, program, arguments, *sees):
        """What a debugger finds that comes after the modules."""
        with subprocess.Popen([program, '-wait', *arguments], cwd=self.folder, stdout=subprocess.PIPE, text=True) as host:
            host.stdout.readline()  # its module has run
            said = self.run(f'attach {host.pid}', 'info sharedlibrary', f'break module.c:{line_of("after the call")}', 'kill')
            host.kill()
        self.shows(f'{program} {" ".join(arguments)}: attached', said, *sees, r'Breakpoint 1 at 0x[0-9a-f]+: file .*module\.c, line %d' % line_of('after the call'))

    def objects(self, link):
        program = f'./object_host-{link}'
        for name in 'module.o', 'compressed.o', 'clang.o':
            self.stops_in_module(program, 'unloaded', name)
        self.attached(program, ['-always', 'module.o'])


def profile(folder, results):
    """Objects by /tmp/perf-PID.map, shared objects by their files."""
    def samples(*command):
        data = os.path.join(folder, 'perf.data')
        done = subprocess.run(['perf', 'record', '-q', '-F', '5000', '-o', data, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return None
        return subprocess.run(['perf', 'script', '-i', data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors='replace').stdout
    if not shutil.which('perf') or samples('true') is None:
        return results.skip('perf is missing or may not be used')
    source = os.path.join(folder, 'busy.c')
    with open(source, 'w', encoding='utf-8') as file:
        file.write('static int busy(int n) { volatile int sum = 0; for (int i = 0; i < n; ++i) sum += i; return sum; }\n'
                   'int module_run(int (*back)(int), int n) { return back(busy(100000000) + n); }\n')
    for command, options in (['./host-static', 'busy.so'], ['-shared']), (['./object_host-static', '-perf', 'busy.o'], ['-c']):
        if not os.path.exists(os.path.join(folder, command[0])):
            continue
        subprocess.run(['gcc', '-g', '-fPIC', *options, source, '-o', os.path.join(folder, command[-1])], check=True)
        said = samples(*command)
        for written in set(re.findall(r'\((/tmp/perf-\d+\.map)\)', said)):
            os.remove(written)
        results.check(said.count(' busy+0x') > 10, f'{command}: perf does not name the function in:\n{said[:2000]}')


def main(folder, results_file):
    results = Results('loader/gdb')
    build(folder)
    gdb = Gdb(folder, results)
    if not shutil.which('gdb') or 'exited normally' not in gdb.run('run', arguments=['--args', './host-static', 'libone.so']):
        results.skip('gdb is missing or may not trace')
    else:
        version = int(re.search(r'GNU gdb .*?(\d+)\.\d', gdb.run('show version'))[1])
        for link in LINKS:
            if link == 'dynamic' and version < 13:
                results.skip(f'gdb {version} knows one list of libraries only')
            else:
                gdb.shared_objects(link)
                gdb.replaced(link)
            gdb.objects(link)
    done = subprocess.run(['./host-dynamic', 'libone.so', '-open', 'libm.so.6', 'libtwo.so', '-open', 'libm.so.6'], cwd=folder, stdout=subprocess.PIPE, text=True)
    results.equal(done.stdout, '1770\n1770\nunloaded\n', "modules between namespaces of the OS's linker")
    profile(folder, results)
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
