"""Deflate, zlib, gzip and LZ4 in both directions, against Python's zlib, gzip, lz4 and, where they are installed, pigz, zopfli and 7z;
damaged streams are accepted by us if and only if zlib accepts them, and then with the same bytes."""
import os
import shutil
import subprocess
import zlib

WBITS = {'none': -15, 'zlib': 15, 'gzip': 31}


def needs():
    lacking = [tool for tool in ('gzip', 'lz4') if not shutil.which(tool)]
    return f'there is no {lacking[0]}' if lacking else ''


def words(random, size):
    known = [bytes(random.choices(b'etaoinshrdlu', k=random.randrange(1, 9))) for _ in range(random.randrange(1, 500))]
    made = bytearray()
    while len(made) < size:
        made += random.choice(known) + b' '
    return bytes(made[:size])


def copies(random, size):
    made = bytearray(random.randbytes(1))
    while len(made) < size:
        if random.random() < 0.2:
            made += random.randbytes(random.randrange(1, 40))
        distance = random.randrange(1, len(made) + 1)
        for _ in range(random.randrange(1, 400)):
            made.append(made[-distance])
    return bytes(made[:size])


KINDS = [
    words, words, copies, copies,
    lambda random, size: random.randbytes(size),
    lambda random, size: bytes([random.randrange(256)]) * size,
    lambda random, size: bytes(random.choices(range(random.randrange(1, 256)), k=size)),
]


def plain_bytes(random):
    made = b''
    for _ in range(random.choice([1, 1, 2, 5])):
        made += random.choice(KINDS)(random, int(2 ** (random.random() * 17)) - 1)
    return made


def called(*command, given=b''):
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def theirs(random, wrapper, plain, folder):
    """`plain`, compressed by somebody else."""
    if wrapper == 'gzip' and random.random() < 0.5:
        tools = [['gzip', '-c', f'-{random.randrange(1, 10)}']]
        if shutil.which('pigz'):
            tools.append(['pigz', '-c', '-p', '3', '-b', '128', f'-{random.choice([1, 6, 9])}'])
        path = f'{folder}/plain'
        with open(path, 'wb') as file:
            file.write(plain)
        if shutil.which('zopfli') and len(plain) < 20000:
            tools.append(['zopfli', '-c', '--i1'])
        if shutil.which('7z'):
            tools.append(['7z', 'a', '-tgzip', '-mx9', '-so', '-bso0', 'x.gz'])
        return called(*random.choice(tools), path)
    maker = zlib.compressobj(random.randrange(10), zlib.DEFLATED, WBITS[wrapper], random.randrange(1, 10),
                             random.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]))
    made, at = b'', 0
    while at < len(plain) and random.random() < 0.5:
        size = random.randrange(1, len(plain) - at + 1)
        made += maker.compress(plain[at:at + size]) + maker.flush(random.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH]))
        at += size
    return made + maker.compress(plain[at:]) + maker.flush()


def unpacked(wrapper, packed, most):
    """What zlib makes of it, or None."""
    if wrapper != 'gzip':
        reader = zlib.decompressobj(WBITS[wrapper])
        try:
            made = reader.decompress(packed, most + 1)
        except zlib.error:
            return None
        return made if reader.eof and not reader.unused_data and len(made) <= most else None
    made = b''
    while True:
        reader = zlib.decompressobj(31)
        try:
            made += reader.decompress(packed, most + 1)
        except zlib.error:
            return None
        if not reader.eof or len(made) > most:
            return None
        packed = reader.unused_data
        if not packed:
            return made


def damaged(random, packed):
    made = bytearray(packed)
    for _ in range(random.randrange(1, 4)):
        kind, at = random.random(), random.randrange(len(made)) if made else 0
        if kind < 0.6 and made:
            made[at] ^= 1 << random.randrange(8)
        elif kind < 0.7:
            del made[at:]
        elif kind < 0.8:
            made[at:at] = random.randbytes(1)
        elif kind < 0.9:
            del made[at:at + 1]
        else:
            made += random.randbytes(1)
    return bytes(made)


def check_deflate(random, ours, folder):
    wrapper, plain = random.choice(list(WBITS)), plain_bytes(random)
    piece = str(random.choice([random.randrange(1, 100), random.randrange(1, 100_000)]))
    level = random.randrange(10)
    said, *made = ours.ask('deflate', wrapper, str(level), piece, plain)
    if said != b'well':
        return f'deflate of {len(plain)} bytes at level {level}: {said} {made}'
    if unpacked(wrapper, made[0], len(plain)) != plain:
        return f'zlib does not read what level {level} makes of {len(plain)} bytes'
    if level and len(made[0]) > 1.03 * len(zlib.compress(plain, level)) + 24:
        return f'level {level} makes {len(made[0])} bytes of {len(plain)}, zlib {len(zlib.compress(plain, level))}'
    if wrapper == 'gzip' and called('gzip', '-dc', given=made[0]) != plain:
        return 'gzip does not read it'
    packed = theirs(random, wrapper, plain, folder)
    if wrapper == 'gzip' and random.random() < 0.3:
        packed, plain = packed + made[0], plain + plain
    got = ours.ask('inflate', wrapper, packed, str(len(plain)), piece)
    if got != [b'well', plain]:
        return f'inflate of {len(packed)} bytes: {got[0]} {got[1][:100] if len(got) > 1 else ""}'
    for _ in range(20):
        broken, most = damaged(random, packed), len(plain) + 1000
        expected, got = unpacked(wrapper, broken, most), ours.ask('inflate', wrapper, broken, str(most), piece)
        if got[0] not in (b'well', b'failed'):
            return b': '.join(got)[:300].decode(errors='replace')
        if (got[1] if got[0] == b'well' else None) != expected:
            with open(f'{folder}/../damaged', 'wb') as file:
                file.write(broken)
            return f'damaged {wrapper} of {len(broken)} bytes: zlib {"reads" if expected is not None else "refuses"} it, we: {got[0]} {got[1][:80]}'
    return ''


def check_lz4(random, ours, folder):
    plain = plain_bytes(random)
    said, *made = ours.ask('lz4-frame', plain)
    if said != b'well' or called('lz4', '-dc', given=made[0]) != plain:
        return f'lz4 does not read what we make of {len(plain)} bytes'
    options = random.sample(['-BD', '-BX', '--content-size', '--no-frame-crc', '-B4', '-B5', '-9', '--fast=3', '-B100'], random.randrange(4))
    path = f'{folder}/plain'
    with open(path, 'wb') as file:
        file.write(plain)
    packed = called('lz4', '-q', '-z', '-c', *options, path)
    got = ours.ask('lz4', packed, str(len(plain)))
    if got != [b'well', plain]:
        return f'lz4 {options} of {len(plain)} bytes: {got[0]} {got[1][:100]}'
    for _ in range(20):
        broken = damaged(random, packed)
        got = ours.ask('lz4', broken, str(len(plain) + 1000))
        if got[0] == b'well' and got[1] != plain and '--no-frame-crc' not in options and broken[4:6] == packed[4:6]:
            return f'wrong bytes of a damaged frame of {len(packed)} bytes made by {options}'
    return ''


def check(random, ours, folder):
    return (check_lz4 if random.random() < 0.3 else check_deflate)(random, ours, os.path.abspath(folder))
