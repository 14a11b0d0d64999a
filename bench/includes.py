"""What including each public header costs beside the standard headers that it cannot avoid, in CPU time and preprocessed lines.

usage: includes.py [COMPILER]
Rows: header, CPU ms, lines, and the same for `<type_traits>` as a yardstick; then the rows of the bench for what we claim.
"""
import os
import resource
import subprocess
import sys

COMPILER = sys.argv[1] if len(sys.argv) > 1 else 'g++'
ROUNDS = 5


def compile_source(text, *options):
    return subprocess.run([COMPILER, '-std=c++20', '-O0', '-Iinclude', *options, '-x', 'c++', '-'], input=text, text=True,
                          check=True, stdout=subprocess.PIPE).stdout


def cpu_ms(text):
    """The least user and system time of some rounds, of the compiler and its children."""
    best = float('inf')
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        compile_source(text, '-c', '-o', '/dev/null')
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000)
    return best


def lines(text):
    return compile_source(text, '-E', '-P').count('\n')


def standard_parts(header):
    """The standard headers that a header of ours names, itself or through others of ours."""
    found, pending, seen = set(), [header], set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        with open(os.path.join('include', name), encoding='utf-8') as file:
            for line in file:
                if line.startswith('#include <'):
                    included = line.split('<')[1].split('>')[0]
                    pending.append(included) if included.startswith('vitte/') else found.add(included)
    return sorted(found)


def include(*names):
    return ''.join(f'#include <{n}>\n' for n in names)


def row(claim, ours, peer, peer_name, goal):
    verdict = 'ok' if ours / peer <= goal else 'short'
    print(f'{claim}\t{ours:.1f}\t{peer:.1f}\t{peer_name}\t{ours / peer:.2f}\t{goal:.2f}\t{verdict}')


def table():
    print('header\tCPU ms\tlines\tits standard headers: CPU ms\tlines')
    for folder, _, names in sorted(os.walk('include')):
        for name in sorted(names):
            header = os.path.relpath(os.path.join(folder, name), 'include')
            unavoidable = include(*standard_parts(header))
            print(f'{header}\t{cpu_ms(include(header)):.0f}\t{lines(include(header))}\t{cpu_ms(unavoidable):.0f}\t{lines(unavoidable)}')


if '--table' in sys.argv:
    sys.argv.remove('--table')
    COMPILER = sys.argv[1] if len(sys.argv) > 1 else 'g++'
    table()
else:
    row('include core/result.hpp, CPU ms', cpu_ms(include('vitte/core/result.hpp')), cpu_ms(include('type_traits', 'utility')),
        '<type_traits> + <utility>', 1.5)
    row('include sys/thread.hpp, CPU ms', cpu_ms(include('vitte/sys/thread.hpp')),
        cpu_ms(include('mutex', 'condition_variable', 'thread')), '<mutex> + <condition_variable> + <thread>', 1 / 3)
    # Of every header that a socket's interface names, the standard's and the system's, nothing can be left out: the
    # second row is how little an empty library could cost.
    asio = cpu_ms(include('asio.hpp'))
    row('include sys/net.hpp, CPU ms', cpu_ms(include('vitte/sys/net.hpp')), asio, 'Asio', 0.1)
    needed = include('span', 'string_view', 'cstdint', 'new', 'utility', 'type_traits', 'sys/socket.h', 'netinet/in.h',
                     'netinet/tcp.h', 'netinet/udp.h', 'sys/un.h', 'netdb.h', 'poll.h', 'fcntl.h', 'unistd.h', 'time.h')
    row('include only the headers that sys/net.hpp needs, CPU ms', cpu_ms(needed), asio, 'Asio', 0.1)
