/// One character of UTF-8 (RFC 3629).
#pragma once

#include <cstddef>

namespace vitte {

/// How many bytes the well-formed character has (Unicode 15, table 3-7) that stands at `p`, of which `size` bytes are
/// there; 0 if there is none. Sequences that are longer than need be, surrogates and what is beyond U+10FFFF are not
/// well-formed.
template <class Byte>
    requires(sizeof(Byte) == 1)
constexpr std::size_t utf8_character(const Byte* p, std::size_t size) noexcept {
    const auto at = [p](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(p[i])); };
    if (size == 0) return 0;
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const std::size_t more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    if (more == 0 || size <= more) return 0;
    const unsigned second = at(1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
    for (std::size_t k = 1; k <= more; ++k)
        if ((at(k) & 0xc0) != 0x80) return 0;
    return more + 1;
}

}  // namespace vitte
