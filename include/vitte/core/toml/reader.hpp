/// The way from a text of TOML to the nodes of a `json::document`.
#pragma once

#include <vitte/core/decimal.hpp>
#include <vitte/core/toml/date_time.hpp>
#include <vitte/core/toml/names.hpp>

namespace vitte::toml::detail {

using json::read_error;
using json::detail::halves;
using json::detail::node;
using json::detail::node_kind;

/// How a table or an array came to be, which says who may add to it.
enum class origin : unsigned char {
    implicit,   ///< a header names one in it: a header of its own may follow, once
    header,     ///< [a]
    dotted,     ///< keys such as a.b in another table, which may add to it as long as it lasts
    in_line,    ///< {} or []: nobody may
    of_tables,  ///< [[a]]
};

/// A value while the text is read: tables get their members in any order, so that they are chained.
struct item {
    node_kind kind;
    detail::origin origin;
    std::uint32_t offset;
    std::uint64_t bits;  ///< of a value, as in a node
    node name;           ///< of a member
    std::uint32_t parent, depth;
    std::uint32_t next = none;                           ///< in the parent
    std::uint32_t first = none, last = none, count = 0;  ///< what is in it
    std::uint32_t names = none;                          ///< their trie
    std::uint32_t home = none;                           ///< of a dotted table: the table with its keys
    std::uint32_t outer = none;                          ///< of one in a line: the one around it, while it is open
};

class reader : json::detail::text_reader {
public:
    reader(std::string_view text, const json::read_options& options) noexcept : text_reader(text, options, nullptr) {}
    using text_reader::memory;

    result<void, read_error> read() noexcept {
        const auto size = static_cast<std::size_t>(end_ - begin_);
        if (size >= std::size_t{1} << 30) return refuse(errc::too_large, "", "a text of 1 GiB", begin_);
        if (!grow(8)) return no_memory();
        tree_->text = {begin_, size};
        tree_->is_toml = true;
        if (!add(node_kind::object, origin::header, begin_, none) || !lines() || !flatten()) {
            tree_->size = 0;
            return unexpected(what_);
        }
        return {};
    }

private:
    static bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
    static bool is_bare(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
    }
    static bool is_control(char c) noexcept { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }
    void skip_blanks() noexcept {
        while (is_blank(here())) ++p_;
    }
    bool ahead(std::string_view text) const noexcept {
        return std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(text);
    }
    std::size_t newline() const noexcept { return here() == '\n' ? 1 : ahead("\r\n") ? 2 : 0; }
    std::uint32_t offset(const char* at) const noexcept { return static_cast<std::uint32_t>(at - begin_); }
    std::string_view name_of(std::uint32_t i) const noexcept { return tree_->string(items_.begin()[i].name); }

    /// A character of a comment or a string, whatever it is but a control character.
    bool character() noexcept {
        if (is_control(here())) return needs("no control character");
        const std::size_t length = utf8_character(p_, static_cast<std::size_t>(end_ - p_));
        if (length == 0) return stop(errc::malformed, "a character of UTF-8", "other bytes", p_);
        p_ += length;
        return true;
    }
    /// Blanks and a comment up to the end of the line, but not that.
    bool blanks_and_comment() noexcept {
        skip_blanks();
        if (here() != '#' || p_ == end_) return true;
        while (p_ != end_ && newline() == 0)
            if (!character()) return false;
        return true;
    }
    /// The same, and lines of nothing else.
    bool space() noexcept {
        for (;;) {
            if (!blanks_and_comment()) return false;
            const std::size_t ends = newline();
            if (ends == 0) return true;
            p_ += ends;
        }
    }

    /// The whole text.
    bool lines() noexcept {
        if (ahead("\xef\xbb\xbf")) p_ += 3;
        for (;;) {
            if (!space()) return false;
            if (p_ == end_) return true;
            if (!(here() == '[' ? header() : key_and_values())) return false;
            if (!blanks_and_comment()) return false;
            if (p_ != end_ && newline() == 0) return needs("the end of the line");
        }
    }

    /// Adds a value to `parent`; its name, if that is a table, is `key_`.
    bool add(node_kind kind, origin from, const char* at, std::uint32_t parent, std::uint64_t bits = 0) noexcept {
        const auto index = static_cast<std::uint32_t>(items_.size());
        const std::uint32_t depth = parent == none ? 1 : items_[parent].depth + 1;
        if (kind >= node_kind::array && depth > options_.depth)
            return stop(errc::too_large, "", "arrays and tables nested more deeply than allowed", at);
        if (!items_.push_back(item{kind, from, offset(at), bits, key_, parent, depth})) return out_of_memory();
        if (parent == none) return true;
        item& in = items_[parent];
        if (in.kind == node_kind::object && !names_.add(in.names, name_of(index), index, nearest_))
            return out_of_memory();
        (in.last == none ? in.first : items_[in.last].next) = index;
        in.last = index;
        ++in.count;
        return true;
    }
    bool out_of_memory() noexcept { return stop(errc::out_of_memory, "", "no memory", p_); }

    /// The member `key_` of a table; `none`, after which it may be added.
    std::uint32_t find(std::uint32_t table) noexcept {
        const std::uint32_t found = names_.nearest(items_[table].names, tree_->string(key_));
        if (found == none) return none;
        nearest_ = name_of(found);
        return nearest_ == tree_->string(key_) ? found : none;
    }
    bool repeated(const char* found) noexcept { return stop(errc::already_exists, "", found, begin_ + key_.offset); }
    const char* key_place() const noexcept { return begin_ + key_.offset; }
    std::uint32_t newest() const noexcept { return static_cast<std::uint32_t>(items_.size() - 1); }

    /// One part of a key, into `key_`.
    bool key_part() noexcept {
        const char* const at = p_;
        if (here() == '"' || here() == '\'') {
            if (ahead("\"\"\"") || ahead("'''")) return stop(errc::malformed, "a key", "a string of several lines", p_);
            return here() == '"' ? string(key_, 1) : literal(key_, 1);
        }
        while (is_bare(here())) ++p_;
        if (p_ == at) return needs("a key");
        key_ = plain(node_kind::plain, at, at);
        return true;
    }
    /// Goes on to the next part of a key, if there is one.
    bool dot() noexcept {
        skip_blanks();
        if (here() != '.') return false;
        ++p_;
        skip_blanks();
        return true;
    }

    /// [a.b] or [[a.b]].
    bool header() noexcept {
        const bool of_tables = ahead("[[");
        p_ += of_tables ? 2 : 1;
        skip_blanks();
        for (table_ = 0;;) {
            if (!key_part()) return false;
            if (!dot()) break;
            if (!enter_by_header()) return false;
        }
        if (here() != ']' || (of_tables && !ahead("]]"))) return needs(of_tables ? "'.' or ']]'" : "'.' or ']'");
        p_ += of_tables ? 2 : 1;
        return of_tables ? append_table() : define_table();
    }
    bool enter_by_header() noexcept {
        const std::uint32_t found = find(table_);
        if (found == none) {
            if (!add(node_kind::object, origin::implicit, key_place(), table_)) return false;
            table_ = newest();
            return true;
        }
        const item& in = items_[found];
        if (in.kind < node_kind::array) return repeated("a value, in which there can be no table");
        if (in.origin == origin::in_line) return repeated("a value that ended on its line");
        table_ = in.origin == origin::of_tables ? in.last : found;
        return true;
    }
    bool define_table() noexcept {
        const std::uint32_t found = find(table_);
        if (found == none) {
            if (!add(node_kind::object, origin::header, key_place(), table_)) return false;
            table_ = newest();
            return true;
        }
        item& in = items_[found];
        if (in.kind != node_kind::object || in.origin != origin::implicit)
            return repeated("a table or key that is there");
        in.origin = origin::header;
        in.offset = key_.offset;
        table_ = found;
        return true;
    }
    bool append_table() noexcept {
        std::uint32_t found = find(table_);
        if (found == none) {
            if (!add(node_kind::array, origin::of_tables, key_place(), table_)) return false;
            found = newest();
        } else if (items_[found].origin != origin::of_tables) {
            return repeated("a table or key that is there, but no array of tables");
        }
        if (!add(node_kind::object, origin::header, key_place(), found)) return false;
        table_ = newest();
        return true;
    }

    /// A line that is no header: key = value, and all that is in the value.
    bool key_and_values() noexcept {
        open_ = none;
        if (!key(table_)) return false;
        for (bool goes_on = true; goes_on;) {
            if (!value() || !next(goes_on)) return false;
        }
        return true;
    }
    /// Goes on to the next value in what is open, if there is one, and ends what ends.
    bool next(bool& is_there) noexcept {
        for (bool begins = std::exchange(opened_, false); open_ != none; begins = false) {
            const bool is_array = items_[open_].kind == node_kind::array;
            const char closing = is_array ? ']' : '}';
            const auto skip = [&] {
                if (is_array) return space();
                skip_blanks();
                return true;
            };
            if (!skip()) return false;
            if (here() == ',' && !begins) {
                ++p_;
                if (!skip()) return false;
                if (!is_array) return key(open_);
                if (here() != ']') return true;
            } else if (here() != closing) {
                if (!begins) return needs(is_array ? "',' or ']'" : "',' or '}'");
                return is_array || key(open_);
            }
            ++p_;
            open_ = items_[open_].outer;
        }
        is_there = false;
        return true;
    }
    /// A key, and the '=' behind it: the table and the name of the value that follows.
    bool key(std::uint32_t in) noexcept {
        const std::uint32_t home = in;
        for (;;) {
            if (!key_part()) return false;
            if (!dot()) break;
            const std::uint32_t found = find(in);
            if (found == none) {
                if (!add(node_kind::object, origin::dotted, key_place(), in)) return false;
                in = newest();
                items_[in].home = home;
                continue;
            }
            item& inner = items_[found];
            if (inner.kind != node_kind::object) return repeated("a value that is no table");
            const bool is_new = inner.origin == origin::implicit;
            if (!is_new && (inner.origin != origin::dotted || inner.home != home))
                return repeated("a table that was defined elsewhere");
            inner.origin = origin::dotted;
            inner.home = home;
            in = found;
        }
        if (here() != '=') return needs("'.' or '='");
        if (find(in) != none) return repeated("a second member of this name");
        ++p_;
        skip_blanks();
        into_ = in;
        return true;
    }

    bool value() noexcept {
        const std::uint32_t in = open_ != none && items_[open_].kind == node_kind::array ? open_ : into_;
        const char* const at = p_;
        node made{};
        switch (here()) {
            case '"': return string(made, ahead("\"\"\"") ? 3 : 1) && add_node(made, in);
            case '\'': return literal(made, ahead("'''") ? 3 : 1) && add_node(made, in);
            case '[':
            case '{':
                if (!add(*p_++ == '[' ? node_kind::array : node_kind::object, origin::in_line, at, in)) return false;
                items_[newest()].outer = open_;
                open_ = newest();
                opened_ = true;
                return true;
            case 't': return word("true") ? add(node_kind::yes, origin::in_line, at, in) : needs("a value");
            case 'f': return word("false") ? add(node_kind::no, origin::in_line, at, in) : needs("a value");
            default: return number_or_moment(made) && add_node(made, in);
        }
    }
    bool add_node(const node& made, std::uint32_t in) noexcept {
        return add(made.kind, origin::in_line, begin_ + made.offset, in, made.bits);
    }
    bool word(std::string_view letters) noexcept {
        if (!ahead(letters)) return false;
        p_ += letters.size();
        return true;
    }

    /// A string of which what is behind `start` was not taken yet, up to the cursor.
    void take(const char*& start) noexcept {
        const auto size = static_cast<std::size_t>(p_ - start);
        std::memcpy(tree_->unescaped + unescaped_, start, size);
        unescaped_ += size;
        start = p_;
    }
    /// How many quotes are here, as far as that matters.
    std::size_t run_of(char quote) const noexcept {
        std::size_t count = 0;
        while (count < 6 && static_cast<std::size_t>(end_ - p_) > count && p_[count] == quote) ++count;
        return count;
    }
    /// Goes on to the next character of a string of one line or of several, if there is one; quotes end it, of three
    /// the last ones, before which there may be two more.
    bool goes_on(char quote, std::size_t quotes, bool& is_there) noexcept {
        if (p_ == end_) return needs("the end of the string");
        if (here() != quote) return true;
        const std::size_t run = quotes == 1 ? 1 : run_of(quote);
        if (run > 5) return stop(errc::malformed, "", "more than five quotes", p_);
        is_there = run < quotes || run > 3;
        return true;
    }
    const char* behind_quotes(std::size_t quotes) noexcept {
        p_ += quotes;
        if (quotes == 3) p_ += newline();
        return p_;
    }
    /// "a", or the same of several lines: the cursor goes behind it.
    bool string(node& made, std::size_t quotes) noexcept {
        const char* const at = p_;
        const char* start = behind_quotes(quotes);
        const std::size_t first = unescaped_;
        bool is_plain = true;
        for (bool more = true;;) {
            if (!goes_on('"', quotes, more)) return false;
            if (!more) break;
            if (here() == '\\') {
                if (is_plain && !has_unescaped_room(start)) return false;
                is_plain = false;
                take(start);
                if (!escape(quotes == 3)) return false;
                start = p_;
            } else if (!one_of_string(quotes == 3)) {
                return false;
            }
        }
        if (!is_plain) take(start);
        made = is_plain ? plain(node_kind::plain, at, start)
                        : node{node_kind::unescaped, offset(at), halves(first, unescaped_ - first)};
        p_ += quotes;
        return true;
    }
    /// 'a': likewise.
    bool literal(node& made, std::size_t quotes) noexcept {
        const char* const at = p_;
        const char* const start = behind_quotes(quotes);
        for (bool more = true;;) {
            if (!goes_on('\'', quotes, more)) return false;
            if (!more) break;
            if (!one_of_string(quotes == 3)) return false;
        }
        made = plain(node_kind::plain, at, start);
        p_ += quotes;
        return true;
    }
    /// What stands in the text from `start` to the cursor.
    node plain(node_kind kind, const char* at, const char* start) const noexcept {
        return {kind, offset(at), halves(offset(start), static_cast<std::uint64_t>(p_ - start))};
    }
    bool one_of_string(bool of_lines) noexcept {
        if (const std::size_t ends = newline(); of_lines && ends != 0) {
            p_ += ends;
            return true;
        }
        return character();
    }
    /// The cursor is at a backslash.
    bool escape(bool of_lines) noexcept {
        const char* const at = p_++;
        char c = here();
        switch (c) {
            case '"':
            case '\\': break;
            case 'b': c = '\b'; break;
            case 't': c = '\t'; break;
            case 'n': c = '\n'; break;
            case 'f': c = '\f'; break;
            case 'r': c = '\r'; break;
            case 'u':
            case 'U': {
                ++p_;
                std::uint32_t code = 0;
                if (!hexadecimal(c == 'u' ? 4 : 8, code)) return false;
                if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
                    return stop(errc::malformed, "a character of Unicode", "another number", at);
                put_character(code);
                return true;
            }
            default: return of_lines && line_continues() ? true : needs("one of \"\\btnfruU behind a backslash");
        }
        ++p_;
        tree_->unescaped[unescaped_++] = c;
        return true;
    }
    /// A backslash before the end of a line takes it away, and all blanks and empty lines that follow.
    bool line_continues() noexcept {
        const char* const at = p_;
        skip_blanks();
        if (newline() == 0) {
            p_ = at;
            return false;
        }
        while (const std::size_t ends = newline()) {
            p_ += ends;
            skip_blanks();
        }
        return true;
    }

    /// `0` to `9` and `_` between them, appended to `value`; whether it got too great.
    bool digits(unsigned base, std::uint64_t& value, bool& too_great) noexcept {
        const auto digit = [&] {
            const char c = here();
            const auto lower = static_cast<char>(c | 0x20);
            const unsigned d = is_digit(c)                    ? static_cast<unsigned>(c - '0')
                               : lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10)
                                                              : 16u;
            return p_ != end_ && d < base ? d : 16u;
        };
        for (;;) {
            unsigned d = digit();
            if (d == 16) return needs(base == 10 ? "a digit" : "a digit of this base");
            for (; d != 16; ++p_, d = digit()) {
                too_great = too_great || value > (UINT64_MAX - d) / base;
                value = value * base + d;
            }
            if (here() != '_') return true;
            ++p_;
            has_underscore_ = true;
        }
    }

    bool number_or_moment(node& made) noexcept {
        const auto digit = [this](std::size_t i) { return static_cast<std::size_t>(end_ - p_) > i && is_digit(p_[i]); };
        const auto is = [this](std::size_t i, char c) { return static_cast<std::size_t>(end_ - p_) > i && p_[i] == c; };
        if (digit(0) && digit(1) && (is(2, ':') || (digit(2) && digit(3) && is(4, '-')))) return moment(made);
        const char* const at = p_;
        const bool negative = here() == '-';
        if (negative || here() == '+') ++p_;
        const bool is_signed = p_ != at;
        made.offset = offset(at);
        if (word("inf")) return real(made, negative ? -infinity() : infinity());
        if (word("nan")) return real(made, nan(negative));
        if (!digit(0)) return needs(is_signed ? "a digit" : "a value");
        const unsigned base = here() != '0' || is_signed ? 10u
                              : is(1, 'x')               ? 16u
                              : is(1, 'o')               ? 8u
                              : is(1, 'b')               ? 2u
                                                         : 10u;
        if (base != 10)
            p_ += 2;
        else if (here() == '0' && (digit(1) || is(1, '_')))
            return ++p_, needs("no digit behind a leading 0");
        std::uint64_t value = 0;
        bool too_great = false;
        has_underscore_ = false;
        if (!digits(base, value, too_great)) return false;
        if (base == 10 && (here() == '.' || (here() | 0x20) == 'e')) return real(made, at);
        constexpr std::uint64_t beyond = std::uint64_t{1} << 63;
        if (too_great || value > beyond - !negative)
            return stop(errc::out_of_range, "an integer of 64 bits", "one outside their range", at);
        made.kind = negative && value != 0 ? node_kind::negative : node_kind::natural;
        made.bits = negative ? 0 - value : value;
        return true;
    }
    static constexpr double infinity() noexcept { return std::numeric_limits<double>::infinity(); }
    static double nan(bool negative) noexcept {
        const double made = std::numeric_limits<double>::quiet_NaN();
        return negative ? -made : made;
    }
    static bool real(node& made, double value) noexcept {
        made.kind = node_kind::real;
        made.bits = std::bit_cast<std::uint64_t>(value);
        return true;
    }
    /// The rest of a float that begins at `at`.
    bool real(node& made, const char* at) noexcept {
        std::uint64_t unused = 0;
        bool ignored = false;
        if (here() == '.') {
            ++p_;
            if (!digits(10, unused, ignored)) return false;
        }
        if ((here() | 0x20) == 'e') {
            ++p_;
            if (here() == '-' || here() == '+') ++p_;
            if (!digits(10, unused, ignored)) return false;
        }
        if (*at == '+') ++at;
        std::string_view text(at, static_cast<std::size_t>(p_ - at));
        if (has_underscore_) {
            if (!has_unescaped_room(at)) return false;
            char* const first = tree_->unescaped + unescaped_;
            char* to = first;
            for (const char c : text)
                if (c != '_') *to++ = c;
            text = {first, static_cast<std::size_t>(to - first)};
        }
        const double value = decimal_to_double(text);
        if (value - value != 0)
            return stop(errc::out_of_range, "a float that a double can hold", "a greater one", begin_ + made.offset);
        return real(made, value);
    }
    bool moment(node& made) noexcept {
        const char* const at = p_;
        const auto part = [this] {
            while (is_digit(here()) || here() == '-' || here() == ':' || here() == '.' || here() == '+' ||
                   (here() | 0x20) == 't' || (here() | 0x20) == 'z')
                ++p_;
        };
        part();
        const bool is_date = at[2] != ':';
        if (is_date && p_ - at == 10 && end_ - p_ > 1 && *p_ == ' ' && is_digit(p_[1])) ++p_, part();
        if (!date_time::parse({at, static_cast<std::size_t>(p_ - at)}))
            return stop(errc::malformed, "a date or a time", "another text", at);
        made = plain(node_kind::moment, at, at);
        return true;
    }

    /// The nodes, each value behind what it is in.
    bool flatten() noexcept {
        if (!grow(2 * items_.size())) return out_of_memory();
        for (std::uint32_t i = 0;;) {
            item& what = items_[i];
            if (what.parent != none && items_[what.parent].kind == node_kind::object) nodes_[used_++] = what.name;
            nodes_[used_++] = {what.kind, what.offset, what.bits};
            if (what.kind >= node_kind::array) {
                what.bits = used_ - 1;  // where its node is
                nodes_[used_ - 1].bits = halves(used_, 0);
            }
            if (what.first != none) {
                i = what.first;
                continue;
            }
            for (; items_[i].next == none; nodes_[items_[i].bits].bits = halves(used_, items_[i].count)) {
                i = items_[i].parent;
                if (i == none) break;
            }
            if (i == none) break;
            i = items_[i].next;
        }
        tree_->size = static_cast<std::uint32_t>(used_);
        return true;
    }

    growing_array<item> items_;
    name_tries names_;
    node key_{};                 ///< the part of a key that was read last
    std::string_view nearest_;   ///< the name that `find` met
    std::uint32_t table_ = 0;    ///< of the last header
    std::uint32_t into_ = 0;     ///< the table of the value that is read, if it is in no array
    std::uint32_t open_ = none;  ///< the innermost array or table that is open on the line
    bool opened_ = false, has_underscore_ = false;
};

}  // namespace vitte::toml::detail
