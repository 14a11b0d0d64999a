/// Random numbers of the system's preferred generator.
#pragma once

#include <vitte/sys/platform/win32/error.hpp>

namespace vitte::sys::win32 {

struct random {
    static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
        constexpr unsigned long system_preferred = 2;
        const unsigned long some = size < 0x10000000 ? static_cast<unsigned long>(size) : 0x10000000;
        const long failure = BCryptGenRandom(nullptr, reinterpret_cast<unsigned char*>(to), some, system_preferred);
        if (failure < 0) return fail(errc::io_error, "BCryptGenRandom", static_cast<int>(failure));
        return std::size_t{some};
    }
};

}  // namespace vitte::sys::win32
