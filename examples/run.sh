#!/bin/sh
# The main job: a fully static program loads a real shared library with vitte's own linker and uses it; then a dynamic
# program does the same. What it computes is held against the system's gzip.
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ meson ninja-build zlib1g gzip

build=${BUILD_DIR:-build}/examples
[ -f "$build/build.ninja" ] || meson setup "$build" -Dtests=false -Dexamples=true -Dbuildtype=release
ninja -C "$build"

libz=$(ldconfig -p | sed -n 's/.*libz\.so\.1 .*=> //p' | head -n 1)
file=include/vitte/core/result.hpp
expected=$(gzip -c "$file" | gzip -lv | awk 'NR == 2 { print $2 }')
passed=0 failed=0
for host in load_plugin load_plugin-dynamic; do
    said=$("$build/examples/$host" "$libz" "$file") || said="failed: $said"
    echo "$host: $said"
    case $said in
        "crc32 $expected,"*equal) passed=$((passed + 1)) ;;
        *) failed=$((failed + 1)); echo "  gzip says the CRC-32 is $expected" ;;
    esac
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
