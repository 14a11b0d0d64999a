#pragma once
#include <sys/types.h>
#include <time.h>
#include <numbers/sys/event.h>
#include <layout/kevent.hpp>
extern "C" {
int kqueue(void) TARGET(kqueue);
int kevent(int, const struct kevent*, kevent_count, struct kevent*, kevent_count, const struct timespec*) TARGET(kevent);
}
