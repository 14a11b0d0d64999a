// What the bench of the network measures: the same small servers, written by hand and with several libraries.
#pragma once

#include <string>

namespace bench {

/// All but `post` serve for ever, in a thread of their own, with a handle that does not block; what one lacks is null.
struct contender {
    const char* name;
    void (*echo)(int listener);           ///< sends back what connections send, each at most `most_bytes` at once
    void (*accept)(int listener);         ///< closes connections as they come
    void (*datagrams)(int socket);        ///< sends back messages one by one
    void (*batches)(int socket);          ///< many of them in one call
    void (*post)(int threads, int each);  ///< has a loop call what threads post, each so many, and returns
};
inline constexpr unsigned most_bytes = 4096, batch = 32;

extern const contender by_hand, ring_by_hand, callbacks, coroutines, ring, libuv, asio;

/// Why the kernel has no completion ring for `ring`; empty if it has.
std::string why_no_ring();

}  // namespace bench
