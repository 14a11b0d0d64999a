/// The words that the facet `poller` and what stands on it share, besides those of `socket_types.hpp`.
#pragma once

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

}  // namespace vitte::sys
