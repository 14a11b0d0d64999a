/// What simulated hosts send each other.
#pragma once

#include <span>
#include <vector>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys {

struct simulated_packet {
    enum kinds : unsigned char {
        call,      ///< asks a listener for a connection (SYN)
        answer,    ///< and it agrees (SYN, ACK)
        segment,   ///< bytes of a connection, what has come of the other direction, or both
        reset,     ///< there is no such connection (RST)
        message,   ///< of a datagram socket
        no_socket  ///< for which there was no socket at that port (ICMP)
    };
    kinds kind = segment;
    bool ends = false;  ///< nothing comes behind these bytes (FIN)
    bool asks = false;  ///< wants to hear what has come
    bool gone = false;  ///< who sends it does not receive any more, which only local connections tell
    unsigned from_host = 0, to_host = 0;
    unsigned from_socket = 0, to_socket = 0;  ///< 0 if that is not known
    ip_endpoint from, to;
    std::uint64_t position = 0;  ///< of the first byte
    std::uint64_t expected = 0;  ///< all bytes before this one of the other direction have come
    std::uint64_t window = 0;    ///< how many more there is room for
    std::vector<std::byte> bytes;
};

/// Bytes that leave in the order in which they came.
class byte_queue {
public:
    std::size_t size() const noexcept { return bytes_.size() - first_; }
    bool empty() const noexcept { return size() == 0; }
    std::span<const std::byte> from(std::size_t at) const noexcept { return std::span(bytes_).subspan(first_ + at); }

    void append(std::span<const std::byte> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
    void drop(std::size_t count) {
        first_ += count;
        if (2 * first_ < bytes_.size()) return;
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

private:
    std::vector<std::byte> bytes_;
    std::size_t first_ = 0;
};

}  // namespace vitte::sys
