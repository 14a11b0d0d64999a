"""Texts of addresses, endpoints and networks, against Python's ipaddress and inet_pton."""
import ipaddress
import re
import socket


def canonical_4(text):
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return 'malformed'


def canonical_6(text):
    """RFC 5952; Python's has no mixed notation of mapped ones, and zones of any text."""
    address, percent, zone = text.partition('%')
    try:
        made = ipaddress.IPv6Address(address)
    except ValueError:
        return 'malformed'
    if percent and not re.fullmatch('0|[1-9][0-9]{0,9}', zone, re.ASCII) or percent and int(zone) > 2**32 - 1:
        return 'malformed'
    shown = f'::ffff:{made.ipv4_mapped}' if made.ipv4_mapped else str(made)
    return shown + (f'%{int(zone)}' if percent and int(zone) else '')


def canonical(text):
    return canonical_6(text) if ':' in text else canonical_4(text)


def canonical_endpoint(text):
    match = re.fullmatch(r'(?:\[([^\[\]]*:[^\[\]]*)\]|([^:\[\]]*)):(0|[1-9][0-9]{0,4})', text, re.ASCII | re.DOTALL)
    if not match or int(match[3]) > 65535:
        return 'malformed'
    made = canonical_6(match[1]) if match[1] is not None else canonical_4(match[2])
    return made if made == 'malformed' else f'[{made}]:{match[3]}' if match[1] is not None else f'{made}:{match[3]}'


def canonical_network(text):
    address, slash, length = text.rpartition('/')
    made = canonical(address)
    if not slash or made == 'malformed' or not re.fullmatch('0|[1-9][0-9]{0,2}', length, re.ASCII) or int(length) > (128 if ':' in address else 32):
        return 'malformed'
    if '%' in made:
        return 'untidy'
    try:
        ipaddress.ip_network(f'{address.partition("%")[0]}/{length}')
    except ValueError:
        return 'untidy'
    return f'{made}/{length}'


def number_4(random):
    return '.'.join(str(random.choice([0, 1, 9, 10, 99, 127, 255, random.randrange(256), random.randrange(256)])) for _ in range(4))


def number_6(random):
    kind = random.randrange(4)
    if kind == 0:
        groups = [random.choice(['0', '0', '0', '1', 'ffff', f'{random.randrange(65536):x}', f'{random.randrange(4096):04X}']) for _ in range(8)]
        if random.random() < 0.3:
            groups[6:] = [number_4(random)]
        if random.random() < 0.6:
            first = random.randrange(len(groups))
            last = random.randrange(first, len(groups))
            return ':'.join(groups[:first]) + '::' + ':'.join(groups[last + 1:])
        return ':'.join(groups)
    if kind == 1:
        return str(ipaddress.IPv6Address(random.getrandbits(128) & random.getrandbits(128) & ~(0xffff << 16 * random.randrange(8))))
    if kind == 2:
        return '::' + random.choice(['', 'ffff:', 'FFFF:0:', '0:']) + number_4(random)
    return ''.join(random.choice('0123456789abcdefF::::.') for _ in range(random.randrange(24)))


def damaged(random, text):
    if random.random() < 0.6:
        return text
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(['', '', ':', '::', '.', '0', '00', 'f', 'g', '%', '/', '[', ']', ' ', '-', '\0', '1', '٣']) + text[at + random.randrange(2):]


def check(random, ours, folder):
    for _ in range(400):
        v4, v6 = number_4(random), number_6(random)
        if random.random() < 0.3:
            v6 += random.choice(['%0', '%1', '%4294967295', '%4294967296', '%01', '%', '%eth0'])
        either = random.choice([v4, v6])
        endpoint = (f'[{v6}]' if either is v6 else v4) + ':' + str(random.choice([0, 80, 65535, 65536, random.randrange(70000)]))
        length = random.choice([0, 8, 24, 32, 33, 64, 128, 129, random.randrange(130)])
        network = either
        if random.random() < 0.8 and '%' not in either and canonical(either) != 'malformed':
            network = str(ipaddress.ip_network(f'{either}/{min(length, 32 if either is v4 else 128)}', strict=False).network_address)
        for kind, text, model in [('4', v4, canonical_4), ('6', v6, canonical_6), ('endpoint', endpoint, canonical_endpoint),
                                  ('network', f'{network}/{length}', canonical_network)]:
            text = damaged(random, text)
            got, = ours.ask(kind, text)
            if got.decode() != model(text):
                return f'{kind} {text!r}: expected {model(text)}, got {got.decode()}'
            if kind in '46' and '%' not in text and '\0' not in text and text.isascii():
                try:
                    socket.inet_pton(socket.AF_INET if kind == '4' else socket.AF_INET6, text)
                    known = True
                except OSError:
                    known = False
                if known != (model(text) != 'malformed'):
                    return f'{kind} {text!r}: inet_pton and ipaddress disagree'
    return ''
