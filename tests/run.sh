#!/bin/sh
# Builds and runs all tests: with g++; under ASan and UBSan with clang; the locks under TSan; for aarch64 under qemu; the
# command-line tool; the headers; overhead in instructions; the fuzz targets. Installs what is missing on Debian. FUZZ_SECONDS says how long each target runs (60).
# The last line counts everything that ran: "123 passed, 0 failed, 0 skipped".
set -eu
cd "$(dirname "$0")/.."
. tests/support/install.sh
need g++ clang-16 libclang-rt-16-dev meson ninja-build libboost-test-dev zlib1g binutils pkg-config \
    g++-aarch64-linux-gnu qemu-user-static valgrind

mkdir -p "${BUILD_DIR:-build}"
build=$(realpath "${BUILD_DIR:-build}")
results=$build/results.txt
: > "$results"

# Sets up (once) and builds the folder $1 with the options that follow.
build() {
    folder=$build/$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@"
    ninja -C "$folder"
}
run_tests() { python3 tests/support/run_tests.py "$build/$1" "$results" ${2:+$2}; }

build native
run_tests native
CC=clang-16 CXX=clang++-16 build sanitized -Db_sanitize=address,undefined -Db_lundef=false -Dcpp_args=-fno-sanitize-recover=all
run_tests sanitized
# TSan's shadow needs fewer random bits in mappings than newer kernels give (vm.mmap_rnd_bits above 28): it runs without any.
fixed=
setarch -R true 2> /dev/null && fixed='setarch -R'
CC=clang-16 CXX=clang++-16 build threads -Db_sanitize=thread -Db_lundef=false
python3 tests/support/run_tests.py --only sys/locks,sys/thread "$build/threads" "$results" $fixed
mkdir -p "$build/boost"  # a cross compiler does not look into /usr/include
ln -sfn /usr/include/boost "$build/boost/boost"
build aarch64 --cross-file cross/aarch64-linux-gnu.ini -Dcpp_args="-isystem$build/boost"
run_tests aarch64 'qemu-aarch64-static -L /usr/aarch64-linux-gnu'

build examples -Dtests=false -Dexamples=true -Dbuildtype=release
python3 tests/cli/cli.py "$build/examples/examples" "$results"
python3 tests/cli/readelf.py "$build/examples/examples/vitte" "$results"
python3 tests/compile/headers.py "$results"
python3 tests/overhead/overhead.py "$build/overhead" "$results"
sh tests/subproject/run.sh "$build/subproject" "$results"
sh tests/fuzz/run.sh "$build/fuzz" "$results" "${FUZZ_SECONDS:-60}"
python3 tests/support/run_tests.py --total "$results"
