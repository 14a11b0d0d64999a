/// Random numbers from the OS, and fast generators seeded from them.
#pragma once

#include <span>

#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/platform/random.hpp>
#include <vitte/sys/retry.hpp>

namespace vitte::sys {

/// Fills `to` with cryptographically secure random bytes; waits until the OS has gathered enough, at most early at
/// boot.
template <platform P = native>
result<void> fill_random(std::span<std::byte> to) noexcept {
    while (!to.empty()) {
        VITTE_TRY(const std::size_t filled, retried([&] { return P::random::fill(to.data(), to.size()); }));
        to = to.subspan(filled);
    }
    return {};
}

/// A fast generator with a seed from the OS. Not for secrets.
template <platform P = native>
result<xoshiro256> seeded_generator() noexcept {
    std::array<std::uint64_t, 4> seed{};
    do {
        VITTE_CHECK(fill_random<P>(std::as_writable_bytes(std::span(seed))));
    } while ((seed[0] | seed[1] | seed[2] | seed[3]) == 0);
    return xoshiro256(seed);
}

}  // namespace vitte::sys
