"""The example of an HTTP server, by curl and by clients that misbehave.

usage: http.py FOLDER_OF_EXAMPLES RESULTS
"""
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

LARGE = 1 << 30


class Server:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, folder, '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def curl(self, path, *options):
        """Its status, what it got, and what it says of the connection."""
        done = subprocess.run(['curl', '--silent', '--path-as-is', '--write-out', '\n%{http_code}', *options, f'http://127.0.0.1:{self.port}{path}'],
                              capture_output=True, text=True, timeout=600)
        content, _, code = done.stdout.rpartition('\n')
        return int(code), content

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), timeout=600)

    def said(self, request):
        """All that comes for `request`, until the server ends the connection."""
        with self.connect() as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            return b''.join(iter(lambda: client.recv(65536), b''))


def check_files(results, server):
    results.equal(server.curl('/'), (200, '<h1>here</h1>'), 'the index')
    results.equal(server.curl('/a%20b.txt?x=1'), (200, 'abcdefghij'), 'a name with a space')
    for path in '/out', '/../secret', '/%2e%2e/secret', '/sub/../../secret', '/none', '/sub', '/a%00b', '/%zz', '/pipe':
        results.equal(server.curl(path), (404, ''), path)
    for given, expected in {'0-3': (206, 'abcd'), '3-': (206, 'defghij'), '-4': (206, 'ghij'), '-99': (206, 'abcdefghij'), '9-99': (206, 'j'),
                            '10-': (416, ''), '-0': (416, ''), '5-2': (200, 'abcdefghij'), 'x-2': (200, 'abcdefghij'),
                            '0-1,3-4': (200, 'abcdefghij'), '99999999999999999999-': (200, 'abcdefghij')}.items():
        results.equal(server.curl('/a%20b.txt', '--range', given), expected, f'range {given}')
    results.equal(server.curl('/a%20b.txt', '--head')[0], 200, 'only the head')
    results.equal(server.curl('/a%20b.txt', '--head', '--range', '0-3')[0], 200, 'only the head, which has no parts')
    results.equal(server.curl('/a%20b.txt', '--range', '3-', '--header', 'If-Range: "of yesterday"'), (200, 'abcdefghij'), 'a part of another file')
    results.equal(server.curl('/', '--request', 'DELETE')[0], 501, 'another method')
    results.equal(server.curl('/', '--data', 'x')[0], 400, 'a body')
    compare = subprocess.run(f'curl --silent http://127.0.0.1:{server.port}/large | cmp - large', shell=True, cwd=server.folder)
    results.equal(compare.returncode, 0, 'a file of 1 GB')
    twice = subprocess.run(['curl', '--silent', '--output', '/dev/null', '--output', '/dev/null', '--write-out', '%{num_connects} ',
                            *2 * [f'http://127.0.0.1:{server.port}/']], capture_output=True, text=True)
    results.equal(twice.stdout, '1 0 ', 'one connection for two requests')


def check_clients(results, server):
    get = b'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    results.equal(server.said(3 * get).count(b'<h1>here</h1>'), 3, 'requests one behind the other')
    for request, status in {b'GET / HTTP/1.1\r\n\r\n': b'400', b'GET / HTTP/1.0\r\n\r\n': b'200', b'nonsense\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost : x\r\n\r\n': b'400', b'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n': b'400',
                            b'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n': b'400', b'\r\n\r\n': b'400', b'GET  HTTP/1.1\r\nHost: x\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n': b'400',
                            # What some reader between us and the client takes for the end of a line or leaves out, and what is said twice.
                            b'GET / HTTP/1.1\r\nHost: x\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 5\r\n\r\n': b'400', b'GET / HTTP/1.1\nHost: x\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\x0b: chunked\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n': b'400', b'GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n': b'400', b'GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n': b'400',
                            b'GET / / HTTP/1.1\r\nHost: x\r\n\r\n': b'400', b'G(T / HTTP/1.1\r\nHost: x\r\n\r\n': b'400',
                            b'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n': b'400', b'GET / HTTP/1.1\r\nHost: x\r\nA:\tb\xe4\r\n\r\n': b'200',
                            b'GET /' + 20000 * b'x' + b' HTTP/1.1\r\n': b'431'}.items():
        results.equal(server.said(request)[9:12], status, repr(request[:60]))
    for options in b'close', b'CLOSE ', b'keep-alive, close', b'x,close,', b'close\r\nConnection: keep-alive':
        said = server.said(b'GET / HTTP/1.1\r\nHost: x\r\nConnection: ' + options + b'\r\n\r\n' + get)
        results.equal((said.count(b'200 OK'), b'Connection: close' in said), (1, True), f'close is obeyed: {options}')
    results.equal(server.said(b'GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n' + get).count(b'200 OK'), 2, 'kept by HTTP/1.0')
    for part in range(1, len(get)):  # it comes in pieces
        with server.connect() as client:
            client.sendall(get[:part])
            client.sendall(get[part:])
            if b'200 OK' not in client.recv(65536):
                results.check(False, f'a request in two pieces, {part}')
    with server.connect() as client:  # it never stops talking after it was told to go
        client.sendall(b'nonsense\r\n\r\n')
        end = time.monotonic() + 20
        try:
            while time.monotonic() < end:
                client.sendall(b'x')
                time.sleep(0.05)
        except OSError:
            pass
        results.check(time.monotonic() < end, 'who was refused does not hold the connection')
    many = [server.connect() for _ in range(300)]
    for client in many:
        client.sendall(get)
    results.equal(sum(b'200 OK' in client.recv(65536) for client in many), 300, '300 connections at once')
    for client in many[:150]:  # they are gone in the middle of what they asked for
        client.sendall(b'GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
        client.close()
    results.equal(server.curl('/'), (200, '<h1>here</h1>'), 'after clients that are gone')
    for client in many[150:]:
        client.close()
    results.equal(server.process.poll(), None, 'it still runs')


def check_handles(results, server):
    """With more clients than there are handles: nothing is said to be missing that is there."""
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (20, 20))
    clients = [server.connect() for _ in range(30)]
    for client in clients:
        client.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    said = [b''.join(iter(lambda: client.recv(65536), b''))[9:12] for client in clients]
    results.equal(set(said) - {b'503'}, {b'200'}, 'all clients are served in the end, or told to come again')
    kept = [server.connect() for _ in range(30)]
    answered = set()
    for client in kept:
        client.settimeout(3)
        try:
            client.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
            answered.add(client.recv(65536)[9:12])
        except TimeoutError:
            break
    results.equal(answered - {b'200'}, {b'503'}, 'without handles a file is not said to be missing')
    for client in clients + kept:
        client.close()


def main(folder, results_file):
    results = Results('cli/http')
    with tempfile.TemporaryDirectory() as scratch:
        www = os.path.join(scratch, 'www')
        os.makedirs(os.path.join(www, 'sub'))
        for name, content in {'index.html': '<h1>here</h1>', 'a b.txt': 'abcdefghij', '../secret': 'secret'}.items():
            with open(os.path.join(www, name), 'w', encoding='utf-8') as file:
                file.write(content)
        with open(os.path.join(www, 'large'), 'wb') as file:
            file.write(b'begin')
            file.truncate(LARGE)
        os.symlink('../secret', os.path.join(www, 'out'))
        os.mkfifo(os.path.join(www, 'pipe'))
        server = Server(os.path.join(folder, 'http_server'), www)
        server.folder = www
        try:
            check_files(results, server)
            check_clients(results, server)
            check_handles(results, server)
        finally:
            server.process.kill()
            server.process.wait()
    results.append_to(results_file)


main(*sys.argv[1:])
