#!/bin/sh
# Measures what we claim against peers, each pair in turns in one run: sh bench/run.sh [NAME…]
# Rows: claim, ours, peer, peer's name, ratio, goal, verdict (ok, short, or missing where the peer is not installed).
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ meson ninja-build pkg-config libuv1-dev libasio-dev libsimdjson-dev libffi-dev libssl-dev libllvm14 clang-16 lld-16 zlib1g-dev libdeflate-dev liblz4-dev liblua5.4-dev b3sum

build=${BUILD_DIR:-build}/bench
[ -f "$build/build.ninja" ] || meson setup "$build" -Dtests=false -Dbench=true -Dbuildtype=release >&2
ninja -C "$build" >&2
examples=${BUILD_DIR:-build}/examples
example() {
    [ -f "$examples/build.ninja" ] || meson setup "$examples" -Dtests=false -Dexamples=true -Dbuildtype=release >&2
    ninja -C "$examples" "examples/$1" >&2
}
[ $# -gt 0 ] || set -- loader ffi locks time memory files processes crypto compress net http wasm wasm_peers json resolver signed hot_reload plugin_child plugin language includes

rows=$build/rows.tsv
: > "$rows"
for name in "$@"; do
    case $name in
        loader)
            mkdir -p "$build/libraries"
            [ -d "$build/libraries/modules" ] || sh bench/libraries.sh "$build/libraries"
            "$build/bench/loader" "$(realpath "$build/libraries")" "$(find /usr/lib -name libLLVM-14.so.1 | head -n 1)" ;;
        plugin_child) "$build/bench/$name" "$build/bench/libreaching.so" ;;
        hot_reload)
            mkdir -p "$build/hot"
            echo 'static const volatile unsigned number = 0x7e570001; unsigned hot_version(void) { return number; }' |
                cc -x c -O2 -shared -fPIC - -o "$build/hot/hot.so"
            "$build/bench/hot_reload" "$build/hot" ;;
        signed)
            mkdir -p "$build/signed"
            echo 'const char pictures[10 << 20] = {1}; int run(int n) { return pictures[n]; }' |
                cc -x c -O2 -shared -fPIC - -o "$build/signed/large.so"
            "$build/bench/signed" "$build/signed" ;;
        language)
            clang-16 --target=wasm32 -O2 -mbulk-memory -msign-ext -nostdlib -ffreestanding -Wl,--no-entry bench/language/kernels.c -o "$build/language.wasm"
            "$build/bench/language" bench/language/kernels.vit "$build/language.wasm" bench/language/kernels.lua ;;
        files|crypto) "$build/bench/$name" "$build" ;;
        wasm)
            clang-16 --target=wasm32 -O2 -mbulk-memory -msign-ext -mnontrapping-fptoint -nostdlib -ffreestanding \
                -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$build/kernels.wasm"
            clang-16 --target=wasm32 -O2 -mbulk-memory -nostdlib -ffreestanding -Wl,--no-entry bench/wasm/waits.c -o "$build/waits.wasm"
            "$build/bench/wasm" "$build/kernels.wasm" "$build/waits.wasm" ;;
        wasm_peers)
            need wasi-libc libc++-16-dev-wasm32 libclang-rt-16-dev-wasm32 >&2
            command -v npm > /dev/null || need nodejs npm >&2
            example vitte
            clang-16 --target=wasm32 -O2 -mbulk-memory -msign-ext -mnontrapping-fptoint -nostdlib -ffreestanding \
                -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$build/kernels.wasm"
            python3 bench/wasm_peers.py "$build" "$examples" ;;
        http)
            need wrk nginx-light >&2
            example http_server
            python3 bench/http.py "$examples" ;;
        includes) python3 bench/includes.py ;;
        *) "$build/bench/$name" ;;
    esac
done | tee -a "$rows"
echo "falling short:"
awk -F '\t' '$7 != "ok"' "$rows"
