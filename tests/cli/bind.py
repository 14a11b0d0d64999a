"""vitte bind on libraries of Debian, which are compiled here with -g: the headers compile with g++ and clang++, and agree with the
libraries' own headers in sizes, places, values and the shapes of functions, which the compiler checks.

usage: bind.py VITTE FOLDER RESULTS

The sources are got from Debian once, into FOLDER; the headers are those of the sources, too.
"""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from results import Results

CONFIGURE = '{ [ -x configure ] || autoreconf -fi; } && ./configure --disable-static'
# By name: Debian's source, how the library is made in it, which file that is, where the headers are, which ones.
LIBRARIES = {
    'z': ('zlib', './configure && make libz.so.1.2.13', 'libz.so.1.2.13', '.', ['zlib.h']),
    'lz4': ('lz4', 'make -C lib CFLAGS="$CFLAGS"', 'lib/liblz4.so.*.*.*', 'lib', ['lz4.h', 'lz4hc.h', 'lz4frame.h']),
    'bz2': ('bzip2', 'make -f Makefile-libbz2_so CFLAGS="$CFLAGS"; test -e libbz2.so.1.0', 'libbz2.so.1.0.*', '.', ['stdio.h', 'bzlib.h']),
    'expat': ('expat', 'if [ -d expat ]; then cd expat; fi; ' + CONFIGURE + ' --without-docbook --without-tests --without-examples && make -C lib',
              '**/lib/.libs/libexpat.so.*.*.*', '**/lib', ['expat.h']),
    'jansson': ('jansson', CONFIGURE + ' && make -C src', 'src/.libs/libjansson.so.*.*.*', 'src', ['jansson.h']),
    'yaml': ('libyaml', CONFIGURE + ' && make -C include && make -C src', 'src/.libs/libyaml-0.so.*.*.*', 'include', ['yaml.h']),
    'png16': ('libpng1.6', CONFIGURE + ' && make libpng16.la', '.libs/libpng16.so.*.*.*', '.', ['png.h']),
    'lzma': ('xz-utils', CONFIGURE + ' --disable-xz --disable-xzdec --disable-scripts --disable-doc && make -C src/liblzma',
             'src/liblzma/.libs/liblzma.so.*.*.*', 'src/liblzma/api', ['lzma.h']),
    'zstd': ('libzstd', 'make -C lib CFLAGS="$CFLAGS" libzstd', 'lib/libzstd.so.*.*.*', 'lib', ['zstd.h', 'zdict.h', 'zstd_errors.h']),
    'sqlite3': ('sqlite3', './configure --disable-tcl --disable-static && make sqlite3.c sqlite3.h && gcc $CFLAGS -shared sqlite3.c -o libsqlite3.so.0.8.6 -Wl,-soname,libsqlite3.so.0',
                'libsqlite3.so.0.8.6', '.', ['sqlite3.h']),
}

SHAPES = '''
#include <type_traits>
template <class A, class B> constexpr bool same_size() {
    if constexpr (std::is_void_v<A> || std::is_void_v<B>) return std::is_void_v<A> && std::is_void_v<B>;
    else return sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B> && std::is_floating_point_v<A> == std::is_floating_point_v<B>;
}
template <class A, class B> inline constexpr bool same_shape = false;
template <class A, class... As, class B, class... Bs> requires(sizeof...(As) == sizeof...(Bs))
inline constexpr bool same_shape<A (*)(As...), B (*)(Bs...)> = same_size<A, B>() && (same_size<As, Bs>() && ...);
template <class A, class... As, class B, class... Bs> requires(sizeof...(As) == sizeof...(Bs))
inline constexpr bool same_shape<A (*)(As..., ...), B (*)(Bs..., ...)> = same_size<A, B>() && (same_size<As, Bs>() && ...);
template <class T> struct plain { using type = T; };
template <class R, class... A> struct plain<R (*)(A...) noexcept> { using type = R (*)(A...); };
template <class R, class... A> struct plain<R (*)(A..., ...) noexcept> { using type = R (*)(A..., ...); };
'''
# Where this machine gets its packages, with their sources.
SOURCES = ''.join(pathlib.Path(path).read_text() for path in glob.glob('/etc/apt/sources.list.d/debian.sources')).replace('Types: deb\n', 'Types: deb-src\n')


def built(folder, name):
    """The library's file and the folder of its headers."""
    source, make, library, headers, _ = LIBRARIES[name]
    where = f'{folder}/{name}'
    found = glob.glob(f'{where}/*/{library}', recursive=True)
    if not found:
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(f'{where}/lists/partial')
        with open(f'{where}/debian.sources', 'w', encoding='utf-8') as file:
            file.write(SOURCES)
        options = ['-o', f'Dir::Etc::SourceList={where}/debian.sources', '-o', 'Dir::Etc::SourceParts=/dev/null', '-o', f'Dir::State::Lists={where}/lists']
        for command in (['update'], ['source', source]):
            subprocess.run(['apt-get', '-q', *options, *command], cwd=where, check=True, capture_output=True)
        tree = next(path for path in glob.glob(f'{where}/*/') if not path.endswith('/lists/'))
        subprocess.run(['sh', '-c', make], cwd=tree, check=True, capture_output=True, env=os.environ | {'CFLAGS': '-g -O1 -fPIC -w'})
        found = glob.glob(f'{where}/*/{library}', recursive=True)
    return found[0], next(path for path in glob.glob(f'{where}/*/{headers}', recursive=True) if os.path.isdir(path))


def checks(header, own, name):
    """static_asserts that compare what `header` says with what the preprocessed `own` says."""
    made = []

    # A structure inside another one is that one's in C++, not the file's.
    def spelled(kind, tag):
        if re.search(rf'^(?:typedef\s+)?{kind}\s+{tag}\s*\{{', own, re.M):
            return f'{kind} ::{tag}'
        return f'::{tag}' if re.search(rf'\}}\s*{tag}\s*;', own) else ''

    for kind, tag in re.findall(r'static_assert\(sizeof\((struct|union) (\w+)\)', header):
        if theirs := spelled(kind, tag):
            made.append(f'static_assert(sizeof({kind} {name}::{tag}) == sizeof({theirs}));')
    for kind, tag, member in re.findall(r'static_assert\(offsetof\((struct|union) (\w+), (\w+)\)', header):
        if theirs := spelled(kind, tag):
            made.append(f'static_assert(offsetof({kind} {name}::{tag}, {member}) == offsetof({theirs}, {member}));')
    for enumerator in re.findall(r'^    (\w+) = -?\w+,$', header, re.M):
        if re.search(rf'[{{,]\s*{enumerator}\b', own):
            made.append(f'static_assert(static_cast<long long>({name}::{enumerator}) == static_cast<long long>(::{enumerator}));')
    functions = header.partition('struct functions {')[2]
    for function in re.findall(r'made\.(\w+) = ', functions):
        if re.search(rf'\b{function}\s*\)?\s*\(', own):
            made.append(f'static_assert(same_shape<decltype({name}::functions::{function}), plain<decltype(&::{function})>::type>);')
    return made


def check_library(results, vitte, folder, name):
    library, headers = built(folder, name)
    header, space = f'{folder}/{name}.hpp', f'bound_{name}'
    made = subprocess.run([vitte, 'bind', library, '-o', header, '--namespace', space], capture_output=True, text=True)
    results.check(made.returncode == 0, f'{name}: {made.stderr}')
    if made.returncode:
        return
    includes = ''.join(f'#include <{include}>\n' for include in LIBRARIES[name][4])
    with open(f'{folder}/{name}.own.cpp', 'w', encoding='utf-8') as file:
        file.write(includes)
    own = subprocess.run(['g++', '-E', '-P', '-I', headers, f'{folder}/{name}.own.cpp'], capture_output=True, text=True, check=True).stdout
    with open(header, encoding='utf-8') as file:
        text = file.read()
    asserts = checks(text, own, space)
    names = sorted(set(re.findall(r'::(\w+)\)?[>;,)]', '\n'.join(asserts))))
    with open(f'{folder}/{name}.cpp', 'w', encoding='utf-8') as file:
        file.write(f'#include "{header}"\nextern "C" {{\n{includes}}}\n' + ''.join(f'#undef {n}\n' for n in names) + SHAPES + '\n'.join(asserts) + '\n')
    for compiler in ('g++', 'clang++-16'):
        done = subprocess.run([compiler, '-std=c++20', '-Wall', '-Wextra', '-Werror', '-Wno-invalid-offsetof', '-Wno-deprecated-declarations', '-Wno-ignored-attributes', '-DPNG_NORETURN=', '-I', f'{ROOT}/include', '-I', headers, '-fsyntax-only', f'{folder}/{name}.cpp'],
                              capture_output=True, text=True)
        results.check(done.returncode == 0, f'{name}: {compiler}: {done.stderr[:2000]}')
    functions = text.count('        made.')
    counts = [sum(kind in a for a in asserts) for kind in ('sizeof(', 'offsetof(', 'static_cast', 'same_shape')]
    print(f'bind: {name}: {functions} functions; compared: {counts[0]} sizes, {counts[1]} places, {counts[2]} values, {counts[3]} functions', flush=True)
    results.check(counts[3] > 0, f'{name}: no function was compared')


def main():
    vitte, folder, results_path = sys.argv[1:4]
    results = Results('cli/bind')
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[4:] or LIBRARIES:
        try:
            check_library(results, vitte, os.path.abspath(folder), name)
        except subprocess.CalledProcessError as error:
            results.check(False, f'{name}: {error.cmd}: {(error.stderr or b"")[-2000:]}')
    results.append_to(results_path)


main()
