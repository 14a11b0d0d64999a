"""`vitte resolve` as a user meets it, over containers that are written here by the grammar in include/vitte/loader/format/vitb.hpp.

usage: resolve.py FOLDER_OF_EXAMPLES RESULTS
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def container(**entries):
    """The bytes of a container of these entries, JSON by kind."""
    content, rows = b'', b''
    for kind in sorted(entries):
        text = json.dumps(entries[kind]).encode()
        content += b'\0' * (-len(content) % 16)
        rows += kind.encode() + struct.pack('<IQQQII', 0, 16 + len(content), len(text), len(text), zlib.crc32(text), 0)
        content += text
    content += b'\0' * (-len(content) % 16)
    return b'VITB' + struct.pack('<HHQ', 2, 0, 16 + len(content)) + content + struct.pack('<I', len(entries)) + rows


class Case:
    def __init__(self, results, folder, scratch):
        self.results, self.vitte, self.scratch = results, os.path.join(folder, 'vitte'), scratch

    def path(self, name):
        return os.path.join(self.scratch, name)

    def add(self, file, name, version, needs=()):
        """Needs are pairs of name and range, or triples with what else is said of them."""
        deps = [{'name': need[0], 'range': need[1], **(need[2] if len(need) > 2 else {})} for need in needs]
        os.makedirs(os.path.dirname(self.path(file)), exist_ok=True)
        with open(self.path(file), 'wb') as to:
            to.write(container(META={'name': name, 'version': version}, DEPS=deps))

    def resolve(self, *arguments):
        return subprocess.run([self.vitte, 'resolve', *arguments], cwd=self.scratch, capture_output=True, text=True, check=False)

    def does(self, expected, *arguments):
        done = self.resolve(*arguments)
        self.results.equal((done.returncode, done.stderr, done.stdout.splitlines()), (0, '', expected), f'resolve {arguments}')

    def refuses(self, code, needles, *arguments):
        done = self.resolve(*arguments)
        good = done.returncode == code and done.stderr.count('\n') == 1 and done.stderr.startswith('vitte: resolve') and all(n in done.stderr for n in needles)
        self.results.check(good, f'resolve {arguments}: exit {done.returncode}, {done.stderr!r}')
        return done.stdout


def check(case):
    results = case.results
    case.add('app.vitmod', 'app', '1.0.0', [('acme/image', '^1'), ('log', '*', {'lazy': True}), ('gone', '*', {'optional': True}),
                                            ('win', '*', {'target': '*-windows-*'})])
    case.add('lib/image-1.0.vitmod', 'acme/image', '1.0.0')
    case.add('lib/image-1.1.vitmod', 'acme/image', '1.1.0', [('zip', '>=2 <4')])
    case.add('lib/image-2.0.vitmod', 'acme/image', '2.0.0')
    case.add('lib/zip.vitbc', 'zip', '3.1.0')
    case.add('lib/log.vitmod', 'log', '0.1.0', [('log', '0.1')])
    newest = ['zip 3.1.0 ./lib/zip.vitbc', 'acme/image 1.1.0 ./lib/image-1.1.vitmod', 'app 1.0.0 app.vitmod', 'log 0.1.0 ./lib/log.vitmod lazy']
    case.does(newest, 'app.vitmod')
    case.does(newest, 'app.vitmod', '-d', '.', '--target', 'x86_64-linux-gnu')
    case.does(['acme/image 2.0.0 lib/image-2.0.vitmod'], 'acme/image', '-d', 'lib')
    case.does(['zip 3.1.0 lib/zip.vitbc', 'acme/image 1.1.0 lib/image-1.1.vitmod', 'acme/image 2.0.0 lib/image-2.0.vitmod'], 'acme/image@^1', 'acme/image@2', '-d', 'lib')
    case.does(['zip 3.1.0 ./lib/zip.vitbc', '    needed by acme/image 1.1.0: >=2 <4',
               'acme/image 1.1.0 ./lib/image-1.1.vitmod', '    needed by app 1.0.0: ^1',
               'app 1.0.0 app.vitmod',
               'log 0.1.0 ./lib/log.vitmod lazy', '    needed by app 1.0.0: *, lazily', '    needed by log 0.1.0: 0.1',
               'cycle: log 0.1.0 → log 0.1.0'], 'app.vitmod', '--explain')

    # A lock keeps what was chosen when newer versions come.
    case.does(newest, 'app.vitmod', '--lock', 'app.lock')
    with open(case.path('app.lock'), encoding='utf-8') as lock:
        first = lock.read()
    results.equal(json.loads(first), {'lock': 1, 'modules': [{'name': 'acme/image', 'version': '1.1.0'}, {'name': 'log', 'version': '0.1.0'},
                                                             {'name': 'zip', 'version': '3.1.0'}]}, 'the lock')
    case.add('lib/image-1.2.vitmod', 'acme/image', '1.2.0')
    case.does(newest, 'app.vitmod', '--lock', 'app.lock')
    case.does(['acme/image 1.2.0 ./lib/image-1.2.vitmod', 'app 1.0.0 app.vitmod', 'log 0.1.0 ./lib/log.vitmod lazy'], 'app.vitmod')
    with open(case.path('app.lock'), encoding='utf-8') as lock:
        results.equal(lock.read(), first, 'the lock after it was used')
    with open(case.path('bad.lock'), 'w', encoding='utf-8') as lock:
        lock.write('{"lock": 7, "modules": []}')
    case.refuses(1, ['bad.lock: lock: 1 is needed', 'line 1 column 10'], 'app.vitmod', '--lock', 'bad.lock')

    # What does not go together.
    case.refuses(1, ['app.vitmod: no versions go together', '--explain'], 'app.vitmod', '--target', 'x86_64-windows-gnu')
    told = case.refuses(1, ['app.vitmod: no versions go together'], 'app.vitmod', '--target', 'x86_64-windows-gnu', '--explain')
    results.check(told.endswith('\napp 1.0.0 → win *: no module of this name is there\n'), f'why: {told!r}')
    case.refuses(1, ['no versions go together'], 'app.vitmod', '--optional', 'always')
    with open(case.path('lib/broken.vitmod'), 'wb') as broken:
        broken.write(b'VITB\2\0')
    told = case.refuses(1, ['no versions go together'], 'acme/image@7', '-d', 'lib', '--explain')
    results.check('acme/image 7: no version of it is in the range, only 2.0.0, 1.2.0, 1.1.0, 1.0.0\n' in told, f'why: {told!r}')
    results.check('not usable: lib/broken.vitmod: reading: ' in told, f'why: {told!r}')

    # Modules in a store, which has its own names of them.
    for name, file in ('acme/image@1.1.0', 'lib/image-1.1.vitmod'), ('zip@3.1.0', 'lib/zip.vitbc'), ('zip@3.2.0', 'lib/zip.vitbc'):
        subprocess.run([case.vitte, 'store', 'add', name, file, '-d', 'store'], cwd=case.scratch, capture_output=True, check=True)
    stored = ['zip 3.1.0 zip 3.1.0 in the store', 'acme/image 1.1.0 acme/image 1.1.0 in the store']
    case.does(stored, 'acme/image', '-s', 'store')
    case.does(['acme/image 1.2.0 lib/image-1.2.vitmod', 'zip 3.1.0 lib/zip.vitbc'], 'acme/image@1.2', 'zip@3', '-s', 'store', '-d', 'lib')
    case.refuses(1, ['nowhere: ', 'not found'], 'zip', '-s', 'nowhere')

    # What was asked for wrongly.
    case.refuses(1, ['lib/broken.vitmod', 'reading'], 'lib/broken.vitmod')
    case.refuses(1, ['No-File: no such file, and no name of a module', 'acme/image@^1.2'], 'No-File')
    case.refuses(1, ['nowhere: ', 'not found'], 'zip', '-d', 'nowhere')
    case.refuses(2, ['a file or the name'])
    case.refuses(2, ["'--explian'", '--help'], 'zip', '--explian')
    case.refuses(2, ['--lock needs a word'], 'zip', '--lock')
    case.refuses(2, ["'allways'", "'always'"], 'zip', '--optional', 'allways')
    results.check(case.resolve('--help').stdout.startswith('usage: vitte resolve'), 'resolve --help')


def main(folder, results_file):
    results = Results('cli/resolve')
    with tempfile.TemporaryDirectory() as scratch:
        check(Case(results, folder, scratch))
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
