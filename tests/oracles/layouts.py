"""Sizes, alignments and offsets of C types for each ABI, against gcc and clang."""
import concurrent.futures
import os
import shutil
import subprocess

CLANG = 'clang-16'
# By ABI, the compilers that have it.
COMPILERS = {
    'sysv_x86_64': [['gcc'], [CLANG, '--target=x86_64-linux-gnu'], [CLANG, '--target=x86_64-apple-macos']],
    'win64': [[CLANG, '--target=x86_64-pc-windows-msvc']],
    'win64_gnu': [['x86_64-w64-mingw32-gcc'], [CLANG, '--target=x86_64-w64-mingw32']],
    'aapcs64': [['aarch64-linux-gnu-gcc'], [CLANG, '--target=aarch64-linux-gnu']],
    'apple_arm64': [[CLANG, '--target=arm64-apple-macos']],
    'aapcs32_hard': [['arm-linux-gnueabihf-gcc'], [CLANG, '--target=arm-linux-gnueabihf']],
    'riscv64_lp64d': [['riscv64-linux-gnu-gcc'], [CLANG, '--target=riscv64-linux-gnu', '-mabi=lp64d']],
    's390x': [['s390x-linux-gnu-gcc', '-march=z13'], [CLANG, '--target=s390x-linux-gnu', '-march=z13']],
}
# What signatures call the scalars, and what C does.
SCALARS = {
    'bool': '_Bool', 'i8': 'signed char', 'u8': 'unsigned char', 'i16': 'short', 'u16': 'unsigned short', 'i32': 'int', 'u32': 'unsigned',
    'i64': 'long long', 'u64': 'unsigned long long', 'f32': 'float', 'f64': 'double', 'long_double': 'long double',
    'complex_f32': '_Complex float', 'complex_f64': '_Complex double', 'complex_long_double': '_Complex long double', 'ptr': 'void *',
    'str': 'const char *', 'v128': 'v128', 'char': 'char', 'short': 'short', 'ushort': 'unsigned short', 'int': 'int', 'uint': 'unsigned',
    'long': 'long', 'ulong': 'unsigned long', 'size_t': '__SIZE_TYPE__', 'ssize_t': '__PTRDIFF_TYPE__', 'ptrdiff_t': '__PTRDIFF_TYPE__',
    'intptr_t': '__INTPTR_TYPE__', 'uintptr_t': '__UINTPTR_TYPE__', 'wchar_t': '__WCHAR_TYPE__',
}
ALIGNMENTS = [1, 2, 4, 8, 16, 32, 64, 4096]
# What `facts` says, in C.
FACTS = ['sizeof(void *)', 'sizeof(long)', 'sizeof(__WCHAR_TYPE__)', '(__WCHAR_TYPE__)-1 < 0', '(char)-1 < 0', '__LDBL_MANT_DIG__',
         'sizeof(long double)', '_Alignof(long double)', '_Alignof(v128)', '__builtin_offsetof(struct { char c; long long l; }, l)',
         '_Alignof(max_align_t)', '__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__']
RECORDS = 150  # in each case


def needs():
    return '' if shutil.which(CLANG) else CLANG


def a_member(random, records):
    """What stands before and behind a member's name in C, and its type in a signature, and how large it is at most."""
    if records and random.random() < 0.35:
        name, text, room = random.choice(records[-40:])
    else:
        text, room = random.choice(list(SCALARS)), 32
        name = SCALARS[text]
    behind = ''
    for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
        count = random.choice([1, 2, 3, 4, 7, 16, random.randrange(1, 300)])
        text, behind, room = f'[{count}]{text}', f'[{count}]{behind}', room * count
    return name, behind, text, room


def a_record(random, name, records):
    """A structure or union in C, what signatures call it, how large it is at most, and how many members it has."""
    union = random.random() < 0.2
    count = random.choice([1, 1, 2, 2, 3, 4, 5, random.randrange(1, 12)])
    in_c, in_text, all_room = [], [], 2 * max(ALIGNMENTS)
    for i in range(count):
        before, behind, text, room = a_member(random, records)
        all_room += room + max(ALIGNMENTS)
        if not union and 0 < i == count - 1 and random.random() < 0.1:
            behind, text = '[]' + behind, '[0]' + text
        aligned = random.choice(ALIGNMENTS) if random.random() < 0.08 else 0
        in_c.append(f'{before} m{i}{behind}' + (f' __attribute__((aligned({aligned})))' if aligned else ''))
        in_text.append((f'alignas({aligned}) ' if aligned else '') + text + random.choice(['', f' m{i}']))
    packing, attributes, pack = '', [], 0
    if random.random() < 0.15:
        packing, attributes = 'packed ', ['packed']
    if random.random() < 0.15:
        pack = random.choice([1, 2, 4, 8, 16])
        packing += f'pack({pack}) '
    if random.random() < 0.15:
        aligned = random.choice(ALIGNMENTS)
        packing += f'aligned({aligned}) '
        attributes.append(f'aligned({aligned})')
    word, attribute = 'union' if union else 'struct', f' __attribute__(({", ".join(attributes)}))' if attributes else ''
    defined = f'typedef {word}{attribute} {{ {"; ".join(in_c)}; }} {name};'
    if pack:
        defined = f'#pragma pack(push, {pack})\n{defined}\n#pragma pack(pop)'
    return defined, packing + ('union' if union else '') + '{' + ', '.join(in_text) + '}', all_room, count


def complaint(command, source, folder):
    """What a compiler says about assertions that do not hold; '' if nothing."""
    run = subprocess.run([*command, '-std=gnu11', '-w', '-fsyntax-only', source], cwd=folder, capture_output=True, text=True)
    return '' if run.returncode == 0 else f'{" ".join(command)}: ' + '\n'.join(run.stderr.splitlines()[:12])


def check(random, ours, folder):
    records, definitions, counts = [], [], []
    while len(records) < RECORDS:
        name = f't{len(records)}'
        defined, text, room, count = a_record(random, name, [r for r in records if len(r[1]) < 300])
        if room < 2**31:
            definitions.append(defined)
            records.append((name, text, room))
            counts.append(count)
    beginning = ['typedef int v128 __attribute__((vector_size(16)));',
                 'typedef struct { long long l __attribute__((aligned(_Alignof(long long)))); '
                 'long double d __attribute__((aligned(_Alignof(long double)))); } max_align_t;']
    commands = []
    for abi, compilers in COMPILERS.items():
        answers = [answer.decode() for answer in ours.ask('layouts', abi, *(text for _, text, _ in records))]
        lines = [*beginning]
        for expression, fact in zip(FACTS, ours.ask('facts', abi), strict=True):
            lines.append(f'_Static_assert(({expression}) == {int(fact)}, "");')
        for (name, text, _), definition, count, answer in zip(records, definitions, counts, answers, strict=True):
            numbers = answer.split()
            if not all(map(str.isdigit, numbers)) or len(numbers) != 2 + count:
                return f'{abi}: {text}: {answer}'
            size, alignment, *offsets = numbers
            holds = [f'sizeof({name}) == {size}', f'_Alignof({name}) == {alignment}',
                     *(f'__builtin_offsetof({name}, m{i}) == {offset}' for i, offset in enumerate(offsets))]
            lines += [definition, *(f'_Static_assert({held}, "{abi} {text}");' for held in holds)]
        source = f'{abi}.c'
        with open(f'{folder}/{source}', 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines) + '\n')
        commands += [(command, source) for command in compilers if shutil.which(command[0])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda c: complaint(*c, folder), commands)
    return next(filter(None, said), '')
