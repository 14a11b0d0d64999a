/// Bare metal: no OS, no MMU, one thread and its interrupt handlers. What differs from board to board is asked from
/// `Board`, by default the functions of `bare::board` that the program defines. Needs no heap, exceptions or RTTI.
#pragma once

#include <vitte/sys/platform/bare/atomics.hpp>
#include <vitte/sys/platform/bare/board.hpp>
#include <vitte/sys/platform/bare/page_pool.hpp>
#include <vitte/sys/platform/bare/semihosting.hpp>
#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/single_thread.hpp>
#include <vitte/sys/platform/unmapped_memory.hpp>

namespace vitte::sys {

template <class Board>
struct bare_platform {
    using files = bare::semihosted_files<Board>;
    using memory = unmapped_memory<bare::page_pool<Board>, files>;

    struct clocks {
        static std::int64_t monotonic() noexcept { return Board::now(); }
        static std::int64_t boot() noexcept { return Board::now(); }
        static std::int64_t coarse() noexcept { return Board::now(); }
        static std::int64_t wall() noexcept { return Board::wall(); }
        static std::int64_t process_cpu() noexcept { return Board::now(); }
        static std::int64_t thread_cpu() noexcept { return Board::now(); }
        /// Needs an interrupt now and then, such as that of the timer behind `now`.
        static result<void> sleep_until(std::int64_t point) noexcept {
            if (Board::now() >= point) return {};
            {
                const bare::interrupts_off guard;
                bare::interrupts_off::sleep();
            }
            return fail(errc::interrupted, "sleep");
        }
    };

    /// What an interrupt handler changes is seen before the next sleep, since none runs between the look and the sleep.
    struct waiter {
        static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
            const bare::interrupts_off guard;
            if (__atomic_load_n(word, __ATOMIC_RELAXED) != expected) return fail(errc::would_block, "wait");
            if (until != INT64_MAX && Board::now() >= until) return fail(errc::timed_out, "wait");
            bare::interrupts_off::sleep();
            return {};
        }
    };
    using threads = single_thread<waiter>;

    struct random {
        static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
            if (Board::entropy(to, size)) return size;
            return fail(errc::not_supported, "entropy");
        }
    };
};

}  // namespace vitte::sys
