// What computes with secrets, whose bytes are marked as undefined for valgrind: it tells of each branch and each index that depends
// on them. An argument makes the program branch on one, which must be told of.
#include <valgrind/memcheck.h>
#include <vitte/core/base64.hpp>
#include <vitte/core/blake2b.hpp>
#include <vitte/core/ed25519.hpp>
#include <vitte/core/pbkdf2.hpp>

namespace {
template <class T>
void hide(T& what) {
    VALGRIND_MAKE_MEM_UNDEFINED(&what, sizeof what);
}
template <class T>
void publish(T& what) {
    VALGRIND_MAKE_MEM_DEFINED(&what, sizeof what);
}

template <class Field>
bool multiplies(const std::array<std::byte, 32>& secret) {
    std::array<std::byte, 32> made{};
    auto n = vitte::detail::scalar::load(secret);
    n.w[7] &= 0x0fffffff;
    const auto point = vitte::detail::point<Field>::base_times(n);
    point.encode(made);
    publish(made);
    return made[0] != made[1];
}
/// All that is computed of bytes without a decision.
bool hashes(const std::array<std::byte, 32>& secret) {
    std::array<std::byte, 32> made{};
    vitte::pbkdf2<vitte::sha256>(made, secret, secret, 2);
    vitte::blake2b hash(made.size(), secret);
    hash.update(made).finish(made);
    char text[44];
    vitte::encode_base64(made, text);
    std::int32_t sum = 0;
    for (const char c : text) sum |= vitte::detail::base64_value(c);
    publish(sum);
    return sum != 0;
}
}  // namespace

int main(int argc, char**) {
    if (RUNNING_ON_VALGRIND == 0) return 1;
    std::array<std::byte, 32> seed{std::byte{7}}, number = seed;
    std::array<std::byte, 100> message{};
    hide(seed);
    hide(number);
    if (argc > 1 && number[3] == std::byte{1}) return 2;
    const vitte::ed25519_key key(seed);
    auto public_key = key.public_key();
    publish(public_key);
    auto signature = key.sign(message);
    publish(signature);
    bool good = vitte::ed25519_verify(public_key, signature, message);
    good &= multiplies<vitte::detail::native_field>(number);
    good &= multiplies<vitte::detail::field25>(number);
    good &= hashes(number);
    return good ? 0 : 3;
}
