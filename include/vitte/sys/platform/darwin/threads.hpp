/// Threads of macOS: pthreads, quality-of-service classes, and sleeping on a word by `os_sync_wait_on_address` (14.4)
/// or by the `__ulock` calls below it, which libc++ and Swift use as well.
#pragma once

#include <AvailabilityMacros.h>
#include <pthread/qos.h>
#include <string.h>
#include <sys/sysctl.h>

#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/threads.hpp>

#if defined(MAC_OS_X_VERSION_MIN_REQUIRED) && MAC_OS_X_VERSION_MIN_REQUIRED >= 140400
#include <os/os_sync_wait_on_address.h>
#else
extern "C" int __ulock_wait(uint32_t operation, void* address, uint64_t value, uint32_t microseconds);
extern "C" int __ulock_wake(uint32_t operation, void* address, uint64_t value);
#endif

namespace vitte::sys::darwin {

struct threads : posix::threads {
#if defined(MAC_OS_X_VERSION_MIN_REQUIRED) && MAC_OS_X_VERSION_MIN_REQUIRED >= 140400
    /// A time-out of 0 is an error, not a look at the word.
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        void* const at = const_cast<std::uint32_t*>(word);
        const int ended = until == INT64_MAX
                              ? ::os_sync_wait_on_address(at, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_NONE)
                              : ::os_sync_wait_on_address_with_timeout(at, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_NONE,
                                                                       OS_CLOCK_MACH_ABSOLUTE_TIME, left(until));
        if (ended >= 0) return {};
        return failed_wait(errno, until, "os_sync_wait_on_address");
    }
    static bool wake_one(const std::uint32_t* word) noexcept {
        return ::os_sync_wake_by_address_any(const_cast<std::uint32_t*>(word), 4, OS_SYNC_WAKE_BY_ADDRESS_NONE) == 0;
    }
    static void wake_all(const std::uint32_t* word) noexcept {
        ::os_sync_wake_by_address_all(const_cast<std::uint32_t*>(word), 4, OS_SYNC_WAKE_BY_ADDRESS_NONE);
    }
#else
    /// Takes microseconds, at most 71 minutes of them, and 0 for ever.
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        const std::uint64_t microseconds = until == INT64_MAX ? 0 : left(until) / 1000 + 1;
        const auto limit = static_cast<std::uint32_t>(microseconds < UINT32_MAX ? microseconds : UINT32_MAX);
        const int ended =
            ::__ulock_wait(compare_and_wait | no_errno, const_cast<std::uint32_t*>(word), expected, limit);
        if (ended >= 0) return {};
        return failed_wait(-ended, until, "__ulock_wait");
    }
    static bool wake_one(const std::uint32_t* word) noexcept {
        return ::__ulock_wake(compare_and_wait | no_errno, const_cast<std::uint32_t*>(word), 0) == 0;
    }
    static void wake_all(const std::uint32_t* word) noexcept {
        ::__ulock_wake(compare_and_wait | no_errno | all, const_cast<std::uint32_t*>(word), 0);
    }
#endif

    static std::uint64_t id() noexcept {
        std::uint64_t number = 0;
        ::pthread_threadid_np(nullptr, &number);
        return number;
    }
    static result<void> name(const char* text) noexcept {
        char room[64];  // MAXTHREADNAMESIZE; what is longer is refused
        const std::size_t length = ::strnlen(text, sizeof room - 1);
        ::memcpy(room, text, length);
        room[length] = 0;
        return posix::checked(::pthread_setname_np(room), "pthread_setname_np");
    }
    static result<void> set_priority(thread_priority priority) noexcept {
        if (priority == thread_priority::realtime) return posix::threads::set_priority(priority);
        constexpr qos_class_t classes[] = {QOS_CLASS_BACKGROUND, QOS_CLASS_UTILITY, QOS_CLASS_DEFAULT,
                                           QOS_CLASS_USER_INITIATED};
        return done(::pthread_set_qos_class_self_np(classes[static_cast<unsigned>(priority)], 0),
                    "pthread_set_qos_class_self_np");
    }
    static unsigned cpu_count() noexcept {
        int count = 0;
        std::size_t size = sizeof count;
        return ::sysctlbyname("hw.activecpu", &count, &size, nullptr, 0) == 0 && count > 0
                   ? static_cast<unsigned>(count)
                   : 1;
    }

private:
    static constexpr std::uint32_t compare_and_wait = 1, all = 0x100, no_errno = 0x01000000;
    static std::uint64_t left(std::int64_t until) noexcept {
        const std::int64_t nanoseconds = until - posix::clocks::monotonic();
        return nanoseconds > 0 ? static_cast<std::uint64_t>(nanoseconds) : 1;
    }
    static result<void> failed_wait(int number, std::int64_t until, const char* operation) noexcept {
        if (number == ETIMEDOUT) return unexpected(posix::clocks::time_is_over(until, operation, number));
        return fail(posix::cause_of(number), operation, number);
    }
};

}  // namespace vitte::sys::darwin
