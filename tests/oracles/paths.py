"""Paths as text against Python's posixpath and ntpath."""
import ntpath
import posixpath
import re

NAMES = ['a', 'b', 'Cc', 'a.b', 'a.b.c', '.h', '.h.x', '..x', '...', 'a.', '.', '.', '..', '..', '\u00e4', 'c:', 'C:x', '??']
ROOTS = {'posix': ['', '', '', '/', '//', '///'],
         'windows': ['', '', '', '\\', '/', 'C:', 'C:', 'c:', 'D:', 'C:\\', 'c:/', 'D:\\\\', '\\\\s\\h\\', '//s/h/', '\\\\s\\h', '\\\\t\\h\\']}


MODULES = {'posix': posixpath, 'windows': ntpath}
SEPARATORS = {'posix': '/', 'windows': '\\/'}


def a_path(random, style):
    text = random.choice(ROOTS[style])
    for i in range(random.randrange(6)):
        text += (random.choice(SEPARATORS[style]) * random.choice([1, 1, 1, 2]) if i else '') + random.choice(NAMES)
    if random.random() < 0.2 and text:
        text += random.choice(SEPARATORS[style])
    # Not what versions of Python do not agree on, servers without a share, nor what it does not know, names of the object manager.
    if style == 'windows' and re.match(r'[\\/]([?][?]|[\\/](?![st][\\/]h(?:[\\/]|$)))', text):
        return a_path(random, style)
    return text


def split(style, text):
    """The drive, the root, with all its separators, and what is behind."""
    drive, rest = MODULES[style].splitdrive(text)
    behind = rest.lstrip(SEPARATORS[style])
    return drive, drive + rest[:len(rest) - len(behind)], behind


def parts(style, text):
    drive, root, behind = split(style, text)
    name = re.split(f'[{re.escape(SEPARATORS[style])}]', behind)[-1]
    folder = behind[:len(behind) - len(name)].rstrip(SEPARATORS[style])
    stem, extension = MODULES[style].splitext(name)
    if name.startswith('..') and name != '..':  # to us only the first dot of a name begins no extension
        stem, extension = name[:name.rindex('.')], name[name.rindex('.'):]
    absolute = root != '' and not (style == 'windows' and (drive == '' or len(root) == 2))
    names = [part for part in re.split(f'[{re.escape(SEPARATORS[style])}]+', behind) if part]
    return [root, 'absolute' if absolute else 'relative', name, stem, extension, root + folder, *names]


def normal(style, text):
    made = MODULES[style].normpath(text)
    drive, root, _ = split(style, text)
    if style == 'posix':
        return re.sub('^//', '/', made)
    rooted = len(root) > len(drive)
    if len(drive) > 2:  # a share is a folder, and Python leaves its "/" to its version
        made = made.rstrip('\\')
        made += '\\' if rooted and made.count('\\') == 3 else ''
    if not drive and not rooted and ntpath.splitdrive(made)[0]:
        return '.\\' + made
    return re.sub(r'^\\(?=[?][?]\\)', r'\\.\\', made)


def joined(style, text, below):
    drive, _, behind = split(style, text)
    below_drive, below_root, below_names = split(style, below)
    same = len(drive) == 2 and drive.lower() == below_drive.lower()
    if (not below or same) and below_root in ('', below_drive) and not below_names:
        return text  # to which Python adds a separator
    made = below if len(below_drive) > 2 else MODULES[style].join(text, below)
    if style == 'windows' and not below_root and re.match(r'[\\/][?][?][\\/][^\\/]', made):
        return made[0] + '.\\' + made[1:]  # so that it does not name what Python does not know
    return drive + made[2:] if same and below_root == below_drive else made


def relative(style, text, base):
    """What leads from one to the other wherever that is; None if it depends on it."""
    (_, root, behind), (_, base_root, base_behind) = split(style, text), split(style, base)
    if root != base_root:
        return None
    module, made = MODULES[style], set()
    for place in ('1/2/3/4/5/6', '7/8/9/10/11/12'):
        top = '/' if root.endswith(tuple(SEPARATORS[style])) else f'/{place}/'
        made.add(posixpath.relpath(top + behind.replace('\\', '/' if style == 'windows' else '\\'),
                                   top + base_behind.replace('\\', '/' if style == 'windows' else '\\')))
    found = made.pop().replace('/', module.sep)
    if made:
        return None
    return '.\\' + found if style == 'windows' and ntpath.splitdrive(found)[0] else found


def check(random, ours, folder):
    for _ in range(60):
        for style in MODULES:
            text, other = a_path(random, style), a_path(random, style)
            bases = [normal(style, text), normal(style, random.choice([other, other, text + MODULES[style].sep + '..', text[:len(text) // 2]]))]
            random.shuffle(bases)
            cases = [(('parts', text), parts(style, text)), (('normalize', text), [normal(style, text)]),
                     (('join', text, other), [joined(style, text, other)]), (('relative', *bases), [relative(style, *bases)])]
            for asked, expected in cases:
                got = [field.decode() for field in ours.ask(style, *asked)]
                if got != (['', 'invalid argument'] if expected == [None] else expected):
                    return f'{style} {asked}: expected {expected}, got {got}'
    return ''
