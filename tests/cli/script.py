"""The command-line tool with Vitte programs: run, checked, and shown stage by stage; node runs what it writes.

usage: script.py FOLDER VITTE RESULTS
"""
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results

PROGRAMS = os.path.join(HERE, '..', 'language', 'programs')
# Calls what the first argument's program says of itself, and tells what is not so.
NODE = '''
const fs = require('fs');
for (const [source, binary] of JSON.parse(fs.readFileSync(0))) {
  const env = new Proxy({}, {get: () => () => 0, has: () => true});
  const instance = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(binary)), {env});
  for (const line of fs.readFileSync(source, 'utf8').split('\\n')) {
    const call = line.match(/^\\/\\/: (\\w+)\\((.*?)\\) (.*)$/);
    if (!call) continue;
    const f = instance.exports[call[1]], words = call[2] === '' ? [] : call[2].split(', ');
    let got;
    // Each parameter is a number or a BigInt, which only a call tells.
    for (let bits = 0; bits < 1 << words.length; ++bits) {
      const given = words.map((w, i) => bits >> i & 1 ? BigInt(/[.einf]/.test(w) ? 0 : w) : Number(w));
      try { got = f(...given); } catch (e) {
        if (e instanceof TypeError) continue;
        got = 'traps ' + (e.stack.match(/\\n\\s+at (?:wasm:\\/\\/|)([^(\\n]*? at [^\\s(]*)/) || ['', e.message])[1];
      }
      break;
    }
    const wanted = call[3];
    let good;
    if (wanted.startsWith('traps ')) good = typeof got === 'string' && got.startsWith(wanted.replace(/, called by .*/, '').replace('call stack exhausted', 'Maximum call stack'));
    else if (wanted === 'ends') good = got === undefined;
    else {
      const text = wanted.slice(2);
      if (typeof got === 'bigint') good = BigInt.asUintN(64, got) === BigInt.asUintN(64, BigInt(text));
      else good = Object.is(got, Number(text)) || got === (Number(text) | 0) || Object.is(got, Math.fround(Number(text)));
    }
    console.log((good ? 'good ' : 'BAD ') + source + ': ' + line + ': ' + got);
  }
}
'''
FIRST = 'const limit = 10\npub proc add(a: int, b: int) -> int { give a + b }\nproc main() -> int { give add(40, 2) }\n'
WRONG = 'proc main() -> int {\n    give x\n}\n'


def main(folder, vitte, results_file):
    results = Results('cli/script')
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    files = {'first.vit': FIRST, 'wrong.vit': WRONG, 'slow.vit': 'proc main() -> int { give 1 / 0 }\n', 'empty.vit': '',
             'plain.vit': 'pub proc f() { }\n', 'many.vit': 'proc main() -> int { give 1000 }\n',
             'hello.vit': 'proc main() {\n    for name in 1..=2 { print("hello, wörld " + (name as string)) }\n    print("")\n}\n',
             'tested.vit': 'proc add(a: int, b: int) -> int { give a + b }\ntest "adds" { assert add(1, 2) == 3 }\n'
                           'test "joins" { assert "a" + "b" == "ab", "joined" }\n',
             'fails.vit': 'test "is wrong" { assert 1 + 1 == 3, "three" }\ntest "goes on" { }\n',
             'escape.vit': 'proc \x1b[31m() {}\n', 'mark.vit': '\ufeffproc main() -> int { give 5 }\n'}
    for name, text in files.items():
        with open(name, 'w', encoding='utf-8') as file:
            file.write(text)

    def run(code, *arguments, out='', said=()):
        done = subprocess.run([vitte, *arguments], capture_output=True, text=True, check=False)
        good = done.returncode == code and done.stdout == out and all(part in done.stderr for part in said) and (said or not done.stderr)
        results.check(good, f'{arguments}: exit {done.returncode}, {done.stdout[-300:]!r}, {done.stderr[-300:]!r}')
        return done

    run(42, 'run', 'first.vit')
    run(0, 'run', 'first.vit', 'add', '1', '-3', out='-2\n')
    run(255, 'run', 'many.vit')
    run(5, 'run', 'mark.vit')
    run(0, 'test', 'tested.vit', out='ok: adds\nok: joins\ntested.vit: 2 passed, 0 failed\n')
    run(1, 'test', 'tested.vit', 'fails.vit', 'first.vit',
        out='ok: adds\nok: joins\ntested.vit: 2 passed, 0 failed\n'
            'FAILED: is wrong: unreachable in three at fails.vit:1:19, called by test is wrong\nok: goes on\nfails.vit: 1 passed, 1 failed\n'
            'first.vit: 0 passed, 0 failed\n')
    run(1, 'test', 'wrong.vit', said=['wrong.vit:2:10'])
    run(2, 'test', said=['a program is needed'])
    run(0, 'run', 'hello.vit', out='hello, wörld 1\nhello, wörld 2\n\n')
    run(1, 'run', 'slow.vit', said=['division by zero at slow.vit:1:27'])
    run(1, 'run', 'wrong.vit', said=['wrong.vit:2:10: error[V0302]: there is nothing called `x` here\n', '    give x\n', '1 error\n'])
    run(1, 'run', 'plain.vit', said=["no 'main'", 'hint'])
    run(1, 'run', 'first.vit', 'subtract', said=['subtract'])
    run(2, 'run', 'first.vit', 'add', '1', said=['takes 2 arguments, 1 are given'])
    run(1, 'run', 'missing.vit', said=['missing.vit'])
    run(0, 'check', 'first.vit', 'empty.vit')
    run(1, 'check', 'first.vit', 'wrong.vit', said=['wrong.vit:2:10', '1 error'])
    run(2, 'check', said=['a program is needed'])
    run(2, 'check', '--jsn', said=["did you mean '--json'?"])
    run(2, 'emit', 'first.vit', '--stage', 'msa', said=["no stage 'msa'"])
    escape = run(1, 'check', 'escape.vit', said=['escape.vit:1:6'])
    results.check('\x1b' not in escape.stderr, 'an escape sequence of the program gets to the terminal')

    told = json.loads(subprocess.run([vitte, 'check', '--json', 'wrong.vit', 'first.vit'], capture_output=True, text=True, check=False).stdout)
    results.equal(told, [{'code': 'V0302', 'message': 'there is nothing called `x` here', 'label': '', 'file': 'wrong.vit', 'line': 2,
                          'column': 10, 'end_line': 2, 'end_column': 11, 'hint': '', 'notes': []}], 'diagnostics as JSON')
    run(0, 'check', '--json', 'first.vit', out='[]\n')

    for stage, mark in ('parse', 'procedure pub\n'), ('hir', 'pub proc add('), ('types', 'add: int'), ('mir', 'b0:'), ('ssa', 'add %0, %1'):
        done = subprocess.run([vitte, 'emit', 'first.vit', '--stage', stage], capture_output=True, text=True, check=False)
        results.check(done.returncode == 0 and mark in done.stdout, f'{stage}: {done.stdout}')
    run(1, 'emit', 'wrong.vit', '-o', 'wrong.wasm', said=['wrong.vit:2:10'])
    results.check(not os.path.exists('wrong.wasm'), 'a module of a wrong program')

    # What node says of the same programs.
    pairs = []
    os.chdir(PROGRAMS)  # traps have the names of files
    for source in sorted(glob.glob('*.vit')):
        for flags in [], ['--plain']:
            binary = os.path.join(folder, source[:-4] + ''.join(flags) + '.wasm')
            run(0, 'emit', source, '-o', binary, *flags)
            pairs.append((source, binary))
    node = subprocess.run(['node', '-e', NODE], input=json.dumps(pairs), capture_output=True, text=True, check=False)
    lines = node.stdout.splitlines()
    results.check(len(lines) > 100, f'node: {node.stderr}')
    for line in lines:
        results.check(line.startswith('good '), f'node: {line}')
    results.append_to(results_file)


if __name__ == '__main__':
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3]))
