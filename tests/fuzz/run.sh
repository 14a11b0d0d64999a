#!/bin/sh
# Fuzzes every reader of hostile bytes for a while, under ASan and UBSan, and the WebAssembly engine against node's:
# run.sh SECONDS FOLDER RESULTS; with 0 seconds, each reads its seeds once; one of them, when its seeds are there, and `engine` for
# wasm and wasm_generated: run.sh SECONDS FOLDER RESULTS NAME
# Seeds are the system's own libraries, objects made here, and what is kept in tests/fuzz/corpus. A crash is left in FOLDER, with
# its name on the screen.
set -eu
seconds=$1 folder=$2 results=$3 name=${4:-}
[ "$seconds" = 0 ] && level=0 || level=1  # what reads its seeds once takes longest to compile
flags="-std=c++20 -O$level -gline-tables-only -Iinclude -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -fno-sanitize-recover=all"
if [ "$name" = engine ]; then
    # shellcheck disable=SC2086
    exec clang++-16 $flags -DVITTE_SEPARATE -fsanitize=fuzzer-no-link,address,undefined -c tests/fuzz/differential/engine.cpp -o "$folder/engine.o"
elif [ "$name" = differential ]; then
    [ "$seconds" != 0 ] || exit 0
    exec python3 tests/fuzz/differential.py "$folder/differential" "$results" "$seconds"
elif [ -n "$name" ]; then
    kept=tests/fuzz/corpus/$name
    [ -d "$kept" ] || kept=
    [ "$name" != language ] || kept='tests/language/programs tests/language/errors'
    case $name in language | wasm | wasm_generated) engine=$folder/engine.o ;; *) engine= ;; esac
    # shellcheck disable=SC2086
    clang++-16 $flags ${engine:+-DVITTE_SEPARATE} -fsanitize=fuzzer,address,undefined -c "tests/fuzz/$name.cpp" -o "$folder/$name.o"
    # shellcheck disable=SC2086
    clang++-16 -fsanitize=fuzzer,address,undefined "$folder/$name.o" $engine -o "$folder/$name"
    mkdir -p "$folder/$name-corpus"
    passed=0 failed=0
    if [ "$seconds" = 0 ]; then how="-runs=0 $kept"  # under load one input may take long
    else how="-timeout=10 -max_total_time=$seconds $folder/$name-corpus $kept"; fi
    # shellcheck disable=SC2086
    if "$folder/$name" -max_len=65536 -artifact_prefix="$folder/$name-" $how "$folder/seeds" > "$folder/$name.log" 2>&1
    then passed=1; else failed=1; tail -n 40 "$folder/$name.log"; fi
    echo "fuzz/$name: $(sed -n 's/^Done //p' "$folder/$name.log"): $passed passed, $failed failed, 0 skipped."
    printf 'fuzz/%s\t%s\t%s\t0\n' "$name" "$passed" "$failed" >> "$results"
    exit
fi
mkdir -p "$folder/seeds"
find /usr/lib -maxdepth 2 -name '*.so*' -type f -size -40k | sort | head -n 60 | xargs -I{} cp {} "$folder/seeds"
for flags in '-c' '-c -g' '-shared -fPIC -Wl,--hash-style=sysv' '-shared -fPIC -Wl,-z,pack-relative-relocs'; do
    # shellcheck disable=SC2086
    clang-16 $flags tests/support/fixtures/counter.c -o "$folder/seeds/counter$(echo "$flags" | tr -c 'a-z\n' _)" || true
done
for source in relocations distances; do  # for `small`
    clang-16 --target=thumbv7em-none-eabi -c "tests/firmware/$source.s" -o "$folder/$source.o" && { printf o && cat "$folder/$source.o"; } > "$folder/seeds/$source.thumb"
done
for target in x86_64-windows-gnu i686-windows-msvc arm64-apple-macos i386-apple-macos; do
    clang-16 --target=$target -c tests/support/fixtures/freestanding.c -o "$folder/seeds/freestanding-$target"
done
# What tests/cli/readobj.py has made.
if [ -d "$folder/../formats" ]; then
    find "$folder/../formats" -type f -size -64k ! -name '*.pdb' ! -name '*.def' -exec cp {} "$folder/seeds" \;
fi
for source in parts_a.c parts_b.c classes_a.cpp classes_b.cpp; do
    case $source in *.c) compiler=clang-16 ;; *) compiler=clang++-16 ;; esac
    $compiler -c -O2 -fPIC -fcommon -ffunction-sections -DIFUNC "tests/support/fixtures/linked/$source" -o "$folder/seeds/$source.o"
done
{ printf l && cat /etc/ld.so.cache; } > "$folder/seeds/ld.so.cache"  # for `small`
ar rc "$folder/seeds/parts.a" "$folder/seeds"/parts_?.c.o
clang-16 --target=wasm32 -O1 -nostdlib -ffreestanding -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$folder/seeds/kernels.wasm" || true
# The engine, which the differential fuzzer compiles without a fuzzer's counters, takes longest to compile. Those that need it come last.
each() { xargs -P "$(nproc)" -I '{}' sh tests/fuzz/run.sh "$seconds" "$folder" "$results" '{}'; }
names=$(cd tests/fuzz && ls ./*.cpp | sed 's|^./||; s|[.]cpp$||' | grep -v -e '^wasm' -e '^language')
printf '%s\n' engine differential $names wasm_text | each
printf '%s\n' language wasm wasm_generated | each
