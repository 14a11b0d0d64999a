"""Fuzzes the WebAssembly engine against node's: what generated modules do, and which changed modules are valid.

usage: differential.py FOLDER RESULTS SECONDS [FIRST_SEED] [--fast]
       differential.py FOLDER replay run|validate SEED [LIMIT] [--fast]

Valid modules, made from seeds, are run by both engines: ours with memories that are checked by instructions and that are guarded
by pages, metered and interruptible, by turns; node's with its first compiler alone and with both. Traps, results, memories,
tables, globals and what host functions were told have to be the same. Modules with bytes changed have to be valid for both or for
neither, but for what EXCUSED names. A difference tells the command that shows it again, and keeps the module in FOLDER.
`--fast` builds without sanitizers.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
from results import Results

NODE_FLAGS = ['--wasm-max-mem-pages=16']  # as the limits of ours.cpp
BATCHES = [('run', 500, ['--liftoff-only']), ('validate', 1500, []), ('run', 500, []), ('validate', 1500, [])]
BATCH_LIMIT = 120  # seconds after which a batch hangs

# (what we say, what node says): differences that are meant.
EXCUSED = [
    (r'^refused feature ', r''),  # garbage collection, threads, exception handling of before 3.0
    (r'shared memories are not supported', r''),  # what they are with Release 2.0, which has no threads
    (r'^refused limit ', r''),  # each engine has its own
    (r'^valid$', r'larger than implementation limit'),
    (r'^valid$', r'length overflow while decoding (initial|maximum) size'),  # sizes have 64 bits with Release 3.0
]


class Engines:
    def __init__(self, folder, fast):
        self.folder = folder
        self.program = os.path.join(folder, 'ours-fast' if fast else 'ours')
        os.makedirs(folder, exist_ok=True)
        sanitizers = [] if fast else ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
        subprocess.run(['clang++-16', '-std=c++20', '-O1', '-g1', '-I' + os.path.join(ROOT, 'include'), *sanitizers,
                        os.path.join(HERE, 'differential', 'ours.cpp'), '-o', self.program], check=True)
        self.features = self.node('features').communicate()[0].strip()
        # Real modules to change bytes of: what other tests have compiled.
        self.files = [f for f in sorted(glob.glob(os.path.join(folder, '..', '**', '*.wasm'), recursive=True)) if os.path.getsize(f) < 60000][:1000]

    def path(self, kind, mode, seed):
        return os.path.join(self.folder, f'{mode}-{seed}.{kind}')

    def ours(self, mode, seed, count, limit=None):
        words = [str(limit)] if limit is not None else self.files if mode == 'validate' else []
        return subprocess.Popen([self.program, mode, str(seed), str(count), self.path('pack', mode, seed), self.path('ours', mode, seed), *words],
                                env=os.environ | {'FEATURES': self.features}, stderr=subprocess.PIPE, text=True)

    def node(self, mode, *words, flags=()):
        return subprocess.Popen(['node', *NODE_FLAGS, *flags, os.path.join(HERE, 'differential', 'node.mjs'), mode, *words],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def node_on(self, mode, seed, flags=()):
        return self.node(mode, self.path('pack', mode if mode == 'run' else 'validate', seed),
                         self.path('node', mode if mode == 'run' else 'validate', seed), flags=flags)

    def lines(self, kind, mode, seed):
        with open(self.path(kind, mode, seed), encoding='utf-8') as file:
            return file.read().splitlines()


def finish(process):
    """What a process has written to its errors, if it did not end well."""
    try:
        _, errors = process.communicate(timeout=BATCH_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return 'it hangs'
    return None if process.returncode == 0 else f'exit code {process.returncode}: {errors[-3000:]}'


def is_excused(ours, node):
    return any(re.search(a, ours) and re.search(b, node) for a, b in EXCUSED)


def outcomes(engines, mode, seed, limit=None, flags=()):
    """What both say of one module; node's reason, if it refuses one."""
    broken = finish(engines.ours(mode, seed, 1, limit))
    ours = broken or engines.lines('ours', mode, seed)[0].split(' ', 1)[1]
    finish(engines.node_on('why' if mode == 'validate' else mode, seed, flags))
    told = engines.lines('node', mode, seed)
    return ours, told[0].split(' ', 1)[1] if told else 'nothing'


def differ(mode, ours, node):
    if mode == 'run':
        return ours != node
    return (ours == 'valid') != (node == 'valid') and not is_excused(ours, node)


def shrunk(engines, seed, flags):
    """The least number of instructions with which the generator's module still makes a difference."""
    low, high = 0, 4000
    while low < high:
        middle = (low + high) // 2
        if differ('run', *outcomes(engines, 'run', seed, middle, flags)):
            high = middle
        else:
            low = middle + 1
    return high


def show(engines, mode, seed, limit=None, flags=()):
    ours, node = outcomes(engines, mode, seed, limit, flags)
    with open(engines.path('pack', mode, seed), 'rb') as file:
        packed = file.read()
    module = engines.path('wasm', mode, seed)
    with open(module, 'wb') as file:
        file.write(packed[packed.index(b'\0asm'):])
    print(f'ours: {ours}\nnode: {node}\n{module}')


class Fuzzing:
    def __init__(self, engines, results):
        self.engines, self.results = engines, results
        self.modules = self.functions = self.calls = self.verdicts = self.differences = 0

    def fail(self, mode, seed, why, flags=()):
        self.differences += 1
        if self.differences > 10:
            return
        limit = shrunk(self.engines, seed, flags) if mode == 'run' else None
        fast = ' --fast' if self.engines.program.endswith('-fast') else ''
        print(f'{why}; again: python3 tests/fuzz/differential.py {self.engines.folder} replay {mode} {seed}{fast}' +
              (f' (with at most {limit} instructions: {seed} {limit})' if limit is not None else ''))
        show(self.engines, mode, seed, limit, flags)

    def compare(self, mode, seed, count, flags, broken):
        ours, node = (self.engines.lines(kind, mode, seed) for kind in ('ours', 'node'))
        if not broken[0]:
            self.functions += int(ours.pop().split()[1])
        for kind, error, lines in ('ours', broken[0], ours), ('node', broken[1], node):
            if error:
                self.fail(mode, seed + len(lines), f'{kind} fails, {mode} {seed + len(lines)}: {error}', flags)
        for i, (a, b) in enumerate(zip(ours, node)):
            if mode == 'run':
                self.modules += 1
                self.calls += len(a.split(' host=')[0].split()) - 1
                if a != b:
                    self.fail(mode, seed + i, f'{mode} {seed + i} differs with node {" ".join(flags)}', flags)
                continue
            self.verdicts += 1
            if a.split()[1] != b.split()[1] and not is_excused(a.split(' ', 1)[1], ''):
                if differ(mode, *outcomes(self.engines, mode, seed + i)):
                    self.fail(mode, seed + i, f'{mode} {seed + i} differs')

    def run(self, seed, seconds):
        end = time.monotonic() + seconds
        running = None
        for turn in range(1 << 30):
            mode, count, flags = BATCHES[turn % len(BATCHES)]
            process = None
            if time.monotonic() < end:
                process = self.engines.ours(mode, seed, count)
            if running:
                self.finish_batch(*running)
            if process is None:
                break
            broken = finish(process)
            running = (mode, seed, count, flags, broken, self.engines.node_on(mode, seed, flags))
            seed += count

    def finish_batch(self, mode, seed, count, flags, broken, node):
        self.compare(mode, seed, count, flags, (broken, finish(node)))
        for kind in 'pack', 'ours', 'node':
            os.remove(self.engines.path(kind, mode, seed))


def main(words):
    fast = '--fast' in words
    words = [w for w in words if w != '--fast']
    if words[1] == 'replay':
        show(Engines(words[0], fast), words[2], int(words[3]), words[4] if len(words) > 4 else None)
        return
    results = Results('fuzz/differential')
    if not shutil.which('node') or not shutil.which('clang++-16'):
        results.skip('node or clang++-16 is missing')
        return results.append_to(words[1])
    seed = int(words[3]) if len(words) > 3 else int(time.time()) * 100000
    fuzzing = Fuzzing(Engines(words[0], fast), results)
    fuzzing.run(seed, float(words[2]))
    print(f'{results.name}: from seed {seed}: {fuzzing.modules} modules, {fuzzing.functions} functions, {fuzzing.calls} calls; '
          f'{fuzzing.verdicts} verdicts on changed modules; {fuzzing.differences} differences')
    results.check(fuzzing.differences == 0, f'{fuzzing.differences} differences')
    results.append_to(words[1])


if __name__ == '__main__':
    main(sys.argv[1:])
