#pragma once
#include <signal.h>
#include <stdlib.h> /* WIFSIGNALED and its likes, which are those of every system here */
#include <sys/resource.h>
#include <numbers/sys/wait.h>
extern "C" {
pid_t wait4(pid_t, int*, int, struct rusage*) TARGET(wait4);
pid_t waitpid(pid_t, int*, int) TARGET(waitpid);
#if defined(__OpenBSD__) /* it came with 7.3 */
int waitid(int, id_t, siginfo_t*, int) __attribute__((unavailable("newer than OpenBSD 7.1")));
#else
int waitid(int, id_t, siginfo_t*, int) TARGET(waitid);
#endif
}
