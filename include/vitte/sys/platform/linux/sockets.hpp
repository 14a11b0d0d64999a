/// What Linux has besides the sockets of POSIX: many messages in one call, files sent inside the kernel, credentials.
#pragma once

#include <sys/sendfile.h>

#include <vitte/sys/platform/posix/sockets.hpp>

namespace vitte::sys::linux_os {

struct sockets : posix::sockets {
    static constexpr std::size_t most_messages = 32;  ///< of one call of those below

    static result<std::size_t> send_batch(handle socket, const datagram* messages, std::size_t count) noexcept {
        batch made(messages, count);
        for (std::size_t i = 0; i < made.count; ++i) {
            made.addresses[i] = posix::native_address(messages[i].address);
            made.name(i);
        }
        return counted(::sendmmsg(socket, made.headers, made.count, posix::no_signal), "sendmmsg");
    }
    static result<std::size_t> receive_batch(handle socket, datagram* messages, std::size_t count) noexcept {
        batch made(messages, count);
        for (std::size_t i = 0; i < made.count; ++i) made.name(i);
        VITTE_TRY(const std::size_t came, counted(::recvmmsg(socket, made.headers, made.count, 0, nullptr), "recvmmsg"));
        for (std::size_t i = 0; i < came; ++i) {
            made.addresses[i].size = made.headers[i].msg_hdr.msg_namelen;
            messages[i].size = made.headers[i].msg_len;
            messages[i].address = made.addresses[i].value();
            messages[i].truncated = (made.headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        }
        return came;
    }
    static result<std::size_t> send_file(handle socket, int file, std::uint64_t offset, std::size_t size) noexcept {
        return posix::without_pipe_signal([=] {
            auto at = static_cast<off_t>(offset);
            return posix::counted(::sendfile(socket, file, &at, size), "sendfile");
        });
    }
    static result<peer_credentials> credentials(handle socket) noexcept {
        ucred told{};
        socklen_t size = sizeof told;
        VITTE_CHECK(posix::checked(::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &told, &size), "getsockopt"));
        return peer_credentials{static_cast<std::uint64_t>(told.pid), told.uid, told.gid};
    }

private:
    /// What sendmmsg(2) and recvmmsg(2) take for the first of the messages.
    struct batch {
        unsigned count;
        mmsghdr headers[most_messages];
        iovec slices[most_messages];
        posix::native_address addresses[most_messages];

        batch(const datagram* messages, std::size_t wanted) noexcept
            : count(static_cast<unsigned>(wanted < most_messages ? wanted : most_messages)) {
            for (std::size_t i = 0; i < count; ++i) {
                slices[i] = {messages[i].data, messages[i].size};
                headers[i] = {};
                headers[i].msg_hdr.msg_iov = &slices[i];
                headers[i].msg_hdr.msg_iovlen = 1;
            }
        }
        void name(std::size_t i) noexcept {
            headers[i].msg_hdr.msg_name = &addresses[i].any;
            headers[i].msg_hdr.msg_namelen = addresses[i].size;
        }
    };
    static result<std::size_t> counted(int count, const char* operation) noexcept {
        return posix::counted(count, operation);
    }
};

}  // namespace vitte::sys::linux_os
