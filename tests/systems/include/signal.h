#pragma once
#include_next <signal.h>
#include <target.hpp>
#include <numbers/signal.h>
extern "C" {
int kill(pid_t, int) noexcept TARGET(kill);
int raise(int) noexcept TARGET(raise);
void (*signal(int, void (*)(int)) noexcept)(int) TARGET(signal);
int sigaction(int, const struct sigaction*, struct sigaction*) noexcept TARGET(sigaction);
int sigaddset(sigset_t*, int) noexcept TARGET(sigaddset);
int sigdelset(sigset_t*, int) noexcept TARGET(sigdelset);
int sigismember(const sigset_t*, int) noexcept TARGET(sigismember);
int sigprocmask(int, const sigset_t*, sigset_t*) noexcept TARGET(sigprocmask);
int pthread_sigmask(int, const sigset_t*, sigset_t*) noexcept TARGET(pthread_sigmask);
int pthread_kill(pthread_t, int) noexcept TARGET(pthread_kill);
int sigwait(const sigset_t*, int*) TARGET(sigwait);
}
