"""Checks the numbers and the layouts of sockets that tests/systems takes for a system's against that system's own headers.

usage: constants.py RESULTS

VITTE_BSD_HEADERS names a folder with those of FreeBSD and NetBSD, as Zig's sources have them (x86_64-freebsd-none, generic-freebsd
and so on); macOS's are beside the Zig that ZIG names. What is not there is skipped.
"""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'support'))
sys.path.insert(0, str(HERE))
import numbers_of as table
import results

# What headers need that are included alone.
BEFORE = ['sys/param.h', 'sys/types.h']
MORE = {'sys/auxv.h': 'machine/elf.h', 'sys/extattr.h': 'limits.h'}


def folders(system):
    """The triple, and where the headers are that are compiled for it."""
    bsd = pathlib.Path(os.environ.get('VITTE_BSD_HEADERS', 'none'))
    zig = pathlib.Path(os.environ.get('ZIG', 'none')).parent / 'lib/libc/include'
    return {
        'freebsd': [(f'{cpu}-unknown-freebsd14', [bsd / f'{cpu}-freebsd-none', bsd / 'generic-freebsd']) for cpu in ('x86_64', 'aarch64')],
        'netbsd': [(f'{cpu}-unknown-netbsd10', [bsd / f'{cpu}-netbsd-none', bsd / 'generic-netbsd']) for cpu in ('x86_64', 'aarch64')],
        'darwin': [(f'{cpu}-apple-macos11', [zig / 'any-macos-any']) for cpu in ('x86_64', 'arm64')],
    }.get(system, [])


def source(header, numbers):
    """Each number is one check, in a line of its own."""
    lines = [f'#include <{name}>' for name in [*BEFORE, MORE.get(header), header] if name]
    for name, value in numbers.items():
        lines.append(f'static_assert((unsigned)({name}) == (unsigned){value}LL, "{name}");')
    return '\n'.join(lines) + '\n'


def layouts(system):
    """Each size and each place in what sockets take is one check."""
    path = HERE / 'include/layout/socket.hpp'
    headers = [*BEFORE, 'stddef.h', 'sys/socket.h', 'sys/un.h', 'netinet/in.h', 'netdb.h', path]
    lines = [f'#include "{name}"' for name in headers]
    for name, body in re.findall(r'^struct target_(\w+) \{(.*?)^\};', path.read_text(encoding='utf-8'), re.S | re.M):
        if name == 'ip_mreqn' and system == 'netbsd':
            continue
        lines.append(f'static_assert(sizeof(struct {name}) == sizeof(target_{name}), "{name}");')
        for field in sorted(set(re.findall(r'\b(\w+)(?:\[\d+\])?;', body)) - {'s6_bytes'}):
            lines.append(f'static_assert(offsetof(struct {name}, {field}) == offsetof(target_{name}, {field}) && sizeof({name}::{field}) == '
                         f'sizeof(target_{name}::{field}), "{name}::{field}");')
    lines += [f'static_assert(CMSG_SPACE({n}) == target_cmsg_align(sizeof(cmsghdr)) + target_cmsg_align({n}), "CMSG_SPACE");' for n in (4, 8)]
    return '\n'.join(lines) + '\n'


def main(known):
    checked = results.Results('systems/constants')
    for system in sorted(path.parent.name for path in HERE.glob('*/numbers.txt')):
        places = folders(system)
        if not places:
            checked.skip(f'{system}: no headers of it are at hand')
        for triple, include in places:
            if not include[-1].is_dir():
                checked.skip(f'{triple}: its headers are not given (VITTE_BSD_HEADERS, ZIG)')
                continue
            where = [word for folder in include for word in ('-isystem', str(folder))]
            sources = {f'<{header}>': source(header, numbers) for header, numbers in table.read(system).items()}
            for what, text in {**sources, 'layouts': layouts(system)}.items():
                ran = subprocess.run(['clang++-16', f'--target={triple}', '-nostdlibinc', *where, '-std=c++20', '-w', '-fsyntax-only',
                                      '-ferror-limit=0', '-x', 'c++', '-'], input=text, capture_output=True, text=True)
                wrong = [line for line in ran.stderr.splitlines() if ' error: ' in line]
                for line in wrong:
                    checked.check(False, f'{triple}: {what}: {line}')
                checks = text.count('static_assert')
                checked.passed += checks - min(len(wrong), checks)
    checked.append_to(known)


main(sys.argv[1])
