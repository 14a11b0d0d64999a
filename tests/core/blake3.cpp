#include <algorithm>
#include <sstream>
#include <string>
#include <vector>
#include <vitte/core/blake3.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/fixtures.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::blake3;
using namespace vitte::detail;

constexpr std::size_t chunk = blake3_sizes::chunk;

struct vector_row {
    std::size_t length;
    std::string hash, keyed, derived;
};

/// The official test vectors, in the folder that the build gives.
std::vector<vector_row> official() {
    std::istringstream in(text_of(vectors("blake3.tsv")));
    std::vector<vector_row> rows;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        std::istringstream fields(line);
        vector_row row;
        fields >> row.length >> row.hash >> row.keyed >> row.derived;
        rows.push_back(row);
    }
    BOOST_REQUIRE(rows.size() == 35u);
    return rows;
}

std::vector<std::byte> input(std::size_t length) {
    std::vector<std::byte> made(length);
    for (std::size_t i = 0; i < length; ++i) made[i] = static_cast<std::byte>(i % 251);
    return made;
}

std::string hex(const blake3& of, std::size_t length = 131) {
    std::vector<std::byte> out(length);
    of.finish(out);
    std::string text;
    for (const std::byte b : out)
        for (const unsigned digit : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15})
            text += "0123456789abcdef"[digit];
    return text;
}

/// The root of the tree over `message`, whose first chunk has the number `counter`, as the paper's section 2.1 defines
/// it: the left subtree is the largest complete one that leaves something for the right.
blake3_node root_of(std::span<const std::byte> message, std::uint64_t counter) {
    if (message.size() <= chunk) {
        blake3_chain h = blake3_initial;
        std::uint32_t start = blake3_flags::chunk_start;
        for (; message.size() > 64; message = message.subspan(64), start = 0)
            h = blake3_node{h, blake3_words<16>(message.data()), counter, 64, start}.chained();
        std::array<std::byte, 64> last{};
        std::copy(message.begin(), message.end(), last.begin());
        return {h, blake3_words<16>(last.data()), counter, static_cast<std::uint32_t>(message.size()),
                start | blake3_flags::chunk_end};
    }
    const std::size_t left = std::bit_floor((message.size() - 1) / chunk);
    return blake3_parent(blake3_initial, 0, root_of(message.first(left * chunk), counter).chained(),
                         root_of(message.subspan(left * chunk), counter + left).chained());
}

blake3::digest digest_of(blake3_node root) {
    root.flags |= blake3_flags::root;
    root.counter = 0;
    blake3::digest made;
    for (std::size_t i = 0; i < 8; ++i)
        vitte::store<std::uint32_t>(made.data() + 4 * i, root.compressed()[i], vitte::byte_order::little);
    return made;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(blake3_)

BOOST_AUTO_TEST_CASE(official_test_vectors) {
    const auto key = std::as_bytes(std::span<const char, 32>("whats the Elvish word for friend", 32));
    for (const auto& row : official()) {
        const auto bytes = input(row.length);
        BOOST_TEST(hex(blake3().update(bytes)) == row.hash);
        BOOST_TEST(hex(blake3::keyed(key).update(bytes)) == row.keyed);
        BOOST_TEST(hex(blake3::derive_key("BLAKE3 2019-12-27 16:29:52 test vectors context").update(bytes)) ==
                   row.derived);
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_make_the_same_hash) {
    const auto bytes = input(5121);
    const std::string whole = hex(blake3().update(bytes));
    for (const std::size_t step : {1u, 63u, 64u, 65u, 1000u, 1024u, 4096u}) {
        blake3 h;
        for (std::size_t at = 0; at < bytes.size(); at += step)
            h.update(std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
        BOOST_TEST(hex(h) == whole);
    }
}

BOOST_AUTO_TEST_CASE(output_can_be_read_from_any_block_and_the_message_continued) {
    blake3 h;
    h.update(input(100));
    std::vector<std::byte> all(300), later(172);
    h.finish(all);
    h.finish(later, 2);
    BOOST_TEST(std::equal(later.begin(), later.end(), all.begin() + 128));
    auto rest = input(200);
    h.update(std::span(rest).subspan(100));
    BOOST_TEST((h.finish() == blake3().update(rest).finish()));
}

BOOST_AUTO_TEST_CASE(longer_messages_hash_as_b3sum_does) {
    constexpr std::pair<std::size_t, const char*> known[] = {
        {131071, "de433db299ce5940eb72f08f509f90fa93e8b8c38e26c927310b4f8b98e2f33c"},
        {131072, "306baba93b1a393cbd35172837c98b0f59a41f64e1b2682ae102d8b2534b9e1c"},
        {131073, "f837d4254d24ba3d50fe3743d46e4af6db5f5d6ab0469197d94e7ba1e906c4d8"},
        {132096, "634220dc80860b6ea34faf04004bcfc299cb3fe54d8cc00e3cb1a57c3ce27338"},
        {133121, "52297b6b49292a36a35d917dfff02499de3fe12fdcc60f4730858c5b229f15e6"},
        {147456, "9cc0250580074773df98cb3e723bb6721d25a57965c6d9ec0ad24dd411703b09"},
        {196608, "88939057eab3697bc0f667ad559433aad6e7a1bf5172aa28cc5420785b1e368c"},
        {262143, "4fbb10c248894f1b56ec8298555b96e597147150a061b1cf1af19f16dbc0557b"},
        {262144, "d57dc906e20d3fd326ffaa85535500486f46a0979f5a323f028dcabfd381fd4a"},
        {262145, "531c319935cf78f34869faebd865e5748266b1799039103bfb851a680d9ed30c"},
        {279553, "94059a286326457874e5fcbf39aab350502292eb8877a685735674e709c0a0f0"},
        {300000, "6cc9dce05d4cff8c5bef5c5a24681e42b13f03e34a0bc5e66f65a91d48c944fa"},
    };
    for (const auto& [length, hash] : known) {
        BOOST_TEST_CONTEXT(length) BOOST_TEST(hex(blake3().update(input(length)), 32) == hash);
    }
}

BOOST_AUTO_TEST_CASE(lengths_around_every_border_hash_as_the_tree_is_defined) {
    constexpr std::size_t most = 257;
    vitte::xoshiro256 random(1);
    std::vector<std::byte> storage(most * chunk + 3);
    for (std::byte& b : storage) b = static_cast<std::byte>(random());
    constexpr std::size_t counts[] = {1,  2,  3,  4,  5,  7,  8,  9,   12,  15,  16,  17,
                                      20, 24, 31, 32, 33, 63, 65, 127, 128, 129, 145, 256};
    for (const std::size_t chunks : counts) {
        const auto bytes = std::span(storage).subspan(chunks % 3, chunks * chunk + 1);
        for (const auto message : {bytes.first(bytes.size() - 2), bytes.first(bytes.size() - 1), bytes}) {
            const blake3_node top = root_of(message, 0);
            blake3 whole, pieces;
            whole.update(message);
            for (auto rest = message; !rest.empty();) {
                const std::size_t most_now = (random() % 4 == 0 ? 70 : 3) * chunk;
                const std::size_t n = std::min(rest.size(), static_cast<std::size_t>(random() % most_now));
                pieces.update(rest.first(n));
                rest = rest.subspan(n);
            }
            BOOST_TEST_CONTEXT(message.size()) {
                BOOST_TEST((whole.finish() == digest_of(top)));
                BOOST_TEST((pieces.finish() == digest_of(top)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_hash_in_between_changes_nothing) {
    const auto bytes = input(70 * chunk);
    blake3 h;
    for (std::size_t at = 0; at < bytes.size(); at += 2 * chunk) {
        h.update(std::span(bytes).subspan(at, 2 * chunk));
        const auto so_far = std::span(bytes).first(at + 2 * chunk);
        BOOST_TEST((h.finish() == digest_of(root_of(so_far, 0))));
    }
}

BOOST_AUTO_TEST_CASE(lanes_compute_what_single_inputs_do) {
    vitte::xoshiro256 random(2);
    std::vector<std::byte> bytes(16 * chunk + 1);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    const std::byte* const from = bytes.data() + 1;
    blake3_chain key;
    for (auto& word : key) word = static_cast<std::uint32_t>(random());
    const auto compare = [&](std::size_t lanes, auto by_lanes) {
        for (const std::uint64_t counter : {std::uint64_t{0}, std::uint64_t{0xfffffff9}, std::uint64_t{1} << 50}) {
            std::array<blake3_chain, 17> made{};
            by_lanes({key, counter, blake3_flags::keyed_hash, true}, from, made.data());
            for (std::size_t i = 0; i < lanes; ++i)
                BOOST_TEST((made[i] == blake3_chunk(key, blake3_flags::keyed_hash, counter + i, from + i * chunk)));
            BOOST_TEST((made[lanes] == blake3_chain{}));
        }
        std::array<blake3_chain, 17> made{};
        by_lanes({key, 7, blake3_flags::derive_key_material, false}, from, made.data());
        for (std::size_t i = 0; i < lanes; ++i) {
            const auto left = blake3_words<8>(from + 64 * i), right = blake3_words<8>(from + 64 * i + 32);
            BOOST_TEST((made[i] == blake3_parent(key, blake3_flags::derive_key_material, left, right).chained()));
        }
        BOOST_TEST((made[lanes] == blake3_chain{}));
    };
#if defined(__x86_64__)
    const auto tell = [](const char* of, bool has) {
        BOOST_TEST_MESSAGE(of << (has ? ": present" : ": not on this CPU"));
        return has;
    };
    if (tell("AVX-512", cpu_has(cpu_feature::avx512f))) compare(16, blake3_hash_16);
    if (tell("AVX2", cpu_has(cpu_feature::avx2))) compare(8, blake3_hash_8);
#endif
    if (std::endian::native == std::endian::little) compare(4, blake3_hash_4);
}

BOOST_AUTO_TEST_CASE(constants_can_be_hashed) {
    static constexpr auto bytes = [] {
        std::array<std::byte, 3 * chunk> made{};
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::byte>(i % 251);
        return made;
    }();
    constexpr blake3::digest made = blake3().update(bytes).finish();
    BOOST_TEST((made == blake3().update(bytes).finish()));
}

BOOST_AUTO_TEST_SUITE_END()
