/// Threads of Linux: pthreads, futexes (futex(2)), and what the scheduler tells and takes (sched(7)).
#pragma once

#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include <vitte/sys/platform/linux/cpu_quota.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/threads.hpp>

namespace vitte::sys::linux_os {

struct threads : posix::threads {
    /// FUTEX_WAIT_BITSET, since it alone takes an absolute point of the monotonic clock: two words of the kernel, also
    /// where `timespec` has larger ones. What they cannot count, after 68 years, never comes.
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        const std::int64_t seconds = until / 1'000'000'000;
        const __kernel_long_t at[2] = {static_cast<__kernel_long_t>(seconds),
                                       static_cast<__kernel_long_t>(until % 1'000'000'000)};
        const bool endless = until == INT64_MAX || at[0] != seconds;
        if (::syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, endless ? nullptr : at,
                      nullptr, FUTEX_BITSET_MATCH_ANY) == -1)
            return posix::last_error("futex");
        return {};
    }
#if __has_include(<sys/single_threaded.h>)
    /// glibc since 2.32 (its manual, "Single-Threaded").
    static bool is_only() noexcept { return __libc_single_threaded != 0; }
#endif
    static bool wake_one(const std::uint32_t* word) noexcept { return wake(word, 1) > 0; }
    static void wake_all(const std::uint32_t* word) noexcept { wake(word, INT32_MAX); }

    static std::uint64_t id() noexcept { return static_cast<std::uint64_t>(::syscall(SYS_gettid)); }
    static result<void> name(const char* text) noexcept {
        return posix::checked(::prctl(PR_SET_NAME, text, 0, 0, 0), "prctl PR_SET_NAME");
    }

    static result<cpu_set> affinity() noexcept {
        cpu_set cpus;
        if (::syscall(SYS_sched_getaffinity, 0, sizeof cpus.words, cpus.words) == -1)
            return posix::last_error("sched_getaffinity");
        return cpus;
    }
    static result<void> set_affinity(const cpu_set& cpus) noexcept {
        return posix::checked(static_cast<int>(::syscall(SYS_sched_setaffinity, 0, sizeof cpus.words, cpus.words)),
                              "sched_setaffinity");
    }
    /// Nice values and scheduling policies are per thread on Linux, whatever POSIX says.
    static result<void> set_priority(thread_priority priority) noexcept {
        sched_param parameters{};
        if (priority == thread_priority::realtime) {
            parameters.sched_priority = 1;
            return posix::checked(::sched_setscheduler(0, SCHED_FIFO, &parameters), "sched_setscheduler");
        }
        const int policy = priority == thread_priority::idle ? SCHED_IDLE : SCHED_OTHER;
        if (::sched_setscheduler(0, policy, &parameters) == -1) return posix::last_error("sched_setscheduler");
        const int nice = priority == thread_priority::low ? 10 : priority == thread_priority::high ? -10 : 0;
        if (priority == thread_priority::idle) return {};
        return posix::checked(::setpriority(PRIO_PROCESS, 0, nice), "setpriority");
    }
    static unsigned cpu_count() noexcept {
        const auto cpus = affinity();
        const unsigned allowed = cpus && cpus->size() > 0 ? cpus->size() : 1, quota = cpu_quota();
        return quota < allowed ? quota : allowed;
    }

private:
    static long wake(const std::uint32_t* word, int most) noexcept {
        return ::syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, most, nullptr, nullptr, 0);
    }
};

}  // namespace vitte::sys::linux_os
