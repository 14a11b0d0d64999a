"""Builds the firmware of examples/cortex-m with the small C library, looks at its size, and runs it in qemu.

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
SMALL = ['-Os', '-mthumb', '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra', '-Werror']
PLAIN = ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics', '-Iinclude']


def build(machine, folder):
    cpu, frequency, flash, ram, arena = BOARDS[machine]
    flags = [f'-mcpu={cpu}', *SMALL, f'-DCPU_HZ={frequency}', f'-DARENA_SIZE={arena}']
    objects = []
    for source, compiler in ('startup.c', ['arm-none-eabi-gcc']), ('board.cpp', ['arm-none-eabi-g++', *PLAIN]), ('hello.cpp', ['arm-none-eabi-g++', *PLAIN]):
        objects.append(f'{folder}/{machine}-{source}.o')
        subprocess.run([*compiler, *flags, '-c', f'{HERE}/{source}', '-o', objects[-1]], check=True)
    program = f'{folder}/{machine}.elf'
    subprocess.run(['arm-none-eabi-g++', *flags, '--specs=nano.specs', '-nostartfiles', '-Wl,--gc-sections,--no-warn-rwx-segments',
                    f'-Wl,--defsym=FLASH_SIZE={flash},--defsym=RAM_SIZE={ram}', '-T', f'{HERE}/cortex-m.ld', *objects, '-o', program], check=True)
    return program


def main(folder, results_file):
    os.makedirs(folder, exist_ok=True)
    results = Results('firmware')
    for machine in BOARDS:
        program = build(machine, folder)
        size = subprocess.run(['arm-none-eabi-size', program], check=True, stdout=subprocess.PIPE, text=True).stdout
        text = int(size.splitlines()[1].split()[0])
        print(f'firmware/{machine}: {text} bytes of text')
        results.check(text < LIMIT, f'{machine}: {text} bytes of text')
        ran = subprocess.run(['cross/tools/run-cortex-m', machine, program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        results.equal((ran.returncode, ran.stdout), (0, 'hello from bare metal\n'), machine)
    results.append_to(results_file)


main(*sys.argv[1:])
