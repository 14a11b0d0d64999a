/// Folders of Linux: POSIX, with entries straight from the kernel (getdents64), every way to rename (renameat2), and
/// paths that stay below a folder (openat2).
#pragma once

#include <linux/openat2.h>
#include <sys/syscall.h>

#include <vitte/sys/platform/linux/files.hpp>
#include <vitte/sys/platform/posix/directories.hpp>

namespace vitte::sys::linux_os {

/// A path with a number in it.
struct numbered_path {
    char text[48] = {};

    numbered_path(const char* begin, std::uint64_t number, const char* end) noexcept {
        char digits[20];
        int count = 0;
        char* at = text;
        while (*begin != 0) *at++ = *begin++;
        do digits[count++] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        while (count != 0) *at++ = digits[--count];
        while (*end != 0) *at++ = *end++;
    }
};

struct directories : posix::directories {
#if defined(STATX_BTIME)
    static result<file_info> info(handle in, const char* path, bool follow) noexcept {
        return statx_info(in, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    }
#endif
    /// O_PATH (open(2)).
    static result<handle> open_to_search(handle in, const char* path, bool follow) noexcept {
        const int how = O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
        const int opened = posix::above_streams(::openat(in, path, how));
        if (opened == -1) return posix::last_error("openat O_PATH");
        return opened;
    }
    /// O_TMPFILE (open(2)); `errc::is_a_directory` or `errc::not_supported` where the file system has no such thing.
    static result<handle> open_unnamed(handle in, const char* folder, std::uint32_t rights) noexcept {
        const int opened =
            posix::above_streams(::openat(in, folder, O_TMPFILE | O_RDWR | O_CLOEXEC, static_cast<mode_t>(rights)));
        if (opened == -1) return posix::last_error("openat O_TMPFILE");
        return opened;
    }
    /// Through /proc, since linkat with AT_EMPTY_PATH is for the privileged.
    static result<void> give_name(handle file, handle in, const char* path) noexcept {
        return posix::checked(::linkat(AT_FDCWD, numbered_path("/proc/self/fd/", static_cast<unsigned>(file), "").text,
                                       in, path, AT_SYMLINK_FOLLOW),
                              "linkat");
    }
    static result<void> rename(handle in, const char* path, handle to_in, const char* to, rename_mode mode) noexcept {
        constexpr unsigned no_replace = 1, exchange = 2;
        if (mode == rename_mode::replace) return posix::directories::rename(in, path, to_in, to, mode);
        if (::syscall(SYS_renameat2, in, path, to_in, to, mode == rename_mode::keep ? no_replace : exchange) == 0)
            return {};
        if (errno == ENOSYS || errno == EINVAL)  // the kernel, or this file system, does not know how
            return posix::directories::rename(in, path, to_in, to, mode);
        return posix::last_error("renameat2");
    }

    /// openat2(2) with RESOLVE_BENEATH, since Linux 5.6. Of links that /proc makes it says `errc::too_many_links`.
    static result<handle> open_beneath(handle in, const char* path, bool follow) noexcept {
        return opened_beneath(in, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), 0);
    }
    static result<handle> open_file_beneath(handle in, const char* path, const open_options& options) noexcept {
        const int flags = posix::open_flags(options);
        return opened_beneath(in, path, flags, (flags & O_CREAT) != 0 ? options.rights : 0);  // it checks unused rights
    }

    /// 32 KiB of entries at a time, as libc asks for.
    class listing {
    public:
        result<void> open(handle folder) noexcept {
            folder_ = folder;
            at_ = size_ = 0;
            if (::lseek(folder, 0, SEEK_SET) == -1) return posix::last_error("lseek");
            return {};
        }
        result<bool> next(directory_entry& to) noexcept {
            for (;;) {
                if (at_ == size_) {
                    const long got = ::syscall(SYS_getdents64, folder_, buffer_, sizeof buffer_);
                    if (got == -1) return posix::last_error("getdents64");
                    if (got == 0) return false;
                    at_ = 0;
                    size_ = static_cast<std::size_t>(got);
                }
                const std::byte* const entry = buffer_ + at_;  // u64 inode, i64 offset, u16 length, u8 type, name
                std::uint16_t length;
                __builtin_memcpy(&length, entry + 16, sizeof length);
                __builtin_memcpy(&to.inode, entry, sizeof to.inode);
                to.kind = kind_of(std::to_integer<unsigned char>(entry[18]));
                to.name = reinterpret_cast<const char*>(entry + 19);
                at_ += length;
                if (!is_dots(to.name)) return true;
            }
        }
        void close() noexcept {}

    private:
        handle folder_ = -1;
        std::size_t at_ = 0, size_ = 0;
        alignas(8) std::byte buffer_[32768];
    };

private:
    static result<handle> opened_beneath(handle in, const char* path, int flags, std::uint32_t rights) noexcept {
        open_how how{};
        how.flags = static_cast<unsigned>(flags);
        how.mode = rights;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        const int opened = posix::above_streams(static_cast<int>(::syscall(SYS_openat2, in, path, &how, sizeof how)));
        if (opened != -1) return opened;
        const int number = errno;  // filters of containers that do not know the call say EPERM
        if (number == EPERM) return fail(errc::not_supported, "openat2", number);
        return fail(posix::cause_of(number), "openat2", number);
    }
};

}  // namespace vitte::sys::linux_os
