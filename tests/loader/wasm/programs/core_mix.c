// The kinds of work that CoreMark mixes: a linked list that is searched, reversed and sorted; matrices of small
// integers; a state machine that reads numbers; a CRC over all results. Prints one CRC for each part, which depends on
// nothing else but how often it is done: the argument, or 20.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint16_t crc(uint16_t sum, uint32_t value) {
    for (int i = 0; i < 32; ++i, value >>= 1) sum = (uint16_t)(sum >> 1 ^ (((sum ^ value) & 1) != 0 ? 0xa001 : 0));
    return sum;
}
static uint32_t next(uint32_t *state) { return *state = *state * 1664525 + 1013904223; }

struct node {
    struct node *next;
    int16_t value, index;
};
enum { nodes = 400 };
static struct node pool[nodes];

static struct node *reversed(struct node *list) {
    struct node *made = NULL;
    while (list != NULL) {
        struct node *const rest = list->next;
        list->next = made;
        made = list;
        list = rest;
    }
    return made;
}
static int by_value(const struct node *a, const struct node *b) { return a->value - b->value; }
static int by_index(const struct node *a, const struct node *b) { return a->index - b->index; }

/* Merges runs of twice the size in each round. */
static struct node *sorted(struct node *list, int (*order)(const struct node *, const struct node *)) {
    for (int run = 1;; run *= 2) {
        struct node *made = NULL, **end = &made, *left = list;
        int merges = 0;
        while (left != NULL) {
            struct node *right = left;
            int lefts = 0, rights = run;
            while (right != NULL && lefts < run) right = right->next, ++lefts;
            ++merges;
            while (lefts > 0 || (rights > 0 && right != NULL)) {
                const int ended = rights == 0 || right == NULL;
                struct node **const from = lefts > 0 && (ended || order(left, right) <= 0) ? &left : &right;
                *(from == &left ? &lefts : &rights) -= 1;
                *end = *from;
                end = &(*from)->next;
                *from = (*from)->next;
            }
            left = right;
        }
        *end = NULL;
        list = made;
        if (merges <= 1) return list;
    }
}
static uint16_t lists(uint32_t seed) {
    for (int i = 0; i < nodes; ++i)
        pool[i] = (struct node){i + 1 < nodes ? &pool[i + 1] : NULL, (int16_t)next(&seed), (int16_t)i};
    struct node *list = pool;
    uint16_t sum = 0;
    for (int i = 0; i < 20; ++i) {
        const int16_t wanted = pool[next(&seed) % nodes].value;
        int steps = 0;
        for (const struct node *n = list; n->value != wanted; n = n->next) ++steps;
        sum = crc(sum, (uint32_t)steps);
        list = reversed(list);
    }
    list = sorted(list, by_value);
    for (const struct node *n = list; n != NULL; n = n->next) sum = crc(sum, (uint16_t)n->value);
    list = sorted(list, by_index);
    return crc(sum, list == pool);
}

enum { size = 24 };
static int16_t left[size][size], right[size][size];
static int32_t product[size][size];
static uint16_t matrices(uint32_t seed) {
    uint16_t sum = 0;
    for (int i = 0; i < size; ++i)
        for (int k = 0; k < size; ++k) left[i][k] = (int16_t)next(&seed), right[i][k] = (int16_t)(next(&seed) >> 16);
    for (int i = 0; i < size; ++i)
        for (int k = 0; k < size; ++k) {
            uint32_t value = 0;
            for (int m = 0; m < size; ++m) value += (uint32_t)(left[i][m] * right[m][k]);
            product[i][k] = (int32_t)value;
        }
    for (int i = 0; i < size; ++i) {
        int32_t bits = 0;
        for (int k = 0; k < size; ++k) bits += (product[i][k] >> 3 & 31) * (product[i][k] >> 9 & 63);
        sum = crc(sum, (uint32_t)bits);
    }
    return sum;
}

enum state { start, sign, whole, point, fraction, exponent, power, invalid, states };
static enum state step(enum state now, char c) {
    const int digit = c >= '0' && c <= '9';
    switch (now) {
        case start: return digit ? whole : c == '+' || c == '-' ? sign : c == '.' ? point : invalid;
        case sign: return digit ? whole : c == '.' ? point : invalid;
        case whole: return digit ? whole : c == '.' ? point : c == 'e' ? exponent : invalid;
        case point:
        case fraction: return digit ? fraction : c == 'e' && now == fraction ? exponent : invalid;
        case exponent: return digit || c == '-' ? power : invalid;
        case power: return digit ? power : invalid;
        default: return invalid;
    }
}
static uint16_t numbers(uint32_t seed) {
    static const char *const words[] = {"7", "90210", "-3", "+.5", "2.75", "-61.002",
                                        "4e9", "8.25e-12", "0x1f", "--1", "6.e", "1.5e3k"};
    uint32_t ends[states] = {0}, passed[states] = {0};
    for (int i = 0; i < 200; ++i) {
        enum state now = start;
        const char *c = words[next(&seed) / 65536 % (sizeof words / sizeof *words)];
        for (; *c != 0 && now != invalid; ++c) ++passed[now = step(now, *c)];
        ++ends[now];
    }
    uint16_t sum = 0;
    for (int i = 0; i < states; ++i) sum = crc(crc(sum, ends[i]), passed[i]);
    return sum;
}

int main(int count, char **arguments) {
    const int rounds = count > 1 ? atoi(arguments[1]) : 20;
    uint16_t list = 0, matrix = 0, machine = 0;
    for (int i = 0; i < rounds; ++i) {
        list = crc(list, lists((uint32_t)i));
        matrix = crc(matrix, matrices((uint32_t)i));
        machine = crc(machine, numbers((uint32_t)i));
    }
    printf("list %04x matrix %04x state %04x all %04x\n", list, matrix, machine, crc(crc(list, matrix), machine));
    return 0;
}
