#!/bin/sh
# Builds and runs all tests: on this machine, under sanitizers, and for other targets under their emulators; the command-line tool;
# gdb and perf on loaded modules; the headers; overhead in instructions and bytes; checks of errors that are taken out, which the
# tests must notice; a firmware; the fuzz targets. Benches are only built. Installs what is missing on Debian.
#     --quick: what one wants after each edit: the tests on this machine, and the headers
#     --all: every target, with all tests; a night's work
# FUZZ_SECONDS says how long each target is fuzzed (60). The last line counts everything that ran: "123 passed, 0 failed, 0 skipped".
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${BUILD_DIR:-build}"
exec python3 tests/steps.py "$@" "$(realpath "${BUILD_DIR:-build}")"
