#!/bin/sh
# The gate, which every change must pass: all tests on this machine, also under sanitizers; the command-line tool; each header alone, and
# all together for each target; the examples and the README's; what fuzzers have kept; random cases against other programs. Installs
# missing packages on Debian.
#     --quick: for after each edit: the tests on this machine, and the headers that have changed
#     --changed [BASE]: the gate, and those wide checks that tests/plan.py assigns to what differs from a commit (what others have)
#     --all: the gate and all wide checks, which take hours: also all targets under their emulators; gdb and perf on loaded modules;
#         overhead in instructions and bytes; removed error checks, which tests must notice; a firmware; fuzzing; more linkers and libraries
# FUZZ_SECONDS is the time in seconds for each fuzz target (60). The last line counts all checks: "123 passed, 0 failed, 0 skipped".
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${BUILD_DIR:-build}"
exec python3 tests/steps.py "$(realpath "${BUILD_DIR:-build}")" "$@"
