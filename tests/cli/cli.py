"""The command-line tool as a user meets it: results, exit codes, errors of one line with a hint.

usage: cli.py FOLDER_OF_EXAMPLES RESULTS
"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def main(folder, results_file):
    results = Results('cli/vitte')
    greeter = os.path.join(folder, 'greeter.so')
    listed = subprocess.run(['ldconfig', '-p'], capture_output=True, text=True, check=True).stdout.splitlines()
    libz, libstdcxx = (next(line.split('=> ')[1] for line in listed if f'\t{name} ' in line) for name in ('libz.so.1', 'libstdc++.so.6'))

    def vitte(*arguments, tool='vitte'):
        return subprocess.run([os.path.join(folder, tool), *arguments], capture_output=True, text=True)

    def prints(expected, *arguments, tool='vitte'):
        done = vitte(*arguments, tool=tool)
        results.equal((done.returncode, done.stdout.strip(), done.stderr), (0, expected, ''), f'{tool} {arguments}')

    def refuses(code, needles, *arguments, tool='vitte'):
        done = vitte(*arguments, tool=tool)
        good = (done.returncode == code and done.stderr.count('\n') == 1 and done.stderr.startswith('vitte: ')
                and all(needle in done.stderr for needle in needles))
        results.check(good, f'{tool} {arguments}: exit {done.returncode}, {done.stderr!r}')

    for arguments in ['--help'], ['inspect', '--help'], ['run', '--help']:
        done = vitte(*arguments)
        results.check(done.returncode == 0 and done.stdout.startswith('usage: vitte') and not done.stderr, f'{arguments}')
    results.equal(vitte().returncode, 2, 'no command')
    refuses(2, ['fly', 'hint'], 'fly')
    refuses(2, ["did you mean 'inspect'?"], 'inspetc')
    refuses(2, ["did you mean 'run'?"], 'rum')
    refuses(2, ["did you mean '--disassemble'?"], 'inspect', '--dissassemble', libz)
    refuses(2, ["did you mean '--signature'?"], 'run', '--singature', 'i32()', libz, 'zlibVersion')
    with open('meson.build', encoding='utf-8') as file:
        prints('vitte ' + re.search(r"version: '(.*?)'", file.read())[1], '--version')

    crc = ['run', libz, 'crc32', '0', '123456789', '9', '--signature', 'u64(u64,str,u32)']
    prints('3421780262', *crc)
    prints('3421780262', *crc, tool='vitte-dynamic')
    prints('3421780262', *crc, '--linker', 'os', tool='vitte-dynamic')
    prints('data error', 'run', libz, 'zError', '--signature', 'str(i32)', '-3')
    prints('data error', 'run', '--signature', 'str(i32)', libz, 'zError', '--', '-3')

    refuses(2, ['no file', 'hint'], 'inspect')
    refuses(1, ['no/such', 'not found'], 'inspect', 'no/such')
    refuses(1, [__file__, 'neither an ELF, PE', 'byte 0', 'hint'], 'inspect', __file__)
    refuses(2, ['--frob', 'hint'], 'inspect', greeter, '--frob')
    refuses(2, ['function', 'hint'], 'run', greeter)
    refuses(1, ['host_print', 'searched', 'hint'], 'run', greeter, 'greet', '0')
    refuses(1, ['@GLIBC_', 'of libc.so.6', 'searched: ', 'host exports'], 'run', libstdcxx, '_ZSt9terminatev')
    refuses(1, ['crc33', 'hint'], 'run', libz, 'crc33')
    refuses(2, ['argument 1', "'x'", 'i64', 'hint'], 'run', libz, 'zError', 'x')
    refuses(2, ['argument 1', "'256'", 'u8'], 'run', libz, 'zError', '256', '--signature', 'i32(u8)')
    refuses(2, ['argument 1', "'-1'", 'u64'], 'run', libz, 'zError', '-1', '--signature', 'i32(u64)')
    refuses(2, ['takes 2', '1 are given'], 'run', libz, 'zError', '1', '--signature', 'i32(i32,i32)')
    refuses(2, ['signature', 'byte 0'], 'run', libz, 'zError', '1', '--signature', 'int(int)')
    refuses(2, ['linker', 'dynamic'], 'run', libz, 'zlibVersion', '--linker', 'os')
    refuses(2, ["'gold'", 'hint'], 'run', libz, 'zlibVersion', '--linker', 'gold')

    # Numbers: all of the text, without spaces, and in range. The plugin gives them back.
    def echoes(expected, kind, text):
        prints(expected, 'run', echo, f'echo_{kind}', '--signature', f'{kind}({kind})', '--', text, tool='vitte-dynamic')

    def is_none(kind, text):
        refuses(2, ['argument 1', f"'{text}'", kind], 'run', echo, f'echo_{kind}', '--signature', f'{kind}({kind})', '--', text, tool='vitte-dynamic')

    with tempfile.TemporaryDirectory() as scratch:
        echo, source = os.path.join(scratch, 'echo.so'), os.path.join(scratch, 'echo.c')
        types = {'f32': 'float', 'f64': 'double'} | {f'i{bits}': f'int{bits}_t' for bits in (8, 16, 32, 64)} | {
            f'u{bits}': f'uint{bits}_t' for bits in (8, 16, 32, 64)}
        with open(source, 'w', encoding='utf-8') as file:
            file.write('#include <stdint.h>\n' + ''.join(f'{c} echo_{kind}({c} x) {{ return x; }}\n' for kind, c in types.items()))
        subprocess.run(['cc', '-shared', '-fPIC', source, '-o', echo], check=True)
        for bits in 8, 16, 32, 64:
            most = 2**bits - 1
            for number in 0, 1, most, 8 if bits == 8 else 300:
                echoes(str(number), f'u{bits}', str(number))
            for number in -2**(bits - 1), -1, 0, 2**(bits - 1) - 1:
                echoes(str(number), f'i{bits}', str(number))
            for number in -1, most + 1, 2**64 + 1:
                is_none(f'u{bits}', str(number))
            for number in 2**(bits - 1), -2**(bits - 1) - 1, 2**64 - 5, 2**64:
                is_none(f'i{bits}', str(number))
            echoes('0', f'i{bits}', '-0')
            echoes('0', f'u{bits}', '-0')
            echoes('16', f'u{bits}', '0x10')
            for text in ' 5', ' -5', '5 ', '', '-', '--5', '+-5', '0x', '1.5', '5x':
                is_none(f'u{bits}', text)
                is_none(f'i{bits}', text)
        echoes('9.9998886718268301e-321', 'f64', '1e-320')
        echoes('1.40129846e-45', 'f32', '1e-45')
        echoes('0', 'f64', '1e-400')
        echoes('inf', 'f32', 'inf')
        echoes('1.00000012', 'f32', '1.000000059604644775390626')  # not by way of a double
        for kind, text in ('f32', '1e39'), ('f64', '1e309'), ('f64', ' 1'), ('f64', '1 '), ('f64', ''), ('f64', 'one'):
            is_none(kind, text)

    # Output that is lost is an error.
    for arguments in ['--help'], ['inspect', greeter], crc:
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([os.path.join(folder, 'vitte'), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        results.check(done.returncode == 1 and done.stderr.count('\n') == 1 and 'output' in done.stderr, f'{arguments} to a full disk: {done}')
        done = subprocess.run(['sh', '-c', '"$@" >&-', 'sh', os.path.join(folder, 'vitte'), *arguments], stderr=subprocess.PIPE, text=True, check=False)
        results.check(done.returncode == 1 and 'output' in done.stderr, f'{arguments} without a stdout: {done}')

    facts = json.loads(vitte('inspect', '--json', greeter).stdout)
    results.equal([s['name'] for s in facts['exports']], ['greet'], 'exports of the greeter')
    results.check('host_print' in [s['name'] for s in facts['imports']], 'imports of the greeter')
    with tempfile.TemporaryDirectory() as scratch:
        cut = os.path.join(scratch, 'cut.so')
        with open(greeter, 'rb') as whole, open(cut, 'wb') as part:
            part.write(whole.read()[:-100])
        refuses(1, ['past the end of the file'], 'inspect', cut)
    results.append_to(results_file)


main(*sys.argv[1:])
