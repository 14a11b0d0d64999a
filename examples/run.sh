#!/bin/sh
# The main job: fully static programs load shared objects with vitte's own linker and use them: plugins in C and C++, and
# the system's zlib, whose results are held against gzip; and a plugin as WebAssembly. Then dynamic programs do the same. And a
# key-value store survives failures of power on a simulated disk, and keeps its values on the real one. A server of files answers curl.
# A log that three nodes keep survives what befalls them in simulated runs.
# RESULTS, if it is given, is a file to count in: run.sh [RESULTS]
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ clang-16 lld-16 meson ninja-build zlib1g gzip file curl

build=${BUILD_DIR:-build}/examples
[ -f "$build/build.ninja" ] || meson setup "$build" -Dtests=false -Dexamples=true -Dbuildtype=release
ninja -C "$build"
bin=$(cd "$build/examples" && pwd)

passed=0 failed=0
# What was shown, and whether what was said is what was expected.
expect() {
    case $2 in
        $3) passed=$((passed + 1)); echo "ok: $1" ;;
        *) failed=$((failed + 1)); printf 'FAILED: %s\n  expected: %s\n  got: %s\n' "$1" "$3" "$2" ;;
    esac
}

expect "vitte is a fully static program" "$(file -b "$bin/vitte")" '*statically linked*'
libz=$(ldconfig -p | sed -n 's/.*libz\.so\.1 .*=> //p' | head -n 1)
input=include/vitte/core/result.hpp
crc=$(gzip -c "$input" | gzip -lv | awk 'NR == 2 { print $2 }')
for kind in '' -dynamic; do
    said=$("$bin/plugins$kind" "$bin/greeter.so" "$bin/shapes.so") || said="failed: $said"
    printf '%s\n' "$said"
    expect "plugins$kind: plugins in C and C++" "$said" '*bonjour*greeted 2 times*unloading*circle of size 2 has an area of 12.5664*destroyed*both unloaded'
    said=$("$bin/portable$kind" "$bin/savings.so" "$bin/savings.wasm") || said="failed: $said"
    printf '%s\n' "$said"
    expect "portable$kind: one plugin, native and in WebAssembly" "$said" '*.so: 1000 become 1147.04*.wasm: 1000 become 1147.04*unreachable in savings'
    said=$("$bin/compress$kind" "$libz" "$input") || said="failed: $said"
    echo "$said"
    expect "compress$kind: the system's zlib agrees with gzip" "$said" "crc32 $crc,*equal"
    said=$("$bin/vitte$kind" run "$libz" crc32 0 123456789 9 --signature 'u64(u64,str,u32)') || said="failed: $said"
    expect "vitte$kind run: the check value of CRC-32" "$said" 3421780262
done
folder=$(mktemp -d)
for kind in '' -dynamic; do
    said=$(cd "$folder" && "$bin/log_store$kind") || said="failed: $said"
    echo "$said"
    expect "log_store$kind: nothing is lost when the power fails" "$said" '*survived 10000 failures of power*this was run *'
    rm -f "$folder/port"
    "$bin/http_server$kind" include/vitte 127.0.0.1:0 > "$folder/port" & server=$!
    while [ ! -s "$folder/port" ]; do sleep 0.1; done
    curl --silent "http://127.0.0.1:$(cut -d ' ' -f 2 "$folder/port")/core/result.hpp" | cmp - "$input" && said=same || said=failed
    kill "$server"
    expect "http_server$kind: curl gets what is in the file" "$said" same
done
rm -r "$folder"
said=$("$bin/replicated_log-dynamic" --runs 10000) || said="failed: $said"
printf '%s\n' "$said"
expect "replicated_log-dynamic: nothing is lost, and planted faults are found" "$said" '*Raft: 10000 runs*nothing lost*not stored: seed *counted: seed *'
"$bin/vitte" inspect "$bin/greeter.so"
echo "$passed passed, $failed failed, 0 skipped"
[ -z "${1:-}" ] || printf 'examples\t%s\t%s\t0\n' "$passed" "$failed" > "$1"
[ "$failed" = 0 ]
