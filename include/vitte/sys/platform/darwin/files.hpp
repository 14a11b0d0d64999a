/// Files of macOS: POSIX, with clones on APFS. `fcopyfile` reads and writes like everybody else.
#pragma once

#include <sys/clonefile.h>

#include <vitte/sys/platform/posix/files.hpp>

// As <sys/xattr.h> declares them, which not every cross compiler has.
extern "C" {
ssize_t fgetxattr(int, const char*, void*, size_t, std::uint32_t, int);
int fsetxattr(int, const char*, const void*, size_t, std::uint32_t, int);
int fremovexattr(int, const char*, int);
ssize_t flistxattr(int, char*, size_t, int);
}

namespace vitte::sys::darwin {

struct files : posix::files {
    static result<std::size_t> attribute(handle file, const char* name, std::byte* to, std::size_t size) noexcept {
        return posix::counted(::fgetxattr(file, name, to, size, 0, 0), "fgetxattr");
    }
    static result<void> set_attribute(handle file, const char* name, const std::byte* from, std::size_t size) noexcept {
        return posix::checked(::fsetxattr(file, name, from, size, 0, 0), "fsetxattr");
    }
    static result<void> remove_attribute(handle file, const char* name) noexcept {
        return posix::checked(::fremovexattr(file, name, 0), "fremovexattr");
    }
    static result<std::size_t> attributes(handle file, char* to, std::size_t size) noexcept {
        return posix::counted(::flistxattr(file, to, size, 0), "flistxattr");
    }
    /// Makes the new file at `path`.
    static result<void> clone_to(handle from, const char* path) noexcept {
        return posix::checked(::fclonefileat(from, AT_FDCWD, path, 0), "fclonefileat");
    }
};

}  // namespace vitte::sys::darwin
