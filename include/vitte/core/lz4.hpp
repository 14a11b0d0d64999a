/// Decompression of LZ4: blocks ("LZ4 Block Format Description") and frames around them ("LZ4 Frame Format
/// Description", version 1.6.4), from memory to memory. For the other direction see `lz4_compress.hpp`.
///
/// Every input is hostile: whatever it holds, no more is written than there is room, and what does not follow the
/// format is an error that says at which byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>
#include <vitte/core/parse_error.hpp>
#include <vitte/core/xxhash32.hpp>

namespace vitte {

namespace detail::lz4 {

inline constexpr std::size_t shortest_match = 4;
inline constexpr std::uint32_t frame_magic = 0x184D2204, skippable_magic = 0x184D2A50, end_mark = 0,
                               stored_flag = 0x80000000;
/// The flags of a frame.
inline constexpr unsigned version_mask = 0xc0, version = 0x40, independent = 0x20, block_sums = 0x10,
                          content_size = 0x08, content_sum = 0x04, reserved = 0x02, dictionary = 0x01;

/// The largest size of a block that a frame may give, by its code: 64 KiB for 4 to 4 MiB for 7.
constexpr std::size_t block_size(unsigned code) noexcept { return std::size_t{1} << (8 + 2 * code); }

/// What a length of 15 in a token is continued by: bytes that are added, up to one that is not 255. False if `in` ends
/// before.
inline bool add_length(const std::byte*& in, const std::byte* in_end, std::size_t& length) noexcept {
    for (;;) {
        if (in == in_end) return false;
        const auto more = std::to_integer<std::size_t>(*in++);
        length += more;
        if (more != 255) return true;
    }
}

/// Copies 18 bytes to a place at least 8 behind: the longest match that a token tells alone.
inline void copy_short(std::byte* to, const std::byte* from) noexcept {
    __builtin_memcpy(to, from, 8);
    __builtin_memcpy(to + 8, from + 8, 8);
    __builtin_memcpy(to + 16, from + 16, 2);
}

/// Decodes a block behind what is between `begin` and `out`, which it may refer to. `offset` is where it stands, for
/// errors.
inline result<std::byte*, parse_error> decode(std::span<const std::byte> from, const std::byte* begin, std::byte* out,
                                              std::byte* const out_end, std::uint64_t offset) noexcept {
    const std::byte* in = from.data();
    const std::byte* const in_end = in + from.size();
    const auto wrong = [&](const char* reason, errc code = errc::malformed) {
        return malformed("LZ4 block", reason, offset + static_cast<std::size_t>(in - from.data()), code);
    };
    constexpr const char* early = "the input ends too early";
    const auto left = [](const std::byte* a, const std::byte* b) { return static_cast<std::size_t>(b - a); };
    for (;;) {
        if (in == in_end) return wrong(early, errc::end_of_input);
        const auto token = std::to_integer<unsigned>(*in++);
        std::size_t literals = token >> 4;
        // Mostly both are short, and far from the ends: one look at these for up to 16 bytes of literals, 2 of the
        // distance, and a match of up to 18.
        if (literals < 15 && left(in, in_end) > 18 && left(out, out_end) >= 40) {
            __builtin_memcpy(out, in, 16);
            in += literals;
            out += literals;
            const std::size_t distance = load<std::uint16_t>(in, byte_order::little), length = token & 15;
            if (length != 15 && distance >= 8 && distance <= left(begin, out)) {
                copy_short(out, out - distance);
                in += 2;
                out += length + shortest_match;
                continue;
            }
        } else {
            if (literals == 15 && !add_length(in, in_end, literals)) return wrong(early, errc::end_of_input);
            if (literals > left(in, in_end)) return wrong(early, errc::end_of_input);
            if (literals > left(out, out_end)) return wrong("it becomes larger than allowed", errc::too_large);
            if (left(in, in_end) - literals >= 32 && left(out, out_end) - literals >= 32)
                for (std::size_t i = 0; i < literals; i += 32) __builtin_memcpy(out + i, in + i, 32);
            else if (literals != 0)
                __builtin_memcpy(out, in, literals);
            in += literals;
            out += literals;
            if (in == in_end) return out;
            if (left(in, in_end) < 2) return wrong(early, errc::end_of_input);
        }
        const std::size_t distance = load<std::uint16_t>(in, byte_order::little);
        if (distance == 0) return wrong("a distance of 0");
        if (distance > left(begin, out)) return wrong("a distance reaches before the beginning");
        in += 2;
        std::size_t length = token & 15;
        const std::byte* match = out - distance;
        if (length != 15 && distance >= 8 && left(out, out_end) >= 24) {
            copy_short(out, match);
            out += length + shortest_match;
            continue;
        }
        if (length == 15 && !add_length(in, in_end, length)) return wrong(early, errc::end_of_input);
        length += shortest_match;
        if (length > left(out, out_end)) return wrong("it becomes larger than allowed", errc::too_large);
        std::byte* const end = out + length;
        if (left(end, out_end) >= 32) {
            // Copying in words writes up to 31 bytes too many.
            if (distance >= 16) {
                for (; out < end; out += 32, match += 32) {
                    __builtin_memcpy(out, match, 16);
                    __builtin_memcpy(out + 16, match + 16, 16);
                }
            } else {
                // Up to 16 bytes between both, a multiple of the distance, then words of as many.
                std::size_t step = distance;
                while (step < 16) step += distance;
                for (std::size_t i = 0; i < step; ++i) out[i] = match[i];
                for (std::byte* to = out + step; to < end; to += 16) __builtin_memcpy(to, to - step, 16);
            }
            out = end;
        } else {
            while (out != end) *out++ = *match++;
        }
    }
}

}  // namespace detail::lz4

/// Decompresses `in`, one whole block, into `out`; returns how many bytes it became. What `out` holds behind these, and
/// after an error, is unspecified. Fails with `errc::too_large` if `out` is too small, `errc::end_of_input` and
/// `errc::malformed`. A block has no checksum. Thread-safe.
inline result<std::size_t, parse_error> lz4_decompress(std::span<const std::byte> in,
                                                       std::span<std::byte> out) noexcept {
    VITTE_TRY(std::byte* const end, detail::lz4::decode(in, out.data(), out.data(), out.data() + out.size(), 0));
    return static_cast<std::size_t>(end - out.data());
}

/// The same for `in` of one or several frames, also skippable ones, whose checksums are verified. Blocks may refer to
/// those before them. Frames that need a dictionary fail with `errc::not_supported`, as do those of the legacy format.
inline result<std::size_t, parse_error> lz4_frame_decompress(std::span<const std::byte> in,
                                                             std::span<std::byte> out) noexcept {
    using namespace detail::lz4;
    std::size_t at = 0;
    const auto wrong = [&](const char* reason, errc code = errc::malformed) {
        return malformed("LZ4 frame", reason, at, code);
    };
    const auto ended = [&] {
        return malformed("LZ4 frame", "the input ends too early", in.size(), errc::end_of_input);
    };
    const auto has = [&](std::size_t n) { return n <= in.size() - at; };
    const auto number = [&] { return load<std::uint32_t>(in.data() + at, byte_order::little); };
    std::byte* to = out.data();
    do {
        if (!has(4)) return ended();
        if ((number() & 0xfffffff0) == skippable_magic) {
            at += 4;
            if (!has(4)) return ended();
            const std::uint32_t size = number();
            at += 4;
            if (!has(size)) return ended();
            at += size;
            continue;
        }
        if (number() == 0x184C2102) return wrong("the legacy format", errc::not_supported);
        if (number() != frame_magic) return wrong(at == 0 ? "no magic number" : "bytes follow that are no part of it");
        at += 4;
        const std::size_t descriptor = at;
        if (!has(2)) return ended();
        const auto flags = std::to_integer<unsigned>(in[at]), sizes = std::to_integer<unsigned>(in[at + 1]);
        if ((flags & version_mask) != version) return wrong("an unknown version", errc::not_supported);
        if ((flags & reserved) != 0) return wrong("reserved flags are set");
        if ((flags & dictionary) != 0) return wrong("a dictionary is needed", errc::not_supported);
        ++at;
        if ((sizes & 0x8f) != 0 || sizes >> 4 < 4) return wrong("an invalid size of blocks");
        const std::size_t largest = block_size(sizes >> 4);
        ++at;
        std::uint64_t promised = 0;
        if ((flags & content_size) != 0) {
            if (!has(8)) return ended();
            promised = load<std::uint64_t>(in.data() + at, byte_order::little);
            at += 8;
        }
        if (!has(1)) return ended();
        if (std::to_integer<std::uint32_t>(in[at]) !=
            (xxhash32().update(in.subspan(descriptor, at - descriptor)).finish() >> 8 & 0xff))
            return wrong("the checksum of the header is wrong");
        ++at;

        std::byte* const begin = to;
        xxhash32 sum;
        for (;;) {
            if (!has(4)) return ended();
            const std::uint32_t word = number();
            if (word == end_mark) break;
            const std::size_t size = word & ~stored_flag;
            if (size > largest) return wrong("a block is larger than the frame allows");
            at += 4;
            if (!has(size)) return ended();
            const auto block = in.subspan(at, size);
            std::byte* const before = to;
            auto room = static_cast<std::size_t>(out.data() + out.size() - to);
            if ((word & stored_flag) != 0) {
                if (size > room) return wrong("it becomes larger than allowed", errc::too_large);
                if (size != 0) __builtin_memcpy(to, block.data(), size);
                to += size;
            } else {
                const bool is_limited = room > largest;
                if (is_limited) room = largest;
                auto decoded = decode(block, (flags & independent) != 0 ? to : begin, to, to + room, at);
                if (!decoded && is_limited && decoded.error().code == errc::too_large)
                    return wrong("a block becomes larger than the frame allows");
                VITTE_TRY(to, std::move(decoded));
            }
            at += size;
            if ((flags & block_sums) != 0) {
                if (!has(4)) return ended();
                if (number() != xxhash32().update(block).finish()) return wrong("the checksum of a block is wrong");
                at += 4;
            }
            if ((flags & content_sum) != 0) sum.update(std::span(before, to));
        }
        if ((flags & content_size) != 0 && static_cast<std::size_t>(to - begin) != promised)
            return wrong("the size differs from the one in the header");
        at += 4;
        if ((flags & content_sum) != 0) {
            if (!has(4)) return ended();
            if (number() != sum.finish()) return wrong("the checksum is wrong");
            at += 4;
        }
    } while (at != in.size());
    return static_cast<std::size_t>(to - out.data());
}

}  // namespace vitte
