/// Files through descriptors (POSIX.1-2017).
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

#if defined(O_DIRECT)
inline constexpr int direct_flag = O_DIRECT;
#else
inline constexpr int direct_flag = 0;
#endif

/// `options` in the words of open(2).
constexpr int open_flags(const open_options& options) noexcept {
    constexpr int modes[] = {O_RDONLY, O_RDWR, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_EXCL, O_RDWR | O_CREAT};
    return modes[static_cast<unsigned>(options.mode)] | ((options.flags & open_append) != 0 ? O_APPEND : 0) |
           ((options.flags & open_no_follow) != 0 ? O_NOFOLLOW : 0) | ((options.flags & open_direct) != 0 ? direct_flag : 0) |
           ((options.flags & open_durable) != 0 ? O_DSYNC : 0) | O_CLOEXEC;
}

/// The count that a call returned, or what `errno` tells if that is -1.
inline result<std::size_t> counted(ssize_t count, const char* operation) noexcept {
    if (count == -1) return last_error(operation);
    return static_cast<std::size_t>(count);
}

/// What stat(2) tells.
    inline file_info translated(const struct stat& s) noexcept {
        file_info made;
        made.size = static_cast<std::uint64_t>(s.st_size);
        made.device = static_cast<std::uint64_t>(s.st_dev);
        made.inode = static_cast<std::uint64_t>(s.st_ino);
#if defined(__APPLE__)
        made.modified = std::int64_t{s.st_mtimespec.tv_sec} * 1'000'000'000 + s.st_mtimespec.tv_nsec;
#else
        made.modified = std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
#endif
        made.mode = s.st_mode & 07777;
        made.kind = S_ISREG(s.st_mode)   ? file_kind::regular
                    : S_ISDIR(s.st_mode) ? file_kind::directory
                    : S_ISLNK(s.st_mode) ? file_kind::symbolic_link
                                         : file_kind::other;
        return made;
    }

static_assert(sizeof(io_slice) == sizeof(iovec) && offsetof(io_slice, size) == offsetof(iovec, iov_len));

struct files {
    using handle = int;
    static constexpr handle invalid = -1;

    static result<handle> open(const char* path, const open_options& options) noexcept {
        if ((options.flags & open_direct) != 0 && direct_flag == 0) return fail(errc::not_supported, "open");
        const int opened = ::open(path, open_flags(options), static_cast<mode_t>(options.rights));
        if (opened == -1) return last_error("open");
        return opened;
    }
    static result<std::size_t> read(handle file, std::byte* to, std::size_t size) noexcept {
        return counted(::read(file, to, size), "read");
    }
    static result<std::size_t> read_at(handle file, std::byte* to, std::size_t size, std::uint64_t offset) noexcept {
        return counted(::pread(file, to, size, static_cast<off_t>(offset)), "pread");
    }
    static result<std::size_t> write(handle file, const std::byte* from, std::size_t size) noexcept {
        return counted(::write(file, from, size), "write");
    }
    static result<std::size_t> write_at(handle file, const std::byte* from, std::size_t size, std::uint64_t offset) noexcept {
        return counted(::pwrite(file, from, size, static_cast<off_t>(offset)), "pwrite");
    }
    static result<std::size_t> read_vector(handle file, const io_slice* slices, std::size_t count) noexcept {
        return counted(::readv(file, reinterpret_cast<const iovec*>(slices), static_cast<int>(count)), "readv");
    }
    static result<std::size_t> write_vector(handle file, const io_slice* slices, std::size_t count) noexcept {
        return counted(::writev(file, reinterpret_cast<const iovec*>(slices), static_cast<int>(count)), "writev");
    }
    static result<void> resize(handle file, std::uint64_t size) noexcept {
        return checked(::ftruncate(file, static_cast<off_t>(size)), "ftruncate");
    }
    static result<void> allocate(handle file, std::uint64_t offset, std::uint64_t size) noexcept {
#if defined(__APPLE__) || defined(__OpenBSD__)
        return static_cast<void>(file), static_cast<void>(offset), static_cast<void>(size), fail(errc::not_supported, "posix_fallocate");
#else
        const int failed = ::posix_fallocate(file, static_cast<off_t>(offset), static_cast<off_t>(size));
        if (failed != 0) return fail(cause_of(failed), "posix_fallocate", failed);
        return {};
#endif
    }
    static result<void> sync_data(handle file) noexcept {
#if defined(__APPLE__)
        return sync(file);
#else
        return checked(::fdatasync(file), "fdatasync");
#endif
    }
    /// fsync of macOS leaves the data in the device's cache (fcntl(2), F_FULLFSYNC).
    static result<void> sync(handle file) noexcept {
#if defined(F_FULLFSYNC)
        if (::fcntl(file, F_FULLFSYNC) == 0) return {};
#endif
        return checked(::fsync(file), "fsync");
    }
#if !defined(__wasi__)
    /// flock(2), which every system has; POSIX's own locks belong to the process and go with any of its handles.
    static result<void> try_lock(handle file, bool exclusive) noexcept {
        return checked(::flock(file, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB), "flock");
    }
    static result<void> unlock(handle file) noexcept { return checked(::flock(file, LOCK_UN), "flock"); }
#endif
    static result<file_info> info(handle file) noexcept {
        struct stat s;
        if (::fstat(file, &s) == -1) return last_error("fstat");
        return translated(s);
    }
    static result<file_info> info(const char* path) noexcept {
        struct stat s;
        if (::stat(path, &s) == -1) return last_error("stat");
        return translated(s);
    }
    static result<void> close(handle file) noexcept { return checked(::close(file), "close"); }
#if !defined(__wasi__)  // which has no permissions
    static result<void> set_mode(handle file, std::uint32_t mode) noexcept { return checked(::fchmod(file, static_cast<mode_t>(mode)), "fchmod"); }
#endif
    static result<void> remove(const char* path) noexcept { return checked(::unlink(path), "unlink"); }
    static handle standard(standard_stream stream) noexcept { return static_cast<int>(stream); }
};

}  // namespace vitte::sys::posix
