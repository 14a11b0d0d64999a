/// Where a service of TCP or UDP is: an address and a port, and their text.
#pragma once

#include <vitte/core/ip_address.hpp>

namespace vitte {

struct ip_endpoint {
    static constexpr std::size_t max_size = ip_address::max_size + 8;  ///< characters of its text

    ip_address address;
    std::uint16_t port = 0;

    /// A text like "192.0.2.1:80" or "[2001:db8::1]:80" (RFC 3986, 3.2.2), with both parts. `errc::malformed` if `text`
    /// is anything else.
    static constexpr result<ip_endpoint> parse(std::string_view text) noexcept {
        const std::size_t colon = text.rfind(':');
        std::uint32_t port = 0;
        if (colon == text.npos) return fail(errc::malformed, "endpoint without a port");
        detail::ip_reader in(text.substr(colon + 1));
        if (!in.take_number(65535, port) || !in.at_end()) return fail(errc::malformed, "port of an endpoint");
        std::string_view host = text.substr(0, colon);
        const bool bracketed = host.size() > 1 && host.front() == '[' && host.back() == ']';
        if (bracketed) host = host.substr(1, host.size() - 2);
        VITTE_TRY(const ip_address address, ip_address::parse(host));
        if (bracketed != address.is_v6()) return fail(errc::malformed, "brackets of an endpoint");
        return ip_endpoint{address, static_cast<std::uint16_t>(port)};
    }
    /// Writes its canonical text (RFC 5952, 6) to `to`; returns it.
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept {
        detail::ip_writer out(to.data());
        if (address.is_v6()) out.put('[');
        out.put(address);
        if (address.is_v6()) out.put(']');
        out.put(':'), out.put(port, 10);
        return out.text();
    }

    friend constexpr bool operator==(const ip_endpoint&, const ip_endpoint&) = default;
    friend constexpr auto operator<=>(const ip_endpoint&, const ip_endpoint&) = default;
};

}  // namespace vitte
