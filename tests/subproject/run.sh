#!/bin/sh
# Uses vitte in the two ways that its build offers, as a subproject and installed, with all of the program's modules and with one:
# run.sh FOLDER RESULTS
set -eu
root=$PWD
folder=$1 results=$2
rm -rf "$folder"
mkdir -p "$folder/subprojects"
cp tests/subproject/* "$folder"
ln -s "$root" "$folder/subprojects/vitte"
passed=0 failed=0
if meson setup "$folder/build" "$folder" > "$folder/log" && meson test -C "$folder/build" >> "$folder/log"; then passed=1
else failed=1; cat "$folder/log"; fi
if meson setup "$folder/headers" "$root" -Dtests=false --prefix "$folder/installed" >> "$folder/log" && meson install -C "$folder/headers" >> "$folder/log" &&
    flags=$(PKG_CONFIG_PATH="$folder/installed/share/pkgconfig" pkg-config --cflags vitte) &&
    g++ -std=c++20 $flags tests/subproject/user.cpp -o "$folder/user" && "$folder/user"; then passed=$((passed + 1))
else failed=$((failed + 1)); tail -n 20 "$folder/log"; fi
# What is not chosen is not in the program: neither its function nor its text.
modules() { for module in kept dropped; do ! nm -C "$1" | grep -q "start_$module" || printf '%s ' "$module"; ! grep -qa "the $module one" "$1" || printf '%s ' "$module"; done; }
if meson setup "$folder/chosen" "$folder" -Dvitte:modules=other,acme/k* >> "$folder/log" && meson compile -C "$folder/chosen" >> "$folder/log" &&
    [ "$(modules "$folder/build/user")" = 'kept kept dropped dropped ' ] && [ "$(modules "$folder/chosen/user")" = 'kept kept ' ]; then passed=$((passed + 1))
else failed=$((failed + 1)); modules "$folder/chosen/user"; tail -n 20 "$folder/log"; fi
echo "subproject: $passed passed, $failed failed, 0 skipped."
printf 'subproject\t%s\t%s\t0\n' "$passed" "$failed" >> "$results"
