/// The words that the facet `completions` and what stands on it share.
#pragma once

#include <cstdint>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys {

/// What a completion ring is asked for.
enum class completion_kind : unsigned char {
    receive,          ///< up to `size` bytes, to `data`
    send,             ///< `size` bytes of `data`; fewer only if something came between
    receive_message,  ///< that of the envelope at `data`
    send_message,     ///< the same
    accept,           ///< a connection, whose handle comes of it, with the address of the envelope at `data`
    await_input,      ///< until something can be received
    await_output,     ///< until something can be sent, or the end of connecting
    cancel,           ///< what was asked for under the key `target`
    cancel_all,       ///< everything else
};

/// Something for a completion ring to do. What is at `data` stays there until it is completed.
template <class Handle>
struct completion_request {
    completion_kind kind = completion_kind::receive;
    bool waits_first = false;  ///< nothing is there to be received yet, so that it is not tried before something comes
    Handle handle{};
    std::byte* data = nullptr;
    std::size_t size = 0;
    std::uint64_t key = 0;  ///< what its completion tells of it
    std::uint64_t target = 0;
};

/// What has come of a request: how many bytes were transferred; `errc::would_block` if it was cancelled.
struct completion {
    std::uint64_t key = 0;
    result<std::size_t> outcome = std::size_t{0};
    bool more = false;  ///< more can be received
};

/// In the place of an envelope where there are no completion rings.
struct no_envelope {
    std::byte* data() noexcept { return nullptr; }
    void address_later() noexcept {}
    void hold(const datagram&, bool) noexcept {}
    socket_address address() const noexcept { return {}; }
    bool truncated() const noexcept { return false; }
};

}  // namespace vitte::sys
