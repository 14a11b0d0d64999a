// Hashes of RFCs and FIPS, and what is made of them. `pattern` and Monte Carlo figures are Python's hashlib's.
#include <boost/test/unit_test.hpp>
#include <vitte/core/blake2b.hpp>
#include <vitte/core/hmac.hpp>
#include <vitte/core/pbkdf2.hpp>
#include <vitte/core/scrypt.hpp>
#include <vitte/core/sha2.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/hex.hpp"

namespace {
using vitte::blake2b, vitte::sha224, vitte::sha256, vitte::sha384, vitte::sha512;

constexpr std::array<std::byte, 3> at_compile_time{};
static_assert(sha256::of(at_compile_time)[0] == std::byte{0x70} && sha512::of(at_compile_time)[0] == std::byte{0x6d});
static_assert(blake2b::of(at_compile_time)[0] == std::byte{0x1d});

struct known {
    const char *abc, *million_a, *lengths, *monte_carlo;
};

/// A long message in pieces of any size, all lengths up to 300, and a thousand hashes of three hashes, as the Monte
/// Carlo tests of NIST's CAVP.
template <class Hash, std::size_t Size>
void is_as_known(const known& expected) {
    BOOST_TEST(hex(Hash::of(bytes_of("abc"))) == expected.abc);

    const std::string million(1'000'000, 'a');
    BOOST_TEST(hex(Hash::of(bytes_of(million))) == expected.million_a);
    for (const std::size_t step : {1u, 55u, 63u, 64u, 65u, 127u, 128u, 129u, 1000u}) {
        const auto bytes = bytes_of(million).first(step == 1 ? 3000 : 100'000);
        Hash pieces;
        for (std::size_t at = 0; at < bytes.size(); at += step)
            pieces.update(bytes.subspan(at, std::min(step, bytes.size() - at)));
        typename Hash::digest made;
        if constexpr (requires { pieces.finish(made); })
            pieces.finish(made);
        else
            made = pieces.finish();
        BOOST_TEST(hex(made) == hex(Hash::of(bytes)));
    }

    std::vector<std::byte> all;
    for (std::size_t length = 0; length <= 300; ++length) {
        const auto made = Hash::of(pattern(length));
        all.insert(all.end(), made.begin(), made.end());
    }
    BOOST_TEST(hex(Hash::of(all)) == expected.lengths);

    auto last = pattern(Size);
    all.assign(0, {});
    for (int i = 0; i < 3; ++i) all.insert(all.end(), last.begin(), last.end());
    for (int i = 0; i < 1000; ++i) {
        const auto made = Hash::of(all);
        all.erase(all.begin(), all.begin() + Size);
        all.insert(all.end(), made.begin(), made.end());
    }
    BOOST_TEST(hex(std::span(all).last(Size)) == expected.monte_carlo);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(hashes)

BOOST_AUTO_TEST_CASE(sha_2) {
    is_as_known<sha224, 28>({"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
                             "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67",
                             "424623b17e6ad740cd33de34cff25abe7bcc9766c61197980409fb00",
                             "6c0d1c05aa94b8975d887f6ecebf51ee57b3df1f6fd13586e312419d"});
    is_as_known<sha256, 32>({"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                             "b90e35153500e9a471591550ee25a954527c6b4448afff95f7949a2ca93300ce",
                             "0d0a4b6dc0ba9a5e7089a00eb0042f465641fa860944bcb074a88d76e8df7893"});
    is_as_known<sha384, 48>(
        {"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
         "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
         "80e3889f16595105b3522047c1e668b4e51531d98a660101516923ebdb1cf359b8a3bd514465820fa194d12fa7cc37f6",
         "7ae285bd4b5f7d3a79f6ab685cfd77157baabf0237b12e3528a4e2e4feb5c76f16fd481b204b4c14254e6f7d5d32fc6d"});
    is_as_known<sha512, 64>(
        {"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feeb"
         "bd454d4423643ce80e2a9ac94fa54ca49f",
         "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c3"
         "1beb009c5c2c49aa2e4eadb217ad8cc09b",
         "da20b3b598f77f25e2e2d1941e345bfe16543f32378fbc8447fbb64f038964cea0808c9d450e5e83ac095f5656c102"
         "b2ff15a8e0501c7553a7afe1e0256b5e09",
         "705eb05e5ead3dc93a48ae3cd520a4e55039d211c5c918b01acc9dc771a975e373db56450bd86669d91bc778d0ff78"
         "7126d65a7c4488726d282ddec806e579a7"});
}

BOOST_AUTO_TEST_CASE(instructions_of_the_cpu_compute_the_same) {
    vitte::xoshiro256 random(1);
    const auto compare = [&]<class Word>(Word, auto by_cpu) {
        for (std::size_t count = 0; count < 20; ++count) {
            std::vector<std::byte> blocks(count * 16 * sizeof(Word) + 1);
            for (std::byte& b : blocks) b = static_cast<std::byte>(random());
            vitte::detail::sha2_state<Word> plain;
            for (Word& word : plain) word = static_cast<Word>(random());
            auto other = plain;
            vitte::detail::sha2_blocks<Word>(plain, blocks.data() + 1, count);
            by_cpu(other, blocks.data() + 1, count);
            BOOST_TEST((plain == other));
        }
    };
    using vitte::detail::cpu_feature, vitte::detail::cpu_has;
    const auto tell = [](const char* of, bool has) {
        BOOST_TEST_MESSAGE(of << (has ? ": present" : ": not on this CPU"));
    };
    tell("SHA-256", cpu_has(cpu_feature::sha256));
    tell("SHA-512", cpu_has(cpu_feature::sha512));
    BOOST_TEST(cpu_has(cpu_feature::asked));
#if defined(__x86_64__) || defined(__AARCH64EL__)
    if (cpu_has(cpu_feature::sha256)) compare(std::uint32_t{}, vitte::detail::sha256_blocks_by_cpu);
#endif
#if defined(__AARCH64EL__)
    if (cpu_has(cpu_feature::sha512)) compare(std::uint64_t{}, vitte::detail::sha512_blocks_by_cpu);
#endif
    compare(std::uint32_t{}, vitte::detail::sha2_blocks_fast<std::uint32_t>);
    compare(std::uint64_t{}, vitte::detail::sha2_blocks_fast<std::uint64_t>);
}

BOOST_AUTO_TEST_CASE(messages_go_on_after_their_hash) {
    const auto whole = pattern(1000);
    sha256 h;
    h.update(std::span(whole).first(100));
    BOOST_TEST((h.finish() == sha256::of(std::span(whole).first(100))));
    BOOST_TEST((h.update(std::span(whole).subspan(100)).finish() == sha256::of(whole)));
    blake2b other;
    blake2b::digest made;
    other.update(std::span(whole).first(128)).finish(made);
    BOOST_TEST((made == blake2b::of(std::span(whole).first(128))));
    other.update(std::span(whole).subspan(128)).finish(made);
    BOOST_TEST((made == blake2b::of(whole)));
}

BOOST_AUTO_TEST_CASE(blake_2b) {
    is_as_known<blake2b, 64>(
        {"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533c"
         "c9518d38aa8dbf1925ab92386edd4009923",  // RFC 7693, appendix A
         "98fb3efb7206fd19ebf69b6f312cf7b64e3b94dbe1a17107913975a793f177e1d077609d7fba363cbba00d05f7aa4"
         "e4fa8715d6428104c0a75643b0ff3fd3eaf",
         "b6e92e8500fff38c4e359c2371b89d5f2f8148f1f6e2ba53c71375f13a2a7770d8c459fec4024309f7731597dbf57"
         "d1c8cbd5bdd7e4a07beccb3c063a504ddc0",
         "86cc2a59242a98a9155752cad85f2b01cc2ac25e84b2330eed0018f64cbd40e5ca9899f916ee784ad19225a798cfa"
         "0b309b2dd8df327f3b7542f740d6d840b33"});
    blake2b of_all;
    for (std::size_t size = 1; size <= blake2b::most; ++size)
        for (const std::size_t key : {0u, 1u, 32u, 64u})
            for (const std::size_t length : {0u, 1u, 127u, 128u, 129u, 300u}) {
                std::vector<std::byte> made(size);
                blake2b(size, pattern(key)).update(pattern(length)).finish(made);
                of_all.update(made);
            }
    blake2b::digest made;
    of_all.finish(made);
    BOOST_TEST(hex(made) ==
               "9b7ce2de2242f2d33540bf9aaf8df546516b6a4b9297f58eb53cf201ade056b48858fc3a5009479b818fc33bbc779ab5"
               "f7dec89c845b4ace0d0d5e39adbe1942");
}

BOOST_AUTO_TEST_CASE(codes_of_rfc_4231) {
    std::string counting;
    for (char c = 1; c <= 25; ++c) counting += c;
    const struct {
        std::string key, message;
        const char *by_sha256, *by_sha512;
    } cases[] = {
        {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
         "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
        {counting, std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
         "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
         "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    for (const auto& one : cases) {
        vitte::hmac<sha256> short_code(bytes_of(one.key));
        BOOST_TEST(hex(short_code.update(bytes_of(one.message)).finish()) == one.by_sha256);
        vitte::hmac<sha512> long_code(bytes_of(one.key));
        for (const char& c : one.message) long_code.update(bytes_of({&c, 1}));
        BOOST_TEST(hex(long_code.finish()) == one.by_sha512);
        BOOST_TEST(hex(long_code.finish()) == one.by_sha512);
    }
}

BOOST_AUTO_TEST_CASE(keys_of_passwords_of_rfc_7914) {
    std::array<std::byte, 64> key{};
    vitte::pbkdf2<sha256>(key, bytes_of("passwd"), bytes_of("salt"), 1);
    BOOST_TEST(hex(key) ==
               "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
               "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    vitte::pbkdf2<sha256>(std::span(key).first(33), bytes_of("passwd"), bytes_of("salt"), 3);
    BOOST_TEST(hex(std::span(key).first(33)) == "92df5c4cd7d900ab0b42336ea617caa1d3440cb93b8e8fb03fe3b31781c723cca1");

    const struct {
        const char *password, *salt, *key;
        vitte::scrypt_cost cost;
    } cases[] = {
        {"",
         "",
         "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3"
         "6"
         "28cf35e20c38d18906",
         {16, 1, 1}},
        {"password",
         "NaCl",
         "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83e"
         "e"
         "6d8360cbdfa2cc0640",
         {1024, 8, 16}},
    };
    for (const auto& one : cases) {
        std::vector<std::uint32_t> memory(one.cost.words(), 1);
        vitte::scrypt(key, bytes_of(one.password), bytes_of(one.salt), one.cost, memory);
        BOOST_TEST(hex(key) == one.key);
        BOOST_TEST(static_cast<std::size_t>(std::count(memory.begin(), memory.end(), 0u)) == memory.size());
    }
}

BOOST_AUTO_TEST_CASE(costs_that_scrypt_does_not_have) {
    using vitte::scrypt_cost;
    BOOST_TEST((scrypt_cost{2, 1, 1}.is_valid() && scrypt_cost{1 << 20, 8, 1}.is_valid()));
    for (const scrypt_cost& wrong :
         {scrypt_cost{}, scrypt_cost{1, 8, 1}, scrypt_cost{1000, 8, 1}, scrypt_cost{16, 0, 1}, scrypt_cost{16, 8, 0},
          scrypt_cost{16, 8, 1u << 27}, scrypt_cost{1 << 16, 1, 1}, scrypt_cost{std::uint64_t{1} << 63, 8, 1}})
        BOOST_TEST(!wrong.is_valid());
    BOOST_TEST((scrypt_cost{16, 1, 1}.words() == 18u * 32));
    BOOST_TEST((scrypt_cost{std::uint64_t{1} << 50, 8, 1}.is_valid()));
    BOOST_TEST((scrypt_cost{std::uint64_t{1} << 55, 8, 1}.words() == 0u));
}

BOOST_AUTO_TEST_SUITE_END()
