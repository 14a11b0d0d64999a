"""JSON against Python's json, which is made as strict as RFC 8259, and doubles against Python's."""
import decimal
import json
import re
import struct

NAMES = ['a', 'b', 'name', 'version', '', 'ä', '"', '\\', '\n', 'a\0b', '😀', 'longer than eight bytes'] + [f'n{i}' for i in range(12)]
NUMBER = re.compile(rb'-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?')


class Wrong(Exception):
    pass


def bits(value):
    return struct.unpack('<Q', struct.pack('<d', value))[0]


class Number(str):
    """A number as it stands."""


def members(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Wrong
    return dict(pairs)


def wrong(_):
    raise Wrong


def told(value):
    """The text that ours answers."""
    if isinstance(value, Number):
        as_double = float(value)
        if any(c in value for c in '.eE') and abs(as_double) != float('inf'):
            return f'"bits {bits(as_double)}"'
        return str(value)
    if isinstance(value, dict):
        return '{' + ','.join(f'{told(name)}:{told(of)}' for name, of in value.items()) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(told, value)) + ']'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def expected(text):
    try:
        # Python takes surrogates without their other half from escapes.
        value = json.loads(text.decode(), parse_int=Number, parse_float=Number, parse_constant=wrong, object_pairs_hook=members, strict=True)
        if depth(value) > 100:
            raise Wrong
        answer = told(value)
        answer.encode()
        return answer
    except (Wrong, ValueError, UnicodeError, RecursionError):
        return 'error'


def number(random):
    kind = random.randrange(5)
    if kind == 0:
        return str(random.randrange(-20, 1000))
    if kind == 1:
        return str(random.choice([2**63, 2**64, -2**63, 10**19, 10**20, 2**53]) + random.randrange(-2, 3))
    if kind == 2:
        return repr(struct.unpack('<d', struct.pack('<Q', random.getrandbits(64) & ~(1 << 62)))[0])
    digits = ''.join(random.choice('0123456789') for _ in range(random.choice([1, 5, 17, 18, 19, 20, 21, 40])))
    exponent = random.choice(['', 'e0', 'E-5', 'e+22', f'e{random.randrange(-345, 330)}'])
    return f'{random.choice(["", "-"])}{random.choice(["0", "1", "7", "12"])}.{digits}{exponent}'


def string(random, text):
    made = ''
    for c in text:
        way = random.random()
        if way < 0.15 and ord(c) < 0x10000:
            made += f'\\u{ord(c):04{random.choice("xX")}}'
        elif c in '"\\' or ord(c) < 32 or way < 0.2:
            made += json.dumps(c)[1:-1]
        else:
            made += c
    return f'"{made}"'


def a_text(random, room):
    space = random.choice(['', '', '', ' ', '\n  ', '\r\n\t', ' ' * random.randrange(40)])
    kind = random.randrange(8) if room else random.randrange(3, 8)
    if kind < 3:
        count = random.choice([0, 1, 2, 3, 12])
        if kind == 0:
            return space + '[' + ','.join(a_text(random, room - 1) for _ in range(count)) + ' ]'
        names = random.sample(NAMES, count) if random.random() < 0.98 else random.choices(NAMES, k=count)
        return space + '{' + ','.join(f'{space}{string(random, name)} :{a_text(random, room - 1)}' for name in names) + '}'
    if kind < 5:
        return space + number(random) + space
    if kind < 7:
        return space + string(random, ''.join(random.choice(NAMES) for _ in range(random.randrange(8))))
    return random.choice(['null', 'true', 'false'])


def damaged(random, text):
    text = bytearray(text)
    for _ in range(random.choice([0, 1, 1, 2])):
        at = random.randrange(len(text) + 1)
        text[at:at + random.choice([0, 1, 1, 3])] = random.choice([b'', b'"', b'\\', b',', b':', b'[', b']', b'{', b'}', b'0', b'-', b'.', b'e', b'\xff', b'\xc3', b'\0',
                                                                  b'\\u', b'\\ud800', b'\\udc00', b' ', b'\xed\xa0\x80', b'NaN', b'null', b'/', b'\x1f', b'[' * 101])
    return bytes(text)


def halfway(random):
    """A number that lies between two doubles, or a little beside that."""
    low = struct.unpack('<d', struct.pack('<Q', random.getrandbits(63) % (0x7fe << 52)))[0]
    with decimal.localcontext() as context:
        context.prec = 1200
        above = struct.unpack('<d', struct.pack('<Q', bits(low) + 1))[0]
        middle = f'{(decimal.Decimal(low) + decimal.Decimal(above)) / 2:e}'
    mantissa, _, exponent = middle.partition('e')
    mantissa += '' if '.' in mantissa else '.0'
    mantissa = random.choice([mantissa, mantissa + '0' * 30 + '1', mantissa + '0' * 1000 + '1', mantissa[:-1] + str(max(int(mantissa[-1]) - 1, 0)) + '9' * 20, mantissa[:random.randrange(18, 30)]])
    return f'{mantissa}e{exponent}'


def check(random, ours, folder):
    for _ in range(60):
        text = damaged(random, a_text(random, 4).encode())
        got, wanted = ours.ask('read', text)[0].decode(), expected(text)
        # Python writes some control characters otherwise.
        if (got if not got.startswith('error') else 'error') != wanted:
            return f'{text!r}: expected {wanted}, got {got}'
    for _ in range(60):
        text = halfway(random)
        got, = ours.ask('double', text)
        if int(got) != bits(float(text)):
            return f'{text}: expected {bits(float(text))}, got {got.decode()}'
        value = random.getrandbits(64)
        if value >> 52 & 0x7ff == 0x7ff:
            continue
        double = struct.unpack('<d', struct.pack('<Q', value))[0]
        written = ours.ask('write', str(value))[0].decode()
        digits = [re.sub('e.*|[-.]', '', shown).strip('0') for shown in (written, repr(double))]
        if bits(float(written)) != value or digits[0] != digits[1] or not NUMBER.fullmatch(written.encode()):
            return f'{double!r}: got {written}'
    return ''
