/// Compression as deflate (RFC 1951), alone or as zlib (RFC 1950) and gzip (RFC 1952) wrap it. For the other direction
/// see `inflate.hpp`.
///
/// What comes out depends on the input, the level and the places of flushes alone: not on the machine, nor on the sizes
/// of pieces.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vitte/core/adler32.hpp>
#include <vitte/core/crc32.hpp>
#include <vitte/core/deflate/match_window.hpp>
#include <vitte/core/deflate/symbols.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

/// What `deflater::write` does once all of its input is read.
enum class deflate_flush : unsigned char {
    none,    ///< waits for more
    sync,    ///< writes all, up to the border of a byte: the reader has everything, and other streams may be appended
    full,    ///< the same, and nothing that follows refers back to what came before
    finish,  ///< ends the stream
};

/// Compresses a stream in pieces of any size. It holds 480 KiB, so it belongs on the heap or into static memory. One
/// thread at a time.
class deflater : detail::deflate::match_window {
public:
    /// How much of the input was read and of the output written, and whether what the flush asked for is done.
    struct progress {
        std::size_t read, written;
        bool done;
    };

    /// `level` is 0 (stored only) to 9 (smallest); others count as the nearest of these. At 1, 6 and 9 it is about
    /// as good as zlib is.
    explicit deflater(int level = 6, deflate_wrapper wrapper = deflate_wrapper::none) noexcept {
        reset(level, wrapper);
    }
    deflater(const deflater&) = delete;
    deflater& operator=(const deflater&) = delete;

    /// Begins a new stream, as if made anew.
    void reset(int level, deflate_wrapper wrapper) noexcept {
        level_ = level < 0 ? 0 : level > 9 ? 9 : level;
        wrapper_ = wrapper;
        position_ = filled_ = 1;
        block_begin_ = segment_begin_ = 1;
        count_ = segment_start_ = 0;
        block_ = segment_ = {};
        bits_ = bit_count_ = 0;
        token_ = symbol_ = symbols_end_ = stored_ = stored_end_ = written_ = 0;
        is_coded_ = flushing_ = ended_ = false;
        behind_ = deflate_flush::none;
        total_ = 0;
        sum_ = wrapper == deflate_wrapper::zlib ? 1 : 0;
        forget();
        write_header();
    }

    /// Lets what is written refer to the last 32 KiB of `before`, which the reader must have in front of it. Only for
    /// a stream that has just begun and has no wrapper: with `deflate_flush::sync` at their ends, parts of a file that
    /// are compressed by several threads make one stream.
    void continue_after(std::span<const std::byte> before) noexcept {
        using namespace detail::deflate;
        if (before.size() > window_size - 1) before = before.last(window_size - 1);
        if (before.empty()) return;
        __builtin_memcpy(window_.data() + filled_, before.data(), before.size());
        filled_ += static_cast<std::uint32_t>(before.size());
        for (; position_ + 4 <= filled_; ++position_) insert(position_);
        position_ = filled_;
        block_begin_ = segment_begin_ = static_cast<std::int32_t>(filled_);
    }

    /// Takes up `in`, all of which is read unless `out` is full, and writes what is ready. To flush or finish, call it
    /// with what remains until `done`.
    progress write(std::span<const std::byte> in, std::span<std::byte> out, deflate_flush flush) noexcept {
        using namespace detail::deflate;
        out_ = out.data();
        out_end_ = out_ + out.size();
        progress made{0, 0, false};
        for (;;) {
            if (!drain()) break;
            if (ended_) {
                made.done = true;
                break;
            }
            made.read += fill(in.subspan(made.read));
            const bool all = made.read == in.size();
            if (all && flush == deflate_flush::none) break;
            if (all && flushing_) {
                flushing_ = false;
                made.done = true;
                break;
            }
            if (position_ < limit(all)) {
                if (search(limit(all))) write_block(segment_start_, false);
            } else if (!all) {
                if (keeps_block())
                    slide();
                else
                    write_block(count_, false);
            } else if (end_segment()) {
                write_block(segment_start_, false);
            } else {
                end(flush);
            }
        }
        made.written = static_cast<std::size_t>(out_ - out.data());
        return made;
    }

private:
    static constexpr std::uint32_t segment_size = 4096, most_symbols = 32768;
    /// Matches are looked for only where that many bytes follow, unless no more come.
    static constexpr std::uint32_t look_ahead = 2 * detail::deflate::longest_match + 8;

    /// Bits to be written, and how many.
    struct token {
        std::uint16_t bits;
        std::uint8_t count;
    };

    // The input.

    std::uint32_t limit(bool all) const noexcept { return all ? filled_ : filled_ - look_ahead; }

    std::size_t fill(std::span<const std::byte> in) noexcept {
        const std::size_t room = window_end - filled_, n = in.size() < room ? in.size() : room;
        if (n == 0) return 0;
        __builtin_memcpy(window_.data() + filled_, in.data(), n);
        if (wrapper_ == deflate_wrapper::zlib) sum_ = adler32(in.first(n), sum_);
        if (wrapper_ == deflate_wrapper::gzip) sum_ = crc32(in.first(n), sum_);
        total_ += static_cast<std::uint32_t>(n);
        filled_ += static_cast<std::uint32_t>(n);
        flushing_ = false;
        return n;
    }

    /// Makes room for more input.
    void slide() noexcept {
        constexpr std::int32_t by = detail::deflate::window_size;
        forget_half();
        block_begin_ -= by;
        segment_begin_ -= by;
    }

    /// Whether the block may go on when its beginning is no longer at hand to be stored as it is.
    bool keeps_block() const noexcept {
        if (block_begin_ >= static_cast<std::int32_t>(detail::deflate::window_size) || count_ == 0) return true;
        if (level_ == 0) return false;
        auto all = block_;
        all.add(segment_);
        const auto bytes = static_cast<std::uint64_t>(static_cast<std::int32_t>(position_) - block_begin_);
        return all.cost() < bytes * 7 * 256;
    }

    // Symbols.

    void add_literal(std::uint32_t at) noexcept {
        const auto byte = std::to_integer<std::uint32_t>(window_[at]);
        ++segment_.literals[byte];
        symbols_[count_++] = byte << 16;
    }
    void add_match(match of) noexcept {
        using namespace detail::deflate;
        ++segment_.literals[first_length + length_symbols[of.length]];
        ++segment_.distances[distance_symbol(of.distance)];
        symbols_[count_++] = (of.length - static_cast<std::uint32_t>(shortest_match)) << 16 | of.distance;
    }

    /// Turns what is there before `end` into symbols; true if a block has come to its end.
    bool search(std::uint32_t end) noexcept {
        const auto& how = detail::deflate::efforts[static_cast<std::size_t>(level_)];
        while (position_ < end) {
            if (count_ - segment_start_ >= segment_size && end_segment()) return true;
            if (level_ == 0)
                add_literal(position_++);
            else if (!how.lazy)
                take_first(how);
            else
                take_best(how, end);
        }
        return false;
    }

    void take_first(const detail::deflate::effort& how) noexcept {
        const match found = find<false>(position_, 0, how.depth, how.nice);
        if (found.length == 0) return add_literal(position_++);
        add_match(found);
        insert_all<false>(position_ + 1, position_ + found.length);
        position_ += found.length;
    }

    /// Takes a match only if none that begins at the next place is better.
    void take_best(const detail::deflate::effort& how, std::uint32_t end) noexcept {
        match found = find<true>(position_, 0, how.depth, how.nice);
        if (found.length == 0) return add_literal(position_++);
        std::uint32_t inserted = position_ + 1;
        while (found.length < how.nice && position_ + 1 < end) {
            const std::uint32_t depth = found.length >= how.good ? (how.depth + 3u) / 4 : how.depth;
            const match next = find<true>(position_ + 1, found.length - 1, depth, how.nice);
            inserted = position_ + 2;
            // In quarters of a byte: what is gained, less what the literal before it and a greater distance cost.
            const auto bits = [](std::uint32_t distance) { return static_cast<int>(std::bit_width(distance)); };
            const int gain = 4 * (static_cast<int>(next.length) - static_cast<int>(found.length)) +
                             bits(found.distance) - bits(next.distance);
            if (next.distance == 0 || gain <= 2) break;
            add_literal(position_++);
            found = next;
        }
        add_match(found);
        insert_all<true>(inserted, position_ + found.length);
        position_ += found.length;
    }

    // Blocks.

    /// Adds the last symbols to the block, unless they are told apart from it so clearly that two blocks take less;
    /// true if a block ends where they begin.
    bool end_segment() noexcept {
        const bool fits = count_ <= most_symbols - segment_size;
        if (level_ == 0 && segment_start_ != 0 && !fits) return true;
        auto both = block_;
        both.add(segment_);
        if (segment_start_ != 0 && level_ != 0) {
            std::uint64_t description = 0;
            for (const std::uint32_t n : segment_.literals) description += n != 0 ? 3 * 256 : 0;
            for (const std::uint32_t n : segment_.distances) description += n != 0 ? 3 * 256 : 0;
            if (!fits || both.cost() > block_.cost() + segment_.cost() + description) return true;
        }
        block_ = both;
        segment_ = {};
        segment_start_ = count_;
        segment_begin_ = static_cast<std::int32_t>(position_);
        return false;
    }

    /// Gets the first `count` symbols ready to be written as a block: those before the last segment, or all. They are
    /// forgotten when they are written.
    void write_block(std::uint32_t count, bool last) noexcept {
        using namespace detail::deflate;
        if (count == count_) {
            block_.add(segment_);
            segment_ = {};
            segment_start_ = count_;
            segment_begin_ = static_cast<std::int32_t>(position_);
        }
        const std::int32_t bytes = segment_begin_ - block_begin_;
        block_.literals[end_of_block] = 1;
        literal_codes_.make(std::span(block_.literals).first(first_length + length_codes), longest_code);
        distance_codes_.make(std::span(block_.distances).first(distance_codes), longest_code);
        std::uint64_t fixed = 3, dynamic = 0;
        for (unsigned i = 0; i < first_length + length_codes; ++i) {
            const std::uint64_t extra = i < first_length ? 0 : lengths[i - first_length].extra_bits;
            fixed += block_.literals[i] * (fixed_length(i) + extra);
            dynamic += block_.literals[i] * (literal_codes_.lengths[i] + extra);
        }
        for (unsigned i = 0; i < distance_codes; ++i) {
            const std::uint64_t extra = distances[i].extra_bits;
            fixed += block_.distances[i] * (5 + extra);
            dynamic += block_.distances[i] * (distance_codes_.lengths[i] + extra);
        }
        begin_block(dynamic_block, last);
        describe_codes();
        for (std::uint32_t i = 0; i < token_count_; ++i) dynamic += tokens_[i].count;
        // The three bits of the header, up to seven to the next byte, and the length twice.
        const std::uint64_t stored = 8 * static_cast<std::uint64_t>(bytes) + 42;
        if (block_begin_ >= 0 && bytes != 0 && (level_ == 0 || (stored <= fixed && stored <= dynamic))) {
            begin_block(stored_block, last);
            put_length(static_cast<std::uint32_t>(bytes));
            stored_ = static_cast<std::uint32_t>(block_begin_);
            stored_end_ = static_cast<std::uint32_t>(segment_begin_);
        } else {
            if (fixed <= dynamic) {
                begin_block(fixed_block, last);
                use_fixed_codes();
            }
            symbols_end_ = count;
            is_coded_ = true;
        }
        written_ = count;
        block_begin_ = segment_begin_;
        block_ = {};
    }

    void begin_block(unsigned kind, bool last) noexcept {
        token_count_ = 0;
        put((last ? 1u : 0u) | kind << 1, 3);
    }
    void put(std::uint32_t bits, unsigned count) noexcept {
        tokens_[token_count_++] = {static_cast<std::uint16_t>(bits), static_cast<std::uint8_t>(count)};
    }
    /// Up to the next byte.
    void put_padding() noexcept {
        unsigned before = bit_count_;
        for (std::uint32_t i = 0; i < token_count_; ++i) before += tokens_[i].count;
        put(0, (0 - before) % 8);
    }
    void put_length(std::uint32_t length) noexcept {
        put_padding();
        put(length, 16);
        put(~length & 0xffff, 16);
    }

    void use_fixed_codes() noexcept {
        using namespace detail::deflate;
        for (unsigned i = 0; i < fixed_literals; ++i) literal_codes_.lengths[i] = fixed_length(i);
        literal_codes_.number(fixed_literals);
        distance_codes_.lengths.fill(5);
        distance_codes_.number(fixed_distances);
    }

    /// The lengths of both codes, one behind the other (section 3.2.7).
    void describe_codes() noexcept {
        using namespace detail::deflate;
        const auto used = [](const auto& lengths_of, std::size_t most, std::size_t least) {
            while (most > least && lengths_of[most - 1] == 0) --most;
            return most;
        };
        const std::size_t literals = used(literal_codes_.lengths, first_length + length_codes, first_length),
                          distances_used = used(distance_codes_.lengths, distance_codes, 1);
        const std::size_t all = literals + distances_used;
        std::array<std::uint8_t, fixed_literals + fixed_distances> lengths_of{};
        for (std::size_t i = 0; i < literals; ++i) lengths_of[i] = literal_codes_.lengths[i];
        for (std::size_t i = 0; i < distances_used; ++i) lengths_of[literals + i] = distance_codes_.lengths[i];

        struct repeated {
            std::uint8_t symbol, extra;
        };
        std::array<repeated, fixed_literals + fixed_distances> written{};
        std::array<std::uint32_t, lengths_of_codes> times{};
        std::size_t count = 0;
        const auto add = [&](unsigned symbol, std::size_t extra) {
            ++times[symbol];
            written[count++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
        };
        for (std::size_t i = 0; i < all;) {
            const std::uint8_t length = lengths_of[i];
            std::size_t run = 1;
            while (i + run < all && lengths_of[i + run] == length) ++run;
            i += run;
            if (length != 0) {
                add(length, 0);
                --run;
            }
            const std::size_t most = length == 0 ? 138 : 6;
            while (run >= 3) {
                const std::size_t n = run < most ? run : most;
                if (length != 0)
                    add(16, n - 3);
                else if (n < 11)
                    add(17, n - 3);
                else
                    add(18, n - 11);
                run -= n;
            }
            for (; run != 0; --run) add(length, 0);
        }
        detail::prefix_code<lengths_of_codes> codes;
        codes.make(times, 7);
        std::size_t written_lengths = lengths_of_codes;
        while (written_lengths > 4 && codes.lengths[order_of_lengths[written_lengths - 1]] == 0) --written_lengths;
        put(static_cast<std::uint32_t>(literals - first_length), 5);
        put(static_cast<std::uint32_t>(distances_used - 1), 5);
        put(static_cast<std::uint32_t>(written_lengths - 4), 4);
        for (std::size_t i = 0; i < written_lengths; ++i) put(codes.lengths[order_of_lengths[i]], 3);
        for (std::size_t i = 0; i < count; ++i) {
            const unsigned symbol = written[i].symbol, length = codes.lengths[symbol];
            const unsigned extra = symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
            put(codes.bits[symbol] | std::uint32_t{written[i].extra} << length, length + extra);
        }
    }

    /// All has become symbols, and no more comes before the flush.
    void end(deflate_flush flush) noexcept {
        const bool last = flush == deflate_flush::finish;
        token_count_ = 0;
        if (count_ != 0 || last) write_block(count_, last);
        behind_ = flush;
        flushing_ = true;
        ended_ = last;
        if (flush == deflate_flush::full) forget();
    }

    // The output.

    void write_header() noexcept {
        token_count_ = 0;
        if (wrapper_ == deflate_wrapper::zlib) {
            const unsigned effort = level_ < 2 ? 0 : level_ < 6 ? 1 : level_ == 6 ? 2 : 3;
            const unsigned header = 0x7800 | effort << 6;
            put(0x78, 8);
            put((header + 31 - header % 31) & 0xff, 8);
        }
        if (wrapper_ == deflate_wrapper::gzip) {
            // No flags, no time; the system is unknown.
            const unsigned effort = level_ == 9 ? 2 : level_ == 1 ? 4 : 0;
            for (const unsigned byte : {0x1fu, 0x8bu, 8u, 0u, 0u, 0u, 0u, 0u, effort, 255u}) put(byte, 8);
        }
    }
    void write_trailer() noexcept {
        put_padding();
        const auto put_number = [&](std::uint32_t n) {
            put(n & 0xffff, 16);
            put(n >> 16, 16);
        };
        if (wrapper_ == deflate_wrapper::zlib) put_number(byteswap(sum_));
        if (wrapper_ != deflate_wrapper::gzip) return;
        put_number(sum_);
        put_number(total_);
    }

    void append(std::uint64_t bits, unsigned count) noexcept {
        bits_ |= bits << bit_count_;
        bit_count_ += count;
    }
    /// Writes the whole bytes that there are; false if there is no room.
    bool spill() noexcept {
        for (; bit_count_ >= 8; bit_count_ -= 8, bits_ >>= 8) {
            if (out_ == out_end_) return false;
            *out_++ = static_cast<std::byte>(bits_ & 0xff);
        }
        return true;
    }

    /// Writes what is ready; false if there is no room.
    bool drain() noexcept {
        for (;;) {
            for (; token_ < token_count_; ++token_) {
                if (!spill()) return false;
                append(tokens_[token_].bits, tokens_[token_].count);
            }
            if (stored_ != stored_end_) {
                if (!spill()) return false;
                const auto room = static_cast<std::size_t>(out_end_ - out_);
                const std::size_t left = stored_end_ - stored_, n = left < room ? left : room;
                if (n != 0) __builtin_memcpy(out_, window_.data() + stored_, n);
                out_ += n;
                stored_ += static_cast<std::uint32_t>(n);
                if (stored_ != stored_end_) return false;
            }
            if (!write_symbols()) return false;
            if (is_coded_) {
                if (!spill()) return false;
                append(literal_codes_.bits[detail::deflate::end_of_block],
                       literal_codes_.lengths[detail::deflate::end_of_block]);
                is_coded_ = false;
            }
            if (!spill()) return false;
            if (written_ != 0) {
                __builtin_memmove(symbols_.data(), symbols_.data() + written_,
                                  (count_ - written_) * sizeof symbols_[0]);
                count_ -= written_;
                segment_start_ -= written_;
            }
            written_ = symbol_ = symbols_end_ = token_ = token_count_ = 0;
            if (behind_ == deflate_flush::none) return true;
            if (behind_ == deflate_flush::finish) {
                write_trailer();
            } else {
                begin_block(detail::deflate::stored_block, false);
                put_length(0);
            }
            behind_ = deflate_flush::none;
        }
    }

    bool write_symbols() noexcept {
        while (symbol_ != symbols_end_) {
            if (out_end_ - out_ < 8) {
                if (!spill()) return false;
                append_symbol(symbols_[symbol_++], bits_, bit_count_);
                continue;
            }
            std::uint64_t bits = bits_;
            unsigned count = bit_count_;
            std::byte* out = out_;
            std::uint32_t i = symbol_;
            // At most 48 bits come to at most 7.
            count_off(bits, count, out);
            while (i != symbols_end_ && out_end_ - out >= 8) {
                append_symbol(symbols_[i++], bits, count);
                count_off(bits, count, out);
            }
            bits_ = bits;
            bit_count_ = count;
            out_ = out;
            symbol_ = i;
        }
        return true;
    }
    static void count_off(std::uint64_t& bits, unsigned& count, std::byte*& out) noexcept {
        store(out, bits, byte_order::little);
        out += count / 8;
        bits >>= count / 8 * 8;
        count %= 8;
    }
    void append_symbol(std::uint32_t symbol, std::uint64_t& bits, unsigned& count) const noexcept {
        using namespace detail::deflate;
        const std::uint32_t distance = symbol & 0xffff, value = symbol >> 16;
        const auto add = [&](std::uint64_t added, unsigned size) {
            bits |= added << count;
            count += size;
        };
        if (distance == 0) return add(literal_codes_.bits[value], literal_codes_.lengths[value]);
        const unsigned length = length_symbols[value + shortest_match], away = distance_symbol(distance);
        add(literal_codes_.bits[first_length + length], literal_codes_.lengths[first_length + length]);
        add(value + shortest_match - lengths[length].base, lengths[length].extra_bits);
        add(distance_codes_.bits[away], distance_codes_.lengths[away]);
        add(distance - distances[away].base, distances[away].extra_bits);
    }

    /// Literals, as the upper half, and matches: length less 3, and distance. The last ones are the segment, of which
    /// it is not decided whether they belong to the block.
    std::array<std::uint32_t, most_symbols + 512> symbols_;
    std::uint32_t count_, segment_start_;
    std::int32_t block_begin_, segment_begin_;  ///< in the window, negative if that is no longer there
    detail::deflate::histogram block_, segment_;
    detail::prefix_code<detail::deflate::fixed_literals> literal_codes_;
    detail::prefix_code<detail::deflate::fixed_distances> distance_codes_;

    /// What is being written: tokens, then symbols or bytes of the window.
    std::array<token, 3 + 3 + 19 + 320> tokens_;
    std::uint32_t token_, token_count_, symbol_, symbols_end_, stored_, stored_end_, written_;
    bool is_coded_;         ///< the end of the block follows
    deflate_flush behind_;  ///< what follows the block
    bool flushing_, ended_;
    std::uint64_t bits_;
    unsigned bit_count_;
    std::byte *out_ = nullptr, *out_end_ = nullptr;

    int level_;
    deflate_wrapper wrapper_;
    std::uint32_t sum_, total_;
};

/// How many bytes `size` bytes become at most, without a flush in between.
constexpr std::size_t deflate_bound(std::size_t size) noexcept { return size + size / 4096 * 6 + 64; }

/// Compresses `in` into `out`, `deflate_bound(in.size())` bytes of which are always enough; returns how many it took.
/// Fails with `errc::too_large` if `out` is too small, and `errc::out_of_memory`: it allocates a `deflater` once.
/// Thread-safe.
inline result<std::size_t> deflate(std::span<const std::byte> in, std::span<std::byte> out, int level = 6,
                                   deflate_wrapper wrapper = deflate_wrapper::none) noexcept {
    auto* const made = new (std::nothrow) deflater(level, wrapper);
    if (made == nullptr) return fail(errc::out_of_memory, "deflate");
    const deflater::progress done = made->write(in, out, deflate_flush::finish);
    delete made;
    if (!done.done) return fail(errc::too_large, "deflate");
    return done.written;
}

}  // namespace vitte
