/// Files and folders for a while: nobody else knows their names, and they are gone with the object.
#pragma once

#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/tree.hpp>

namespace vitte::sys {

/// The folder for what is not kept (`TMPDIR` or /tmp, `GetTempPath`), open.
template <platform P = native>
result<basic_directory<P>> temporary_folder() noexcept {
    char path[4096];
    VITTE_CHECK(P::directories::temporary_folder(path, sizeof path));
    return basic_directory<P>::open(path);
}

/// A file for reading and writing that is gone with this object, on Linux also if the program crashes, where the file
/// system has files without a name (`O_TMPFILE`). Rights are 0600 on POSIX, without those of the process's mask.
template <platform P = native>
class basic_temporary_file {
    using directories = typename P::directories;

public:
    static result<basic_temporary_file> create() noexcept {
        VITTE_TRY(auto folder, temporary_folder<P>());
        return create_in(std::move(folder));
    }
    /// In `folder`, so that `keep` can give it a name on the same file system.
    static result<basic_temporary_file> create_in(basic_directory<P>&& folder) noexcept {
        constexpr std::uint32_t only_this_user = 0600;
        if constexpr (requires { directories::open_unnamed(folder.native_handle(), ".", only_this_user); })
            if (const auto made = directories::open_unnamed(folder.native_handle(), ".", only_this_user))
                return basic_temporary_file(std::move(folder), basic_file<P>(*made), {});
        VITTE_TRY(const auto name, detail::unique_name::make<P>());
        VITTE_TRY(auto made, folder.open_file(name.text, {open_mode::create_both, 0, only_this_user}));
        return basic_temporary_file(std::move(folder), std::move(made), name);
    }

    basic_temporary_file(basic_temporary_file&& other) noexcept
        : folder_(std::move(other.folder_)), file_(std::move(other.file_)), name_(std::exchange(other.name_, {})) {}
    basic_temporary_file& operator=(basic_temporary_file&& other) noexcept {
        basic_temporary_file moved(std::move(other));
        std::swap(folder_, moved.folder_);
        std::swap(file_, moved.file_);
        std::swap(name_, moved.name_);
        return *this;
    }
    ~basic_temporary_file() {
        static_cast<void>(file_.close());
        if (*name_.text != 0) static_cast<void>(folder_.remove(name_.text));
    }

    const basic_file<P>& file() const noexcept { return file_; }

    /// Gives it the name `path` in the folder `where`, for good. `errc::already_exists` if there is something,
    /// `errc::cross_device` if that is on another file system.
    result<void> keep(const basic_directory<P>& where, const char* path) noexcept {
        if (*name_.text != 0) {
            VITTE_CHECK(folder_.rename(name_.text, where, path, rename_mode::keep));
            name_ = {};
            return {};
        }
        if constexpr (requires { directories::give_name(file_.native_handle(), where.native_handle(), path); }) {
            return directories::give_name(file_.native_handle(), where.native_handle(), path);
        } else {
            return fail(errc::bad_handle, "keep temporary file");  // it has a name already
        }
    }

private:
    basic_temporary_file(basic_directory<P>&& folder, basic_file<P>&& file, const detail::unique_name& name) noexcept
        : folder_(std::move(folder)), file_(std::move(file)), name_(name) {}

    basic_directory<P> folder_;
    basic_file<P> file_;
    detail::unique_name name_;  ///< empty if there is none
};
using temporary_file = basic_temporary_file<>;

/// An empty folder that is gone with this object, with all that is in it then. Rights are 0700 on POSIX, without
/// those of the process's mask. Its path is absolute, so that it is the same wherever the process goes, if the platform
/// tells where that is.
template <platform P = native>
class basic_temporary_directory {
public:
    static result<basic_temporary_directory> create() {
        char folder[room], path[room];
        VITTE_TRY(const auto name, detail::unique_name::make<P>());
        VITTE_TRY(const std::size_t told, P::directories::temporary_folder(folder, room));
        VITTE_TRY(const std::size_t length,
                  absolute(std::string_view(folder, told), std::span(path).first(room - sizeof name.text)));
        path[length] = '/';
        __builtin_memcpy(path + length + 1, name.text, sizeof name.text);
        VITTE_CHECK(basic_directory<P>::current().create_directory(path, 0700));
        return basic_temporary_directory(path);  // only now: its destructor removes what it names
    }
    basic_temporary_directory(basic_temporary_directory&& other) noexcept {
        __builtin_memcpy(path_, other.path_, room);
        *other.path_ = 0;
    }
    basic_temporary_directory& operator=(basic_temporary_directory&&) = delete;
    ~basic_temporary_directory() {
        if (*path_ != 0) static_cast<void>(remove_all<P>(path_));
    }

    const char* path() const noexcept { return path_; }
    result<basic_directory<P>> open() const noexcept { return basic_directory<P>::open(path_, links::not_followed); }

private:
    static constexpr std::size_t room = 1024;
    static result<std::size_t> absolute(path_view path, std::span<char> to) noexcept {
        if (path.is_absolute()) return path_view("").join(path, to);
        char here[room];
        const auto length = P::directories::current_path(here, room);
        const bool hidden = !length && length.error().code == errc::permission_denied;
        if (!length && !hidden) return unexpected(length.error());
        return path_view(hidden ? std::string_view() : std::string_view(here, *length)).join(path, to);
    }
    explicit basic_temporary_directory(const char (&path)[room]) noexcept { __builtin_memcpy(path_, path, room); }
    char path_[room];
};
using temporary_directory = basic_temporary_directory<>;

}  // namespace vitte::sys
