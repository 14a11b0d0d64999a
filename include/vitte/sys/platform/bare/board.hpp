/// What a board has to say about itself: a program for bare metal defines those of these functions that it uses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitte::sys::bare {

/// Memory that pages are taken from.
struct memory_area {
    void* start;
    std::size_t size;  ///< bytes
};

struct board {
    /// Nanoseconds since some moment; never goes back. Called from threads and interrupt handlers.
    static std::int64_t now() noexcept;
    /// Nanoseconds since 1970-01-01 UTC, by a real-time clock.
    static std::int64_t wall() noexcept;
    /// Sends text to a console.
    static void write(const std::byte* text, std::size_t size) noexcept;
    /// The static arena for `sys::region` and all that stands on it; asked for once.
    static memory_area arena() noexcept;
    /// Fills `to` from a source of entropy; false if there is none.
    static bool entropy(std::byte* to, std::size_t size) noexcept;
};

}  // namespace vitte::sys::bare
