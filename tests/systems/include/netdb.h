#pragma once
#include <sys/socket.h>
#include <numbers/netdb.h>
extern "C" {
int getaddrinfo(const char*, const char*, const struct addrinfo*, struct addrinfo**) TARGET(getaddrinfo);
void freeaddrinfo(struct addrinfo*) TARGET(freeaddrinfo);
}
