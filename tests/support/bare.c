/* What Boost.Test asks of an OS, for tests on bare metal: arguments and environment through semihosting, and calls that do
   nothing there. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

int main(int, char **);
void initialise_monitor_handles(void); /* newlib opens its standard streams */

static int semihost(int operation, void *argument) {
    register int r0 __asm__("r0") = operation;
    register void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* Words of the form NAME=value before the first that begins with a dash are variables. */
int run_main(void) {
    static char line[2048], *arguments[32];
    uint32_t block[2] = {(uint32_t)line, sizeof line};
    const int sys_get_cmdline = 0x15;
    int count = 0, variables = 1;
    initialise_monitor_handles();
    semihost(sys_get_cmdline, block);
    for (char *word = strtok(line, " "); word != 0 && count < 31; word = strtok(0, " ")) {
        char *const equals = strchr(word, '=');
        variables = variables && *word != '-';
        if (count > 0 && variables && equals != 0) {
            *equals = 0;
            setenv(word, equals + 1, 1);
        } else {
            arguments[count++] = word;
        }
    }
    return main(count, arguments);
}

int clock_gettime(clockid_t clock, struct timespec *now) { return (void)clock, now->tv_sec = 0, now->tv_nsec = 0, 0; }
int sigaction(int signal, const struct sigaction *action, struct sigaction *before) { return (void)signal, (void)action, (void)before, 0; }
unsigned alarm(unsigned seconds) { return (void)seconds, 0; }
int getentropy(void *to, size_t size) { return (void)to, (void)size, -1; }
