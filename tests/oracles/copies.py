"""Copies of trees against `cp -a`, and walks against find(1)."""
import errno
import os
import shutil
import stat
import subprocess

NAMES = ['a', 'b', 'c d', '.h', '-x', '\u00e4', 'n' * 200]
BLOCK = 65536


def needs():
    return '' if shutil.which('find') and b'GNU' in subprocess.run(['cp', '--version'], capture_output=True, check=False).stdout else 'GNU cp and find'


def fill(random, path):
    """A file of data and holes."""
    with open(path, 'wb') as file:
        for _ in range(random.choice([0, 1, 1, 2, 4])):
            if random.random() < 0.5:
                file.seek(random.choice([1, 4095, BLOCK, 5 * BLOCK]), os.SEEK_CUR)
            else:
                file.write(random.randbytes(random.choice([1, 4096, 5000, BLOCK])))
        file.truncate(max(file.tell(), 0) + random.choice([0, 0, 1, 3 * BLOCK]))


def plant(random, top):
    os.mkdir(top)
    folders = [top]
    for _ in range(random.randrange(16)):
        path, kind = f'{random.choice(folders)}/{random.choice(NAMES)}', random.random()
        if os.path.lexists(path):
            continue
        if kind < 0.3:
            os.mkdir(path)
            folders.append(path)
        elif kind < 0.8:
            fill(random, path)
        elif kind < 0.95:
            os.symlink(random.choice(['a', '.', '..', '../b', 'nowhere', 'x' * 200]), path)
        else:
            os.mkfifo(path)
    for folder, below, files in os.walk(top, topdown=False):
        for name in below + files:
            path = f'{folder}/{name}'
            if not os.path.islink(path):
                os.chmod(path, random.choice([0o700, 0o755, 0o775, 0o1777] if name in below else [0o400, 0o600, 0o644, 0o755, 0o4755, 0o640]))
            os.utime(path, ns=(random.randrange(2**61), random.randrange(-2**30, 2**61)), follow_symlinks=False)


def facts(path):
    """What two trees have in common: all but access times, which reading changes, and where holes are, which are counted."""
    status = os.lstat(path)
    known = [stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_mtime_ns, status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        known.append(os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        with open(path, 'rb') as file:
            known.append(file.read())
    return known


def room(path):
    return os.lstat(path).st_blocks * 512 if os.path.isfile(path) and not os.path.islink(path) else 0


def check_copy(top, ours, folder):
    subprocess.run(['find', top, '-type', 'p', '-delete'], check=True)  # which no `copy` opens
    subprocess.run(['cp', '-a', top, f'{folder}/theirs'], check=True)
    if (state := ours.ask('copy', top, f'{folder}/ours')) != [b'copied']:
        return f'copy: {state}'
    below = [os.path.relpath(f'{at}/{name}', top) for at, folders, files in os.walk(top) for name in folders + files]
    made = [os.path.relpath(f'{at}/{name}', f'{folder}/ours') for at, folders, files in os.walk(f'{folder}/ours') for name in folders + files]
    if sorted(below) != sorted(made):
        return f'copied: {sorted(made)} of {sorted(below)}'
    for path in below:
        mine, theirs = facts(f'{folder}/ours/{path}'), facts(f'{folder}/theirs/{path}')
        if mine != theirs:
            return f'{path}: {[(a, b) for a, b in zip(mine, theirs) if a != b]!r:.300}'
        used = [room(f'{at}/{path}') for at in (f'{folder}/ours', top)]
        if used[0] > used[1] + BLOCK:  # what is around blocks may differ
            return f'{path}: it takes {used[0]} bytes of the disk, what it was copied from {used[1]}'
    return ''


def found(top, follow):
    kinds = {'f': 'file', 'd': 'folder', 'l': 'link'}
    run = subprocess.run(['find', '-L' if follow else '-P', top, '-mindepth', '1', '-printf', '%y %d %p\\0'], capture_output=True, check=False)
    for line in run.stdout.split(b'\0')[:-1]:
        kind, rest = line.decode().split(' ', 1)
        yield f'{kinds.get(kind, "other")} {rest}'


def is_loop(path):
    try:
        os.stat(path)
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def leads_back(path):
    """Whether it is a folder that is also above it."""
    above = path
    while (above := os.path.dirname(above)) != '/':
        if os.path.samefile(above, path):
            return True
    return False


def check_walk(top, ours):
    met = [field.decode() for field in ours.ask('walk', top, 'not followed')]
    if met != (expected := sorted(found(top, False), key=os.fsencode)):
        return f'walk: {set(met) ^ set(expected)}'
    # Links that lead back are met as folders, and then as failures, those that lead to themselves as links; find(1) complains of both.
    met = [field.decode() for field in ours.ask('walk', top, 'followed')]
    back = {line.split(' ', 1)[1] for line in met if line.startswith('failed ')}
    expected = set(found(top, True)) - {f'{kind} {line}' for line in back for kind in ('folder', 'link', 'other')}
    met = {line for line in met if line.split(' ', 1)[1] not in back and not is_loop(line.split(' ', 2)[2])}
    if met != expected:
        return f'walk behind links: {met ^ expected}'
    wrong = [line for line in back if not leads_back(line.split(' ', 1)[1])]
    return f'these do not lead back: {wrong}' if wrong else ''


def check(random, ours, folder):
    for round in range(3):
        case = f'{folder}/{round}'
        os.mkdir(case)
        plant(random, f'{case}/top')
        if said := check_walk(f'{case}/top', ours) or check_copy(f'{case}/top', ours, case):
            return said
    return ''
