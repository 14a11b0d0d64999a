#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/deflate.hpp>
#include <vitte/core/inflate.hpp>
#include <vitte/core/xoshiro.hpp>

#include "../support/hex.hpp"
#include "../support/stride.hpp"

namespace {

using bytes = std::vector<std::byte>;
using vitte::deflate_flush;
using vitte::deflate_wrapper;

constexpr deflate_wrapper wrappers[]{deflate_wrapper::none, deflate_wrapper::zlib, deflate_wrapper::gzip};

bytes random_bytes(std::size_t size, std::uint64_t seed, std::uint64_t different = 256) {
    vitte::xoshiro256 random(seed);
    bytes made(size);
    for (std::byte& byte : made) byte = static_cast<std::byte>(random() % different);
    return made;
}
/// Words of a small language, as texts have them.
bytes text_of(std::size_t size, std::uint64_t seed) {
    vitte::xoshiro256 random(seed);
    bytes made;
    while (made.size() < size) {
        const unsigned most = 1u << random() % 12;
        std::uint64_t word = random() % most;
        do made.push_back(static_cast<std::byte>('a' + word % 26));
        while ((word /= 3) != 0);
        made.push_back(std::byte{' '});
    }
    made.resize(size);
    return made;
}
/// Parts of very different kinds behind each other.
bytes mixed(std::size_t size, std::uint64_t seed) {
    vitte::xoshiro256 random(seed);
    bytes made;
    while (made.size() < size) {
        const std::size_t part = random() % 20000;
        bytes more;
        switch (random() % 4) {
            case 0: more.assign(part, static_cast<std::byte>(random())); break;
            case 1: more = random_bytes(part, random()); break;
            case 2: more = text_of(part, random()); break;
            default:
                if (!made.empty())
                    more.assign(made.begin() + static_cast<std::ptrdiff_t>(random() % made.size()), made.end());
        }
        made.insert(made.end(), more.begin(), more.end());
    }
    made.resize(size);
    return made;
}

bytes compressed(const bytes& plain, int level, deflate_wrapper wrapper = deflate_wrapper::none) {
    bytes made(vitte::deflate_bound(plain.size()));
    const auto size = vitte::deflate(plain, made, level, wrapper);
    BOOST_REQUIRE(size.has_value());
    made.resize(*size);
    return made;
}

/// What `inflater` makes of the pieces.
vitte::result<bytes, vitte::parse_error> inflated_in_pieces(const bytes& packed, deflate_wrapper wrapper,
                                                            std::size_t in, std::size_t out,
                                                            std::uint64_t bound = UINT64_MAX) {
    const auto reader = std::make_unique<vitte::inflater>(wrapper, bound);
    bytes made, room(out);
    for (std::size_t at = 0;;) {
        const std::size_t n = std::min(in, packed.size() - at);
        VITTE_TRY(const auto step, reader->read(std::span(packed).subspan(at, n), room));
        at += step.read;
        made.insert(made.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.written));
        if (step.written == out) continue;
        BOOST_REQUIRE((step.read == n || step.done));
        if (at == packed.size()) break;
        if (step.done && wrapper != deflate_wrapper::gzip) break;
    }
    VITTE_CHECK(reader->finish());
    return made;
}

bytes deflated_in_pieces(const bytes& plain, int level, deflate_wrapper wrapper, std::size_t in, std::size_t out) {
    const auto writer = std::make_unique<vitte::deflater>(level, wrapper);
    bytes made, room(out);
    for (std::size_t at = 0;;) {
        const std::size_t n = std::min(in, plain.size() - at);
        const bool last = at + n == plain.size();
        const auto step =
            writer->write(std::span(plain).subspan(at, n), room, last ? deflate_flush::finish : deflate_flush::none);
        at += step.read;
        made.insert(made.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.written));
        if (step.done) return made;
        BOOST_REQUIRE((step.written == out || step.read == n));
    }
}

std::string said(const vitte::result<std::size_t, vitte::parse_error>& got) {
    return got.has_value() ? "" : got.error().message().c_str();
}

void check_round_trip(const bytes& plain, int level, deflate_wrapper wrapper) {
    const bytes packed = compressed(plain, level, wrapper);
    bytes again(plain.size());
    const auto size = vitte::inflate(packed, again, wrapper);
    BOOST_REQUIRE_MESSAGE(size.has_value(), "level " << level << ", " << plain.size() << " bytes: " << said(size));
    BOOST_TEST((*size == plain.size() && again == plain));
}

struct flaw {
    deflate_wrapper wrapper;
    const char* stream;
    vitte::errc code;
    const char* reason;
    unsigned offset;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(deflate)

BOOST_AUTO_TEST_CASE(adler32_is_as_RFC_1950_has_it) {
    BOOST_TEST(vitte::adler32({}) == 1u);
    BOOST_TEST(vitte::adler32(vector_of("Wikipedia")) == 0x11E60398u);
    const bytes all = random_bytes(20000, 1);
    std::uint32_t a = 1, b = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        a = (a + std::to_integer<std::uint32_t>(all[i])) % 65521;
        b = (b + a) % 65521;
    }
    BOOST_TEST(vitte::adler32(all) == (b << 16 | a));
    for (std::size_t i = 0; i <= all.size(); i += 97)
        BOOST_TEST(vitte::adler32(std::span(all).subspan(i), vitte::adler32(std::span(all).first(i))) == (b << 16 | a));
    // The largest sums that there are.
    BOOST_TEST(vitte::adler32(bytes(1 << 20, std::byte{0xff})) == 0x8E88EF11u);
}

BOOST_AUTO_TEST_CASE(reads_what_zlib_has_written) {
    bytes room(4096);
    const auto read = [&](std::string_view hex, deflate_wrapper wrapper) {
        const auto size = vitte::inflate(unhex(hex), room, wrapper);
        BOOST_REQUIRE_MESSAGE(size.has_value(), said(size));
        return std::string(reinterpret_cast<const char*>(room.data()), *size);
    };
    BOOST_TEST(read("4b4c4a0600", deflate_wrapper::none) == "abc");            // fixed codes
    BOOST_TEST(read("010300fcff616263", deflate_wrapper::none) == "abc");      // stored
    BOOST_TEST(read("000300fcff6162630300", deflate_wrapper::none) == "abc");  // two blocks
    BOOST_TEST(read("0300", deflate_wrapper::none).empty());
    BOOST_TEST(read("789c030000000001", deflate_wrapper::zlib).empty());
    BOOST_TEST(read("789c4b4c4a0600024d0127", deflate_wrapper::zlib) == "abc");
    BOOST_TEST(read("789c4b4c84010014e103cb", deflate_wrapper::zlib) == "aaaaaaaaaa");
    const std::string member = "1f8b08000000000002034b4c4a0600c241243503000000";
    BOOST_TEST(read(member, deflate_wrapper::gzip) == "abc");
    BOOST_TEST(read(member + member, deflate_wrapper::gzip) == "abcabc");
    // Dynamic codes.
    std::string song;
    for (int i = 99; i > 60; --i) song += std::to_string(i) + " bottles of beer on the wall, ";
    BOOST_TEST(
        read("85d0bb0d02311444d1565e01042c9f997139ac6444606169b144fb74c08d4f765aab7dae35faa7e6b3f6de8f9aef5aaf5edfc718"
             "a76a0137b8c0efe037f02bf8057c033ffff7c05fe02ff017f80bfc05fe027f81bfc05fe0cff067f833fc19fe0c7f863fc39fe1c"
             "ff067f813fc09fe047f823fc19fe04ff027f813fcfd00",
             deflate_wrapper::none) == song);
}

BOOST_AUTO_TEST_CASE(reads_every_field_of_a_gzip_header) {
    // FTEXT, FHCRC, FEXTRA, FNAME and FCOMMENT (RFC 1952, section 2.3.1).
    bytes packed = unhex(
        "1f8b081f0000000000ff0400"
        "41420000"
        "6e616d6500"
        "73616964"
        "00");
    const std::uint32_t sum = vitte::crc32(packed);
    packed.push_back(static_cast<std::byte>(sum));
    packed.push_back(static_cast<std::byte>(sum >> 8));
    for (const std::byte byte : unhex("4b4c4a0600c241243503000000")) packed.push_back(byte);
    bytes room(3);
    BOOST_TEST((vitte::inflate(packed, room, deflate_wrapper::gzip).has_value() && room == vector_of("abc")));
    for (std::size_t in = 1; in < 5; ++in)
        BOOST_TEST((inflated_in_pieces(packed, deflate_wrapper::gzip, in, 1) == vector_of("abc")));
    for (std::size_t i = 0; i < 26; ++i) {
        packed[i] ^= std::byte{4};
        BOOST_TEST(!vitte::inflate(packed, room, deflate_wrapper::gzip).has_value());
        packed[i] ^= std::byte{4};
    }
}

BOOST_AUTO_TEST_CASE(every_flaw_is_told_with_its_place) {
    static constexpr flaw flaws[]{
        {deflate_wrapper::none, "07", vitte::errc::malformed, "a block of the reserved kind", 0},
        {deflate_wrapper::none, "010300fdff616263", vitte::errc::malformed,
         "the length of a stored block does not fit its complement", 1},
        {deflate_wrapper::none, "f500000000", vitte::errc::malformed, "too many codes for lengths", 0},
        {deflate_wrapper::none, "051e000000", vitte::errc::malformed, "too many codes for distances", 0},
        {deflate_wrapper::none, "05e00104000000401000", vitte::errc::malformed,
         "the code of code lengths is oversubscribed", 9},
        {deflate_wrapper::none, "05e00104000000002000", vitte::errc::malformed,
         "the code of code lengths is incomplete", 9},
        {deflate_wrapper::none, "05e0050900000000200400000000", vitte::errc::malformed,
         "the first length of a code repeats the one before", 9},
        {deflate_wrapper::none, "05e005090000000020fcff0f", vitte::errc::malformed,
         "a length of a code is repeated too often", 10},
        {deflate_wrapper::none, "05e005090000000020e8ffd300", vitte::errc::malformed,
         "the end of the block has no code", 12},
        {deflate_wrapper::none, "05e001090000008020e8ffd30a", vitte::errc::malformed,
         "the code of literals and lengths is oversubscribed", 12},
        {deflate_wrapper::none, "05e001090000008020d4ffd309", vitte::errc::malformed,
         "the code of literals and lengths is incomplete", 12},
        {deflate_wrapper::none, "05e201090000008020f87fb52a", vitte::errc::malformed,
         "the code of distances is oversubscribed", 12},
        {deflate_wrapper::none, "05e201090000008020f87fb515", vitte::errc::malformed,
         "the code of distances is incomplete", 12},
        {deflate_wrapper::none, "05e001090000008020fc7fad01", vitte::errc::malformed,
         "an invalid code of a literal or length", 12},
        {deflate_wrapper::none, "1b03", vitte::errc::malformed, "an invalid code of a literal or length", 0},
        {deflate_wrapper::none, "4b043e", vitte::errc::malformed, "an invalid code of a distance", 2},
        {deflate_wrapper::none, "0de001090000008020fc7fad04", vitte::errc::malformed, "an invalid code of a distance",
         12},
        {deflate_wrapper::none, "4b0442", vitte::errc::malformed, "a distance reaches before the beginning", 2},
        {deflate_wrapper::zlib, "789d4b4c4a0600024d0127", vitte::errc::malformed,
         "the check of the header does not fit", 0},
        {deflate_wrapper::zlib, "79184b4c4a0600024d0127", vitte::errc::not_supported, "the method is not deflate", 0},
        {deflate_wrapper::zlib, "881c4b4c4a0600024d0127", vitte::errc::malformed, "the window is larger than 32 KiB",
         0},
        {deflate_wrapper::zlib, "78bb4b4c4a0600024d0127", vitte::errc::not_supported, "a preset dictionary is needed",
         0},
        {deflate_wrapper::zlib, "789c4b4c4a0600024d0126", vitte::errc::malformed, "the checksum is wrong", 7},
        {deflate_wrapper::zlib, "789c4b4c4a0600024d012778", vitte::errc::malformed,
         "bytes follow that are no part of it", 11},
        {deflate_wrapper::gzip, "1f8c08000000000002034b4c4a0600c241243503000000", vitte::errc::malformed,
         "no magic number", 1},
        {deflate_wrapper::gzip, "1f8b07000000000002034b4c4a0600c241243503000000", vitte::errc::not_supported,
         "the method is not deflate", 2},
        {deflate_wrapper::gzip, "1f8b08200000000002034b4c4a0600c241243503000000", vitte::errc::malformed,
         "reserved flags are set", 3},
        {deflate_wrapper::gzip, "1f8b080200000000020300004b4c4a0600c241243503000000", vitte::errc::malformed,
         "the checksum of the header is wrong", 10},
        {deflate_wrapper::gzip, "1f8b08000000000002034b4c4a0600c341243503000000", vitte::errc::malformed,
         "the checksum is wrong", 15},
        {deflate_wrapper::gzip, "1f8b08000000000002034b4c4a0600c241243503000001", vitte::errc::malformed,
         "the length is wrong", 19},
        {deflate_wrapper::gzip, "1f8b08000000000002034b4c4a0600c24124350300000078", vitte::errc::malformed,
         "bytes follow that are no part of it", 23},
        {deflate_wrapper::gzip, "1f8b08000000000002034b4c4a0600c2412435030000001f", vitte::errc::end_of_input,
         "the input ends too early", 24},
    };
    bytes room(300);
    for (const flaw& f : flaws) {
        const bytes packed = unhex(f.stream);
        const auto at_once = vitte::inflate(packed, room, f.wrapper);
        BOOST_REQUIRE(!at_once.has_value());
        BOOST_TEST((at_once.error().code == f.code));
        BOOST_TEST(std::string_view(at_once.error().reason) == f.reason);
        BOOST_TEST_CONTEXT(f.reason) BOOST_TEST(at_once.error().offset == f.offset);
        // In pieces what follows the end is nobody's mistake, but for gzip.
        if (f.wrapper == deflate_wrapper::zlib && f.offset == packed.size() - 1) continue;
        for (std::size_t in = 1; in < 4; ++in) {
            const auto in_pieces = inflated_in_pieces(packed, f.wrapper, in, 7);
            BOOST_REQUIRE(!in_pieces.has_value());
            BOOST_TEST(std::string_view(in_pieces.error().reason) == f.reason);
            BOOST_TEST(in_pieces.error().offset == f.offset);
        }
    }
    const auto e = vitte::inflate(unhex("07"), room).error();
    BOOST_TEST(e.message().c_str() == std::string("deflate: a block of the reserved kind at byte 0"));
}

BOOST_AUTO_TEST_CASE(what_is_compressed_is_read_again) {
    std::vector<bytes> inputs;
    for (std::size_t size = 0; size < 20; ++size) {
        inputs.push_back(random_bytes(size, size));
        inputs.emplace_back(size, std::byte{'a'});
        inputs.push_back(text_of(size, size));
    }
    for (const std::size_t size : {258u, 259u, 4096u, 32768u, 65535u, 65536u, 70000u}) {
        inputs.push_back(random_bytes(size, size));
        inputs.push_back(random_bytes(size, size, 2));
        inputs.emplace_back(size, std::byte{0});
        inputs.push_back(text_of(size, size));
        inputs.push_back(mixed(size, size));
    }
    for (const bytes& plain : inputs)
        for (int level = 0; level <= 9; level += plain.size() < 1000 || stride == 1 ? 1 : 3) {
            check_round_trip(plain, level, wrappers[static_cast<std::size_t>(level) % 3]);
            const bytes packed = compressed(plain, level);
            BOOST_TEST(packed.size() <= plain.size() + plain.size() / 4096 * 6 + 16);
        }
}

BOOST_AUTO_TEST_CASE(the_size_of_pieces_changes_nothing) {
    for (const std::size_t size : {0u, 1u, 300u, 200'000u}) {
        const bytes plain = mixed(size, 5);
        for (const deflate_wrapper wrapper : wrappers)
            for (const int level : {0, 1, 6, 9}) {
                const bytes packed = compressed(plain, level, wrapper);
                for (const std::size_t in : {1u, 7u, 65535u, 65536u, 300'000u})
                    for (const std::size_t out : {1u, 9u, 40'000u}) {
                        if (size > 1000 && (stride != 1 || level == 0) && in < 1000 && out < 1000) continue;
                        BOOST_TEST((deflated_in_pieces(plain, level, wrapper, in, out) == packed));
                        BOOST_TEST((inflated_in_pieces(packed, wrapper, in, out) == plain));
                    }
            }
    }
}

BOOST_AUTO_TEST_CASE(every_cut_of_the_input_gives_the_same) {
    const bytes plain = text_of(3000, 6);
    for (const int level : {0, 1, 6}) {
        const bytes packed = compressed(plain, level, deflate_wrapper::gzip);
        const auto reader = std::make_unique<vitte::inflater>(deflate_wrapper::gzip);
        for (std::size_t cut = 0; cut <= packed.size(); cut += level == 0 ? 5 * stride : stride) {
            std::destroy_at(reader.get());
            std::construct_at(reader.get(), deflate_wrapper::gzip);
            bytes made(plain.size());
            const auto first = reader->read(std::span(packed).first(cut), made);
            BOOST_REQUIRE((first.has_value() && first->read == cut));
            const auto second = reader->read(std::span(packed).subspan(cut), std::span(made).subspan(first->written));
            BOOST_REQUIRE((second.has_value() && second->done && reader->finish()));
            BOOST_TEST((made == plain));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_comes_out_is_the_same_on_every_machine) {
    const bytes plain = mixed(150'000, 7);
    BOOST_TEST(vitte::crc32(plain) == 0xC54279B0u);
    constexpr std::uint32_t sums[]{0xA53DA847, 0xD5D6D032, 0x777BFB9F, 0xC055E2A7, 0x208F622B,
                                   0xC56C4502, 0xC56C4502, 0xB43C1C4E, 0x23EABEFE, 0x23EABEFE};
    for (int level = 0; level <= 9; ++level) BOOST_TEST(vitte::crc32(compressed(plain, level)) == sums[level]);
}

BOOST_AUTO_TEST_CASE(higher_levels_are_smaller) {
    const bytes plain = text_of(200'000, 8);
    const std::size_t sizes[]{compressed(plain, 1).size(), compressed(plain, 6).size(), compressed(plain, 9).size()};
    BOOST_TEST(sizes[0] < plain.size() / 2);
    BOOST_TEST(sizes[1] < sizes[0]);
    BOOST_TEST(sizes[2] <= sizes[1]);
}

BOOST_AUTO_TEST_CASE(too_little_room_is_an_error) {
    const bytes plain = text_of(5000, 9), packed = compressed(plain, 6);
    for (std::size_t room = 0; room < packed.size(); room += 50) {
        bytes out(room);
        BOOST_TEST((vitte::deflate(plain, out).error() == vitte::error{vitte::errc::too_large}));
    }
    for (std::size_t room = 0; room < plain.size(); room += 7 * stride) {
        bytes out(room);
        BOOST_TEST((vitte::inflate(packed, out).error().code == vitte::errc::too_large));
        BOOST_TEST((inflated_in_pieces(packed, deflate_wrapper::none, 100, 1000, room).error().code ==
                    vitte::errc::too_large));
    }
    BOOST_TEST((inflated_in_pieces(packed, deflate_wrapper::none, 100, 1000, plain.size()) == plain));
}

BOOST_AUTO_TEST_CASE(a_flush_shows_all_and_full_flushes_are_independent) {
    const bytes plain = text_of(100'000, 10);
    for (const deflate_flush flush : {deflate_flush::sync, deflate_flush::full}) {
        const auto writer = std::make_unique<vitte::deflater>(6, deflate_wrapper::none);
        bytes packed, room(1000);
        std::vector<std::size_t> borders;
        for (std::size_t at = 0; at < plain.size();) {
            const std::size_t part = std::min<std::size_t>(1 + at / 2, plain.size() - at);
            std::size_t taken = 0;
            for (bool done = false; !done;) {
                const auto step = writer->write(std::span(plain).subspan(at + taken, part - taken), room, flush);
                taken += step.read;
                packed.insert(packed.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.written));
                done = step.done;
            }
            at += part;
            borders.push_back(packed.size());
            const auto reader = std::make_unique<vitte::inflater>();
            bytes made(plain.size());
            const auto read = reader->read(packed, made);
            BOOST_REQUIRE(read.has_value());
            BOOST_TEST((read->written == at && std::memcmp(made.data(), plain.data(), at) == 0));
        }
        if (flush == deflate_flush::sync) continue;
        // From a border on, it is a stream that only lacks its end.
        for (const std::byte byte : unhex("0300")) packed.push_back(byte);
        bytes made(plain.size());
        for (const std::size_t border : borders)
            BOOST_TEST(vitte::inflate(std::span(packed).subspan(border), made).has_value());
    }
}

BOOST_AUTO_TEST_CASE(parts_that_know_what_was_before_make_one_stream) {
    const bytes plain = text_of(200'000, 11);
    bytes packed;
    constexpr std::size_t part = 50'000;
    std::size_t alone = 0;
    for (std::size_t at = 0; at < plain.size(); at += part) {
        const auto writer = std::make_unique<vitte::deflater>(6);
        bytes room(vitte::deflate_bound(part) + 5);
        writer->continue_after(std::span(plain).first(at));
        const auto step = writer->write(std::span(plain).subspan(at, part), room,
                                        at + part == plain.size() ? deflate_flush::finish : deflate_flush::sync);
        BOOST_REQUIRE((step.done && step.read == part));
        packed.insert(packed.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.written));
        alone += compressed(bytes(plain.begin() + static_cast<std::ptrdiff_t>(at),
                                  plain.begin() + static_cast<std::ptrdiff_t>(at + part)),
                            6)
                     .size();
    }
    bytes made(plain.size());
    BOOST_REQUIRE(vitte::inflate(packed, made).has_value());
    BOOST_TEST((made == plain));
    BOOST_TEST(packed.size() < alone);
}

BOOST_AUTO_TEST_CASE(bombs_stop_at_the_bound) {
    // A mebibyte of zeros, again and again.
    const auto writer = std::make_unique<vitte::deflater>(1);
    const bytes zeros(1 << 20);
    bytes part(10'000);
    const auto step = writer->write(zeros, part, deflate_flush::full);
    BOOST_REQUIRE(step.done);
    part.resize(step.written);
    BOOST_TEST(part.size() < 1200u);
    constexpr std::uint64_t parts = stride == 1 ? 300 : 30, bound = (parts - 1) << 20;
    const auto reader = std::make_unique<vitte::inflater>(deflate_wrapper::none, bound);
    bytes room(100'000);
    std::uint64_t written = 0;
    bool stopped = false, only_zeros = true;
    for (std::uint64_t i = 0; i < parts && !stopped; ++i)
        for (std::size_t read = 0; !stopped;) {
            const auto got = reader->read(std::span(part).subspan(read), room);
            stopped = !got.has_value();
            if (stopped) {
                BOOST_TEST((got.error().code == vitte::errc::too_large));
                break;
            }
            only_zeros &= std::memcmp(room.data(), zeros.data(), got->written) == 0;
            written += got->written;
            read += got->read;
            if (read == part.size() && got->written < room.size()) break;
        }
    BOOST_TEST(stopped);
    BOOST_TEST(only_zeros);
    BOOST_TEST(written <= bound);
    BOOST_TEST(written + room.size() + (1 << 17) > bound);
}

BOOST_AUTO_TEST_CASE(truncations_and_flips_are_noticed) {
    const bytes plain = mixed(2500, 12);
    for (const deflate_wrapper wrapper : wrappers)
        for (const int level : {0, 6}) {
            bytes packed = compressed(plain, level, wrapper);
            bytes room(plain.size() + 1000);
            for (std::size_t size = 0; size < packed.size(); size += stride) {
                const auto got = vitte::inflate(std::span(packed).first(size), room, wrapper);
                BOOST_REQUIRE(!got.has_value());
                BOOST_TEST((got.error().code == vitte::errc::end_of_input && got.error().offset == size));
            }
            for (std::size_t bit = 0; bit < 8 * packed.size(); bit += stride) {
                packed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
                const auto got = vitte::inflate(packed, room, wrapper);
                const auto pieces = inflated_in_pieces(packed, wrapper, 1000, 1000, room.size());
                // In pieces, the end is the caller's.
                if (got.has_value() || std::string_view(got.error().reason) != "bytes follow that are no part of it")
                    BOOST_TEST(got.has_value() == pieces.has_value());
                if (!got.has_value() && !pieces.has_value() && got.error().code != vitte::errc::too_large)
                    BOOST_TEST(got.error().offset == pieces.error().offset);
                if (got.has_value() && wrapper != deflate_wrapper::none) {
                    room.resize(*got);
                    BOOST_TEST((room == plain));
                    room.resize(plain.size() + 1000);
                }
                packed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()
