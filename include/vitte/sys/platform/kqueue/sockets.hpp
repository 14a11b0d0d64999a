/// What macOS and the BSDs have besides the sockets of POSIX: credentials.
#pragma once

#include <vitte/sys/platform/posix/sockets.hpp>

namespace vitte::sys::kqueue_os {

struct sockets : posix::sockets {
    static result<peer_credentials> credentials(handle socket) noexcept {
        uid_t user;
        gid_t group;
        VITTE_CHECK(posix::checked(::getpeereid(socket, &user, &group), "getpeereid"));
        return peer_credentials{0, user, group};
    }
};

}  // namespace vitte::sys::kqueue_os
