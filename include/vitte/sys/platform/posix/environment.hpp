/// The environment through `getenv` (POSIX.1-2017).
#pragma once

#include <stdlib.h>
#include <string.h>

#include <vitte/sys/platform/posix/error.hpp>

extern "C" char** environ;  // POSIX.1-2017, 8.1: programs declare it themselves

namespace vitte::sys::posix {

struct environment {
    static result<std::size_t> get(const char* name, char* to, std::size_t room) noexcept {
        const char* const value = ::getenv(name);
        if (value == nullptr) return fail(errc::not_found, "getenv");
        const std::size_t length = ::strlen(value);
        if (length < room) ::memcpy(to, value, length + 1);
        return length;
    }
    static void for_each(void (*visit)(void*, const char*), void* context) {
        if (::environ == nullptr) return;  // after clearenv(3)
        for (char** entry = ::environ; *entry != nullptr; ++entry) visit(context, *entry);
    }
};

}  // namespace vitte::sys::posix
