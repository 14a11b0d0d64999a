// The kernels of kernels.vit, with the same checks of overflow and of indexes as C programs write them.
#define KERNEL(name) __attribute__((export_name(#name))) long long name(long long n)
#define CHECKED(how, a, b, r) \
    if (__builtin_##how##_overflow(a, b, r)) __builtin_trap()

KERNEL(fib) {
    if (n < 2) return n;
    long long r;
    CHECKED(add, fib(n - 1), fib(n - 2), &r);
    return r;
}
KERNEL(collatz) {
    long long longest = 0;
    for (long long i = 1; i < n; ++i) {
        long long steps = 0, x = i;
        while (x != 1) {
            if (x % 2 == 0) x /= 2;
            else {
                if (x > 0x7fffffffffffffffLL / 3) __builtin_trap();
                x *= 3;
                CHECKED(add, x, 1LL, &x);
            }
            CHECKED(add, steps, 1LL, &steps);
        }
        if (steps > longest) longest = steps;
    }
    return longest;
}
static unsigned composite[1 << 20];
KERNEL(sieve) {
    const long long size = n + 1;
    for (long long i = 0; i < size; ++i) composite[i] = 0;
    long long primes = 0;
    for (long long i = 2; i <= n; ++i) {
        if (i >= size) __builtin_trap();
        if (composite[i]) continue;
        CHECKED(add, primes, 1LL, &primes);
        if (i > 3037000499LL) __builtin_trap();
        long long k = i * i;
        while (k <= n) {
            if (k < 0 || k >= size) __builtin_trap();
            composite[k] = 1;
            CHECKED(add, k, i, &k);
        }
    }
    return primes;
}
KERNEL(mandelbrot) {
    long long inside = 0;
    for (long long py = 0; py < n; ++py)
        for (long long px = 0; px < n; ++px) {
            const double cx = 3.0 * (double)px / (double)n - 2.0, cy = 2.0 * (double)py / (double)n - 1.0;
            double x = 0, y = 0;
            long long i = 0;
            while (i < 50 && x * x + y * y <= 4.0) {
                const double t = x * x - y * y + cx;
                y = 2.0 * x * y + cy;
                x = t;
                CHECKED(add, i, 1LL, &i);
            }
            if (i == 50) CHECKED(add, inside, 1LL, &inside);
        }
    return inside;
}
static char text[1 << 20];
KERNEL(join) {
    long long size = 0;
    for (long long i = 0; i < n; ++i) {
        char digits[20];
        int count = 0;
        long long rest = i;
        do digits[count++] = (char)('0' + rest % 10);
        while ((rest /= 10) != 0);
        while (count > 0) text[size++] = digits[--count];
    }
    return size;
}
