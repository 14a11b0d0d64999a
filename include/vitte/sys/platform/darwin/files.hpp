/// Files of macOS: POSIX, with clones on APFS and copies by `fcopyfile`.
#pragma once

#include <copyfile.h>
#include <sys/clonefile.h>

#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::darwin {

struct files : posix::files {
    /// Makes the new file at `path`.
    static result<void> clone_to(handle from, const char* path) noexcept {
        return posix::checked(::fclonefileat(from, AT_FDCWD, path, 0), "fclonefileat");
    }
    /// All that is left, whatever `size` is; 0 at the end.
    static result<std::size_t> copy_some(handle from, handle to, std::size_t) noexcept {
        const off_t start = ::lseek(from, 0, SEEK_CUR);
        if (start == -1 || ::fcopyfile(from, to, nullptr, COPYFILE_DATA) == -1) return posix::last_error("fcopyfile");
        return posix::counted(::lseek(from, 0, SEEK_CUR) - start, "lseek");
    }
};

}  // namespace vitte::sys::darwin
