#include <sstream>
#include <string>
#include <vector>

#include <vitte/core/blake3.hpp>

#include "../support/fixtures.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::blake3;

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

BOOST_AUTO_TEST_SUITE_END()
