/// The way from a text to nodes, for `json::document`.
#pragma once

#include <bit>
#include <utility>
#include <vitte/core/decimal.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/core/json/text_reader.hpp>

namespace vitte::json::detail {

inline std::uint64_t eight_at(const char* p) noexcept {
    return load<std::uint64_t>(reinterpret_cast<const std::byte*>(p), byte_order::little);
}
inline std::uint32_t four_at(const char* p) noexcept {
    return load<std::uint32_t>(reinterpret_cast<const std::byte*>(p), byte_order::little);
}

/// Of a member's name; no defence against those who look for names of the same hash.
inline std::uint64_t hash_of_name(std::string_view name) noexcept {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    std::uint64_t made = name.size() * odd;
    const auto take = [&](std::uint64_t word) {
        const product128 product = multiply(made ^ word, odd);
        made = product.high ^ product.low;
    };
    const char* p = name.data();
    const std::size_t size = name.size();
    if (size >= 8) {
        for (std::size_t left = size; left > 8; left -= 8, p += 8) take(eight_at(p));
        take(eight_at(name.data() + size - 8));
    } else if (size >= 4) {
        take(std::uint64_t{four_at(p)} << 32 | four_at(p + size - 4));
    } else if (size != 0) {
        const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
        take(byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1));
    }
    return made;
}

/// Whether the eight bytes are digits; as a number, if they are. The first is the lowest byte.
constexpr bool are_digits(std::uint64_t eight) noexcept {
    return ((eight & 0xf0f0f0f0f0f0f0f0) | ((eight + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4) ==
           0x3333333333333333;
}
constexpr std::uint64_t digits_of(std::uint64_t eight) noexcept {
    eight -= 0x3030303030303030;
    eight = eight * 10 + (eight >> 8);
    return ((eight & 0x000000ff000000ff) * 0x000f424000000064 +
            ((eight >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
           32;
}

/// How many bytes are looked at together, and how far from the first of them, or farther if there is none, the first is
/// that ends what can be taken as it is in a string: a quote, a backslash, a control character, what is not ASCII.
#if defined(__SSE2__)
inline constexpr std::size_t stride = 16;
inline std::size_t plain_prefix(const char* p) noexcept {
    using bytes = signed char __attribute__((vector_size(16)));
    bytes text;
    std::memcpy(&text, p, 16);
    const auto special = (text < 0x20) | (text == '"') | (text == '\\');  // what is not ASCII is negative
    using mask = char __attribute__((vector_size(16)));
    return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(__builtin_ia32_pmovmskb128((mask)special))));
}
#else
inline constexpr std::size_t stride = 8;
inline std::size_t plain_prefix(const char* p) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    const std::uint64_t eight = eight_at(p);
    const std::uint64_t quote = eight ^ (ones * '"'), backslash = eight ^ (ones * '\\');
    const std::uint64_t special =
        ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | (eight - ones * 0x20) | eight;
    return static_cast<std::size_t>(std::countr_zero(special & (ones * 0x80))) / 8;
}
#endif

class reader : public text_reader {
public:
    using text_reader::text_reader;

    /// The tree of the whole text. What `made` was is in `memory` in any case.
    result<void, read_error> read() noexcept {
        const auto size = static_cast<std::size_t>(end_ - begin_);
        if (size >= UINT32_MAX) return refuse(errc::too_large, "", "a text of 4 GiB", begin_);
        if (tree_ == nullptr && !grow(size / 8 + 8)) return no_memory();
        nodes_ = tree_->nodes();
        tree_->text = {begin_, size};
        tree_->is_toml = false;
        tree_->size = 0;
        if (!values()) return unexpected(what_);
        tree_->size = static_cast<std::uint32_t>(used_);
        return {};
    }

private:
    [[gnu::always_inline]] bool add(node_kind kind, const char* at, std::uint64_t bits = 0) noexcept {
        if (!has_room(1)) return false;
        nodes_[used_++] = {kind, static_cast<std::uint32_t>(at - begin_), bits};
        return true;
    }

    [[gnu::always_inline]] void skip_space() noexcept {
        if (p_ != end_ && static_cast<unsigned char>(*p_) <= ' ') skip_spaces();
    }
    void skip_spaces() noexcept {
        for (;; ++p_) {
            while (end_ - p_ >= 8 && eight_at(p_) == 0x2020202020202020) p_ += 8;
            while (p_ != end_ && *p_ == ' ') ++p_;
            if (p_ == end_ || (*p_ != '\n' && *p_ != '\r' && *p_ != '\t')) return;
        }
    }

    /// The whole text: a value, and nothing but space around it. The arrays and objects that are open are chained by
    /// their nodes.
    bool values() noexcept {
        skip_space();
        for (;;) {
            if (!value()) return false;
            if (opened_) {
                opened_ = false;
                continue;
            }
            for (;;) {
                skip_space();
                if (open_ == none) return p_ == end_ || needs("the end of the text");
                ++count_;
                const char c = here();
                if (c == ',') {
                    ++p_;
                    skip_space();
                    if (in_object_ && !name()) return false;
                    break;
                }
                if (c != (in_object_ ? '}' : ']')) return needs(in_object_ ? "',' or '}'" : "',' or ']'");
                if (!close()) return false;
            }
        }
    }

    [[gnu::always_inline]] bool value() noexcept {
        const char* const at = p_;
        switch (here()) {
            case '"': return string();
            case '{': return open(node_kind::object, '}');
            case '[': return open(node_kind::array, ']');
            case 'n': return word("null") ? add(node_kind::null, at) : needs("a value");
            case 't': return word("true") ? add(node_kind::yes, at) : needs("a value");
            case 'f': return word("false") ? add(node_kind::no, at) : needs("a value");
            case '-':
            case '0':
            case '1':
            case '2':
            case '3':
            case '4':
            case '5':
            case '6':
            case '7':
            case '8':
            case '9': return number();
            default: return needs("a value");
        }
    }

    template <std::size_t N>
    bool word(const char (&letters)[N]) noexcept {
        if (static_cast<std::size_t>(end_ - p_) < N - 1 || std::memcmp(p_, letters, N - 1) != 0) return false;
        p_ += N - 1;
        return true;
    }

    [[gnu::always_inline]] bool open(node_kind kind, char closing) noexcept {
        if (depth_ == options_.depth)
            return stop(errc::too_large, "", "arrays and objects nested more deeply than allowed", p_);
        const char* const at = p_++;
        skip_space();
        if (here() == closing) {
            ++p_;
            return add(kind, at, used_ + 1);
        }
        if (!add(kind, at, halves(open_, count_))) return false;
        open_ = static_cast<std::uint32_t>(used_ - 1);
        count_ = 0;
        ++depth_;
        in_object_ = kind == node_kind::object;
        opened_ = true;
        return !in_object_ || name();
    }

    bool close() noexcept {
        if (in_object_ && !options_.repeated_names && !names_differ()) return false;
        ++p_;
        node& closed = nodes_[open_];
        open_ = closed.low();
        const std::uint32_t outer = closed.high();
        closed.bits = halves(used_, count_);
        count_ = outer;
        --depth_;
        in_object_ = open_ != none && nodes_[open_].kind == node_kind::object;
        return true;
    }

    [[gnu::always_inline]] bool name() noexcept {
        if (here() != '"') return needs("a name in quotes");
        if (!string()) return false;
        skip_space();
        if (here() != ':') return needs("':'");
        ++p_;
        skip_space();
        return true;
    }

    [[gnu::always_inline]] bool string() noexcept {
        const char* const start = ++p_;
        if (!characters()) return false;
        if (*p_ == '"') [[likely]] {
            const auto size = static_cast<std::uint64_t>(p_++ - start);
            return add(node_kind::plain, start - 1, halves(static_cast<std::uint64_t>(start - begin_), size));
        }
        return escaped(start);
    }

    /// Goes on to a quote or a backslash.
    [[gnu::always_inline]] bool characters() noexcept {
        for (;;) {
            while (static_cast<std::size_t>(end_ - p_) >= stride) {
                const std::size_t plain = plain_prefix(p_);
                if (plain < stride) {
                    p_ += plain;
                    break;
                }
                p_ += stride;
            }
            if (p_ == end_) return needs("'\"'");
            const auto c = static_cast<unsigned char>(*p_);
            if (c == '"' || c == '\\') return true;
            if (c < 0x20) return needs("an escaped control character");
            const std::size_t length = utf8_character(p_, static_cast<std::size_t>(end_ - p_));
            if (length == 0) return stop(errc::malformed, "a character of UTF-8", "other bytes", p_);
            p_ += length;
        }
    }

    /// The rest of a string that began at `start`; the cursor is at its first backslash.
    [[gnu::noinline]] bool escaped(const char* start) noexcept {
        if (!has_unescaped_room(start)) return false;
        const std::size_t first = unescaped_;
        for (const char* from = start;;) {
            const auto size = static_cast<std::size_t>(p_ - from);
            std::memcpy(tree_->unescaped + unescaped_, from, size);
            unescaped_ += size;
            if (*p_ == '"') break;
            if (!escape()) return false;
            from = p_;
            if (!characters()) return false;
        }
        ++p_;
        return add(node_kind::unescaped, start - 1, halves(first, unescaped_ - first));
    }

    bool escape() noexcept {
        const char* const at = p_++;
        char c = here();
        switch (c) {
            case '"':
            case '\\':
            case '/': break;
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case 'n': c = '\n'; break;
            case 'r': c = '\r'; break;
            case 't': c = '\t'; break;
            case 'u': return unicode_escape(at);
            default: return needs("one of \"\\/bfnrtu behind a backslash");
        }
        ++p_;
        tree_->unescaped[unescaped_++] = c;
        return true;
    }

    bool unicode_escape(const char* at) noexcept {
        ++p_;
        std::uint32_t c = 0;
        if (!hexadecimal(4, c)) return false;
        if (c >= 0xdc00 && c < 0xe000)
            return stop(errc::malformed, "", "the second half of a surrogate pair without the first", at);
        if (c >= 0xd800 && c < 0xdc00) {
            std::uint32_t second = 0;
            if (end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u')
                return stop(errc::malformed, "", "the first half of a surrogate pair without the second", at);
            p_ += 2;
            if (!hexadecimal(4, second)) return false;
            if (second < 0xdc00 || second >= 0xe000)
                return stop(errc::malformed, "", "the first half of a surrogate pair without the second", at);
            c = 0x10000 + ((c - 0xd800) << 10) + (second - 0xdc00);
        }
        put_character(c);
        return true;
    }
    /// Goes over digits, of which there must be one, and appends them to `value`, modulo 2^64.
    [[gnu::always_inline]] bool digits(std::uint64_t& value) noexcept {
        if (!is_digit(here())) return needs("a digit");
        std::uint64_t made = value;
        for (; end_ - p_ >= 8 && are_digits(eight_at(p_)); p_ += 8) made = made * 100'000'000 + digits_of(eight_at(p_));
        for (; p_ != end_ && is_digit(*p_); ++p_) made = made * 10 + static_cast<std::uint64_t>(*p_ - '0');
        value = made;
        return true;
    }

    bool number() noexcept {
        const char* const at = p_;
        const bool negative = *p_ == '-';
        p_ += negative;
        const char* const first = p_;
        std::uint64_t value = 0;
        if (here() == '0') {
            ++p_;
            if (is_digit(here())) return needs("no digit behind a leading 0: a point, an exponent or the number's end");
        } else if (!digits(value)) {
            return false;
        }
        std::int64_t count = p_ - first, exponent = 0;
        bool is_real = false;
        if (here() == '.') {
            const char* const point = p_++;
            if (!digits(value)) return false;
            exponent = point + 1 - p_;
            count -= exponent;
            is_real = true;
        }
        if ((here() | 0x20) == 'e') {
            ++p_;
            const bool down = here() == '-';
            if (down || here() == '+') ++p_;
            const char* const digit = p_;
            std::uint64_t power = 0;
            if (!digits(power)) return false;
            const auto given = static_cast<std::int64_t>(p_ - digit > 17 ? 100'000'000'000'000'000 : power);
            exponent += down ? -given : given;
            is_real = true;
        }
        const std::string_view text(at, static_cast<std::size_t>(p_ - at));
        if (is_real) return real(at, text, count, {value, exponent});
        return integer(at, negative, count, value);
    }

    bool integer(const char* at, bool negative, std::int64_t count, std::uint64_t value) noexcept {
        // Twenty digits that begin with 1 may have gone beyond 2^64, once: they are less then.
        const bool fits = count < 20 || (count == 20 && at[negative] == '1' && value >= 10'000'000'000'000'000'000u);
        if (!negative) return add(fits ? node_kind::natural : node_kind::long_number, at, value);
        if (value == 0 && fits) return add(node_kind::real, at, std::bit_cast<std::uint64_t>(-0.0));
        return add(fits && value <= std::uint64_t{1} << 63 ? node_kind::negative : node_kind::long_number, at,
                   0 - value);
    }

    bool real(const char* at, std::string_view text, std::int64_t count, decimal number) noexcept {
        double value = count <= 19 ? vitte::detail::nearest_double(number) : decimal_to_double(text);
        if (count <= 19 && *at == '-') value = -value;
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const bool is_infinite = (bits << 1) == std::uint64_t{0x7ff} << 53;
        return add(is_infinite ? node_kind::long_number : node_kind::real, at, bits);
    }

    bool repeated(const node& name) noexcept {
        return !stop(errc::already_exists, "", "a second member of this name", begin_ + name.offset);
    }
    bool is_same(const node& a, const node& b) const noexcept {
        return a.high() == b.high() && tree_->string(a) == tree_->string(b);
    }

    /// Whether no two members of the innermost object have the same name.
    bool names_differ() noexcept {
        if (count_ < 2) return true;
        if (count_ > few) return many_names_differ();
        const node* names[few];
        std::uint32_t n = 0;
        for (std::uint32_t i = open_ + 1; i < used_; i = tree_->behind(i + 1)) {
            for (std::uint32_t k = 0; k < n; ++k)
                if (is_same(*names[k], nodes_[i])) return !repeated(nodes_[i]);
            names[n++] = &nodes_[i];
        }
        return true;
    }

    /// By a table of the names' hashes behind the nodes. Who knows the hash could make names that all meet in it: when
    /// too many have met, the names are sorted instead.
    bool many_names_differ() noexcept {
        const std::size_t slots = std::bit_ceil(std::size_t{2} * count_);
        if (!has_room(slots * sizeof(std::uint32_t) / sizeof(node) + 1)) return false;
        auto* const table = reinterpret_cast<std::uint32_t*>(nodes_ + used_);
        std::memset(table, 0, slots * sizeof *table);
        std::uint64_t patience = std::uint64_t{16} * count_;
        for (std::uint32_t i = open_ + 1; i < used_; i = tree_->behind(i + 1)) {
            for (auto at = static_cast<std::size_t>(hash_of_name(tree_->string(nodes_[i])));; ++at) {
                std::uint32_t& slot = table[at & (slots - 1)];
                if (slot == 0) {
                    slot = i;
                    break;
                }
                if (is_same(nodes_[slot], nodes_[i])) return !repeated(nodes_[i]);
                if (--patience == 0) return sorted_names_differ(table);
            }
        }
        return true;
    }
    /// A heap sort: as long as n log n comparisons at most.
    bool sorted_names_differ(std::uint32_t* names) noexcept {
        std::size_t n = 0;
        for (std::uint32_t i = open_ + 1; i < used_; i = tree_->behind(i + 1)) names[n++] = i;
        const auto less = [&](std::uint32_t a, std::uint32_t b) {
            const int order = tree_->string(nodes_[a]).compare(tree_->string(nodes_[b]));
            return order < 0 || (order == 0 && a < b);
        };
        const auto sink = [&](std::size_t at, std::size_t size) {
            for (std::size_t child; (child = 2 * at + 1) < size; at = child) {
                if (child + 1 < size && less(names[child], names[child + 1])) ++child;
                if (!less(names[at], names[child])) return;
                std::swap(names[at], names[child]);
            }
        };
        for (std::size_t i = n / 2; i-- > 0;) sink(i, n);
        for (std::size_t last = n; last-- > 1;) {
            std::swap(names[0], names[last]);
            sink(0, last);
        }
        const node* first = nullptr;  // of those that come too late
        for (std::size_t i = 1; i < n; ++i)
            if (is_same(nodes_[names[i - 1]], nodes_[names[i]]) && (first == nullptr || &nodes_[names[i]] < first))
                first = &nodes_[names[i]];
        return first == nullptr || !repeated(*first);
    }

    static constexpr std::uint32_t none = UINT32_MAX;
    static constexpr std::uint32_t few = 8;

    std::uint32_t open_ = none, count_ = 0, depth_ = 0;  ///< of the innermost array or object that is open
    bool in_object_ = false, opened_ = false;
};

}  // namespace vitte::json::detail
