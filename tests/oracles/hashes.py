"""SHA-2, BLAKE2b, HMAC, PBKDF2 and scrypt, against Python's hashlib and hmac."""
import hashlib
import hmac


def check(random, ours, folder):
    for _ in range(20):
        message = random.randbytes(random.choice([random.randrange(300), random.randrange(10000)]))
        lengths, left = [], len(message)
        while left and random.random() < 0.8:
            lengths.append(random.choice([random.randrange(left + 1), min(left, random.choice([1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129]))]))
            left -= lengths[-1]
        pieces = ' '.join(map(str, lengths))
        key, salt = random.randbytes(random.randrange(200)), random.randbytes(random.randrange(100))
        for name in 'sha224', 'sha256', 'sha384', 'sha512':
            if ours.ask(name, pieces, message) != [hashlib.new(name, message).digest()]:
                return f'{name} of {message.hex()} in pieces of {pieces}'
        if ours.ask('hmac', pieces, message, key) != [hmac.digest(key, message, 'sha256')]:
            return f'hmac of {message.hex()} under {key.hex()} in pieces of {pieces}'
        size = random.randrange(1, 65)
        if ours.ask('blake2b', pieces, message, str(size), key[:64]) != [hashlib.blake2b(message, digest_size=size, key=key[:64]).digest()]:
            return f'blake2b of {message.hex()} under {key[:64].hex()} of {size} in pieces of {pieces}'
        size, iterations = random.randrange(1, 100), random.randrange(1, 20)
        if ours.ask('pbkdf2', str(size), key, salt, str(iterations)) != [hashlib.pbkdf2_hmac('sha256', key, salt, iterations, size)]:
            return f'pbkdf2 of {key.hex()}, {salt.hex()}, {iterations}, {size} bytes'
        n, r, p = 2**random.randrange(1, 9), random.randrange(1, 9), random.randrange(1, 4)
        n = min(n, 2**(16 * r - 1))
        if ours.ask('scrypt', str(size), key, salt, str(n), str(r), str(p)) != [hashlib.scrypt(key, salt=salt, n=n, r=r, p=p, dklen=size)]:
            return f'scrypt of {key.hex()}, {salt.hex()}, {n}, {r}, {p}, {size} bytes'
    return ''
