// The kernels in node's engine: node [--liftoff-only] peer.mjs MODULE.wasm NAME=COUNT… prints nanoseconds, the least of some runs.
// Without kernels it tells how long the module takes to be compiled and instantiated, in milliseconds: once, since a second time the
// engine remembers it.
import { readFileSync } from 'node:fs';

const [file, ...kernels] = process.argv.slice(2);
const bytes = readFileSync(file);
const least = (times, work) => {
    let best = Infinity;
    for (let i = 0; i < times; ++i) {
        const start = process.hrtime.bigint();
        work();
        best = Math.min(best, Number(process.hrtime.bigint() - start));
    }
    return best;
};
const imports = (module) => {
    const made = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (made[from] ??= {})[name] = () => 0;
    return made;
};
if (kernels.length === 0) {
    const load = () => {
        const module = new WebAssembly.Module(bytes);
        new WebAssembly.Instance(module, imports(module));
    };
    console.log('load', least(1, load) / 1e6);
} else {
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, imports(module));
    for (const kernel of kernels) {
        const [name, count] = kernel.split('=');
        console.log(name, least(7, () => exports[name](Number(count))));
    }
}
