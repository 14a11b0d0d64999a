#include <linux/futex.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vitte/sys/thread/mutex.hpp>

#include "pair.hpp"

namespace {
unsigned word;

unsigned now() { return __atomic_load_n(&word, __ATOMIC_RELAXED); }
void become(unsigned value) { __atomic_store_n(&word, value, __ATOMIC_RELAXED); }

[[gnu::noinline]] void lock_slowly() {
    while (__atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE) != 0)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, nullptr);
}
[[gnu::noinline]] void unlock_slowly() {
    __atomic_store_n(&word, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
}
}  // namespace

int main(int argc, char** argv) {
    static vitte::sys::mutex ours;
    return run_pair(
        argc, argv,
        [] {
            ours.lock();
            ours.unlock();
        },
        [] {
            if (__libc_single_threaded && now() == 0)
                become(1);
            else if (__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE) != 0)
                lock_slowly();
            if (__libc_single_threaded && now() == 1)
                become(0);
            else if (__atomic_fetch_sub(&word, 1, __ATOMIC_RELEASE) != 1)
                unlock_slowly();
        });
}
