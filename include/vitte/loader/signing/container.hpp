/// Signing containers, see `format/vitb.hpp`.
#pragma once

#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/signing/record.hpp>

namespace vitte::loader::signing {

/// The container `file` with one more signature; of what is signed, nothing has changed if there was one before.
/// Fails with what is wrong with the container, with `errc::already_exists` if the key has signed it, `errc::too_large`
/// if it has as many signatures as there may be, and `errc::out_of_memory`.
inline result<vitb::owned_bytes, parse_error> sign_container(std::span<const std::byte> file, const ed25519_key& key,
                                                             const minisign::key_id& id) noexcept {
    static_assert(record::size == vitb::signature_size);
    constexpr const char* what = "container to be signed";
    VITTE_TRY(const auto container, vitb::container::parse(file));
    const auto before = container.signatures();
    if (before.size() >= most_signatures * record::size)
        return malformed(what, "it has 64 signatures", file.size(), errc::too_large);
    const auto no_memory = [&] { return malformed(what, "it does not fit into memory", 0, errc::out_of_memory); };
    const auto signed_part = vitb::signable(container);
    if (!signed_part) return no_memory();
    const record made = record::make(key, id, purpose::container, blake3().update(*signed_part).finish());
    for (std::size_t at = 0; at < before.size(); at += record::size)
        if (record::read(before.subspan(at).first<record::size>()).signature == made.signature)
            return malformed(what, "the key has signed it already", signed_part->size() + at, errc::already_exists);
    auto whole = vitb::owned_bytes::allocate(signed_part->size() + before.size() + record::size);
    if (!whole) return no_memory();
    __builtin_memcpy(whole->data(), signed_part->data(), signed_part->size());
    if (!before.empty()) __builtin_memcpy(whole->data() + signed_part->size(), before.data(), before.size());
    made.write(whole->span().last<record::size>());
    return std::move(*whole);
}

}  // namespace vitte::loader::signing
