/// What a text becomes, and what the readers of JSON and of TOML have in common.
#pragma once

#include <cstdlib>
#include <cstring>
#include <utility>
#include <vitte/core/json/read_error.hpp>
#include <vitte/core/utf8_character.hpp>

namespace vitte::json {

/// What a reader accepts.
struct read_options {
    std::uint32_t depth = 1000;   ///< arrays and objects inside each other, at most
    bool repeated_names = false;  ///< whether an object may have several members of one name; the first is found then
};

namespace detail {

enum class node_kind : std::uint32_t {
    null,
    no,
    yes,
    natural,      ///< `bits` is the number
    negative,     ///< `bits` is the number, in two's complement
    real,         ///< `bits` is the double
    long_number,  ///< neither of them has it: it is kept as its text
    moment,       ///< a date or a time, of TOML, which stands in the text as a plain string does
    plain,        ///< a string that stands in the text as it is
    unescaped,    ///< a string that has been written anew
    array,
    object,
};

/// A value, or the name of a member, which stands before its value. Elements and members follow their array or object.
struct node {
    node_kind kind;
    std::uint32_t offset;  ///< in the text
    std::uint64_t bits;    ///< low half: where a string begins, or the node behind an array; high half: how many

    constexpr std::uint32_t low() const noexcept { return static_cast<std::uint32_t>(bits); }
    constexpr std::uint32_t high() const noexcept { return static_cast<std::uint32_t>(bits >> 32); }
};
constexpr std::uint64_t halves(std::uint64_t low, std::uint64_t high) noexcept { return high << 32 | low; }

/// What stands before the nodes, in one block with them.
struct alignas(node) tree {
    std::string_view text;
    char* unescaped = nullptr;
    std::size_t unescaped_room = 0;
    bool is_toml = false;
    std::uint32_t size = 0;
    std::size_t room = 0;

    node* nodes() noexcept { return reinterpret_cast<node*>(this + 1); }
    const node* nodes() const noexcept { return reinterpret_cast<const node*>(this + 1); }
    std::string_view string(const node& n) const noexcept {
        return {(n.kind == node_kind::unescaped ? unescaped : text.data()) + n.low(), n.high()};
    }
    /// The index of the node behind that of a whole value.
    std::uint32_t behind(std::uint32_t i) const noexcept {
        return nodes()[i].kind >= node_kind::array ? nodes()[i].low() : i + 1;
    }
};
static_assert(alignof(tree) <= alignof(std::max_align_t));

/// A cursor in the text, what is wrong and where, nodes, and strings that are written anew.
class text_reader {
public:
    /// `made` is null or holds memory to be used again.
    text_reader(std::string_view text, const read_options& options, tree* made) noexcept
        : begin_(text.data()), p_(begin_), end_(begin_ + text.size()), options_(options), tree_(made) {}
    tree* memory() const noexcept { return tree_; }

protected:
    [[gnu::cold, gnu::noinline]] unexpected<read_error> refuse(errc why, const char* expected, const char* found,
                                                               const char* at) const noexcept {
        return unexpected(read_error(why, expected, found, {begin_, static_cast<std::size_t>(end_ - begin_)},
                                     static_cast<std::size_t>(at - begin_)));
    }
    unexpected<read_error> no_memory() const noexcept { return refuse(errc::out_of_memory, "", "no memory", p_); }
    [[gnu::cold, gnu::noinline]] bool stop(errc why, const char* expected, const char* found, const char* at) noexcept {
        what_ = refuse(why, expected, found, at).error();
        return false;
    }
    /// What stands at the cursor is not what is needed.
    [[gnu::cold, gnu::noinline]] bool needs(const char* expected) noexcept {
        if (p_ == end_) return stop(errc::end_of_input, expected, "the end of the text", p_);
        const auto left = static_cast<std::size_t>(end_ - p_);
        if (p_ == begin_ && std::string_view(p_, left).starts_with("\xef\xbb\xbf"))
            return stop(errc::malformed, expected, "a byte order mark", p_);
        if (utf8_character(p_, left) == 0) return stop(errc::malformed, expected, "bytes that are no UTF-8", p_);
        stop(errc::malformed, expected, "", p_);
        const vitte::detail::printed_character shown(p_, left);
        std::memcpy(what_.character, shown.data(), shown.size());
        return false;
    }

    bool grow(std::size_t room) noexcept {
        if (room > (SIZE_MAX - sizeof(tree)) / sizeof(node)) return false;
        void* const larger = std::realloc(tree_, sizeof(tree) + room * sizeof(node));
        if (larger == nullptr) return false;
        if (tree_ == nullptr) ::new (larger) tree();
        tree_ = static_cast<tree*>(larger);
        tree_->room = room;
        nodes_ = tree_->nodes();
        return true;
    }
    [[gnu::always_inline]] bool has_room(std::size_t more) noexcept {
        return tree_->room - used_ >= more || makes_room(more);
    }
    [[gnu::cold, gnu::noinline]] bool makes_room(std::size_t more) noexcept {
        if (grow(tree_->room + tree_->room / 2 + more)) return true;
        return stop(errc::out_of_memory, "", "no memory", p_);
    }

    char here() const noexcept { return p_ != end_ ? *p_ : '\0'; }
    static bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') < 10; }

    /// For the rest of a string that began at `start`, and all behind it: what is written anew never gets longer.
    bool has_unescaped_room(const char* start) noexcept {
        if (unescaped_ != 0) return true;
        const auto room = static_cast<std::size_t>(end_ - start);
        if (tree_->unescaped_room >= room) return true;
        std::free(std::exchange(tree_->unescaped, static_cast<char*>(std::malloc(room))));
        tree_->unescaped_room = tree_->unescaped == nullptr ? 0 : room;
        return tree_->unescaped != nullptr || stop(errc::out_of_memory, "", "no memory", start);
    }
    void put_character(std::uint32_t c) noexcept {
        const auto put = [this](std::uint32_t byte) { tree_->unescaped[unescaped_++] = static_cast<char>(byte); };
        if (c < 0x80) return put(c);
        const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        put((0xf0u << (3 - more) & 0xff) | c >> (6 * more));
        for (int i = more; i-- > 0;) put(0x80 | (c >> (6 * i) & 0x3f));
    }
    /// Takes four or eight digits.
    bool hexadecimal(int count, std::uint32_t& value) noexcept {
        for (int i = 0; i < count; ++i, ++p_) {
            const char c = here();
            const auto lower = static_cast<char>(c | 0x20);
            if (is_digit(c))
                value = value << 4 | static_cast<std::uint32_t>(c - '0');
            else if (lower >= 'a' && lower <= 'f')
                value = value << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
            else
                return needs(count == 4 ? "four hexadecimal digits" : "eight hexadecimal digits");
        }
        return true;
    }

    const char* const begin_;
    const char* p_;
    const char* const end_;
    const read_options options_;
    tree* tree_;
    node* nodes_ = nullptr;
    std::size_t used_ = 0;
    std::size_t unescaped_ = 0;
    read_error what_{errc::malformed, "", "", {}, 0};
};

}  // namespace detail
}  // namespace vitte::json
