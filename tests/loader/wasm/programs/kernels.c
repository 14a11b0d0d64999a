// The kernels of the bench as a program: name and value of each.
#include <stdint.h>
#include <stdio.h>

#define KERNELS(X) \
    X(fib, 22) X(sieve, 2) X(matmul, 3) X(nbody, 2000) X(mandelbrot, 2) X(sha256, 200) X(quicksort, 1) X(crc32, 3) \
    X(hash_map, 2) X(tokenizer, 300) X(indirect, 10000) X(copy_fill, 20) X(bytecode, 500)
#define DECLARE(name, count) uint32_t name(uint32_t);
KERNELS(DECLARE)

int main(void) {
#define PRINT(name, count) printf("%s %u\n", #name, (unsigned)name(count));
    KERNELS(PRINT)
    return 0;
}
