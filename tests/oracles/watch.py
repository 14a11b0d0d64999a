"""What is told of folders that change, replayed: it leads to the tree that is there."""
import os
import shutil
import stat
import sys

CREATED, REMOVED, MODIFIED, ATTRIBUTES, OVERFLOW = 1, 2, 4, 8, 16
NAMES = ['a', 'b', 'c', 'a-b', 'a.b']


def needs():
    return '' if sys.platform == 'linux' else 'inotify'


def facts(path):
    """What a replay has to know of a path."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return 'link', os.readlink(path)
    if stat.S_ISDIR(status.st_mode):
        return 'folder', status.st_mode
    with open(path, 'rb') as file:
        return 'file', status.st_mode, file.read()


def tree(top):
    """All that is below, by path."""
    return {path: facts(path) for folder, folders, files in os.walk(top) for name in folders + files for path in [f'{folder}/{name}']}


def anywhere(random, top, outside):
    """A path in the tree, which need not be there, or sometimes outside of it."""
    if random.random() < 0.15:
        return f'{outside}/{random.choice(NAMES)}'
    folders = [top] + [path for path, what in sorted(tree(top).items()) if what[0] == 'folder']
    return f'{random.choice(folders)}/{random.choice(NAMES)}'


def change(random, top, outside, targets):
    """Changes something, perhaps; where something was moved to goes to `targets`."""
    path, kind = anywhere(random, top, outside), random.random()
    try:
        if kind < 0.25:
            with open(path, random.choice(['ab', 'wb']), buffering=0) as file:
                file.write(bytes(random.choices(b'xyz', k=random.randrange(1, 4))))
        elif kind < 0.45:
            os.makedirs(path + random.choice(['', '', '/' + random.choice(NAMES)]))
        elif kind < 0.7:
            target = anywhere(random, top, outside)
            os.rename(path, target)
            targets.add(target)
        elif kind < 0.8:
            os.remove(path)
        elif kind < 0.9:
            shutil.rmtree(path)
        elif kind < 0.95:
            os.symlink(random.choice(NAMES), path)
        elif not os.path.islink(path):
            os.chmod(path, random.choice([0o700, 0o750, 0o711, 0o755]))
    except OSError:
        pass  # what cannot be done changes nothing


def replay(model, path, changes, now, before, targets):
    """Has `model` follow what was told; what was wrong with it."""
    there = path in now  # not behind a link
    if changes & ~ATTRIBUTES not in (0, CREATED, REMOVED, MODIFIED, CREATED | REMOVED):
        return 'no such changes'
    if (changes & ~ATTRIBUTES != REMOVED) != there:
        return 'is there' if there else 'is not there'
    if changes & (MODIFIED | REMOVED) == MODIFIED and path not in before:
        return 'was not there'
    if changes & REMOVED and path not in before and path not in targets:
        return 'was not there'
    if changes & REMOVED:
        for below in [known for known in model if known == path or known.startswith(path + '/')]:
            del model[below]
    if there:
        model[path] = now[path]
    return ''


def check(random, ours, folder):
    top, outside = f'{folder}/top', f'{folder}/outside'
    os.mkdir(top)
    os.mkdir(outside)
    for _ in range(random.randrange(12)):
        change(random, top, outside, set())
    model = tree(top)
    if ours.ask('watch', top) != [b'watching']:
        return 'it is not watched'
    for _ in range(25):
        targets = set()
        for _ in range(random.choice([1, 2, 3, 4, 6, 10])):
            change(random, top, outside, targets)
        before = dict(model)
        now = tree(top)
        state, *told = [field.decode() for field in ours.ask('told')]
        if state != 'told':
            return f'it ended: {state}'
        paths = told[::2]
        if paths != sorted(set(paths), key=os.fsencode):
            return f'paths out of order, or twice: {paths}'
        for path, changes in zip(paths, map(int, told[1::2])):
            if said := replay(model, path, changes, now, before, targets):
                return f'{path[len(top):]} told as {changes}, but {said}; of {told}'
        if model != now:
            wrong = {path[len(top):]: (model.get(path), now.get(path)) for path in model.keys() | now.keys() if model.get(path) != now.get(path)}
            return f'replayed and real: {wrong}; told: {told}'
    ours.ask('forget')
    return ''
