// The servers by nothing but calls of the system: epoll(7), each readiness told once. A connection that had less than
// there was room for is empty.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "contender.hpp"

namespace {
constexpr int at_once = 256;

class queue {
public:
    void add(int handle, void* key) const {
        epoll_event wanted{};
        wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        wanted.data.ptr = key;
        if (::epoll_ctl(queue_, EPOLL_CTL_ADD, handle, &wanted) != 0) std::abort();
    }
    /// Calls `ready(key, events)` for ever.
    template <class Ready>
    [[noreturn]] void run(Ready ready) const {
        epoll_event told[at_once];
        for (;;) {
            const int count = ::epoll_wait(queue_, told, at_once, -1);
            for (int i = 0; i < count; ++i) ready(told[i].data.ptr, told[i].events);
        }
    }

private:
    int queue_ = ::epoll_create1(EPOLL_CLOEXEC);
};

template <class Use>
void accept_each(int listener, Use use) {
    for (;;) {
        sockaddr_in6 peer;
        socklen_t size = sizeof peer;
        const int made = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (made == -1) return;
        use(made);
    }
}

struct connection {
    int handle;
    char room[bench::most_bytes + 1];
    std::span<const char> left;  ///< what has to be sent before more is received
};
/// Whether it goes on.
bool answer(connection& with, std::uint32_t events) {
    for (bool more = (events & EPOLLIN) != 0;;) {
        while (!with.left.empty()) {
            const ssize_t went = ::send(with.handle, with.left.data(), with.left.size(), MSG_NOSIGNAL);
            if (went == -1) return errno == EAGAIN;
            with.left = with.left.subspan(static_cast<std::size_t>(went));
        }
        if (!more) return true;
        const ssize_t came = ::recv(with.handle, with.room, sizeof with.room, 0);
        if (came <= 0) return came == -1 && errno == EAGAIN;
        with.left = {with.room, static_cast<std::size_t>(came)};
        more = with.left.size() == sizeof with.room || (events & EPOLLRDHUP) != 0;
    }
}
void echo(int listener) {
    const queue all;
    all.add(listener, nullptr);
    all.run([&](void* key, std::uint32_t events) {
        if (key == nullptr) {
            accept_each(listener, [&](int made) { all.add(made, new connection{made, {}, {}}); });
        } else if (connection& with = *static_cast<connection*>(key); !answer(with, events)) {
            ::close(with.handle);
            delete &with;
        }
    });
}
void accept(int listener) {
    const queue all;
    all.add(listener, nullptr);
    all.run([=](void*, std::uint32_t) { accept_each(listener, [](int made) { ::close(made); }); });
}

void datagrams(int socket) {
    const queue all;
    all.add(socket, nullptr);
    all.run([=](void*, std::uint32_t) {
        char room[bench::most_bytes];
        sockaddr_in6 from;
        auto* const peer = reinterpret_cast<sockaddr*>(&from);
        for (;;) {
            socklen_t size = sizeof from;
            const ssize_t came = ::recvfrom(socket, room, sizeof room, 0, peer, &size);
            if (came == -1) return;
            ::sendto(socket, room, static_cast<std::size_t>(came), 0, peer, size);
        }
    });
}
void batches(int socket) {
    const queue all;
    all.add(socket, nullptr);
    all.run([=](void*, std::uint32_t) {
        static char room[bench::batch][bench::most_bytes];
        static sockaddr_in6 from[bench::batch];
        mmsghdr messages[bench::batch] = {};
        iovec slices[bench::batch];
        for (int came = bench::batch; came == bench::batch;) {
            for (unsigned i = 0; i < bench::batch; ++i) {
                slices[i] = {room[i], sizeof room[i]};
                messages[i].msg_hdr.msg_iov = &slices[i];
                messages[i].msg_hdr.msg_iovlen = 1;
                messages[i].msg_hdr.msg_name = &from[i];
                messages[i].msg_hdr.msg_namelen = sizeof from[i];
            }
            came = ::recvmmsg(socket, messages, bench::batch, 0, nullptr);
            if (came == -1) return;
            for (int i = 0; i < came; ++i) slices[i].iov_len = messages[i].msg_len;
            ::sendmmsg(socket, messages, static_cast<unsigned>(came), 0);
        }
    });
}
}  // namespace

const bench::contender bench::by_hand = {"by hand", echo, accept, datagrams, batches, nullptr};
