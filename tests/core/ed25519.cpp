#include <boost/test/unit_test.hpp>
#include <sstream>
#include <vitte/core/ed25519.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/fixtures.hpp"
#include "../support/hex.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::ed25519_key, vitte::ed25519_public_key, vitte::ed25519_signature, vitte::ed25519_verify;
using vitte::detail::field25, vitte::detail::point, vitte::detail::scalar, vitte::detail::words256;

template <std::size_t Size>
std::array<std::byte, Size> sized(const std::vector<std::byte>& bytes) {
    BOOST_REQUIRE(bytes.size() == Size);
    std::array<std::byte, Size> made;
    std::copy(bytes.begin(), bytes.end(), made.begin());
    return made;
}
ed25519_public_key key_of(std::string_view digits) { return sized<32>(unhex(digits)); }

template <class Field>
bool verified_by(const ed25519_public_key& key, const ed25519_signature& signature,
                 std::span<const std::byte> message) {
    vitte::sha512 hash;
    hash.update(std::span(signature).subspan(0, 32)).update(key).update(message);
    return vitte::detail::ed25519_verify_hash<Field>(key, signature, hash.finish());
}
/// By the machine's form of numbers and by the portable one.
bool verified(const ed25519_public_key& key, const ed25519_signature& signature, std::span<const std::byte> message) {
    const bool made = ed25519_verify(key, signature, message);
    BOOST_TEST(made == verified_by<field25>(key, signature, message));
    return made;
}

/// A key, a message and its signature, of which a test makes wrong ones.
struct signed_message {
    ed25519_key key{key_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")};
    std::vector<std::byte> message = unhex("72");
    ed25519_signature signature = key.sign(message);
};

/// The group's order and the modulus, as they are encoded.
constexpr const char* order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
/// The 8 points whose order divides 8: 1, 2, 4, 4 and 8.
constexpr const char* small_points[] = {"0100000000000000000000000000000000000000000000000000000000000000",
                                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                        "0000000000000000000000000000000000000000000000000000000000000000",
                                        "0000000000000000000000000000000000000000000000000000000000000080",
                                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"};
/// Encodings of points with a y that is not less than the modulus, or an x of 0 with a sign.
constexpr const char* not_canonical[] = {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                         "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                         "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "0100000000000000000000000000000000000000000000000000000000000080",
                                         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
}  // namespace

BOOST_AUTO_TEST_SUITE(ed25519)

BOOST_AUTO_TEST_CASE(vectors_of_rfc_8032) {
    const struct {
        const char *seed, *key, *message, *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
         "e"
         "24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
         "a"
         "eeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed"
         "2"
         "8dc027beceea1ec40a"},
        {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce"
         "8"
         "0e2a9ac94fa54ca49f",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac"
         "1"
         "7ad9bef1177331a704"},
    };
    for (const auto& one : cases) {
        const ed25519_key key(key_of(one.seed));
        const auto message = unhex(one.message);
        BOOST_TEST(hex(key.public_key()) == one.key);
        const ed25519_signature made = key.sign(message);
        BOOST_TEST(hex(made) == one.signature);
        BOOST_TEST(verified(key.public_key(), made, message));
    }
}

/// RFC 8032, 7.2.
BOOST_AUTO_TEST_CASE(contexts) {
    const std::string seed = "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
                      other_seed = "ab9c2853ce297ddab85c993b3ae14bcad39b2c682beabc27d6d4eb20711d6560",
                      message = "f726936d19c800494e3fdaff20b276a8", other = "508e9e6882b979fea900f62adceaca35";
    const struct {
        std::string seed, message, context, signature;
    } cases[] = {{seed, message, "foo",
                  "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
                  "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d"},
                 {seed, message, "bar",
                  "fc60d5872fc46b3aa69f8b5b4351d5808f92bcc044606db097abab6dbcb1aee3"
                  "216c48e8b3b66431b5b186d1d28f8ee15a5ca2df6668346291c2043d4eb3e90d"},
                 {seed, other, "foo",
                  "8b70c1cc8310e1de20ac53ce28ae6e7207f33c3295e03bb5c0732a1d20dc6490"
                  "8922a8b052cf99b7c4fe107a5abb5b2c4085ae75890d02df26269d8945f84b0b"},
                 {other_seed, message, "foo",
                  "21655b5f1aa965996b3f97b3c849eafba922a0a62992f73b3d1b73106a84ad85"
                  "e9b86a7b6005ea868337ff2d20a7f5fbd4cd10b0be49a68da2b2e0dc0ad8960f"}};
    for (const auto& one : cases) {
        const ed25519_key key(key_of(one.seed));
        const auto bytes = unhex(one.message);
        const ed25519_signature made = key.sign_in(one.context, bytes);
        BOOST_TEST(hex(made) == one.signature);
        BOOST_TEST(vitte::ed25519_verify_in(one.context, key.public_key(), made, bytes));
        BOOST_TEST(!vitte::ed25519_verify_in(one.context + "o", key.public_key(), made, bytes));
        BOOST_TEST(!ed25519_verify(key.public_key(), made, bytes));
        BOOST_TEST(!vitte::ed25519_verify_in(one.context, key.public_key(), key.sign(bytes), bytes));
    }
    // Where a context ends and a message begins is a part of what is signed.
    const ed25519_key key(key_of(seed));
    BOOST_TEST(!vitte::ed25519_verify_in("fo", key.public_key(), key.sign_in("foo", unhex("61")), unhex("6f61")));
}

BOOST_AUTO_TEST_CASE(messages_in_parts) {
    const ed25519_key key(key_of("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    const auto message = pattern(1000);
    const std::span<const std::byte> whole = message;
    const auto made = key.sign(whole);
    BOOST_TEST((key.sign(whole.first(1), whole.subspan(1, 700), whole.subspan(701)) == made));
    BOOST_TEST(ed25519_verify(key.public_key(), made, whole.first(999), whole.last(1)));
    BOOST_TEST(!ed25519_verify(key.public_key(), made, whole.first(999)));
}

BOOST_AUTO_TEST_CASE(signatures_that_others_disagree_about) {
    std::istringstream in(text_of(vectors("ed25519.tsv")));
    int valid = 0, all = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        std::istringstream fields(line);
        std::string key, message, signature;
        bool is_valid = false;
        fields >> key >> message >> signature >> is_valid;
        BOOST_TEST(verified(key_of(key), sized<64>(unhex(signature)), unhex(message)) == is_valid, line);
        valid += is_valid;
        ++all;
    }
    BOOST_TEST(all == 12);
    BOOST_TEST(valid == 1);
}

BOOST_AUTO_TEST_CASE(no_bit_may_be_another) {
    const signed_message good;
    BOOST_TEST(verified(good.key.public_key(), good.signature, good.message));
    for (std::size_t bit = 0; bit < 512; ++bit) {
        auto wrong = good.signature;
        wrong[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_TEST(!verified(good.key.public_key(), wrong, good.message), "bit " << bit << " of the signature");
    }
    for (std::size_t bit = 0; bit < 256; ++bit) {
        auto wrong = good.key.public_key();
        wrong[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_TEST(!verified(wrong, good.signature, good.message), "bit " << bit << " of the key");
    }
    for (std::size_t bit = 0; bit < 8; ++bit) {
        const std::array wrong{good.message[0] ^ std::byte{1} << (bit % 8)};
        BOOST_TEST(!verified(good.key.public_key(), good.signature, wrong));
    }
}

BOOST_AUTO_TEST_CASE(only_one_s_is_right) {
    const signed_message good;
    // S + L, S + 2 L and so on, as far as there is room, belong to the same point.
    auto wrong = good.signature;
    const auto l = unhex(order);
    for (int times = 1; times < 16; ++times) {
        unsigned carry = 0;
        for (std::size_t i = 0; i < 32; ++i) {
            carry += std::to_integer<unsigned>(wrong[32 + i]) + std::to_integer<unsigned>(l[i]);
            wrong[32 + i] = static_cast<std::byte>(carry);
            carry >>= 8;
        }
        BOOST_TEST(!verified(good.key.public_key(), wrong, good.message), "S + " << times << " L");
    }
    for (const char* s : {order, "0000000000000000000000000000000000000000000000000000000000000000",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                          "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"}) {
        const auto bytes = unhex(s);
        std::copy(bytes.begin(), bytes.end(), wrong.begin() + 32);
        BOOST_TEST(!verified(good.key.public_key(), wrong, good.message), s);
    }
    BOOST_TEST(!scalar::load(key_of(order)).is_canonical());
    BOOST_TEST(scalar::load(key_of("ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")).is_canonical());
}

/// With an S of 0 and an R that is -h A, all signatures would be right under a key of small order; with R and A small,
/// for one message in 8 at the most.
BOOST_AUTO_TEST_CASE(points_of_small_order_sign_nothing) {
    for (const char* a : small_points) {
        point<vitte::detail::native_field> found;
        BOOST_TEST((point<vitte::detail::native_field>::decode(key_of(a), found) && found.is_of_small_order()), a);
        for (const char* r : small_points)
            for (unsigned char message = 0; message < 16; ++message) {
                ed25519_signature made{};
                const auto bytes = unhex(r);
                std::copy(bytes.begin(), bytes.end(), made.begin());
                const std::array text{std::byte{message}};
                BOOST_TEST(!ed25519_verify(key_of(a), made, text));
            }
    }
    // An R of small order below a good key: S is h a then.
    const signed_message good;
    for (const char* r : small_points) {
        auto made = good.signature;
        const auto bytes = unhex(r);
        std::copy(bytes.begin(), bytes.end(), made.begin());
        auto secret = vitte::sha512::of(key_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        secret[0] &= std::byte{0xf8};
        secret[31] = (secret[31] & std::byte{0x7f}) | std::byte{0x40};
        vitte::sha512 hash;
        hash.update(bytes).update(good.key.public_key()).update(good.message);
        scalar::multiply_add(scalar::reduced(hash.finish()), scalar::load(std::span(secret).first<32>()), {})
            .store(std::span(made).last<32>());
        BOOST_TEST(!verified(good.key.public_key(), made, good.message), r);
    }
}

BOOST_AUTO_TEST_CASE(points_have_one_encoding) {
    const signed_message good;
    point<vitte::detail::native_field> p;
    point<field25> q;
    for (const char* wrong : not_canonical) {
        BOOST_TEST((!point<vitte::detail::native_field>::decode(key_of(wrong), p)), wrong);
        BOOST_TEST(!point<field25>::decode(key_of(wrong), q), wrong);
        BOOST_TEST(!verified(key_of(wrong), good.signature, good.message));
    }
    // Half of all y belong to a point, which is encoded as it was.
    vitte::xoshiro256 random(1);
    int points = 0;
    for (int i = 0; i < 200; ++i) {
        ed25519_public_key given, made;
        for (std::byte& b : given) b = static_cast<std::byte>(random());
        const bool is_one = point<vitte::detail::native_field>::decode(given, p);
        BOOST_TEST(point<field25>::decode(given, q) == is_one);
        if (!is_one) continue;
        ++points;
        p.encode(made);
        BOOST_TEST(hex(made) == hex(given));
        q.encode(made);
        BOOST_TEST(hex(made) == hex(given));
    }
    BOOST_TEST((points > 60 && points < 140));
}

/// The tables hold what the base point and additions make, and both forms of numbers agree on its multiples.
BOOST_AUTO_TEST_CASE(multiples_of_the_base_point) {
    using native = point<vitte::detail::native_field>;
    native first;
    BOOST_REQUIRE(native::decode(key_of("5866666666666666666666666666666666666666666666666666666666666666"), first));
    for (std::size_t row = 0; row < 8; ++row) {
        native sum = first;
        const auto& table = row == 0 ? vitte::detail::base_multiples : vitte::detail::later_base_multiples[row - 1];
        for (const auto& listed : table) {
            const auto over_z = inverse(sum.z), x = sum.x * over_z, y = sum.y * over_z;
            BOOST_TEST(((y + x).words() == listed.sum));
            BOOST_TEST(((y - x).words() == listed.difference));
            BOOST_TEST(((x * y * vitte::detail::native_field::from(native::twice_d)).words() == listed.product));
            sum = (sum + first.to_add()).with_t();
        }
        for (int i = 0; i < 32; ++i) first = first.doubled().with_t();
    }
    vitte::xoshiro256 random(2);
    for (int i = 0; i < 20; ++i) {
        scalar n{}, none{};
        for (auto& word : n.w)
            word = i == 0 ? 0 : i == 1 ? 0x88888888 : i == 2 ? 0xffffffff : static_cast<std::uint32_t>(random());
        n.w[7] &= 0x0fffffff;
        ed25519_public_key by_table, by_digits, portable;
        native::base_times(n).encode(by_table);
        native::combined(none, native::neutral(), n).encode(by_digits);
        point<field25>::base_times(n).encode(portable);
        BOOST_TEST(hex(by_table) == hex(by_digits));
        BOOST_TEST(hex(by_table) == hex(portable));
    }
}

/// Numbers near the ends of limbs, whose carries are rare.
BOOST_AUTO_TEST_CASE(forms_of_numbers_agree) {
    using native = vitte::detail::native_field;
    std::vector<words256> numbers;
    const std::uint64_t all = ~std::uint64_t{0};
    for (std::uint64_t least = 0; least < 40; ++least) {
        numbers.push_back({{least, 0, 0, 0}});
        numbers.push_back({{all - least, all, all, all >> 1}});
        numbers.push_back({{0 - least, all >> least, 0, all >> 1}});
    }
    vitte::xoshiro256 random(3);
    for (int i = 0; i < 40; ++i) {
        words256 made{};
        for (auto& word : made.of) word = random() & (i % 2 == 0 ? random() : all);
        made.of[3] &= all >> 1;
        numbers.push_back(made);
    }
    for (const words256& x : numbers)
        for (const words256& y : numbers) {
            const native a = native::from(x), b = native::from(y);
            const field25 c = field25::from(x), d = field25::from(y);
            if (!((a * b).words() == (c * d).words() && ((a + b) * (a - b)).words() == ((c + d) * (c - d)).words() &&
                  (a - b).words() == (c - d).words() && (a + b).words() == (c + d).words() &&
                  (a + b).square().words() == (c + d).square().words() &&
                  (a.square() - b.square()).words() == ((c + d) * (c - d)).words()))
                BOOST_TEST(false, x.of[0] << " and " << y.of[0]);
        }
    for (const words256& x : numbers) {
        const native a = native::from(x);
        BOOST_TEST((a.words() == field25::from(x).words()));
        BOOST_TEST(((inverse(a) * a).words() == (a.words() == words256{} ? words256{} : words256{{1, 0, 0, 0}})));
        BOOST_TEST((a.twice_square().words() == field25::from(x).twice_square().words()));
    }
}

BOOST_AUTO_TEST_SUITE_END()
