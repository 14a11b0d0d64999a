/* Addresses and messages of sockets, as all of the systems have them. */
struct target_sockaddr {
    uint8_t sa_len;
    uint8_t sa_family;
    char sa_data[14];
};
struct target_sockaddr_un {
    uint8_t sun_len;
    uint8_t sun_family;
    char sun_path[104];
};
struct target_in_addr {
    uint32_t s_addr;
};
struct target_in6_addr {
    uint8_t s6_bytes[16];
};
struct target_sockaddr_in {
    uint8_t sin_len;
    uint8_t sin_family;
    uint16_t sin_port;
    struct target_in_addr sin_addr;
    char sin_zero[8];
};
struct target_sockaddr_in6 {
    uint8_t sin6_len;
    uint8_t sin6_family;
    uint16_t sin6_port;
    uint32_t sin6_flowinfo;
    struct target_in6_addr sin6_addr;
    uint32_t sin6_scope_id;
};
struct target_linger {
    int l_onoff;
    int l_linger;
};
struct target_ip_mreq {
    struct target_in_addr imr_multiaddr;
    struct target_in_addr imr_interface;
};
struct target_ip_mreqn {
    struct target_in_addr imr_multiaddr;
    struct target_in_addr imr_address;
    int imr_ifindex;
};
struct target_ipv6_mreq {
    struct target_in6_addr ipv6mr_multiaddr;
    unsigned ipv6mr_interface;
};
struct target_msghdr {
    void* msg_name;
    uint32_t msg_namelen;
    struct iovec* msg_iov;
#if defined(__OpenBSD__) || defined(TARGET_OPENBSD)
    unsigned msg_iovlen;
#else
    int msg_iovlen;
#endif
    void* msg_control;
    uint32_t msg_controllen;
    int msg_flags;
};
struct target_addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    uint32_t ai_addrlen;
#if defined(__OpenBSD__) || defined(TARGET_OPENBSD)
    struct target_sockaddr* ai_addr;
    char* ai_canonname;
#else
    char* ai_canonname;
    struct target_sockaddr* ai_addr;
#endif
    struct target_addrinfo* ai_next;
};
struct target_cmsghdr {
    uint32_t cmsg_len;
    int cmsg_level;
    int cmsg_type;
};
#if defined(__APPLE__) || defined(TARGET_DARWIN)
#define target_cmsg_alignment 4
#elif (defined(__NetBSD__) || defined(TARGET_NETBSD)) && defined(__aarch64__)
#define target_cmsg_alignment 16
#else
#define target_cmsg_alignment sizeof(long)
#endif
#define target_cmsg_align(size) (((size) + (size_t)target_cmsg_alignment - 1) & ~((size_t)target_cmsg_alignment - 1))
