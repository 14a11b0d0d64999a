#!/bin/sh
# Checks every header for a BSD with that system's own headers: bsd.sh TRIPLE SYSROOT
set -eu
cd "$(dirname "$0")/../../include"
find vitte -name '*.hpp' ! -path '*/platform/*/*' | sort | while read -r header; do
    printf '#include <%s>\n' "$header" |
        clang++-16 --target="$1" --sysroot="$2" -stdlib=libc++ -isystem "$2/usr/include/c++/v1" -std=c++20 -Wall -Wextra -Werror \
            -I. -fsyntax-only -x c++ -
done
echo "all headers compile for $1"
