/// `json::writer`: JSON (RFC 8259), written as it comes, without a document.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vitte/core/decimal.hpp>
#include <vitte/core/result.hpp>
#include <vitte/core/utf8_character.hpp>

namespace vitte::json {

/// Where a writer's text goes: into memory of yours. What does not fit is `errc::no_space`.
class fixed_output {
public:
    constexpr explicit fixed_output(std::span<char> to) noexcept : to_(to) {}
    result<void> append(const char* text, std::size_t size) noexcept {
        if (size > to_.size() - size_) return fail(errc::no_space, "write JSON");
        std::memcpy(to_.data() + size_, text, size);
        size_ += size;
        return {};
    }
    std::string_view text() const noexcept { return {to_.data(), size_}; }

private:
    std::span<char> to_;
    std::size_t size_ = 0;
};

/// Or into memory that grows; `errc::out_of_memory` if it cannot.
class growing_output {
public:
    growing_output() noexcept = default;
    growing_output(growing_output&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          room_(std::exchange(other.room_, 0)) {}
    growing_output& operator=(growing_output&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
        return *this;
    }
    ~growing_output() { std::free(data_); }

    result<void> append(const char* text, std::size_t size) noexcept {
        if (size > room_ - size_) {
            VITTE_CHECK(grow(size));
        }
        std::memcpy(data_ + size_, text, size);
        size_ += size;
        return {};
    }
    std::string_view text() const noexcept { return {data_, size_}; }

private:
    result<void> grow(std::size_t more) noexcept {
        const std::size_t room = 2 * room_ + more + 64;
        auto* const larger = room <= size_ ? nullptr : static_cast<char*>(std::realloc(data_, room));
        if (larger == nullptr) return fail(errc::out_of_memory, "write JSON");
        data_ = larger;
        room_ = room;
        return {};
    }

    char* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

/// What takes the text of a writer.
template <class T>
concept output = requires(T& to, const char* text, std::size_t size) {
    { to.append(text, size) } -> std::same_as<result<void>>;
};

/// Writes values in their order: the same calls make the same text. An array or object is opened, its elements or
/// members come, and it is closed; a member is a name, then a value. A call that would not make JSON stops the program.
/// What the output or the data refuse is kept and told by `finish`; nothing is written from then on. One thread at a
/// time.
template <output Output>
class writer {
public:
    static constexpr std::size_t most_depth = 1024;

    /// With `indent` above 0 each element and member has a line of its own, indented by so many spaces a level.
    constexpr explicit writer(Output& to, unsigned indent = 0) noexcept : to_(to), indent_(indent) {}
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    writer& begin_array() noexcept { return open('['); }
    writer& end_array() noexcept { return close(false, ']'); }
    writer& begin_object() noexcept { return open('{'); }
    writer& end_object() noexcept { return close(true, '}'); }

    /// The name of the member whose value comes next. Whether the object has it already is not looked for.
    writer& name(std::string_view text) noexcept {
        if (!done_) return *this;
        VITTE_ASSERT(depth_ != 0 && in_object() && !named_);
        separate();
        string(text);
        put(indent_ == 0 ? ":" : ": ");
        named_ = true;
        return *this;
    }

    writer& null() noexcept { return word("null"); }
    writer& value(bool b) noexcept { return word(b ? "true" : "false"); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    writer& value(T number) noexcept {
        const bool negative = number < 0;
        const auto magnitude = static_cast<std::uint64_t>(number);
        return word(vitte::detail::digits(negative ? 0 - magnitude : magnitude, negative).c_str());
    }
    /// With the fewest digits that are read as the same double, and a point or an exponent. Numbers that are none, and
    /// infinite ones, are refused with `errc::out_of_range`.
    writer& value(double number) noexcept {
        if (!(number - number == 0)) refuse(errc::out_of_range);
        if (!done_) return *this;
        char text[longest_double];
        const std::size_t size = write_double(text, number);
        return word({text, size});
    }
    /// UTF-8, `errc::malformed` if it is not. Quotes, backslashes and control characters are escaped, nothing else.
    writer& value(std::string_view text) noexcept {
        before_value();
        string(text);
        return *this;
    }
    writer& value(const char* text) noexcept { return value(std::string_view(text)); }
    /// A value that the caller has written, such as a number of many digits. It is not looked at.
    writer& raw(std::string_view json) noexcept { return word(json); }

    /// A member: its name and its value.
    template <class T>
    writer& member(std::string_view its_name, const T& its_value) noexcept {
        return name(its_name).value(its_value);
    }

    /// Whether all was written, one value and what is in it; stops the program if that has not ended.
    result<void> finish() noexcept {
        VITTE_ASSERT(!done_ || (depth_ == 0 && !first_));
        return done_;
    }

    /// Whether all was written so far: if not, what comes is not either.
    bool is_good() const noexcept { return done_.has_value(); }
    /// Refuses what is written, with a reason of the caller's that `finish` tells if there is none yet.
    void refuse(errc why) noexcept {
        if (done_) done_ = fail(why, "write JSON");
    }

private:
    void put(std::string_view text) noexcept {
        if (done_) done_ = to_.append(text.data(), text.size());
    }
    writer& word(std::string_view text) noexcept {
        before_value();
        put(text);
        return *this;
    }
    bool in_object() const noexcept { return (objects_[depth_ / 8] >> depth_ % 8 & 1) != 0; }

    void before_value() noexcept {
        if (!done_) return;
        VITTE_ASSERT(depth_ == 0 ? first_ : named_ == in_object());
        if (!named_ && depth_ != 0) separate();
        named_ = false;
        first_ = false;
    }
    /// What stands before an element or a name.
    void separate() noexcept {
        if (!first_) put(",");
        first_ = false;
        new_line(depth_);
    }
    void new_line(std::size_t level) noexcept {
        if (indent_ == 0) return;
        put("\n");
        constexpr std::string_view spaces = "                                ";
        for (std::size_t left = level * indent_; left != 0;) {
            const std::size_t n = left < spaces.size() ? left : spaces.size();
            put(spaces.substr(0, n));
            left -= n;
        }
    }

    writer& open(char bracket) noexcept {
        before_value();
        if (depth_ == most_depth) refuse(errc::too_large);
        if (!done_) return *this;
        put({&bracket, 1});
        ++depth_;
        const auto bit = static_cast<unsigned char>(1u << depth_ % 8);
        auto& byte = objects_[depth_ / 8];
        byte = static_cast<unsigned char>(bracket == '{' ? byte | bit : byte & ~bit);
        first_ = true;
        return *this;
    }
    writer& close(bool object, char bracket) noexcept {
        if (!done_) return *this;
        VITTE_ASSERT(depth_ != 0 && in_object() == object && !named_);
        --depth_;
        if (!first_) new_line(depth_);
        first_ = false;
        put({&bracket, 1});
        return *this;
    }

    void string(std::string_view text) noexcept {
        put("\"");
        std::size_t from = 0;
        for (std::size_t at = 0; at < text.size();) {
            const auto c = static_cast<unsigned char>(text[at]);
            if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
                ++at;
                continue;
            }
            if (c >= 0x80) {
                const std::size_t length = utf8_character(text.data() + at, text.size() - at);
                if (length == 0) return refuse(errc::malformed);
                at += length;
                continue;
            }
            put(text.substr(from, at - from));
            escape(c);
            from = ++at;
        }
        put(text.substr(from));
        put("\"");
    }
    void escape(unsigned char c) noexcept {
        constexpr std::string_view known = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
        const std::size_t at = known.find(static_cast<char>(c));
        if (at != std::string_view::npos) {
            const char pair[2] = {'\\', letters[at]};
            return put({pair, 2});
        }
        constexpr const char* digits = "0123456789abcdef";
        const char escaped[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        put({escaped, 6});
    }

    Output& to_;
    unsigned indent_;
    bool first_ = true;   ///< nothing stands in the innermost array or object yet
    bool named_ = false;  ///< a name waits for its value
    std::size_t depth_ = 0;
    unsigned char objects_[most_depth / 8 + 1] = {};  ///< which levels are objects
    result<void> done_;
};
template <class Output>
writer(Output&, unsigned = 0) -> writer<Output>;

}  // namespace vitte::json
