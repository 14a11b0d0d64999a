"""Ed25519, against libsodium, which follows the same rules, and OpenSSL, which is less strict."""
import ctypes
import ctypes.util

L = 2**252 + 27742317777372353535851937790883648493
SMALL = [bytes.fromhex(digits) for digits in (
    '01' + 31 * '00', 'ec' + 30 * 'ff' + '7f', 32 * '00', 31 * '00' + '80', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa', 'ed' + 30 * 'ff' + '7f', 'ee' + 30 * 'ff' + '7f', 32 * 'ff', '01' + 30 * '00' + '80')]
ED25519 = 1087  # OpenSSL's NID


def library(name):
    found = ctypes.util.find_library(name)
    return found and ctypes.CDLL(found)


sodium, crypto = library('sodium'), library('crypto')


def needs():
    return '' if sodium and crypto else 'libsodium23 and libssl3 are not installed'


def pointers(*names):
    for name in names:
        getattr(crypto, name).restype = ctypes.c_void_p


def sodium_signature(seed, message):
    public, secret, made = (ctypes.create_string_buffer(size) for size in (32, 64, 64))
    sodium.crypto_sign_seed_keypair(public, secret, seed)
    sodium.crypto_sign_detached(made, None, message, ctypes.c_ulonglong(len(message)), secret)
    return public.raw, made.raw


def sodium_verifies(key, signature, message):
    return sodium.crypto_sign_verify_detached(signature, message, ctypes.c_ulonglong(len(message)), key) == 0


def openssl_verifies(key, signature, message):
    pointers('EVP_PKEY_new_raw_public_key', 'EVP_MD_CTX_new')
    made = ctypes.c_void_p(crypto.EVP_PKEY_new_raw_public_key(ED25519, None, key, ctypes.c_size_t(32)))
    context = ctypes.c_void_p(crypto.EVP_MD_CTX_new())
    crypto.EVP_DigestVerifyInit(context, None, None, None, made)
    said = crypto.EVP_DigestVerify(context, signature, ctypes.c_size_t(64), message, ctypes.c_size_t(len(message)))
    crypto.EVP_MD_CTX_free(context)
    crypto.EVP_PKEY_free(made)
    return said == 1


def openssl_signature(seed, message):
    pointers('EVP_PKEY_new_raw_private_key', 'EVP_MD_CTX_new')
    made = ctypes.c_void_p(crypto.EVP_PKEY_new_raw_private_key(ED25519, None, seed, ctypes.c_size_t(32)))
    context, signature, size = ctypes.c_void_p(crypto.EVP_MD_CTX_new()), ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    crypto.EVP_DigestSignInit(context, None, None, None, made)
    crypto.EVP_DigestSign(context, signature, ctypes.byref(size), message, ctypes.c_size_t(len(message)))
    crypto.EVP_MD_CTX_free(context)
    crypto.EVP_PKEY_free(made)
    return signature.raw


def damaged(random, key, signature, message):
    """Each of them, or one of them changed."""
    which = random.randrange(6)
    if which == 0:
        return random.choice(SMALL), signature, message
    if which == 1:
        return key, random.choice(SMALL) + signature[32:], message
    if which == 2:
        s = int.from_bytes(signature[32:], 'little')
        s = random.choice([s + L, 0, L, L - 1, L - s, s + random.randrange(1, 16) * L, random.randrange(2**256)]) % 2**256
        return key, signature[:32] + s.to_bytes(32, 'little'), message
    if which == 3:
        return random.choice(SMALL), random.choice(SMALL) + bytes(32), message
    if which == 4:
        return random.randbytes(32), signature, message
    bit = random.randrange(8 * 96)
    both = bytearray(key + signature)
    both[bit // 8] ^= 1 << bit % 8
    return bytes(both[:32]), bytes(both[32:]), message


def check(random, ours, folder):
    for _ in range(20):
        seed, message = random.randbytes(32), random.randbytes(random.choice([0, 1, 32, 111, 112, random.randrange(2000)]))
        key, signature = sodium_signature(seed, message)
        made, = ours.ask('sign', seed, message)
        if ours.ask('key', seed) != [key] or made != signature or made != openssl_signature(seed, message):
            return f'seed {seed.hex()}, message {message.hex()}: signed {made.hex()}, not {signature.hex()}'
        if not sodium_verifies(key, made, message) or not openssl_verifies(key, made, message):
            return f'seed {seed.hex()}, message {message.hex()}: others do not verify it'
        for case in [(key, signature, message), *(damaged(random, key, signature, message) for _ in range(10))]:
            expected = b'01'[sodium_verifies(*case):][:1]
            if ours.ask('verify', *case) != [expected, expected]:
                return f'key, signature and message {[field.hex() for field in case]}: libsodium says {expected}'
            if expected == b'1' and not openssl_verifies(*case):
                return f'key, signature and message {[field.hex() for field in case]}: OpenSSL does not verify it'
    return ''
