#!/bin/sh
# Fuzzes every reader of hostile bytes for a while, under ASan and UBSan: run.sh FOLDER RESULTS SECONDS
# Seeds are the system's own libraries and objects made here. A crash is left in FOLDER, with its name on the screen.
set -eu
folder=$1 results=$2 seconds=$3
mkdir -p "$folder/seeds"
find /usr/lib -maxdepth 2 -name '*.so*' -type f -size -40k | sort | head -n 60 | xargs -I{} cp {} "$folder/seeds"
for flags in '-c' '-c -g' '-shared -fPIC -Wl,--hash-style=sysv' '-shared -fPIC -Wl,-z,pack-relative-relocs'; do
    # shellcheck disable=SC2086
    clang-16 $flags tests/support/fixtures/counter.c -o "$folder/seeds/counter$(echo "$flags" | tr -c 'a-z\n' _)" || true
done
clang-16 --target=wasm32 -O1 -nostdlib -ffreestanding -Wl,--no-entry -Wl,--import-undefined bench/wasm/kernels.c -o "$folder/seeds/kernels.wasm" || true
for source in tests/fuzz/*.cpp; do
    name=$(basename "$source" .cpp)
    clang++-16 -std=c++20 -O1 -g -Iinclude -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all "$source" -o "$folder/$name"
    mkdir -p "$folder/$name-corpus"
    passed=0 failed=0
    if "$folder/$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -artifact_prefix="$folder/$name-" \
        "$folder/$name-corpus" "$folder/seeds" > "$folder/$name.log" 2>&1; then passed=1; else failed=1; tail -n 40 "$folder/$name.log"; fi
    echo "fuzz/$name: $(sed -n 's/^Done //p' "$folder/$name.log"): $passed passed, $failed failed, 0 skipped."
    printf 'fuzz/%s\t%s\t%s\t0\n' "$name" "$passed" "$failed" >> "$results"
done
