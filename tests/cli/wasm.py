"""The command-line tool with WebAssembly: programs and functions are run, traps told, modules inspected; instructions are those
that LLVM's disassembler reads.

usage: wasm.py BUILD VITTE RESULTS
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results

# Instructions whose only operand both disassemblers write as a number.
NUMBERED = {'local.get', 'local.set', 'local.tee', 'global.get', 'global.set', 'call', 'br', 'br_if', 'i32.const', 'i64.const'}
# A module without _start: add, and a function of each type that gives back what it takes.
FUNCTIONS = '''
#define SHOW(name) __attribute__((export_name(#name))) name
int SHOW(add)(int a, int b) { return a + b; }
long long SHOW(wide)(long long a) { return a; }
float SHOW(single)(float a) { return a; }
double SHOW(half)(double a) { return a / 2; }
int SHOW(divide)(int a, int b) { return a / b; }
'''


def compile_c(source, output, *flags):
    subprocess.run(['sh', os.path.join(ROOT, 'cross', 'tools', 'wasi-cc'), '-O2', *flags, source, '-o', output], check=True)
    return output


def words(line):
    """An instruction as (mnemonic, operand or None)."""
    name, *rest = line.split()
    if name.endswith('.select'):  # as LLVM writes it, with a type that it makes up
        name = 'select'
    return name, int(rest[0].rstrip(',')) if name in NUMBERED else None


def by_llvm(module):
    said = subprocess.run(['llvm-objdump-16', '-d', '--no-show-raw-insn', module], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [words(line) for line in re.findall(r'^ +[0-9a-f]+: +\t([^#\n]*)', said, re.M)]


def by_us(text):
    found = []
    for line in text.splitlines():
        stripped = line.strip()
        if line == ')':
            found.append(('end', None))
        elif not stripped.startswith(('(func', '(local')):
            found.append(words(stripped))
    return found


def main(build, vitte, results_file):
    results = Results('cli/wasm')
    os.makedirs(build, exist_ok=True)
    program = compile_c(os.path.join(HERE, 'program.c'), os.path.join(build, 'program.wasm'))
    source = os.path.join(build, 'functions.c')
    with open(source, 'w', encoding='utf-8') as file:
        file.write(FUNCTIONS)
    functions = compile_c(source, os.path.join(build, 'functions.wasm'), '-nostdlib', '-Wl,--no-entry')
    folder = os.path.join(build, 'folder')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'text'), 'w', encoding='utf-8') as file:
        file.write('content')

    def run(*arguments, given=''):
        done = subprocess.run([vitte, *arguments], input=given, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def prints(expected, *arguments, given=''):
        results.equal(run('run', *arguments, given=given), (0, expected, ''), str(arguments))

    def refuses(code, needles, *arguments):
        got, out, said = run(*arguments)
        results.check(got == code and said.count('\n') == 1 and said.startswith('vitte: ') and all(n in said for n in needles),
                      f'{arguments}: exit {got}, {out!r}, {said!r}')

    prints('[a][--b][c d]', program, '--', 'echo', 'a', '--b', 'c d')
    prints('[a]', program, 'echo', 'a')
    prints('1=2', program, '--env', 'X=1=2', 'variable', 'X')
    prints('none', program, 'variable', 'PATH')
    prints('content', program, '--dir', folder, 'file', folder + '/text')
    prints('content', program, '--dir', folder + '::/data', 'file', '/data/text')
    prints('content', program, '--dir', folder + '::.', 'file', 'text')
    prints('one|two|', program, 'input', given='one\ntwo\n')
    for code in 0, 1, 7, 255, 256, 512, -1:
        results.equal(run('run', program, 'exit', str(code))[0], code if 0 <= code <= 255 else 255, f'exit {code}')
    for where in os.path.abspath(__file__), '/data/../../../etc/passwd', '../text', 'text':
        code, out, said = run('run', program, '--dir', folder + '::/data', 'file', where)
        results.check(code == 5 and not out and said.startswith('open: '), f'{where} is out of reach: {code}, {out!r}, {said!r}')
    refuses(1, [program, 'out of bounds memory access', 'inner', 'called by outer', '_start'], 'run', program, 'trap', '0xfffffff0')

    for expected, *arguments in (['42', 'add', '40', '2'], ['-1', 'add', '0xffffffff', '0'], ['-9000000000', 'wide', '-9000000000'],
                                 ['0.100000001', 'single', '0.1'], ['0.5', 'half', '1']):
        prints(expected + '\n', functions, '--', *arguments)
    refuses(1, ['integer divide by zero', 'divide'], 'run', functions, 'divide', '1', '0')
    refuses(1, ["no function 'sub'", 'hint'], 'run', functions, 'sub')
    refuses(1, ['no program', '_start'], 'run', functions)
    refuses(2, ['takes 2', '1 are given'], 'run', functions, 'add', '1')
    refuses(2, ['argument 2', "'x'"], 'run', functions, 'add', '1', 'x')
    refuses(2, ['argument 1', "'4294967296'"], 'run', functions, 'add', '4294967296', '1')
    refuses(1, ['no/such', 'not found', '--dir'], 'run', program, '--dir', 'no/such')
    refuses(2, ['--env', 'needs a value'], 'run', program, '--env')
    cut = os.path.join(build, 'cut.wasm')
    with open(program, 'rb') as whole, open(cut, 'wb') as part:
        part.write(whole.read(1000))
    refuses(1, [cut, 'unexpected end', 'byte'], 'run', cut)
    refuses(1, [cut, 'unexpected end', 'byte'], 'inspect', cut)

    text = run('inspect', program)[1]
    for needle in 'WebAssembly module', 'code section', 'wasi_snapshot_preview1.fd_write', '(param i32 i32 i32 i32) (result i32)', '_start', 'clang':
        results.check(needle in text, f'inspect tells {needle}')
    facts = json.loads(run('inspect', '--json', functions)[1])
    results.equal(sorted((e['name'], e['type']) for e in facts['exports'] if e['kind'] == 'function'),
                  [('add', '(param i32 i32) (result i32)'), ('divide', '(param i32 i32) (result i32)'), ('half', '(param f64) (result f64)'),
                   ('single', '(param f32) (result f32)'), ('wide', '(param i64) (result i64)')], 'exports')
    results.equal((facts['imports'], facts['memories']), ([], 1), 'imports and memories')
    results.check(sum(s['size'] for s in facts['sections']) < os.path.getsize(functions), 'sections are parts of the file')
    vectors = compile_c(os.path.join(ROOT, 'bench', 'wasm', 'kernels.c'), os.path.join(build, 'vectors.wasm'), '-O3', '-msimd128', '-mbulk-memory',
                        '-mnontrapping-fptoint', '-nostdlib', '-ffreestanding', '-Wl,--no-entry', '-Wl,--import-undefined')
    for module in program, functions, vectors:
        results.check(by_us(run('inspect', '--disassemble', module)[1]) == by_llvm(module), f'instructions of {module} are other than LLVM reads')
    refuses(1, ['not a WebAssembly module', 'hint'], 'inspect', '--disassemble', vitte)

    hostile, shown = 'a\n\x1b[2J\u202eb', r'a\x0a\x1b[2J\xe2\x80\xaeb'
    named = os.path.join(build, 'named.wasm')
    with open(named, 'wb') as file:
        name = hostile.encode()
        file.write(b'\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7' + bytes([len(name) + 4, 1, len(name)]) + name + b'\0\0\x0a\4\1\2\0\x0b')
    for options in [], ['--disassemble']:
        text = run('inspect', *options, named)[1]
        results.check(shown in text and '\x1b' not in text and '\u202e' not in text, f'inspect {options} shows names as they may be:\n{text!r}')
    results.equal(json.loads(run('inspect', '--json', named)[1])['exports'][0]['name'], hostile, 'a name in JSON')
    results.append_to(results_file)


main(*sys.argv[1:])
