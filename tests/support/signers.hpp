// Keys, signed modules and policies for tests.
#pragma once

#include <string>
#include <vector>
#include <vitte/loader/signature_policy.hpp>
#include <vitte/loader/signing/container.hpp>

namespace signers_test {

using namespace vitte::loader;
using file = std::vector<std::byte>;

/// Somebody with a key of his own, by a number.
struct signer {
    minisign::key_id id{};
    vitte::ed25519_key key;

    explicit signer(int number) : key(seed(number)) { id[0] = static_cast<std::byte>(number), id[7] = std::byte{0x5a}; }

    minisign::public_key open() const { return {id, key.public_key()}; }
    std::string line() const { return signing::detail::key_line(open()); }

    file container(const file& of) const {
        const auto made = signing::sign_container(of, key, id).value();
        return {made.span().begin(), made.span().end()};
    }
    /// The content of a FILE.minisig.
    std::string detached(std::span<const std::byte> of, std::string_view trusted_comment) const {
        std::vector<char> room(minisign::signature::max_size);
        return std::string(minisign::signature::make(key, id, vitte::blake2b::of(of), "", trusted_comment).write(room));
    }
    std::string statement(std::string_view of) const { return signing::statement_text::with_signature(of, key, id); }

private:
    static std::array<std::byte, 32> seed(int number) {
        std::array<std::byte, 32> made{};
        made[3] = static_cast<std::byte>(number);
        return made;
    }
};

inline file bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

inline file container_of(std::string_view name, std::string_view version, std::span<const std::byte> code) {
    const std::string meta = manifest{std::string(name), std::string(version)}.write().value();
    vitb::writer made;
    made.add(vitb::kind::meta, std::as_bytes(std::span(meta))).value();
    made.add(vitb::kind::code, code).value();
    const auto whole = made.finish().value();
    return {whole.span().begin(), whole.span().end()};
}

}  // namespace signers_test
