"""`vitte serve` and those who ask it: what they hold, who may ask, what clients can do to it.

usage: serve.py FOLDER_OF_EXAMPLES RESULTS
"""
import concurrent.futures
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

SOURCE = '''int add(int a, int b) { return a + b; }
int next(int a) { return a + STEP; }
const char *title(void) { return "a \\xff title"; }
const char *none(void) { return 0; }
'''
HELLO = {'id': 0, 'method': 'hello', 'version': 1}


def leb(number):
    made = bytearray()
    while True:
        byte = number & 0x7f
        number >>= 7
        made.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(made)


def wasm():
    """Exports add (i32, i32) and spin, which never ends."""
    def section(kind, content):
        return bytes([kind]) + leb(len(content)) + content

    def body(code):
        return leb(len(code) + 2) + b'\0' + code + b'\x0b'

    return (b'\0asm\1\0\0\0' + section(1, b'\2\x60\2\x7f\x7f\1\x7f\x60\0\0') + section(3, b'\2\0\1')
            + section(7, b'\2\3add\0\0\4spin\0\1') + section(10, b'\2' + body(b'\x20\0\x20\1\x6a') + body(b'\3\x40\x0c\0\x0b')))


def frame(message):
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack('<I', len(text)) + text


class Client:
    """Speaks the protocol by itself."""
    def __init__(self, path, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        if hello:
            assert self.ask(HELLO)['result'] == {'protocol': 1}

    def take(self, count):
        made = b''
        while len(made) < count:
            more = self.socket.recv(count - len(made))
            if not more:
                raise EOFError
            made += more
        return made

    def next(self):
        return json.loads(self.take(struct.unpack('<I', self.take(4))[0]))

    def ask(self, message):
        self.socket.sendall(frame(message))
        return self.next()


class Case:
    def __init__(self, results, folder, scratch):
        self.results, self.folder, self.scratch = results, folder, scratch
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith('VITTE')} | {'XDG_RUNTIME_DIR': os.path.join(scratch, 'run')}
        os.mkdir(self.environment['XDG_RUNTIME_DIR'], 0o700)

    def path(self, name):
        return os.path.join(self.scratch, name)

    def start(self, *arguments):
        made = subprocess.Popen([os.path.join(self.folder, 'vitte-dynamic'), 'serve', *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = made.stdout.readline()
        self.results.check(line.startswith('serving at '), f'serve {arguments}: {line}')
        made.socket = line.removeprefix('serving at ').strip()
        return made

    def end(self, server, how=signal.SIGTERM):
        server.send_signal(how)
        out, err = server.communicate(timeout=30)
        self.results.equal((server.returncode, out, err), (0, '', ''), 'end of a server')

    def vitte(self, *arguments, tool='vitte', **more):
        return subprocess.run([os.path.join(self.folder, tool), *arguments], cwd=self.scratch, env=self.environment, capture_output=True, text=True, timeout=60, check=False, **more)

    def prints(self, expected, *arguments):
        done = self.vitte(*arguments)
        self.results.equal((done.returncode, done.stdout, done.stderr), (0, expected, ''), f'{arguments}')

    def refuses(self, code, needle, *arguments):
        done = self.vitte(*arguments)
        self.results.check(done.returncode == code and done.stderr.startswith('vitte: ') and done.stderr.count('\n') == 1 and needle in done.stderr,
                           f'{arguments}: exit {done.returncode}, {done.stderr!r}')

    def library(self, step, name='lib.so', debug=True):
        source = self.path('lib.c')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(SOURCE)
        fresh = self.path('fresh.so')
        subprocess.run(['cc', *(['-g'] if debug else []), f'-DSTEP={step}', '-shared', '-fPIC', source, '-o', fresh], check=True)
        os.replace(fresh, self.path(name))


def commands(case):
    case.refuses(1, 'vitte serve starts one', 'modules')
    server = case.start('--watch')
    case.library(1)
    with open(case.path('m.wasm'), 'wb') as file:
        file.write(wasm())
    case.prints('lib\n', 'load', 'lib.so')
    case.prints('m\n', 'load', './m.wasm')
    case.prints('other\n', 'load', 'm.wasm', '--name', 'other')
    case.refuses(1, 'reload replaces it', 'load', 'm.wasm')
    case.refuses(1, 'not found', 'load', 'none.wasm')
    case.prints('-3\n', 'call', 'm', 'add', '--', '-4', '1')
    case.prints('7\n', 'call', 'lib', 'add', '3', '4')  # its debug information knows the type
    case.prints('a \ufffd title\n', 'call', 'lib', 'title')
    case.prints('(null)\n', 'call', 'lib', 'none')
    case.prints('255\n', 'call', 'lib', 'add', '--signature', 'u8(i32,i32)', '254', '1')
    case.refuses(1, 'no i32', 'call', 'm', 'add', '1', 'x')
    case.refuses(1, 'takes 2', 'call', 'm', 'add', '1')
    case.refuses(1, 'there is no module', 'call', 'n', 'add')
    case.refuses(1, 'time limit reached', 'call', 'm', 'spin', '--timeout', '100')
    case.refuses(2, "did you mean '--signature'?", 'call', 'm', 'add', '--singature', 'x')
    case.refuses(2, 'something is missing', 'call', 'm')
    held = json.loads(case.vitte('modules', '--json').stdout)
    case.results.equal([(m['name'], m['kind'], m['calls'], m['traps']) for m in held], [('lib', 'native', 4, 0), ('m', 'WebAssembly', 2, 1), ('other', 'WebAssembly', 0, 0)], 'modules')
    case.results.equal(held[1]['exports'], [{'name': 'add', 'signature': 'i32(i32, i32)'}, {'name': 'spin', 'signature': 'void()'}], 'exports')
    case.results.equal(held[1]['source'], os.path.realpath(case.path('m.wasm')), 'source')
    case.results.check(case.vitte('modules').stdout.count('\n') == 4, 'modules as a table')
    watching = subprocess.Popen([os.path.join(case.folder, 'vitte'), 'watch'], env=case.environment, stdout=subprocess.PIPE, text=True)
    while not select.select([watching.stdout], [], [], 0)[0]:  # until it watches
        case.prints('seen\n', 'load', 'm.wasm', '--name', 'seen')
        case.prints('', 'unload', 'seen')
    lines = [watching.stdout.readline().strip()]
    case.prints('2\n', 'call', 'lib', 'next', '1')
    case.library(10)
    late = threading.Timer(60, watching.kill)
    late.start()
    while lines[-1] not in ['reloaded lib', '']:
        lines.append(watching.stdout.readline().strip())
    late.cancel()
    case.results.equal(lines[-1], 'reloaded lib', f'watch tells of a file that changed: {lines[-3:]}')
    case.prints('11\n', 'call', 'lib', 'next', '1')
    watching.send_signal(signal.SIGINT)
    watching.communicate()
    case.prints('', 'reload', 'lib')
    case.prints('', 'unload', 'other')
    case.refuses(1, 'there is no module', 'unload', 'other')
    second = case.vitte('serve')
    case.results.check(second.returncode == 1 and 'another server has this name' in second.stderr, f'a second server: {second}')
    another = case.start('--server', 'two')
    case.prints('[]\n', 'modules', '--json', '--server', 'two')
    case.end(another, signal.SIGINT)
    # One that was killed leaves a socket, which the next one replaces.
    server.kill()
    server.communicate()
    case.refuses(1, 'vitte serve starts one', 'modules')
    case.end(case.start())


def clients(case):
    server = case.start('--timeout', '60')
    with open(case.path('m.wasm'), 'wb') as file:
        file.write(wasm())
    case.prints('m\n', 'load', 'm.wasm')
    case.prints('slow\n', 'load', 'm.wasm', '--name', 'slow')

    def asks(number):
        client = Client(server.socket)
        if number % 4 == 3:  # vanishes, in the middle of a call or of a frame
            client.socket.sendall(frame({'id': 1, 'method': 'call', 'module': 'slow', 'function': 'spin'}) + b'\x50\0\0\0{"id'[:number % 8])
            client.socket.close()
            return True
        for i in range(20):
            client.socket.sendall(frame({'id': i, 'method': 'call', 'module': 'm', 'function': 'add', 'arguments': [number, str(i)]}))
        return sorted((a['id'], a['result']['value']) for a in (client.next() for _ in range(20))) == sorted((i, str(number + i)) for i in range(20))

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        case.results.equal(sum(pool.map(asks, range(200))), 200, '200 clients at once')
    case.prints('3\n', 'call', 'slow', 'add', '1', '2')  # nobody waits for those who are gone
    dice = random.Random(1)
    for i in range(200):
        client = Client(server.socket, hello=i % 2 == 0)
        seed = bytearray(frame({'id': i, 'method': 'call', 'module': 'm', 'function': 'add', 'arguments': ['1', 2]}) * dice.randrange(1, 4))
        for _ in range(dice.randrange(1, 8)):
            seed[dice.randrange(len(seed))] = dice.randrange(256)
        client.socket.sendall(bytes(seed) if i % 5 else dice.randbytes(1000))
        client.socket.close()
    case.prints('3\n', 'call', 'm', 'add', '1', '2')
    others(case, server.socket)
    case.results.check(server.poll() is None, 'the server goes on')
    case.end(server)


def others(case, path):
    """Another user's process, who is kept out by the folder, and by what the system says of him where he gets past it."""
    if os.geteuid() != 0:
        print('cli/serve: not root: another user cannot be tried')
        return
    program = ('import os, socket, sys\nos.setgid(65534)\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n'
               'try:\n    s.connect(sys.argv[1])\n    s.settimeout(20)\n    s.sendall(bytes.fromhex(sys.argv[2]))\n    print("closed" if not s.recv(1) else "answered")\n'
               'except (PermissionError, ConnectionResetError, BrokenPipeError) as e:\n    print("closed" if not isinstance(e, PermissionError) else "denied")\n')

    def tries():
        return subprocess.run([sys.executable, '-c', program, path, frame(HELLO).hex()], capture_output=True, text=True, check=False).stdout.strip()

    case.results.equal(os.stat(os.path.dirname(path)).st_mode & 0o777, 0o700, 'rights of the folder')
    case.results.equal(os.stat(path).st_mode & 0o777, 0o600, 'rights of the socket')
    case.results.equal(tries(), 'denied', 'another user')
    opened = [case.scratch, os.path.dirname(os.path.dirname(path)), os.path.dirname(path)]
    for folder in opened:
        os.chmod(folder, 0o755)
    os.chmod(path, 0o666)
    case.results.equal(tries(), 'closed', 'another user who reaches the socket')
    for folder in opened:
        os.chmod(folder, 0o700)
    case.refuses(1, '', 'modules', '--server', 'none')


def signed(case):
    """With a policy nothing is loaded that it does not accept."""
    for arguments in (['new', '-p', 'a.pub', '-s', 'a.key', '-W'], ['trust', '-r', 'policy', '-p', 'a.pub', '-n', '*']):
        case.results.equal(case.vitte('key', *arguments).returncode, 0, f'key {arguments}')
    case.library(1)
    server = case.start('--policy', case.path('policy'))
    for file in 'm.wasm', 'lib.so':
        case.refuses(1, 'verifying', 'load', file)
        case.results.equal(case.vitte('key', 'sign', '-s', 'a.key', '-m', file).returncode, 0, 'key sign')
        case.prints(file[:-len(os.path.splitext(file)[1])] + '\n', 'load', file)
    case.library(2)
    case.refuses(1, 'verifying', 'reload', 'lib')
    # Nobody has signed what the debug information says of it.
    case.refuses(1, 'nothing says the type', 'call', 'lib', 'next', '1')
    case.prints('2\n', 'call', 'lib', 'next', '1', '--signature', 'i32(i32)')
    case.end(server)
    case.refuses(1, 'none', 'serve', '--policy', 'none')
    server = case.start()
    case.prints('lib\n', 'load', 'lib.so')
    case.library(3)
    case.refuses(1, 'nothing says the type', 'call', 'lib', 'next', '1')
    case.end(server)


def places(case):
    """Folders that are not this user's alone are not used."""
    folder = os.path.join(case.environment['XDG_RUNTIME_DIR'], 'vitte')
    shutil.rmtree(folder)
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    case.refuses(1, "not this user's alone", 'serve')
    case.refuses(1, "not this user's alone", 'modules')
    os.rmdir(folder)
    os.mkdir(case.path('elsewhere'), 0o700)
    os.symlink(case.path('elsewhere'), folder)
    case.refuses(1, 'vitte: ', 'serve')
    if os.geteuid() == 0:
        os.remove(folder)
        os.mkdir(folder, 0o700)
        os.chown(folder, 65534, 65534)
        case.refuses(1, "not this user's alone", 'serve')


def main(folder, results_file):
    results = Results('cli/serve')
    with tempfile.TemporaryDirectory() as scratch:
        case = Case(results, os.path.abspath(folder), scratch)
        commands(case)
        clients(case)
        signed(case)
        places(case)
    results.append_to(results_file)


main(*sys.argv[1:])
