#pragma once /* getaddrinfo(3) */
#include <sys/socket.h>
struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    socklen_t ai_addrlen;
    char *ai_canonname;
    struct sockaddr *ai_addr;
    struct addrinfo *ai_next;
};
enum { EAI_AGAIN = 2, EAI_FAIL = 4, EAI_MEMORY = 6, EAI_SYSTEM = 11 };
extern "C" int getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);
extern "C" void freeaddrinfo(struct addrinfo *);
