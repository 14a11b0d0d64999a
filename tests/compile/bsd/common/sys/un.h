#pragma once /* unix(4) */
#include <sys/socket.h>
struct sockaddr_un {
    unsigned char sun_len;
    sa_family_t sun_family;
    char sun_path[104];
};
