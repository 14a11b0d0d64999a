"""`vitte store` as a user meets it: what is stored comes out again, what is damaged does not.

usage: store.py FOLDER_OF_EXAMPLES RESULTS
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

HELLO = 'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f'  # b3sum of "hello"


class Case:
    def __init__(self, results, folder, scratch):
        self.results, self.vitte, self.scratch = results, os.path.join(folder, 'vitte'), scratch

    def path(self, name):
        return os.path.join(self.scratch, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)

    def store(self, *arguments, folder='store'):
        environment = {k: v for k, v in os.environ.items() if k != 'VITTE_STORE'}
        if folder:
            environment['VITTE_STORE'] = folder
        return subprocess.run([self.vitte, 'store', *arguments], cwd=self.scratch, env=environment, capture_output=True, check=False)

    def does(self, expected, *arguments, **more):
        done = self.store(*arguments, **more)
        self.results.equal((done.returncode, done.stdout.decode(), done.stderr), (0, expected, b''), f'store {arguments}')

    def refuses(self, code, needle, *arguments, **more):
        done = self.store(*arguments, **more)
        said = done.stderr.decode()
        good = done.returncode == code and said.count('\n') == 1 and said.startswith('vitte: store') and needle in said
        self.results.check(good, f'store {arguments}: exit {done.returncode}, {said!r}')


def check(case):
    results = case.results
    case.write('hello', b'hello')
    case.refuses(1, 'not found', 'list')
    results.check(not os.path.exists(case.path('store')), 'a store where only something was asked')
    case.does(HELLO + '\n', 'add', 'hello')
    case.does(HELLO + '\n', 'add', 'acme/image@1.2.3', 'hello', '-d', 'store', folder=None)
    case.does('hello', 'get', HELLO)
    case.does('hello', 'get', 'acme/image@1.2.3')
    case.does('', 'get', 'acme/image@1.2.3', '-o', 'copy')
    with open(case.path('copy'), 'rb') as copy:
        results.equal(copy.read(), b'hello', 'what get has written')
    if shutil.which('b3sum'):
        results.equal(subprocess.check_output(['b3sum', '--no-names', case.path('hello')], text=True).strip(), HELLO, 'b3sum')
    with open(case.vitte, 'rb') as tool:
        case.write('large', tool.read())
    large = case.store('add', 'acme/image@1.10.0-RC.1+build', 'large').stdout.decode().strip()
    case.does('', 'get', large, '-o', 'copy')
    with open(case.path('copy'), 'rb') as copy, open(case.vitte, 'rb') as tool:
        results.check(copy.read() == tool.read(), 'a large file')
    case.does(HELLO + '\n', 'add', 'a@0.1.0', 'hello')
    rows = [('a', '0.1.0', HELLO), ('acme/image', '1.2.3', HELLO), ('acme/image', '1.10.0-RC.1', large)]
    case.does(''.join('\t'.join(row) + '\n' for row in rows), 'list')
    case.does(''.join('\t'.join(row) + '\n' for row in rows[1:]), 'list', 'acme/image')
    case.refuses(1, 'nobody: not found', 'list', 'nobody')
    case.refuses(1, 'not found', 'get', 'acme/image@9.9.9')
    case.refuses(1, 'not found', 'get', '0' * 64)
    case.refuses(1, 'add nothing: open: not found', 'add', 'a@1.0.0', 'nothing')

    at = os.path.join('store', 'content', HELLO[:2], HELLO[2:])
    os.remove(case.path(at))
    case.write(at, b'hullo')
    done = case.store('verify')
    results.equal((done.returncode, '1 damaged' in done.stdout.decode(), 'damaged' in done.stderr.decode()), (1, True, True), 'verify')
    results.check(not os.path.exists(case.path(at)), 'what is damaged is gone')
    case.does('1 contents, {} bytes; taken away: 0 for room, 0 damaged, 0 names of nothing, 0 unfinished\n'.format((os.path.getsize(case.vitte) // 4096 + 2) * 4096), 'verify')
    case.does('\t'.join(rows[2]) + '\n', 'list')
    case.does('0 contents, 0 bytes; taken away: 1 for room, 0 damaged, 1 names of nothing, 0 unfinished\n', 'gc', '-l', '8k')
    case.does('', 'list')

    for arguments in [[], ['ad', 'hello'], ['add'], ['get'], ['get', 'a', 'b'], ['get', 'acme'], ['list', '../x'], ['list', '-x'], ['verify', 'x'], ['gc', '-l'],
                      ['gc', '-l', '5Q'], ['gc', '-l', '99999999999999999999'], ['gc', '-l', '99999999999T'], ['add', 'x', 'hello'], ['add', '../x@1.0.0', 'hello'],
                      ['add', 'x@1', 'hello'], ['add', 'con\x1b@1.0.0', 'hello']]:
        case.refuses(2, '', *arguments)
    case.refuses(2, 'VITTE_STORE', 'list', folder=None)


def main(folder, results_file):
    results = Results('cli/store')
    with tempfile.TemporaryDirectory() as scratch:
        check(Case(results, folder, scratch))
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
