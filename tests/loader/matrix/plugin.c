// A plugin in C: every kind of relocation that compilers make of C.
#include "plugin.h"

#include <stdio.h>

extern int needed_value(void), needed_number, needed_address(const int*);
#if defined(LOCAL)
__attribute__((tls_model("global-dynamic")))
#endif
extern __thread int needed_per_thread;
int needed_value_of_old(void);
__asm__(".symver needed_value_of_old, needed_value@NEEDED_1");
__attribute__((weak)) int nobody_defines_this(void);

int shared_number = 5;
static int own_number = 6;
__attribute__((visibility("protected"))) int protected_number = 7;
__attribute__((visibility("hidden"))) int hidden_number = 8;
static const char* const names[] = {"zero", "one", "two"};
int* const numbers[] = {&shared_number, &own_number, &protected_number, &hidden_number, &needed_number};
static int square_of(int n) { return n * n; }
__attribute__((weak)) int cube_of(int n) { return n * n * n; }
int (*const functions[])(int) = {square_of, cube_of};
char* middle = (char*)&shared_number + 2;

#if defined(__x86_64__)
// What no compiler writes: R_X86_64_SIZE64 and R_X86_64_PC64.
__asm__(
    ".pushsection .data, \"aw\"; .balign 8; .local size, distance\n"
    "size: .quad shared_number@SIZE\n"
    "distance: .quad needed_number - .\n"
    ".popsection");
extern const long size __attribute__((visibility("hidden"))), distance __attribute__((visibility("hidden")));
static int from_assembler(void) {
    return size == 4 && (const char*)&distance + distance == (const char*)&needed_number;
}
#else
static int from_assembler(void) { return 1; }
#endif

#if defined(NO_IFUNC)
int chosen(void) { return 42; }
#else
static int slow(void) { return 41; }
static int fast(void) { return 42; }
static int (*choose(void))(void) { return sizeof(void*) == 8 ? fast : slow; }
int chosen(void) __attribute__((ifunc("choose")));
#endif
int (*const chosen_pointer)(void) = chosen;

__thread int counter = 40;
static __thread int zero, one = 1;
static __thread char big[300];
static __thread int* pointer = &own_number;

__attribute__((constructor(101))) static void first(void) { host_event("first"); }
__attribute__((constructor)) static void then(void) { host_event("then"); }
__attribute__((destructor)) static void before_last(void) { host_event("before last"); }
__attribute__((destructor(101))) static void last(void) { host_event(counter > 41 ? "last" : "last without its storage"); }

/// The C library's, which a program may have a copy of (R_*_COPY).
FILE** standard_output(void) { return &stdout; }

int count_up(void) {
    big[299] = (char)(big[299] + one);
    return ++counter + zero++ + big[299] - one;
}
int* counter_address(void) { return &counter; }

/// 0, or the number of the first thing that is wrong.
int check(void) {
    int n = 0;
#define CHECK(what) \
    if (++n, !(what)) return n
    CHECK(*numbers[0] == 5 && *numbers[1] == 6 && *numbers[2] == 7 && *numbers[3] == 8);
    CHECK(numbers[4] == &needed_number && needed_number == 77 && needed_address(&needed_number));
    CHECK(names[2][0] == 't' && names[0][3] == 'o');
    CHECK(functions[0](4) == 16 && functions[1](2) == 8);
    CHECK(middle == (char*)&shared_number + 2);
    CHECK(chosen() == 42 && chosen_pointer() == 42);
    CHECK(!nobody_defines_this);
    CHECK(from_assembler());
    CHECK(needed_value() == 2);
    CHECK(needed_value_of_old() == 1);
    CHECK(host_add(2, 3) == 5 && host_add(20, 3) == 23);
    CHECK(*pointer == 6 && pointer == &own_number);
    CHECK(needed_per_thread == 9 && ++needed_per_thread == 10);
    needed_per_thread = 9;
    return 0;
}
