/// Folders through the calls that end in "at" (POSIX.1-2017).
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vitte/sys/platform/posix/files.hpp>

namespace vitte::sys::posix {

struct directories {
    using handle = int;
    static constexpr handle current = AT_FDCWD;

    static result<handle> open(handle in, const char* path, bool follow) noexcept {
        const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
        const int opened = above_streams(::openat(in, path, how));
        if (opened != -1) return opened;
        const int number = errno;
        const errc cause = cause_of(number);
        return fail(cause == errc::too_many_links && !follow ? errc::not_a_directory : cause, "openat", number);
    }
    static result<handle> open_file(handle in, const char* path, const open_options& options) noexcept {
        if ((options.flags & open_direct) != 0 && direct_flag == 0) return fail(errc::not_supported, "openat");
        const int opened = above_streams(::openat(in, path, open_flags(options), static_cast<mode_t>(options.rights)));
        if (opened == -1) return last_error("openat");
        return opened;
    }
    static result<file_info> info(handle in, const char* path, bool follow) noexcept {
        struct stat s;
        if (::fstatat(in, path, &s, follow ? 0 : AT_SYMLINK_NOFOLLOW) == -1) return last_error("fstatat");
        return translated(s);
    }
    static result<void> create(handle in, const char* path, std::uint32_t rights) noexcept {
        return checked(::mkdirat(in, path, static_cast<mode_t>(rights)), "mkdirat");
    }
    static result<void> remove(handle in, const char* path) noexcept {
        return checked(::unlinkat(in, path, 0), "unlinkat");
    }
    static result<void> remove_folder(handle in, const char* path) noexcept {
        if (::unlinkat(in, path, AT_REMOVEDIR) == 0) return {};
        const int number = errno;  // systems do not agree on what a folder with entries is
        return fail(number == EEXIST ? errc::not_empty : cause_of(number), "unlinkat", number);
    }
    /// POSIX only knows replacing; a new link beside the old one is the way not to, for all but folders.
    static result<void> rename(handle in, const char* path, handle to_in, const char* to, rename_mode mode) noexcept {
        if (mode == rename_mode::replace) return checked(::renameat(in, path, to_in, to), "renameat");
        if (mode == rename_mode::exchange) return fail(errc::not_supported, "renameat");
        VITTE_CHECK(link(in, path, to_in, to));
        return remove(in, path);
    }
    static result<void> link(handle in, const char* path, handle to_in, const char* to) noexcept {
        return checked(::linkat(in, path, to_in, to, 0), "linkat");
    }
    static result<void> symbolic_link(const char* text, handle in, const char* path) noexcept {
        return checked(::symlinkat(text, in, path), "symlinkat");
    }
    static result<std::size_t> read_link(handle in, const char* path, char* to, std::size_t room) noexcept {
        return counted(::readlinkat(in, path, to, room), "readlinkat");
    }
    static result<void> sync(handle folder) noexcept { return files::sync(folder); }
    static result<void> set_times(handle in, const char* path, bool follow, std::int64_t accessed,
                                  std::int64_t modified) noexcept {
        const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
        return checked(::utimensat(in, path, time_pair(accessed, modified).times, flags), "utimensat");
    }
#if !defined(__wasi__)
    static result<void> set_mode(handle in, const char* path, std::uint32_t mode) noexcept {
        return checked(::fchmodat(in, path, static_cast<mode_t>(mode), 0), "fchmodat");
    }
    static result<void> set_owner(handle in, const char* path, bool follow, std::uint32_t owner,
                                  std::uint32_t group) noexcept {
        const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
        return checked(::fchownat(in, path, static_cast<uid_t>(owner), static_cast<gid_t>(group), flags), "fchownat");
    }
    static result<void> make_current(handle folder) noexcept { return checked(::fchdir(folder), "fchdir"); }
#endif
    static result<std::size_t> current_path(char* to, std::size_t room) noexcept {
        if (room == 0) return fail(errc::name_too_long, "getcwd");  // which some take for a wish for memory
        if (::getcwd(to, room) != nullptr) return ::strlen(to);
        const int number = errno;
        if (number == ERANGE) return fail(errc::name_too_long, "getcwd", number);
        return fail(cause_of(number), "getcwd", number);
    }
    static result<std::size_t> temporary_folder(char* to, std::size_t room) noexcept {
        const char* const told = ::getenv("TMPDIR");
        const char* const path = told != nullptr && *told != 0 ? told : "/tmp";
        const std::size_t length = ::strlen(path);
        if (length >= room) return fail(errc::name_too_long, "TMPDIR");
        ::memcpy(to, path, length + 1);
        return length;
    }

    static constexpr file_kind kind_of(unsigned char type) noexcept {
#if defined(DT_UNKNOWN)
        switch (type) {
            case DT_REG: return file_kind::regular;
            case DT_DIR: return file_kind::directory;
            case DT_LNK: return file_kind::symbolic_link;
            case DT_UNKNOWN: return file_kind::unknown;
            default: return file_kind::other;
        }
#else
        return static_cast<void>(type), file_kind::unknown;
#endif
    }
    static bool is_dots(const char* name) noexcept {
        return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
    }

    class listing {
    public:
        result<void> open(handle folder) noexcept {
            const int again = above_streams(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            if (again == -1) return last_error("openat");
            stream_ = ::fdopendir(again);
            if (stream_ != nullptr) return {};
            const auto refused = last_error("fdopendir");
            ::close(again);
            return refused;
        }
        result<bool> next(directory_entry& to) noexcept {
            for (;;) {
                errno = 0;
                const dirent* const entry = ::readdir(stream_);
                if (entry == nullptr && errno != 0) return last_error("readdir");
                if (entry == nullptr) return false;
                if (is_dots(entry->d_name)) continue;
                to = {entry->d_name, static_cast<std::uint64_t>(entry->d_ino), type_of(*entry)};
                return true;
            }
        }
        void close() noexcept {
            if (stream_ != nullptr) ::closedir(stream_);
            stream_ = nullptr;
        }

    private:
        template <class Entry>
        static file_kind type_of(const Entry& entry) noexcept {
            if constexpr (requires { entry.d_type; })
                return kind_of(entry.d_type);
            else
                return file_kind::unknown;
        }
        DIR* stream_ = nullptr;
    };
};

}  // namespace vitte::sys::posix
