/* From reset to main: vectors, memory, the floating-point unit, the system timer, constructors. Exits through semihosting. */
#include <stdint.h>
#include <stdlib.h>

extern void stack_top(void); /* an address, no function */
extern uint32_t data_in_flash, data_start, data_end, bss_start, bss_end;
extern void (*__preinit_array_start[])(void), (*__preinit_array_end[])(void);
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

int main(int, char **);
void tick(void); /* the board's, once a millisecond */
void *__dso_handle = 0;
void _init(void) {}
void _fini(void) {}

__attribute__((weak)) int run_main(void) {
    static char name[] = "program", *arguments[] = {name, 0};
    return main(1, arguments);
}

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

__attribute__((noreturn)) void _exit(int code) {
    const uint32_t sys_exit_extended = 0x20, application_exit = 0x20026;
    const uint32_t block[2] = {application_exit, (uint32_t)code};
    semihost((int)sys_exit_extended, block);
    for (;;) {}
}

static void fault(void) {
    semihost(0x04, "\nfault\n");
    _exit(99);
}

__attribute__((noreturn)) void reset(void) {
    volatile uint32_t *const coprocessors = (uint32_t *)0xe000ed88, *const timer = (uint32_t *)0xe000e010;
#if defined(__ARM_FP)
    *coprocessors |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb");
#else
    (void)coprocessors;
#endif
    for (uint32_t *to = &data_start, *from = &data_in_flash; to < &data_end;) *to++ = *from++;
    for (uint32_t *to = &bss_start; to < &bss_end;) *to++ = 0;
    timer[1] = CPU_HZ / 1000 - 1;
    timer[2] = 0;
    timer[0] = 7; /* on, with interrupts, by the CPU's clock */
    for (void (**f)(void) = __preinit_array_start; f < __preinit_array_end; ++f) (*f)();
    for (void (**f)(void) = __init_array_start; f < __init_array_end; ++f) (*f)();
    exit(run_main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, tick};
