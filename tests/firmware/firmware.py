"""Builds the firmwares of examples/cortex-m with the small C library, looks at their sizes, and runs them in qemu.

usage: firmware.py FOLDER RESULTS
"""
import os
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
SMALL = ['-Os', '-mthumb', '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra', '-Wno-psabi', '-Werror']
PLAIN = ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics', '-Iinclude']


def build(machine, folder, name, sources, arena, defined=()):
    """The firmware of the start-up code, the board and `sources`, and its bytes of text."""
    cpu, frequency, flash, ram, _ = BOARDS[machine]
    flags = [f'-mcpu={cpu}', *SMALL, f'-DCPU_HZ={frequency}', f'-DARENA_SIZE={arena}', *defined]
    objects = []
    for source in 'startup.c', 'board.cpp', *sources:
        compiler = ['arm-none-eabi-gcc'] if source.endswith('.c') else ['arm-none-eabi-g++', *PLAIN]
        objects.append(f'{folder}/{machine}-{name}-{source}.o')
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
    for small, (most_text, most_heap) in WASM_SIZES.items():
        defined = [f'-DVITTE_WASM_SMALL={small}', f'-DGUEST="{guest}"']
        program, text = build(machine, folder, f'wasm{small}', ['heap.cpp', 'wasm.cpp'], WASM_ARENA, defined)
        code, output = run(machine, program)
        lines = output.splitlines()
        results.equal((code, lines[:-1]), (0, ['too warm', 'too warm', 'mean 45']), f'{machine}: a module in flash')
        heap = int(lines[-1].removeprefix('heap '))
        name = 'small engine' if small else 'engine'
        print(f'firmware/{machine}: {text} bytes of text with the WebAssembly {name}, {heap} bytes of heap')
        results.check(text < most_text and heap < most_heap, f'{machine}: {name}: {text} bytes of text, {heap} of heap')


def main(folder, results_file):
    os.makedirs(folder, exist_ok=True)
    results = Results('firmware')
    for machine in BOARDS:
        program, text = build(machine, folder, 'hello', ['hello.cpp'], BOARDS[machine][-1])
        print(f'firmware/{machine}: {text} bytes of text')
        results.check(text < LIMIT, f'{machine}: {text} bytes of text')
        results.equal(run(machine, program), (0, 'hello from bare metal\n'), machine)
    try_wasm('mps2-an385', folder, results)
    results.append_to(results_file)


main(*sys.argv[1:])
