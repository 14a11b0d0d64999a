// extattr(2) of FreeBSD and NetBSD over the extended attributes of Linux.
#pragma once

#include <sys/xattr.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "host.hpp"

namespace systems {

inline std::string host_attribute(const char* name) { return std::string("user.") + name; }

/// A name that the system takes.
inline bool is_attribute(int space, const char* name) {
    return space == TARGET_EXTATTR_NAMESPACE_USER && name != nullptr && *name != 0 && std::strlen(name) <= 255;
}

}  // namespace systems

extern "C" {

/// Cuts off what there is no room for.
ssize_t target_extattr_get_fd(int file, int space, const char* name, void* to, size_t room) {
    if (!systems::is_attribute(space, name)) return systems::refuse<ssize_t>(TARGET_EINVAL);
    char all[65536];
    const ssize_t size = ::fgetxattr(file, systems::host_attribute(name).c_str(), all, sizeof all);
    if (size == -1 || to == nullptr) return systems::told(size);
    const auto some = std::min(room, static_cast<size_t>(size));
    std::memcpy(to, all, some);
    return static_cast<ssize_t>(some);
}
/// The size, which is not 0 as of others.
ssize_t target_extattr_set_fd(int file, int space, const char* name, const void* from, size_t size) {
    if (!systems::is_attribute(space, name)) return systems::refuse<ssize_t>(TARGET_EINVAL);
    if (::fsetxattr(file, systems::host_attribute(name).c_str(), from, size, 0) == -1) return systems::told<ssize_t>(-1);
    return static_cast<ssize_t>(size);
}
int target_extattr_delete_fd(int file, int space, const char* name) {
    if (!systems::is_attribute(space, name)) return systems::refuse(TARGET_EINVAL);
    return systems::told(::fremovexattr(file, systems::host_attribute(name).c_str()));
}
/// Each name is behind a byte with its length.
ssize_t target_extattr_list_fd(int file, int space, void* to, size_t room) {
    if (space != TARGET_EXTATTR_NAMESPACE_USER) return systems::refuse<ssize_t>(TARGET_EINVAL);
    char all[65536];
    const ssize_t size = ::flistxattr(file, all, sizeof all);
    if (size == -1) return systems::told(size);
    std::string made;
    for (const char* at = all; at < all + size; at += std::strlen(at) + 1)
        if (const std::string name = at; name.starts_with("user.")) made += static_cast<char>(name.size() - 5), made += name.substr(5);
    if (to == nullptr) return static_cast<ssize_t>(made.size());
    const std::size_t some = std::min(room, made.size());
    std::memcpy(to, made.data(), some);
    return static_cast<ssize_t>(some);
}

}
