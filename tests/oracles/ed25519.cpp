// Signatures of ours: `key SEED`, `sign SEED MESSAGE`, `verify KEY SIGNATURE MESSAGE`, by the machine's form of numbers and by the
// portable one.
#include <vitte/core/ed25519.hpp>

#include "ask.hpp"

namespace {
std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
template <std::size_t Size>
std::array<std::byte, Size> sized(const std::string& text) {
    std::array<std::byte, Size> made{};
    for (std::size_t i = 0; i < Size && i < text.size(); ++i) made[i] = static_cast<std::byte>(text[i]);
    return made;
}
template <class Bytes>
std::string text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "verify") {
            const auto key = sized<32>(asked[1]);
            const auto signature = sized<64>(asked[2]);
            vitte::sha512 hash;
            hash.update(std::span(signature).first(32)).update(key).update(bytes_of(asked[3]));
            const bool portable = vitte::detail::ed25519_verify_hash<vitte::detail::field25>(key, signature, hash.finish());
            return {std::to_string(vitte::ed25519_verify(key, signature, bytes_of(asked[3]))), std::to_string(portable)};
        }
        const vitte::ed25519_key key(sized<32>(asked[1]));
        if (asked[0] == "key") return {text_of(key.public_key())};
        return {text_of(key.sign(bytes_of(asked[2])))};
    });
}
