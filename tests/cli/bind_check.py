"""vitte bind --check against abidiff, on pairs of versions of a library that are made for it.

usage: bind_check.py VITTE FOLDER RESULTS
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

BEGIN = '''
enum color { red, green = 5, blue };
typedef struct { int x; int y; } point;
struct inner { short a; char b; };
struct opaque;
struct shape { enum color fill; point at; struct inner *in; unsigned open : 1; unsigned rest : 7; int (*draw)(struct shape *, int); char name[16]; };
union number { int whole; float real; };
struct opaque *make(void);
int draw(struct shape *of, int depth);
long measure(const struct shape *of, union number by);
void move(point *what, int by);
int log_text(const char *format, ...);
'''
END = '''
struct opaque *make(void) { return 0; }
int draw(struct shape *of, int depth) { return of->fill == red ? depth : of->in->a; }
long measure(const struct shape *of, union number by) { return of->at.x + by.whole; }
void move(point *what, int by) { what->x += by; }
int log_text(const char *format, ...) { return *format; }
'''
# What is done, and each text with what takes its place.
CHANGES = {
    'nothing': [],
    'a function goes': [('void move(point *what, int by);\n', ''), ('void move(point *what, int by) { what->x += by; }\n', '')],
    'a function comes': [('int log_text(const char *format, ...) {', 'int more(int a) { return a; }\nint log_text(const char *format, ...) {')],
    'a function is renamed': [('void move(', 'void shift(')],
    'another result': [('long measure', 'int measure')],
    'a wider parameter': [('void move(point *what, int by)', 'void move(point *what, long by)')],
    'one more parameter': [('void move(point *what, int by)', 'void move(point *what, int by, int also)')],
    'variable arguments go': [('int log_text(const char *format, ...)', 'int log_text(const char *format)')],
    'a member comes last': [('char name[16];', 'char name[16]; long last;')],
    'a member comes first': [('struct shape { enum', 'struct shape { long first; enum')],
    'a member goes': [('point at; struct', 'struct'), ('of->at.x', '1')],
    'a wider member': [('typedef struct { int x;', 'typedef struct { long x;')],
    'members swapped': [('short a; char b;', 'char b; short a;')],
    'a longer array': [('name[16]', 'name[24]')],
    'a wider bit-field': [('open : 1', 'open : 2')],
    'another value': [('green = 5', 'green = 6')],
    'a value comes last': [('blue }', 'blue, black }')],
    'a value goes': [(', blue }', ' }')],
    'a larger union': [('float real;', 'double real;')],
    'what is pointed to changes': [('short a; char b;', 'int a; char b;')],
    'a callback with another parameter': [('(*draw)(struct shape *, int)', '(*draw)(struct shape *, long)')],
    'an opaque type is told': [('struct opaque;', 'struct opaque { int secret; };')],
}


def built(folder, name, text, options):
    with open(f'{folder}/{name}.c', 'w', encoding='utf-8') as file:
        file.write(text)
    subprocess.run(['gcc', '-g', *options, '-shared', '-fPIC', '-w', f'{folder}/{name}.c', '-o', f'{folder}/{name}.so'], check=True)
    return f'{folder}/{name}.so'


def main():
    vitte, folder, results_path = sys.argv[1:]
    results = Results('cli/bind_check')
    if not shutil.which('abidiff'):
        results.skip('there is no abidiff')
        return results.append_to(results_path)
    os.makedirs(folder, exist_ok=True)
    said = {}
    # abidiff sees no types in sections of their own: there we must say what we say without them.
    for options in (['-gdwarf-5'], ['-gdwarf-4'], ['-gdwarf-5', '-fdebug-types-section'], ['-gdwarf-4', '-fdebug-types-section']):
        before = built(folder, 'before', BEGIN + END, options)
        for name, changes in CHANGES.items():
            text = BEGIN + END
            for old, new in changes:
                results.check(old in text, f'{name}: {old} is there')
                text = text.replace(old, new)
            after = built(folder, 'after', text, options)
            ours = subprocess.run([vitte, 'bind', '--check', before, after], capture_output=True, text=True)
            if len(options) == 2:
                results.equal(ours.stdout, said[options[0], name], f'{options}: {name}')
                continue
            said[options[0], name] = ours.stdout
            results.equal(ours.returncode, int('breaks' in ours.stdout), name + ': exit code')
            theirs = subprocess.run(['abidiff', '--harmless', before, after], capture_output=True, text=True)
            what = f'{" ".join(options)}: {name}:\n{ours.stdout}{ours.stderr}{theirs.stdout}'
            results.equal(ours.stdout != '', theirs.returncode != 0, what + 'whether something has changed')
            for mark, verb in (('D', 'removed'), ('A', 'added')):
                results.equal(sorted(re.findall(rf'function (\w+): {verb}', ours.stdout)),
                              sorted(re.findall(rf"\[{mark}\] 'function .*?(\w+)\(", theirs.stdout)), what + verb)
            sizes = {(int(a) * 8, int(b) * 8) for a, b in re.findall(r': size (\d+) -> (\d+)', ours.stdout)}
            told = {(int(a), int(b)) for a, b in re.findall(r"type '(?:const )?(?:struct|union) .*\n\s*type size changed from (\d+) to (\d+)", theirs.stdout)}
            results.check(told <= sizes, what + f'sizes: {told - sizes} are missing')
            values = set(re.findall(r"enum \w+: (\w+) (\d+) -> (\d+)", ours.stdout))
            results.equal(values, set(re.findall(r"'color::(\w+)' from value '(\d+)' to '(\d+)'", theirs.stdout)), what + 'values')
    results.append_to(results_path)


main()
