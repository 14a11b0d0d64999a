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

DESCRIBED = '''struct pair { int a; double b; };
struct __attribute__((packed)) tight { signed char a; int b; };
struct bits { unsigned low : 4; };
enum color { red, blue = 7 };
double scale(float a, double b) { return a * b; }
int length(const char *text) { int n = 0; while (text[n]) ++n; return n; }
const char *title(void) { return "colors"; }
unsigned char low(int of) { return of; }
int first(struct pair of, enum color with) { return of.a + with; }
int fill(struct tight *to, struct bits from, char *buffer) { return to->b + from.low + *buffer; }
int say(const char *format, ...) { return *format; }
int old() { return 1; }
'''
PROGRAM = '''#include "it.hpp"
#include <vitte/loader/loader.hpp>
int main(int, char **arguments) {
    vitte::loader::module_loader loader;
    const auto loaded = loader.load(arguments[1]);
    if (!loaded) return std::puts(loaded.error().message().c_str());
    const auto it = it::functions::of(*loaded);
    it::tight from{1, 4};
    char buffer = 2;
    std::printf("%g %d %d %d ", it.scale(-7, .5), it.length("abc"), it.first({2, 0}, it::blue), it.fill(&from, {2}, &buffer));
    it.low == nullptr ? std::printf("none") : std::printf("%d", it.low(-6));
}
'''
TYPES = {'scale': 'f64(f32, f64)', 'length': 'i32(str)', 'title': 'str()', 'low': 'u8(i32)', 'first': 'i32({i32 a, f64 b}, u32)',
         'fill': None, 'say': 'i32(str, ...)', 'old': None}


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

    for arguments in ['--help'], ['inspect', '--help'], ['run', '--help'], ['key', '--help']:
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

    # Types that debug information knows, or a description.
    with tempfile.TemporaryDirectory() as scratch:
        library, bare, source, description = (os.path.join(scratch, name) for name in ('it.so', 'bare.so', 'it.c', 'it.json'))
        with open(source, 'w', encoding='utf-8') as file:
            file.write(DESCRIBED)
        subprocess.run(['cc', '-g', '-gz', '-shared', '-fPIC', source, '-o', library], check=True)
        subprocess.run(['strip', '-g', library, '-o', bare], check=True)
        done = vitte('bind', '--json', library, '-o', description)
        results.equal((done.returncode, done.stderr), (0, ''), 'bind --json')
        with open(description, encoding='utf-8') as file:
            told = json.load(file)
        results.equal({f['name']: f.get('type') for f in told['functions']}, TYPES, 'types of functions')
        results.equal({t['name']: (t['size'], t.get('type')) for t in told['types']},
                      {'pair': (16, '{i32 a, f64 b}'), 'tight': (5, 'packed {i8 a, i32 b}'), 'bits': (4, None)}, 'types of structures')
        results.equal(told['enumerations'], [{'name': 'color', 'values': {'red': 0, 'blue': 7}, 'type': 'u32'}], 'enumerations')
        for file, more in (library, []), (bare, ['--bindings', description]):
            prints('-3.5', 'run', file, 'scale', *more, '--', '-7', '0.5')
            prints('7', 'run', file, 'length', '1234567', *more)
            prints('colors', 'run', file, 'title', *more)
            prints('250', 'run', file, 'low', *more, '--', '-6')
            refuses(2, ['takes 2', '1 are given', 'f64(f32, f64)'], 'run', file, 'scale', '1', *more)
            refuses(1, ["'first'", '{i32 a, f64 b}', 'hint'], 'run', file, 'first', '1', *more)
            refuses(1, ["'say'", '...'], 'run', file, 'say', 'x', *more)
        # A header binds at run time, to an older library, too, which lacks a function.
        header, program, older = (os.path.join(scratch, name) for name in ('it.hpp', 'program', 'older.so'))
        prints('', 'bind', library, '-o', header)
        with open(program + '.cpp', 'w', encoding='utf-8') as file:
            file.write(PROGRAM)
        subprocess.run(['cc', '-shared', '-fPIC', '-Dlow=another', source, '-o', older], check=True)
        subprocess.run(['g++', '-std=c++20', '-Iinclude', '-Wall', '-Wextra', '-Werror', program + '.cpp', '-o', program], check=True)
        for file, expected in (library, '-3.5 3 9 8 250'), (older, '-3.5 3 9 8 none'):
            done = subprocess.run([program, file], capture_output=True, text=True)
            results.equal((done.stdout, done.stderr), (expected, ''), f'a program with the header, and {file}')
        refuses(1, ["no type of 'old'", 'hint'], 'run', bare, 'old', '--bindings', description)
        refuses(1, ['no/such.json', 'not found'], 'run', bare, 'low', '1', '--bindings', 'no/such.json')
        refuses(1, ['it.c', 'line 1 column 1'], 'run', bare, 'low', '1', '--bindings', source)

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
