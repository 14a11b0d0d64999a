"""WebAssembly against node, and SQLite in it against native SQLite, in turns in one run.

usage: wasm_peers.py BENCH-BUILD EXAMPLES-BUILD

Kernels are timed by the bench `wasm`, whose rows this reads, and by node without and with its optimizing tier. The goals against
node are what the goal against native code leaves where those tiers are: 2.14 and 1.31 of it. SQLite is timed in CPU time of processes.
"""
import math
import os
import re
import resource
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'loader', 'wasm'))
import programs

GOAL, SQLITE_GOAL = 5.5, 18
LOAD_GOALS = {'SQLite, 1.6 MB': (40, 16), 'esbuild, 14 MB': (400, 63)}  # milliseconds, megabytes
PEERS = {'gcc -O2': (None, GOAL), 'node --liftoff-only': (['--liftoff-only'], GOAL / 2.14), 'node': ([], GOAL / 1.31)}
ROUNDS = 3


def row(claim, ours, peer, peer_name, goal):
    ratio = ours / peer
    print(f'{claim}\t{ours:.1f}\t{peer:.1f}\t{peer_name}\t{ratio:.2f}\t{goal:.2f}\t{"ok" if ratio <= goal else "short"}', flush=True)


def missing(claim, peer_name, goal):
    print(f'{claim}\t\t\t{peer_name}\t\t{goal:.2f}\tmissing', flush=True)


def keep_least(to, name, nanoseconds):
    to[name] = min(to.get(name, math.inf), nanoseconds)


def node_times(options, module, *arguments):
    done = subprocess.run(['node', *options, os.path.join(ROOT, 'bench', 'wasm', 'peer.mjs'), module, *arguments], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [(name, float(time)) for name, time in (line.split() for line in done.stdout.splitlines())]


def kernels(build):
    module = os.path.join(build, 'kernels.wasm')
    with open(os.path.join(ROOT, 'bench', 'wasm.cpp'), encoding='utf-8') as source:
        kernels_of_ours = re.findall(r'\{"(\w+)", \w+, (\d+), ([\d.]+)\}', source.read())
    counts = {name: count for name, count, _ in kernels_of_ours}
    goals = {name: float(most) for name, _, most in kernels_of_ours}
    ours, theirs = {}, {name: {} for name in PEERS}
    for _ in range(ROUNDS):
        rows = subprocess.run([os.path.join(build, 'bench', 'wasm'), module], check=True, stdout=subprocess.PIPE, text=True).stdout
        how = 'guarded' if 'wasm, guarded' in rows else 'checked'
        for name, mine, native in re.findall(rf'^wasm, {how}: (\w+)\t([\d.]+)\t([\d.]+)\tgcc -O2', rows, re.M):
            keep_least(ours, name, float(mine))
            keep_least(theirs['gcc -O2'], name, float(native))
        for peer, (options, _) in PEERS.items():
            if options is None or not shutil.which('node'):
                continue
            for name, time in node_times(options, module, *(f'{k}={counts[k]}' for k in counts)):
                keep_least(theirs[peer], name, time)
    for peer, (_, goal) in PEERS.items():
        times = theirs[peer]
        if not times:
            missing('wasm: kernels', peer, goal)
            continue
        for name in counts:
            row(f'wasm, {how}: {name}', ours[name], times[name], peer, goals[name] * goal / GOAL)
        ratios = [ours[name] / times[name] for name in counts]
        row(f'wasm, {how}: geometric mean', math.exp(sum(map(math.log, ratios)) / len(ratios)), 1, peer, goal)


def cpu_time(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, 1e9 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def program(claim, name, arguments, goal, build, examples):
    """A row for a program of the tests in `vitte run` and natively; its module."""
    folder = os.path.abspath(os.path.join(build, 'programs'))
    os.makedirs(folder, exist_ok=True)
    try:
        native, module = programs.build_both(programs.programs(folder)[name](), folder)
    except programs.Missing:
        missing(claim, 'clang -O2', goal)
        return None
    work = os.path.join(folder, 'work')
    os.makedirs(work, exist_ok=True)
    shutil.copy(os.path.join(ROOT, 'bench', 'wasm', 'speed.sql'), work)
    vitte = os.path.abspath(os.path.join(examples, 'examples', 'vitte'))
    commands = {'ours': [vitte, 'run', module, '--dir', '.', '--', *arguments], 'theirs': [native, *arguments]}
    least, outputs = {}, set()
    for _ in range(ROUNDS):
        for who, command in commands.items():
            output, time = cpu_time(command, work)
            outputs.add(output)
            keep_least(least, who, time)
    if len(outputs) != 1:
        sys.exit(f'{claim} gave different answers')
    row(claim, least['ours'], least['theirs'], 'clang -O2', goal)
    return module


def load(module, name, build):
    claim, (time_goal, memory_goal) = f'wasm: load and instantiate {name}', LOAD_GOALS[name]
    command = [os.path.join(build, 'bench', 'wasm_load'), module]
    runs = [subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split() for _ in range(ROUNDS)]
    ours, memory = (min(map(float, column)) for column in zip(*runs))
    row(f'{claim} (ms)', ours, 1, 'a millisecond', time_goal)
    row(f'{claim} (MB)', memory, 1, 'a megabyte', memory_goal)
    if shutil.which('node'):
        eager = ['--liftoff-only', '--no-wasm-lazy-compilation', '--single-threaded']
        row(f'{claim} (ms)', ours, min(node_times(eager, module)[0][1] for _ in range(ROUNDS)), 'node --liftoff-only, eager', 1)


def esbuild(folder):
    """A module of npm's, compiled from Go; None if it cannot be had."""
    try:
        return os.path.join(programs.npm_package('esbuild-wasm', folder), 'esbuild.wasm')
    except programs.Missing:
        return None


def main(build, examples):
    kernels(build)
    program('wasm: like CoreMark', 'core_mix', ['3000'], GOAL, build, examples)
    module = program('wasm: SQLite', 'sqlite', [':memory:', 'speed.sql'], SQLITE_GOAL, build, examples)
    for path, name in zip((module, esbuild(os.path.join(build, 'programs', 'downloads'))), LOAD_GOALS):
        if path is None:
            missing(f'wasm: load and instantiate {name}', 'a millisecond', LOAD_GOALS[name][0])
        else:
            load(path, name, build)


main(*sys.argv[1:])
