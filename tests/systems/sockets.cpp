// Sockets: their addresses, options and messages as the system lays them out, and in what it treats them differently.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "host.hpp"

#include "include/layout/socket.hpp"

using namespace systems;

namespace {

constexpr pair families[] = {PAIR(AF_UNIX), PAIR(AF_INET), PAIR(AF_INET6)};

/// What our calls must know of a socket is kept where Linux has its priority, which all descriptors of it share.
enum mark : int { without_signal = 1, has_connected = 2 };

int marks(int socket) {
    int bits = 0;
    socklen_t size = sizeof bits;
    return ::getsockopt(socket, SOL_SOCKET, SO_PRIORITY, &bits, &size) == 0 ? bits : 0;
}
void set_marks(int socket, int bits) { ::setsockopt(socket, SOL_SOCKET, SO_PRIORITY, &bits, sizeof bits); }

int number_of(int socket, int name) {
    int number = 0;
    socklen_t size = sizeof number;
    return ::getsockopt(socket, SOL_SOCKET, name, &number, &size) == 0 ? number : -1;
}
bool is_local(int socket) { return number_of(socket, SO_DOMAIN) == AF_UNIX; }
bool is_connected(int socket) {
    sockaddr_storage any;
    socklen_t size = sizeof any;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&any), &size) == 0;
}
/// Whether a connection that there was is over in both directions.
bool is_over(int socket) {
    pollfd asked{socket, 0, 0};
    return (marks(socket) & has_connected) != 0 && ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLHUP) != 0;
}

/// An address of the system for Linux; `error` if the system refuses it.
struct host_address {
    sockaddr_storage any{};
    socklen_t size = 0;
    int error = 0;

    host_address(const target_sockaddr* from, std::uint32_t length) {
        const auto family = length < 2 ? std::nullopt : host_number(families, from->sa_family);
        error = length < 2 || length > 255 ? TARGET_EINVAL : family ? 0 : TARGET_EAFNOSUPPORT;
        if (error == 0 && *family == AF_UNIX) set_local(from, length);
        else if (error == 0 && *family == AF_INET) set<sockaddr_in, target_sockaddr_in>(from, length);
        else if (error == 0) set<sockaddr_in6, target_sockaddr_in6>(from, length);
        any.ss_family = static_cast<sa_family_t>(family.value_or(AF_UNSPEC));
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&any); }

private:
    /// Behind the family they are the same everywhere.
    template <class Host, class Target>
    void set(const target_sockaddr* from, std::uint32_t length) {
        static_assert(sizeof(Host) == sizeof(Target));
        if (length != sizeof(Target)) error = TARGET_EINVAL;
        else std::memcpy(reinterpret_cast<char*>(&any) + 2, reinterpret_cast<const char*>(from) + 2, (size = length) - 2);
    }
    /// The name ends with a NUL, or where the address does; there is none that begins with one.
    void set_local(const target_sockaddr* from, std::uint32_t length) {
        const char* const path = reinterpret_cast<const target_sockaddr_un*>(from)->sun_path;
        const std::size_t name = ::strnlen(path, length - 2);
        if (length == 2 || length > sizeof(target_sockaddr_un)) error = TARGET_EINVAL;
        else if (name == 0) error = TARGET_ENOENT;
        std::memcpy(reinterpret_cast<sockaddr_un*>(&any)->sun_path, path, name);
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name + 1);
    }
};

/// An address of Linux for the system, cut off at `*size`, which becomes its length.
void tell(const sockaddr_storage& from, socklen_t length, void* to, std::uint32_t* size) {
    if (to == nullptr) return;
    char made[sizeof(target_sockaddr_un)] = {};
    std::uint32_t whole = length;
    if (from.ss_family == AF_UNIX) {
        const auto* const path = reinterpret_cast<const sockaddr_un*>(&from)->sun_path;
        const std::size_t room = length > 2 ? length - 2 : 0, name = ::strnlen(path, std::min<std::size_t>(room, 103));
        std::memcpy(made + 2, path, name);
        whole = name == 0 ? sizeof(target_sockaddr) : static_cast<std::uint32_t>(2 + name + 1);  // of one without a name: sun_noname
    } else {
        std::memcpy(made, &from, std::min<std::size_t>(sizeof made, length));
    }
    made[0] = static_cast<char>(whole);
    made[1] = 0;
    for (const pair& one : families)
        if (one.host == from.ss_family) made[1] = static_cast<char>(one.target);
    std::memcpy(to, made, std::min(*size, whole));
    *size = whole;
}

/// The kind of a socket in Linux's numbers, with what is set at once.
std::optional<int> host_kind(int kind) {
    static constexpr pair kinds[] = {PAIR(SOCK_STREAM), PAIR(SOCK_DGRAM), PAIR(SOCK_SEQPACKET)};
#if defined(TARGET_SOCK_CLOEXEC)
    static constexpr pair known[] = {PAIR(SOCK_CLOEXEC), PAIR(SOCK_NONBLOCK)};
    const auto bits = host_bits(known, kind & ~15);
    const auto number = host_number(kinds, kind & 15);
    return bits && number ? std::optional(*number | *bits) : std::nullopt;
#else
    return host_number(kinds, kind);
#endif
}
std::optional<int> host_flags(int flags) {
    static constexpr pair known[] = {
        PAIR(MSG_OOB), PAIR(MSG_PEEK), PAIR(MSG_DONTWAIT), PAIR(MSG_WAITALL), PAIR(MSG_EOR),
#if defined(TARGET_MSG_CMSG_CLOEXEC)
        PAIR(MSG_CMSG_CLOEXEC),
#endif
        {here.flags_raise_signals ? 0 : MSG_NOSIGNAL, TARGET_MSG_NOSIGNAL},
    };
    return host_bits(known, flags);
}
/// Those of what is sent, with Linux's for sockets that raise no signal.
std::optional<int> host_send_flags(int socket, int flags) {
    const auto bits = host_flags(flags);
    if (bits && (marks(socket) & without_signal) != 0) return *bits | MSG_NOSIGNAL;
    return bits;
}

/// What was sent: local sockets end where Linux's say that they were reset, and nobody waits for the room of a receiver.
/// VITTE_SEND_ERROR is what else it fails with, if it fails.
ssize_t told_sent(int socket, ssize_t sent) {
    if (const long failed = setting("VITTE_SEND_ERROR", 0); sent == -1 && failed != 0) return refuse<ssize_t>(static_cast<int>(failed));
    if (sent != -1 || !is_local(socket)) return told(sent);
    if (errno == ECONNRESET && number_of(socket, SO_TYPE) == SOCK_STREAM) return refuse<ssize_t>(TARGET_EPIPE);
    if (errno == EAGAIN && number_of(socket, SO_TYPE) == SOCK_DGRAM) return refuse<ssize_t>(TARGET_ENOBUFS);
    return told(sent);
}
ssize_t told_received(int socket, ssize_t came) {
    if (came == -1 && errno == ECONNRESET && is_local(socket)) return 0;
    return told(came);
}
/// A message is never longer than the buffer it is sent from.
bool is_too_long(int socket, std::size_t size) {
    return number_of(socket, SO_TYPE) == SOCK_DGRAM && size > static_cast<std::size_t>(number_of(socket, SO_SNDBUF)) / 2;
}

/// How options translate: `told` is what the system tells of one that is set, 0 for numbers.
struct option {
    int level, name, host_level, host_name, told;
};
constexpr option options[] = {
    {TARGET_SOL_SOCKET, TARGET_SO_REUSEADDR, SOL_SOCKET, SO_REUSEADDR, TARGET_SO_REUSEADDR},
    {TARGET_SOL_SOCKET, TARGET_SO_REUSEPORT, SOL_SOCKET, SO_REUSEPORT, TARGET_SO_REUSEPORT},
#if defined(TARGET_SO_REUSEPORT_LB)
    {TARGET_SOL_SOCKET, TARGET_SO_REUSEPORT_LB, SOL_SOCKET, SO_REUSEPORT, TARGET_SO_REUSEPORT_LB},
#endif
    {TARGET_SOL_SOCKET, TARGET_SO_BROADCAST, SOL_SOCKET, SO_BROADCAST, TARGET_SO_BROADCAST},
    {TARGET_SOL_SOCKET, TARGET_SO_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, TARGET_SO_KEEPALIVE},
    {TARGET_SOL_SOCKET, TARGET_SO_ERROR, SOL_SOCKET, SO_ERROR, 0},
    {TARGET_SOL_SOCKET, TARGET_SO_RCVBUF, SOL_SOCKET, SO_RCVBUF, 0},
    {TARGET_SOL_SOCKET, TARGET_SO_SNDBUF, SOL_SOCKET, SO_SNDBUF, 0},
    {TARGET_IPPROTO_TCP, TARGET_TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY, 4},  // TF_NODELAY
#if defined(TARGET_TCP_NOPUSH)
    {TARGET_IPPROTO_TCP, TARGET_TCP_NOPUSH, IPPROTO_TCP, TCP_CORK, 0x1000},  // TF_NOPUSH
#endif
#if defined(TARGET_TCP_KEEPIDLE)
    {TARGET_IPPROTO_TCP, TARGET_TCP_KEEPIDLE, IPPROTO_TCP, TCP_KEEPIDLE, 0},
#elif defined(TARGET_TCP_KEEPALIVE)
    {TARGET_IPPROTO_TCP, TARGET_TCP_KEEPALIVE, IPPROTO_TCP, TCP_KEEPIDLE, 0},
#endif
#if defined(TARGET_TCP_KEEPINTVL)
    {TARGET_IPPROTO_TCP, TARGET_TCP_KEEPINTVL, IPPROTO_TCP, TCP_KEEPINTVL, 0},
    {TARGET_IPPROTO_TCP, TARGET_TCP_KEEPCNT, IPPROTO_TCP, TCP_KEEPCNT, 0},
#endif
#if defined(TARGET_TCP_FASTOPEN)
    {TARGET_IPPROTO_TCP, TARGET_TCP_FASTOPEN, IPPROTO_TCP, TCP_FASTOPEN, 0},
#endif
    {TARGET_IPPROTO_IP, TARGET_IP_TTL, IPPROTO_IP, IP_TTL, 0},
    {TARGET_IPPROTO_IP, TARGET_IP_MULTICAST_TTL, IPPROTO_IP, IP_MULTICAST_TTL, 0},
    {TARGET_IPPROTO_IP, TARGET_IP_MULTICAST_LOOP, IPPROTO_IP, IP_MULTICAST_LOOP, 0},
    {TARGET_IPPROTO_IPV6, TARGET_IPV6_V6ONLY, IPPROTO_IPV6, IPV6_V6ONLY, 0},
    {TARGET_IPPROTO_IPV6, TARGET_IPV6_UNICAST_HOPS, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0},
    {TARGET_IPPROTO_IPV6, TARGET_IPV6_MULTICAST_HOPS, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 0},
    {TARGET_IPPROTO_IPV6, TARGET_IPV6_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0},
};
const option* option_of(int level, int name) {
    for (const option& one : options)
        if (one.level == level && one.name == name) return &one;
    return nullptr;
}
bool may_be_a_byte(const option& one) {
    return one.host_level == IPPROTO_IP && (one.host_name == IP_MULTICAST_TTL || one.host_name == IP_MULTICAST_LOOP);
}
bool is_buffer(const option& one) {
    return one.host_level == SOL_SOCKET && (one.host_name == SO_RCVBUF || one.host_name == SO_SNDBUF);
}

/// How much of a second SO_LINGER counts in.
int linger_unit(int level, int name) {
    if (level != TARGET_SOL_SOCKET) return 0;
#if defined(TARGET_SO_LINGER_SEC)
    if (name == TARGET_SO_LINGER_SEC) return 1;
    return name == TARGET_SO_LINGER ? 100 : 0;  // ticks
#else
    return name == TARGET_SO_LINGER ? 1 : 0;
#endif
}

/// The interface of a group, and the address, as Linux takes them.
int change_group(int socket, bool joins, const void* from, std::uint32_t size) {
    ip_mreqn made{};
    if (size == sizeof(target_ip_mreq)) std::memcpy(&made, from, size);  // which begins as the other
    else if (size == sizeof(target_ip_mreqn) && here.groups_have_numbers) std::memcpy(&made, from, size);
    else return refuse(TARGET_EINVAL);
    return told(::setsockopt(socket, IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &made, sizeof made));
}

/// The only control message that there may be: descriptors.
std::optional<std::vector<char>> host_control(const target_msghdr& from) {
    const auto* const part = static_cast<const target_cmsghdr*>(from.msg_control);
    constexpr std::size_t header = target_cmsg_align(sizeof *part);
    if (from.msg_controllen < header || part->cmsg_len < header) return std::nullopt;
    if (part->cmsg_level != TARGET_SOL_SOCKET || part->cmsg_type != TARGET_SCM_RIGHTS) return std::nullopt;
    if (from.msg_controllen != part->cmsg_len && from.msg_controllen != target_cmsg_align(part->cmsg_len)) return std::nullopt;
    const std::size_t size = part->cmsg_len - header;
    std::vector<char> made(CMSG_SPACE(size));
    auto* const to = reinterpret_cast<cmsghdr*>(made.data());
    *to = {};
    to->cmsg_len = CMSG_LEN(size);
    to->cmsg_level = SOL_SOCKET;
    to->cmsg_type = SCM_RIGHTS;
    std::memcpy(CMSG_DATA(to), reinterpret_cast<const char*>(part) + header, size);
    return made;
}
/// Descriptors for which there is no room are closed.
void tell_control(msghdr& from, target_msghdr& to) {
    const std::size_t room = to.msg_control == nullptr ? 0 : to.msg_controllen;
    to.msg_controllen = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&from); part != nullptr; part = CMSG_NXTHDR(&from, part)) {
        const std::size_t size = part->cmsg_len - CMSG_LEN(0);
        constexpr std::size_t header = target_cmsg_align(sizeof(target_cmsghdr));
        if (header + size > room) {
            for (std::size_t i = 0; i < size / sizeof(int); ++i) ::close(reinterpret_cast<int*>(CMSG_DATA(part))[i]);
            to.msg_flags |= TARGET_MSG_CTRUNC;
            continue;
        }
        const target_cmsghdr made{static_cast<std::uint32_t>(header + size), TARGET_SOL_SOCKET, TARGET_SCM_RIGHTS};
        std::memcpy(to.msg_control, &made, sizeof made);
        std::memcpy(static_cast<char*>(to.msg_control) + header, CMSG_DATA(part), size);
        to.msg_controllen = static_cast<std::uint32_t>(std::min(room, header + target_cmsg_align(size)));
    }
}

int accepted(int socket, int flags, void* to, std::uint32_t* size) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const int made = ::accept4(socket, reinterpret_cast<sockaddr*>(&from), &length, flags);
    if (made == -1) return told(-1);
    set_marks(made, (marks(socket) & without_signal) | has_connected);
    tell(from, length, to, size);
    return made;
}

template <class Call>
int named(Call call, int socket, void* to, std::uint32_t* size) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    if (call(socket, reinterpret_cast<sockaddr*>(&from), &length) == -1) return told(-1);
    tell(from, length, to, size);
    return 0;
}

}  // namespace

extern "C" {

int target_socket(int family, int kind, int protocol) {
    const auto host_family = host_number(families, family);
    const auto host = host_kind(kind);
    if (!host_family) return refuse(TARGET_EAFNOSUPPORT);
    const int type = host.value_or(0) & 15;
    if (!host || (type == SOCK_SEQPACKET && !here.sequences_local_messages)) return refuse(TARGET_EPROTONOSUPPORT);
    const int made = ::socket(*host_family, *host, protocol);
    const int longest = *host_family == AF_UNIX ? 2048 : 9216;
    if (made != -1 && type == SOCK_DGRAM) ::setsockopt(made, SOL_SOCKET, SO_SNDBUF, &longest, sizeof longest);
    return told(made);
}
int target_socketpair(int family, int kind, int protocol, int* ends) {
    const auto host = host_kind(kind);
    if (family != TARGET_AF_UNIX) return refuse(TARGET_EOPNOTSUPP);
    if (!host || ((*host & 15) == SOCK_SEQPACKET && !here.sequences_local_messages)) return refuse(TARGET_EPROTONOSUPPORT);
    if (::socketpair(AF_UNIX, *host, protocol, ends) == -1) return told(-1);
    for (int i = 0; i < 2; ++i) set_marks(ends[i], has_connected);
    return 0;
}
int target_bind(int socket, const target_sockaddr* to, std::uint32_t size) {
    const host_address address(to, size);
    return address.error != 0 ? refuse(address.error) : told(::bind(socket, address.get(), address.size));
}
int target_listen(int socket, int backlog) { return told(::listen(socket, backlog)); }
/// It inherits whether it blocks.
int target_accept(int socket, target_sockaddr* from, std::uint32_t* size) {
    const int bits = ::fcntl(socket, F_GETFL);
    return accepted(socket, bits != -1 && (bits & O_NONBLOCK) != 0 ? SOCK_NONBLOCK : 0, from, size);
}
#if defined(TARGET_SOCK_CLOEXEC)
int target_accept4(int socket, target_sockaddr* from, std::uint32_t* size, int flags) {
    static constexpr pair known[] = {PAIR(SOCK_CLOEXEC), PAIR(SOCK_NONBLOCK)};
    const auto bits = host_bits(known, flags);
    return bits ? accepted(socket, *bits, from, size) : refuse(TARGET_EINVAL);
}
#endif
int target_connect(int socket, const target_sockaddr* to, std::uint32_t size) {
    const host_address address(to, size);
    if (address.error != 0) return refuse(address.error);
    const int before = marks(socket), done = ::connect(socket, address.get(), address.size);
    const int failed = done == -1 ? errno : 0;
    if (number_of(socket, SO_TYPE) == SOCK_DGRAM) return errno = failed, told(done);
    if (done == 0 || failed == EINPROGRESS || failed == ECONNREFUSED) set_marks(socket, before | has_connected);
    if (done == 0 && (before & has_connected) != 0) return refuse(TARGET_EISCONN);  // Linux says so from the next call on
    if (address.any.ss_family == AF_UNIX && failed == EAGAIN) return refuse(TARGET_ECONNREFUSED);
    struct stat s {};
    if (address.any.ss_family == AF_UNIX && failed == ECONNREFUSED &&
        ::stat(reinterpret_cast<const sockaddr_un*>(&address.any)->sun_path, &s) == 0 && !S_ISSOCK(s.st_mode))
        return refuse(TARGET_ENOTSOCK);
    errno = failed;
    return told(done);
}

ssize_t target_recv(int socket, void* to, size_t size, int flags) {
    const auto bits = host_flags(flags);
    return bits ? told_received(socket, ::recv(socket, to, size, *bits)) : refuse<ssize_t>(TARGET_EINVAL);
}
ssize_t target_send(int socket, const void* from, size_t size, int flags) {
    const auto bits = host_send_flags(socket, flags);
    if (!bits) return refuse<ssize_t>(TARGET_EINVAL);
    if (is_too_long(socket, size)) return refuse<ssize_t>(TARGET_EMSGSIZE);
    return told_sent(socket, ::send(socket, from, size, *bits));
}
ssize_t target_sendto(int socket, const void* from, size_t size, int flags, const target_sockaddr* to, std::uint32_t length) {
    const auto bits = host_send_flags(socket, flags);
    const host_address address(to, length);
    if (!bits || address.error != 0) return refuse<ssize_t>(bits ? address.error : TARGET_EINVAL);
    if (is_connected(socket)) return refuse<ssize_t>(TARGET_EISCONN);
    if (is_too_long(socket, size)) return refuse<ssize_t>(TARGET_EMSGSIZE);
    return told_sent(socket, ::sendto(socket, from, size, *bits, address.get(), address.size));
}
ssize_t target_recvmsg(int socket, target_msghdr* to, int flags) {
    const auto bits = host_flags(flags);
    if (!bits) return refuse<ssize_t>(TARGET_EINVAL);
    if (to->msg_iovlen < 1 || to->msg_iovlen > 1024) return refuse<ssize_t>(TARGET_EMSGSIZE);
    sockaddr_storage from{};
    alignas(cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))];
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = to->msg_iov;
    message.msg_iovlen = static_cast<std::size_t>(to->msg_iovlen);
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t came = ::recvmsg(socket, &message, *bits);
    if (came == -1) return told_received(socket, came);
    to->msg_flags = (message.msg_flags & MSG_TRUNC) != 0 ? TARGET_MSG_TRUNC : 0;
    if (message.msg_namelen != 0) tell(from, message.msg_namelen, to->msg_name, &to->msg_namelen);
    else if (is_local(socket) && number_of(socket, SO_TYPE) == SOCK_DGRAM) from.ss_family = AF_UNIX, tell(from, 2, to->msg_name, &to->msg_namelen);
    else to->msg_namelen = 0;
    tell_control(message, *to);
    return came;
}
ssize_t target_sendmsg(int socket, const target_msghdr* from, int flags) {
    const auto bits = host_send_flags(socket, flags);
    if (!bits || from->msg_name != nullptr) return refuse<ssize_t>(TARGET_EINVAL);
    if (from->msg_iovlen < 1 || from->msg_iovlen > 1024) return refuse<ssize_t>(TARGET_EMSGSIZE);
    msghdr message{};
    message.msg_iov = from->msg_iov;
    message.msg_iovlen = static_cast<std::size_t>(from->msg_iovlen);
    std::optional<std::vector<char>> control;
    if (from->msg_controllen != 0) {
        control = host_control(*from);
        if (!control) return refuse<ssize_t>(TARGET_EINVAL);
        message.msg_control = control->data();
        message.msg_controllen = control->size();
    }
    return told_sent(socket, ::sendmsg(socket, &message, *bits));
}

int target_shutdown(int socket, int how) { return told(::shutdown(socket, how)); }  // SHUT_RD and so on are the same everywhere
int target_getsockname(int socket, target_sockaddr* to, std::uint32_t* size) { return named(::getsockname, socket, to, size); }
int target_getpeername(int socket, target_sockaddr* to, std::uint32_t* size) {
    if (here.nothing_of_what_is_over && is_over(socket)) return refuse(TARGET_EINVAL);
    return named(::getpeername, socket, to, size);
}
int target_getpeereid(int socket, uid_t* user, gid_t* group) {
    ucred told_of{};
    socklen_t size = sizeof told_of;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &told_of, &size) == -1) return told(-1);
    if (!is_local(socket) || !is_connected(socket)) return refuse(TARGET_ENOTCONN);
    *user = told_of.uid;
    *group = told_of.gid;
    return 0;
}

int target_getsockopt(int socket, int level, int name, void* to, std::uint32_t* size) {
    if (const int unit = linger_unit(level, name); unit != 0) {
        linger made{};
        socklen_t length = sizeof made;
        if (::getsockopt(socket, SOL_SOCKET, SO_LINGER, &made, &length) == -1) return told(-1);
        const target_linger all{made.l_onoff != 0 ? TARGET_SO_LINGER : 0, made.l_linger * unit};
        if (*size < sizeof all) return refuse(TARGET_EINVAL);
        std::memcpy(to, &all, *size = sizeof all);
        return 0;
    }
    const option* const known = option_of(level, name);
    if (known == nullptr) return refuse(TARGET_ENOPROTOOPT);
    int number = 0;
    socklen_t length = sizeof number;
    if (::getsockopt(socket, known->host_level, known->host_name, &number, &length) == -1) return told(-1);
    if (known->host_name == SO_ERROR && level == TARGET_SOL_SOCKET && number != 0) number = target_error(number);
    if (known->told != 0 && number != 0) number = known->told;
    if (is_buffer(*known)) number /= 2;  // which Linux sets twice as large
    const auto byte = static_cast<unsigned char>(number);
    if (may_be_a_byte(*known) && (*size == 1 || here.multicast_takes_bytes)) return std::memcpy(to, &byte, *size = 1), 0;
    if (*size < sizeof number) return refuse(TARGET_EINVAL);
    std::memcpy(to, &number, *size = sizeof number);
    return 0;
}
int target_setsockopt(int socket, int level, int name, const void* from, std::uint32_t size) {
    if (here.nothing_of_what_is_over && is_over(socket)) return refuse(TARGET_EINVAL);
    if (level == TARGET_IPPROTO_IP && (name == TARGET_IP_ADD_MEMBERSHIP || name == TARGET_IP_DROP_MEMBERSHIP))
        return change_group(socket, name == TARGET_IP_ADD_MEMBERSHIP, from, size);
    if (level == TARGET_IPPROTO_IPV6 && (name == TARGET_IPV6_JOIN_GROUP || name == TARGET_IPV6_LEAVE_GROUP)) {
        static_assert(sizeof(target_ipv6_mreq) == sizeof(ipv6_mreq));
        const int host = name == TARGET_IPV6_JOIN_GROUP ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
        return size == sizeof(ipv6_mreq) ? told(::setsockopt(socket, IPPROTO_IPV6, host, from, size)) : refuse(TARGET_EINVAL);
    }
    if (const int unit = linger_unit(level, name); unit != 0) {
        target_linger wish;
        if (size < sizeof wish) return refuse(TARGET_EINVAL);
        std::memcpy(&wish, from, sizeof wish);
        const linger made{wish.l_onoff, wish.l_linger / unit};
        return told(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &made, sizeof made));
    }
    int number = 0;
#if defined(TARGET_SO_NOSIGPIPE)
    if (level == TARGET_SOL_SOCKET && name == TARGET_SO_NOSIGPIPE) {
        if (size < sizeof number) return refuse(TARGET_EINVAL);
        std::memcpy(&number, from, sizeof number);
        const int others = marks(socket) & ~without_signal;
        return set_marks(socket, number != 0 ? others | without_signal : others), 0;
    }
#endif
    const option* const known = option_of(level, name);
    if (known == nullptr) return refuse(TARGET_ENOPROTOOPT);
    if (may_be_a_byte(*known) && size == 1) number = *static_cast<const unsigned char*>(from);
    else if (size != sizeof number || (may_be_a_byte(*known) && here.multicast_takes_bytes)) return refuse(TARGET_EINVAL);
    else std::memcpy(&number, from, sizeof number);
    if (here.maps_no_ipv4 != 0 && known->host_level == IPPROTO_IPV6 && known->host_name == IPV6_V6ONLY && number == 0)
        return refuse(here.maps_no_ipv4);
    if (is_buffer(*known) && (number <= 0 || number > 2 << 20)) return refuse(number <= 0 ? TARGET_EINVAL : TARGET_ENOBUFS);
    return told(::setsockopt(socket, known->host_level, known->host_name, &number, sizeof number));
}

}  // extern "C"
