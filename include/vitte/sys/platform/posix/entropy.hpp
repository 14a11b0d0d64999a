/// Random numbers from `getentropy` (POSIX.1-2024, and before that macOS, the BSDs and WASI).
#pragma once

#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

/// At most 256 bytes at a time.
struct entropy_random {
    static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
        const std::size_t some = size < 256 ? size : 256;
        if (::getentropy(to, some) == -1) return last_error("getentropy");
        return some;
    }
};

}  // namespace vitte::sys::posix
