/// Pieces of memory on their way through calls that may transfer a part of them.
#pragma once

#include <span>

#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::detail {

inline constexpr std::size_t most_slices = 16;  ///< of one call on every system (_XOPEN_IOV_MAX)

/// Those that the next call can take: without empty ones in front.
inline std::span<io_slice> next_slices(std::span<io_slice>& slices) noexcept {
    while (!slices.empty() && slices[0].size == 0) slices = slices.subspan(1);
    return slices.first(slices.size() < most_slices ? slices.size() : most_slices);
}

/// Takes the first `moved` bytes of `slices` away.
inline void drop_front(std::span<io_slice>& slices, std::size_t moved) noexcept {
    while (moved != 0) {
        const std::size_t here = moved < slices[0].size ? moved : slices[0].size;
        slices[0].data += here;
        slices[0].size -= here;
        moved -= here;
        if (slices[0].size == 0) slices = slices.subspan(1);
    }
}

}  // namespace vitte::sys::detail
