"""Builds the firmwares of examples/cortex-m with the small C library, looks at their sizes, and runs them in qemu.

usage: firmware.py FOLDER RESULTS
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

HERE = 'examples/cortex-m'
LIMIT = 16 * 1024
BOARDS = {  # the machine of qemu: CPU, frequency, flash, RAM, arena
    'mps2-an385': ('cortex-m3', 25_000_000, '4M', '4M', 16384),
    'mps2-an500': ('cortex-m7', 25_000_000, '4M', '4M', 16384),
    'microbit': ('cortex-m0', 64_000_000, '256K', '16K', 4096),
}
WASM_ARENA = 72 * 1024  # the guest's memory of one page of 64 KiB, and its stack
WASM_SIZES = {  # whether the engine is built small: limits of bytes of text and heap
    1: (128 * 1024, 6 * 1024),
    0: (240 * 1024, 6 * 1024),
}
# What reads and verifies containers, and what links objects, by the names of functions and constants; and what they may take.
CHECKS, MOST_OF_CHECKS = r'loader::(firmware::check|vitb|minisign)|ed25519|blake3|sha|field25|scalar|base_|base64', 18 * 1024
LINKER, MOST_OF_LINKER = r'loader::(firmware::(?!check)|elf|table|string_table)', 11 * 1024
MOST_OF_STACK = 8 * 1024
SMALL = ['-Os', '-mthumb', '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra', '-Wno-psabi', '-Werror']
PLAIN = ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics', '-Iinclude']


def assembled(cpu, source, folder, *flags):
    """The object of a source of C, as a module."""
    made = f'{folder}/{os.path.basename(source)}{"".join(flags)}.o'
    subprocess.run(['arm-none-eabi-gcc', f'-mcpu={cpu}', '-mthumb', '-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', *flags, '-c', source, '-o', made], check=True)
    return made


def build(machine, folder, name, sources, arena, defined=(), changed=None):
    """The firmware of the start-up code, the board and `sources`, and its bytes of text. If it has been built before, only `changed` is compiled."""
    cpu, frequency, flash, ram, _ = BOARDS[machine]
    flags = [f'-mcpu={cpu}', *SMALL, f'-DCPU_HZ={frequency}', f'-DARENA_SIZE={arena}', *defined]
    objects = []
    for source in 'startup.c', 'board.cpp', *sources:
        compiler = ['arm-none-eabi-gcc'] if source.endswith(('.c', '.S')) else ['arm-none-eabi-g++', *PLAIN]
        objects.append(f'{folder}/{machine}-{name}-{source}.o')
        if changed not in (None, source):
            continue
        subprocess.run([*compiler, *flags, '-c', f'{HERE}/{source}', '-o', objects[-1]], check=True)
    program = f'{folder}/{machine}-{name}.elf'
    subprocess.run(['arm-none-eabi-g++', *flags, '--specs=nano.specs', '-nostartfiles', '-Wl,--gc-sections,--no-warn-rwx-segments',
                    f'-Wl,--defsym=FLASH_SIZE={flash},--defsym=RAM_SIZE={ram}', '-T', f'{HERE}/cortex-m.ld', *objects, '-o', program], check=True)
    size = subprocess.run(['arm-none-eabi-size', program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return program, int(size.splitlines()[1].split()[0])


def run(machine, program):
    ran = subprocess.run(['cross/tools/run-cortex-m', machine, program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return ran.returncode, ran.stdout


def try_wasm(machine, folder, results):
    """The WebAssembly engine with all that it has, and without vectors, superinstructions and guarded memories."""
    guest = os.path.abspath(f'{folder}/guest.wasm')
    subprocess.run(['clang-16', '--target=wasm32', '-Os', '-nostdlib', '-Wl,--no-entry,--strip-all,-z,stack-size=1024', f'{HERE}/guest.c', '-o', guest], check=True)
    container, key = packed(folder, 'wasm', 1, f'wasm={guest}')
    for small, (most_text, most_heap) in WASM_SIZES.items():
        more = [f'-DKEY="{key}"'] if small else []
        file = container if small else guest
        defined = [f'-DVITTE_WASM_SMALL={small}', f'-DGUEST="{file}"', *more]
        program, text = build(machine, folder, f'wasm{small}', ['heap.cpp', 'wasm.cpp'], WASM_ARENA, defined)
        code, output = run(machine, program)
        lines = output.splitlines()
        results.equal((code, lines[:-1]), (0, ['too warm', 'too warm', 'mean 45', 'grown by 0']), f'{machine}: a module in flash')
        heap, checks = int(lines[-1].removeprefix('heap ')), text_of(program, CHECKS)
        name = 'small engine' if small else 'engine'
        print(f'firmware/{machine}: {text - checks} bytes of text with the WebAssembly {name}, {checks} for containers and signatures, {heap} bytes of heap')
        results.check(text - checks < most_text and checks < MOST_OF_CHECKS and heap < most_heap, f'{machine}: {name}: {text} bytes of text, {checks} among them for containers, {heap} of heap')


def link_as_binutils(folder, results):
    """Every relocation comes to the same bytes as those of GNU ld, at the same addresses."""
    symbols, memory, linked = {'sensor': 0x20100001, 'limit': 0x1234}, 0x20001000, f'{folder}/relocations'
    subprocess.run(['arm-none-eabi-as', 'tests/firmware/relocations.s', '-o', f'{linked}.o'], check=True)
    subprocess.run(['arm-none-eabi-as', '-o', f'{linked}-symbols.o'], check=True, text=True, input='.cpu cortex-m7\n' + ''.join(
        f'.global {name}\n.set {name}, {value}\n' + (f'.type {name}, %function\n' if value % 2 else '') for name, value in symbols.items()))
    shown = subprocess.run([tool(folder, 'tests/firmware/link.cpp'), f'{linked}.o', 'memory', '0x8000', hex(memory), f'{linked}.memory',
                            *(f'{name}={value}' for name, value in symbols.items())], check=True, stdout=subprocess.PIPE, text=True).stdout
    sections = sorted((int(address, 16), name) for name, address in (line.split() for line in shown.splitlines()))
    with open(f'{linked}.ld', 'w', encoding='utf-8') as script:
        print('SECTIONS {', *(f'{name} {address} : {{ *({name}) }}' for address, name in sections), '}', sep='\n', file=script)
    subprocess.run(['arm-none-eabi-ld', '--no-warn-rwx-segments', '-T', f'{linked}.ld', f'{linked}.o', f'{linked}-symbols.o', '-o', f'{linked}.elf'], check=True)
    with open(f'{linked}.memory', 'rb') as file:
        ours = file.read()
    for address, name in sections:
        subprocess.run(['arm-none-eabi-objcopy', '-O', 'binary', '-j', name, f'{linked}.elf', f'{linked}.section'], check=True)
        with open(f'{linked}.section', 'rb') as file:
            theirs = file.read()
        results.equal(ours[address - memory:][:len(theirs)].hex(' ', 4), theirs.hex(' ', 4), f'{name} as ld links it')


def tool(folder, source):
    """A program for this machine."""
    made = f'{folder}/{os.path.basename(source)}.tool'
    if not os.path.exists(made):
        subprocess.run(['clang++-16', '-std=c++20', '-Wall', '-Wextra', '-Werror', '-Iinclude', source, '-o', made], check=True)
    return made


def packed(folder, name, seed, *words):
    """A container, and its public key."""
    made = os.path.abspath(f'{folder}/{name}.vitplug')
    shown = subprocess.run([tool(folder, f'{HERE}/pack.cpp'), made, str(seed), *words], check=True, stdout=subprocess.PIPE, text=True).stdout
    return made, shown.splitlines()[-1] if shown else None


def addresses_in(program, *names):
    lines = subprocess.run(['arm-none-eabi-nm', program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    known = {words[2]: '0x' + words[0] for words in map(str.split, lines) if len(words) == 3}
    return [known[name] for name in names]


def text_of(program, pattern):
    """Bytes of functions and constants whose names have it."""
    lines = subprocess.run(['arm-none-eabi-nm', '-S', '-C', program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    symbols = [words for words in (line.split(' ', 3) for line in lines) if len(words) == 4 and words[2] in 'tTwWvVrRu']
    return sum(size for _, size in {(words[0], int(words[1], 16)) for words in symbols if re.search(pattern, words[3])})


def try_modules(machine, folder, results):
    """Native modules in signed containers: in memory, in flash wherever, and in flash at one address."""
    cpu, target = BOARDS[machine][0], 'thumbv7em-none-eabi='
    guest = target + assembled(cpu, f'{HERE}/guest.c', folder)
    rule = target + assembled(cpu, f'{HERE}/rule.c', folder, '-fPIC', '-fvisibility=hidden')
    located = target + assembled(cpu, 'tests/firmware/located.c', folder)
    files = {}
    files['GUEST'], key = packed(folder, 'guest', 1, guest)
    files['RULE'], _ = packed(folder, 'rule', 1, 'settle', rule)
    files['UNSIGNED'], _ = packed(folder, 'unsigned', 0, guest)
    files['FOREIGN'], _ = packed(folder, 'foreign', 2, guest)
    files['LOCATED'], _ = packed(folder, 'located', 1, 'settle', located, '0', '0x20000000')
    defined = [f'-DKEY="{key}"', *(f'-D{name}="{file}"' for name, file in files.items())]
    sources = ['heap.cpp', 'modules.cpp', 'modules.S']
    program, _ = build(machine, folder, 'modules', sources, 4096, defined)
    places = addresses_in(program, 'located_file', 'fixed_memory')
    packed(folder, 'located', 1, 'settle', located, *places)
    program, text = build(machine, folder, 'modules', sources, 4096, defined, changed='modules.S')
    results.equal(addresses_in(program, 'located_file', 'fixed_memory'), places, f'{machine}: a module of the same size')
    code, output = run(machine, program)
    lines = output.splitlines()
    stack = int(lines[7].removeprefix('stack ')) if len(lines) == 12 else 0
    results.equal((code, [*lines[:7], *lines[8:]]), (0, [
        'guest: 196 bytes of memory, code in memory', 'too warm', 'too warm', 'rule: 64 bytes of memory, code in flash', 'too warm', 'too warm',
        'located: 104 bytes of memory, code in flash', 'grown by 0, stopped 101 times',
        *[f'signatures of the container: too few keys that are trusted have signed it as it is at byte {at}'
          for at in (os.path.getsize(files['UNSIGNED']), os.path.getsize(files['FOREIGN']) - 72)],
        '40 flipped bits refused']), f'{machine}: modules')
    linker, checks = text_of(program, LINKER), text_of(program, CHECKS)
    print(f'firmware/{machine}: {text} bytes of text with modules: {linker} to link them, {checks} for containers and signatures; {stack} bytes of stack')
    results.check(linker < MOST_OF_LINKER and checks < MOST_OF_CHECKS and 0 < stack < MOST_OF_STACK, f'{machine}: {linker}, {checks} and {stack} bytes for modules')


def main(folder, results_file):
    os.makedirs(folder, exist_ok=True)
    results = Results('firmware')
    link_as_binutils(folder, results)
    try_modules('mps2-an500', folder, results)
    for machine in BOARDS:
        program, text = build(machine, folder, 'hello', ['hello.cpp'], BOARDS[machine][-1])
        print(f'firmware/{machine}: {text} bytes of text')
        results.check(text < LIMIT, f'{machine}: {text} bytes of text')
        results.equal(run(machine, program), (0, 'hello from bare metal\n'), machine)
    try_wasm('mps2-an385', folder, results)
    results.append_to(results_file)


main(*sys.argv[1:])
