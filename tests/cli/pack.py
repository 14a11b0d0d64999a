"""`vitte pack`, `vitte unpack`, `vitte inspect` and `vitte run` of containers, against a reader and a writer of the format in Python.

usage: pack.py FOLDER_OF_EXAMPLES RESULTS
"""
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

DEFLATE, LZ4, CRITICAL = 1, 2, 1 << 31
LABELLED = (b'NATV', b'SCPT', b'DATA', b'DBUG')


def aligned(data):
    return data + bytes(-len(data) % 16)


def labelled(label, content):
    return aligned(struct.pack('<H', len(label)) + label) + content


def unlz4(data):
    made, at = bytearray(), 0

    def length(start):
        nonlocal at
        if start == 15:
            while True:
                at += 1
                start += data[at - 1]
                if data[at - 1] != 255:
                    break
        return start

    while at < len(data):
        token = data[at]
        at += 1
        count = length(token >> 4)
        made += data[at:at + count]
        at += count
        if at < len(data):
            distance = struct.unpack_from('<H', data, at)[0]
            at += 2
            for _ in range(length(token & 15) + 4):
                made.append(made[-distance])
    return bytes(made)


def read(file):
    """The contents by kind and label, and how each is compressed."""
    magic, version, flags, table = struct.unpack_from('<4sHHQ', file)
    assert (magic, version, flags) == (b'VITB', 2, 0)
    count = struct.unpack_from('<I', file, table)[0]
    contents, how, rows = {}, {}, []
    for i in range(count):
        kind, flags, offset, stored, plain, crc, zero = struct.unpack_from('<4sIQQQII', file, table + 4 + 40 * i)
        data = file[offset:offset + stored]
        assert offset % 16 == 0 and zero == 0 and zlib.crc32(data) == crc and offset + stored <= table
        label, before = b'', 0
        if kind in LABELLED:
            size = struct.unpack_from('<H', data)[0]
            label, before = data[2:2 + size], (2 + size + 15) // 16 * 16
        content = data[before:]
        if flags & DEFLATE:
            content = zlib.decompress(content, -15)
        if flags & LZ4:
            content = unlz4(content)
        assert len(content) + before == plain
        contents[kind.decode(), label.decode()] = content
        how[kind.decode(), label.decode()] = flags & 3
        rows.append((kind, offset))
    assert rows == sorted(rows) and table + 4 + 40 * count == len(file)
    return contents, how


def rows_of(file):
    table = struct.unpack_from('<Q', file, 8)[0]
    return [file[table + 4 + 40 * i:table + 44 + 40 * i] for i in range(struct.unpack_from('<I', file, table)[0])]


def write(entries, signatures=b''):
    """A container of (kind, label or none, content), in order."""
    body, rows = b'', []
    for kind, label, content in entries:
        stored = content if label is None else labelled(label, content)
        rows.append(kind + struct.pack('<IQQQII', 0, 16 + len(body), len(stored), len(stored), zlib.crc32(stored), 0))
        body += aligned(stored)
    table = 16 + len(body)
    if signatures:
        end = table + 4 + 40 * (len(rows) + 1)
        rows.append(b'SIGN' + struct.pack('<IQQQII', 0, (end + 15) // 16 * 16, 0, 0, 0, 0))
        rows.sort(key=lambda row: row[:4])
    made = b'VITB' + struct.pack('<HHQ', 2, 0, table) + body + struct.pack('<I', len(rows)) + b''.join(rows)
    return aligned(made) + signatures if signatures else made


class Case:
    def __init__(self, results, folder, scratch):
        self.results, self.vitte, self.scratch = results, os.path.join(folder, 'vitte'), scratch

    def path(self, name):
        return os.path.join(self.scratch, name)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'wb') as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def run(self, *arguments):
        return subprocess.run([self.vitte, *arguments], cwd=self.scratch, capture_output=True, text=True, check=False)

    def does(self, *arguments):
        done = self.run(*arguments)
        self.results.equal((done.returncode, done.stderr), (0, ''), f'{arguments}')
        return done.stdout

    def refuses(self, code, needles, *arguments):
        done = self.run(*arguments)
        good = done.returncode == code and done.stderr.count('\n') == 1 and done.stderr.startswith('vitte: ') and all(n in done.stderr for n in needles)
        self.results.check(good, f'{arguments}: exit {done.returncode}, {done.stderr!r}')


META = {'name': 'acme/image', 'version': '1.2.3', 'entry': 'main', 'since': 2026}
DEPS = [{'name': 'acme/pixels', 'range': '^1.2', 'optional': True}]
SYMB = {'exports': [{'name': 'resize', 'signature': 'i32(i32, i32)', 'doc': 'Makes it smaller.'}]}
FILES = {'image.wasm': b'\0asm\1\0\0\0' + bytes(500), 'libimage.so': b'\177ELF' + bytes(range(256)) * 20, 'image.lua': b'return 1\n' * 50,
         'icon': os.urandom(300), 'empty': b'', 'interfaces': b'table'}
DESCRIPTION = {'meta': META, 'dependencies': DEPS, 'symbols': SYMB, 'code': 'image.wasm',
               'native': {'x86_64-linux-gnu': 'libimage.so', 'aarch64-linux-gnu': 'libimage.so'}, 'scripts': {'lua': 'image.lua'},
               'data': {'icons/image.png': 'icon', 'empty': 'empty', 'grün': 'icon'}, 'plugin': 'interfaces'}


def check_pack(case):
    results = case.results
    for name, content in FILES.items():
        case.write('in/' + name, content)
    case.write('in/image.json', json.dumps(DESCRIPTION).encode())
    expected = {('CODE', ''): FILES['image.wasm'], ('NATV', 'x86_64-linux-gnu'): FILES['libimage.so'],
                ('NATV', 'aarch64-linux-gnu'): FILES['libimage.so'], ('SCPT', 'lua'): FILES['image.lua'],
                ('DATA', 'icons/image.png'): FILES['icon'], ('DATA', 'empty'): b'', ('DATA', 'grün'): FILES['icon'], ('PLUG', ''): FILES['interfaces']}
    made = {}
    for option, flag in ('--store', 0), ('--deflate', DEFLATE), ('--lz4', LZ4):
        results.equal(case.does('pack', 'in/image.json', '-o', 'out' + option, option), '', 'pack is silent')
        made[option] = case.read('out' + option)
        contents, how = read(made[option])
        for kind, value in ('META', META), ('DEPS', DEPS), ('SYMB', SYMB):
            results.equal(json.loads(contents.pop((kind, ''))), value, f'{kind} {option}')
        results.equal(contents, expected, f'contents {option}')
        results.equal([how[k] for k in (('CODE', ''), ('SCPT', 'lua'), ('DATA', 'icons/image.png'))], [flag, flag, 0], f'compression {option}')
    case.does('pack', 'in/image.json', '-o', 'plain')
    results.equal(case.read('plain'), made['--store'], 'the default')

    # The same again: later, elsewhere, in another order.
    shutil.copytree(case.path('in'), case.path('elsewhere/deep'))
    turned = {k: dict(reversed(v.items())) if k in ('native', 'data') else v for k, v in reversed(DESCRIPTION.items())}
    case.write('elsewhere/deep/other.json', json.dumps(turned, indent=4).encode())
    os.utime(case.path('elsewhere/deep/image.wasm'), (1, 1))
    os.chmod(case.path('elsewhere/deep/icon'), 0o600)
    for option, before in made.items():
        case.does('pack', 'elsewhere/deep/other.json', '-o', 'again', option)
        results.equal(case.read('again') == before, True, f'the same bytes {option}')

    # There and back.
    case.does('unpack', 'out--deflate', 'unpacked')
    for path, name in ('code.wasm', 'image.wasm'), ('native/x86_64-linux-gnu', 'libimage.so'), ('scripts/lua', 'image.lua'), ('data/icons/image.png', 'icon'), ('data/grün', 'icon'), ('plugin', 'interfaces'):
        results.equal(case.read('unpacked/' + path), FILES[name], path)
    case.does('pack', 'unpacked/container.json', '-o', 'again', '--deflate')
    results.equal(case.read('again') == made['--deflate'], True, 'packed again')

    # What the format does not name is not lost either.
    other = [(b'META', None, json.dumps(META).encode()), (b'SYMB', None, json.dumps(SYMB).encode()), (b'more', None, b'for somebody'), (b'what', None, b'else' * 100)]
    case.write('other', write(other))
    case.does('unpack', 'other', 'other-out')
    results.equal((case.read('other-out/other/more'), case.read('other-out/other/what')), (b'for somebody', b'else' * 100), 'entries of other kinds')
    case.does('pack', 'other-out/container.json', '-o', 'again', '--deflate')
    contents, how = read(case.read('again'))
    results.equal((contents['more', ''], contents['what', ''], how['what', '']), (b'for somebody', b'else' * 100, DEFLATE), 'and packed again')
    flags = {row[:4]: struct.unpack('<I', row[4:8])[0] >> 31 for row in rows_of(case.read('again'))}
    results.equal(flags, {b'META': 1, b'SYMB': 1, b'more': 0, b'what': 0}, 'who has to know them')
    for entries, needle in ([(b'../x', None, b'')], 'no name of a file'), ([(b'what', None, b'a'), (b'what', None, b'b')], 'the one before it'):
        case.write('strange', write(entries))
        case.refuses(1, [needle, 'hint'], 'unpack', 'strange', 'strange-out')
    for name in 'META', 'abc', 'a/bc', 'SIGN', 'abcde', '':
        case.write('in/kinds.json', json.dumps({'other': {name: 'icon'}}).encode())
        case.refuses(1, ['is not the name of another kind', 'hint'], 'pack', 'in/kinds.json', '-o', 'x')

    # Nothing is replaced unless that is asked for.
    case.write('unpacked/code.wasm', b'mine')
    case.refuses(1, ['code.wasm', 'already exists', '--force'], 'unpack', 'out--lz4', 'unpacked')
    results.equal(case.read('unpacked/code.wasm'), b'mine', 'what was there')
    case.does('unpack', 'out--lz4', 'unpacked', '--force')
    results.equal(case.read('unpacked/code.wasm'), FILES['image.wasm'], 'what was replaced')

    case.refuses(1, ['nowhere.json', 'not found'], 'pack', 'nowhere.json', '-o', 'x')
    for text, needles in (('{', ['wrong.json']), ('[]', ['an object is needed']), ('{"native": {"x": "nowhere"}}', ['nowhere', 'not found', 'hint']), ('{"nativ": {}}', ["'nativ'", "did you mean 'native'?"]),
                          ('{"meta": {"name": "Acme", "version": "1.2.3"}}', ['name: a module']), ('{"code": 1}', ['a string is needed']),
                          ('{"data": {"a\\nb": "in/icon"}}', ['a\\x0ab', 'not a text of one line']), ('{"data": {"": "in/icon"}}', ['not a text of one line'])):
        case.write('wrong.json', text.encode())
        case.refuses(1, needles, 'pack', 'wrong.json', '-o', 'x')
    results.check(not os.path.exists(case.path('x')), 'a container of something wrong')
    for needles, *arguments in (['missing', 'hint'], 'pack', 'in/image.json'), (['missing'], 'pack', '-o', 'x'), (['--deflat', "did you mean '--deflate'?"], 'pack', 'a', '-o', 'b', '--deflat'), \
            (['-o'], 'pack', 'a', '-o'), (['more than one'], 'pack', 'a', 'b', '-o', 'c'), (['missing'], 'unpack', 'a'), (['too many'], 'unpack', 'a', 'b', 'c'), (['--forse'], 'unpack', 'a', 'b', '--forse'):
        case.refuses(2, needles, *arguments)
    results.check(case.does('pack', '--help').startswith('usage: vitte pack') and case.does('unpack', '--help').startswith('usage: vitte unpack'), 'help')


def tree(folder):
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


def check_hostile(case):
    results = case.results
    os.makedirs(case.path('jail/inside'))
    before = tree(case.path('jail'))
    for label in ('../escaped', '../../escaped', 'a/../../../escaped', '/tmp/vitte-escaped', 'a//b', './a', 'a/.', 'a/..', '..', '.', 'C:x', 'a\\b', '..\\x', 'nul:', 'a.', 'a ', 'x*', 'a|b', '/',
                  'CON', 'nul.txt', 'a/Lpt9.x/b', 'com\u00b9', 'CONIN$', 'aux .c'):
        for kind in LABELLED:
            case.write('hostile', write([(kind, label.encode(), b'gotcha')]))
            case.refuses(1, ['cannot be the name of a file'], 'unpack', 'hostile', 'jail/inside')
    results.equal(tree(case.path('jail')), before, 'what is in the folders')
    results.check(not os.path.exists('/tmp/vitte-escaped'), 'a file elsewhere')

    # Links that are in the folder already lead nowhere.
    os.symlink(case.path('jail'), case.path('jail/inside/data'))
    case.write('linked', write([(b'DATA', b'escaped', b'gotcha')]))
    for option in [], ['--force']:
        case.refuses(1, ['data/escaped', 'permission denied'], 'unpack', 'linked', 'jail/inside', *option)
    os.remove(case.path('jail/inside/data'))
    os.mkdir(case.path('jail/inside/data'))
    case.write('jail/victim', b'untouched')
    os.symlink('../../victim', case.path('jail/inside/data/escaped'))
    case.refuses(1, ['already exists'], 'unpack', 'linked', 'jail/inside')
    case.does('unpack', 'linked', 'jail/inside', '--force')
    results.equal((case.read('jail/victim'), case.read('jail/inside/data/escaped')), (b'untouched', b'gotcha'), 'a link in the place of a file')

    case.does('unpack', 'linked', 'jail/inside', '--force')  # what is there already, too
    case.write('devices', write([(b'DATA', name, b'') for name in (b'COM', b'COM10', b'CONSOLE', b'LPTX', b'x.con')]))
    case.does('unpack', 'devices', 'devices-out')
    case.write('nul.json', b'{"code": "devices\\u0000.wasm"}')
    case.refuses(1, ["'devices\\x00.wasm' is the path of no file"], 'pack', 'nul.json', '-o', 'nul-out')

    # A name that is a file and a folder, and names for a terminal.
    case.write('both', write([(b'DATA', b'a', b'file'), (b'DATA', b'a/b', b'below')]))
    case.refuses(1, ['data/a'], 'unpack', 'both', 'both-out')
    case.write('terminal', write([(b'DATA', b'\x1b[2J', b'')]))
    case.refuses(1, ['not a text for a line'], 'unpack', 'terminal', 'terminal-out')
    whole = write([(b'CODE', None, b'\0asm\1\0\0\0'), (b'META', None, b'{"name": "a", "version": "1.0.0"}')])
    for size in range(len(whole)):
        case.write('cut', whole[:size])
        if size % 16 == 0 or size > len(whole) - 4:
            case.refuses(1, ['cut: '], 'unpack', 'cut', 'cut-out')
    damaged = bytearray(whole)
    damaged[17] ^= 1
    case.write('damaged', bytes(damaged))
    case.refuses(1, ['its checksum is wrong'], 'unpack', 'damaged', 'damaged-out')
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(bytes(1 << 20)) + bomb.flush()
    row = b'META' + struct.pack('<IQQQII', 1, 16, len(packed), 1 << 40, zlib.crc32(packed), 0)
    case.write('bomb', b'VITB' + struct.pack('<HHQ', 2, 0, 16 + len(aligned(packed))) + aligned(packed) + struct.pack('<I', 1) + row)
    case.refuses(1, ['cannot be that of what is compressed'], 'unpack', 'bomb', 'bomb-out')

    # JSON that takes most memory for its bytes.
    plain = b'[' + b'1,' * (1 << 23) + b'1]'
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(plain) + bomb.flush()
    row = b'META' + struct.pack('<IQQQII', DEFLATE, 16, len(packed), len(plain), zlib.crc32(packed), 0)
    case.write('bomb', b'VITB' + struct.pack('<HHQ', 2, 0, 16 + len(aligned(packed))) + aligned(packed) + struct.pack('<I', 1) + row)
    case.refuses(1, ['larger than allowed'], 'unpack', 'bomb', 'bomb-out')
    case.refuses(1, ['larger than allowed'], 'inspect', 'bomb')


def check_inspect(case):
    results = case.results
    text = case.does('inspect', 'out--deflate')
    for needle in ('kind      container, VITB version 2\n', 'module    acme/image 1.2.3\n', 'entry     main\n', 'needs     acme/pixels ^1.2, optional\n',
                   'part      NATV x86_64-linux-gnu: ', 'bytes of deflate for 5124 bytes at ', 'part      DATA empty: 0 bytes at ', 'export    resize i32(i32, i32)\n'):
        results.check(needle in text, f'{needle!r} in {text!r}')
    told = json.loads(case.does('inspect', 'out--lz4', '--json'))
    results.equal({k: told[k] for k in ('file', 'format', 'kind', 'version', 'name', 'module_version')},
                  {'file': 'out--lz4', 'format': 'VITB', 'kind': 'container', 'version': 2, 'name': 'acme/image', 'module_version': '1.2.3'}, 'inspect --json')
    contents, how = read(case.read('out--lz4'))
    names = {0: 'none', DEFLATE: 'deflate', LZ4: 'lz4'}
    results.equal({(e['kind'], e['label']): (e['size'], e['compression'], e['damaged']) for e in told['entries']},
                  {key: (len(content), names[how[key]], 0) for key, content in contents.items()}, 'entries')
    results.equal(told['exports'], [{'name': 'resize', 'type': 'i32(i32, i32)'}], 'exports')

    signed = write([(b'DATA', b'x', b'y'), (b'what', None, b'?')], bytes(range(8)) + bytes(64) + b'\xff' * 72)
    case.write('signed', signed)
    text = case.does('inspect', 'signed')
    results.check('signed    by key 0706050403020100\nsigned    by key FFFFFFFFFFFFFFFF\n' in text and 'part      what: 1 bytes' in text, text)
    results.equal([s['key'] for s in json.loads(case.does('inspect', 'signed', '--json'))['signatures']], ['0706050403020100', 'F' * 16], 'signatures')
    damaged = signed.replace(b'y', b'z', 1)
    case.write('damaged', damaged)
    done = case.run('inspect', 'damaged')
    results.check(done.returncode == 1 and 'part      DATA x: 1 bytes at 16, damaged\n' in done.stdout and 'its checksum is wrong' in done.stderr, f'{done}')
    case.write('short', signed[:-1])
    case.refuses(1, ['inspect short: signatures of the container'], 'inspect', 'short')
    case.write('manifest', write([(b'META', None, b'{}')]))
    case.refuses(1, ['manifest in the container'], 'inspect', 'manifest')


def section(kind, *items):
    body = bytes([len(items)]) + b''.join(items)
    return bytes([kind, len(body)]) + body


def name(text):
    return bytes([len(text)]) + text


WASM = b'\0asm\1\0\0\0'
# twice(i32) -> i32 and answer() -> i32; and a WASI program that ends with 7.
FUNCTIONS = WASM + section(1, b'\x60\1\x7f\1\x7f', b'\x60\0\1\x7f') + section(3, b'\0', b'\1') \
    + section(7, name(b'twice') + b'\0\0', name(b'answer') + b'\0\1') \
    + section(10, b'\7\0\x20\0\x20\0\x6a\x0b', b'\4\0\x41\x2a\x0b')
PROGRAM = WASM + section(1, b'\x60\1\x7f\0', b'\x60\0\0') + section(2, name(b'wasi_snapshot_preview1') + name(b'proc_exit') + b'\0\0') \
    + section(3, b'\1') + section(5, b'\0\1') + section(7, name(b'_start') + b'\0\1', name(b'memory') + b'\2\0') \
    + section(10, b'\6\0\x41\7\x10\0\x0b')


def check_run(case):
    results = case.results
    case.write('run/functions.wasm', FUNCTIONS)
    case.write('run/program.wasm', PROGRAM)

    def packed(file, description, *options):
        case.write('run/description.json', json.dumps(description).encode())
        case.does('pack', 'run/description.json', '-o', file, *options)

    meta = {'name': 'acme/sums', 'version': '1.0.0', 'entry': 'answer'}
    packed('sums.vitbc', {'meta': meta, 'code': 'functions.wasm'}, '--deflate')
    results.equal(case.does('run', 'sums.vitbc', 'twice', '21'), '42\n', 'a function')
    results.equal(case.does('run', 'sums.vitbc'), '42\n', 'the entry')
    packed('program.vitbc', {'meta': {'name': 'acme/program', 'version': '1.0.0'}, 'code': 'program.wasm'})
    results.equal(case.run('run', 'program.vitbc', 'argument').returncode, 7, 'a WASI program')
    packed('none.vitmod', {'native': {'m68k-linux-gnu': 'program.wasm'}})
    case.refuses(1, ['neither a native part for this machine nor WebAssembly'], 'run', 'none.vitmod', 'twice', '1')
    whole = case.read('sums.vitbc')
    case.write('damaged.vitbc', whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    case.refuses(1, ['damaged.vitbc: CODE: ', 'checksum'], 'run', 'damaged.vitbc')
    case.write('short.vitbc', whole[:-1])
    case.refuses(1, ['short.vitbc: '], 'run', 'short.vitbc')

    # Only what a policy accepts, whatever kind of file it is.
    case.does('key', 'new', '-p', 'run.pub', '-s', 'run.key', '-W')
    case.does('key', 'trust', '-r', 'policy', '-p', 'run.pub', '-n', '**')
    policy = ['--policy', 'policy']
    case.refuses(1, ['sums.vitbc: verifying: it is not signed'], 'run', 'sums.vitbc', *policy)
    case.does('key', 'sign', '-s', 'run.key', '-m', 'sums.vitbc')
    case.refuses(1, ['signed as acme/sums 1.0.0, and loaded from a path that does not end so'], 'run', 'sums.vitbc', *policy)
    results.equal(case.does('run', 'sums.vitbc', 'twice', '4', *policy, '--name', 'acme/sums'), '8\n', 'what is signed')
    case.refuses(1, ['acme/safe is wanted'], 'run', 'sums.vitbc', *policy, '--name', 'acme/safe')
    case.refuses(1, ['run/functions.wasm: verifying: it is not signed'], 'run', 'run/functions.wasm', 'answer', *policy)
    case.does('key', 'sign', '-s', 'run.key', '-m', 'run/functions.wasm')
    results.equal(case.does('run', 'run/functions.wasm', 'answer', *policy), '42\n', 'a module that is signed')
    case.write('script.vit', b'proc main() -> int { give 3 }\n')
    case.refuses(1, ['script.vit: verifying: it is not signed'], 'run', 'script.vit', *policy)
    case.refuses(1, ['nowhere', 'not found'], 'run', 'sums.vitbc', '--policy', 'nowhere')
    case.refuses(2, ['--name is of no use'], 'run', 'sums.vitbc', '--name', 'x')

    if not shutil.which('cc') or platform.machine() not in ('x86_64', 'aarch64'):
        results.skip('there is no C compiler for native parts')
        return
    case.write('run/native.c', b'double half(double n) { return n / 2; } int answer(void) { return 43; }')
    subprocess.run(['cc', '-shared', '-fPIC', '-nostdlib', 'run/native.c', '-o', 'run/native.so'], cwd=case.scratch, check=True)
    target = platform.machine() + '-linux-gnu'
    symbols = {'exports': [{'name': 'half', 'signature': 'f64(f64)'}]}
    packed('acme-native.vitmod', {'meta': meta, 'symbols': symbols, 'code': 'functions.wasm', 'native': {target: 'native.so'}})
    results.equal(case.does('run', 'acme-native.vitmod', 'half', '5'), '2.5\n', 'a native function, whose type the container tells')
    results.equal(case.does('run', 'acme-native.vitmod'), '43\n', 'the native part goes before WebAssembly')
    case.refuses(1, ['acme-native.vitmod: verifying: it is not signed'], 'run', 'acme-native.vitmod', *policy)
    case.does('key', 'sign', '-s', 'run.key', '-m', 'acme-native.vitmod')
    results.equal(case.does('run', 'acme-native.vitmod', *policy, '--name', 'acme/sums'), '43\n', 'a native part that is signed')
    case.refuses(1, ['run/native.so: verifying: it is not signed'], 'run', 'run/native.so', 'answer', *policy)


def main(folder, results_file):
    results = Results('cli/pack')
    with tempfile.TemporaryDirectory() as scratch:
        case = Case(results, folder, scratch)
        check_pack(case)
        check_hostile(case)
        check_inspect(case)
        check_run(case)
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
