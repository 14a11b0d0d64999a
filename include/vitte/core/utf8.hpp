/// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vitte/core/utf8_character.hpp>

namespace vitte {

/// Where the first byte is that does not belong to a well-formed character: the size if there is none.
inline std::size_t utf8_valid_prefix(std::span<const std::byte> text) noexcept {
    const auto* const p = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t size = text.size();
    for (std::size_t i = 0; i < size;) {
        for (std::uint64_t eight; size - i >= 8; i += 8) {
            std::memcpy(&eight, p + i, 8);
            if ((eight & 0x8080808080808080) != 0) break;
        }
        if (i == size) return i;
        const std::size_t length = utf8_character(p + i, size - i);
        if (length == 0) return i;
        i += length;
    }
    return size;
}

}  // namespace vitte
