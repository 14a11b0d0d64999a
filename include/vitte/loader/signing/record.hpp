/// Signatures by keys of minisign over what minisign does not know: containers and policies. Each of them is made in a
/// context of its own, so that none can stand for another, nor for one of a file, which has no context.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vitte/core/blake3.hpp>
#include <vitte/core/ed25519.hpp>
#include <vitte/loader/format/minisign.hpp>

namespace vitte::loader::signing {

/// What is signed, and in which context of Ed25519ctx (RFC 8032).
enum class purpose : unsigned char {
    container,  ///< "vitte container 1": the BLAKE3 of all before the signatures of a container, 32 bytes
    policy,     ///< "vitte policy 1": the text of a policy, all before its signatures
};
constexpr std::string_view context_of(purpose p) noexcept {
    return p == purpose::container ? "vitte container 1" : "vitte policy 1";
}

/// Signatures on one thing, at most: who made it hostile shall not have us verify for long.
inline constexpr std::size_t most_signatures = 64;

/// One signature, as it stands in a container: the key's id, and what the key made.
struct record {
    minisign::key_id id;
    ed25519_signature signature;

    static constexpr std::size_t size = 8 + 64;

    static record read(std::span<const std::byte, size> from) noexcept {
        return {minisign::detail::part<8>(from, 0), minisign::detail::part<64>(from, 8)};
    }
    void write(std::span<std::byte, size> to) const noexcept {
        minisign::detail::part_writer(to).add(id).add(signature);
    }

    static record make(const ed25519_key& key, const minisign::key_id& id, purpose of,
                       std::span<const std::byte> message) noexcept {
        return {id, key.sign_in(context_of(of), message)};
    }
    /// Whether `key`, whatever its id is, has signed `message`.
    [[nodiscard]] bool verify(const ed25519_public_key& key, purpose of,
                              std::span<const std::byte> message) const noexcept {
        return ed25519_verify_in(context_of(of), key, signature, message);
    }
};

}  // namespace vitte::loader::signing
