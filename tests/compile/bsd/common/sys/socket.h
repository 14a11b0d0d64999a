#pragma once /* socket(2), bind(2), accept(2), recv(2), send(2), getsockopt(2), CMSG_DATA(3) */
#ifndef makedev
#error "it wants <sys/types.h> before it"
#endif
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>
typedef uint8_t sa_family_t;
struct sockaddr {
    unsigned char sa_len;
    sa_family_t sa_family;
    char sa_data[14];
};
struct linger {
    int l_onoff;
    int l_linger;
};
struct msghdr {
    void *msg_name;
    socklen_t msg_namelen;
    struct iovec *msg_iov;
    int msg_iovlen;
    void *msg_control;
    socklen_t msg_controllen;
    int msg_flags;
};
struct cmsghdr {
    socklen_t cmsg_len;
    int cmsg_level;
    int cmsg_type;
};
#define CMSG_ALIGNED(n) (((n) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define CMSG_LEN(n) (CMSG_ALIGNED(sizeof(struct cmsghdr)) + (n))
#define CMSG_SPACE(n) (CMSG_ALIGNED(sizeof(struct cmsghdr)) + CMSG_ALIGNED(n))
#define CMSG_DATA(c) ((unsigned char *)(c) + CMSG_LEN(0))
#define CMSG_FIRSTHDR(m) ((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control : (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c) \
    ((char *)(c) + CMSG_ALIGNED((c)->cmsg_len) + CMSG_LEN(0) > (char *)(m)->msg_control + (m)->msg_controllen \
         ? (struct cmsghdr *)0 : (struct cmsghdr *)((char *)(c) + CMSG_ALIGNED((c)->cmsg_len)))
enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 24, SOL_SOCKET = 0xffff, SCM_RIGHTS = 1 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5, SHUT_RD = 0, SHUT_WR = 1, SHUT_RDWR = 2 };
enum { SO_REUSEADDR = 4, SO_KEEPALIVE = 8, SO_BROADCAST = 0x20, SO_LINGER = 0x80, SO_SNDBUF = 0x1001, SO_RCVBUF = 0x1002, SO_ERROR = 0x1007, SO_TYPE = 0x1008 };
enum { MSG_TRUNC = 0x10, MSG_CTRUNC = 0x20 };
#define SO_REUSEPORT 0x200
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000
#define MSG_NOSIGNAL 0x400
#define MSG_CMSG_CLOEXEC 0x800
extern "C" {
int socket(int, int, int);
int socketpair(int, int, int, int *);
int bind(int, const struct sockaddr *, socklen_t);
int listen(int, int);
int accept(int, struct sockaddr *, socklen_t *);
int accept4(int, struct sockaddr *, socklen_t *, int);
int connect(int, const struct sockaddr *, socklen_t);
ssize_t recv(int, void *, size_t, int);
ssize_t recvmsg(int, struct msghdr *, int);
ssize_t send(int, const void *, size_t, int);
ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
int shutdown(int, int);
int getsockname(int, struct sockaddr *, socklen_t *);
int getpeername(int, struct sockaddr *, socklen_t *);
int getsockopt(int, int, int, void *, socklen_t *);
int setsockopt(int, int, int, const void *, socklen_t);
}
