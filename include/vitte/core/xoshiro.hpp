/// xoshiro256++ 1.0, a fast random generator of good statistical quality and a period of 2^256 - 1 (Blackman, Vigna:
/// "Scrambled linear pseudorandom number generators", 2021). Not for secrets.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include <vitte/core/assert.hpp>
#include <vitte/core/multiply.hpp>

namespace vitte {

/// Meets UniformRandomBitGenerator ([rand.req.urng]). One thread at a time.
class xoshiro256 {
public:
    using result_type = std::uint64_t;
    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return ~result_type{0}; }

    /// The whole state, which must not be all zero.
    constexpr explicit xoshiro256(const std::array<std::uint64_t, 4>& state) noexcept : s_(state) {
        VITTE_ASSERT((s_[0] | s_[1] | s_[2] | s_[3]) != 0);
    }
    /// A state from one number, spread by SplitMix64, as the authors recommend.
    constexpr explicit xoshiro256(std::uint64_t seed) noexcept {
        for (std::uint64_t& word : s_) {
            std::uint64_t z = seed += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    constexpr std::uint64_t operator()() noexcept {
        const std::uint64_t made = std::rotl(s_[0] + s_[3], 23) + s_[0], t = s_[1] << 17;
        s_[2] ^= s_[0];
        s_[3] ^= s_[1];
        s_[1] ^= s_[2];
        s_[0] ^= s_[3];
        s_[2] ^= t;
        s_[3] = std::rotl(s_[3], 45);
        return made;
    }
    /// A number below `bound`, which is not zero, each with the same probability (Lemire, "Fast random integer
    /// generation in an interval", 2019).
    constexpr std::uint64_t below(std::uint64_t bound) noexcept {
        VITTE_ASSERT(bound != 0);
        product128 product = multiply((*this)(), bound);
        if (product.low < bound)
            for (const std::uint64_t least = (0 - bound) % bound; product.low < least;)
                product = multiply((*this)(), bound);
        return product.high;
    }
    /// A number from 0 up to but not including 1, of 53 bits.
    constexpr double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

private:
    std::array<std::uint64_t, 4> s_{};
};

}  // namespace vitte
