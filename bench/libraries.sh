#!/bin/sh
# Generates the libraries that the loader's bench loads, in the folder $1.
set -eu
cd "$1"
n=10000
numbers() { seq 0 $((n - 1)); }
build() { ${CC:-cc} -shared -fPIC -O1 -Wl,-z,now "$@"; }

echo 'int answer(void) { return 42; }' > trivial.c
{ echo 'static int x;'; echo 'int *table[] = {'; numbers | sed 's/.*/\&x,/'; echo '};'; } > relative.c
numbers | sed 's/.*/int symbol_&(void) { return &; }/' > exports.c
sed 's/symbol_/other_/' exports.c > many.c
{ numbers | sed 's/.*/int mine_&;/'; echo 'int *table[] = {'; numbers | sed 's/.*/\&mine_&,/; s/&mine_&mine_/\&mine_/'; echo '};'; } > own.c
{ numbers | sed 's/.*/int symbol_&(void);/'; echo 'int (*table[])(void) = {'; numbers | sed 's/.*/symbol_&,/'; echo '};'; } > imports.c
for name in trivial relative exports many own; do build -Wl,-soname,$name.so -o $name.so $name.c; done
build -o imports.so imports.c ./exports.so
