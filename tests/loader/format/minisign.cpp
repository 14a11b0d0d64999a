// Keys and signatures that Debian's minisign has made, and those of ours. The sealed key is made by Python's hashlib.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vitte/loader/format/minisign.hpp>

#include "../../support/fixtures.hpp"
#include "../../support/hex.hpp"
#include "../../support/text_files.hpp"

namespace {
using namespace vitte::loader::minisign;
using vitte::blake2b, vitte::errc;

std::string read(const std::string& name) {
    const std::string text = text_of(vectors("minisign/" + name));
    BOOST_REQUIRE(!text.empty());
    return text;
}
const std::string file = "hello\n";

/// The message without its offset, or what was read.
template <class Read>
std::string said(const Read& made) {
    if (made) return "read";
    return std::string(made.error().reading) + ": " + made.error().reason;
}
std::string with_line(const std::string& text, std::size_t number, const std::string& line) {
    std::string made;
    for (std::size_t at = 0, i = 1; at < text.size(); ++i) {
        const std::size_t end = text.find('\n', at) + 1;
        made += i == number ? line : text.substr(at, end - at);
        at = end;
    }
    return made;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(minisign_)

BOOST_AUTO_TEST_CASE(base_64) {
    using vitte::encode_base64, vitte::decode_base64;
    const struct {
        const char *text, *bytes;
    } cases[] = {{"", ""},
                 {"Zg==", "f"},
                 {"Zm8=", "fo"},
                 {"Zm9v", "foo"},
                 {"Zm9vYg==", "foob"},
                 {"Zm9vYmE=", "fooba"},
                 {"Zm9vYmFy", "foobar"}};
    char room[400];
    std::byte bytes[300];
    for (const auto& [text, plain] : cases) {  // RFC 4648, section 10
        BOOST_TEST(encode_base64(bytes_of(plain), room) == text);
        const auto size = decode_base64(text, bytes);
        BOOST_REQUIRE(size.has_value());
        BOOST_TEST(hex(std::span(bytes).first(*size)) == hex(bytes_of(plain)));
    }
    const auto all = pattern(251);
    const auto text = encode_base64(all, room);
    BOOST_TEST(text.size() == vitte::base64_size(251));
    BOOST_TEST(decode_base64(text, bytes).value() == 251u);
    BOOST_TEST(std::equal(all.begin(), all.end(), bytes));
    BOOST_TEST((decode_base64(text, std::span(bytes).first(250)).error().code == errc::too_large));
    for (const char* wrong : {"Z", "Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-v",
                              "Zm_v", "=Zm9", "Zm9v====", "Z\xc3\xa9g"})
        BOOST_TEST((decode_base64(wrong, bytes).error().code == errc::malformed), wrong);
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; ++c) {
        const auto at = digits.find(static_cast<char>(c));
        BOOST_TEST(vitte::detail::base64_value(static_cast<char>(c)) ==
                   (at == digits.npos ? -1 : static_cast<int>(at)));
    }
}

BOOST_AUTO_TEST_CASE(signatures_of_minisign) {
    const auto key = public_key::parse(read("key.pub"));
    BOOST_REQUIRE(key.has_value());
    const std::string texts[] = {read("hello.minisig"), read("legacy.minisig")};
    const auto made = signature::parse(texts[0]), legacy = signature::parse(texts[1]);
    BOOST_REQUIRE((made.has_value() && legacy.has_value()));
    BOOST_TEST((made->is_prehashed && !legacy->is_prehashed));
    BOOST_TEST(made->trusted_comment == "my comment");
    BOOST_TEST(made->untrusted_comment == "signature from minisign secret key");
    const auto hash = blake2b::of(bytes_of(file));
    BOOST_TEST((made->verify(*key, hash) == verdict::good));
    BOOST_TEST((legacy->verify(*key, bytes_of(file)) == verdict::good));
    BOOST_TEST((made->verify(*key, bytes_of(file)) == verdict::another_file));
    BOOST_TEST((made->verify(*key, blake2b::of(bytes_of("hello"))) == verdict::another_file));
    auto other = *key;
    other.id[0] ^= std::byte{1};
    BOOST_TEST((made->verify(other, hash) == verdict::by_another_key));
    other = *key;
    other.key = vitte::ed25519_key(other.key).public_key();
    BOOST_TEST((made->verify(other, hash) == verdict::another_file));
    auto commented = *made;
    commented.trusted_comment = "my comments";
    BOOST_TEST((commented.verify(*key, hash) == verdict::another_comment));
    commented.trusted_comment = legacy->trusted_comment;
    commented.of_comment = legacy->of_comment;
    BOOST_TEST((commented.verify(*key, hash) == verdict::another_comment));
}

BOOST_AUTO_TEST_CASE(the_same_as_minisign_makes) {
    const auto sealed = sealed_key::parse(read("plain.key"));
    BOOST_REQUIRE(sealed.has_value());
    BOOST_TEST(!sealed->has_password());
    const auto secret = sealed->open({}, {});
    BOOST_REQUIRE(secret.has_value());
    const vitte::ed25519_key key(secret->seed);
    std::vector<char> room(signature::max_size);
    const std::string from = "signature from minisign secret key";
    BOOST_TEST(signature::make(key, secret->id, blake2b::of(bytes_of(file)), from, "my comment").write(room) ==
               read("hello.minisig"));
    BOOST_TEST(signature::make_legacy(key, secret->id, bytes_of(file), from, "legacy").write(room) ==
               read("legacy.minisig"));
    BOOST_TEST((public_key{secret->id, key.public_key()}.write(room, "minisign public key A10CA90E83397D1C") ==
                read("key.pub")));
    BOOST_TEST(sealed_key::make(*secret).write(room, "minisign encrypted secret key") == read("plain.key"));
}

BOOST_AUTO_TEST_CASE(keys_under_passwords) {
    const auto sealed = sealed_key::parse(read("sealed.key"));
    BOOST_REQUIRE(sealed.has_value());
    BOOST_TEST(sealed->has_password());
    const auto cost = sealed->limits().cost();
    BOOST_TEST((cost.n == 1024 && cost.r == 8 && cost.p == 1));
    std::vector<std::uint32_t> memory(cost.words());
    const auto secret = sealed->open(bytes_of("correct horse"), memory);
    BOOST_REQUIRE(secret.has_value());
    BOOST_TEST(hex(secret->seed) == hex(sealed_key::parse(read("plain.key"))->open({}, {})->seed));
    BOOST_TEST((sealed->open(bytes_of("correct horses"), memory).error().code == errc::permission_denied));
    BOOST_TEST((sealed->open({}, memory).error().code == errc::permission_denied));
    BOOST_TEST((sealed->open(bytes_of("correct horse"), std::span(memory).first(memory.size() - 1)).error().code ==
                errc::out_of_memory));

    std::array<std::byte, 32> salt{};
    for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::byte>(i);
    const auto again = sealed_key::make(*secret, bytes_of("correct horse"), salt, sealed->limits(), memory);
    BOOST_REQUIRE(again.has_value());
    char room[sealed_key::max_size];
    BOOST_TEST(again->write(room, "sealed") == read("sealed.key"));
    BOOST_TEST((sealed_key::make(*secret, {}, salt, sealed->limits(), {}).error().code == errc::out_of_memory));
}

/// What libsodium's `crypto_pwhash_scryptsalsa208sha256` computes with.
BOOST_AUTO_TEST_CASE(costs_of_limits) {
    const auto sensitive = password_limits::sensitive().cost(), interactive = password_limits::interactive().cost();
    BOOST_TEST((sensitive.n == 1u << 20 && sensitive.r == 8 && sensitive.p == 1));
    BOOST_TEST((interactive.n == 1u << 14 && interactive.r == 8 && interactive.p == 1));
    const auto quick = password_limits{0, 1u << 30}.cost(), small = password_limits{33554432, 16777216}.cost();
    BOOST_TEST((quick.n == 1u << 10 && quick.p == 1));
    BOOST_TEST((small.n == 1u << 14 && small.p == 64));
    // Whatever a file says, the memory that it asks for is told, or there is none.
    const std::uint64_t most = ~std::uint64_t{0};
    for (const password_limits& hostile : {password_limits{0, 0}, password_limits{most, 0}, password_limits{most, most},
                                           password_limits{0, most}, password_limits{most, most / 2}}) {
        const auto cost = hostile.cost();
        BOOST_TEST((cost.n > 1 && cost.r == 8 && cost.p >= 1));
        if (cost.is_valid() && cost.words() != 0) BOOST_TEST(cost.words() / 256 >= cost.n + cost.p);
    }
}

BOOST_AUTO_TEST_CASE(texts_that_are_none_say_where) {
    const std::string key = read("key.pub"), sealed = read("sealed.key"), text = read("hello.minisig");
    const auto key_says = [](const std::string& t) { return said(public_key::parse(t)); };
    const auto says = [](const std::string& t) { return said(signature::parse(t)); };
    const auto sealed_says = [](const std::string& t) { return said(sealed_key::parse(t)); };
    BOOST_TEST(key_says("") == "line 1 of public key: missing");
    BOOST_TEST(key_says("trusted comment: x\n") == "line 1 of public key: does not begin as it must");
    BOOST_TEST(key_says("untrusted comment: x") == "line 2 of public key: missing");
    BOOST_TEST(key_says("untrusted comment: x\n\n") == "line 2 of public key: another length than it must have");
    BOOST_TEST(key_says("untrusted comment: \x1b[2J\n") == "line 1 of public key: a control character");
    BOOST_TEST(key_says("untrusted comment: " + std::string(2000, 'x') + "\n") == "line 1 of public key: too long");
    BOOST_TEST(key_says(key + "x") == "line 2 of public key: more follows than there is to be");
    BOOST_TEST(key_says(with_line(key, 2, std::string(56, '*'))) == "line 2 of public key: not base64");
    BOOST_TEST(key_says(with_line(key, 2, std::string(56, 'A'))) == "line 2 of public key: not a key of Ed25519");
    BOOST_TEST(said(public_key::parse_line(key)) == "public key: another length than it must have");
    BOOST_TEST((public_key::parse_line("RWQcfTmDDqkMobXGxFBf3YA6eo6oM3WN2DADBdVgljNDwRrZSh3i1REy").value() ==
                public_key::parse(key).value()));
    BOOST_TEST(says(with_line(text, 2, "RUQ=\n")) == "line 2 of signature: another length than it must have");
    BOOST_TEST(says(with_line(text, 2, std::string(99, 'A') + "=\n")) == "line 2 of signature: not one of Ed25519");
    BOOST_TEST(says(with_line(text, 3, "untrusted comment: \n")) == "line 3 of signature: does not begin as it must");
    BOOST_TEST(says(with_line(text, 4, "")) == "line 4 of signature: missing");
    BOOST_TEST(says(text + "\n") == "signature: more follows than there is to be");
    BOOST_TEST(sealed_says(with_line(sealed, 2, std::string(211, 'A') + "=\n")) ==
               "line 2 of secret key: not a key of Ed25519");
    BOOST_TEST(
        std::string(signature::parse(with_line(text, 3, "trusted comment: a\x7f\n")).error().message().c_str()) ==
        "line 3 of signature: a control character at byte 173");
    // Ends of lines of Windows, and none at the end.
    std::string windows;
    for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    BOOST_TEST(says(windows) == "read");
    BOOST_TEST(says(text.substr(0, text.size() - 1)) == "read");
    // Nothing is cut or passed over: an empty line, a comment that is too long, the lines of signify alone.
    const auto commented = [&](std::size_t size) {
        return with_line(text, 1, "untrusted comment: " + std::string(size, 'x') + "\n");
    };
    BOOST_TEST(says("\n" + text) == "line 1 of signature: does not begin as it must");
    BOOST_TEST(says(commented(most_of_comment)) == "read");
    for (const std::size_t size : {most_of_comment + 1, std::size_t{1100}, std::size_t{20'000}}) {
        BOOST_TEST(says(commented(size)) == "line 1 of signature: too long");
        BOOST_TEST(says("untrusted comment: " + std::string(size, 'x') + text) == "line 1 of signature: too long");
    }
    BOOST_TEST(says(with_line(text, 3, "trusted comment: " + std::string(20'000, 'x') + "\n")) ==
               "line 3 of signature: too long");
    BOOST_TEST(says(with_line(with_line(text, 4, ""), 3, "")) == "line 3 of signature: missing");
    // Every text that ends early is an error.
    for (std::size_t i = 0; i + 1 < text.size(); ++i) BOOST_TEST(says(text.substr(0, i)) != "read");
    BOOST_TEST((is_comment("", 0) && is_comment("a\tb", 3) && !is_comment("ab", 1) && !is_comment("a\n", 5) &&
                !is_comment("a\r", 5)));
}

/// No bit of what is signed can be another; of the comment that is not, it can.
BOOST_AUTO_TEST_CASE(flipped_bits) {
    const auto key = public_key::parse(read("key.pub")).value();
    const std::string good = read("hello.minisig");
    const auto hash = blake2b::of(bytes_of(file));
    const std::size_t signed_from = good.find('\n') + 1;
    std::size_t read_still = 0;
    for (std::size_t bit = 8 * signed_from; bit < 8 * good.size(); ++bit) {
        std::string text = good;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        const auto made = signature::parse(text);
        if (!made) continue;
        ++read_still;
        const auto bytes = made->is_prehashed ? std::span<const std::byte>(hash) : bytes_of(file);
        BOOST_TEST((made->verify(key, bytes) != verdict::good), "bit " << bit);
    }
    BOOST_TEST(read_still > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
