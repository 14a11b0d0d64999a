// Node's side of differential.py: node [--liftoff-only] node.mjs run|validate|why PACK OUTCOMES
// reads what ours.cpp has packed, and writes the same lines from what node's engine does. `why` tells its reasons to refuse.
// node node.mjs features prints the names of those `wasm::features` that node has.
import { openSync, readSync, writeSync } from 'node:fs';

const [mode, pack, outcomes] = process.argv.slice(2);
const FUEL = 200;  // see ours.cpp

if (mode === 'features') {
    console.log(features().join(' '));
    process.exit(0);
}
/// By the smallest modules that use them: a function without parameters and results, of a body.
function features() {
    const section = (id, ...content) => [id, content.length, ...content];
    const module = (...sections) => new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
    const body = (...code) => module(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(10, 1, code.length + 2, 0, ...code, 0x0b));
    const zero = [0xfd, 12, ...Array(16).fill(0)];
    const probes = {
        simd: body(...zero, 0x1a),
        tail_calls: body(0x12, 0),
        multiple_memories: module(section(5, 2, 0, 1, 0, 1)),
        memory64: module(section(5, 1, 4, 1)),
        extended_constants: module(section(6, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b)),
        typed_references: body(0xd0, 0x73, 0x1a),
        exceptions: body(0x1f, 0x40, 0, 0x0b),
        relaxed_simd: body(...zero, 0xfd, 0x81, 0x02, 0x1a),
    };
    return Object.keys(probes).filter((name) => WebAssembly.validate(probes[name]));
}

const input = openSync(pack, 'r'), output = openSync(outcomes, 'w');
function read(size) {
    const made = new Uint8Array(size);
    for (let at = 0; at < size;) {
        const got = readSync(input, made, at, size - at, null);
        if (got === 0) return null;
        at += got;
    }
    return made;
}
function* records() {
    for (let head; (head = read(4)) !== null;) {
        const bytes = read(new DataView(head.buffer).getUint32(0, true));
        if (bytes === null) return;
        const view = new DataView(bytes.buffer);
        const calls = [];
        let at = 12;
        for (let n = view.getUint32(8, true); n > 0; --n) {
            const name = new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + bytes[at]));
            at += 1 + bytes[at];
            const [parameters] = name.slice(name.indexOf(':') + 1).split('>');
            const values = [];
            for (let i = 0; i < parameters.length; ++i, at += 8) values.push(view.getBigUint64(at, true));
            calls.push({ name, parameters, values });
        }
        yield { seed: view.getBigUint64(0, true), calls, bytes: bytes.subarray(at) };
    }
}

const scratch = new DataView(new ArrayBuffer(8));
const objects = [null, { id: 'x1' }, { id: 'x2' }, { id: 'x3' }];
function text(letter, value) {
    switch (letter) {
        case 'i': return (value >>> 0).toString(16);
        case 'l': return BigInt.asUintN(64, value).toString(16);
        case 'f':
            if (Number.isNaN(value)) return 'nan';
            scratch.setFloat32(0, value);
            return scratch.getUint32(0).toString(16);
        case 'd':
            if (Number.isNaN(value)) return 'nan';
            scratch.setFloat64(0, value);
            return scratch.getBigUint64(0).toString(16);
        case 'x': return value === null ? 'null' : value.id;
        default: return value === null ? 'null' : 'f' + value.name;
    }
}
function argument(letter, bits, callee) {
    switch (letter) {
        case 'i': return Number(BigInt.asIntN(32, bits));
        case 'l': return BigInt.asIntN(64, bits);
        case 'f':
            scratch.setUint32(0, Number(BigInt.asUintN(32, bits)));
            return scratch.getFloat32(0);
        case 'd':
            scratch.setBigUint64(0, bits);
            return scratch.getFloat64(0);
        case 'x': return objects[Number(bits)];
        default: return bits === 0n ? null : callee;
    }
}

// What node says of a trap, in the words of ours.cpp. The first that matches counts.
const TRAPS = [
    [/^the host function failed/, 'host'],
    [/unreachable/, 'unreachable'],
    [/data segment.* is out of bounds|memory access out of bounds/, 'memory'],
    [/table index is out of bounds|table initializer|element segment|table element|table access out of bounds/, 'table'],
    [/null function or function signature mismatch/, 'signature'],
    [/dereferencing a null pointer|rethrowing null value/, 'null'],
    [/divide by zero|remainder by zero/, 'zero'],
    [/divide result unrepresentable|float unrepresentable in integer range/, 'unrepresentable'],
    [/Maximum call stack size exceeded/, 'exhausted'],
];
function trap(error) {
    if (error instanceof WebAssembly.Exception) return 'exception';
    for (const [words, name] of TRAPS) if (words.test(error.message)) return name;
    return `${error.name}: ${error.message}`.replaceAll('\n', ' ');
}

class World {
    state = 1;
    told = '';
    constructor({ bytes, calls }) {
        let module;
        try {
            module = new WebAssembly.Module(bytes);
        } catch (error) {
            this.told = `invalid: ${error.message}`;
            return;
        }
        const host = { number: new WebAssembly.Global({ value: 'i32' }, 42) };
        for (const { name, kind } of WebAssembly.Module.imports(module)) {
            if (kind === 'memory') host.memory = this.memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
            if (kind === 'table') host.table = new WebAssembly.Table({ element: 'anyfunc', initial: 6, maximum: 20 });
            if (kind === 'function') host[name] = this.called(name[0] === 'h', name.slice(name.indexOf(':') + 1));
        }
        let exports;
        try {
            exports = new WebAssembly.Instance(module, { host }).exports;
            for (const call of calls) this.tell(exports, call);
        } catch (error) {
            this.told += trap(error);
        }
        this.tellState(exports);
    }
    mix(text) {
        for (let i = 0; i < text.length; ++i) this.state = Math.imul(this.state ^ text.charCodeAt(i), 0x01000193);
        this.state ^= this.state >>> 15;
    }
    called(mayFail, type) {
        const [parameters, results] = type.split('>');
        return (...values) => {
            values.forEach((value, i) => this.mix(text(parameters[i], value)));
            const made = [...results].map((letter) => {
                this.mix('r');
                switch (letter) {
                    case 'i': return this.state;
                    case 'l': return (BigInt(this.state >>> 0) << 32n) | BigInt(~this.state >>> 0);
                    case 'f': return this.state >> 8;
                    case 'd': return this.state / 65536;
                    case 'x': return objects[(this.state >>> 0) % 4];
                    default: return null;
                }
            });
            if (mayFail && (this.state & 15) === 15) throw new Error('the host function failed');
            return made.length < 2 ? made[0] : made;
        };
    }
    tell(exports, { name, parameters, values }) {
        const f = exports[name], results = name.slice(name.indexOf('>') + 1);
        exports.fuel.value = FUEL;
        let made;
        try {
            made = f(...values.map((bits, i) => argument(parameters[i], bits, f)));
        } catch (error) {
            this.told += ' ' + trap(error);
            return;
        }
        this.told += ' =';
        if (results.length === 1) made = [made];
        for (let i = 0; i < results.length; ++i) this.told += text(results[i], made[i]) + ',';
    }
    tellMemory(memory) {
        const words = new Uint32Array(memory.buffer);
        let hash = 0;
        for (let i = 0; i < words.length; ++i) {
            hash = Math.imul(hash ^ words[i], 0x9e3779b1);
            hash ^= hash >>> 15;
        }
        this.told += ` memory=${words.length * 4}/${(hash >>> 0).toString(16)}`;
    }
    tellState(exports) {
        this.told += ` host=${(this.state >>> 0).toString(16)}`;
        if (exports === undefined) {
            if (this.memory) this.tellMemory(this.memory);
            return;
        }
        for (const [name, item] of Object.entries(exports)) {
            if (item instanceof WebAssembly.Memory) {
                this.tellMemory(item);
            } else if (item instanceof WebAssembly.Table) {
                this.told += ' table=';
                for (let i = 0; i < item.length; ++i) {
                    const value = item.get(i);
                    this.told += text(typeof value === 'function' ? 'r' : 'x', value) + ',';
                }
            } else if (item instanceof WebAssembly.Global) {
                this.told += ` ${name}=${text(name === 'fuel' ? 'i' : name.slice(-1), item.value)}`;
            }
        }
    }
}

function why(bytes) {
    try {
        new WebAssembly.Module(bytes);
        return 'valid';
    } catch (error) {
        return error.message;
    }
}

for (const record of records()) {
    const validate = () => (WebAssembly.validate(record.bytes) ? 'valid' : 'refused');
    const told = mode === 'run' ? new World(record).told : mode === 'why' ? why(record.bytes) : validate();
    writeSync(output, `${record.seed} ${told}\n`);
}
