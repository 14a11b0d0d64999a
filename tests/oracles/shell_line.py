"""Lines for a shell against what they stand for: the same programs with the same arguments, variables, folders and streams."""
import os
import re
import shutil

PARTS = ['-', '--', '-P', '=', 'a', 'b c', "'", '"', '\\', '$HOME', '*', '~', '#', '!', ';', '\n', '\t', '&', '|', '<', '{', '[', 'x=y', '2', 'ä', '`', '..', '.']
NAMES = ['echo', 'if', 'cd', 'true', 'exec', 'test', '[', '{', '!', '-', '-x', '-i', 'a=b', '=', '~', 'a b', 'plain', 'printf', '$x',
         'command', 'time', ':', 'pwd', 'for', 'local', "it's", '#', '*', '2', 'ä']
# What begins as jobs, expansions, options and other things that only some shells know do, and words of such shells.
SPECIAL = ['%1', '%', '%%', '%+', '%-', '%plain', '%?x', '+', '++', '@', '@(a)', '^a^b', '!!', '!x', '{a,b}', '[[', ']]', '((a))', '(a)', '=ls', '1', '2>x', '1:',
           ',', '~+', '~root', '?', '[a]', 'a\\b', '`a`', '#x', 'coproc', 'function', 'select', 'let', 'declare', 'source', 'enable', 'help', 'wait',
           'jobs', 'fg', 'bg', 'kill', 'alias', 'hash', 'times', 'trap', 'shopt', 'false', 'typeset', 'history', 'builtin', 'until']
SHELLS = ['sh', 'bash', 'zsh', 'mksh', 'ksh', 'yash']
FOLDERS = ['-', '-P', '--', '-L', 'd', 'in path', '~', '$d', '=', 'd/-', 'link', 'link/..', './d', '+', 'ä', "d'"]
VARIABLES = ['A', 'B', '-A', '-u', '-', 'a b', 'PATH', 'A.B', 'HOME', 'IFS', 'é', 'CDPATH', '1', '$A', 'A-B', 'ENV', "'"]
OF_SHELLS = ('PWD', 'OLDPWD', 'SHLVL', '_')
SCRIPT = '''#!{python} -I
import os, sys
said = [repr(os.path.realpath('/proc/self/cwd')), repr({name!r}), repr(sys.argv[1:]), repr(sorted(os.environb.items())), repr(sys.stdin.read())]
print('\\n'.join(said)); sys.stdout.flush()
print('to error', file=sys.stderr)
'''


def needs():
    return '' if os.path.exists('/proc/self/cwd') and shutil.which('python3') and shutil.which('nice') else 'a shell, python3 and proc'


def text(random, parts=PARTS):
    return ''.join(random.choice(parts) for _ in range(random.choice([0, 1, 1, 2, 3])))


def shells():
    return [path for path in map(shutil.which, SHELLS) if path]


def put(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        # What is said tells which file it is, whatever led to it.
        file.write(SCRIPT.format(python=os.path.realpath('/usr/bin/python3'), name=path))
    os.chmod(path, 0o755)


def without_those_of_shells(said):
    """Variables in which shells have a say are left out."""
    return re.sub(r"\(b'(%s)', b(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)(, )?" % '|'.join(OF_SHELLS), '', said).replace(', ]', ']')


def check(random, ours, folder):
    folder = os.path.realpath(folder)
    for name in FOLDERS:
        if not name.startswith('link'):
            os.makedirs(f'{folder}/{name}', exist_ok=True)
    os.makedirs(f'{folder}/elsewhere/below/d', exist_ok=True)
    os.symlink('elsewhere/below', f'{folder}/link')
    ours.ask('shells', *shells())
    for all_names, parts in ((NAMES, PARTS), (SPECIAL, PARTS + SPECIAL)):
        if said := check_names(random, ours, folder, random.sample(all_names, 6), parts):
            return said
    return ''


def check_names(random, ours, folder, names, parts):
    for name in names:
        for place in random.sample(['first', 'second', 'in path', '.'], 2):
            if not os.path.isdir(path := f'{folder}/{place}/{name}'):
                put(path)
    usual = '/usr/bin:/bin'
    for _ in range(6):
        path = ':'.join(random.sample([f'{folder}/first', f'{folder}/second', 'in path', '', '.', '/no-such'], random.randrange(5)) + [usual])
        where = random.choice(names)
        program = random.choice([where, where, f'./{where}', f'{folder}/first/{where}', f'first/{where}', f'second/{where}'])
        fields = []
        for _ in range(random.randrange(4)):
            fields += ['argument', text(random, parts)]
        # Whatever else is asked for may lead the line to a way on which the name means nothing to a shell.
        if parts is not PARTS and random.random() < 0.7:
            path, program = ':'.join([f'{folder}/first', f'{folder}/second', 'in path', '', usual]), where
            if said := difference(ours, folder, path, program, fields):
                return said
            continue
        if random.random() < 0.3:
            fields += ['clear', '']
        for _ in range(random.choice([0, 0, 1, 2, 3])):
            name = random.choice(VARIABLES)
            value = random.choice(['/bin', '/usr/bin:/bin', f'{folder}/second:/usr/bin:/bin']) if name == 'PATH' else text(random)
            fields += ['set', f'{name}={value}'] if random.random() < 0.6 else ['unset', name]
        if random.random() < 0.5:
            fields += ['directory', random.choice(FOLDERS + ['/'])]
        for stream in ('no input', 'no output', 'no error'):
            if random.random() < 0.15:
                fields += [stream, '']
        if random.random() < 0.15:
            fields += ['merge', '']
        if said := difference(ours, folder, path, program, fields):
            return said
    return ''


def difference(ours, folder, path, program, fields):
    """What the command does and a shell does not."""
    given = ours.ask('path', path) and ours.ask('run', folder, program, *fields)
    line, direct, *indirect = (field.decode(errors='surrogateescape') for field in given)
    if not direct.startswith('0\n') or not ("\n'/" in direct or 'to error' in direct):
        return ''  # what cannot be started leaves a shell free, and programs of the system say what they are called
    direct = without_those_of_shells(direct)
    for shell, said in zip(shells(), map(without_those_of_shells, indirect)):
        if direct != said:
            differing = [pair for pair in zip(direct.split('\n'), said.split('\n')) if pair[0] != pair[1]]
            return f'{program!r} {fields} with PATH {path!r}: line {line!r}: ours and of {shell}: {differing}'
    return ''
