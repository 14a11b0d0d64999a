#!/bin/sh
# Builds and runs all tests, with g++ and, under ASan and UBSan, with clang. Installs what is missing on Debian.
# The last line counts everything that ran: "123 passed, 0 failed, 0 skipped".
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ clang-16 libclang-rt-16-dev meson ninja-build libboost-test-dev

build=${BUILD_DIR:-build}
results=$build/results.txt
mkdir -p "$build"
: > "$results"

# One build folder: its name, then options for meson setup.
run() {
    folder=$build/$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@"
    ninja -C "$folder"
    python3 tests/support/run_tests.py "$folder" "$results"
}
run native
CC=clang-16 CXX=clang++-16 run sanitized -Db_sanitize=address,undefined -Db_lundef=false
python3 tests/support/run_tests.py --total "$results"
