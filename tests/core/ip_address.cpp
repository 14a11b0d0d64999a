#include <boost/test/unit_test.hpp>
#include <string>
#include <vitte/core/ip_endpoint.hpp>
#include <vitte/core/ip_network.hpp>

namespace {
using namespace vitte;

/// What is written of what was read; empty if nothing was.
template <class T>
std::string rewritten(std::string_view text) {
    const auto made = T::parse(text);
    char room[T::max_size];
    return made ? std::string(made->write(room)) : "";
}
template <class T>
bool is_refused(std::string_view text) {
    const auto made = T::parse(text);
    return !made && made.error().code == errc::malformed;
}

static_assert(ipv4_address::parse("127.0.0.1").value() == ipv4_address::loopback());
static_assert(ipv6_address::parse("::1").value() == ipv6_address::loopback());
static_assert(ip_network::parse("10.0.0.0/8").value().contains(ipv4_address{{10, 1, 2, 3}}));
}  // namespace

BOOST_AUTO_TEST_SUITE(ip_addresses)

BOOST_AUTO_TEST_CASE(version_4_is_four_decimal_numbers) {
    for (const char* const text : {"0.0.0.0", "1.2.3.4", "127.0.0.1", "192.168.100.1", "255.255.255.255"})
        BOOST_TEST(rewritten<ipv4_address>(text) == text);
    for (const char* const text :
         {"",          "1",          "1.2.3",    "1.2.3.4.5", "1.2.3.4.",         ".1.2.3.4", "1..2.3",
          "256.1.1.1", "1.1.1.1000", "01.2.3.4", "1.2.3.00",  "0x1.2.3.4",        "1.2.3.4 ", " 1.2.3.4",
          "1.2.3.-4",  "1.2.3.+4",   "1,2,3,4",  "1.2.3.4%1", "4294967296.0.0.1", "::1"})
        BOOST_TEST(is_refused<ipv4_address>(text), text);
    BOOST_TEST(is_refused<ipv4_address>(std::string_view("1.2.3.4\0", 8)));
}

/// RFC 4291, 2.2, and RFC 5952, 4.
BOOST_AUTO_TEST_CASE(version_6_has_one_canonical_text) {
    const char* const texts[][2] = {
        {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
        {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
        {"FF01:0:0:0:0:0:0:101", "ff01::101"},
        {"0:0:0:0:0:0:0:1", "::1"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::", "::"},
        {"1::", "1::"},
        {"0:0:0:0:0:0:13.1.68.3", "::d01:4403"},
        {"0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"},
        {"::ffff:8190:3426", "::ffff:129.144.52.38"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"2001:0db8::0001", "2001:db8::1"},
        {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"fe80::1%2", "fe80::1%2"},
        {"fe80::%4294967295", "fe80::%4294967295"},
        {"fe80::1%0", "fe80::1"},
        {"::1.2.3.4%7", "::102:304%7"},
        {"1111:2222:3333:4444:5555:6666:255.255.255.255%4294967295",
         "1111:2222:3333:4444:5555:6666:ffff:ffff%4294967295"},
    };
    for (const auto& [text, canonical] : texts) {
        BOOST_TEST(rewritten<ipv6_address>(text) == canonical);
        BOOST_TEST(rewritten<ipv6_address>(canonical) == canonical);
        BOOST_TEST(rewritten<ip_address>(text) == canonical);
    }
    for (const char* const text : {"",
                                   ":",
                                   ":::",
                                   "1",
                                   "1:2:3:4:5:6:7",
                                   "1:2:3:4:5:6:7:8:9",
                                   "1:2:3:4:5:6:7:8::",
                                   "::1:2:3:4:5:6:7:8",
                                   "1::2::3",
                                   "1:::2",
                                   ":1:2:3:4:5:6:7:8",
                                   ":1::",
                                   "1:",
                                   "1::2:",
                                   "12345::",
                                   "g::",
                                   "::1.2.3",
                                   "::1.2.3.4.5",
                                   "::1.2.3.256",
                                   "1.2.3.4::",
                                   "::1.2.3.4:5",
                                   "1:2:3:4:5:6:7:1.2.3.4",
                                   "1:2:3:4:5:1.2.3.4",
                                   "1:2:3:4:5:6::1.2.3.4",
                                   "::01.2.3.4",
                                   "[::1]",
                                   "::1%",
                                   "::1%x",
                                   "::1%4294967296",
                                   "::1%01",
                                   "::1%1%2",
                                   "%1",
                                   "::1 ",
                                   " ::1",
                                   "1.2.3.4",
                                   "-1::",
                                   "0x1::"})
        BOOST_TEST(is_refused<ipv6_address>(text), text);
}

BOOST_AUTO_TEST_CASE(kinds_are_told_apart) {
    const auto v4 = [](const char* text) { return ipv4_address::parse(text).value(); };
    const auto v6 = [](const char* text) { return ipv6_address::parse(text).value(); };
    BOOST_TEST((v4("127.9.9.9").is_loopback() && !v4("128.0.0.1").is_loopback() && v4("0.0.0.0").is_any()));
    BOOST_TEST(
        (v4("224.0.0.1").is_multicast() && v4("239.255.255.255").is_multicast() && !v4("240.0.0.1").is_multicast()));
    BOOST_TEST((v4("169.254.1.1").is_link_local() && !v4("169.253.1.1").is_link_local() &&
                v4("255.255.255.255").is_broadcast()));
    for (const char* const text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"})
        BOOST_TEST(v4(text).is_private());
    for (const char* const text : {"11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1"})
        BOOST_TEST(!v4(text).is_private());
    BOOST_TEST(
        (v6("::1%3").is_loopback() && v6("::%3").is_any() && !v6("::2").is_loopback() && v6("ff02::1").is_multicast()));
    BOOST_TEST((v6("fe80::1").is_link_local() && v6("febf::1").is_link_local() && !v6("fec0::1").is_link_local()));
    BOOST_TEST(
        (v6("fc00::1").is_unique_local() && v6("fdff::1").is_unique_local() && !v6("fe00::1").is_unique_local()));
    BOOST_TEST((v6("::ffff:1.2.3.4").is_mapped() && v6("::ffff:1.2.3.4").v4() == v4("1.2.3.4") &&
                !v6("::1.2.3.4").is_mapped()));
    BOOST_TEST((ip_address(v4("1.2.3.4")).v6() == v6("::ffff:1.2.3.4") &&
                ip_address(v4("1.2.3.4")) != ip_address(v6("::ffff:1.2.3.4"))));
    BOOST_TEST((ip_address(v4("9.9.9.9")) < ip_address(v6("::")) &&
                ip_address(v4("1.2.3.4")) < ip_address(v4("1.2.4.3")) && v6("::1") < v6("::1%1")));
    BOOST_TEST((ip_address() == v4("0.0.0.0") && ip_address(v6("fe80::1")).is_link_local() &&
                ip_address(v4("127.0.0.1")).is_loopback()));
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_what_it_stands_for) {
    const auto of = [](const char* text) { return ip_address::parse(text).value(); };
    BOOST_TEST((of("::ffff:127.0.0.1").is_loopback() && of("::ffff:7f00:1%2").is_loopback() &&
                of("::ffff:0.0.0.0").is_any() && of("::ffff:224.0.0.1").is_multicast() &&
                of("::ffff:169.254.169.254").is_link_local()));
    BOOST_TEST((!of("::ffff:1.2.3.4").is_loopback() && !of("::127.0.0.1").is_loopback()));
    BOOST_TEST((of("::ffff:1.2.3.4").unmapped() == of("1.2.3.4") && of("1.2.3.4").unmapped() == of("1.2.3.4") &&
                of("fe80::1%2").unmapped() == of("fe80::1%2")));
}

BOOST_AUTO_TEST_CASE(endpoints_have_a_port) {
    for (const char* const text :
         {"1.2.3.4:0", "127.0.0.1:80", "[::]:65535", "[2001:db8::1]:443", "[fe80::1%2]:22", "[::ffff:1.2.3.4]:1"})
        BOOST_TEST(rewritten<ip_endpoint>(text) == text);
    for (const char* const text :
         {"", ":", "1.2.3.4", "1.2.3.4:", ":80", "1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4:-1", "1.2.3.4:80 ", "::1:80",
          "[::1]", "[::1]80", "[::1]:", "[1.2.3.4]:80", "[::1:80", "::1]:80", "[]:80", "[:80", "host:80"})
        BOOST_TEST(is_refused<ip_endpoint>(text), text);
    const auto made = ip_endpoint::parse("[::1]:80");
    BOOST_TEST((made && made->port == 80 && made->address == ipv6_address::loopback()));
}

BOOST_AUTO_TEST_CASE(networks_contain_what_begins_alike) {
    for (const char* const text :
         {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "1.2.3.4/32", "::/0", "2001:db8::/32", "fe80::/10", "::1/128"})
        BOOST_TEST(rewritten<ip_network>(text) == text);
    for (const char* const text :
         {"", "/", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "::/129", "1.2.3.4/08", "10/8", "::1/-1", "::1/128/1", "/8"})
        BOOST_TEST(is_refused<ip_network>(text), text);
    const auto untidy = ip_network::parse("10.0.0.1/8");
    BOOST_TEST((!untidy && untidy.error().code == errc::invalid_argument));
    const auto is_in = [](const char* address, const char* network) {
        return ip_network::parse(network).value().contains(ip_address::parse(address).value());
    };
    BOOST_TEST(
        (is_in("10.255.255.255", "10.0.0.0/8") && !is_in("11.0.0.0", "10.0.0.0/8") && is_in("1.2.3.4", "0.0.0.0/0")));
    BOOST_TEST((is_in("192.0.2.129", "192.0.2.128/25") && !is_in("192.0.2.127", "192.0.2.128/25") &&
                is_in("1.2.3.4", "1.2.3.4/32")));
    BOOST_TEST((is_in("febf:ffff::1%4", "fe80::/10") && !is_in("fec0::", "fe80::/10") && is_in("::1", "::1/128")));
    BOOST_TEST((!is_in("::ffff:10.0.0.1", "10.0.0.0/8") && !is_in("10.0.0.1", "::/0")));
    BOOST_TEST((ip_network(ipv4_address{{10, 1, 2, 3}}, 8) == ip_network::parse("10.0.0.0/8").value()));
}

BOOST_AUTO_TEST_SUITE_END()
