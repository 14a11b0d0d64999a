"""Patterns of names against Python's fnmatch, and of paths against bash's globstar."""
import fnmatch
import os
import re
import shutil
import subprocess

LETTERS = ['a', 'b', 'c', '.', '-', ']', '!', '\u00e4', '\u20ac', '\U0001f600']
NAMES = ['a', 'b', 'ab', 'c.c', '.h', 'a b', 'a*', '[b]', 'b\u00e4']


def needs():
    return '' if shutil.which('bash') else 'bash'


def a_set(random):
    """What stands for one character of some, for us and for Python, whose rules for "\\", "^" and dashes are others."""
    negated = random.choice(['', '', '!', '^'])
    members = [random.choice(LETTERS[:3] + LETTERS[7:]) for _ in range(random.randrange(1, 4))]
    low, high = sorted(random.choices(LETTERS[:3] + LETTERS[7:], k=2))
    if random.random() < 0.5:
        members.append(f'{low}-{high}')
    escaped = random.choice(['', '', '\\]', '\\-', '\\!'])
    first = ']' if random.random() < 0.2 else ''
    ours = f'[{negated}{first}{"".join(members)}{escaped}]'
    last = '-' if escaped == '\\-' else ''
    theirs = f'[{"!" if negated else ""}{"]" if first or escaped == chr(92) + "]" else ""}{"".join(members)}{"!" if escaped == chr(92) + "!" else ""}{last}]'
    return ours, theirs


def a_pattern(random):
    """The same pattern for us and for Python."""
    ours, theirs = '', ''
    for _ in range(random.randrange(7)):
        kind = random.random()
        if kind < 0.3:
            part = '*' * random.randrange(1, 3), '*'
        elif kind < 0.4:
            part = '?', '?'
        elif kind < 0.6:
            part = a_set(random)
        elif kind < 0.7:
            letter = random.choice(['*', '?', '[', '\\', 'a', '\u00e4'])
            part = '\\' + letter, '[[]' if letter == '[' else f'[{letter}]'
        else:
            letter = random.choice(LETTERS)
            part = letter, letter
        ours, theirs = ours + part[0], theirs + part[1]
    if ours and random.random() < 0.1:  # a set that does not end is none
        ours, theirs = ours.replace(']', 'a') + '[a', None
    return ours, theirs


def unended(pattern):
    """What a pattern means to Python if nothing in it ends a set."""
    return re.sub(r'\\(.)|\[', lambda match: '[[]' if match[0] == '[' or match[1] == '[' else f'[{match[1]}]', pattern, flags=re.S)


def a_name(random, pattern):
    if random.random() < 0.5:  # nearly what the pattern says
        return ''.join(random.choice(LETTERS) * random.randrange(3) if c in '*?[]' else c for c in pattern if c not in '\\!^' or random.random() < 0.5)
    return ''.join(random.choice(LETTERS + ['*', '[', '\\']) for _ in range(random.randrange(6)))


def check_names(random, ours):
    for _ in range(150):
        pattern, theirs = a_pattern(random)
        theirs = unended(pattern) if theirs is None else theirs
        name = a_name(random, pattern)
        expected = fnmatch.fnmatchcase(name, theirs)
        if name.startswith('.') and not pattern.startswith(('.', '\\.')):
            expected = False  # Python knows nothing of hidden names
        got, = ours.ask('name', pattern, name)
        if got.decode() != ('yes' if expected else 'no'):
            return f'{pattern!r} and {name!r}: expected {expected}, got {got.decode()}'
    return ''


def plant(random, folder):
    """A tree of folders, files and links; its folders."""
    folders = ['.']
    for _ in range(random.randrange(4, 24)):
        path = f'{folder}/{random.choice(folders)}/{random.choice(NAMES)}'
        if os.path.lexists(path):
            continue
        kind = random.random()
        if kind < 0.45:
            os.mkdir(path)
            folders.append(os.path.relpath(path, folder))
        elif kind < 0.85:
            with open(path, 'wb'):
                pass
        else:
            os.symlink(random.choice(['a', 'b', '..', 'nowhere']), path)
    if random.random() < 0.2:
        os.chmod(f'{folder}/{random.choice(folders[1:] or folders)}', 0)
    return folders


def a_path_pattern(random, folders):
    parts = []
    for _ in range(random.randrange(1, 5)):
        parts.append(random.choice(['*', '*', '**', '**', '?', '[ab]', '[!a]*', '*b', '.*', 'a', 'b', '.', '..', 'a\\*', 'c.c', '\\[b]', '.h']))
    if random.random() < 0.3:
        parts = random.choice(folders).replace('*', '\\*').replace('[', '\\[').split('/') + parts
    text = ''.join(part + '/' * random.choice([1, 1, 1, 2]) for part in parts)
    return text if random.random() < 0.25 else text.rstrip('/')


def means_itself(name):
    return not re.search(r'[*?\[\\]', name)


def follows_a_link(folder, pattern, path):
    """Whether a path that bash found leads through a link behind the names that stand for themselves; ours does not follow those."""
    plain, parts = 0, re.split('/+', pattern)
    while plain < len(parts) and means_itself(parts[plain]):
        plain += 1
    names = path.split('/')
    folders = len(names) - (1 if names[-1] else 2) + (names[-1] == '')
    return any(os.path.islink(f'{folder}/' + '/'.join(names[:i + 1])) for i in range(plain, folders))


def found_by_bash(folder, pattern):
    script = 'shopt -s globstar nullglob; IFS=; found=($1); ((${#found[@]})) && printf "%s\\0" "${found[@]}"'
    run = subprocess.run(['bash', '-c', script, 'bash', pattern], cwd=folder, stdout=subprocess.PIPE, env=os.environ | {'LC_ALL': 'C.UTF-8'})
    return {path.decode() for path in run.stdout.split(b'\0')[:-1]}


def expected_files(folder, pattern):
    # What stands for itself is no pattern for bash, nor is what has only backslashes; and a second "/" behind "**" means more to it.
    if all(map(means_itself, pattern.split('/'))):
        there = os.path.isdir(f'{folder}/{pattern}') if pattern.endswith('/') else os.path.lexists(f'{folder}/{pattern}')
        return {pattern} if there else set()
    asked = re.sub('/+', '/', re.sub(r'\\(.)', r'[\1]', pattern))
    found = found_by_bash(folder, asked)
    if asked.split('/')[-1] == '**':  # a link is no folder that it could stand for
        before = re.sub(r'(/[*][*])+$', '', asked)  # which is followed if it stands for itself
        found = {path for path in found if path.rstrip('/') == before or not os.path.islink(f'{folder}/{path.rstrip("/")}')}
        found |= found_by_bash(folder, asked + '/*')
    return {path for path in found if os.path.lexists(f'{folder}/{path}') and not follows_a_link(folder, pattern, path)}


def alike(paths, pattern):
    """Separators that say nothing are one or none."""
    paths = {re.sub('/+', '/', path) for path in paths}
    return sorted({path if pattern.endswith('/') else path.rstrip('/') or '/' for path in paths})


def check(random, ours, folder):
    if said := check_names(random, ours):
        return said
    folder += '/1/2/3/4/5/6'  # so that no ".." leads out of what belongs to this case
    os.makedirs(folder)
    folders = plant(random, folder)
    for _ in range(12):
        pattern = a_path_pattern(random, folders)
        state, *got = [field.decode() for field in ours.ask('files', folder, pattern)]
        expected = alike(expected_files(folder, pattern), pattern)
        if state != 'found' or got != sorted(set(got), key=os.fsencode) or alike(got, pattern) != expected:
            return f'{pattern!r}: expected {expected}, got {state} {got}'
    return ''
