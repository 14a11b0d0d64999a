/// Files through descriptors (POSIX.1-2017).
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vitte/sys/platform/posix/error.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys::posix {

/// `mode` in the words of open(2).
constexpr int open_flags(open_mode mode) noexcept {
    switch (mode) {
        case open_mode::read: return O_RDONLY;
        case open_mode::read_write: return O_RDWR;
        case open_mode::write: return O_WRONLY | O_CREAT | O_TRUNC;
        case open_mode::create_new: return O_WRONLY | O_CREAT | O_EXCL;
    }
    return O_RDONLY;
}

/// The count that a call returned, or what `errno` tells if that is -1.
inline result<std::size_t> counted(ssize_t count, const char* operation) noexcept {
    if (count == -1) return last_error(operation);
    return static_cast<std::size_t>(count);
}

struct files {
    using handle = int;
    static constexpr handle invalid = -1;

    static result<handle> open(const char* path, open_mode mode) noexcept {
        constexpr mode_t rights = 0666;
        const int opened = ::open(path, open_flags(mode) | O_CLOEXEC, rights);
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

private:
    static file_info translated(const struct stat& s) noexcept {
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
};

}  // namespace vitte::sys::posix
