/// A platform that remembers its calls, as strace(1) shows them: for tests and for finding out what a program asks of
/// its OS. Programs that do not name it pay nothing.
#pragma once

#include <span>
#include <type_traits>
#include <utility>
#include <vitte/sys/platform/decorated.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::sys {

/// An argument or what a call returned.
struct traced_value {
    enum class kind : unsigned char { nothing, number, address, text, object } what = kind::nothing;
    bool cut_off = false;    ///< a text that was longer
    unsigned char size = 0;  ///< of a text
    char text[45] = {};
    std::uint64_t number = 0;  ///< also an address

    static traced_value of() noexcept { return {}; }
    template <class T>
    static traced_value of(const T& value) noexcept {
        traced_value made;
        using decayed = std::decay_t<const T>;  // an array may be there to be filled
        if constexpr (std::is_same_v<T, const char*>) {
            made.set_text(value);
        } else if constexpr (std::is_pointer_v<decayed>) {
            made.set(kind::address, reinterpret_cast<std::uintptr_t>(static_cast<decayed>(value)));
        } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
            made.set(kind::number, static_cast<std::uint64_t>(value));
        } else {
            made.what = kind::object;
        }
        return made;
    }
    friend bool operator==(const traced_value& a, const traced_value& b) noexcept {
        if (a.what != b.what) return false;
        if (a.what == kind::number) return a.number == b.number;
        return a.what != kind::text || (a.size == b.size && __builtin_memcmp(a.text, b.text, a.size) == 0);
    }

private:
    void set(kind k, std::uint64_t n) noexcept {
        what = k;
        number = n;
    }
    void set_text(const char* from) noexcept {
        if (from == nullptr) return set(kind::address, 0);
        what = kind::text;
        while (size < sizeof text && from[size] != 0) {
            text[size] = from[size];
            ++size;
        }
        cut_off = from[size] != 0;
    }
};

/// A call that was made.
struct traced_call {
    static constexpr std::size_t most_arguments = 6;

    const char* name = "";  ///< of the facet and the function, as "files.open"
    traced_value arguments[most_arguments] = {};
    traced_value returned;
    bool failed = false;
    error why;                  ///< if it failed
    std::int64_t duration = 0;  ///< nanoseconds
    std::uint64_t thread = 0;   ///< 0 where the platform has no threads

    /// Whether the same was asked for with the same outcome. Addresses, times and threads may differ, and the numbers
    /// of handles must not. Only what is remembered is compared: texts up to where they are cut off, and nothing of
    /// objects, such as the options of `open`.
    friend bool operator==(const traced_call& a, const traced_call& b) noexcept {
        if (__builtin_strcmp(a.name, b.name) != 0 || a.failed != b.failed || (a.failed && a.why != b.why)) return false;
        for (std::size_t i = 0; i < most_arguments; ++i)
            if (!(a.arguments[i] == b.arguments[i])) return false;
        return a.returned == b.returned;
    }

    /// Writes `files.open("x", {...}) = -1 not found (open, 2) <1400 ns>` and a NUL to `to`, cut off if it is too
    /// small; returns the length.
    std::size_t print(std::span<char> to) const noexcept;
};

/// Where two runs went different ways: the index of the first call that only one of them made or that ended in another
/// way; the size if there is none.
inline std::size_t first_difference(std::span<const traced_call> a, std::span<const traced_call> b) noexcept {
    std::size_t at = 0;
    while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
    return at;
}

/// The calls of `traced<Inner, Tag>`: the last `capacity` of them, from all threads.
template <platform Inner, class Tag = void>
class trace {
public:
    static constexpr std::size_t capacity = 4096;

    static void clear() noexcept {
        lock_.lock();
        count_ = 0;
        lock_.unlock();
    }
    /// How many calls there were since `clear`.
    static std::uint64_t count() noexcept { return count_; }
    /// The `i`th of those that are still known, the oldest first; `i` is less than `size()`. While nothing is called.
    static const traced_call& at(std::size_t i) noexcept {
        return ring_[(count_ > capacity ? count_ + i : i) % capacity];
    }
    static std::size_t size() noexcept { return count_ < capacity ? static_cast<std::size_t>(count_) : capacity; }

    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&... arguments) noexcept {
        static_assert(sizeof...(arguments) <= traced_call::most_arguments);
        traced_call made;
        made.name = name;
        std::size_t at = 0;
        ((made.arguments[at++] = traced_value::of(arguments)), ...);
        const std::int64_t start = Inner::clocks::monotonic();
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            made.duration = Inner::clocks::monotonic() - start;
            keep(made);
        } else {
            auto returned = call();
            made.duration = Inner::clocks::monotonic() - start;
            note(made, returned);
            keep(made);
            return returned;
        }
    }

private:
    template <class T>
    static void note(traced_call& made, const result<T>& returned) noexcept {
        made.failed = !returned;
        if (!returned) made.why = returned.error();
        if constexpr (!std::is_void_v<T>)
            if (returned) made.returned = traced_value::of(*returned);
    }
    template <class T>
    static void note(traced_call& made, const T& returned) noexcept {
        made.returned = traced_value::of(returned);
    }
    static void keep(traced_call& made) noexcept {
        if constexpr (requires { typename Inner::threads; }) made.thread = Inner::threads::id();
        lock_.lock();
        ring_[count_++ % capacity] = made;
        lock_.unlock();
    }

    static inline constinit basic_mutex<Inner> lock_;
    static inline constinit std::uint64_t count_ = 0;
    static inline traced_call ring_[capacity] = {};
};

/// `Inner`, whose calls `trace<Inner, Tag>` remembers; `Tag` tells traces apart.
template <platform Inner, class Tag = void>
struct traced : decorated<Inner, trace<Inner, Tag>> {};

namespace detail {

/// Text in a fixed room.
class line_writer {
public:
    explicit line_writer(std::span<char> to) noexcept : to_(to) {}
    void put(char c) noexcept {
        if (size_ + 1 < to_.size()) to_[size_++] = c;
    }
    void put(const char* text) noexcept {
        while (*text != 0) put(*text++);
    }
    void number(std::uint64_t value, unsigned base = 10) noexcept {
        char digits[20];
        int count = 0;
        do digits[count++] = "0123456789abcdef"[value % base];
        while ((value /= base) != 0);
        while (count != 0) put(digits[--count]);
    }
    void signed_number(std::int64_t value) noexcept {
        if (value < 0) put('-');
        number(value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value));
    }
    void value(const traced_value& v) noexcept {
        using kind = traced_value::kind;
        if (v.what == kind::number) signed_number(static_cast<std::int64_t>(v.number));
        if (v.what == kind::object) put("{...}");
        if (v.what == kind::address) put(v.number == 0 ? "null" : "0x");
        if (v.what == kind::address && v.number != 0) number(v.number, 16);
        if (v.what == kind::text) quoted(v);
    }
    std::size_t end() noexcept {
        if (!to_.empty()) to_[size_] = 0;
        return size_;
    }

private:
    void quoted(const traced_value& v) noexcept {
        put('"');
        for (unsigned i = 0; i < v.size; ++i) {
            const auto c = static_cast<unsigned char>(v.text[i]);
            if (c == '"' || c == '\\') put('\\');
            if (c >= 0x20 && c != 0x7f) {
                put(static_cast<char>(c));
            } else {
                put(c == '\n' ? "\\n" : "\\x");
                if (c != '\n') put("0123456789abcdef"[c >> 4]), put("0123456789abcdef"[c & 15]);
            }
        }
        put('"');
        if (v.cut_off) put("...");
    }

    std::span<char> to_;
    std::size_t size_ = 0;
};

}  // namespace detail

inline std::size_t traced_call::print(std::span<char> to) const noexcept {
    detail::line_writer line(to);
    line.put(name);
    line.put('(');
    for (std::size_t i = 0; i < most_arguments && arguments[i].what != traced_value::kind::nothing; ++i) {
        if (i != 0) line.put(", ");
        line.value(arguments[i]);
    }
    line.put(failed ? ") = -1 " : ") = ");
    if (failed) {
        line.put(message(why.code));
        line.put(" (");
        line.put(why.operation);
        line.put(", ");
        line.signed_number(why.native);
        line.put(')');
    } else if (returned.what == traced_value::kind::nothing) {
        line.put('0');
    } else {
        line.value(returned);
    }
    line.put(" <");
    line.signed_number(duration);
    line.put(" ns>");
    return line.end();
}

}  // namespace vitte::sys
