#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vitte/sys/thread/mutex.hpp>

#include "pair.hpp"

namespace {
unsigned word;

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
    return run_pair(argc, argv,
        [] {
            ours.lock();
            ours.unlock();
        },
        [] {
            if (__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE) != 0) lock_slowly();
            if (__atomic_fetch_sub(&word, 1, __ATOMIC_RELEASE) != 1) unlock_slowly();
        });
}
