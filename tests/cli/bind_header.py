"""vitte bind from headers, which clang reads: what it writes compiles with g++ and clang++ and agrees with the C compiler in sizes,
places and values, and with debug information of the same library, also where that is split off.

usage: bind_header.py [--all] VITTE FOLDER RESULTS

Headers of Debian are taken where they are installed. With --all, the libraries of bind.py that are in FOLDER are compared, too.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results

HEADER = r'''#ifndef OWN_H
#define OWN_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#define OWN_VERSION "1.2\n\"three\"?\?/" "\x7f\\"
#define OWN_COUNT (OWN_BASE + 2)
#define OWN_BASE 40
#define OWN_MASK 0xffffffffffffffffull
#define OWN_LEAST (-9223372036854775807ll - 1)
#define OWN_RATE -2.25
#define OWN_BEYOND 1e400
#define OWN_SMALL 0.1f
#define OWN_KIND ((own_small)7)
#define OWN_FUNCTION(x) (x)
#define OWN_CALL own_take(0)
#define OWN_OPEN (
#define OWN_STATEMENT 0); extern int injected(void
#define OWN_GONE 1
#undef OWN_GONE
typedef unsigned short own_small;
enum own_color { OWN_RED, OWN_BLUE = 7, OWN_NEGATIVE = -3 };
enum own_wide { OWN_WIDE = 0x100000000 };
typedef enum __attribute__((packed)) { OWN_TINY } own_tiny;
struct own_opaque;
typedef struct own_opaque *own_handle;
typedef struct { int x, y; } own_point;
struct own_bits { char first; unsigned a : 3; unsigned : 0; int b : 17; unsigned long long c : 40; _Bool d : 1; int : 4; char e; };
struct __attribute__((packed)) own_tight { char a; int b; unsigned c : 5; unsigned d : 30; short e; };
#pragma pack(push, 2)
typedef struct { char a; long b; struct own_bits *c; } own_packed;
#pragma pack(pop)
struct own_aligned { char a; _Alignas(32) char b; } __attribute__((aligned(64)));
struct own_nested {
    union { int whole; struct { short low, high; }; };
    struct { char text[3][5]; } *named[2], one;
    enum { OWN_IN, OWN_OUT } way;
    int (*callback)(struct own_nested *, const char *, ...);
    void (*(*deep)(int (*)[4], own_point))(void);
    __extension__ __int128 large;
    long double extended;
    own_tiny tiny;
    int end[];
};
typedef int own_vector __attribute__((vector_size(16)));
extern int own_counter;
extern const char own_name[];
extern own_point own_points[3];
int own_take(own_handle of);
own_point own_move(own_point from, const struct own_nested *by, enum own_color in, own_small small, _Bool really);
double own_scale(float by, own_vector with, long double and, const volatile int *const *where);
int own_print(FILE *to, const char *format, ...);
int own_list(const char *format, va_list all);
void (*own_handler(int signal, void (*handler)(int)))(int);
int own_all(struct own_bits *a, struct own_tight *b, own_packed *c, struct own_aligned *d, enum own_wide e, int f[3]);
int own_called(int) __asm__("own_symbol");
int own_missing(void);
static inline int own_inline(void) { return OWN_BASE; }
#endif
'''
SOURCE = '''#include "own.h"
int own_counter = 5;
const char own_name[] = "it";
own_point own_points[3] = {{1, 2}, {3, 4}, {5, 6}};
struct own_opaque { int inside; };
int own_take(own_handle of) { return of->inside; }
own_point own_move(own_point from, const struct own_nested *by, enum own_color in, own_small small, _Bool really) { from.x += in + small + really + by->whole; return from; }
double own_scale(float by, own_vector with, long double and, const volatile int *const *where) { return by * with[0] + and + **where; }
int own_print(FILE *to, const char *format, ...) { return to == 0 ? *format : 1; }
int own_list(const char *format, va_list all) { return *format + va_arg(all, int); }
void (*own_handler(int signal, void (*handler)(int)))(int) { return signal ? handler : 0; }
int own_all(struct own_bits *a, struct own_tight *b, own_packed *c, struct own_aligned *d, enum own_wide e, int f[3]) { return a->b + b->b + c->a + d->b + (e != 0) + f[0]; }
int own_called(int x) { return x; }
int own_undeclared(void) { return own_inline(); }
'''
PROGRAM = r'''#include "own.hpp"
#include <vitte/loader/loader.hpp>
#include <cstring>
static_assert(own::OWN_COUNT == 42 && own::OWN_MASK == ~0ull && own::OWN_LEAST == INT64_MIN && own::OWN_RATE == -2.25 && own::OWN_SMALL == 0.1f);
static_assert(sizeof(own::OWN_KIND) == 2 && own::OWN_KIND == 7 && sizeof(own::OWN_SMALL) == 4 && sizeof(own::OWN_MASK) == 8);
static_assert(sizeof(own::OWN_VERSION) == sizeof("1.2\n\"three\"?\?/" "\x7f\\"));
int main(int, char **arguments) {
    vitte::loader::module_loader loader;
    const auto loaded = loader.load(arguments[1]);
    if (!loaded) return std::puts(loaded.error().message().c_str());
    const auto functions = own::functions::of(*loaded);
    const auto variables = own::variables::of(*loaded);
    std::printf("%s %d ", own::functions::library, functions.own_move == nullptr ? 0 : functions.own_symbol(4));
    if (variables.own_counter != nullptr) std::printf("%d %s %d ", *variables.own_counter, variables.own_name, (*variables.own_points)[2].y);
    std::printf("%d", std::strcmp(own::OWN_VERSION, "1.2\n\"three\"?\?/" "\x7f\\"));
}
'''
# Of Debian: the header, its library, and what clang needs to be told.
INSTALLED = {'zlib': ('/usr/include/zlib.h', 'libz.so.1', []), 'sqlite3': ('/usr/include/sqlite3.h', 'libsqlite3.so.0', []),
             'png': ('/usr/include/png.h', 'libpng16.so.16', []), 'expat': ('/usr/include/expat.h', 'libexpat.so.1', []),
             'yaml': ('/usr/include/yaml.h', 'libyaml-0.so.2', []), 'lzma': ('/usr/include/lzma.h', 'liblzma.so.5', [])}
WARNINGS = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-Wno-invalid-offsetof', '-Wno-ignored-attributes', f'-I{ROOT}/include', '-fsyntax-only']


def own_asserts(header, space, own):
    """static_asserts that compare what `header` says with what the C header `own`, preprocessed, says."""
    made = []
    for kind, tag in re.findall(r'^static_assert\(sizeof\((struct|union) (\w+)\)', header, re.M):
        alias = re.search(rf'\}}\s*{tag}\s*;', own)
        # A structure inside another one is that one's in C++, not the file's.
        theirs = f'{kind} ::{tag}' if re.search(rf'^(?:typedef\s+)?{kind}\b[^;{{]*\b{tag}\s*\{{', own, re.M) else f'::{tag}' if alias else ''
        if not theirs:
            continue
        made.append(f'static_assert(sizeof({space}::{tag}) == sizeof({theirs}) && alignof({space}::{tag}) <= alignof({theirs}));')
        for member in re.findall(rf'^static_assert\(offsetof\({kind} {tag}, (\w+)\)', header, re.M):
            made.append(f'static_assert(offsetof({space}::{tag}, {member}) == offsetof({theirs}, {member}));')
    return made


class Tester:
    def __init__(self, vitte, folder):
        self.vitte, self.folder = os.path.abspath(vitte), os.path.abspath(folder)
        self.results = Results('cli/bind_header')
        os.makedirs(self.folder, exist_ok=True)

    def write(self, name, text):
        with open(f'{self.folder}/{name}', 'w', encoding='utf-8') as file:
            file.write(text)

    def run(self, *command, **more):
        return subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **more)

    def bind(self, *arguments):
        done = self.run(self.vitte, 'bind', *arguments)
        self.results.equal((done.returncode, done.stderr), (0, ''), f'bind {arguments}')
        return done

    def compiles(self, source, *options, compilers=('g++', 'clang++-16')):
        for compiler in compilers:
            done = self.run(compiler, *WARNINGS, *options, source)
            self.results.check(done.returncode == 0, f'{source}: {compiler}: {done.stderr[:2000]}')

    def agrees(self, header, c_header, name, *options, compilers=('g++', 'clang++-16')):
        with open(f'{self.folder}/{header}', encoding='utf-8') as file:
            text = file.read()
        own = self.run('gcc', '-E', '-P', *options, c_header).stdout
        asserts = own_asserts(text, name, own)
        self.write(f'{name}.check.cpp', f'#include "{header}"\n#define _Bool bool\n#define _Alignas alignas\nextern "C" {{\n#include "{c_header}"\n}}\n' + '\n'.join(asserts) + '\n')
        self.compiles(f'{name}.check.cpp', *options, compilers=compilers)
        print(f'bind_header: {name}: {text.count("        made.")} symbols, {text.count("inline constexpr")} constants, {len(asserts)} comparisons', flush=True)
        return len(asserts)

    def same(self, header, library, what, *options):
        """The header and debug information of the library do not contradict each other."""
        done = self.run(self.vitte, 'bind', '--check', header, library, *options)
        wrong = [line for line in done.stdout.splitlines() if line.startswith('breaks') or 'function' in line and 'added' not in line]
        self.results.equal((done.returncode, wrong, done.stderr), (0, [], ''), f'{what}: header and debug information')
        return done.stdout

    def own(self):
        self.write('own.h', HEADER)
        self.write('own.c', SOURCE)
        self.run('gcc', '-g', '-shared', '-fPIC', '-Wl,-soname,libown.so.1', 'own.c', '-o', 'own.so', check=True)
        self.bind('own.h', './own.so', '-o', 'own.hpp')
        self.results.check(self.agrees('own.hpp', 'own.h', 'own') >= 25, 'structures were compared')
        with open(f'{self.folder}/own.hpp', encoding='utf-8') as file:
            text = file.read()
        for needle in ('//   own_missing', '//   own_inline', '//   own_undeclared'):
            self.results.check(needle in text, f'{needle} is named')
        for needle in ('injected', 'OWN_GONE', 'OWN_BEYOND', 'OWN_CALL', 'OWN_OPEN', 'OWN_H'):
            self.results.check(needle not in text, f'{needle} is not there')
        self.write('program.cpp', PROGRAM)
        done = self.run('g++', '-std=c++20', f'-I{ROOT}/include', 'program.cpp', '-o', 'program')
        self.results.equal((done.returncode, done.stderr), (0, ''), 'a program with the header')
        self.results.equal(self.run('./program', './own.so').stdout, 'libown.so.1 4 5 it 6 0', 'what it prints')
        self.run('gcc', '-shared', '-fPIC', '-xc', '-', '-o', 'older.so', input='int something;', check=True)
        self.results.equal(self.run('./program', './older.so').stdout, 'libown.so.1 0 0', 'what it prints of a library that has nothing of it')
        described = self.bind('--json', 'own.h', './own.so').stdout
        by_debug = self.bind('--json', './own.so').stdout

        def listed(description, kind):
            return {f['name']: f.get('type') for f in json.loads(description)[kind]}
        self.results.equal(listed(described, 'variables'), {'own_counter': 'i32', 'own_points': '[3]{i32 x, i32 y}', 'own_name': '[0]i8'}, 'variables')
        known, told = listed(by_debug, 'functions'), listed(described, 'functions')
        self.results.equal({n: t for n, t in told.items() if n != 'own_undeclared'}, {n: t for n, t in known.items() if n != 'own_undeclared'}, 'types of functions')
        constants = {c['name']: c['value'] for c in json.loads(described)['constants']}
        self.results.equal(constants, {'OWN_VERSION': '1.2\n"three"??/\x7f\\', 'OWN_COUNT': 42, 'OWN_BASE': 40, 'OWN_MASK': 2**64 - 1,
                                       'OWN_LEAST': -2**63, 'OWN_RATE': -2.25, 'OWN_SMALL': constants.get('OWN_SMALL'), 'OWN_KIND': 7}, 'constants')
        self.same('own.h', 'own.so', 'own')
        for version in '4', '5':
            for compiler in 'gcc', 'clang-16':
                self.run(compiler, f'-gdwarf-{version}', '-gsplit-dwarf', '-shared', '-fPIC', '-c', 'own.c', '-o', 'split.o', check=True)
                self.run(compiler, '-shared', 'split.o', '-o', 'split.so', check=True)
                self.same('own.h', 'split.so', f'split by {compiler}, version {version}')
                os.makedirs(f'{self.folder}/away', exist_ok=True)
                shutil.copy(f'{self.folder}/split.so', f'{self.folder}/away/packed.so')
                # GNU's dwp knows version 4 only, and LLVM's does not end with what gcc makes of version 5.
                packer = 'dwp' if version == '4' else 'llvm-dwp-16' if compiler == 'clang-16' else None
                if packer and shutil.which(packer):
                    self.run(packer, 'split.dwo', '-o', 'away/packed.so.dwp', check=True, timeout=60)
                    os.remove(f'{self.folder}/split.dwo')
                    self.same('own.h', 'away/packed.so', f'packed, by {compiler}, version {version}')
                    os.remove(f'{self.folder}/away/packed.so.dwp')
                    done = self.run(self.vitte, 'bind', 'away/packed.so')
                    self.results.check(done.returncode == 1 and 'split.dwo' in done.stderr and 'hint' in done.stderr, f'nothing is left: {done}')

    def changed(self):
        """What --check tells of a header that does not fit."""
        changed = HEADER.replace('int x, y;', 'int x; long y;').replace('extern int own_counter', 'extern long own_counter').replace('float by', 'int by')
        self.write('changed.h', changed)
        done = self.run(self.vitte, 'bind', '--check', 'changed.h', 'own.so')
        for needle in 'own_point.y', 'variable own_counter: has another type', 'function own_scale: parameter 1':
            self.results.check(done.returncode == 1 and needle in done.stdout, f'{needle}: {done}')

    def refuses(self, needle, *arguments, **more):
        done = self.run(self.vitte, 'bind', *arguments, **more)
        last = done.stderr.splitlines()[-1] if done.stderr else ''
        self.results.check(done.returncode in (1, 2) and last.startswith('vitte: ') and needle in done.stderr and not done.stdout, f'{arguments}: {done}')

    def errors(self):
        self.write('wrong.h', 'unknown_thing f(void);\n')
        self.write('@at.h', 'int f(void);\n')
        self.write('-dash.h', 'int f(void);\n')
        self.write('deep.h', 'int ' + '(' * 200 + 'f' + ')' * 200 + '(void);\ntypedef int ' + '*' * 500 + 'p;\nint g(p x);\nint h' + '[1]' * 100 + ';\nextern int (*k)' + '[1]' * 70 + ';\n')
        self.refuses("unknown type name 'unknown_thing'", 'wrong.h')
        self.refuses('clang cannot compile it', 'wrong.h')
        self.refuses('not found', 'nothing.h')
        self.refuses('no/such.so', 'own.h', 'no/such.so')
        self.refuses('ELF', 'own.h', './own.c')
        self.refuses('there is no clang', 'own.h', env={'PATH': '/nowhere'})
        self.refuses('options for it', 'own.h', '--', '--no-such-option')
        for name in '@at.h', './-dash.h':
            self.results.check('int (*f)(' in self.bind(name, '--namespace', 'it').stdout, name)
        self.write('deep.hpp', self.bind('deep.h', '--namespace', 'deep').stdout)
        self.write('deep.cpp', '#include "deep.hpp"\n')
        self.compiles('deep.cpp')
        self.bind('own.h', '--', '-DOWN_EXTRA=1', '-I', '/tmp')
        # A clang that says anything.
        os.makedirs(f'{self.folder}/bin', exist_ok=True)
        for number, said in enumerate(['{', '{"inner":[{"kind":1}]}', '{"inner":[{]}', 'x' * 100, '{"inner":[' + '{"kind":"RecordDecl","tagUsed":"struct","name":"a\\nb; int injected;","completeDefinition":true},' * 3 + '{}]}',
                                       '{"inner":[{"kind":"FunctionDecl","name":"f","type":{"qualType":"' + 'void (' * 5000 + '"}}]}']):
            self.write('bin/clang', f"#!/bin/sh\ncase \"$*\" in *-dD*) exit 0;; esac\nprintf '%s' '{said}'\n")
            os.chmod(f'{self.folder}/bin/clang', 0o755)
            done = self.run(self.vitte, 'bind', 'own.h', env={'PATH': f'{self.folder}/bin:/bin:/usr/bin'}, timeout=60)
            self.results.check(done.returncode in (0, 1) and '\nb; int injected' not in done.stdout, f'clang says {said[:50]}: {done}')

    def installed(self, everything):
        listed = self.run('ldconfig', '-p').stdout
        for name in list(INSTALLED) if everything else ['zlib', 'sqlite3', 'png', 'expat']:
            header, library, options = INSTALLED[name]
            found = re.search(rf'\t{re.escape(library)} .*=> (\S+)', listed)
            if not os.path.exists(header) or found is None:
                self.results.skip(f'{name}: the header is not installed')
                continue
            self.bind(header, found[1], '-o', f'{name}.hpp', '--namespace', f'bound_{name}', *options)
            shutil.copy(f'{self.folder}/{name}.hpp', f'{self.folder}/bound_{name}.hpp')
            compared = self.agrees(f'bound_{name}.hpp', header, f'bound_{name}', compilers=('g++', 'clang++-16') if everything else ('clang++-16',))
            self.results.check(compared > 0, f'{name}: nothing was compared')

    def built(self):
        for name, header, more in (('z', 'zlib.h', []), ('sqlite3', 'sqlite3.h', []), ('png16', 'png.h', []), ('expat', 'expat.h', []), ('yaml', 'yaml.h', []), ('lzma', 'lzma.h', [])):
            headers = [h for h in glob.glob(f'{self.folder}/../bind/{name}/*/**/{header}', recursive=True)]
            libraries = [path for path in glob.glob(f'{self.folder}/../bind/{name}/**/lib*.so*', recursive=True) if os.path.isfile(path) and not os.path.islink(path)]
            if not headers or not libraries:
                self.results.skip(f'{name}: bind.py has not built it')
                continue
            said = self.same(min(headers, key=len), max(libraries, key=len), name, '--', '-I', os.path.dirname(min(headers, key=len)), *more)
            print(f'bind_header: {name}: header and debug information agree, {len(said.splitlines())} lines of what one has more', flush=True)


def main():
    everything = '--all' in sys.argv
    vitte, folder, results_path = [word for word in sys.argv[1:] if word != '--all']
    tester = Tester(vitte, folder)
    if not shutil.which('clang') and not glob.glob('/usr/bin/clang-[0-9]*'):
        tester.results.skip('there is no clang')
        return tester.results.append_to(results_path)
    tester.own()
    tester.changed()
    tester.errors()
    tester.installed(everything)
    if everything:
        tester.built()
    tester.results.append_to(results_path)


main()
