"""Random types of C functions, with the C side of each: what it is called with, what it returns, and what checks both.

The file that `write` makes has, for each signature, its text, the function, a caller of callbacks, the addresses of the arguments
and of the result as a C compiler has them, and functions that compare values member by member (padding is nobody's).
"""
import random

INTEGERS = {'i8': ('int8_t', 8, True), 'u8': ('uint8_t', 8, False), 'i16': ('int16_t', 16, True), 'u16': ('uint16_t', 16, False),
            'i32': ('int32_t', 32, True), 'u32': ('uint32_t', 32, False), 'i64': ('int64_t', 64, True), 'u64': ('uint64_t', 64, False)}
REALS = {'f32': 'float', 'f64': 'double', 'long_double': 'long double'}
COMPLEX = {'complex_f32': 'float', 'complex_f64': 'double', 'complex_long_double': 'long double'}
NO_VECTORS = ('s390x', 'arm')


class Scalar:
    def __init__(self, name):
        self.text = name
        self.c = (INTEGERS[name][0] if name in INTEGERS else REALS[name] if name in REALS else f'_Complex {COMPLEX[name]}' if name in COMPLEX
                  else {'bool': '_Bool', 'ptr': 'void*', 'v128': 'v128'}[name])

    def literals(self, chance):
        """Pairs of an accessor, to stand behind the value's name (or before it, with '{}'), and a value."""
        name = self.text
        if name in INTEGERS:
            _, bits, signed = INTEGERS[name]
            value = chance.getrandbits(bits)
            if signed:
                value -= 1 << (bits - 1)
            return [('{}', f'({self.c}){integer(value, signed)}')]
        if name in REALS:
            return [('{}', real(chance, name))]
        if name in COMPLEX:
            part = next(r for r, c in REALS.items() if c == COMPLEX[name])
            return [('__real__ {}', real(chance, part)), ('__imag__ {}', real(chance, part))]
        if name == 'bool':
            return [('{}', str(chance.getrandbits(1)))]
        if name == 'ptr':
            return [('{}', f'(void*)(uintptr_t)0x{chance.getrandbits(31):x}u')]
        return [('{}[%d]' % i, f'(int32_t){chance.getrandbits(31)}') for i in range(4)]


def integer(value, signed):
    if not signed:
        return f'{value}ull'
    return f'(-{-value - 1}ll - 1)' if value < 0 else f'{value}ll'


def real(chance, name):
    suffix, digits = {'f32': ('f', 5), 'f64': ('', 13), 'long_double': ('L', 15)}[name]
    return f'{chance.choice(["", "-"])}0x1.{chance.getrandbits(4 * digits):0{digits}x}p{chance.randint(-20, 20)}{suffix}'


class Array:
    def __init__(self, element, count):
        self.element, self.count = element, count
        self.text = f'[{count}]{element.text}'

    def declare(self, name):
        return declare(self.element, f'{name}[{self.count}]')

    def literals(self, chance):
        return [(accessor.replace('{}', '{}[%d]' % i, 1), value) for i in range(self.count) for accessor, value in self.element.literals(chance)]


class Record:
    """`aligned` is what the whole asks for, and `asked` what each member does; 0 for nothing."""
    def __init__(self, members, union=False, packed=False, aligned=0, asked=()):
        self.members, self.union, self.packed, self.aligned = members, union, packed, aligned
        self.asked = [*asked, *[0] * (len(members) - len(asked))]
        inner = ', '.join((f'alignas({a}) ' if a else '') + f'{m.text} m{i}' for i, (m, a) in enumerate(zip(members, self.asked)))
        words = ('packed ' if packed else '') + (f'aligned({aligned}) ' if aligned else '') + ('union' if union else '')
        self.text = f'{words}{{{inner}}}'

    def declare(self, name):
        inner = ' '.join(declare(m, f'm{i}') + attribute(f'aligned({a})' if a else '') + ';'
                         for i, (m, a) in enumerate(zip(self.members, self.asked)))
        words = attribute('packed' if self.packed else '') + attribute(f'aligned({self.aligned})' if self.aligned else '')
        return f'{"union" if self.union else "struct"}{words} {{ {inner} }} {name}'

    def literals(self, chance):
        chosen = [chance.randrange(len(self.members))] if self.union else range(len(self.members))
        return [(accessor.replace('{}', '{}.m%d' % i, 1), value) for i in chosen for accessor, value in self.members[i].literals(chance)]


def attribute(text):
    return f' __attribute__(({text}))' if text else ''


def declare(t, name):
    return f'{t.c} {name}' if isinstance(t, Scalar) else t.declare(name)


class Maker:
    def __init__(self, seed, machine):
        self.chance = random.Random(seed)
        self.machine = machine

    def scalar(self):
        c = self.chance
        kind = c.random()
        if kind < 0.45:
            return Scalar(c.choice(list(INTEGERS)))
        if kind < 0.78:
            return Scalar(c.choice(['f32', 'f64']))
        if kind < 0.84:
            return Scalar('long_double')
        if kind < 0.90:
            return Scalar(c.choice(list(COMPLEX)))
        if kind < 0.93 and self.machine not in NO_VECTORS:
            return Scalar('v128')
        return Scalar(c.choice(['bool', 'ptr']))

    def record(self, depth):
        made = self.plain_record(depth)
        c = self.chance
        if c.random() < 0.1 and not made.packed:
            made = Record(made.members, made.union, aligned=c.choice([2, 4, 8, 16, 16, 32, 64]))
        elif c.random() < 0.06 and not made.packed:
            made = Record(made.members, made.union, asked=[c.choice([0, 0, 8, 16, 32]) for _ in made.members])
        return made

    def plain_record(self, depth):
        c = self.chance
        shape = c.random()
        if shape < 0.2:  # of one type
            element = Scalar(c.choice(['f32', 'f64', 'f32', 'f64', 'long_double', 'i32', 'u8']))
            return Record([element for _ in range(c.randint(1, 5))], c.random() < 0.1)
        if shape < 0.3:  # two that fit into registers
            return Record([Scalar(c.choice(['f32', 'f64', 'i8', 'i32', 'u64', 'u16'])) for _ in range(2)])
        count = c.choice([1, 1, 2, 2, 2, 3, 3, 4, 6])
        members = [self.member(depth + 1) for _ in range(count)]
        # GCC and clang disagree on where packed structures of numbers are on the stack that are aligned to more than a slot,
        # and on whether one of x86-64 has members that are not aligned if these are structures that ask for it.
        wide = {'aarch64': ['long_double', 'v128'], 'arm': ['f64', 'long_double'], 'x86_64': ['align']}.get(self.machine, [])
        packs = not any(name in m.text for m in members for name in wide)
        return Record(members, c.random() < 0.25, c.random() < 0.06 and packs)

    def member(self, depth):
        c = self.chance
        kind = c.random()
        if kind < 0.15 and depth < 4:
            return self.record(depth)
        if kind < 0.27:
            return Array(self.record(depth) if depth < 3 and c.random() < 0.2 else self.scalar(), c.randint(1, 4))
        return self.scalar()

    def type(self):
        return self.record(0) if self.chance.random() < 0.45 else self.scalar()

    def signature(self):
        c = self.chance
        count = c.choice([0, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 13, 18, 30, 60])
        returned = None if c.random() < 0.1 else self.type()
        parameters = [self.type() for _ in range(count)]
        fixed = c.randint(1, count) if count > 1 and c.random() < 0.2 else None
        if fixed is not None:
            parameters = [p if i < fixed or not isinstance(p, Scalar) else self.promoted(p) for i, p in enumerate(parameters)]
        return returned, parameters, fixed

    @staticmethod
    def promoted(t):
        return Scalar({'f32': 'f64', 'i8': 'i32', 'u8': 'i32', 'i16': 'i32', 'u16': 'i32', 'bool': 'i32'}.get(t.text, t.text))


def write(out, seed, count, machine):
    maker = Maker(seed, machine)
    out.write('#include <stdint.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include "case.h"\n'
              'typedef int32_t v128 __attribute__((vector_size(16), may_alias));\n'
              'static int misplaced(const void* p, uintptr_t alignment) {\n'
              '    uintptr_t at = (uintptr_t)p;\n    __asm__("" : "+r"(at));\n    return at % alignment != 0;\n}\n')
    table = []
    for n in range(count):
        returned, parameters, fixed = maker.signature()
        types = {}
        body = []

        def define(t, name, at=None):
            body.append(f'typedef {declare(t, f"T{name}")};\nstatic T{name} v{name};\n')
            literals = t.literals(maker.chance)
            body.append(f'static int check{name}(const T{name}* p) {{ return ' +
                        (' && '.join(a.format('(*p)') + f' == {v}' for a, v in literals) or '1') + '; }\n')
            types[name] = ''.join(f'{a.format("v" + name)} = {v}; ' for a, v in literals)

        names = [f'{n}_{i}' for i in range(len(parameters))]
        for t, name in zip(parameters, names):
            define(t, name)
        if returned is not None:
            define(returned, f'{n}_r')
        r = f'T{n}_r' if returned is not None else 'void'
        listed = [f'T{name}' if fixed is None or i < fixed else '...' for i, name in enumerate(names)]
        if fixed is not None:
            listed = listed[:fixed] + (['...'] if fixed < len(parameters) or True else [])
        declared = ', '.join(t if t == '...' else f'{t} a{i}' for i, t in enumerate(listed)) or 'void'
        checks = []
        for i, name in enumerate(names):
            if fixed is not None and i >= fixed:
                checks.append(f'T{name} a{i} = va_arg(rest, T{name});')
            checks.append(f'if (!check{name}(&a{i})) wrong({n}, {i});')
        if fixed is not None:
            checks = [f'va_list rest; va_start(rest, a{fixed - 1});', *checks, 'va_end(rest);']
        end = f'return v{n}_r;' if returned is not None else ''
        body.append(f'static {r} function{n}({declared}) {{ {" ".join(checks)} {end} }}\n')
        values = ', '.join('v' + name for name in names)
        call = f'(({r} (*)({", ".join(listed) or "void"}))f)({values})'
        body.append(f'static int caller{n}(void* f) {{ ' +
                    (f'{r} got = {call}; return check{n}_r(&got); }}\n' if returned is not None else f'{call}; return 1; }}\n'))
        body.append(f'static int arguments{n}(const void* const* a) {{ (void)a; ' +
                    ''.join(f'if (misplaced(a[{i}], _Alignof(T{name})) || !check{name}((const T{name}*)a[{i}])) return {i}; ' for i, name in enumerate(names)) + 'return -1; }\n')
        body.append(f'static const void* const addresses{n}[] = {{{", ".join("&v" + name for name in names) or "0"}}};\n')
        body.append(f'static const size_t sizes{n}[] = {{{", ".join(f"sizeof(T{name})" for name in names) or "0"}}};\n')
        if returned is not None:
            body.append(f'static int returned{n}(const void* p) {{ return check{n}_r((const T{n}_r*)p); }}\n')
        body.append(f'static void set{n}(void) {{ {"".join(types.values())} }}\n')
        out.write(''.join(body))
        texts = [p.text for p in parameters]
        if fixed is not None:
            texts.insert(fixed, '...')
        text = f'{returned.text if returned is not None else "void"}({", ".join(texts)})'
        table.append(f'{{"{text}", (void*)function{n}, caller{n}, arguments{n}, addresses{n}, sizes{n}, ' +
                     (f'returned{n}, &v{n}_r, sizeof(T{n}_r)' if returned is not None else '0, 0, 0') + f', set{n}}},\n')
    out.write(f'const struct test_case cases[] = {{\n{"".join(table)}}};\nconst size_t case_count = {count};\n')
