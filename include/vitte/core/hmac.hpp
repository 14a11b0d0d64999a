/// HMAC (RFC 2104): a message authentication code of a hash, such as `sha256`, and a key.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vitte/core/secure_zero.hpp>

namespace vitte {

/// A code in the making, for a hash of the shape of `sha2`. Copy it to go on from the same state twice, such as from
/// the key alone. It forgets what it knows when it ends. One thread at a time.
template <class Hash>
class hmac {
public:
    using digest = typename Hash::digest;

    explicit hmac(std::span<const std::byte> key) noexcept {
        std::array<std::byte, Hash::block_size> pad{};
        if (key.size() > pad.size()) {
            auto shorter = Hash::of(key);
            for (std::size_t i = 0; i < shorter.size(); ++i) pad[i] = shorter[i];
            secure_zero(shorter);
        } else {
            for (std::size_t i = 0; i < key.size(); ++i) pad[i] = key[i];
        }
        for (std::byte& b : pad) b ^= std::byte{0x36};
        inner_.update(pad);
        for (std::byte& b : pad) b ^= std::byte{0x36 ^ 0x5c};
        outer_.update(pad);
        secure_zero(pad);
    }
    hmac(const hmac&) noexcept = default;
    hmac& operator=(const hmac&) noexcept = default;
    ~hmac() {
        secure_zero(std::as_writable_bytes(std::span(&inner_, 1)));
        secure_zero(std::as_writable_bytes(std::span(&outer_, 1)));
    }

    /// Appends `bytes` to the message.
    hmac& update(std::span<const std::byte> bytes) noexcept {
        inner_.update(bytes);
        return *this;
    }
    /// The code of the message so far, which may be continued afterwards.
    digest finish() const noexcept {
        hmac last = *this;
        auto hashed = last.inner_.finish();
        const digest made = last.outer_.update(hashed).finish();
        secure_zero(hashed);
        return made;
    }

private:
    Hash inner_, outer_;
};

}  // namespace vitte
