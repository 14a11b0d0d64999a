#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/crc32.hpp>
#include <vitte/core/lz4.hpp>
#include <vitte/core/lz4_compress.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/hex.hpp"
#include "../support/stride.hpp"

namespace {

using bytes = std::vector<std::byte>;

/// What repeats itself at all distances, with random bytes in between.
bytes repetitive(std::size_t size, std::uint64_t seed) {
    vitte::xoshiro256 random(seed);
    bytes made;
    while (made.size() < size) {
        const auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
        const std::size_t part = below(1u << below(10)), distance = 1 + below(1u << below(17));
        for (std::size_t i = 0; i < part; ++i)
            made.push_back(distance <= made.size() && seed % 2 == 0 ? made[made.size() - distance]
                                                                    : static_cast<std::byte>(random() % 200));
        made.push_back(static_cast<std::byte>(random()));
        if (seed % 4 == 0) made.insert(made.end(), below(3000), std::byte{7});
    }
    made.resize(size);
    return made;
}

bytes compressed(const bytes& plain) {
    bytes made(vitte::lz4_bound(plain.size()));
    const auto size = vitte::lz4_compress(plain, made);
    BOOST_REQUIRE(size.has_value());
    made.resize(*size);
    return made;
}
bytes framed(const bytes& plain) {
    bytes made(vitte::lz4_frame_bound(plain.size()));
    const auto size = vitte::lz4_frame_compress(plain, made);
    BOOST_REQUIRE(size.has_value());
    made.resize(*size);
    return made;
}

struct flaw {
    const char* stream;
    vitte::errc code;
    const char* reason;
    unsigned offset;
};

constexpr std::string_view song = "abcabcabcabcabcabcabcabcabc, and so on and so on and so on";
// Of lz4 1.9.4: with default options; with linked blocks, their checksums and the size; without the content's checksum.
constexpr const char* frame =
    "04224d186440a71b0000003f616263030005bb2c20616e6420736f206f6e0a0050736f206f6e0000000031b746b6";
constexpr const char* linked_frame =
    "04224d187c403a00000000000000241b0000003f616263030005bb2c20616e6420736f206f6e0a0050736f206f6e633eda3b0000000031b746"
    "b6";
constexpr const char* frame_without_sum =
    "04224d186040821b0000003f616263030005bb2c20616e6420736f206f6e0a0050736f206f6e00000000";

}  // namespace

BOOST_AUTO_TEST_SUITE(lz4)

BOOST_AUTO_TEST_CASE(xxhash32_is_as_its_description_has_it) {
    BOOST_TEST(vitte::xxhash32().finish() == 0x02CC5D05u);
    BOOST_TEST(vitte::xxhash32(0x9E3779B1).finish() == 0x36B78AE7u);
    BOOST_TEST(vitte::xxhash32().update(vector_of("Nobody inspects the spammish repetition")).finish() == 0xE2293B2Fu);
    const bytes all = repetitive(1000, 1);
    const std::uint32_t whole = vitte::xxhash32(5).update(all).finish();
    for (std::size_t i = 0; i <= all.size(); ++i)
        BOOST_TEST(vitte::xxhash32(5).update(std::span(all).first(i)).update(std::span(all).subspan(i)).finish() ==
                   whole);
}

BOOST_AUTO_TEST_CASE(reads_what_lz4_has_written) {
    for (const char* hex : {frame, linked_frame, frame_without_sum}) {
        bytes room(song.size());
        const auto size = vitte::lz4_frame_decompress(unhex(hex), room);
        BOOST_TEST((size.has_value() && *size == song.size() && room == vector_of(song)));
    }
    // Two frames, with one between them that is skipped.
    bytes room(2 * song.size());
    const std::string both = std::string(frame) + "5e2a4d1803000000616263" + linked_frame;
    BOOST_TEST((vitte::lz4_frame_decompress(unhex(both), room) == 2 * song.size()));
    BOOST_TEST((room == vector_of(std::string(song) + std::string(song))));
}

BOOST_AUTO_TEST_CASE(reads_the_smallest_blocks) {
    bytes room(5);
    // A literal, a match of four bytes that overlaps itself, and an end without literals.
    BOOST_TEST((vitte::lz4_decompress(unhex("1061010000"), room) == 5u && room == vector_of("aaaaa")));
    BOOST_TEST((vitte::lz4_decompress(unhex("00"), {}) == 0u));
}

BOOST_AUTO_TEST_CASE(blocks_refer_to_those_before_them) {
    // "abcdefgh", then in a block of its own eight bytes of the same, then two literals.
    const std::string header =
                          "04224d18"
                          "4040",
                      blocks =
                          "08000080"
                          "6162636465666768"
                          "06000000"
                          "04080020"
                          "7879";
    const bytes descriptor = unhex("4040");
    const auto sum = static_cast<unsigned>(vitte::xxhash32().update(descriptor).finish() >> 8 & 0xff);
    bytes packed = unhex(header);
    packed.push_back(static_cast<std::byte>(sum));
    for (const std::byte byte : unhex(blocks + "00000000")) packed.push_back(byte);
    bytes room(18);
    BOOST_TEST((vitte::lz4_frame_decompress(packed, room) == 18u));
    BOOST_TEST((room == vector_of("abcdefghabcdefghxy")));
    // The same of a frame that says that none does.
    packed[4] = std::byte{0x60};
    packed[6] = static_cast<std::byte>(vitte::xxhash32().update(std::span(packed).subspan(4, 2)).finish() >> 8);
    const auto wrong = vitte::lz4_frame_decompress(packed, room);
    BOOST_REQUIRE(!wrong.has_value());
    BOOST_TEST(std::string_view(wrong.error().reason) == "a distance reaches before the beginning");
    BOOST_TEST(wrong.error().offset == 24u);
}

BOOST_AUTO_TEST_CASE(every_flaw_is_told_with_its_place) {
    static constexpr flaw of_blocks[]{
        {"", vitte::errc::end_of_input, "the input ends too early", 0},
        {"30", vitte::errc::end_of_input, "the input ends too early", 1},
        {"f0", vitte::errc::end_of_input, "the input ends too early", 1},
        {"f0ffff", vitte::errc::end_of_input, "the input ends too early", 3},
        {"106100", vitte::errc::end_of_input, "the input ends too early", 2},
        {"10610000", vitte::errc::malformed, "a distance of 0", 2},
        {"10610200", vitte::errc::malformed, "a distance reaches before the beginning", 2},
        {"1f610100ff", vitte::errc::end_of_input, "the input ends too early", 5},
        {"1f610100ffffff00", vitte::errc::too_large, "it becomes larger than allowed", 8},
    };
    bytes room(300);
    for (const flaw& f : of_blocks) {
        const auto got = vitte::lz4_decompress(unhex(f.stream), room);
        BOOST_REQUIRE(!got.has_value());
        BOOST_TEST((got.error().code == f.code));
        BOOST_TEST(std::string_view(got.error().reason) == f.reason);
        BOOST_TEST_CONTEXT(f.stream) BOOST_TEST(got.error().offset == f.offset);
    }
    static constexpr flaw of_frames[]{
        {"04224d", vitte::errc::end_of_input, "the input ends too early", 3},
        {"05224d18", vitte::errc::malformed, "no magic number", 0},
        {"02214c18", vitte::errc::not_supported, "the legacy format", 0},
        {"04224d1880400000", vitte::errc::not_supported, "an unknown version", 4},
        {"04224d1842400000", vitte::errc::malformed, "reserved flags are set", 4},
        {"04224d1841400000", vitte::errc::not_supported, "a dictionary is needed", 4},
        {"04224d1840300000", vitte::errc::malformed, "an invalid size of blocks", 5},
        {"04224d1840410000", vitte::errc::malformed, "an invalid size of blocks", 5},
        {"04224d1860400000", vitte::errc::malformed, "the checksum of the header is wrong", 6},
        {"502a4d180500000061", vitte::errc::end_of_input, "the input ends too early", 9},
    };
    for (const flaw& f : of_frames) {
        const auto got = vitte::lz4_frame_decompress(unhex(f.stream), room);
        BOOST_REQUIRE(!got.has_value());
        BOOST_TEST((got.error().code == f.code));
        BOOST_TEST(std::string_view(got.error().reason) == f.reason);
        BOOST_TEST_CONTEXT(f.stream) BOOST_TEST(got.error().offset == f.offset);
    }
}

void is_read_again(const bytes& plain) {
    const bytes packed = compressed(plain);
    BOOST_TEST(packed.size() <= plain.size() + plain.size() / 255 + 16);
    bytes again(plain.size());
    BOOST_TEST((vitte::lz4_decompress(packed, again) == plain.size() && again == plain));
    const bytes frame_of = framed(plain);
    again.assign(plain.size(), {});
    BOOST_TEST((vitte::lz4_frame_decompress(frame_of, again) == plain.size() && again == plain));
    // With room to spare, copies are made in another way.
    bytes larger(plain.size() + 100);
    BOOST_TEST((vitte::lz4_decompress(packed, larger) == plain.size()));
    BOOST_TEST((std::equal(plain.begin(), plain.end(), larger.begin())));
}

BOOST_AUTO_TEST_CASE(what_is_compressed_is_read_again) {
    for (std::size_t size = 0; size < 40; ++size) {
        is_read_again(repetitive(size, size));
        is_read_again(bytes(size, std::byte{'a'}));
    }
    for (const std::size_t size : {300u, 4096u, 65535u, 65536u, 65537u, 300'000u})
        for (std::uint64_t seed = 0; seed < 4; ++seed) is_read_again(repetitive(size, seed));
}

BOOST_AUTO_TEST_CASE(what_comes_out_is_the_same_on_every_machine) {
    const bytes small = repetitive(60'000, 2), large = repetitive(200'000, 4);
    BOOST_TEST(vitte::crc32(compressed(small)) == 0x0B645581u);
    BOOST_TEST(vitte::crc32(compressed(large)) == 0xC2AA740Du);
    BOOST_TEST(compressed(large).size() < large.size());
}

BOOST_AUTO_TEST_CASE(too_little_room_is_an_error) {
    const bytes plain = repetitive(3000, 4), packed = compressed(plain), frame_of = framed(plain);
    for (std::size_t room = 0; room < frame_of.size(); room += stride) {
        bytes out(room);
        if (room < packed.size()) BOOST_TEST((vitte::lz4_compress(plain, out).error().code == vitte::errc::too_large));
        BOOST_TEST((vitte::lz4_frame_compress(plain, out).error().code == vitte::errc::too_large));
    }
    bytes exact(packed.size());
    BOOST_TEST((vitte::lz4_compress(plain, exact) == packed.size() && exact == packed));
    for (std::size_t room = 0; room < plain.size(); room += stride) {
        bytes out(room);
        BOOST_TEST((vitte::lz4_decompress(packed, out).error().code == vitte::errc::too_large));
        BOOST_TEST((vitte::lz4_frame_decompress(frame_of, out).error().code == vitte::errc::too_large));
    }
}

BOOST_AUTO_TEST_CASE(truncations_and_flips_are_noticed) {
    const bytes plain = repetitive(2000, 2);
    bytes packed = framed(plain), room(10'000);
    for (std::size_t size = 1; size < packed.size(); ++size) {
        const auto got = vitte::lz4_frame_decompress(std::span(packed).first(size), room);
        BOOST_REQUIRE(!got.has_value());
        BOOST_TEST((got.error().code == vitte::errc::end_of_input));
    }
    for (std::size_t bit = 0; bit < 8 * packed.size(); bit += stride) {
        packed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        const auto got = vitte::lz4_frame_decompress(packed, room);
        if (got.has_value()) BOOST_TEST((*got == plain.size() && std::equal(plain.begin(), plain.end(), room.begin())));
        packed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    bytes block = compressed(plain);
    for (std::size_t bit = 0; bit < 8 * block.size(); bit += stride) {
        block[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        const auto got = vitte::lz4_decompress(block, room);
        BOOST_TEST((!got.has_value() || *got <= room.size()));
        block[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
}

BOOST_AUTO_TEST_SUITE_END()
