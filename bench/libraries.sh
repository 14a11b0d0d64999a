#!/bin/sh
# Generates the libraries that the loader's bench loads, in the folder $1.
set -eu
cd "$1"
n=10000
numbers() { seq 0 $((n - 1)); }
build() { ${CC:-cc} -shared -fPIC -O1 "$@"; }
now() { build -Wl,-z,now "$@"; }

echo 'int answer(void) { return 42; }' > trivial.c
{ echo 'static int x;'; echo 'int *table[] = {'; numbers | sed 's/.*/\&x,/'; echo '};'; } > relative.c
numbers | sed 's/.*/int symbol_&(void) { return &; }/' > exports.c
sed 's/symbol_/other_/' exports.c > many.c
{ numbers | sed 's/.*/int mine_&;/'; echo 'int *table[] = {'; numbers | sed 's/.*/\&mine_&,/; s/&mine_&mine_/\&mine_/'; echo '};'; } > own.c
{ numbers | sed 's/.*/int symbol_&(void);/'; echo 'int (*table[])(void) = {'; numbers | sed 's/.*/symbol_&,/'; echo '};'; } > imports.c
{ numbers | sed 's/.*/int symbol_&(void);/'; echo 'int all(void) { int s = 0;'; numbers | sed 's/.*/s += symbol_&();/'; echo 'return s; }'; } > calls.c
echo '__thread long n; long count(long times) { for (long i = 0; i < times; ++i) { ++n; __asm__ volatile("" ::: "memory"); } return n; }' > counter.c
for name in trivial relative exports many own; do now -Wl,-soname,$name.so -o $name.so $name.c; done
now -Wl,-z,pack-relative-relocs -o relr.so relative.c
now -o imports.so imports.c ./exports.so
build -Wl,-z,lazy -o calls.so calls.c ./exports.so
now -fno-move-loop-invariants -o counter.so counter.c
now -mtls-dialect=gnu2 -o descriptor.so counter.c

mkdir -p modules
cd modules
echo 'int f0(void) { return 0; }' > m0.c
echo 'int f0(void); int f1(void) { return f0(); }' > m1.c
for i in $(seq 2 999); do
    echo "int f$((i - 1))(void), f$((i - 2))(void); int f$i(void) { return f$((i - 1))() + f$((i - 2))(); }" > m$i.c
done
# Made without what they need, which is named all the same.
module() {
    needs=
    [ "$1" -lt 1 ] || needs="l$(($1 - 1)).so"
    [ "$1" -lt 2 ] || needs="$needs l$(($1 - 2)).so"
    ${CC:-cc} -shared -fPIC -O1 -nostdlib -Wl,-z,now -Wl,-soname,m$1.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed -o m$1.so m$1.c $needs
}
for i in $(seq 0 999); do
    echo "" | ${CC:-cc} -shared -nostdlib -Wl,-soname,m$i.so -x c - -o l$i.so &
    [ $((i % 8)) != 7 ] || wait
done
wait
for i in $(seq 0 999); do
    module "$i" &
    [ $((i % 8)) != 7 ] || wait
done
wait
rm -f l*.so m*.c
