"""Makes headers of a system's constants, which its numbers.txt lists: `<header>` begins those that this header defines.

usage: numbers_of.py SYSTEM FOLDER

FOLDER/numbers/HEADER defines the constants under their own names, and takes away those that other systems have; FOLDER/target.h
has all of them with the prefix TARGET_, to be seen beside those of Linux.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def read(system):
    """Names and values by header."""
    headers = {}
    for line in (HERE / system / 'numbers.txt').read_text(encoding='utf-8').splitlines():
        if line.startswith('<'):
            of_header = headers.setdefault(line.strip('<>'), {})
        elif line and not line.startswith('#'):
            name, value = line.split()[:2]
            of_header[name] = int(value, 0)
    return headers


def literal(value):
    return f'({value})' if value < 0 else f'{value}u' if 2**31 <= value < 2**32 else str(value)


def write(path, lines):
    """What stays as it is keeps its time: precompiled headers are not good any more after it."""
    text = '\n'.join(lines) + '\n'
    if not path.exists() or path.read_text(encoding='utf-8') != text:
        path.write_text(text, encoding='utf-8')


def main(system, folder):
    folder = pathlib.Path(folder)
    mine = read(system)
    known = {}
    for path in HERE.glob('*/numbers.txt'):
        for header, numbers in read(path.parent.name).items():
            known.setdefault(header, {}).update(numbers)
    target = ['#pragma once', f'#define TARGET_{system.upper()} 1']
    for header, names in known.items():
        lines = [f'#undef {name}' for name in names]
        for name, value in mine.get(header, {}).items():
            lines.append(f'#define {name} {literal(value)}')
            target.append(f'#define TARGET_{name} {literal(value)}')
        path = folder / 'numbers' / header
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, lines)
    write(folder / 'target.h', target)


if __name__ == '__main__':
    main(*sys.argv[1:])
