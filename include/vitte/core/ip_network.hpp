/// Sets of addresses that begin with the same bits (RFC 4632, RFC 4291 2.3), and their texts.
#pragma once

#include <vitte/core/ip_address.hpp>

namespace vitte {

class ip_network {
public:
    static constexpr std::size_t max_size = ip_address::max_size + 4;  ///< characters of its text

    /// Of 0.0.0.0 alone.
    constexpr ip_network() noexcept = default;
    /// The network of `length` bits that `member` is in: at most 32 or 128.
    constexpr ip_network(const ip_address& member, unsigned length) noexcept
        : first_(cut(member, length)), length_(length) {}

    constexpr const ip_address& first() const noexcept { return first_; }
    constexpr unsigned length() const noexcept { return length_; }
    /// Addresses of the other version are in none, mapped ones in none of version 4 (see `ip_address::unmapped`); zones
    /// do not matter.
    constexpr bool contains(const ip_address& address) const noexcept {
        return length_ <= bits_of(address) && address.is_v6() == first_.is_v6() && cut(address, length_) == first_;
    }

    /// A text like "192.0.2.0/24" or "2001:db8::/32". `errc::malformed` if `text` is anything else,
    /// `errc::invalid_argument` if the address has bits behind the prefix.
    static constexpr result<ip_network> parse(std::string_view text) noexcept {
        const std::size_t slash = text.rfind('/');
        if (slash == text.npos) return fail(errc::malformed, "network without a length");
        VITTE_TRY(const ip_address address, ip_address::parse(text.substr(0, slash)));
        detail::ip_reader in(text.substr(slash + 1));
        std::uint32_t length = 0;
        if (!in.take_number(bits_of(address), length) || !in.at_end())
            return fail(errc::malformed, "length of a network");
        const ip_network made(address, length);
        if (made.first_ != address) return fail(errc::invalid_argument, "bits behind a network's prefix");
        return made;
    }
    /// Writes its canonical text to `to`; returns it.
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept {
        detail::ip_writer out(to.data());
        out.put(first_), out.put('/'), out.put(length_, 10);
        return out.text();
    }

    friend constexpr bool operator==(const ip_network&, const ip_network&) = default;

private:
    static constexpr unsigned bits_of(const ip_address& address) noexcept { return address.is_v6() ? 128 : 32; }
    static constexpr ip_address cut(const ip_address& address, unsigned length) noexcept {
        VITTE_ASSERT(length <= bits_of(address));
        ipv6_address made = address.v6().without_scope();
        const unsigned kept = length + 128 - bits_of(address);
        for (unsigned i = 0; i < 16; ++i) {
            const unsigned bits = kept < 8 * i ? 0 : kept - 8 * i;
            if (bits < 8) made.bytes[i] &= static_cast<std::uint8_t>(0xff00u >> bits);
        }
        if (address.is_v6()) return made;
        return made.v4();
    }

    ip_address first_;
    unsigned length_ = 32;
};

}  // namespace vitte
