/// What the readers of all file formats are made of: numbers of either byte order, tables of records and strings, as
/// checked views of a file's bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vitte/core/assert.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader {

/// How a file writes its numbers: the size of its addresses and its byte order.
struct encoding {
    bool wide = true;  ///< of 64 bits
    byte_order order = byte_order::little;

    constexpr std::uint16_t u16(const std::byte* at) const noexcept { return load<std::uint16_t>(at, order); }
    constexpr std::uint32_t u32(const std::byte* at) const noexcept { return load<std::uint32_t>(at, order); }
    constexpr std::uint64_t u64(const std::byte* at) const noexcept { return load<std::uint64_t>(at, order); }
    /// An address, an offset or a size.
    constexpr std::uint64_t word(const std::byte* at) const noexcept { return wide ? u64(at) : u32(at); }
    constexpr std::size_t word_size() const noexcept { return wide ? 8 : 4; }
};

/// A part of a file, with its place for errors.
struct part {
    std::span<const std::byte> bytes;
    std::uint64_t offset = 0;

    /// `size` bytes at `at`, counted from the start of this part; fails if they reach past its end.
    constexpr result<part, parse_error> sub(std::uint64_t at, std::uint64_t size, const char* reading,
                                            const char* reason = "reaches past the end of the file") const noexcept {
        if (at > bytes.size() || size > bytes.size() - at)
            return malformed(reading, reason, offset + at, errc::end_of_input);
        return part{bytes.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size)), offset + at};
    }
};

/// Strings that end with a NUL, found by their offset.
class string_table {
public:
    constexpr string_table() noexcept = default;
    constexpr explicit string_table(part of) noexcept : part_(of) {}

    /// The string at `offset`; fails if it begins or ends outside the table.
    result<std::string_view, parse_error> at(std::uint64_t offset) const noexcept {
        const auto all = std::string_view(reinterpret_cast<const char*>(part_.bytes.data()), part_.bytes.size());
        if (offset >= all.size()) return malformed("string table", "a string lies outside it", part_.offset);
        const std::size_t end = all.find('\0', static_cast<std::size_t>(offset));
        if (end == all.npos) return malformed("string table", "a string does not end", part_.offset + offset);
        return all.substr(static_cast<std::size_t>(offset), end - static_cast<std::size_t>(offset));
    }
    /// Whether the string at `offset` is `text`: unlike `at` it takes no longer for long strings.
    bool is(std::uint64_t offset, std::string_view text) const noexcept {
        const auto all = std::string_view(reinterpret_cast<const char*>(part_.bytes.data()), part_.bytes.size());
        if (offset >= all.size() || all.size() - offset <= text.size()) return false;
        const std::string_view from = all.substr(static_cast<std::size_t>(offset));
        return from.starts_with(text) && from[text.size()] == '\0';
    }
    /// Whether it begins with `text`, in as short a time.
    bool begins(std::uint64_t offset, std::string_view text) const noexcept {
        const auto all = std::string_view(reinterpret_cast<const char*>(part_.bytes.data()), part_.bytes.size());
        return offset < all.size() && all.substr(static_cast<std::size_t>(offset)).starts_with(text);
    }

private:
    part part_;
};

/// How much text may be read where many entries may name one long text, or parts of it: without a limit that would take
/// time and memory in proportion to the square of a file's size.
class text_budget {
public:
    constexpr explicit text_budget(std::uint64_t bytes) noexcept : left_(bytes) {}

    constexpr result<void, parse_error> take(std::uint64_t bytes, const char* reading,
                                             std::uint64_t offset = 0) noexcept {
        if (bytes > left_) return malformed(reading, "many entries share a long one", offset);
        left_ -= bytes;
        return {};
    }

private:
    std::uint64_t left_;
};

/// The text in a field of `size` bytes at `at`, which a NUL ends unless it fills the field.
inline std::string_view text_in_field(const std::byte* at, std::size_t size) noexcept {
    const std::string_view all(reinterpret_cast<const char*>(at), size);
    return all.substr(0, all.find('\0'));
}

/// A number of a format, and what its documents call it.
struct number_name {
    std::uint32_t number;
    std::string_view name;
};
/// The name of `number` in `names`; empty if it is not among them.
constexpr std::string_view name_in(std::span<const number_name> names, std::uint32_t number) noexcept {
    for (const number_name& entry : names)
        if (entry.number == number) return entry.name;
    return {};
}

/// A view of equal records in a file. Elements are decoded when they are read.
template <class T>
class table {
public:
    constexpr table() noexcept = default;
    /// The records of `size` bytes each that fit into `bytes`.
    constexpr table(std::span<const std::byte> bytes, std::size_t size, encoding form) noexcept
        : bytes_(bytes), stride_(size), form_(form) {}

    constexpr std::size_t size() const noexcept { return bytes_.size() / stride_; }
    constexpr bool empty() const noexcept { return size() == 0; }
    constexpr T operator[](std::size_t index) const noexcept {
        VITTE_ASSERT(index < size());
        return T::decode(bytes_.data() + index * stride_, form_, stride_);
    }

    class iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        constexpr iterator() noexcept = default;
        constexpr iterator(const table* of, std::size_t index) noexcept : of_(of), index_(index) {}
        constexpr T operator*() const noexcept { return (*of_)[index_]; }
        constexpr iterator& operator++() noexcept { return ++index_, *this; }
        constexpr iterator operator++(int) noexcept { return {of_, index_++}; }
        friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

    private:
        const table* of_ = nullptr;
        std::size_t index_ = 0;
    };
    constexpr iterator begin() const noexcept { return {this, 0}; }
    constexpr iterator end() const noexcept { return {this, size()}; }

private:
    std::span<const std::byte> bytes_;
    std::size_t stride_ = 1;
    encoding form_;
};

}  // namespace vitte::loader
