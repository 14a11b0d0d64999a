// Kernels of the WebAssembly bench, compiled both to WebAssembly and to a native object. No library: what they need is
// here. Each takes how often to repeat its work and returns a number that depends on all of it.
#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define KERNEL(name) __attribute__((export_name(#name), noinline)) uint32_t name(uint32_t n)
#else
#define KERNEL(name) __attribute__((noinline)) uint32_t name(uint32_t n)
#endif

static uint32_t state = 1;
static uint32_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

KERNEL(fib) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint8_t flags[100000];
KERNEL(sieve) {
    uint32_t count = 0;
    for (uint32_t r = 0; r < n; ++r) {
        count = 0;
        for (uint32_t i = 0; i < sizeof flags; ++i) flags[i] = 1;
        for (uint32_t i = 2; i < sizeof flags; ++i)
            if (flags[i]) {
                ++count;
                for (uint32_t k = 2 * i; k < sizeof flags; k += i) flags[k] = 0;
            }
    }
    return count;
}

enum { size = 64 };
static double left[size][size], right[size][size], product[size][size];
KERNEL(matmul) {
    for (int i = 0; i < size; ++i)
        for (int k = 0; k < size; ++k) left[i][k] = i + k, right[i][k] = i - k;
    for (uint32_t r = 0; r < n; ++r)
        for (int i = 0; i < size; ++i)
            for (int k = 0; k < size; ++k) {
                double sum = 0;
                for (int m = 0; m < size; ++m) sum += left[i][m] * right[m][k];
                product[i][k] = sum + r;
            }
    return (uint32_t)(int64_t)product[3][5];
}

struct planet {
    double x, y, z, vx, vy, vz, mass;
};
static struct planet planets[5];
KERNEL(nbody) {
    for (int i = 0; i < 5; ++i)
        planets[i] = (struct planet){i * 1.5, i * 0.7 - 1, i * 0.3, 0.1 * i, 0.2, -0.1 * i, 1.0 + i};
    for (uint32_t r = 0; r < n; ++r) {
        for (int i = 0; i < 5; ++i)
            for (int k = i + 1; k < 5; ++k) {
                struct planet *a = &planets[i], *b = &planets[k];
                double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
                double d2 = dx * dx + dy * dy + dz * dz + 0.01, mag = 0.001 / (d2 * __builtin_sqrt(d2));
                a->vx -= dx * b->mass * mag, a->vy -= dy * b->mass * mag, a->vz -= dz * b->mass * mag;
                b->vx += dx * a->mass * mag, b->vy += dy * a->mass * mag, b->vz += dz * a->mass * mag;
            }
        for (int i = 0; i < 5; ++i)
            planets[i].x += 0.001 * planets[i].vx, planets[i].y += 0.001 * planets[i].vy,
                planets[i].z += 0.001 * planets[i].vz;
    }
    return (uint32_t)(int64_t)(planets[0].x * 1e6);
}

KERNEL(mandelbrot) {
    uint32_t inside = 0;
    for (uint32_t r = 0; r < n; ++r)
        for (int py = 0; py < 64; ++py)
            for (int px = 0; px < 64; ++px) {
                double cx = px / 32.0 - 1.5, cy = py / 32.0 - 1, x = 0, y = 0;
                int i = 0;
                for (; i < 100 && x * x + y * y < 4; ++i) {
                    double t = x * x - y * y + cx;
                    y = 2 * x * y + cy;
                    x = t;
                }
                inside += (uint32_t)i;
            }
    return inside;
}

static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }
KERNEL(sha256) {
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
             w[64];
    for (uint32_t r = 0; r < n; ++r) {
        for (int i = 0; i < 16; ++i) w[i] = r * 31 + (uint32_t)i;
        for (int i = 16; i < 64; ++i) {
            uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3,
                     s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
        for (int i = 0; i < 64; ++i) {
            uint32_t t1 = k + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + sha_k[i] + w[i];
            uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
    }
    return h[0];
}

static int32_t numbers[20000];
static void sort(int32_t* from, int32_t* to) {
    while (to - from > 1) {
        int32_t pivot = from[(to - from) / 2], *low = from, *high = to - 1;
        while (low <= high) {
            while (*low < pivot) ++low;
            while (*high > pivot) --high;
            if (low <= high) {
                int32_t t = *low;
                *low++ = *high;
                *high-- = t;
            }
        }
        sort(from, high + 1);
        from = low;
    }
}
KERNEL(quicksort) {
    state = 1;
    for (uint32_t r = 0; r < n; ++r) {
        for (int i = 0; i < 20000; ++i) numbers[i] = (int32_t)next_random();
        sort(numbers, numbers + 20000);
    }
    return (uint32_t)numbers[777];
}

static uint32_t crc_table[256];
KERNEL(crc32) {
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t c = i;
        for (int k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
        crc_table[i] = c;
    }
    uint32_t c = ~0u;
    for (uint32_t r = 0; r < n; ++r)
        for (uint32_t i = 0; i < sizeof flags; ++i) c = crc_table[(c ^ flags[i]) & 255] ^ c >> 8;
    return ~c;
}

static struct {
    uint32_t key, value;
} slots[1 << 15];
KERNEL(hash_map) {
    uint32_t found = 0;
    state = 7;
    for (uint32_t r = 0; r < n; ++r) {
        for (int i = 0; i < 1 << 15; ++i) slots[i].key = 0;
        for (int i = 0; i < 20000; ++i) {
            uint32_t key = next_random() % 30000 + 1, at = key * 2654435761u >> 17;
            while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & ((1 << 15) - 1);
            if (slots[at].key == key) ++found;
            slots[at].key = key;
            slots[at].value += r;
        }
    }
    return found;
}

static const char text[] =
    "while (count < 1024) { total = total + values[count] * 3; if (total > limit) break; count = count + 1; } return "
    "total;";
KERNEL(tokenizer) {
    uint32_t tokens = 0;
    for (uint32_t r = 0; r < n; ++r)
        for (const char* p = text; *p != 0;) {
            if (*p == ' ') {
                ++p;
                continue;
            }
            uint32_t hash = 5381;
            if ((*p >= 'a' && *p <= 'z') || *p == '_') {
                while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_')
                    hash = hash * 33 + (uint8_t)*p++;
            } else if (*p >= '0' && *p <= '9') {
                hash = 0;
                while (*p >= '0' && *p <= '9') hash = hash * 10 + (uint32_t)(*p++ - '0');
            } else {
                switch (*p++) {
                    case '(': hash = 1; break;
                    case ')': hash = 2; break;
                    case '{': hash = 3; break;
                    case '}': hash = 4; break;
                    case ';': hash = 5; break;
                    default: hash = 6;
                }
            }
            tokens += hash & 15;
        }
    return tokens;
}

static uint32_t add_one(uint32_t x) { return x + 1; }
static uint32_t twice(uint32_t x) { return x * 2; }
static uint32_t mix(uint32_t x) { return x ^ x >> 3; }
static uint32_t less(uint32_t x) { return x - 7; }
static uint32_t (*volatile const functions[4])(uint32_t) = {add_one, twice, mix, less};
KERNEL(indirect) {
    uint32_t x = 1;
    for (uint32_t i = 0; i < n; ++i) x = functions[(x + i) & 3](x);
    return x;
}

static uint8_t from_bytes[65536], to_bytes[65536];
KERNEL(copy_fill) {
    uint32_t sum = 0;
    for (uint32_t r = 0; r < n; ++r) {
        __builtin_memset(from_bytes, (int)r & 255, sizeof from_bytes - (r & 7));
        __builtin_memcpy(to_bytes, from_bytes, sizeof to_bytes - (r & 15));
        sum += to_bytes[r & 65535];
    }
    return sum;
}

KERNEL(bytecode) {
    static const uint8_t program[] = {0, 0, 1, 1, 0, 100, 2, 0, 1, 3, 1, 4, 1, 6, 5};
    uint32_t total = 0;
    for (uint32_t r = 0; r < n; ++r) {
        uint32_t registers[4] = {0, 0, 0, 0};
        for (uint32_t pc = 0;;) {
            switch (program[pc]) {
                case 0: registers[program[pc + 1]] = program[pc + 2], pc += 3; break;
                case 1: registers[1] = program[pc + 2] * 1u, pc += 3; break;
                case 2: registers[program[pc + 1]] += registers[program[pc + 2]], pc += 3; break;
                case 3: registers[program[pc + 1]] -= 1, pc += 2; break;
                case 4: pc = registers[program[pc + 1]] != 0 ? program[pc + 2] : pc + 3; break;
                case 6: registers[0] ^= 3, ++pc; break;
                default: goto done;
            }
        }
    done:
        total += registers[0];
    }
    return total;
}

#ifdef __wasm__
__attribute__((import_module("host"), import_name("nothing"))) void host_nothing(void);
__attribute__((export_name("empty"))) void empty(void) {}
__attribute__((export_name("call_host"))) void call_host(uint32_t n) {
    for (uint32_t i = 0; i < n; ++i) host_nothing();
}
// Without end: each in another way of taking time.
__attribute__((export_name("endless_loop"))) void endless_loop(void) {
    for (;;) __asm__ volatile("");
}
__attribute__((export_name("endless_fills"))) void endless_fills(void) {
    if (__builtin_wasm_memory_grow(0, 15000) == (size_t)-1) return;
    for (;;) __builtin_memset((void*)(64 << 20), 1, 800u << 20);
}
__attribute__((export_name("endless_recursion"), noinline)) uint32_t endless_recursion(uint32_t n) {
    for (;;) n += n < 10000 ? endless_recursion(n + 1) : 1;
}
__attribute__((export_name("endless_growth"))) void endless_growth(void) {
    for (;;) {
        const size_t page = __builtin_wasm_memory_grow(0, 1);
        if (page != (size_t)-1) __builtin_memset((void*)(page << 16), 1, 1 << 16);
    }
}
__attribute__((export_name("endless_calls"))) void endless_calls(void) {
    for (;;) host_nothing();
}
void* memcpy(void* restrict to, const void* restrict from, size_t count) {
    uint8_t* t = to;
    const uint8_t* f = from;
    while (count-- > 0) *t++ = *f++;
    return to;
}
void* memset(void* to, int value, size_t count) {
    uint8_t* t = to;
    while (count-- > 0) *t++ = (uint8_t)value;
    return to;
}
#endif
