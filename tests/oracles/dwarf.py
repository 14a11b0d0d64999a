"""Debug information of random C declarations, of several compilers, targets and options, against llvm-dwarfdump: entries, attributes, forms and values."""
import os
import re
import shutil
import subprocess

CONSTANTS = os.path.join(os.path.dirname(__file__), '../../include/vitte/loader/format/dwarf/constants.hpp')
DUMP = shutil.which('llvm-dwarfdump-16') or shutil.which('llvm-dwarfdump')
COMPILERS = ['gcc', 'clang-16', 's390x-linux-gnu-gcc', 'arm-linux-gnueabihf-gcc', 'clang-16 --target=s390x-linux-gnu',
             'clang-16 --target=arm-linux-gnueabihf', 'clang-16 --target=i386-linux-gnu']


def needs():
    lacking = [tool for tool in ('gcc', 'clang-16', 'dwz') if not shutil.which(tool)] + ([] if DUMP else ['llvm-dwarfdump'])
    return f'there is no {lacking[0]}' if lacking else ''


def declarations(random):
    """C: types of all kinds, and functions that use them."""
    scalars = ['char', 'signed char', 'unsigned char', 'short', 'unsigned short', 'int', 'unsigned', 'long', 'unsigned long',
               'long long', 'unsigned long long', 'float', 'double', '_Bool']
    types, text = list(scalars), ''

    def declared(name):
        kind, of = random.random(), random.choice(types)
        if kind < 0.2:
            return f'{of} *{name}'
        if kind < 0.3:
            return f'const {of} *restrict {name}'
        if kind < 0.4:
            return f'{of} {name}[{random.randrange(1, 9)}][{random.randrange(1, 300)}]'
        if kind < 0.5:
            return f'{of} (*{name})({random.choice(types)}, {random.choice(types)} *{random.choice(["", ", ..."])})'
        return f'{of} {name}'

    def member(name):
        if random.random() < 0.2:
            of, most = random.choice([('int', 32), ('unsigned', 32), ('unsigned char', 8), ('long long', 64)])
            return f'{of} {name} : {random.randrange(1, most)};'
        if random.random() < 0.1:
            return f'{random.choice(["struct", "union"])} {{ int {name}_a; {declared(name + "_b")}; }} {random.choice(["", name])};'
        return declared(name) + ';'

    for i in range(random.randrange(2, 9)):
        kind = random.choice(['struct', 'struct', 'union', 'enum', 'typedef', 'opaque', 'recursive'])
        members = ' '.join(member(f'm{j}') for j in range(random.randrange(1, 7)))
        attribute = random.choice(['', '', '', ' __attribute__((packed))', ' __attribute__((aligned(32)))'])
        if kind in ('struct', 'union'):
            text += f'{kind} t{i} {{ {members} }}{attribute};\n'
            types.append(f'{kind} t{i}')
        elif kind == 'recursive':
            text += f'typedef struct t{i} {{ struct t{i} *next; {members} }} t{i};\n'
            types.append(f't{i}')
        elif kind == 'enum':
            numbers = ', '.join(f't{i}_{j} = {random.choice([j, j - 2, 1 << random.randrange(31), -(1 << random.randrange(31))])}' for j in range(5))
            text += f'typedef enum {{ {numbers} }} t{i};\n'
            types.append(f't{i}')
        elif kind == 'typedef':
            text += f'typedef {declared(f"t{i}")};\n'
            if '[' not in text.rsplit('\n', 2)[-2]:
                types.append(f't{i}')
        else:
            text += f'struct t{i};\n'
            types.append(f'struct t{i} *')
    for i in range(random.randrange(1, 5)):
        parameters = ', '.join(declared(f'p{j}') for j in range(random.randrange(0, 6))) or 'void'
        text += f'{random.choice(types[:14] + ["void *"])} f{i}({parameters}) {{ static {random.choice(types)} x; (void)&x; return 0; }}\n'
    return text


def names(kind, prefix):
    """Number by name of the enumeration `kind` of ours."""
    with open(CONSTANTS, encoding='utf-8') as file:
        body = re.search(r'enum class %s : .*?\{(.*?)\n\};' % kind, file.read(), re.S)[1]
    found = {}
    for name, number in re.findall(r'^\s+(\w+) = (\w+),', body, re.M):
        name = re.sub('^mips_', 'MIPS_', re.sub('^gnu_', 'GNU_', name.rstrip('_')))
        found[f'{prefix}_{name}'] = int(number, 0)
    return found


def theirs(path):
    """[(offset, tag, abbreviation, children, [(attribute, form, value)])]; a value is a text, a number or unknown."""
    shown = subprocess.run([DUMP, '-v', '--debug-info', '--debug-types', path], capture_output=True, text=True, errors='surrogateescape', check=True).stdout
    entries, begin = [], 0
    for line in shown.splitlines():
        if match := re.match(r'0x([0-9a-f]{8}): .* Unit: length', line):
            begin = int(match[1], 16)
        elif match := re.match(r'0x([0-9a-f]{8}):\s+DW_TAG_(\w+) \[(\d+)\] (\*?)', line):
            entries.append((int(match[1], 16), match[2], int(match[3]), match[4] == '*', []))
        elif match := re.match(r'\s+DW_AT_(\w+) \[DW_FORM_(\w+)\]\s*\((.*?)\)?\s*$', line):
            entries[-1][4].append(('DW_AT_' + match[1], 'DW_FORM_' + match[2], meant(match[1], match[2], match[3])))
    return entries


def meant(name, form, text):
    if name in ('decl_file', 'call_file', 'high_pc', 'ranges', 'stmt_list', 'loclists_base', 'location', 'language', 'encoding', 'inline', 'frame_base'):
        return None
    if match := re.search(r'"(.*)"$', text) if form in ('strp', 'string', 'line_strp') or form.startswith('strx') or 'str_index' in form else None:
        return 's', match[1].replace('\\"', '"').replace("\\'", "'").replace('\\\\', '\\')
    if match := re.search(r'address = (0x[0-9a-f]+)', text) or re.search(r'\{(0x[0-9a-f]+)\}', text) or re.fullmatch(r'<alt (0x[0-9a-f]+)>', text):
        return 'n', int(match[1], 16)
    if text == 'true':
        return 'n', 1
    if match := re.match(r'(0x[0-9a-f]+|-?\d+)( "|$)', text):
        return 'n', int(match[1], 0) % 2**64
    return None


def ours_of(said):
    entries = []
    for line in said.split('\n'):
        fields = line.split(' ')
        if fields[0] == 'E':
            offset, tag, code, children, _ = fields[1:]
            entries.append((int(offset, 16), int(tag, 16), int(code), children == '1', []))
        elif fields[0] == 'A':
            _, name, form, kind, value = line.split(' ', 4)
            entries[-1][4].append((int(name, 16), int(form, 16), (kind, int(value, 16) if kind == 'n' else value)))
    return entries


def difference(path, said, options):
    tags, attributes, forms = names('tag', 'DW_TAG'), names('attribute', 'DW_AT'), names('form', 'DW_FORM')
    readable = path
    if '-gz=zlib-gnu' in options:  # which theirs does not know any more
        readable = path + '.plain'
        subprocess.run(['objcopy', '--decompress-debug-sections', path, readable], check=True)
    expected, got = theirs(readable), ours_of(said)
    if not expected and 'there is none' in said:
        return ''
    if said.startswith('failed') or len(expected) != len(got) or not expected:
        return f'{path}: {len(expected)} entries, ours has {len(got)} {said[:200]}'
    for wanted, found in zip(expected, got):
        same = (wanted[0] == found[0] and wanted[2:4] == found[2:4] and len(wanted[4]) == len(found[4])
                and tags.get('DW_TAG_' + wanted[1], found[1]) == found[1])
        for (name, form, value), (number, written, ours) in zip(wanted[4], found[4]):
            masked = value == ours or value is None
            if value and ours[0] == value[0] == 'n' and value[1] != ours[1]:  # they sign-extend what stands in a few bytes
                masked = any(value[1] == (ours[1] | (2**64 - (1 << bits))) and ours[1] >> (bits - 1) == 1 for bits in (8, 16, 32))
            same = same and attributes.get(name, number) == number and forms.get(form, -1) == written and masked
        if not same:
            return f'{path}: expected {wanted}, got {found}'
    return ''


def check(random, ours, folder):
    options = [random.choice(['-gdwarf-4', '-gdwarf-5', '-gdwarf-5', '-gdwarf-3', '-gdwarf-2'])]
    compiler = random.choice([c for c in COMPILERS if shutil.which(c.split()[0])]).split()
    cross = len(compiler) > 1 or '-linux' in compiler[0]
    form = random.choice(['', '', '-gz=zlib', '-gsplit-dwarf', '-fdebug-types-section', '-gdwarf64', 'dwz', '-gz=zlib-gnu'])
    if form == '-gsplit-dwarf' and options[0] in ('-gdwarf-2', '-gdwarf-3'):
        options = ['-gdwarf-4']
    if form == '-gdwarf64' and compiler[0] == 'clang-16' and (options[0] == '-gdwarf-2' or '--target=arm' in ' '.join(compiler) or 'i386' in ' '.join(compiler)):
        form = ''
    if form == '-gz=zlib-gnu' and compiler != ['gcc']:
        form = '-gz=zlib'
    dwz = form == 'dwz' and not cross
    options += [] if form in ('', 'dwz') else [form]
    options += [random.choice(['-O0', '-O2'])]
    sources = []
    for i in range(random.randrange(1, 4)):
        with open(f'{folder}/{i}.c', 'w', encoding='utf-8') as file:
            file.write(re.sub(r'\bf(\d+)\(', rf'f\g<1>_{i}(', declarations(random)))
        sources.append(f'{i}.c')
    if compiler[0] == 'clang-16' and cross:
        options += ['-fuse-ld=lld', '-nostdlib'] if shutil.which('ld.lld') else ['-nostdlib']
    for source in sources:
        subprocess.run([*compiler, '-w', '-fPIC', *options, '-c', source, '-o', source[0] + '.o'],
                       cwd=folder, check=True, stderr=subprocess.DEVNULL)
    if form == '-gsplit-dwarf':
        paths = [source[0] + '.dwo' for source in sources]
    else:
        paths = ['library.so']
        linker = {'s390x-linux-gnu': 's390x-linux-gnu-gcc', 'arm-linux-gnueabihf': 'arm-linux-gnueabihf-gcc'}.get(compiler[-1].partition('=')[2])
        command = [linker] if linker else compiler
        if 'i386' in compiler[-1]:
            command = ['ld', '-m', 'elf_i386']
        subprocess.run([*command, *([] if command[0] == 'ld' else ['-nostdlib', *[o for o in options if o.startswith('-gz')]]), '-shared', *[s[0] + '.o' for s in sources], '-o', 'library.so'],
                       cwd=folder, check=True, capture_output=True)
        if dwz:
            shutil.copy(f'{folder}/library.so', f'{folder}/other.so')
            made = subprocess.run(['dwz', '-m', 'common', 'library.so', 'other.so'], cwd=folder, check=False, capture_output=True)
            paths += ['common'] if made.returncode == 0 and os.path.exists(f'{folder}/common') else []
    for path in paths:
        said = ours.ask('dump', f'{folder}/{path}')[0].decode(errors='surrogateescape')
        if said := difference(f'{folder}/{path}', said, options):
            return f'{" ".join(compiler)} {" ".join(options)}: {said}'
    return ''
