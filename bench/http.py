"""examples/http_server beside nginx: wrk asks both for the same files, in turns in one run.

usage: http.py EXAMPLES-BUILD

One worker each, kept connections, no log, no cache of open files. Rows are CPU time of the worker, and time, on a request. In the
end the server answers for 20 s without a pause. What wrk takes for an error ends the bench.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROUNDS, SECONDS, CONNECTIONS = 9, 1, 64
GOALS = {'CPU': 1.0, 'time': 1.0}
FILES = {'1 KB': 1024, '100 KB': 102_400}
NGINX = '''
worker_processes 1; daemon off; error_log stderr; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; keepalive_requests 1000000000;
    {paths}
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
'''


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    """A process, the CPU time of its worker, and where it listens."""

    def __init__(self, command, port=None):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = port or int(self.process.stdout.readline().split()[1])

    def worker(self):
        pid = self.process.pid
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as children:
            return next(iter(children.read().split()), pid)

    def cpu(self):
        with open(f'/proc/{self.worker()}/schedstat', encoding='ascii') as stat:
            return int(stat.read().split()[0])


def ask(server, name, seconds):
    """CPU and wall nanoseconds of a request."""
    before = server.cpu()
    said = subprocess.run(['wrk', '-t1', f'-c{CONNECTIONS}', f'-d{seconds}s', f'http://127.0.0.1:{server.port}/{name}'], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    if 'Socket errors' in said or 'Non-2xx' in said:
        sys.exit(f'http: wrk has met errors:\n{said}')
    count, = re.findall(r'(\d+) requests in', said)
    rate, = re.findall(r'Requests/sec: +([\d.]+)', said)
    return (server.cpu() - before) / int(count), 1e9 / float(rate)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f'{folder}/files')
        for size in FILES.values():
            with open(f'{folder}/files/{size}', 'wb') as file:
                file.write(os.urandom(size))
        port = free_port()
        paths = ' '.join(f'{kind}_temp_path {folder}/{kind};' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        with open(f'{folder}/nginx.conf', 'w', encoding='ascii') as to:
            to.write(NGINX.format(folder=folder, port=port, paths=paths))
        servers = [Server([os.path.join(sys.argv[1], 'examples', 'http_server'), f'{folder}/files', '127.0.0.1:0']),
                   Server(['nginx', '-c', f'{folder}/nginx.conf'], port)]
        try:
            for name, size in FILES.items():
                figures = [[], []]
                for turn in range(-1, ROUNDS):
                    for i in (0, 1) if turn % 2 else (1, 0):
                        figure = ask(servers[i], size, SECONDS)
                        if turn >= 0:
                            figures[i].append(figure)
                for k, (kind, goal) in enumerate(GOALS.items()):
                    ours, theirs = ([figure[k] for figure in of] for of in figures)
                    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
                    print(f'HTTP, file of {name}: {kind} for a request\t{statistics.median(ours):.1f}\t{statistics.median(theirs):.1f}\tnginx\t'
                          f'{ratio:.2f}\t{goal:.2f}\t{"ok" if ratio <= goal else "short"}', flush=True)
            ask(servers[0], FILES['1 KB'], 20)
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait()


main()
