/// xxHash32, the checksum of LZ4's frames (Collet: "xxHash fast digest algorithm", version 0.1.1). It finds damage, not
/// malice; against the latter see `blake3.hpp`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>

namespace vitte {

/// A checksum in the making. Copy it to go on from the same state twice. One thread at a time.
class xxhash32 {
public:
    constexpr explicit xxhash32(std::uint32_t seed = 0) noexcept
        : lanes_{seed + prime1 + prime2, seed + prime2, seed, seed - prime1}, seed_(seed) {}

    /// Appends `bytes` to the message.
    constexpr xxhash32& update(std::span<const std::byte> bytes) noexcept {
        size_ += bytes.size();
        while (filled_ != 0 && !bytes.empty()) {
            held_[filled_++] = bytes[0];
            bytes = bytes.subspan(1);
            if (filled_ != stripe) continue;
            take(held_.data());
            filled_ = 0;
        }
        for (; bytes.size() >= stripe; bytes = bytes.subspan(stripe)) take(bytes.data());
        for (const std::byte byte : bytes) held_[filled_++] = byte;
        return *this;
    }

    /// The checksum of the message so far, which may be continued afterwards.
    constexpr std::uint32_t finish() const noexcept {
        std::uint32_t h = seed_ + prime5;
        if (size_ >= stripe)
            h = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
        h += static_cast<std::uint32_t>(size_);
        std::size_t i = 0;
        for (; i + 4 <= filled_; i += 4)
            h = std::rotl(h + load<std::uint32_t>(held_.data() + i, byte_order::little) * prime3, 17) * prime4;
        for (; i < filled_; ++i) h = std::rotl(h + std::to_integer<std::uint32_t>(held_[i]) * prime5, 11) * prime1;
        h = (h ^ (h >> 15)) * prime2;
        h = (h ^ (h >> 13)) * prime3;
        return h ^ (h >> 16);
    }

private:
    static constexpr std::size_t stripe = 16;
    static constexpr std::uint32_t prime1 = 0x9E3779B1, prime2 = 0x85EBCA77, prime3 = 0xC2B2AE3D, prime4 = 0x27D4EB2F,
                                   prime5 = 0x165667B1;

    constexpr void take(const std::byte* from) noexcept {
        for (std::size_t i = 0; i < 4; ++i) {
            const auto word = load<std::uint32_t>(from + 4 * i, byte_order::little);
            lanes_[i] = std::rotl(lanes_[i] + word * prime2, 13) * prime1;
        }
    }

    std::array<std::uint32_t, 4> lanes_;
    std::uint32_t seed_;
    std::array<std::byte, stripe> held_{};
    std::size_t filled_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace vitte
