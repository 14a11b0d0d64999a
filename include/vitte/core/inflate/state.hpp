/// The decoder of deflate, which goes on from piece to piece; see `inflate.hpp`.
#pragma once

#include <vitte/core/adler32.hpp>
#include <vitte/core/crc32.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/core/inflate/table.hpp>
#include <vitte/core/parse_error.hpp>

namespace vitte::detail::deflate {

/// Where a reader reads and writes. What is between `begin` and `out` can be copied from.
struct inflate_cursor {
    const std::byte *in, *in_end;
    std::byte *begin, *out, *out_end;
    bool moves;  ///< there will be more room as soon as this is used up but for `inflate_state::margin`
};

/// The decoder between two pieces.
class inflate_state {
public:
    enum class stop : unsigned char { input, output, end };

    /// More room than the fast loop writes in one round: literals, the longest match, and what copying in words adds.
    static constexpr std::size_t margin = 320;

    explicit inflate_state(deflate_wrapper wrapper) noexcept : wrapper_(wrapper) { start(); }

    /// Decodes until all is read (`stop::input`), something must be written without room for it (`stop::output`), or
    /// the stream is over. After the end of a gzip member more input is taken for the next one.
    result<stop, parse_error> run(inflate_cursor& c) noexcept {
        from_ = c.in;
        summed_ = c.out;
        auto stopped = decode(c);
        sum(c);
        read_ += static_cast<std::size_t>(c.in - from_);
        return stopped;
    }

    /// The error of an input that ended here, or of one that would have to be written further than allowed.
    parse_error ended() const noexcept { return {errc::end_of_input, name(), "the input ends too early", read_}; }
    parse_error too_large() const noexcept {
        return {errc::too_large, name(), "it becomes larger than allowed", read_ - (bit_count_ + 7) / 8};
    }
    parse_error trailing() const noexcept { return {errc::malformed, name(), not_of_it, read_}; }
    /// Whether a whole stream has been read, and nothing of another one.
    bool complete() const noexcept { return step_ == step::end; }

private:
    static constexpr unsigned literal_bits = 11, distance_bits = 8, length_bits = 7;
    /// Room for the largest tables that codes of up to 15 bits make: zlib's `enough 288 11 15` and `enough 32 8 15`.
    static constexpr std::size_t literal_room = 2342, distance_room = 402;

    static constexpr const char* not_of_it = "bytes follow that are no part of it";

    enum class step : unsigned char {
        zlib_header,
        gzip_header,
        gzip_extra_length,
        gzip_extra,
        gzip_name,
        gzip_comment,
        gzip_header_sum,
        block_header,
        stored_length,
        stored,
        counts,
        lengths_of_lengths,
        code_lengths,
        symbols,
        align,
        sum,
        length,
        end,
    };
    enum class outcome : unsigned char { input, output, end, bad_literal, bad_distance, too_far };

    const char* name() const noexcept {
        return wrapper_ == deflate_wrapper::none ? "deflate" : wrapper_ == deflate_wrapper::zlib ? "zlib" : "gzip";
    }
    unexpected<parse_error> wrong(const inflate_cursor& c, const char* reason,
                                  errc code = errc::malformed) const noexcept {
        return malformed(name(), reason, read_ + static_cast<std::size_t>(c.in - from_) - (bit_count_ + 7) / 8, code);
    }

    void start() noexcept {
        step_ = wrapper_ == deflate_wrapper::none   ? step::block_header
                : wrapper_ == deflate_wrapper::zlib ? step::zlib_header
                                                    : step::gzip_header;
        sum_ = wrapper_ == deflate_wrapper::zlib ? 1 : 0;
        made_ = 0;
        index_ = header_sum_ = 0;
        last_ = false;
    }

    /// Takes what was written since the last time into the checksum.
    void sum(inflate_cursor& c) noexcept {
        const std::span<const std::byte> added(summed_, c.out);
        summed_ = c.out;
        made_ += static_cast<std::uint32_t>(added.size());
        if (wrapper_ == deflate_wrapper::zlib) sum_ = adler32(added, sum_);
        if (wrapper_ == deflate_wrapper::gzip) sum_ = crc32(added, sum_);
    }

    /// Whether `count` bits, at most 32, are there; no byte is read that is not needed for that.
    bool need(inflate_cursor& c, unsigned count) noexcept {
        for (; bit_count_ < count; bit_count_ += 8) {
            if (c.in == c.in_end) return false;
            bits_ |= std::uint64_t{std::to_integer<std::uint8_t>(*c.in++)} << bit_count_;
        }
        return true;
    }
    unsigned peek(unsigned count) const noexcept {
        return static_cast<unsigned>(bits_ & ((std::uint64_t{1} << count) - 1));
    }
    std::uint32_t take(unsigned count) noexcept {
        const auto taken = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
        bits_ >>= count;
        bit_count_ -= count;
        return taken;
    }
    /// A byte of gzip's header, which its own checksum covers.
    std::uint8_t take_header_byte() noexcept {
        const auto byte = static_cast<std::uint8_t>(take(8));
        header_sum_ = crc32(std::array{std::byte{byte}}, header_sum_);
        return byte;
    }

    result<stop, parse_error> decode(inflate_cursor& c) noexcept {
        for (;;) switch (step_) {
                case step::zlib_header: {
                    if (!need(c, 16)) return stop::input;
                    const unsigned method = peek(8), flags = peek(16) >> 8;
                    if ((method << 8 | flags) % 31 != 0) return wrong(c, "the check of the header does not fit");
                    if ((method & 15) != 8) return wrong(c, "the method is not deflate", errc::not_supported);
                    if (method >> 4 > 7) return wrong(c, "the window is larger than 32 KiB");
                    if ((flags & 0x20) != 0) return wrong(c, "a preset dictionary is needed", errc::not_supported);
                    take(16);
                    step_ = step::block_header;
                    break;
                }
                case step::gzip_header: {
                    for (; index_ < 10; ++index_) {
                        if (!need(c, 8)) return stop::input;
                        const unsigned byte = peek(8);
                        if ((index_ == 0 && byte != 0x1f) || (index_ == 1 && byte != 0x8b))
                            return wrong(c, is_further_ ? not_of_it : "no magic number");
                        if (index_ == 2 && byte != 8) return wrong(c, "the method is not deflate", errc::not_supported);
                        if (index_ == 3 && byte >= 0x20) return wrong(c, "reserved flags are set");
                        if (index_ == 3) flags_ = static_cast<std::uint8_t>(byte);
                        take_header_byte();
                    }
                    step_ = step::gzip_extra_length;
                    break;
                }
                case step::gzip_extra_length:
                    index_ = 0;
                    if ((flags_ & 4) != 0) {
                        if (!need(c, 16)) return stop::input;
                        index_ = take_header_byte();
                        index_ |= unsigned{take_header_byte()} << 8;
                    }
                    step_ = step::gzip_extra;
                    break;
                case step::gzip_extra:
                    for (; index_ != 0; --index_) {
                        if (!need(c, 8)) return stop::input;
                        take_header_byte();
                    }
                    step_ = step::gzip_name;
                    break;
                case step::gzip_name:
                case step::gzip_comment: {
                    const unsigned present = flags_ & (step_ == step::gzip_name ? 8 : 16);
                    for (bool ends = present == 0; !ends;) {
                        if (!need(c, 8)) return stop::input;
                        ends = take_header_byte() == 0;
                    }
                    step_ = step_ == step::gzip_name ? step::gzip_comment : step::gzip_header_sum;
                    break;
                }
                case step::gzip_header_sum:
                    if ((flags_ & 2) != 0) {
                        if (!need(c, 16)) return stop::input;
                        if (peek(16) != (header_sum_ & 0xffff)) return wrong(c, "the checksum of the header is wrong");
                        take(16);
                    }
                    step_ = step::block_header;
                    break;

                case step::block_header: {
                    if (last_) {
                        step_ = step::align;
                        break;
                    }
                    if (!need(c, 3)) return stop::input;
                    const unsigned kind = peek(3) >> 1;
                    if (kind > dynamic_block) return wrong(c, "a block of the reserved kind");
                    last_ = (take(3) & 1) != 0;
                    if (kind == fixed_block) use_fixed_codes();
                    index_ = 0;
                    step_ = kind == stored_block  ? step::stored_length
                            : kind == fixed_block ? step::symbols
                                                  : step::counts;
                    break;
                }
                case step::stored_length: {
                    if (index_ == 0) take(bit_count_ % 8);
                    index_ = 1;
                    if (!need(c, 32)) return stop::input;
                    if ((peek(16) ^ static_cast<unsigned>(bits_ >> 16 & 0xffff)) != 0xffff)
                        return wrong(c, "the length of a stored block does not fit its complement");
                    index_ = take(16);
                    take(16);
                    step_ = step::stored;
                    break;
                }
                case step::stored: {
                    std::size_t n = static_cast<std::size_t>(c.out_end - c.out);
                    if (static_cast<std::size_t>(c.in_end - c.in) < n) n = static_cast<std::size_t>(c.in_end - c.in);
                    if (index_ < n) n = index_;
                    if (n != 0) __builtin_memcpy(c.out, c.in, n);
                    c.in += n;
                    c.out += n;
                    index_ -= static_cast<unsigned>(n);
                    if (index_ != 0) return c.in == c.in_end ? stop::input : stop::output;
                    step_ = step::block_header;
                    break;
                }
                case step::counts:
                    if (!need(c, 14)) return stop::input;
                    literals_ = first_length + peek(5);
                    distances_ = 1 + (peek(10) >> 5);
                    if (literals_ > first_length + length_codes) return wrong(c, "too many codes for lengths");
                    if (distances_ > distance_codes) return wrong(c, "too many codes for distances");
                    count_ = 4 + (peek(14) >> 10);
                    take(14);
                    code_lengths_.fill(0);
                    step_ = step::lengths_of_lengths;
                    break;
                case step::lengths_of_lengths:
                    for (; index_ < count_; ++index_) {
                        if (!need(c, 3)) return stop::input;
                        code_lengths_[order_of_lengths[index_]] = static_cast<std::uint8_t>(take(3));
                    }
                    fixed_is_made_ = false;
                    switch (make_table(distance_table_.data(), length_bits,
                                       std::span(code_lengths_).first(lengths_of_codes), length_entries.data(),
                                       false)) {
                        case code_flaw::oversubscribed: return wrong(c, "the code of code lengths is oversubscribed");
                        case code_flaw::incomplete: return wrong(c, "the code of code lengths is incomplete");
                        case code_flaw::none: break;
                    }
                    index_ = 0;
                    step_ = step::code_lengths;
                    break;
                case step::code_lengths: {
                    auto read = read_code_lengths(c);
                    if (!read) return unexpected(read.error());
                    if (!*read) return stop::input;
                    step_ = step::symbols;
                    break;
                }
                case step::symbols:
                    switch (symbols(c)) {
                        case outcome::input: return stop::input;
                        case outcome::output: return stop::output;
                        case outcome::bad_literal: return wrong(c, "an invalid code of a literal or length");
                        case outcome::bad_distance: return wrong(c, "an invalid code of a distance");
                        case outcome::too_far: return wrong(c, "a distance reaches before the beginning");
                        case outcome::end: break;
                    }
                    sum(c);
                    step_ = step::block_header;
                    break;

                case step::align:
                    take(bit_count_ % 8);
                    sum(c);
                    step_ = wrapper_ == deflate_wrapper::none ? step::end : step::sum;
                    break;
                case step::sum: {
                    if (!need(c, 32)) return stop::input;
                    const auto written = static_cast<std::uint32_t>(bits_);
                    if ((wrapper_ == deflate_wrapper::zlib ? byteswap(written) : written) != sum_)
                        return wrong(c, "the checksum is wrong");
                    take(32);
                    step_ = wrapper_ == deflate_wrapper::gzip ? step::length : step::end;
                    break;
                }
                case step::length:
                    if (!need(c, 32)) return stop::input;
                    if (static_cast<std::uint32_t>(bits_) != made_) return wrong(c, "the length is wrong");
                    take(32);
                    step_ = step::end;
                    break;
                case step::end:
                    if (wrapper_ != deflate_wrapper::gzip || c.in == c.in_end) return stop::end;
                    start();
                    is_further_ = true;
                    c.begin = c.out;
                    break;
            }
    }

    void use_fixed_codes() noexcept {
        if (fixed_is_made_) return;
        for (unsigned i = 0; i < fixed_literals; ++i) code_lengths_[i] = fixed_length(i);
        make_table(literal_table_.data(), literal_bits, std::span(code_lengths_).first(fixed_literals),
                   literal_entries.data(), false);
        for (unsigned i = 0; i < fixed_distances; ++i) code_lengths_[i] = 5;
        make_table(distance_table_.data(), distance_bits, std::span(code_lengths_).first(fixed_distances),
                   distance_entries.data(), false);
        fixed_is_made_ = true;
    }

    /// The lengths of a block's codes (section 3.2.7), and the tables of these; false if more input is needed.
    result<bool, parse_error> read_code_lengths(inflate_cursor& c) noexcept {
        while (index_ < literals_ + distances_) {
            table_entry entry;
            unsigned used = 0;
            for (;;) {
                entry = distance_table_[peek(length_bits)];
                used = entry & 0xff;
                // Symbols 16 to 18 are followed by how often to repeat.
                const unsigned symbol = entry >> 16;
                if (symbol >= 16) used += symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
                if (used <= bit_count_) break;
                if (!need(c, bit_count_ + 1)) return false;
            }
            const unsigned symbol = entry >> 16, extra = peek(used) >> (entry & 0xff);
            if (symbol < 16) {
                code_lengths_[index_++] = static_cast<std::uint8_t>(symbol);
                take(used);
                continue;
            }
            if (symbol == 16 && index_ == 0) return wrong(c, "the first length of a code repeats the one before");
            const unsigned times = (symbol == 18 ? 11 : 3) + extra;
            if (times > literals_ + distances_ - index_) return wrong(c, "a length of a code is repeated too often");
            const std::uint8_t repeated = symbol == 16 ? code_lengths_[index_ - 1] : std::uint8_t{0};
            for (unsigned i = 0; i < times; ++i) code_lengths_[index_++] = repeated;
            take(used);
        }
        if (code_lengths_[end_of_block] == 0) return wrong(c, "the end of the block has no code");
        const std::span<const std::uint8_t> all(code_lengths_);
        switch (make_table(literal_table_.data(), literal_bits, all.first(literals_), literal_entries.data(), true)) {
            case code_flaw::oversubscribed: return wrong(c, "the code of literals and lengths is oversubscribed");
            case code_flaw::incomplete: return wrong(c, "the code of literals and lengths is incomplete");
            case code_flaw::none: break;
        }
        switch (make_table(distance_table_.data(), distance_bits, all.subspan(literals_, distances_),
                           distance_entries.data(), true)) {
            case code_flaw::oversubscribed: return wrong(c, "the code of distances is oversubscribed");
            case code_flaw::incomplete: return wrong(c, "the code of distances is incomplete");
            case code_flaw::none: break;
        }
        return true;
    }

    /// Decodes codes of the block until its end, or until input or room is short.
    outcome symbols(inflate_cursor& c) noexcept {
        for (;;) {
            if (left_ != 0) {
                for (; left_ != 0 && c.out != c.out_end; --left_, ++c.out) *c.out = *(c.out - distance_);
                if (left_ != 0) return outcome::output;
            }
            if (static_cast<std::size_t>(c.out_end - c.out) > margin) {
                if (c.in_end - c.in > 16) {
                    const outcome fast = fast_symbols(c);
                    if (fast != outcome::input) return fast;
                }
            } else if (c.moves)
                return outcome::output;
            table_entry entry;
            for (;;) {
                entry = look_up(literal_table_.data(), literal_bits, bits_);
                if ((entry & 0xff) <= bit_count_) break;
                if (!need(c, bit_count_ + 1)) return outcome::input;
            }
            if ((entry & literal_entry) != 0) {
                if (c.out == c.out_end) return outcome::output;
                *c.out++ = static_cast<std::byte>(entry >> 16 & 0xff);
                take(entry & 0xff);
                continue;
            }
            if ((entry & odd_entry) != 0) {
                if ((entry & end_entry) != end_entry) return outcome::bad_literal;
                take(entry & 0xff);
                return outcome::end;
            }
            const unsigned before = entry & 0xff;
            const std::size_t length = number(entry, bits_);
            for (;;) {
                entry = look_up(distance_table_.data(), distance_bits, bits_ >> before);
                if (before + (entry & 0xff) <= bit_count_) break;
                if (!need(c, bit_count_ + 1)) return outcome::input;
            }
            take(before);
            if ((entry & odd_entry) != 0) return outcome::bad_distance;
            distance_ = number(entry, bits_);
            if (distance_ > static_cast<std::size_t>(c.out - c.begin)) return outcome::too_far;
            take(entry & 0xff);
            left_ = static_cast<std::uint16_t>(length);
        }
    }

    /// The same without looking at what is left after each step; `outcome::input` once too little is.
    outcome fast_symbols(inflate_cursor& c) noexcept {
        const table_entry* const literals = literal_table_.data();
        const table_entry* const distances_of = distance_table_.data();
        const std::byte* in = c.in;
        std::byte* out = c.out;
        const std::byte* const in_last = c.in_end - 16;
        std::byte* const out_last = c.out_end - margin;
        std::uint64_t bits = bits_;
        unsigned count = bit_count_;
        outcome stopped = outcome::input;
        // Makes it at least 56 bits. Above `count` there are bits of the next byte already, which come again.
        const auto refill = [&] {
            bits |= load<std::uint64_t>(in, byte_order::little) << count;
            in += (63 - count) >> 3;
            count |= 56;
        };
        const auto drop = [&](table_entry entry) {
            bits >>= entry & 63;
            count -= entry & 63;
        };
        const auto put = [&](table_entry entry) {
            *out++ = static_cast<std::byte>(entry >> 16 & 0xff);
            drop(entry);
        };
        constexpr auto mask = (1u << literal_bits) - 1;
        while (in < in_last && out < out_last) {
            refill();
            table_entry entry = literals[bits & mask];
            if ((entry & literal_entry) != 0) {
                put(entry);
                entry = literals[bits & mask];
                if ((entry & literal_entry) != 0) {
                    put(entry);
                    entry = literals[bits & mask];
                    if ((entry & literal_entry) != 0) {
                        put(entry);
                        continue;
                    }
                }
            }
            // At least 56 - 2 * 11 bits are left here, of which a length takes at most 20.
            if ((entry & odd_entry) != 0) [[unlikely]] {
                if ((entry & table_link) == table_link) entry = linked(literals, literal_bits, entry, bits);
                if ((entry & literal_entry) != 0) {
                    put(entry);
                    continue;
                }
                if ((entry & odd_entry) != 0) {
                    stopped = (entry & end_entry) == end_entry ? outcome::end : outcome::bad_literal;
                    if (stopped == outcome::end) drop(entry);
                    break;
                }
            }
            const std::size_t length = number(entry, bits);
            drop(entry);
            refill();
            entry = look_up(distances_of, distance_bits, bits);
            if ((entry & odd_entry) != 0) [[unlikely]] {
                stopped = outcome::bad_distance;
                break;
            }
            const std::size_t distance = number(entry, bits);
            if (distance > static_cast<std::size_t>(out - c.begin)) [[unlikely]] {
                stopped = outcome::too_far;
                break;
            }
            drop(entry);
            copy_fast(out, distance, length);
            out += length;
        }
        in -= count >> 3;
        count &= 7;
        c.in = in;
        c.out = out;
        bits_ = bits & ((std::uint64_t{1} << count) - 1);
        bit_count_ = count;
        return stopped;
    }

    std::array<table_entry, literal_room> literal_table_;
    std::array<table_entry, distance_room> distance_table_;
    std::array<std::uint8_t, fixed_literals + fixed_distances> code_lengths_{};
    const std::byte* from_ = nullptr;
    const std::byte* summed_ = nullptr;
    std::uint64_t bits_ = 0, read_ = 0;
    std::size_t distance_ = 0;  ///< of the match of which `left_` bytes are still to be written
    std::uint32_t sum_ = 0, made_ = 0, header_sum_ = 0;
    unsigned bit_count_ = 0, index_ = 0, literals_ = 0, distances_ = 0, count_ = 0;
    std::uint16_t left_ = 0;
    std::uint8_t flags_ = 0;
    bool last_ = false, fixed_is_made_ = false, is_further_ = false;
    deflate_wrapper wrapper_;
    step step_{};
};

}  // namespace vitte::detail::deflate
