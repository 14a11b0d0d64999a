#pragma once
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include <target.hpp>
#include <numbers/sys/socket.h>
#define target_sockaddr sockaddr
#define target_sockaddr_un sockaddr_un
#define target_in_addr in_addr
#define target_in6_addr in6_addr
#define target_sockaddr_in sockaddr_in
#define target_sockaddr_in6 sockaddr_in6
#define target_linger linger
#define target_ip_mreq ip_mreq
#if defined(__FreeBSD__) || defined(__APPLE__)
#define target_ip_mreqn ip_mreqn
#endif
#define target_ipv6_mreq ipv6_mreq
#define target_msghdr msghdr
#define target_addrinfo addrinfo /* of <netdb.h> */
#define target_cmsghdr cmsghdr
#include <layout/socket.hpp>
#undef target_sockaddr
#undef target_sockaddr_un
#undef target_in_addr
#undef target_in6_addr
#undef target_sockaddr_in
#undef target_sockaddr_in6
#undef target_linger
#undef target_ip_mreq
#undef target_ip_mreqn
#undef target_ipv6_mreq
#undef target_msghdr
#undef target_addrinfo
#undef target_cmsghdr
typedef uint8_t sa_family_t;
#define CMSG_LEN(size) (target_cmsg_align(sizeof(struct cmsghdr)) + (size))
#define CMSG_SPACE(size) (target_cmsg_align(sizeof(struct cmsghdr)) + target_cmsg_align(size))
#define CMSG_DATA(part) ((unsigned char*)(part) + CMSG_LEN(0))
#if defined(__DragonFly__)
#define CMSG_FIRSTHDR(message) ((struct cmsghdr*)(message)->msg_control)
#else
#define CMSG_FIRSTHDR(message) \
    ((message)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr*)(message)->msg_control : (struct cmsghdr*)0)
#endif
#define CMSG_NXTHDR(message, part) \
    ((char*)(part) + target_cmsg_align((part)->cmsg_len) + CMSG_LEN(0) > (char*)(message)->msg_control + (message)->msg_controllen \
         ? (struct cmsghdr*)0 \
         : (struct cmsghdr*)((char*)(part) + target_cmsg_align((part)->cmsg_len)))
extern "C" {
int socket(int, int, int) TARGET(socket);
int socketpair(int, int, int, int*) TARGET(socketpair);
int bind(int, const struct sockaddr*, socklen_t) TARGET(bind);
int listen(int, int) TARGET(listen);
int accept(int, struct sockaddr*, socklen_t*) TARGET(accept);
#if defined(__APPLE__)
int accept4(int, struct sockaddr*, socklen_t*, int) __attribute__((unavailable("macOS has none")));
#else
int accept4(int, struct sockaddr*, socklen_t*, int) TARGET(accept4);
#endif
int connect(int, const struct sockaddr*, socklen_t) TARGET(connect);
ssize_t recv(int, void*, size_t, int) TARGET(recv);
ssize_t recvmsg(int, struct msghdr*, int) TARGET(recvmsg);
ssize_t send(int, const void*, size_t, int) TARGET(send);
ssize_t sendto(int, const void*, size_t, int, const struct sockaddr*, socklen_t) TARGET(sendto);
ssize_t sendmsg(int, const struct msghdr*, int) TARGET(sendmsg);
int shutdown(int, int) TARGET(shutdown);
int getsockname(int, struct sockaddr*, socklen_t*) TARGET(getsockname);
int getpeername(int, struct sockaddr*, socklen_t*) TARGET(getpeername);
int getsockopt(int, int, int, void*, socklen_t*) TARGET(getsockopt);
int setsockopt(int, int, int, const void*, socklen_t) TARGET(setsockopt);
}
