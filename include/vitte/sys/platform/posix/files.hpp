/// Files through descriptors (POSIX.1-2017).
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#if !defined(__wasi__)
#include <sys/statvfs.h>
#endif
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/descriptor.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

#if defined(O_DIRECT)
inline constexpr int direct_flag = O_DIRECT;
#else
inline constexpr int direct_flag = 0;
#endif
#if defined(O_DSYNC)
inline constexpr int durable_flag = O_DSYNC;
#else
inline constexpr int durable_flag = O_SYNC;  // DragonFly knows no less
#endif
#if defined(O_NOCTTY)
inline constexpr int no_terminal_flag = O_NOCTTY;  // nothing that is opened becomes the process's terminal
#else
inline constexpr int no_terminal_flag = 0;
#endif

/// `options` in the words of open(2).
constexpr int open_flags(const open_options& options) noexcept {
    constexpr int modes[] = {O_RDONLY,
                             O_RDWR,
                             O_WRONLY | O_CREAT | O_TRUNC,
                             O_WRONLY | O_CREAT | O_EXCL,
                             O_RDWR | O_CREAT,
                             O_RDWR | O_CREAT | O_EXCL};
    return modes[static_cast<unsigned>(options.mode)] | ((options.flags & open_append) != 0 ? O_APPEND : 0) |
           ((options.flags & open_no_follow) != 0 ? O_NOFOLLOW : 0) |
           ((options.flags & open_direct) != 0 ? direct_flag : 0) |
           ((options.flags & open_durable) != 0 ? durable_flag : 0) |
           ((options.flags & open_nonblocking) != 0 ? O_NONBLOCK : 0) | no_terminal_flag | O_CLOEXEC;
}

/// What one call transfers at most: macOS refuses more than an `int` counts, and so may FreeBSD
/// (`debug.iosize_max_clamp`); Linux transfers less by itself.
#if defined(__linux__)
constexpr std::size_t at_once(std::size_t size) noexcept { return size; }
inline std::size_t slices_at_once(const io_slice*, std::size_t count) noexcept { return count; }
#else
constexpr std::size_t at_once(std::size_t size) noexcept { return size < INT_MAX ? size : INT_MAX; }
/// How many of `slices`, from the first on; 0 if the first one alone is too long.
inline std::size_t slices_at_once(const io_slice* slices, std::size_t count) noexcept {
    std::size_t left = INT_MAX, taken = 0;
    for (; taken < count && slices[taken].size <= left; ++taken) left -= slices[taken].size;
    return taken;
}
#endif

/// The count that a call returned, or what `errno` tells if that is -1.
inline result<std::size_t> counted(ssize_t count, const char* operation) noexcept {
    if (count == -1) return last_error(operation);
    return static_cast<std::size_t>(count);
}

/// Nanoseconds since 1970 of a `timespec` and its likes. File systems know more years than these 584: what is before or
/// behind them is the first or the last moment.
template <class Time>
constexpr std::int64_t nanoseconds(const Time& time) noexcept {
    constexpr std::int64_t most = INT64_MAX / 1'000'000'000 - 1;
    if (std::int64_t{time.tv_sec} > most) return INT64_MAX;
    if (std::int64_t{time.tv_sec} < -most - 1) return no_time + 1;
    return std::int64_t{time.tv_sec} * 1'000'000'000 + static_cast<std::int64_t>(time.tv_nsec);
}

/// `seconds` as a `Seconds`, which may have 32 bits: the first or the last one for those before or behind them.
template <class Seconds>
constexpr Seconds saturated(std::int64_t seconds) noexcept {
    if constexpr (sizeof(Seconds) < sizeof seconds) {
        constexpr std::int64_t last = (std::int64_t{1} << (8 * sizeof(Seconds) - 1)) - 1;
        seconds = seconds > last ? last : seconds < -last - 1 ? -last - 1 : seconds;
    }
    return static_cast<Seconds>(seconds);
}

/// The two times of utimensat(2).
struct time_pair {
    timespec times[2];

    time_pair(std::int64_t accessed, std::int64_t modified) noexcept : times{of(accessed), of(modified)} {}
    static timespec of(std::int64_t time) noexcept {
        timespec made{};
        if (time == no_time) return made.tv_nsec = UTIME_OMIT, made;
        const std::int64_t rest = time % 1'000'000'000, below = rest < 0 ? 1 : 0;
        made.tv_sec = saturated<decltype(made.tv_sec)>(time / 1'000'000'000 - below);
        made.tv_nsec = static_cast<decltype(made.tv_nsec)>(rest + below * 1'000'000'000);
        return made;
    }
};

constexpr file_kind kind_of_mode(unsigned mode) noexcept {
    switch (mode & S_IFMT) {
        case S_IFREG: return file_kind::regular;
        case S_IFDIR: return file_kind::directory;
        case S_IFLNK: return file_kind::symbolic_link;
        default: return file_kind::other;
    }
}

/// When a file was created, where stat(2) tells.
template <class Stat>
std::int64_t birth_time(const Stat& s) noexcept {
    if constexpr (requires { s.st_birthtimespec; })
        return nanoseconds(s.st_birthtimespec);
    else if constexpr (requires { s.st_birthtim; })
        return nanoseconds(s.st_birthtim);
    else
        return no_time;
}

/// What stat(2) tells.
inline file_info translated(const struct stat& s) noexcept {
    file_info made;
    made.size = static_cast<std::uint64_t>(s.st_size);
    made.allocated = static_cast<std::uint64_t>(s.st_blocks) * 512;
    made.device = static_cast<std::uint64_t>(s.st_dev);
    made.inode = static_cast<std::uint64_t>(s.st_ino);
#if defined(__APPLE__)
    made.modified = nanoseconds(s.st_mtimespec);
    made.accessed = nanoseconds(s.st_atimespec);
    made.changed = nanoseconds(s.st_ctimespec);
#else
    made.modified = nanoseconds(s.st_mtim);
    made.accessed = nanoseconds(s.st_atim);
    made.changed = nanoseconds(s.st_ctim);
#endif
    made.created = birth_time(s);
    made.links = static_cast<std::uint32_t>(s.st_nlink);
    made.mode = s.st_mode & 07777;
    made.owner = static_cast<std::uint32_t>(s.st_uid);
    made.group = static_cast<std::uint32_t>(s.st_gid);
    made.kind = kind_of_mode(s.st_mode);
    return made;
}

static_assert(sizeof(io_slice) == sizeof(iovec) && offsetof(io_slice, size) == offsetof(iovec, iov_len));

struct files {
    using handle = int;
    static constexpr handle invalid = -1;

    static result<handle> open(const char* path, const open_options& options) noexcept {
        if ((options.flags & open_direct) != 0 && direct_flag == 0) return fail(errc::not_supported, "open");
        const int opened = above_streams(::open(path, open_flags(options), static_cast<mode_t>(options.rights)));
        if (opened == -1) return last_error("open");
        return opened;
    }
    static result<std::size_t> read(handle file, std::byte* to, std::size_t size) noexcept {
        return counted(::read(file, to, at_once(size)), "read");
    }
    static result<std::size_t> read_at(handle file, std::byte* to, std::size_t size, std::uint64_t offset) noexcept {
        return counted(::pread(file, to, at_once(size), static_cast<off_t>(offset)), "pread");
    }
    static result<std::size_t> write(handle file, const std::byte* from, std::size_t size) noexcept {
        return counted(::write(file, from, at_once(size)), "write");
    }
    static result<std::size_t> write_at(handle file, const std::byte* from, std::size_t size,
                                        std::uint64_t offset) noexcept {
        return counted(::pwrite(file, from, at_once(size), static_cast<off_t>(offset)), "pwrite");
    }
    static result<std::size_t> read_vector(handle file, const io_slice* slices, std::size_t count) noexcept {
        if ((count = slices_at_once(slices, count)) == 0) return read(file, slices[0].data, slices[0].size);
        return counted(::readv(file, reinterpret_cast<const iovec*>(slices), static_cast<int>(count)), "readv");
    }
    static result<std::size_t> write_vector(handle file, const io_slice* slices, std::size_t count) noexcept {
        if ((count = slices_at_once(slices, count)) == 0) return write(file, slices[0].data, slices[0].size);
        return counted(::writev(file, reinterpret_cast<const iovec*>(slices), static_cast<int>(count)), "writev");
    }
    static result<void> resize(handle file, std::uint64_t size) noexcept {
        return checked(::ftruncate(file, static_cast<off_t>(size)), "ftruncate");
    }
    static result<void> allocate(handle file, std::uint64_t offset, std::uint64_t size) noexcept {
#if defined(__APPLE__) || defined(__OpenBSD__)
        return static_cast<void>(file), static_cast<void>(offset), static_cast<void>(size),
               fail(errc::not_supported, "posix_fallocate");
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
    /// fsync of macOS leaves the data in the device's cache (fcntl(2), F_FULLFSYNC); file systems that cannot do more
    /// say ENOTSUP or ENOTTY.
    static result<void> sync(handle file) noexcept {
#if defined(F_FULLFSYNC)
        if (::fcntl(file, F_FULLFSYNC) != -1) return {};
        if (errno != ENOTSUP && errno != ENOTTY && errno != EINVAL) return last_error("fcntl F_FULLFSYNC");
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
    static result<void> set_mode(handle file, std::uint32_t mode) noexcept {
        return checked(::fchmod(file, static_cast<mode_t>(mode)), "fchmod");
    }
    static result<void> set_owner(handle file, std::uint32_t owner, std::uint32_t group) noexcept {
        return checked(::fchown(file, static_cast<uid_t>(owner), static_cast<gid_t>(group)), "fchown");
    }
    static result<disk_space> space(handle file) noexcept {
        struct statvfs s;
        if (::fstatvfs(file, &s) == -1) return last_error("fstatvfs");
        const std::uint64_t block = s.f_frsize;
        return disk_space{block * s.f_blocks, block * s.f_bfree, block * s.f_bavail};
    }
#endif
    static result<void> set_times(handle file, std::int64_t accessed, std::int64_t modified) noexcept {
        return checked(::futimens(file, time_pair(accessed, modified).times), "futimens");
    }
#if defined(SEEK_DATA) && defined(SEEK_HOLE)
    static result<std::uint64_t> find_data(handle file, std::uint64_t offset) noexcept {
        return found(file, offset, SEEK_DATA);
    }
    static result<std::uint64_t> find_hole(handle file, std::uint64_t offset) noexcept {
        return found(file, offset, SEEK_HOLE);
    }
#endif
    static result<void> remove(const char* path) noexcept { return checked(::unlink(path), "unlink"); }
    static handle standard(standard_stream stream) noexcept { return static_cast<int>(stream); }

private:
    [[maybe_unused]] static result<std::uint64_t> found(handle file, std::uint64_t offset, int what) noexcept {
        const off_t at = ::lseek(file, static_cast<off_t>(offset), what);
        if (at != -1) return static_cast<std::uint64_t>(at);
        if (errno == ENXIO) return fail(errc::end_of_input, "lseek", ENXIO);
        return last_error("lseek");
    }
};

}  // namespace vitte::sys::posix
