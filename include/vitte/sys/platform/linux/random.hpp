/// Random numbers of the kernel (getrandom(2)).
#pragma once

#include <sys/random.h>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::linux_os {

struct random {
    static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
        const ssize_t got = ::getrandom(to, size, 0);
        if (got == -1) return posix::last_error("getrandom");
        return static_cast<std::size_t>(got);
    }
};

}  // namespace vitte::sys::linux_os
