#pragma once /* kqueue(2) */
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#if defined(__NetBSD__) /* whose numbers have no signs */
struct kevent {
    uintptr_t ident;
    uint32_t filter, flags, fflags;
    int64_t data;
    void *udata;
};
#define EVFILT_READ 0U
#define EVFILT_WRITE 1U
#define EVFILT_VNODE 3U
#define EVFILT_PROC 4U
#else
struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
    int64_t data;
    void *udata;
};
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_VNODE = -4, EVFILT_PROC = -5 };
#endif
enum { EV_ADD = 1, EV_DELETE = 2, EV_ONESHOT = 0x10, EV_CLEAR = 0x20, EV_RECEIPT = 0x40, EV_ERROR = 0x4000, EV_EOF = 0x8000 };
#if defined(__FreeBSD__) || defined(__DragonFly__)
#define EVFILT_USER (-11)
enum { NOTE_TRIGGER = 0x01000000 };
#endif
enum : unsigned { NOTE_DELETE = 1, NOTE_WRITE = 2, NOTE_EXTEND = 4, NOTE_ATTRIB = 8, NOTE_RENAME = 0x20, NOTE_EXIT = 0x80000000u };
#define EV_SET(k, i, f, l, n, d, u) \
    ((k)->ident = (i), (k)->filter = (f), (k)->flags = (l), (k)->fflags = (n), (k)->data = (d), (k)->udata = (void *)(u))
extern "C" int kqueue(void);
#if defined(__NetBSD__)
extern "C" int kevent(int, const struct kevent *, size_t, struct kevent *, size_t, const struct timespec *);
#else
extern "C" int kevent(int, const struct kevent *, int, struct kevent *, int, const struct timespec *);
#endif
