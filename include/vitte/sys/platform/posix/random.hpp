/// Random numbers from the device that every POSIX system has.
#pragma once

#include <vitte/sys/platform/posix/descriptor.hpp>

namespace vitte::sys::posix {

struct device_random {
    static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
        const int device = above_streams(::open("/dev/urandom", O_RDONLY | O_CLOEXEC));
        if (device == -1) return last_error("open /dev/urandom");
        const ssize_t got = ::read(device, to, size);
        const auto failed = last_error("read /dev/urandom");
        ::close(device);
        if (got == -1) return failed;
        return static_cast<std::size_t>(got);
    }
};

}  // namespace vitte::sys::posix
