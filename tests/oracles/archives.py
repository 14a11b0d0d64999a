"""Objects and archives with undefined, weak and common symbols, against GNU ld: which members are taken, and what the program says."""
import platform
import re
import shutil
import subprocess

# Prints what `value` returns, in eight bytes.
START = '''.globl _start
_start: call value
 push %rax
 mov $1, %eax
 mov $1, %edi
 mov %rsp, %rsi
 mov $8, %edx
 syscall
 mov $60, %eax
 xor %edi, %edi
 syscall
'''


def needs():
    if platform.machine() != 'x86_64':
        return 'assembler for x86_64 is all that this knows'
    lacking = [tool for tool in ('as', 'ld', 'ar') if not shutil.which(tool)]
    return f'there is no {lacking[0]}' if lacking else ''


def definition(kind, name, content):
    """A symbol whose first eight bytes are `content`, or 0 if it is common."""
    if kind == 'common':
        return f'.comm {name}, 8, 8\n'
    section = '.text' if kind == 'function' else '.data'
    about = f'.type {name}, @{"function" if kind == "function" else "object"}\n'
    return f'{section}\n{".weak" if kind == "weak" else ".globl"} {name}\n{about}{name}: .quad {content}\n'


def reference(random, name):
    return (f'.weak {name}\n' if random.random() < 0.3 else '') + f'.data\n.quad {name}\n'


def member(random, names, marker):
    defined = random.sample(names, min(len(names), random.choice([1, 1, 1, 2, 3])))
    text = definition('data', marker, 1)
    for name in defined:
        kind = random.choice(['data', 'data', 'data', 'weak', 'weak', 'common', 'common', 'function'])
        text += definition(kind, name, random.randrange(1, 2**32))
    for name in random.sample(names, min(len(names), random.randrange(3))):
        if name not in defined:
            text += reference(random, name)
    return text


def user(random, names):
    """`value` adds up what symbols have, each with a weight of its own."""
    text, code = START, '.text\n.globl value\nvalue: xor %eax, %eax\n'
    for weight, name in enumerate(names, 1):
        if random.random() < 0.5:
            if random.random() < 0.4:
                text += f'.weak {name}\n'
            elif random.random() < 0.4:
                text += definition('common', name, 0)
            code += f' mov {name}@GOTPCREL(%rip), %rdx\n test %rdx, %rdx\n jz {weight}f\n imul ${weight}, (%rdx), %rcx\n add %rcx, %rax\n{weight}:\n'
    return text + code + ' ret\n'


def assembled(folder, name, text):
    subprocess.run(['as', '-o', f'{folder}/{name}.o', '-'], input=text + '.section .note.GNU-stack\n', text=True, check=True)
    return f'{folder}/{name}.o'


def theirs(folder, objects, archives):
    """What GNU ld makes of them: 'failed', or what the program says and the members that are in it."""
    linked = subprocess.run(['ld', '-t', '-t', '-o', f'{folder}/program', *objects, '--start-group', *archives, '--end-group'],
                            capture_output=True, text=True, check=False)
    if linked.returncode:
        return 'failed', set(), linked.stderr
    said = subprocess.run([f'{folder}/program'], stdout=subprocess.PIPE, check=True).stdout
    return str(int.from_bytes(said, 'little')), set(re.findall(r'\b(m\d+)\.o\b', linked.stdout)), ''


def check(random, ours, folder):
    names = [f's{i}' for i in range(random.randrange(2, 9))]
    objects = [assembled(folder, 'user', user(random, names))]
    if random.random() < 0.4:
        objects.append(assembled(folder, 'other', member(random, names, 'other')))
    archives, markers = [], []
    for number in range(random.randrange(1, 4)):
        members = [f'm{len(markers) + i}' for i in range(random.randrange(1, 6))]
        markers += members
        paths = [assembled(folder, name, member(random, names, name)) for name in members]
        archives.append(f'{folder}/lib{number}.a')
        subprocess.run(['ar', 'rcs', archives[-1], *paths], check=True)
    expected, taken, complaint = theirs(folder, objects, archives)
    got, *rest = (field.decode(errors='replace') for field in ours.ask('link', *objects, *archives, *markers))
    if got != expected or got != 'failed' and set(rest) != taken:
        return f'expected {expected} with {sorted(taken)} {complaint}, got {got} with {rest}'
    return ''
