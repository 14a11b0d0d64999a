#pragma once /* inet(4), ip(4), ip6(4) */
#ifndef makedev
#error "it wants <sys/types.h> before it"
#endif
#include <stdint.h>
struct in_addr {
    uint32_t s_addr;
};
struct in6_addr {
    uint8_t s6_addr[16];
};
struct sockaddr_in {
    uint8_t sin_len;
    uint8_t sin_family;
    uint16_t sin_port;
    struct in_addr sin_addr;
    char sin_zero[8];
};
struct sockaddr_in6 {
    uint8_t sin6_len;
    uint8_t sin6_family;
    uint16_t sin6_port;
    uint32_t sin6_flowinfo;
    struct in6_addr sin6_addr;
    uint32_t sin6_scope_id;
};
struct ip_mreq {
    struct in_addr imr_multiaddr;
    struct in_addr imr_interface;
};
struct ipv6_mreq {
    struct in6_addr ipv6mr_multiaddr;
    unsigned ipv6mr_interface;
};
enum { IPPROTO_IP = 0, IPPROTO_TCP = 6, IPPROTO_IPV6 = 41 };
enum { IP_TTL = 4, IP_MULTICAST_TTL = 10, IP_MULTICAST_LOOP = 11, IP_ADD_MEMBERSHIP = 12, IP_DROP_MEMBERSHIP = 13 };
enum { IPV6_UNICAST_HOPS = 4, IPV6_MULTICAST_HOPS = 10, IPV6_MULTICAST_LOOP = 11, IPV6_JOIN_GROUP = 12, IPV6_LEAVE_GROUP = 13, IPV6_V6ONLY = 27 };
