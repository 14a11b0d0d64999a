// What sysctl(3) tells of this process.
#pragma once

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "host.hpp"

namespace systems {

/// As SYSCTL_OUT of the kernels does: as much as there is room for, and ENOMEM if that is not all.
inline int tell(const std::string& what, void* to, std::size_t* size) {
    const std::size_t room = *size;
    *size = what.size();
    if (to == nullptr) return 0;
    std::memcpy(to, what.data(), std::min(room, what.size()));
    return what.size() > room ? refuse(TARGET_ENOMEM) : 0;
}
inline int tell_path(void* to, std::size_t* size) {
    char path[4096];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    if (length == -1) return refuse(TARGET_ENOENT);
    return tell(std::string(path, static_cast<std::size_t>(length)) + '\0', to, size);
}
inline int tell_arguments(void* to, std::size_t* size) {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    return tell(std::string(std::istreambuf_iterator<char>(file), {}), to, size);
}

}  // namespace systems
