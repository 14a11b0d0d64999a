/// Threads of the BSDs: pthreads, and sleeping on a word by `_umtx_op` (FreeBSD), futex(2) (OpenBSD), `umtx_sleep`
/// (DragonFly), or `parking` (NetBSD, whose futexes are not for programs).
#pragma once

#include <sys/types.h>

#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/parking.hpp>
#include <vitte/sys/platform/posix/threads.hpp>

#if defined(__FreeBSD__)
#include <pthread_np.h>
#include <sys/cpuset.h>
#include <sys/umtx.h>
#elif defined(__OpenBSD__)
#include <pthread_np.h>
#include <sys/futex.h>
#elif defined(__NetBSD__)
#include <lwp.h>
#include <string.h>
#elif defined(__DragonFly__)
#include <pthread_np.h>
#include <sys/lwp.h>
#endif

namespace vitte::sys::bsd {

#if defined(__FreeBSD__)

struct sleeping {
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        _umtx_time limit{};
        limit._timeout = posix::clocks::split(until);
        limit._flags = UMTX_ABSTIME;
        limit._clockid = static_cast<__uint32_t>(posix::clocks::monotonic_clock);
        const bool endless = until == INT64_MAX;
        if (::_umtx_op(const_cast<std::uint32_t*>(word), UMTX_OP_WAIT_UINT_PRIVATE, expected,
                       endless ? nullptr : reinterpret_cast<void*>(sizeof limit), endless ? nullptr : &limit) == -1)
            return posix::last_error("_umtx_op");
        return {};
    }
    /// The call does not tell whether there was a sleeper.
    static bool wake_one(const std::uint32_t* word) noexcept { return wake(word, 1), false; }
    static void wake_all(const std::uint32_t* word) noexcept { wake(word, INT32_MAX); }

private:
    static void wake(const std::uint32_t* word, unsigned long most) noexcept {
        ::_umtx_op(const_cast<std::uint32_t*>(word), UMTX_OP_WAKE_PRIVATE, most, nullptr, nullptr);
    }
};

#elif defined(__OpenBSD__)

struct sleeping {
    /// A signal whose handler restarts calls is ECANCELED.
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        const std::int64_t left = until - posix::clocks::monotonic();
        const timespec duration = posix::clocks::split(left > 0 ? left : 0);
        if (::futex(changeable(word), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, static_cast<int>(expected),
                    until == INT64_MAX ? nullptr : &duration, nullptr) != -1)
            return {};
        const int number = errno;
        if (number == ETIMEDOUT) return unexpected(posix::clocks::time_is_over(until, "futex", number));
        return fail(number == ECANCELED ? errc::interrupted : posix::cause_of(number), "futex", number);
    }
    static bool wake_one(const std::uint32_t* word) noexcept {
        return ::futex(changeable(word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr) > 0;
    }
    static void wake_all(const std::uint32_t* word) noexcept {
        ::futex(changeable(word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, nullptr, nullptr);
    }

private:
    static volatile std::uint32_t* changeable(const std::uint32_t* word) noexcept {
        return const_cast<std::uint32_t*>(word);
    }
};

#elif defined(__DragonFly__)

/// Microseconds, 0 for ever. The kernel ends every sleep after `kern.umtx_timeout_max`, two seconds, as if its time had
/// passed, also one for ever (umtx(2)).
struct sleeping {
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        const std::int64_t left = until - posix::clocks::monotonic(), most = INT32_MAX;
        const std::int64_t microseconds = left <= 0 ? 1 : left / 1000 + 1;
        const int limit = until == INT64_MAX ? 0 : static_cast<int>(microseconds < most ? microseconds : most);
        if (::umtx_sleep(as_int(word), static_cast<int>(expected), limit) == 0) return {};
        const int number = errno;
        if (number == EWOULDBLOCK) return unexpected(posix::clocks::time_is_over(until, "umtx_sleep", number));
        return fail(number == EBUSY ? errc::would_block : posix::cause_of(number), "umtx_sleep", number);
    }
    static bool wake_one(const std::uint32_t* word) noexcept { return ::umtx_wakeup(as_int(word), 1), false; }
    static void wake_all(const std::uint32_t* word) noexcept { ::umtx_wakeup(as_int(word), 0); }

private:
    static volatile const int* as_int(const std::uint32_t* word) noexcept { return reinterpret_cast<const int*>(word); }
};

#else

using sleeping = posix::parking;

#endif

struct threads : posix::threads, sleeping {
#if defined(__FreeBSD__)
    static std::uint64_t id() noexcept { return static_cast<std::uint64_t>(::pthread_getthreadid_np()); }
#elif defined(__OpenBSD__)
    static std::uint64_t id() noexcept { return static_cast<std::uint64_t>(::getthrid()); }
#elif defined(__NetBSD__)
    static std::uint64_t id() noexcept { return static_cast<std::uint64_t>(::_lwp_self()); }
#elif defined(__DragonFly__)
    static std::uint64_t id() noexcept { return static_cast<std::uint64_t>(::lwp_gettid()); }
#endif

#if defined(__NetBSD__)
    static result<void> name(const char* text) noexcept {
        char room[PTHREAD_MAX_NAMELEN_NP];  // what is longer is refused
        const std::size_t length = ::strnlen(text, sizeof room - 1);
        ::memcpy(room, text, length);
        room[length] = 0;
        return done(::pthread_setname_np(::pthread_self(), "%s", room), "pthread_setname_np");
    }
#else
    static result<void> name(const char* text) noexcept {
        ::pthread_set_name_np(::pthread_self(), text);
        return {};
    }
#endif

#if defined(__FreeBSD__)
    static result<cpu_set> affinity() noexcept {
        cpuset_t mask;
        if (::cpuset_getaffinity(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, sizeof mask, &mask) == -1)
            return posix::last_error("cpuset_getaffinity");
        cpu_set cpus;
        for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpu < cpu_set::limit; ++cpu)
            if (CPU_ISSET(cpu, &mask)) cpus.add(cpu);
        return cpus;
    }
    static result<void> set_affinity(const cpu_set& cpus) noexcept {
        cpuset_t mask;
        CPU_ZERO(&mask);
        for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpu < cpu_set::limit; ++cpu)
            if (cpus.has(cpu)) CPU_SET(cpu, &mask);
        return posix::checked(::cpuset_setaffinity(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, sizeof mask, &mask),
                              "cpuset_setaffinity");
    }
    static unsigned cpu_count() noexcept {
        const auto cpus = affinity();
        return cpus && cpus->size() > 0 ? cpus->size() : posix::threads::cpu_count();
    }
#endif
};

}  // namespace vitte::sys::bsd
