"""Dates of RFC 3339 and their nanoseconds, against Python's datetime."""
import datetime
import re

EPOCH = datetime.datetime(1970, 1, 1)
LEAST, MOST = -2**63, 2**63 - 1
DATE = re.compile(r'(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))', re.ASCII)


def seconds_since_1970(moment):
    return (moment - EPOCH).days * 86400 + (moment - EPOCH).seconds


def expected(text):
    """What RFC 3339 makes of it, which Python's own parser reads too generously."""
    if not (match := DATE.fullmatch(text)):
        return 'malformed'
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        # Year 0 has the days of year 400, which is 146,097 days later.
        local = seconds_since_1970(datetime.datetime(year or 400, month, day, hour, minute, min(second, 59))) + (second == 60)
    except ValueError:
        return 'malformed'
    if second > 60 or match[9] and (int(match[9]) > 23 or int(match[10]) > 59):
        return 'malformed'
    east = (int(match[9]) * 60 + int(match[10])) * 60 * (1 if match[8] == '+' else -1) if match[8] else 0
    made = (local - east - (0 if year else 146097 * 86400)) * 10**9 + int(((match[7] or '') + '0' * 9)[:9])
    return str(made) if LEAST <= made <= MOST else 'out of range'


def written(random):
    """A text that is a date, or nearly."""
    year = random.choice([random.randrange(10000), random.choice([0, 1, 1677, 2262, 1900, 2000, 9999]), random.randrange(1970, 2040)])
    last = random.random() < 0.1
    if random.random() < 0.1:  # where 64 bits end
        edge = EPOCH + datetime.timedelta(seconds=random.choice([LEAST, MOST]) // 10**9 + random.randrange(-90000, 90000))
        date = edge.isoformat()
    else:
        date = (f'{year:04}-{random.randrange(1, 13 + last):02}-{random.randrange(1, 29 + random.randrange(5)):02}'
                f'T{random.randrange(24 + last):02}:{random.randrange(60 + last):02}:{random.randrange(61):02}')
    if random.random() < 0.5:
        date += '.' + ''.join(random.choice('0123456789') for _ in range(random.randrange(1, 12)))
    date += random.choice(['Z', 'z', f'{random.choice("+-")}{random.randrange(24 + last):02}:{random.randrange(60 + last):02}'])
    if random.random() < 0.1:
        at = random.randrange(len(date) + 1)
        date = date[:at] + random.choice(['', ' ', '0', '-', 'x', '\0']) + date[at + random.randrange(2):]
    return date


def check(random, ours, folder):
    for _ in range(200):
        text = written(random)
        got, = ours.ask('parse', text)
        if got.decode() != expected(text):
            return f'{text!r}: expected {expected(text)}, got {got.decode()}'
        nanoseconds = random.choice([random.randrange(LEAST, MOST + 1), random.randrange(-10**18, 10**18), LEAST, MOST])
        date = (EPOCH + datetime.timedelta(seconds=nanoseconds // 10**9)).isoformat() + f'.{nanoseconds % 10**9:09}Z'
        if (got := [field.decode() for field in ours.ask('civil', str(nanoseconds))]) != [date, str(nanoseconds)]:
            return f'{nanoseconds}: expected {date}, got {got}'
    return ''
