"""Fuzzes the WebAssembly engine against node's: what generated modules do, and which changed modules are valid.

usage: differential.py FOLDER RESULTS SECONDS [FIRST_SEED] [--fast]
       differential.py FOLDER replay run|validate SEED [LIMIT] [--liftoff-only] [--fast]

Valid modules, made from seeds, are run by both engines: ours with memories that are checked by instructions and that are guarded
by pages, metered and interruptible, by turns; node's with its first compiler alone and with both. Traps, results, memories,
tables, globals and what host functions were told have to be the same. Modules with bytes changed have to be valid for both or for
neither, but for what EXCUSED names. A difference tells the command that shows it again, and keeps the module in FOLDER.
`--fast` builds without sanitizers.
"""
import glob
import itertools
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
LIMIT_MODULES = 60  # of limits.hpp
BATCH_LIMIT = 120  # seconds after which a batch hangs

# (what we say, what node says): differences that are meant.
EXCUSED = [
    (r'^refused feature ', r''),  # garbage collection, threads, exception handling of before 3.0
    (r'shared memories are not supported', r''),  # what they are with Release 2.0, which has no threads
    (r'exceptions are not enabled', r''),  # tags, which node has with exception handling of before 3.0, too
    (r'^refused limit ', r''),  # each engine has its own
    (r'^valid$', r'larger than implementation limit'),
    (r'^valid$', r'length overflow while decoding (initial|maximum) size'),  # sizes have 64 bits with Release 3.0
]


class Engines:
    def __init__(self, folder, fast):
        self.folder = folder = os.path.abspath(folder)
        self.program = os.path.join(folder, 'ours-fast' if fast else 'ours')
        os.makedirs(folder, exist_ok=True)
        sanitizers = [] if fast else ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
        sources = [os.path.join(HERE, 'differential', source) for source in ('ours.cpp', 'engine.cpp')]
        subprocess.run(['clang++-16', '-std=c++20', '-O1', '-g1', '-DVITTE_SEPARATE', '-I' + os.path.join(ROOT, 'include'), *sanitizers,
                        *sources, '-o', self.program], check=True)
        self.features = self.node('features').communicate()[0].strip()
        # Real modules to change bytes of: what other tests have compiled.
        made = sorted(glob.glob(os.path.join(os.path.dirname(folder), '**', '*.wasm'), recursive=True))
        self.files = [f for f in made if os.path.getsize(f) < 60000 and os.path.dirname(f) != folder][:1000]

    def path(self, kind, mode, seed):
        return os.path.join(self.folder, f'{mode}-{seed}.{kind}')

    def ours(self, mode, seed, count, limit=None):
        words = [str(limit)] if limit is not None else self.files if mode == 'validate' else []
        outputs = [self.path(kind, mode, seed) for kind in ('pack', 'ours')]
        return subprocess.Popen([self.program, mode, str(seed), str(count), *outputs, *words],
                                env=os.environ | {'FEATURES': self.features}, stderr=subprocess.PIPE, text=True)

    def node(self, mode, *words, flags=()):
        return subprocess.Popen(['node', *NODE_FLAGS, *flags, os.path.join(HERE, 'differential', 'node.mjs'), mode, *words],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def node_on(self, mode, seed, flags=(), does=None):
        return self.node(does or mode, self.path('pack', mode, seed), self.path('node', mode, seed), flags=flags)

    def lines(self, kind, mode, seed):
        with open(self.path(kind, mode, seed), encoding='utf-8', errors='replace') as file:
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
    """What both say of one module; node's reason, too, if it refuses it."""
    broken = finish(engines.ours(mode, seed, 1, limit))
    ours = broken or engines.lines('ours', mode, seed)[0].split(' ', 1)[1]
    finish(engines.node_on(mode, seed, flags, does='why' if mode == 'validate' else 'run'))
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
    def __init__(self, engines):
        self.engines = engines
        self.modules = self.functions = self.calls = self.verdicts = self.differences = self.of_node = 0

    def fail(self, mode, seed, why, flags=()):
        self.differences += 1
        if self.differences > 10:
            return
        limit = shrunk(self.engines, seed, flags) if mode == 'run' else None
        words = [mode, seed, *([] if limit is None else [limit]), *flags, *(['--fast'] if self.engines.program.endswith('-fast') else [])]
        print(f'{why}; again: python3 tests/fuzz/differential.py {self.engines.folder} replay', *words)
        show(self.engines, mode, seed, limit, flags)

    def compare(self, mode, seed, flags, errors):
        """Compares what both have written of a batch; `errors` is how they ended, by name."""
        lines = {who: self.engines.lines(who, mode, seed) for who in errors}
        if not errors['ours']:
            self.functions += int(lines['ours'].pop().split()[1])
        for who, error in errors.items():
            if error:
                at = seed + len(lines[who])
                self.fail(mode, at, f'{mode} {at}: {who} fails: {error}', flags)
        for at, (ours, node) in enumerate(zip(lines['ours'], lines['node']), seed):
            if mode == 'run':
                self.modules += 1
                self.calls += len(ours.split(' host=')[0].split()) - 1
                if ours != node and not self.node_differs_from_itself(at):
                    self.fail(mode, at, f'{mode} {at} differs', flags)
                continue
            self.verdicts += 1
            said, other = ours.split(' ', 1)[1], node.split()[1]
            if (said == 'valid') != (other == 'valid') and not is_excused(said, '') and differ(mode, *outcomes(self.engines, mode, at)):
                self.fail(mode, at, f'{mode} {at} differs')

    def node_differs_from_itself(self, seed):
        """Node's first compiler has errors of its own: does the second one, alone, agree with us?"""
        ours, node = outcomes(self.engines, 'run', seed, flags=['--no-liftoff'])
        if ours == node:
            self.of_node += 1
            print(f'run {seed}: node --no-liftoff agrees with ours, node with its first compiler does not')
        return ours == node

    def run(self, seed, seconds):
        """While node works on a batch, ours makes the next one."""
        end = time.monotonic() + seconds
        running = None
        for turn in itertools.count():
            mode, count, flags = BATCHES[turn % len(BATCHES)]
            made = self.engines.ours(mode, seed, count) if time.monotonic() < end else None
            if running:
                self.finish_batch(*running)
            if not made:
                break
            error = finish(made)
            running = (mode, seed, flags, error, self.engines.node_on(mode, seed, flags))
            seed += count

    def try_limits(self):
        """Modules that have as much as is allowed, one less and one more; node may allow less, and says so."""
        error = finish(self.engines.ours('limits', 0, LIMIT_MODULES)) or finish(self.engines.node_on('limits', 0, does='why'))
        if error:
            self.differences += 1
            print(f'limits: {error}')
            return
        for seed, (ours, node) in enumerate(zip(self.engines.lines('ours', 'limits', 0), self.engines.lines('node', 'limits', 0))):
            said, other = ours.split(' ', 1)[1], node.split(' ', 1)[1]
            expected = r'refused (limit |.*at most )' if seed % 3 == 2 else r'valid$'
            agrees = other == 'valid' or re.search('limit|maximum|exceed|multiple memories', other)
            if not re.match(expected, said) or seed % 3 != 2 and not agrees:
                self.differences += 1
                print(f'limits {seed}: {said}; node: {other}')

    def finish_batch(self, mode, seed, flags, error, node):
        self.compare(mode, seed, flags, {'ours': error, 'node': finish(node)})
        for kind in 'pack', 'ours', 'node':
            os.remove(self.engines.path(kind, mode, seed))


def main(words):
    fast = '--fast' in words
    flags = [w for w in words if w.startswith('--') and w != '--fast']
    words = [w for w in words if not w.startswith('--')]
    if words[1] == 'replay':
        return show(Engines(words[0], fast), words[2], int(words[3]), words[4] if len(words) > 4 else None, flags)
    results = Results('fuzz/differential')
    if not shutil.which('node') or not shutil.which('clang++-16'):
        results.skip('node or clang++-16 is missing')
        return results.append_to(words[1])
    seed = int(words[3]) if len(words) > 3 else int(time.time()) * 100000
    fuzzing = Fuzzing(Engines(words[0], fast))
    fuzzing.try_limits()
    fuzzing.run(seed, float(words[2]))
    print(f'{results.name}: from seed {seed}: {fuzzing.modules} modules, {fuzzing.functions} functions, {fuzzing.calls} calls; '
          f'{fuzzing.verdicts} verdicts on changed modules; {fuzzing.differences} differences, '
          f'{fuzzing.of_node} between compilers of node')
    results.check(fuzzing.differences == 0, f'{fuzzing.differences} differences, '
          f'{fuzzing.of_node} between compilers of node')
    results.append_to(words[1])


if __name__ == '__main__':
    main(sys.argv[1:])
