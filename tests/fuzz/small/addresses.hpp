// Texts of addresses are read as the C library reads them, and what is written is read again as the
// same.
#pragma once

#include <arpa/inet.h>

#include <string>
#include <vitte/core/ip_endpoint.hpp>
#include <vitte/core/ip_network.hpp>
#include <vitte/core/unix_address.hpp>

#include "../require.hpp"

namespace {

template <class Address>
void comes_back(std::string_view text) {
    const auto made = Address::parse(text);
    if (!made) return;
    char room[Address::max_size];
    const std::string_view written = made->write(room);
    require(written.size() <= sizeof room);
    const auto again = Address::parse(written);
    require(again && *again == *made);
}

/// Zones are numbers here, and in the C library names, too.
template <class Address>
void agrees(int family, std::string_view text) {
    if (text.find_first_of(std::string_view("%\0", 2)) != text.npos) return;
    Address theirs;
    const auto ours = Address::parse(text);
    const bool is_one = inet_pton(family, std::string(text).c_str(), theirs.bytes) == 1;
    require(ours.has_value() == is_one && (!ours || *ours == theirs));
}

}  // namespace

inline void fuzz_addresses(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size < 300 ? size : 300);
    agrees<vitte::ipv4_address>(AF_INET, text);
    agrees<vitte::ipv6_address>(AF_INET6, text);
    comes_back<vitte::ip_address>(text);
    comes_back<vitte::ip_endpoint>(text);
    comes_back<vitte::ip_network>(text);
    const auto made = vitte::unix_address::parse(text);
    require(made.has_value() == (!text.empty() && text.size() <= vitte::unix_address::most &&
                                 (text[0] == '@' || text.find('\0') == text.npos)));
    if (!made) return;
    char room[vitte::unix_address::max_size];
    require(made->write(room) == text);
    if (const auto path = vitte::unix_address::at_path(text))
        require(vitte::unix_address::parse(path->write(room)).value_or(*path).is_abstract() == false);
}
