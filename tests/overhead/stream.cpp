#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <vitte/sys/net/unix_connection.hpp>

#include "pair.hpp"

namespace {
void wait_for(int descriptor, short events) {
    pollfd asked{descriptor, events, 0};
    if (poll(&asked, 1, -1) == -1 && errno != EINTR) std::abort();
}

void send_all(int descriptor, const std::byte* from, std::size_t size) {
    while (size != 0) {
        const ssize_t some = send(descriptor, from, size, MSG_NOSIGNAL);
        if (some == -1 && errno == EINTR) continue;
        if (some == -1 && errno == EAGAIN) {
            wait_for(descriptor, POLLOUT);
            continue;
        }
        if (some == -1) std::abort();
        from += some;
        size -= static_cast<std::size_t>(some);
    }
}

std::size_t receive_some(int descriptor, std::byte* to, std::size_t size) {
    for (;;) {
        const ssize_t some = recv(descriptor, to, size, 0);
        if (some >= 0) return static_cast<std::size_t>(some);
        if (errno == EAGAIN)
            wait_for(descriptor, POLLIN);
        else if (errno != EINTR)
            std::abort();
    }
}
}  // namespace

int main(int argc, char** argv) {
    const auto both = vitte::sys::unix_stream::pair();
    if (!both) return 1;
    const vitte::sys::unix_stream &first = both->first, &second = both->second;
    const int here = first.native_handle(), there = second.native_handle();
    std::byte block[256]{};
    return run_pair(
        argc, argv,
        [&] {
            if (!first.send(block)) std::abort();
            if (const auto came = second.receive(block); !came || *came != sizeof block) std::abort();
        },
        [&] {
            send_all(here, block, sizeof block);
            if (receive_some(there, block, sizeof block) != sizeof block) std::abort();
        });
}
