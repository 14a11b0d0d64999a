/* A plugin that is compiled to a shared object and to a WebAssembly module. */
#if defined(__wasm__)
#define EXPORTED(name) __attribute__((export_name(#name)))
#else
#define EXPORTED(name)
#endif

extern double host_rate(int year);

EXPORTED(savings) double savings(double amount, int from, int to) {
    if (from > to) __builtin_trap();
    for (int year = from; year < to; ++year) amount *= 1 + host_rate(year);
    return amount;
}
