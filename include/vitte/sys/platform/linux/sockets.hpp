/// What Linux has besides the sockets of POSIX: many messages in one call, bytes that are moved inside the kernel,
/// credentials.
#pragma once

#include <netinet/udp.h>
#include <sys/sendfile.h>

#include <vitte/sys/platform/linux/raw_call.hpp>
#include <vitte/sys/platform/posix/sockets.hpp>

namespace vitte::sys::linux_os {

struct sockets : posix::sockets {
    static constexpr std::size_t most_messages = 32;  ///< of one call of those below

#if defined(VITTE_RAW_CALLS)
    static result<std::size_t> receive(handle socket, std::byte* to, std::size_t size) noexcept {
        return told(raw_call(__NR_recvfrom, socket, to, posix::at_once(size), 0), "recv");
    }
    static result<std::size_t> send(handle socket, const std::byte* from, std::size_t size) noexcept {
        return told(raw_call(__NR_sendto, socket, from, posix::at_once(size), posix::no_signal), "send");
    }
#endif
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
        VITTE_TRY(const std::size_t came,
                  counted(::recvmmsg(socket, made.headers, made.count, 0, nullptr), "recvmmsg"));
        for (std::size_t i = 0; i < came; ++i) {
            made.addresses[i].size = made.headers[i].msg_hdr.msg_namelen;
            messages[i].size = made.headers[i].msg_len;
            messages[i].address = made.addresses[i].value();
            messages[i].truncated = (made.headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        }
        return came;
    }
    /// By recvfrom(2), which takes less than recvmsg(2) and tells how long the message was.
    static result<void> receive_from(handle socket, datagram& message) noexcept {
        posix::native_address from;
        const ssize_t came = ::recvfrom(socket, message.data, message.size, MSG_TRUNC, &from.any, &from.size);
        VITTE_TRY(const std::size_t size, posix::counted(came, "recvfrom"));
        message.truncated = size > message.size;
        if (!message.truncated) message.size = size;
        message.address = from.value();
        return {};
    }
    static result<std::size_t> send_file(handle socket, int file, std::uint64_t offset, std::size_t size) noexcept {
        return posix::without_pipe_signal([=] {
            auto at = static_cast<off_t>(offset);
            return posix::counted(::sendfile(socket, file, &at, size), "sendfile");
        });
    }
    /// udp(7), UDP_SEGMENT, since Linux 4.18.
    static result<std::size_t> send_segments(handle socket, const datagram& message, std::uint16_t segment) noexcept {
        const posix::native_address to(message.address);
        const io_slice slice{message.data, message.size};
        msghdr header = of_slices(&slice, 1);
        header.msg_name = const_cast<sockaddr*>(&to.any);
        header.msg_namelen = to.size;
        alignas(cmsghdr) unsigned char room[CMSG_SPACE(sizeof segment)] = {};
        header.msg_control = room;
        header.msg_controllen = sizeof room;
        cmsghdr* const part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = IPPROTO_UDP;
        part->cmsg_type = UDP_SEGMENT;
        part->cmsg_len = CMSG_LEN(sizeof segment);
        std::memcpy(CMSG_DATA(part), &segment, sizeof segment);
        return posix::counted(::sendmsg(socket, &header, posix::no_signal), "sendmsg");
    }
    /// Bytes on their way in a pipe (splice(2)).
    class splice {
    public:
        result<void> open() noexcept {
            return posix::above_streams(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK), ends_, "pipe2");
        }
        void close() noexcept {
            for (const int end : ends_) ::close(end);
        }
        result<std::size_t> fill(handle from, std::size_t size) noexcept { return moved(from, ends_[1], size); }
        result<std::size_t> drain(handle to, std::size_t size) noexcept {
            return posix::without_pipe_signal([=, this] { return moved(ends_[0], to, size); });
        }

    private:
        static result<std::size_t> moved(int from, int to, std::size_t size) noexcept {
            constexpr unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
            return posix::counted(::splice(from, nullptr, to, nullptr, size, flags), "splice");
        }

        int ends_[2];
    };
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
    static result<std::size_t> counted(ssize_t count, const char* operation) noexcept {
        return posix::counted(count, operation);
    }
    /// What the kernel itself says.
    static result<std::size_t> told(long count, const char* operation) noexcept {
        const auto number = static_cast<int>(-count);
        if (count < 0) return fail(vitte::detail::cause_of(number), operation, number);
        return static_cast<std::size_t>(count);
    }
};

}  // namespace vitte::sys::linux_os
