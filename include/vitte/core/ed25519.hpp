/// Ed25519 (RFC 8032, 5.1): signatures of 64 bytes under keys of 32.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vitte/core/assert.hpp>
#include <vitte/core/ed25519/point.hpp>
#include <vitte/core/ed25519/scalar.hpp>
#include <vitte/core/secure_zero.hpp>
#include <vitte/core/sha2.hpp>

namespace vitte {

using ed25519_public_key = std::array<std::byte, 32>;
using ed25519_signature = std::array<std::byte, 64>;

namespace detail {
/// The hash of what Ed25519ctx signs before all else (RFC 8032, 2 and 5.1, dom2): no encoded point begins so.
inline sha512 ed25519_domain(std::string_view context) noexcept {
    VITTE_ASSERT(!context.empty() && context.size() <= 255);
    const std::byte flag_and_size[2] = {std::byte{0}, static_cast<std::byte>(context.size())};
    sha512 hash;
    hash.update(std::as_bytes(std::span(std::string_view("SigEd25519 no Ed25519 collisions"))));
    hash.update(flag_and_size).update(std::as_bytes(std::span(context)));
    return hash;
}
}  // namespace detail

/// Bytes of a message, which may be given in parts.
template <class T>
concept message_part = requires(const T& part) { std::span<const std::byte>(part); };

/// A secret key, which is forgotten when this ends, and so is what is made of it for a signature, but for what the
/// compiler keeps in registers and beside variables. Neither the time that it takes nor the memory that it reads
/// depends on the secret, where multiplying does not: on Cortex-M3 the time of a 64-bit product depends on its factors.
/// Any number of threads may sign with one key.
class ed25519_key {
public:
    /// The key of a seed, which is 32 random bytes: what RFC 8032 calls the private key.
    explicit ed25519_key(std::span<const std::byte, 32> seed) noexcept {
        sha512 hash;
        secret hashed;
        hashed.bytes = hash.update(seed).finish();
        forget(hash);
        hashed.bytes[0] &= std::byte{0xf8};
        hashed.bytes[31] = (hashed.bytes[31] & std::byte{0x7f}) | std::byte{0x40};
        scalar_ = detail::scalar::load(std::span(hashed.bytes).first<32>());
        for (std::size_t i = 0; i < 32; ++i) prefix_[i] = hashed.bytes[32 + i];
        encode_base_times(scalar_, public_key_);
    }
    ed25519_key(const ed25519_key&) = delete;
    ed25519_key& operator=(const ed25519_key&) = delete;
    ~ed25519_key() {
        forget(scalar_);
        secure_zero(prefix_);
    }

    const ed25519_public_key& public_key() const noexcept { return public_key_; }

    /// The signature of the message that `parts` make in a row (5.1.6); always the same one.
    ed25519_signature sign(const message_part auto&... parts) const noexcept { return sign_behind(sha512(), parts...); }
    /// The same by Ed25519ctx: it holds for `context` only, 1 to 255 bytes that are fixed in the program and say what is
    /// signed, and neither for another one nor for none, whatever the messages are.
    ed25519_signature sign_in(std::string_view context, const message_part auto&... parts) const noexcept {
        return sign_behind(detail::ed25519_domain(context), parts...);
    }

private:
    ed25519_signature sign_behind(const sha512& domain, const message_part auto&... parts) const noexcept {
        sha512 hash = domain;
        hash.update(prefix_);
        (hash.update(parts), ...);
        ed25519_signature made{};
        detail::scalar nonce = begin(made, hash, domain);
        (hash.update(parts), ...);
        finish(made, hash, nonce);
        return made;
    }
    /// Other coordinates of the same point would tell of `n`.
    static void encode_base_times(const detail::scalar& n, std::span<std::byte, 32> to) noexcept {
        auto made = detail::point<detail::native_field>::base_times(n);
        made.encode(to);
        forget(made);
    }
    /// `hash`, of the domain, the prefix and the message, becomes one of the domain, R and the key.
    detail::scalar begin(ed25519_signature& made, sha512& hash, const sha512& domain) const noexcept {
        secret hashed;
        hashed.bytes = hash.finish();
        forget(hash);
        const detail::scalar nonce = detail::scalar::reduced(hashed.bytes);
        const std::span<std::byte, 32> r = std::span(made).first<32>();
        encode_base_times(nonce, r);
        hash = domain;
        hash.update(r).update(public_key_);
        return nonce;
    }
    void finish(ed25519_signature& made, const sha512& hash, detail::scalar& nonce) const noexcept {
        detail::scalar::multiply_add(detail::scalar::reduced(hash.finish()), scalar_, nonce)
            .store(std::span(made).last<32>());
        forget(nonce);
    }

    struct secret {
        sha512::digest bytes;
        ~secret() { secure_zero(bytes); }
    };
    template <class T>
    static void forget(T& what) noexcept {
        secure_zero(std::as_writable_bytes(std::span(&what, 1)));
    }

    detail::scalar scalar_;
    std::array<std::byte, 32> prefix_;
    ed25519_public_key public_key_;
};

namespace detail {
inline std::span<const std::byte, 32> r_of(const ed25519_signature& of) noexcept { return std::span(of).first<32>(); }
inline std::span<const std::byte, 32> s_of(const ed25519_signature& of) noexcept { return std::span(of).last<32>(); }

/// `hash` is that of R, the key and the message.
template <class Field>
bool ed25519_verify_hash(const ed25519_public_key& key, const ed25519_signature& signature,
                         const sha512::digest& hash) noexcept {
    const auto s = scalar::load(s_of(signature));
    point<Field> a;
    if (!s.is_canonical() || !point<Field>::decode(key, a) || a.is_of_small_order()) return false;
    a.x = Field::of_integer(0) - a.x;
    a.t = Field::of_integer(0) - a.t;
    const point<Field> r = point<Field>::combined(scalar::reduced(hash), a, s);
    if (r.is_of_small_order()) return false;
    ed25519_public_key encoded;
    r.encode(encoded);
    for (std::size_t i = 0; i < 32; ++i)
        if (encoded[i] != signature[i]) return false;
    return true;
}
bool ed25519_verify_behind(sha512 domain, const ed25519_public_key& key, const ed25519_signature& signature,
                           const message_part auto&... parts) noexcept {
    domain.update(r_of(signature)).update(key);
    (domain.update(parts), ...);
    return ed25519_verify_hash<native_field>(key, signature, domain.finish());
}
}  // namespace detail

/// Whether `signature`, of R and S, is one of the message that `parts` make in a row under `key`, or A, strictly:
/// S is less than L, A and R are encoded as RFC 8032 encodes points, neither is one of the 8 points whose order divides
/// 8, and S B - h A is R, without a factor of 8. So there is one answer for all who check so, such as libsodium, and
/// minisign with it; nobody can make a key under which a signature is one of several messages, nor another signature of
/// one that he has. The equation with the factor, which RFC 8032 allows, too, would only serve to verify many at once.
/// Not for secrets: its time depends on all of them.
[[nodiscard]] bool ed25519_verify(const ed25519_public_key& key, const ed25519_signature& signature,
                                  const message_part auto&... parts) noexcept {
    return detail::ed25519_verify_behind(sha512(), key, signature, parts...);
}
/// The same of what `ed25519_key::sign_in` makes for `context`.
[[nodiscard]] bool ed25519_verify_in(std::string_view context, const ed25519_public_key& key,
                                     const ed25519_signature& signature, const message_part auto&... parts) noexcept {
    return detail::ed25519_verify_behind(detail::ed25519_domain(context), key, signature, parts...);
}

}  // namespace vitte
