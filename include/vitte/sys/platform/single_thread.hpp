/// The `threads` facet where there is one thread. Locks, events and deadlines work, since interrupts or the clock may
/// change what is waited for; starting a thread is `errc::not_supported`.
#pragma once

#include <vitte/sys/platform/types.hpp>

#include <vitte/core/result.hpp>

namespace vitte::sys {

/// `Waiter::wait(word, expected, until)` is the facet's function of this name.
template <class Waiter>
struct single_thread : Waiter {
    using handle = int;
    using key = unsigned;
    static constexpr bool one_at_a_time = true;

    /// What changes the word also ends the wait.
    static bool wake_one(const std::uint32_t*) noexcept { return false; }
    static void wake_all(const std::uint32_t*) noexcept {}

    template <auto Entry>
    static result<handle> start(std::size_t, void*) noexcept {
        return fail(errc::not_supported, "start thread");
    }
    static result<void> join(handle) noexcept { return fail(errc::not_supported, "join thread"); }
    static result<void> detach(handle) noexcept { return fail(errc::not_supported, "detach thread"); }
    static void yield() noexcept {}
    static std::uint64_t id() noexcept { return 1; }
    static result<void> name(const char*) noexcept { return fail(errc::not_supported, "name thread"); }
    static result<cpu_set> affinity() noexcept {
        cpu_set one;
        one.add(0);
        return one;
    }
    static result<void> set_affinity(const cpu_set& cpus) noexcept {
        if (cpus.has(0)) return {};
        return fail(errc::invalid_argument, "set affinity");
    }
    static result<void> set_priority(thread_priority wanted) noexcept {
        if (wanted == thread_priority::normal) return {};
        return fail(errc::not_supported, "set priority");
    }
    static unsigned cpu_count() noexcept { return 1; }

    /// The one thread never ends, so nothing is destroyed.
    static result<key> create_key(void (*)(void*)) noexcept {
        for (key k = 0; k < key_limit; ++k)
            if (!slots()[k].used) {
                slots()[k] = {true, nullptr};
                return k;
            }
        return fail(errc::out_of_handles, "create key");
    }
    static void delete_key(key k) noexcept { slots()[k] = {}; }
    static void* get(key k) noexcept { return slots()[k].value; }
    static result<void> set(key k, void* value) noexcept {
        slots()[k].value = value;
        return {};
    }

private:
    static constexpr key key_limit = 16;
    struct slot {
        bool used;
        void* value;
    };
    static slot* slots() noexcept {
        static slot all[key_limit];
        return all;
    }
};

}  // namespace vitte::sys
