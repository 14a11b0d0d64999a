/// Adler-32, the checksum of zlib's format (RFC 1950, section 8.2). It finds damage, not malice; `crc32.hpp` finds
/// more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>

namespace vitte {

/// The checksum of `bytes`; `before` is the checksum of what came before them, so that `adler32(b, adler32(a))` is the
/// checksum of `a` and `b` in a row. Eight bytes per step, as lanes of 16 bits in two words.
constexpr std::uint32_t adler32(std::span<const std::byte> bytes, std::uint32_t before = 1) noexcept {
    constexpr std::uint32_t modulus = 65521;
    // After that many steps a lane holds at most 255 * 23 * 22 / 2, and after that many blocks `b` is below 2^32.
    constexpr std::size_t steps = 23, blocks = 30;
    constexpr std::uint64_t every_second = 0x00ff00ff00ff00ff;
    constexpr auto lane = [](std::uint64_t of, unsigned i) {
        return static_cast<std::uint32_t>(of >> (16 * i)) & 0xffff;
    };
    std::uint32_t a = before & 0xffff, b = before >> 16;
    while (bytes.size() >= 8 * steps) {
        for (std::size_t block = 0; block < blocks && bytes.size() >= 8 * steps; ++block) {
            std::uint64_t even = 0, odd = 0, even_before = 0, odd_before = 0;
            for (std::size_t i = 0; i < steps; ++i) {
                const auto word = load<std::uint64_t>(bytes.data() + 8 * i, byte_order::little);
                even_before += even;
                odd_before += odd;
                even += word & every_second;
                odd += (word >> 8) & every_second;
            }
            b += static_cast<std::uint32_t>(8 * steps) * a;
            for (unsigned i = 0; i < 4; ++i) {
                a += lane(even, i) + lane(odd, i);
                b += 8 * (lane(even_before, i) + lane(odd_before, i)) + (8 - 2 * i) * lane(even, i) +
                     (7 - 2 * i) * lane(odd, i);
            }
            bytes = bytes.subspan(8 * steps);
        }
        a %= modulus;
        b %= modulus;
    }
    for (const std::byte byte : bytes) {
        a += std::to_integer<std::uint32_t>(byte);
        b += a;
    }
    return b % modulus << 16 | a % modulus;
}

}  // namespace vitte
