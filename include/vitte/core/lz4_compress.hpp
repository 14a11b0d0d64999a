/// Compression as LZ4: a block, or a frame around blocks, from memory to memory, without allocation. For the other
/// direction see `lz4.hpp`.
///
/// What comes out depends on the input alone, not on the machine.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vitte/core/endian.hpp>
#include <vitte/core/lz4.hpp>

namespace vitte {

namespace detail::lz4 {

/// The last bytes of a block are literals, and no match begins near its end ("End of block conditions").
inline constexpr std::size_t last_literals = 5, last_match = 12, farthest = 65535;
/// Each 64th place without a match makes the steps one byte longer.
inline constexpr unsigned patience_bits = 6;

/// A compressor with a table of places of that type, by hash of the five bytes there.
template <class Place, unsigned HashBits>
class block_writer {
public:
    /// Where the output ends, or null if there is too little room. All that it calls is inlined, for what is stored as
    /// bytes could otherwise change its members.
    static std::byte* write(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
        Place table[std::size_t{1} << HashBits]{};
        return block_writer(in, out, table).write_all();
    }

private:
    [[gnu::always_inline]] block_writer(std::span<const std::byte> in, std::span<std::byte> out, Place* table) noexcept
        : in_(in.data()),
          size_(in.size()),
          out_(out.data()),
          out_end_(out.data() + out.size()),
          table_(table),
          is_roomy_(out.size() >= in.size() + in.size() / 255 + 32) {}

    [[gnu::always_inline]] std::byte* write_all() noexcept {
        std::size_t done = 0;
        if (size_ > last_match) {
            const std::size_t last = size_ - last_match;
            note(0);
            for (std::size_t at = 1;;) {
                std::size_t from = find(at, last);
                if (at > last) break;
                while (at > done && from != 0 && in_[at - 1] == in_[from - 1]) --at, --from;
                // Where a match ends, the next one often begins.
                do {
                    const std::size_t length = same(at + shortest_match, from + shortest_match) + shortest_match;
                    if (!put(done, at - done, at - from, length)) return nullptr;
                    at = done = at + length;
                    if (at > last) break;
                    note(at - 2);
                    from = note(at);
                } while (matches(at, from));
                if (at > last) break;
                ++at;
            }
        }
        return put_last(done) ? out_ : nullptr;
    }

    [[gnu::always_inline]] Place& place_of(std::size_t at) noexcept {
        const auto word = load<std::uint64_t>(in_ + at, byte_order::little) << 24;
        return table_[static_cast<std::size_t>(word * 0x9FB21C651E98DF25 >> (64 - HashBits))];
    }
    [[gnu::always_inline]] std::size_t note(std::size_t at) noexcept {
        Place& place = place_of(at);
        const std::size_t before = place;
        place = static_cast<Place>(at);
        return before;
    }
    [[gnu::always_inline]] bool matches(std::size_t at, std::size_t from) const noexcept {
        return (sizeof(Place) == 2 || at - from <= farthest) &&
               load<std::uint32_t>(in_ + at, byte_order::native) == load<std::uint32_t>(in_ + from, byte_order::native);
    }

    /// Moves `at` to the next match, or behind `last`; returns where the same is.
    [[gnu::always_inline]] std::size_t find(std::size_t& at, std::size_t last) noexcept {
        Place* place = &place_of(at);
        for (std::size_t tries = std::size_t{1} << patience_bits;; ++tries) {
            const std::size_t from = *place, next = at + (tries >> patience_bits);
            *place = static_cast<Place>(at);
            if (matches(at, from)) return from;
            at = next;
            if (next > last) return 0;
            place = &place_of(next);
        }
    }

    [[gnu::always_inline]] std::size_t same(std::size_t at, std::size_t from) const noexcept {
        const std::size_t begin = at, end = size_ - last_literals;
        for (; at + 8 <= end; at += 8, from += 8) {
            const auto differs =
                load<std::uint64_t>(in_ + at, byte_order::little) ^ load<std::uint64_t>(in_ + from, byte_order::little);
            if (differs != 0) return at - begin + static_cast<std::size_t>(std::countr_zero(differs)) / 8;
        }
        while (at < end && in_[at] == in_[from]) ++at, ++from;
        return at - begin;
    }

    [[gnu::always_inline]] void put_length(std::size_t more) noexcept {
        for (; more >= 255; more -= 255) *out_++ = std::byte{255};
        *out_++ = static_cast<std::byte>(more);
    }
    [[gnu::always_inline]] bool has_room(std::size_t n) const noexcept {
        return n <= static_cast<std::size_t>(out_end_ - out_);
    }
    /// The token, with a match of at least `matched` bytes above the shortest, and literals.
    [[gnu::always_inline]] void put_literals(std::size_t from, std::size_t count, std::size_t matched) noexcept {
        *out_++ = static_cast<std::byte>((count < 15 ? count : 15) << 4 | (matched < 15 ? matched : 15));
        if (count >= 15) put_length(count - 15);
        if (count <= 16 && from + 16 <= size_ && (is_roomy_ || has_room(16)))
            __builtin_memcpy(out_, in_ + from, 16);
        else if (is_roomy_ && from + count + 32 <= size_)
            for (std::size_t i = 0; i < count; i += 32) __builtin_memcpy(out_ + i, in_ + from + i, 32);
        else if (count != 0)
            __builtin_memcpy(out_, in_ + from, count);
        out_ += count;
    }
    [[gnu::always_inline]] bool put(std::size_t literals, std::size_t count, std::size_t distance,
                                    std::size_t length) noexcept {
        const std::size_t matched = length - shortest_match;
        if (!is_roomy_ && !has_room(count + count / 255 + matched / 255 + 5)) return false;
        put_literals(literals, count, matched);
        store(out_, static_cast<std::uint16_t>(distance), byte_order::little);
        out_ += 2;
        if (matched >= 15) put_length(matched - 15);
        return true;
    }
    [[gnu::always_inline]] bool put_last(std::size_t literals) noexcept {
        const std::size_t count = size_ - literals;
        if (!has_room(count + (count + 240) / 255 + 1)) return false;
        put_literals(literals, count, 0);
        return true;
    }

    const std::byte* in_;
    std::size_t size_;
    std::byte *out_, *out_end_;
    Place* table_;
    bool is_roomy_;
};

}  // namespace detail::lz4

/// How many bytes a block of `size` bytes takes at most, and a frame.
constexpr std::size_t lz4_bound(std::size_t size) noexcept { return size + size / 255 + 32; }
constexpr std::size_t lz4_frame_bound(std::size_t size) noexcept {
    return size + (size / detail::lz4::block_size(7) + 1) * 4 + 4 + 11 + 8;
}

/// Compresses `in` to a block in `out`, `lz4_bound(in.size())` bytes of which are always enough; returns how many it
/// took. Fails with `errc::too_large` if `out` is too small, or `in` larger than 2113929216 bytes, the limit of the
/// format's own implementation. Takes 16 KiB of stack. Thread-safe.
inline result<std::size_t> lz4_compress(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
    using namespace detail::lz4;
    if (in.size() > 0x7E000000) return fail(errc::too_large, "compress as LZ4");
    const std::byte* const end = in.size() <= farthest ? block_writer<std::uint16_t, 13>::write(in, out)
                                                       : block_writer<std::uint32_t, 12>::write(in, out);
    if (end == nullptr) return fail(errc::too_large, "compress as LZ4");
    return static_cast<std::size_t>(end - out.data());
}

/// The same for a frame of independent blocks of 4 MiB, with the content's size and checksum. `lz4_frame_bound` bytes
/// are always enough.
inline result<std::size_t> lz4_frame_compress(std::span<const std::byte> in, std::span<std::byte> out) noexcept {
    using namespace detail::lz4;
    constexpr unsigned largest = 7;
    const auto too_large = [] { return fail(errc::too_large, "compress as LZ4"); };
    std::array<std::byte, 15> header;
    store(header.data(), frame_magic, byte_order::little);
    header[4] = std::byte{version | independent | content_size | content_sum};
    header[5] = std::byte{largest << 4};
    store(header.data() + 6, std::uint64_t{in.size()}, byte_order::little);
    header[14] = static_cast<std::byte>(xxhash32().update(std::span(header).subspan(4, 10)).finish() >> 8);
    if (out.size() < header.size()) return too_large();
    __builtin_memcpy(out.data(), header.data(), header.size());
    std::size_t at = header.size();
    const std::uint32_t sum = xxhash32().update(in).finish();
    while (!in.empty()) {
        const auto block = in.first(in.size() < block_size(largest) ? in.size() : block_size(largest));
        if (out.size() - at < 4) return too_large();
        // Only what becomes smaller is compressed.
        auto room = out.subspan(at + 4);
        if (room.size() >= block.size()) room = room.first(block.size() - 1);
        auto size = static_cast<std::uint32_t>(block.size());
        if (const auto made = lz4_compress(block, room); made.has_value()) {
            size = static_cast<std::uint32_t>(*made);
            store(out.data() + at, size, byte_order::little);
        } else {
            if (out.size() - at - 4 < size) return too_large();
            store(out.data() + at, size | stored_flag, byte_order::little);
            __builtin_memcpy(out.data() + at + 4, block.data(), size);
        }
        at += 4 + size;
        in = in.subspan(block.size());
    }
    if (out.size() - at < 8) return too_large();
    store(out.data() + at, end_mark, byte_order::little);
    store(out.data() + at + 4, sum, byte_order::little);
    return at + 8;
}

}  // namespace vitte
