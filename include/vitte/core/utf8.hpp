/// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace vitte {

/// Where the first byte is that does not belong to well-formed UTF-8 (Unicode 15, table 3-7): the size if there is
/// none. Sequences that are longer than need be, surrogates and what is beyond U+10FFFF are not well-formed.
inline std::size_t utf8_valid_prefix(std::span<const std::byte> text) noexcept {
    const auto* const p = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t size = text.size();
    for (std::size_t i = 0; i < size;) {
        for (std::uint64_t eight; size - i >= 8; i += 8) {
            std::memcpy(&eight, p + i, 8);
            if ((eight & 0x8080808080808080) != 0) break;
        }
        if (i == size) return i;
        const unsigned lead = p[i];
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
        if (more == 0 || size - i <= more) return i;
        const unsigned low = lead == 0xe0   ? 0xa0
                             : lead == 0xf0 ? 0x90
                                            : 0x80,
                       high = lead == 0xed   ? 0x9f
                              : lead == 0xf4 ? 0x8f
                                             : 0xbf;
        if (p[i + 1] < low || p[i + 1] > high) return i;
        for (std::size_t k = 2; k <= more; ++k)
            if ((p[i + k] & 0xc0) != 0x80) return i;
        i += more + 1;
    }
    return size;
}

}  // namespace vitte
