#!/bin/sh
# Measures what we claim against peers, each pair in turns in one run: sh bench/run.sh [NAME…]
# Rows: claim, ours, peer, peer's name, ratio, goal, verdict (ok, short, or missing where the peer is not installed).
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ meson ninja-build pkg-config libuv1-dev libllvm14 clang-16 lld-16 zlib1g-dev libdeflate-dev liblz4-dev libssl-dev libsimdjson-dev b3sum

build=${BUILD_DIR:-build}/bench
[ -f "$build/build.ninja" ] || meson setup "$build" -Dtests=false -Dbench=true -Dbuildtype=release >&2
ninja -C "$build" >&2
[ $# -gt 0 ] || set -- loader locks time memory files processes crypto compress json wasm wasm_peers includes

rows=$build/rows.tsv
: > "$rows"
for name in "$@"; do
    case $name in
        loader)
            mkdir -p "$build/libraries"
            [ -d "$build/libraries/modules" ] || sh bench/libraries.sh "$build/libraries"
            "$build/bench/loader" "$(realpath "$build/libraries")" "$(find /usr/lib -name libLLVM-14.so.1 | head -n 1)" ;;
        files | crypto) "$build/bench/$name" "$build" ;;
        wasm)
            clang-16 --target=wasm32 -O2 -mbulk-memory -msign-ext -mnontrapping-fptoint -nostdlib -ffreestanding \
                -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$build/kernels.wasm"
            clang-16 --target=wasm32 -O2 -mbulk-memory -nostdlib -ffreestanding -Wl,--no-entry bench/wasm/waits.c -o "$build/waits.wasm"
            "$build/bench/wasm" "$build/kernels.wasm" "$build/waits.wasm" ;;
        wasm_peers)
            need wasi-libc libc++-16-dev-wasm32 libclang-rt-16-dev-wasm32 >&2
            command -v npm > /dev/null || need nodejs npm >&2
            examples=${BUILD_DIR:-build}/examples
            [ -f "$examples/build.ninja" ] || meson setup "$examples" -Dtests=false -Dexamples=true -Dbuildtype=release >&2
            ninja -C "$examples" examples/vitte >&2
            clang-16 --target=wasm32 -O2 -mbulk-memory -msign-ext -mnontrapping-fptoint -nostdlib -ffreestanding \
                -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$build/kernels.wasm"
            python3 bench/wasm_peers.py "$build" "$examples" ;;
        includes) python3 bench/includes.py ;;
        *) "$build/bench/$name" ;;
    esac
done | tee -a "$rows"
echo "falling short:"
awk -F '\t' '$7 != "ok"' "$rows"
