/// Files of Linux: POSIX, with copies that stay in the kernel.
#pragma once

#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <linux/fs.h>

#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::linux_os {

struct files : posix::files {
    /// FICLONE (ioctl_ficlone(2)).
    static result<void> clone(handle from, handle to) noexcept { return posix::checked(::ioctl(to, FICLONE, from), "ioctl FICLONE"); }
    /// copy_file_range(2), or sendfile(2) where a file system or an older kernel refuses that.
    static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept {
        const ssize_t done = ::copy_file_range(from, nullptr, to, nullptr, size, 0);
        if (done > 0 || (done == -1 && errno == EINTR)) return posix::counted(done, "copy_file_range");
        return posix::counted(::sendfile(to, from, nullptr, size), "sendfile");
    }
};

}  // namespace vitte::sys::linux_os
