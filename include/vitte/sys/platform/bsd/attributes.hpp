/// Extended attributes of FreeBSD and NetBSD (extattr(2)): those of users, whose names have no prefix.
#pragma once

#include <sys/types.h>

#include <sys/extattr.h>

#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::bsd {

struct attributed_files : posix::files {
    /// The kernel cuts off what there is no room for, so the size is asked for first.
    static result<std::size_t> attribute(handle file, const char* name, std::byte* to, std::size_t size) noexcept {
        const auto there = posix::counted(::extattr_get_fd(file, user, name, nullptr, 0), "extattr_get_fd");
        if (!there || size == 0) return there;
        if (*there > size) return fail(errc::too_large, "extattr_get_fd");
        return posix::counted(::extattr_get_fd(file, user, name, to, size), "extattr_get_fd");
    }
    static result<void> set_attribute(handle file, const char* name, const std::byte* from, std::size_t size) noexcept {
        const auto written = ::extattr_set_fd(file, user, name, from, size);
        return posix::checked(static_cast<int>(written), "extattr_set_fd");
    }
    static result<void> remove_attribute(handle file, const char* name) noexcept {
        return posix::checked(::extattr_delete_fd(file, user, name), "extattr_delete_fd");
    }
    /// The kernel puts a byte with its length before each name; here a NUL is behind it.
    static result<std::size_t> attributes(handle file, char* to, std::size_t size) noexcept {
        const auto there = posix::counted(::extattr_list_fd(file, user, nullptr, 0), "extattr_list_fd");
        if (!there || size == 0) return there;
        if (*there > size) return fail(errc::too_large, "extattr_list_fd");
        const auto listed = posix::counted(::extattr_list_fd(file, user, to, size), "extattr_list_fd");
        for (std::size_t at = 0; listed && at < *listed;) {
            const std::size_t length = static_cast<unsigned char>(to[at]);
            if (length >= *listed - at) return fail(errc::malformed, "extattr_list_fd");
            __builtin_memmove(to + at, to + at + 1, length);
            to[at + length] = 0;
            at += length + 1;
        }
        return listed;
    }

private:
    static constexpr int user = EXTATTR_NAMESPACE_USER;
};

}  // namespace vitte::sys::bsd
