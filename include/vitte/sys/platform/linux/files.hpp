/// Files of Linux: POSIX, with all that statx(2) tells, copies that stay in the kernel, holes, and extended attributes.
#pragma once

#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <linux/falloc.h>

#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::linux_os {

#if defined(STATX_BTIME)
/// statx(2): the only call that tells when a file was created.
inline result<file_info> statx_info(int in, const char* path, int flags) noexcept {
    struct statx s;
    if (::statx(in, path, flags, STATX_BASIC_STATS | STATX_BTIME, &s) == -1) return posix::last_error("statx");
    file_info made;
    made.size = s.stx_size;
    made.allocated = s.stx_blocks * 512;
    made.device = makedev(s.stx_dev_major, s.stx_dev_minor);
    made.inode = s.stx_ino;
    made.modified = posix::nanoseconds(s.stx_mtime);
    made.accessed = posix::nanoseconds(s.stx_atime);
    made.changed = posix::nanoseconds(s.stx_ctime);
    if ((s.stx_mask & STATX_BTIME) != 0) made.created = posix::nanoseconds(s.stx_btime);
    made.links = s.stx_nlink;
    made.mode = s.stx_mode & 07777;
    made.owner = s.stx_uid;
    made.group = s.stx_gid;
    made.kind = posix::kind_of_mode(s.stx_mode);
    return made;
}
#endif

struct files : posix::files {
#if defined(STATX_BTIME)
    static result<file_info> info(handle file) noexcept { return statx_info(file, "", AT_EMPTY_PATH); }
    static result<file_info> info(const char* path) noexcept { return statx_info(AT_FDCWD, path, 0); }
#endif
    /// FICLONE (ioctl_ficlone(2)), whose header has much else.
    static result<void> clone(handle from, handle to) noexcept {
        return posix::checked(::ioctl(to, _IOW(0x94, 9, int), from), "ioctl FICLONE");
    }
    /// copy_file_range(2), or sendfile(2) where a file system or an older kernel refuses that.
    static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept {
        const ssize_t done = ::copy_file_range(from, nullptr, to, nullptr, size, 0);
        if (done > 0 || (done == -1 && errno == EINTR)) return posix::counted(done, "copy_file_range");
        return posix::counted(::sendfile(to, from, nullptr, size), "sendfile");
    }
    static result<std::size_t> copy_some_at(handle from, std::uint64_t offset, handle to, std::uint64_t to_offset,
                                            std::size_t size) noexcept {
        loff_t in = static_cast<loff_t>(offset), out = static_cast<loff_t>(to_offset);
        return posix::counted(::copy_file_range(from, &in, to, &out, size, 0), "copy_file_range");
    }
    static result<void> punch_hole(handle file, std::uint64_t offset, std::uint64_t size) noexcept {
        constexpr int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        return posix::checked(::fallocate(file, how, static_cast<off_t>(offset), static_cast<off_t>(size)),
                              "fallocate");
    }
    static constexpr const char* access_list = "system.posix_acl_access";
    static result<std::size_t> attribute(handle file, const char* name, std::byte* to, std::size_t size) noexcept {
        return posix::counted(::fgetxattr(file, name, to, size), "fgetxattr");
    }
    static result<void> set_attribute(handle file, const char* name, const std::byte* from, std::size_t size) noexcept {
        return posix::checked(::fsetxattr(file, name, from, size, 0), "fsetxattr");
    }
    static result<void> remove_attribute(handle file, const char* name) noexcept {
        return posix::checked(::fremovexattr(file, name), "fremovexattr");
    }
    static result<std::size_t> attributes(handle file, char* to, std::size_t size) noexcept {
        return posix::counted(::flistxattr(file, to, size), "flistxattr");
    }
};

}  // namespace vitte::sys::linux_os
