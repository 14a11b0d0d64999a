/// Addresses of the Internet Protocol, and their texts.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <vitte/core/assert.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

/// An address of version 4 (RFC 791).
struct ipv4_address {
    static constexpr std::size_t max_size = 15;  ///< characters of its text

    std::uint8_t bytes[4] = {};  ///< in the network's order

    static constexpr ipv4_address any() noexcept { return {}; }
    static constexpr ipv4_address loopback() noexcept { return {{127, 0, 0, 1}}; }
    static constexpr ipv4_address broadcast() noexcept { return {{255, 255, 255, 255}}; }

    constexpr bool is_any() const noexcept { return *this == any(); }
    constexpr bool is_loopback() const noexcept { return bytes[0] == 127; }             ///< RFC 1122, 3.2.1.3
    constexpr bool is_multicast() const noexcept { return (bytes[0] & 0xf0) == 0xe0; }  ///< RFC 5771
    constexpr bool is_broadcast() const noexcept { return *this == broadcast(); }
    constexpr bool is_link_local() const noexcept { return bytes[0] == 169 && bytes[1] == 254; }  ///< RFC 3927
    /// Of a network of one's own (RFC 1918).
    constexpr bool is_private() const noexcept {
        return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) || (bytes[0] == 192 && bytes[1] == 168);
    }

    /// Four numbers in decimal digits, without leading zeros, which are octal to some (RFC 6943, 3.1.1).
    /// `errc::malformed` if `text` is anything else.
    static constexpr result<ipv4_address> parse(std::string_view text) noexcept;
    /// Writes its text, like "192.0.2.1", to `to`; returns it.
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept;

    friend constexpr bool operator==(const ipv4_address&, const ipv4_address&) = default;
    friend constexpr auto operator<=>(const ipv4_address&, const ipv4_address&) = default;
};

/// An address of version 6 (RFC 4291).
struct ipv6_address {
    static constexpr std::size_t max_size = 50;  ///< characters of its text

    std::uint8_t bytes[16] = {};  ///< in the network's order
    /// The zone that it is an address of, an interface's index for those of a link; 0 is the default one (RFC 4007, 6).
    std::uint32_t scope = 0;

    static constexpr ipv6_address any() noexcept { return {}; }
    static constexpr ipv6_address loopback() noexcept { return of_groups({0, 0, 0, 0, 0, 0, 0, 1}); }
    static constexpr ipv6_address of_groups(const std::uint16_t (&groups)[8]) noexcept {
        ipv6_address made;
        for (std::size_t i = 0; i < 8; ++i) {
            made.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
            made.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i]);
        }
        return made;
    }
    /// What stands for an address of version 4 where there are only those of version 6 (RFC 4291, 2.5.5.2).
    static constexpr ipv6_address mapped(const ipv4_address& v4) noexcept {
        ipv6_address made = of_groups({0, 0, 0, 0, 0, 0xffff, 0, 0});
        for (std::size_t i = 0; i < 4; ++i) made.bytes[12 + i] = v4.bytes[i];
        return made;
    }

    /// One of the eight numbers of 16 bits that it consists of.
    constexpr std::uint16_t group(std::size_t i) const noexcept {
        return static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
    constexpr bool is_any() const noexcept { return without_scope() == any(); }
    constexpr bool is_loopback() const noexcept { return without_scope() == loopback(); }
    constexpr bool is_multicast() const noexcept { return bytes[0] == 0xff; }
    constexpr bool is_link_local() const noexcept { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }
    constexpr bool is_unique_local() const noexcept { return (bytes[0] & 0xfe) == 0xfc; }  ///< RFC 4193
    constexpr bool is_mapped() const noexcept {
        for (std::size_t i = 0; i < 5; ++i)
            if (group(i) != 0) return false;
        return group(5) == 0xffff;
    }
    constexpr ipv6_address without_scope() const noexcept {
        ipv6_address made = *this;
        made.scope = 0;
        return made;
    }
    /// The one that a mapped one stands for; of others, the last four bytes.
    constexpr ipv4_address v4() const noexcept { return {{bytes[12], bytes[13], bytes[14], bytes[15]}}; }

    /// A text of any form (RFC 4291, 2.2), with the number of its zone behind a "%" or without (RFC 4007, 11).
    /// `errc::malformed` if `text` is anything else.
    static constexpr result<ipv6_address> parse(std::string_view text) noexcept;
    /// Writes its one canonical text (RFC 5952), like "2001:db8::1" or "fe80::1%2", to `to`; returns it.
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept;

    friend constexpr bool operator==(const ipv6_address&, const ipv6_address&) = default;
    friend constexpr auto operator<=>(const ipv6_address&, const ipv6_address&) = default;
};

/// An address of either version; those of version 4 come before the others.
class ip_address {
public:
    static constexpr std::size_t max_size = ipv6_address::max_size;

    constexpr ip_address() noexcept = default;  ///< 0.0.0.0
    constexpr ip_address(const ipv4_address& v4) noexcept : bytes_(ipv6_address::mapped(v4)) {}
    constexpr ip_address(const ipv6_address& v6) noexcept : is_v6_(true), bytes_(v6) {}

    constexpr bool is_v4() const noexcept { return !is_v6_; }
    constexpr bool is_v6() const noexcept { return is_v6_; }
    /// Of one that is of version 4, or mapped.
    constexpr ipv4_address v4() const noexcept {
        VITTE_ASSERT(bytes_.is_mapped());
        return bytes_.v4();
    }
    /// Of one of version 4, what stands for it where there are only those of version 6.
    constexpr const ipv6_address& v6() const noexcept { return bytes_; }

    /// Where packets for it go: of a mapped one, what it stands for, or else itself.
    constexpr ip_address unmapped() const noexcept { return bytes_.is_mapped() ? ip_address(bytes_.v4()) : *this; }

    // A mapped one is what it stands for: "::ffff:127.0.0.1" leads to loopback.
    constexpr bool is_any() const noexcept { return bytes_.is_mapped() ? bytes_.v4().is_any() : bytes_.is_any(); }
    constexpr bool is_loopback() const noexcept {
        return bytes_.is_mapped() ? bytes_.v4().is_loopback() : bytes_.is_loopback();
    }
    constexpr bool is_multicast() const noexcept {
        return bytes_.is_mapped() ? bytes_.v4().is_multicast() : bytes_.is_multicast();
    }
    constexpr bool is_link_local() const noexcept {
        return bytes_.is_mapped() ? bytes_.v4().is_link_local() : bytes_.is_link_local();
    }

    /// As the two versions do.
    static constexpr result<ip_address> parse(std::string_view text) noexcept {
        if (text.find(':') != text.npos) {
            VITTE_TRY(const ipv6_address v6, ipv6_address::parse(text));
            return ip_address(v6);
        }
        VITTE_TRY(const ipv4_address v4, ipv4_address::parse(text));
        return ip_address(v4);
    }
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept;

    friend constexpr bool operator==(const ip_address&, const ip_address&) = default;
    friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;

private:
    bool is_v6_ = false;
    ipv6_address bytes_ = ipv6_address::mapped({});
};

namespace detail {

/// Takes what addresses consist of from the front of a text.
class ip_reader {
public:
    constexpr explicit ip_reader(std::string_view text) noexcept : text_(text) {}

    constexpr bool at_end() const noexcept { return text_.empty(); }
    constexpr bool take(char c) noexcept {
        if (at_end() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    /// Decimal digits without leading zeros.
    constexpr bool take_number(std::uint32_t most, std::uint32_t& to) noexcept {
        std::uint64_t number = 0;
        std::size_t digits = 0;
        for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9' && number <= most; ++digits)
            number = 10 * number + static_cast<unsigned>(text_[digits] - '0');
        if (digits == 0 || (digits > 1 && text_[0] == '0') || number > most) return false;
        text_.remove_prefix(digits);
        to = static_cast<std::uint32_t>(number);
        return true;
    }
    constexpr bool take_v4(ipv4_address& to) noexcept {
        std::uint32_t number = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            if ((i != 0 && !take('.')) || !take_number(255, number)) return false;
            to.bytes[i] = static_cast<std::uint8_t>(number);
        }
        return true;
    }
    constexpr bool take_v6(ipv6_address& to) noexcept {
        std::uint16_t groups[8] = {};
        std::size_t count = 0;
        constexpr std::size_t none = 8;
        std::size_t gap = none;  // the groups before "::"
        if (take(':')) {
            if (!take(':')) return false;
            gap = 0;
        }
        while (count < 8 && !(gap == count && !is_digit())) {
            if (take_v4_groups(groups, count)) break;
            if (!take_group(groups[count++])) return false;
            if (count == 8 || !take(':')) break;
            if (!take(':')) continue;
            if (gap != none) return false;
            gap = count;
        }
        if (gap == none ? count != 8 : count == 8) return false;
        for (std::size_t i = count, end = 8; i > gap; --i)
            groups[--end] = std::exchange(groups[i - 1], std::uint16_t{});
        to = ipv6_address::of_groups(groups);
        return !take('%') || take_number(UINT32_MAX, to.scope);
    }

private:
    static constexpr int value_of(char c) noexcept {
        if (c >= '0' && c <= '9') return c - '0';
        const char lower = static_cast<char>(c | 0x20);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }
    constexpr bool is_digit() const noexcept { return !at_end() && value_of(text_.front()) >= 0; }
    constexpr bool take_group(std::uint16_t& to) noexcept {
        unsigned number = 0;
        std::size_t digits = 0;
        for (; digits < 4 && is_digit(); ++digits, text_.remove_prefix(1))
            number = number << 4 | static_cast<unsigned>(value_of(text_.front()));
        to = static_cast<std::uint16_t>(number);
        return digits != 0;
    }
    /// The last two groups, if they are written as an address of version 4.
    constexpr bool take_v4_groups(std::uint16_t (&groups)[8], std::size_t& count) noexcept {
        ip_reader ahead = *this;
        ipv4_address v4;
        if (count > 6 || !ahead.take_v4(v4)) return false;
        for (std::size_t i = 0; i < 4; i += 2)
            groups[count++] = static_cast<std::uint16_t>(v4.bytes[i] << 8 | v4.bytes[i + 1]);
        *this = ahead;
        return true;
    }

    std::string_view text_;
};

/// Appends what addresses consist of to a text.
class ip_writer {
public:
    constexpr explicit ip_writer(char* to) noexcept : start_(to), at_(to) {}

    constexpr std::string_view text() const noexcept { return {start_, static_cast<std::size_t>(at_ - start_)}; }
    /// The text of `address` and nothing else.
    template <class Address>
    constexpr std::string_view all(const Address& address) noexcept {
        put(address);
        return text();
    }
    constexpr void put(char c) noexcept { *at_++ = c; }
    constexpr void put(std::uint32_t number, unsigned base) noexcept {
        char digits[10];
        std::size_t count = 0;
        do digits[count++] = "0123456789abcdef"[number % base];
        while ((number /= base) != 0);
        while (count != 0) put(digits[--count]);
    }
    constexpr void put(const ipv4_address& v4) noexcept {
        for (std::size_t i = 0; i < 4; ++i) {
            if (i != 0) put('.');
            put(v4.bytes[i], 10);
        }
    }
    constexpr void put(const ipv6_address& v6) noexcept {
        const std::size_t groups = v6.is_mapped() ? 6 : 8;
        std::size_t gap = 0, gap_size = 1;  // the first of the longest rows of zeros, if that are two or more
        for (std::size_t i = 0, size = 0; i < groups; ++i) {
            size = v6.group(i) == 0 ? size + 1 : 0;
            if (size > gap_size) gap_size = size, gap = i + 1 - size;
        }
        for (std::size_t i = 0; i < groups; ++i) {
            if (gap_size > 1 && i == gap) {
                put(':'), put(':');
                i += gap_size - 1;
                continue;
            }
            if (i != 0 && !(gap_size > 1 && i == gap + gap_size)) put(':');
            put(v6.group(i), 16);
        }
        if (groups == 6) put(':'), put(v6.v4());
        if (v6.scope != 0) put('%'), put(v6.scope, 10);
    }
    constexpr void put(const ip_address& either) noexcept {
        if (either.is_v6())
            put(either.v6());
        else
            put(either.v4());
    }

private:
    char *start_, *at_;
};

}  // namespace detail

constexpr result<ipv4_address> ipv4_address::parse(std::string_view text) noexcept {
    detail::ip_reader in(text);
    ipv4_address made;
    if (!in.take_v4(made) || !in.at_end()) return fail(errc::malformed, "IPv4 address");
    return made;
}
constexpr std::string_view ipv4_address::write(std::span<char, max_size> to) const noexcept {
    return detail::ip_writer(to.data()).all(*this);
}
constexpr result<ipv6_address> ipv6_address::parse(std::string_view text) noexcept {
    detail::ip_reader in(text);
    ipv6_address made;
    if (!in.take_v6(made) || !in.at_end()) return fail(errc::malformed, "IPv6 address");
    return made;
}
constexpr std::string_view ipv6_address::write(std::span<char, max_size> to) const noexcept {
    return detail::ip_writer(to.data()).all(*this);
}
constexpr std::string_view ip_address::write(std::span<char, max_size> to) const noexcept {
    return detail::ip_writer(to.data()).all(*this);
}

}  // namespace vitte
