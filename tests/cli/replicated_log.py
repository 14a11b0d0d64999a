"""The example of a replicated log: simulated runs, and three processes of which the leader is killed while a client appends.

usage: replicated_log.py FOLDER_OF_EXAMPLES RESULTS
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

NODES = 3
PATIENCE = 60  # seconds, of a machine that has a lot to do


def free_ports():
    """As many, which nobody uses for TCP or UDP."""
    held = []
    while len(held) < 2 * NODES:
        stream, messages = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        stream.bind(('127.0.0.1', 0))
        try:
            messages.bind(stream.getsockname())
            held += [stream, messages]
        except OSError:
            stream.close()
            messages.close()
    ports = [one.getsockname()[1] for one in held[::2]]
    for one in held:
        one.close()
    return ports


class Cluster:
    def __init__(self, program, folder):
        self.program, self.folder, self.ports = program, folder, free_ports()
        self.processes = [None] * NODES
        for number in range(NODES):
            self.start(number)

    def start(self, number):
        places = [f'127.0.0.1:{port}' for port in self.ports]
        folder = os.path.join(self.folder, str(number))
        os.makedirs(folder, exist_ok=True)
        self.processes[number] = subprocess.Popen([self.program, '--serve', str(number), *places, 'log'], cwd=folder)

    def kill(self, number):
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()

    def end(self):
        for number in range(NODES):
            self.kill(number)

    def ask(self, number, line, last=''):
        """What a node answers, up to a line that begins with `last`; '' if it does not."""
        said = b''
        try:
            with socket.create_connection(('127.0.0.1', self.ports[number]), timeout=2) as connection:
                connection.sendall(line.encode() + b'\n')
                while not re.search(b'(^|\n)' + last.encode() + b'[^\n]*\n$', said):
                    more = connection.recv(65536)
                    if not more:
                        return ''
                    said += more
        except OSError:
            return ''
        return said.decode()

    def append(self, text, leader, until):
        """The index of the entry and the leader that took it; it is tried until then."""
        while time.monotonic() < until:
            said = self.ask(leader, f'append {text}').split()
            if said[:1] == ['ok']:
                return int(said[1]), leader
            known = said[:1] == ['leader'] and int(said[1]) < NODES
            leader = int(said[1]) if known else (leader + 1) % NODES
            time.sleep(0.02)
        return None, leader

    def log(self, number):
        return [line.split(' ', 1)[1] for line in self.ask(number, 'list', 'end').splitlines()[:-1]]


def check_processes(results, program):
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(program, folder)
        try:
            acknowledged, leader, killed = {}, 0, []
            for i in range(90):
                index, leader = cluster.append(f'entry {i}', leader, time.monotonic() + PATIENCE)
                results.check(index is not None and index not in acknowledged, f'entry {i} is acknowledged at an index of its own')
                acknowledged[index] = f'entry {i}'
                if i % 30 == 15:
                    killed.append(leader)
                    cluster.kill(leader)
                if i % 30 == 25:
                    cluster.start(killed[-1])
            results.equal([process.poll() for process in cluster.processes], NODES * [None], 'all nodes run in the end')
            until = time.monotonic() + PATIENCE
            logs = []
            while time.monotonic() < until and (not logs or any(one != logs[0] or len(one) < max(acknowledged) for one in logs)):
                logs = [cluster.log(number) for number in range(NODES)]
                time.sleep(0.05)
            results.check(logs[0] == logs[1] == logs[2], 'the logs are the same')
            results.equal({index: logs[0][index - 1] for index in acknowledged if index <= len(logs[0])}, acknowledged, 'what was acknowledged is there')
            results.equal(cluster.ask(0, 'nonsense'), 'what?\n', 'a line that says nothing')
            results.equal(cluster.ask(0, 'append ' + 2000 * 'x'), '', 'a line that is too long')
            with socket.socket(type=socket.SOCK_DGRAM) as stranger:
                for size in 0, 7, 47, 48, 49, 1000, 5000:
                    stranger.sendto(os.urandom(size), ('127.0.0.1', cluster.ports[0]))
            results.check(cluster.append('still there', leader, time.monotonic() + PATIENCE)[0] is not None, 'messages of strangers change nothing')
        finally:
            cluster.end()


def check_runs(results, program):
    done = subprocess.run([program, '--runs', '1000', '--seed', '1'], capture_output=True, text=True, timeout=600)
    results.equal(done.returncode, 0, 'the simulated runs')
    results.check(re.search('^Raft: 1000 runs, [0-9]{4,} entries acknowledged, [0-9]{3,} failures of power, nothing lost$', done.stdout, re.M), 'no entry is lost')
    found = re.findall('^(.*): seed ([0-9]+): (.*)$', done.stdout, re.M)
    results.equal(len(found), 2, 'both planted faults are found')
    again = subprocess.run([program, '--runs', '1', '--seed', found[0][1]], capture_output=True, text=True, timeout=600)
    results.check('{}: seed {}: {}'.format(*found[0]) in again.stdout, 'a seed finds it again')


def main(folder, results_file):
    results = Results('cli/replicated_log')
    program = os.path.abspath(os.path.join(folder, 'replicated_log'))
    check_runs(results, program)
    check_processes(results, program)
    results.append_to(results_file)


main(*sys.argv[1:])
