"""Checks that our code needs no call that is newer than the oldest release of a system that is supported.

usage: releases.py RESULTS

All of `sys` is compiled over the headers of tests/systems, functions that nobody uses included; the calls that are left open must
be in releases.txt. What that says of macOS is compared with the headers beside the Zig that ZIG names, if there is one.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
INCLUDE = HERE.parent.parent / 'include'
sys.path.insert(0, str(HERE.parent / 'support'))
sys.path.insert(0, str(HERE))
import numbers_of
import results

# Templates are only compiled if they are used.
USES = '''
template struct vitte::sys::posix::processes<vitte::sys::kqueue_os::process_system>;
auto started() { return vitte::sys::native::threads::start<[](void*) {}>(0, nullptr); }
'''


def source():
    """All headers of `sys` but for the sandbox, which is Linux's, that with <stop_token>, which has calls of its own, and platforms
    other than the native one."""
    folder = INCLUDE / 'vitte/sys'
    headers = [path for pattern in ('*.hpp', '[!p]*/*.hpp', 'process/*.hpp') for path in folder.glob(pattern)]
    headers = sorted(path for path in headers if path.name not in ('sandbox.hpp', 'stop_token.hpp')) + [folder / 'platform/posix/streams.hpp']
    return '#include <stdint.h>\n' + ''.join(f'#include <{path.relative_to(INCLUDE)}>\n' for path in headers) + USES


def releases():
    """By system its oldest release, and its calls with theirs."""
    made = {}
    for line in (HERE / 'releases.txt').read_text(encoding='utf-8').splitlines():
        if line.startswith('<'):
            system, _, oldest = line[1:].partition('>')
            made[system] = (version(oldest), known := {})
        elif not line.startswith('#'):
            known.update((name, version(release)) for name, _, release in (word.partition('=') for word in line.split()))
    everywhere = made.pop('all')[1]
    return {system: (oldest, everywhere | known) for system, (oldest, known) in made.items()}


def version(text):
    return tuple(map(int, re.findall(r'\d+', text)))


def macros(system):
    found = re.search(rf"'{system}': \[(.*?)\],", (HERE / 'meson.build').read_text(encoding='utf-8'))
    return re.findall(r"'(.*?)'", found[1])


def calls(system, folder):
    """The names of the implementations that are left open."""
    numbers_of.main(system, folder)
    made = f'{folder}/all.o'
    where = [word for path in (HERE / system / 'include', HERE / 'include', folder) for word in ('-isystem', str(path))]
    subprocess.run(['g++', '-std=c++20', '-w', '-fkeep-inline-functions', f'-I{INCLUDE}', '-U__linux__', '-U__linux', '-Ulinux',
                    '-U__gnu_linux__', *[f'-D{macro}' for macro in macros(system)], *where, '-c', '-x', 'c++', '-', '-o', made],
                   input=source(), text=True, check=True)
    listed = subprocess.run(['nm', '-u', made], stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(set(re.findall(r' target_(\S+)', listed)))


def check_macos(checked, oldest, table):
    """By the availability that macOS's headers declare."""
    folder = pathlib.Path(os.environ.get('ZIG', 'none')).parent / 'lib/libc/include/any-macos-any'
    if not folder.exists():
        checked.skip('releases of macOS: its headers are not given (ZIG)')
        return
    text = '\n'.join(path.read_text(encoding='utf-8', errors='replace') for path in folder.rglob('*.h'))
    text = re.sub(r'^[ \t]*#(?:.*\\\n)*.*', '', re.sub(r'/\*.*?\*/', '', text, flags=re.S), flags=re.M)
    compared = 0
    for declared in re.split('[;{}]', text):
        for name in set(re.findall(r'(\w+)\s*\(', declared)) & table.keys():
            for since in map(version, re.findall(r'(?:OSX_AVAILABLE\(|macos\(|macosx\(|__MAC_)(\d+[._]\d+)', declared)):
                compared += 1
                checked.check(table[name] in ((), since) and since <= oldest, f'darwin: {name} came with {since}')
    checked.check(compared > 20, 'darwin: the headers declare no releases')


def main(known):
    checked = results.Results('systems/releases')
    check_macos(checked, *releases()['darwin'])
    for system, (oldest, table) in releases().items():
        with tempfile.TemporaryDirectory() as folder:
            for name in calls(system, folder):
                checked.check(name in table, f'{system}: {name}: releases.txt does not say with which release it came')
                checked.check(table.get(name, ()) <= oldest, f'{system}: {name} is newer than what is supported')
    checked.append_to(known)


if __name__ == '__main__':
    main(sys.argv[1])
