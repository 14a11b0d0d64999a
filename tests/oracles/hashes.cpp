// Hashes of ours: NAME, the lengths of the pieces that the message is given in, the message and what else NAME takes.
#include <cstdint>
#include <sstream>
#include <vitte/core/blake2b.hpp>
#include <vitte/core/hmac.hpp>
#include <vitte/core/pbkdf2.hpp>
#include <vitte/core/scrypt.hpp>
#include <vitte/core/sha2.hpp>

#include "ask.hpp"

namespace {
std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
template <class Bytes>
oracle::strings answer_of(const Bytes& bytes) {
    return {std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
}
template <class Hash>
Hash& given(Hash&& hash, const oracle::strings& asked) {
    std::istringstream lengths(asked[1]);
    auto left = bytes_of(asked[2]);
    for (std::size_t length; lengths >> length; left = left.subspan(length)) hash.update(left.first(length));
    return hash.update(left);
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        const std::string& name = asked[0];
        const auto number = [&](std::size_t i) { return static_cast<std::uint32_t>(std::stoul(asked[i])); };
        if (name == "sha224") return answer_of(given(vitte::sha224(), asked).finish());
        if (name == "sha256") return answer_of(given(vitte::sha256(), asked).finish());
        if (name == "sha384") return answer_of(given(vitte::sha384(), asked).finish());
        if (name == "sha512") return answer_of(given(vitte::sha512(), asked).finish());
        if (name == "hmac") return answer_of(given(vitte::hmac<vitte::sha256>(bytes_of(asked[3])), asked).finish());
        if (name == "blake2b") {
            std::vector<std::byte> made(number(3));
            given(vitte::blake2b(made.size(), bytes_of(asked[4])), asked).finish(made);
            return answer_of(made);
        }
        // Keys of passwords: size, password, salt, cost.
        std::vector<std::byte> made(number(1));
        if (name == "pbkdf2") {
            vitte::pbkdf2<vitte::sha256>(made, bytes_of(asked[2]), bytes_of(asked[3]), number(4));
        } else {
            const vitte::scrypt_cost cost{number(4), number(5), number(6)};
            std::vector<std::uint32_t> memory(cost.words());
            vitte::scrypt(made, bytes_of(asked[2]), bytes_of(asked[3]), cost, memory);
        }
        return answer_of(made);
    });
}
