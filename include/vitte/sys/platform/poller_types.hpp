/// The words that the facet `poller` and what stands on it share, besides those of `socket_types.hpp`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitte::sys {

/// When a poller tells of a handle.
enum class poll_trigger : unsigned char {
    level,     ///< each time as long as it is ready
    edge,      ///< once for each time that something came or room was made, until when nothing may be left to be done
    one_shot,  ///< once, until it is changed
};

/// What a poller tells: which handle, by its key, and bits of `socket_event`.
struct readiness {
    std::uint64_t key;
    unsigned events;
};

/// No handle's key: pollers keep it for themselves.
inline constexpr std::uint64_t reserved_key = UINT64_MAX;

/// The first place in `all`, for pollers that keep a table in order, of which `is_before` is false.
template <class Table, class IsBefore>
std::size_t ordered_place(const Table& all, IsBefore is_before) noexcept {
    std::size_t from = 0;
    for (std::size_t size = all.size(); size != 0;) {
        const std::size_t half = size / 2;
        const bool is_later = is_before(all.begin()[from + half]);
        if (is_later) from += half + 1;
        size = is_later ? size - half - 1 : half;
    }
    return from;
}

}  // namespace vitte::sys
