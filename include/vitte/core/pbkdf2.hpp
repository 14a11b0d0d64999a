/// PBKDF2 (RFC 8018, 5.2): keys of passwords, by many iterations of HMAC. `scrypt.hpp` resists special hardware better.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>
#include <vitte/core/hmac.hpp>

namespace vitte {

/// Fills `out` with the key that `password`, `salt` and `iterations`, at least 1, make by HMAC with `Hash`.
template <class Hash>
void pbkdf2(std::span<std::byte> out, std::span<const std::byte> password, std::span<const std::byte> salt,
            std::uint32_t iterations) noexcept {
    const hmac<Hash> of_password(password);
    hmac<Hash> of_salt = of_password;
    of_salt.update(salt);
    for (std::uint32_t block = 1; !out.empty(); ++block) {
        std::array<std::byte, 4> number{};
        store(number.data(), block, byte_order::big);
        auto last = hmac<Hash>(of_salt).update(number).finish(), sum = last;
        for (std::uint32_t i = 1; i < iterations; ++i) {
            last = hmac<Hash>(of_password).update(last).finish();
            for (std::size_t j = 0; j < sum.size(); ++j) sum[j] ^= last[j];
        }
        const std::size_t n = out.size() < sum.size() ? out.size() : sum.size();
        for (std::size_t i = 0; i < n; ++i) out[i] = sum[i];
        out = out.subspan(n);
        secure_zero(last);
        secure_zero(sum);
    }
}

}  // namespace vitte
