/// `error_text`: what an error has to say, in bounded space, so that telling it needs no memory.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vitte/core/printed_character.hpp>

namespace vitte {

namespace detail {
constexpr std::size_t length_of(const char* text) noexcept {
    std::size_t size = 0;
    while (text[size] != 0) ++size;
    return size;
}

/// A number in decimal digits, with a sign before it if it is negative.
class digits {
public:
    constexpr explicit digits(unsigned long long number, bool negative = false) noexcept {
        do text_[--first_] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        if (negative) text_[--first_] = '-';
    }
    constexpr const char* c_str() const noexcept { return text_ + first_; }

private:
    char text_[22] = {};
    std::size_t first_ = 21;
};

/// Writes texts one behind the other, as `printed_character` has them; returns how many characters that are. If there
/// is no room for all, the one with the index `shortened` loses its beginning, then the last ones their ends.
template <std::size_t N>
constexpr std::size_t write_texts(char* to, std::size_t room, const char* const (&texts)[N],
                                  std::size_t shortened = N) noexcept {
    std::size_t all = 0, used = 0;
    for (const char* text : texts) for_each_printed(text, length_of(text), [&](const auto& c) { all += c.size(); });
    bool full = false;
    const auto put = [&](const auto& c) {
        full = full || c.size() > room - used;
        for (std::size_t i = 0; !full && i < c.size(); ++i) to[used++] = c.data()[i];
    };
    for (std::size_t i = 0; i < N; ++i) {
        std::size_t excess = i == shortened && all > room ? all - room + 3 : 0;
        if (excess != 0) for_each_printed("...", 3, put);
        for_each_printed(texts[i], length_of(texts[i]), [&](const auto& c) {
            if (excess == 0) return put(c);
            excess -= c.size() < excess ? c.size() : excess;
        });
    }
    return used;
}
}  // namespace detail

/// A line of at most `capacity` characters. Becomes a `std::string_view` or a `std::string` where one is wanted.
class error_text {
public:
    static constexpr std::size_t capacity = 255;

    /// What `write(to, room)` writes, which returns how many characters that are.
    template <class Write>
        requires std::is_invocable_r_v<std::size_t, Write, char*, std::size_t>
    constexpr explicit error_text(Write write) noexcept : size_(write(text_, capacity)) {}

    constexpr const char* c_str() const noexcept { return text_; }
    constexpr const char* data() const noexcept { return text_; }
    constexpr std::size_t size() const noexcept { return size_; }

    template <class String>
        requires std::is_class_v<String> && std::is_constructible_v<String, const char*, std::size_t>
    constexpr operator String() const {
        return String(text_, size_);
    }
    /// With text before it: `path + ": " + why.message()`.
    template <class String>
        requires requires(String s, const char* text) { s.append(text, text); }
    friend constexpr String operator+(String before, const error_text& text) {
        before.append(text.text_, text.text_ + text.size_);
        return before;
    }

private:
    char text_[capacity + 1] = {};
    std::size_t size_;
};

}  // namespace vitte
