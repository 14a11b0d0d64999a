"""`vitte key` as a user meets it, and Debian's minisign in both directions: keys, with and without passwords, and signatures.

usage: key.py FOLDER_OF_EXAMPLES RESULTS
"""
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def at_terminal(command, answers, cwd):
    """The exit code and the screen of a command at a terminal, with an answer typed for each prompt."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execvp(command[0], command)
    screen, answered = b'', 0
    while select.select([terminal], [], [], 120)[0]:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        screen += more
        if answered < len(answers) and len(re.findall(rb'assword[^:\n]*: ', screen)) > answered:
            os.write(terminal, answers[answered].encode() + b'\n')
            answered += 1
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen.decode(errors='replace')


class Case:
    def __init__(self, results, folder, scratch):
        self.results, self.vitte, self.scratch = results, os.path.join(folder, 'vitte'), scratch

    def path(self, name):
        return os.path.join(self.scratch, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def run(self, *arguments, input=None):
        return subprocess.run(arguments, cwd=self.scratch, input=input, capture_output=True, text=True, check=False)

    def key(self, *arguments, input=None):
        return self.run(self.vitte, 'key', *arguments, input=input)

    def does(self, *arguments, input=None):
        done = self.key(*arguments, input=input)
        self.results.equal((done.returncode, done.stderr), (0, ''), f'key {arguments}')
        return done.stdout

    def refuses(self, code, needles, *arguments, input=''):
        done = self.key(*arguments, input=input)
        good = done.returncode == code and done.stderr.count('\n') == 1 and done.stderr.startswith('vitte: key') and all(n in done.stderr for n in needles)
        self.results.check(good, f'key {arguments}: exit {done.returncode}, {done.stderr!r}')


def check_own(case):
    """Without anybody else."""
    results = case.results
    made = case.does('new', '-p', 'a.pub', '-s', 'a.key', '-W')
    name = re.match(r'key ([0-9A-F]{16}): public in a.pub, secret in a.key\n$', made)
    results.check(name, f'key new said {made!r}')
    results.equal(os.stat(case.path('a.key')).st_mode & 0o777, 0o600, 'rights of the secret key')
    case.refuses(1, ['a.key: already exists', '-f'], 'new', '-p', 'b.pub', '-s', 'a.key', '-W')
    results.check(not os.path.exists(case.path('b.pub')), 'a public key without its secret one')

    case.write('text', b'what is signed\n' * 10000)
    results.equal(case.does('sign', '-s', 'a.key', '-m', 'text'), '', 'key sign is silent')
    said = case.does('verify', '-p', 'a.pub', '-m', 'text')
    results.check(re.fullmatch(rf'good signature of text by key {name[1]}\ntrusted comment: timestamp:\d+(\\t|\t|\\x09)file:text(\\t|\t|\\x09)hashed\n', said), f'{said!r}')
    line = case.read('a.pub').decode().split('\n')[1]
    results.equal(case.does('verify', '-P', line, '-m', 'text', '-x', 'text.minisig'), said, 'the key on the command line')
    case.does('sign', '-s', 'a.key', '-m', 'text', '-x', 'old', '-l', '-t', 'a comment', '-c', 'not signed')
    results.check('trusted comment: a comment\n' in case.does('verify', '-p', 'a.pub', '-m', 'text', '-x', 'old', '-l'), 'the comment is shown')
    case.refuses(1, ['old: an old signature', '-l verifies it'], 'verify', '-p', 'a.pub', '-m', 'text', '-x', 'old')
    # A good signature of another name or version than is wanted is none.
    results.equal(case.does('verify', '-p', 'a.pub', '-m', 'text', '-n', 'text'), said, 'the name that is wanted')
    case.refuses(1, ['text: it is signed with the name text, and other is wanted'], 'verify', '-p', 'a.pub', '-m', 'text', '-n', 'other')
    case.refuses(1, ['signed with no version, and 1.2.3 is wanted'], 'verify', '-p', 'a.pub', '-m', 'text', '-v', '1.2.3')
    case.does('sign', '-s', 'a.key', '-m', 'text', '-x', 'two', '-t', 'file:text\tfile:other')
    case.refuses(1, ['signed with no name, and other is wanted'], 'verify', '-p', 'a.pub', '-m', 'text', '-x', 'two', '-n', 'other')

    # What a file is, without its password.
    shows = f'public key {name[1]}\n{line}\n'
    results.equal(case.does('show', '-p', 'a.pub'), shows, 'a public key')
    results.equal(case.does('show', '-P', line), shows, 'a public key as a word')
    results.equal(case.does('show', '-s', 'a.key'), 'secret key without a password\n' + shows, 'the public key of a secret one')
    results.equal(case.does('show', '-x', 'old'), f'old signature by key {name[1]}\ntrusted comment, if it is verified: a comment\n', 'a signature')
    case.refuses(1, ['show no-such: ', 'not found'], 'show', '-p', 'no-such')
    case.refuses(2, ['what to show is missing', 'hint'], 'show')
    case.refuses(2, ['what to show is missing, or there are two'], 'show', '-p', 'a.pub', '-s', 'a.key')
    results.check(case.read('old').startswith(b'untrusted comment: not signed\n'), 'the comment that is not signed')

    case.does('new', '-p', 'b.pub', '-s', 'b.key', '-W')
    other = re.search(r'key ([0-9A-F]{16})', case.does('new', '-p', 'b.pub', '-s', 'b.key', '-W', '-f'))[1]
    os.chmod(case.path('b.key'), 0o644)
    other = re.search(r'key ([0-9A-F]{16})', case.does('new', '-p', 'b.pub', '-s', 'b.key', '-W', '-f'))[1]
    results.equal(os.stat(case.path('b.key')).st_mode & 0o777, 0o600, 'rights of a secret key that replaced one that all could read')
    case.refuses(1, [f'made by key {name[1]}, not by {other}'], 'verify', '-p', 'b.pub', '-m', 'text')
    signature = case.read('text.minisig')
    case.write('text', b'what is signed\n' * 9999 + b'what is Signed\n')
    case.refuses(1, ['text: not what the key has signed', 'hint'], 'verify', '-p', 'a.pub', '-m', 'text')
    case.refuses(1, ['text: not what the key has signed'], 'verify', '-p', 'a.pub', '-m', 'text', '-x', 'old', '-l')
    case.write('text', b'what is signed\n' * 10000)
    case.write('text.minisig', signature.replace(b'file:text', b'file:test'))
    case.refuses(1, ['text.minisig: the trusted comment is not'], 'verify', '-p', 'a.pub', '-m', 'text')
    case.write('text.minisig', signature.replace(b'file:text', b'file:\x1b[2J'))
    case.refuses(1, ['text.minisig: line 3 of signature: a control character'], 'verify', '-p', 'a.pub', '-m', 'text')
    case.write('text.minisig', signature.split(b'\n')[0])
    case.refuses(1, ['line 2 of signature: missing'], 'verify', '-p', 'a.pub', '-m', 'text')
    case.write('text.minisig', bytes(100000))
    case.refuses(1, ['text.minisig: ', 'too large'], 'verify', '-p', 'a.pub', '-m', 'text')
    case.refuses(1, ['a.key: line 2 of public key'], 'verify', '-p', 'a.key', '-m', 'text', '-x', 'old')
    case.refuses(1, ['a.pub: line 2 of secret key', 'hint'], 'sign', '-s', 'a.pub', '-m', 'text')
    case.refuses(1, ['no-such', 'not found'], 'sign', '-s', 'a.key', '-m', 'no-such')
    case.refuses(1, ['no-such', 'not found', 'hint'], 'sign', '-s', 'no-such', '-m', 'text')
    case.refuses(1, ['no-such.minisig', 'not found'], 'verify', '-p', 'a.pub', '-m', 'no-such')
    case.refuses(1, ['public key', 'hint'], 'verify', '-P', 'RWQ', '-m', 'text', '-x', 'old')

    help = case.does('--help')
    results.check(help.startswith('usage: vitte key new') and case.does('sign', '--help') == help, 'help')
    case.refuses(2, ['what to do', 'hint'])
    case.refuses(2, ['singn: not a command', "did you mean 'sign'?"], 'singn')
    case.refuses(2, ["unknown option '--frob'"], 'new', '--frob')
    case.refuses(2, ['-m needs'], 'sign', '-s', 'a.key', '-m')
    case.refuses(2, ['missing', 'hint'], 'new', '-p', 'c.pub')
    case.refuses(2, ['missing', 'hint'], 'sign', '-m', 'text')
    case.refuses(2, ['two keys', 'hint'], 'verify', '-p', 'a.pub', '-P', line, '-m', 'text')
    case.refuses(2, ['comment', 'hint'], 'sign', '-s', 'a.key', '-m', 'text', '-c', 'two\nlines')
    case.refuses(1, ['comment', 'hint'], 'sign', '-s', 'a.key', '-m', 'text', '-t', 'two\nlines')


def check_minisign(case):
    """Keys without passwords, in all directions."""
    results = case.results
    case.write('file', os.urandom(100_000))
    case.run('minisign', '-G', '-W', '-p', 'their.pub', '-s', 'their.key')
    case.does('new', '-p', 'our.pub', '-s', 'our.key', '-W')
    for secret, public in ('their.key', 'their.pub'), ('our.key', 'our.pub'):
        for old in [], ['-l']:
            case.does('sign', '-s', secret, '-m', 'file', '-x', 'ours', '-t', 'by us', *old)
            done = case.run('minisign', '-S', '-s', secret, '-m', 'file', '-x', 'theirs', '-t', 'by us', '-c', 'signature from vitte secret key', *old)
            results.equal(done.returncode, 0, f'minisign -S {secret} {old}: {done.stderr}')
            results.equal(case.read('ours'), case.read('theirs'), f'signature by {secret} {old}')
            done = case.run('minisign', '-V', '-p', public, '-m', 'file', '-x', 'ours')
            results.check(done.returncode == 0 and 'by us' in done.stdout, f'minisign -V {public} {old}: {done.stderr}')
            results.check('by us' in case.does('verify', '-p', public, '-m', 'file', '-x', 'theirs', *old), f'verify {public} {old}')


def check_signify(case):
    """OpenBSD's signify reads what minisign's old format shares with it, and nothing else; we do not read its own."""
    results = case.results
    tool = shutil.which('signify-openbsd')
    if not tool:
        results.skip('signify-openbsd is not installed')
        return
    case.write('file', os.urandom(1000))
    case.does('new', '-p', 'ours.pub', '-s', 'ours.key', '-W')
    case.does('sign', '-s', 'ours.key', '-m', 'file', '-x', 'old.sig', '-l', '-c', 'verify with ours.pub')
    done = case.run(tool, '-V', '-p', 'ours.pub', '-x', 'old.sig', '-m', 'file')
    results.equal((done.returncode, done.stdout), (0, 'Signature Verified\n'), f'signify of an old signature: {done.stderr}')
    case.does('sign', '-s', 'ours.key', '-m', 'file', '-x', 'new.sig', '-c', 'verify with ours.pub')
    results.check(case.run(tool, '-V', '-p', 'ours.pub', '-x', 'new.sig', '-m', 'file').returncode != 0, 'signify of a signature of the hash')
    results.equal(case.run(tool, '-G', '-n', '-p', 'signify.pub', '-s', 'signify.sec').returncode, 0, 'signify -G')
    results.equal(case.run(tool, '-S', '-s', 'signify.sec', '-m', 'file', '-x', 'signify.sig').returncode, 0, 'signify -S')
    for options in [], ['-l']:
        case.refuses(1, ['line 3 of signature: missing'], 'verify', '-p', 'signify.pub', '-m', 'file', '-x', 'signify.sig', *options)


def container(meta):
    """A container of VITB 2 with a META, put together by hand."""
    text = meta.encode()
    table = (16 + len(text) + 15) // 16 * 16
    row = struct.pack('<4sIQQQII', b'META', 1 << 31, 16, len(text), len(text), zlib.crc32(text), 0)
    return struct.pack('<4sHHQ', b'VITB', 2, 0, table) + text.ljust(table - 16, b'\0') + struct.pack('<I', 1) + row


def check_policies(case):
    results = case.results
    lines = {}
    for name in 'ann', 'ben', 'eve':
        case.does('new', '-p', name + '.pub', '-s', name + '.key', '-W')
        lines[name] = case.read(name + '.pub').decode().split('\n')[1]
    plain = container('{"name": "acme/image", "version": "1.2.3"}')
    os.makedirs(case.path('acme'), exist_ok=True)
    case.write('acme/image.vitmod', plain)
    case.write('lib.so', b'\x7fELF, or so')

    case.refuses(1, ['no-such', 'not found'], 'verify', '-r', 'no-such', '-m', 'lib.so')
    results.equal(case.does('trust', '-r', 'policy', '-p', 'ann.pub', '-n', 'acme/*', '-c', 'ann'), 'policy is version 1\n', 'a new policy')
    case.refuses(1, ['acme/image.vitmod: verifying: it is not signed'], 'verify', '-r', 'policy', '-m', 'acme/image.vitmod')
    results.equal(case.does('sign', '-s', 'ann.key', '-m', 'acme/image.vitmod'), 'acme/image.vitmod is signed as acme/image 1.2.3\n', 'what is signed is told')
    case.refuses(1, ['the key has signed it already'], 'sign', '-s', 'ann.key', '-m', 'acme/image.vitmod')
    once = case.read('acme/image.vitmod')
    results.check(not os.path.exists(case.path('acme/image.vitmod.minisig')), 'no file beside a container')
    said = case.does('verify', '-p', 'ann.pub', '-m', 'acme/image.vitmod')
    results.check('good signature' in said and 'signed as acme/image 1.2.3' in said, said)
    case.refuses(1, ['no signature inside is of key'], 'verify', '-p', 'ben.pub', '-m', 'acme/image.vitmod')
    accepted = 'acme/image.vitmod is accepted by policy\n'
    results.equal(case.does('verify', '-r', 'policy', '-m', 'acme/image.vitmod'), accepted, 'verify by a policy')
    results.equal(case.does('verify', '-r', 'policy', '-m', 'acme/image.vitmod', '-n', 'acme/image'), accepted, 'under the name that is wanted')
    case.refuses(1, ['signed as acme/image 1.2.3, and acme/safe is wanted'], 'verify', '-r', 'policy', '-m', 'acme/image.vitmod', '-n', 'acme/safe')
    case.does('trust', '-r', 'policy', '-P', lines['ben'], '-n', 'acme/*', '-k', '2')
    case.refuses(1, ['by 1 of the keys that may, and 2 have to: ann'], 'verify', '-r', 'policy', '-m', 'acme/image.vitmod')
    case.does('sign', '-s', 'ben.key', '-m', 'acme/image.vitmod')
    results.equal(case.read('acme/image.vitmod')[:len(once)], once, 'a second signature is appended')
    case.does('verify', '-r', 'policy', '-m', 'acme/image.vitmod')
    case.does('verify', '-p', 'ann.pub', '-m', 'acme/image.vitmod', '-n', 'acme/image', '-v', '1.2.3')
    case.refuses(1, ['signed with the name acme/image, and acme/safe is wanted'], 'verify', '-p', 'ann.pub', '-m', 'acme/image.vitmod', '-n', 'acme/safe')
    case.refuses(1, ['signed with the version 1.2.3, and 1.2.4 is wanted'], 'verify', '-p', 'ann.pub', '-m', 'acme/image.vitmod', '-v', '1.2.4')
    case.refuses(2, ['a policy tells the versions itself'], 'verify', '-r', 'policy', '-m', 'acme/image.vitmod', '-v', '1.2.3')
    case.refuses(2, ['a container tells its own name'], 'sign', '-s', 'ann.key', '-m', 'acme/image.vitmod', '-n', 'other')
    case.write('nameless', container('[]'))
    case.refuses(1, ['META tells no name'], 'sign', '-s', 'ann.key', '-m', 'nameless')

    # Files with a signature beside them, of ours and of minisign's.
    case.does('trust', '-r', 'policy', '-p', 'ann.pub', '-n', '*.so')
    case.does('sign', '-s', 'ann.key', '-m', 'lib.so', '-v', '1.0.0')
    results.check(b'\tfile:lib.so\tversion:1.0.0\thashed' in case.read('lib.so.minisig'), 'name and version in the comment')
    case.does('verify', '-r', 'policy', '-m', 'lib.so')
    case.does('sign', '-s', 'ann.key', '-m', 'lib.so', '-n', 'x', '-x', 'x')
    case.refuses(1, ['no rule of the policy is for that name'], 'verify', '-r', 'policy', '-m', 'lib.so', '-n', 'x', '-x', 'x')
    case.does('sign', '-s', 'ann.key', '-m', 'lib.so', '-l')
    case.refuses(1, ['no key that the policy trusts'], 'verify', '-r', 'policy', '-m', 'lib.so')
    if shutil.which('minisign'):
        results.equal(case.run('minisign', '-S', '-s', 'ann.key', '-m', 'lib.so').returncode, 0, 'minisign -S of a module')
        case.does('verify', '-r', 'policy', '-m', 'lib.so')
        results.equal(case.run('minisign', '-S', '-s', 'ann.key', '-m', 'lib.so', '-t', 'no name').returncode, 0, 'minisign -S with a comment')
        case.refuses(1, ['tells no file: name'], 'verify', '-r', 'policy', '-m', 'lib.so')
        case.does('sign', '-s', 'ann.key', '-m', 'lib.so', '-n', 'lib.so', '-v', '2.0.0')
        done = case.run('minisign', '-V', '-p', 'ann.pub', '-m', 'lib.so')
        results.check(done.returncode == 0 and 'version:2.0.0' in done.stdout, f'minisign -V of a module: {done.stderr}')
    else:
        results.skip('minisign is not installed')

    # Who may replace it: each of two.
    for name in 'ann', 'ben':
        case.does('trust', '-r', 'policy', '-p', name + '.pub', '--root')
    case.does('trust', '-r', 'policy', '-p', 'ben.pub', '--root', '-k', '2')
    first = case.read('policy')
    case.write('next', first)
    results.check('is version' in case.does('revoke', '-r', 'next', '-p', 'eve.pub'), 'a key is revoked')
    case.refuses(1, ['the key has been revoked already'], 'trust', '-r', 'next', '-p', 'eve.pub', '--revoke')
    case.refuses(1, ['the key has been revoked'], 'trust', '-r', 'next', '-p', 'eve.pub', '-n', '**')
    case.does('sign', '-s', 'ann.key', '-r', 'next')
    case.refuses(1, ['fewer root keys', 'must: 2'], 'trust', '-r', 'policy', '-u', 'next')
    results.equal(case.read('policy'), first, 'a policy that was not replaced')
    case.does('sign', '-s', 'ben.key', '-r', 'next')
    case.does('trust', '-r', 'policy', '-u', 'next')
    results.equal(case.read('policy'), case.read('next'), 'a policy that was replaced')
    ids = {name: re.search('public key (.*)', case.does('show', '-p', name + '.pub'))[1] for name in lines}
    shown = case.does('show', '-r', 'policy').splitlines()
    results.equal(shown[1:], [f'key {ids["ann"]} ann', f'key {ids["ben"]} {ids["ben"]}', f'revoked {ids["eve"]}', f'names acme/*: 2 of {ids["ann"]} {ids["ben"]}',
                              f'names *.so: 1 of {ids["ann"]}', f'root: 2 of {ids["ann"]} {ids["ben"]}', f'signed by {ids["ann"]}', f'signed by {ids["ben"]}'], 'a policy')
    case.refuses(1, ['too'], 'trust', '-r', 'policy', '-u', 'next')
    case.write('next', first)
    case.does('sign', '-s', 'ann.key', '-r', 'next')
    case.does('sign', '-s', 'ben.key', '-r', 'next')
    case.refuses(1, ['is older than'], 'trust', '-r', 'policy', '-u', 'next')
    results.check('nobody has signed' in case.does('trust', '-r', 'policy', '-p', 'ann.pub', '-n', 'more'), 'signatures go with a change')
    case.refuses(1, ['the rule for acme/* counts for acme/image'], 'trust', '-r', 'policy', '-p', 'ann.pub', '-n', 'acme/image')
    case.refuses(1, ['threshold'], 'trust', '-r', 'policy', '-p', 'ann.pub', '-n', 'more', '-k', '5')
    case.refuses(2, ['a number'], 'trust', '-r', 'policy', '-p', 'ann.pub', '-n', 'more', '-k', 'x')
    case.refuses(1, ['a.key: '], 'trust', '-r', 'a.key', '-p', 'ann.pub', '-n', 'more')
    case.refuses(2, ['missing', 'hint'], 'trust', '-r', 'policy', '-p', 'ann.pub')
    case.refuses(2, ['missing', 'hint'], 'trust', '-p', 'ann.pub', '-n', 'x')
    case.refuses(2, ['missing', 'hint'], 'trust', '-r', 'policy', '-p', 'ann.pub', '-P', lines['ann'], '-n', 'x')
    case.refuses(2, ['a key besides'], 'verify', '-r', 'policy', '-p', 'ann.pub', '-m', 'lib.so')


def check_passwords(case):
    results, prompt = case.results, 'Password'
    case.write('file', b'a file')
    code, screen = at_terminal([case.vitte, 'key', 'new', '-p', 'p.pub', '-s', 'p.key'], ['correct horse', 'correct horse'], case.scratch)
    results.check(code == 0 and screen.count(prompt) == 2 and 'horse' not in screen, f'key new at a terminal: {code}, {screen!r}')
    code, screen = at_terminal([case.vitte, 'key', 'new', '-p', 'q.pub', '-s', 'q.key'], ['correct horse', 'another horse'], case.scratch)
    results.check(code == 1 and 'different' in screen and not os.path.exists(case.path('q.key')), f'two passwords: {code}, {screen!r}')
    code, screen = at_terminal([case.vitte, 'key', 'sign', '-s', 'p.key', '-m', 'file'], ['correct horse'], case.scratch)
    results.check(code == 0 and 'horse' not in screen, f'key sign at a terminal: {code}, {screen!r}')
    case.does('verify', '-p', 'p.pub', '-m', 'file')
    case.refuses(1, ['the password is wrong'], 'sign', '-s', 'p.key', '-m', 'file', input='correct mule\n')
    case.refuses(1, ['end of input'], 'sign', '-s', 'p.key', '-m', 'file', input='')
    case.refuses(1, ['too large'], 'sign', '-s', 'p.key', '-m', 'file', input=5000 * 'x')
    if shutil.which('minisign'):
        code, screen = at_terminal(['minisign', '-S', '-s', 'p.key', '-m', 'file', '-x', 'theirs', '-t', 'by them'], ['correct horse'], case.scratch)
        results.equal(code, 0, f'minisign with a key of ours: {screen!r}')
        results.check('by them' in case.does('verify', '-p', 'p.pub', '-m', 'file', '-x', 'theirs'), 'and what it signed')
        code, screen = at_terminal(['minisign', '-G', '-p', 'm.pub', '-s', 'm.key'], ['battery', 'battery'], case.scratch)
        results.equal(code, 0, f'minisign -G: {screen!r}')
        case.does('sign', '-s', 'm.key', '-m', 'file', '-x', 'ours', input='battery\n')
        results.equal(case.run('minisign', '-V', '-p', 'm.pub', '-m', 'file', '-x', 'ours').returncode, 0, 'a signature of ours with a key of minisign')


def main(folder, results_file):
    results = Results('cli/key')
    with tempfile.TemporaryDirectory() as scratch:
        case = Case(results, folder, scratch)
        check_own(case)
        check_policies(case)
        check_signify(case)
        if shutil.which('minisign'):
            check_minisign(case)
        else:
            results.skip('minisign is not installed')
        check_passwords(case)
    results.append_to(results_file)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
