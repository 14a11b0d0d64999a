/// CRC-32 of IEEE 802.3, as gzip (RFC 1952, section 8), PNG and ZIP use it: reflected polynomial 0xEDB88320. It finds
/// damage, not malice; against the latter see `blake3.hpp`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <vitte/core/endian.hpp>

namespace vitte {

namespace detail {
/// `crc32_tables[k][b]`: the checksum of byte `b` followed by `k` zero bytes.
inline constexpr auto crc32_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t c = b;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xEDB88320u : 0u);
        tables[0][b] = c;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t b = 0; b < 256; ++b)
            tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
    return tables;
}();
}  // namespace detail

/// The checksum of `bytes`; `before` is the checksum of what came before them, so that
/// `crc32(b, crc32(a))` is the checksum of `a` and `b` in a row. Eight bytes per step.
constexpr std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept {
    const auto& t = detail::crc32_tables;
    std::uint32_t c = ~before;
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        const auto low = load<std::uint32_t>(bytes.data(), byte_order::little) ^ c;
        const auto high = load<std::uint32_t>(bytes.data() + 4, byte_order::little);
        c = t[7][low & 0xff] ^ t[6][(low >> 8) & 0xff] ^ t[5][(low >> 16) & 0xff] ^ t[4][low >> 24] ^
            t[3][high & 0xff] ^ t[2][(high >> 8) & 0xff] ^ t[1][(high >> 16) & 0xff] ^ t[0][high >> 24];
    }
    for (const std::byte b : bytes) c = (c >> 8) ^ t[0][(c ^ std::to_integer<std::uint32_t>(b)) & 0xff];
    return ~c;
}

}  // namespace vitte
