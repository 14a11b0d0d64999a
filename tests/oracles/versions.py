"""Versions and ranges against npm's own package `semver`."""
import json
import os
import shutil
import subprocess
import tarfile
import tempfile

ASK = '''
const semver = require(process.argv[1]);
const lines = require('readline').createInterface({input: process.stdin});
lines.on('line', line => {
    const answers = JSON.parse(line).map(([kind, ...rest]) => {
        try {
            if (kind === 'compare') return rest.every(v => semver.valid(v) && !/^[v=\\s]|\\s$/.test(v)) ? String(semver.compare(...rest)) : 'malformed';
            const range = new semver.Range(rest[0]);
            return rest[1].map(v => range.test(v) ? '1' : '0').join('');
        } catch (why) {
            return 'malformed';
        }
    });
    console.log(JSON.stringify(answers));
});
'''
peer = {}


def needs():
    if not shutil.which('node') or not shutil.which('npm'):
        return 'node and npm'
    if 'folder' not in peer:
        peer['folder'] = tempfile.mkdtemp()
        packed = subprocess.run(['npm', 'pack', '--silent', 'semver@7.8.6'], cwd=peer['folder'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        if packed.returncode != 0:
            return "npm's semver"
        with tarfile.open(os.path.join(peer['folder'], packed.stdout.split()[-1])) as archive:
            archive.extractall(peer['folder'])
        peer['child'] = subprocess.Popen(['node', '-e', ASK, os.path.join(peer['folder'], 'package')], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    return ''


def ask_npm(questions):
    peer['child'].stdin.write(json.dumps(questions) + '\n')
    peer['child'].stdin.flush()
    return json.loads(peer['child'].stdout.readline())


def number(random):
    return str(random.choice([0, 0, 0, 1, 1, 2, 3, 9, 10, 99999]))


def prerelease(random):
    return '.'.join(random.choice(['0', '1', '2', '10', 'a', 'alpha', 'beta', 'rc', '-', 'a-1', '0a', 'B']) for _ in range(random.choice([1, 1, 2, 3])))


def version(random):
    return '.'.join(number(random) for _ in range(3)) + (f'-{prerelease(random)}' if random.random() < 0.4 else '') + (random.choice(['', '', '', '+b', '+001.x']))


def partial(random):
    known = random.choice([0, 1, 2, 3, 3, 3, 3, 3])
    parts = [number(random) if i < known else random.choice('xX*') for i in range(random.choice([1, 2, 3, 3, 3]))]
    made = '.'.join(parts)
    return random.choice(['', '', '', 'v']) + made + (f'-{prerelease(random)}' if len(parts) == 3 and known >= 3 and random.random() < 0.3 else '') + (random.choice(['', '', '', '', '+b']))


def simple(random):
    return random.choice(['', '', '^', '^', '~', '~', '~>', '>=', '>=', '<', '<', '>', '<=', '=']) + random.choice(['', '', '', ' ']) + partial(random)


def alternative(random):
    kind = random.random()
    if kind < 0.05:
        return random.choice(['', '*', ' ', 'x'])
    if kind < 0.2:
        return f'{partial(random)} - {partial(random)}'
    return ' '.join(simple(random) for _ in range(random.choice([1, 1, 2, 2, 3])))


def a_range(random):
    made = random.choice([' || ', '||', ' ||']).join(alternative(random) for _ in range(random.choice([1, 1, 2, 3])))
    if random.random() < 0.1:
        at = random.randrange(len(made) + 1)
        made = made[:at] + random.choice(['a', '.', '-', '|', ',', '01', '!', '..', '#']) + made[at + random.randrange(2):]
    # npm also takes build metadata twice, and "v0.0.0" is not 0.0.0 to it behind ">=".
    return made.replace('v0.0.0', '0.0.0') if all(word.count('+') < 2 for word in made.split()) else a_range(random)


def near(random, text):
    """Versions beside those in a range."""
    made = []
    for word in text.replace('|', ' ').split():
        numbers = [part if part.isdigit() and not (len(part) > 1 and part[0] == '0') else '0' for part in word.lstrip('^~<>=v').split('+')[0].split('-')[0].split('.')[:3]]
        numbers = [int(n) for n in numbers + ['0'] * (3 - len(numbers))]
        at = random.randrange(3)
        numbers[at] = max(0, numbers[at] + random.choice([-1, 0, 0, 1]))
        if max(numbers) < 2**53:
            made.append('.'.join(map(str, numbers)) + random.choice(['', '', '-0', '-a', '-a.0', '-beta', f'-{prerelease(random)}']))
    return made


def check(random, ours, folder):
    questions, asked = [], []
    for _ in range(40):
        a, b = version(random), version(random)
        if random.random() < 0.5:
            b = '.'.join(a.split('-')[0].split('+')[0].split('.')) + f'-{prerelease(random)}'
        if random.random() < 0.1:
            a = a.replace(random.choice(a), random.choice(['', '..', '01', '_', '-']), 1)
        questions.append(('compare', a, b))
        asked.append(ours.ask('compare', a, b)[0].decode())
    for question, theirs, mine in zip(questions, ask_npm(questions), asked):
        if theirs != mine:
            return f'{question}: npm says {theirs}, ours {mine}'
    for _ in range(40):
        first, second = a_range(random), a_range(random)
        versions = [version(random) for _ in range(10)] + near(random, first) + near(random, second)
        theirs = ask_npm([('contains', first, versions), ('contains', second, versions)])
        got = [answer.decode() for answer in ours.ask('contains', first, second, *versions)]
        if 'malformed' in theirs:
            wanted = ['malformed' if theirs[0] == 'malformed' else '', 'malformed' if theirs[1] == 'malformed' else '']
        else:
            pairs = [(a == '1', b == '1') for a, b in zip(*theirs)]
            wanted = [''.join('01'[bit] for bit in (a, b, a and b, a or b, a and not b, not a)) for a, b in pairs]
        if got != wanted and 'malformed' in theirs:
            return f'{first!r} and {second!r}: npm says {wanted}, ours {got[:2]}'
        if got != wanted:
            return f'{first!r} and {second!r}: ' + next((f'{v}: npm has {w}, ours {g}' for v, w, g in zip(versions, wanted, got) if w != g), '')
    return ''
