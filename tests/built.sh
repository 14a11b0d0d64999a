#!/bin/sh
# Builds what is not a test: built.sh FOLDER OPTION...
set -eu
folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" -Dtests=false "$@"
ninja -C "$folder"
