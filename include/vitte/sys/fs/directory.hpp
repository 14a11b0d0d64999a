/// Folders by handle: what is done to names in them cannot be led elsewhere by somebody who moves folders or puts links
/// in their place meanwhile.
#pragma once

#include <new>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/platform/directories.hpp>

namespace vitte::sys {

/// Whether a symbolic link at the end of a path stands for what it points to.
enum class links : bool { not_followed = false, followed = true };

/// An open folder, closed by its destructor; paths are relative to it (UTF-8, NUL-terminated). Safe from several
/// threads at once, but for `for_each`.
template <platform P = native>
class basic_directory {
    static_assert(
        requires { typename P::directories; }, "this platform has no folders");
    using directories = typename P::directories;

public:
    using native_handle_type = typename directories::handle;

    static result<basic_directory> open(const char* path, links follow = links::followed) noexcept {
        return open_in(directories::current, path, follow);
    }
    /// The process's own folder, as it is whenever this is used.
    static basic_directory current() noexcept { return basic_directory(directories::current); }

    /// Takes over an open handle.
    explicit basic_directory(native_handle_type handle) noexcept : handle_(handle) {}

    basic_directory(basic_directory&& other) noexcept : handle_(std::exchange(other.handle_, directories::current)) {}
    basic_directory& operator=(basic_directory&& other) noexcept {
        basic_directory moved(std::move(other));
        std::swap(handle_, moved.handle_);
        return *this;
    }
    ~basic_directory() {
        if (handle_ != directories::current) static_cast<void>(P::files::close(handle_));
    }
    native_handle_type native_handle() const noexcept { return handle_; }

    result<basic_directory> open_directory(const char* path, links follow = links::not_followed) const noexcept {
        return open_in(handle_, path, follow);
    }
    result<basic_file<P>> open_file(const char* path, const open_options& options = {}) const noexcept {
        VITTE_TRY(const auto opened, retried([&] { return directories::open_file(handle_, path, options); }));
        return basic_file<P>(opened);
    }
    result<file_info> info(const char* path, links follow = links::not_followed) const noexcept {
        return directories::info(handle_, path, follow == links::followed);
    }
    /// An empty folder; `rights` are POSIX permission bits, without those of the process's mask.
    result<void> create_directory(const char* path, std::uint32_t rights = 0777) const noexcept {
        return directories::create(handle_, path, rights);
    }
    /// Takes away a name that is no folder's.
    result<void> remove(const char* path) const noexcept { return directories::remove(handle_, path); }
    /// Takes away an empty folder.
    result<void> remove_directory(const char* path) const noexcept { return directories::remove_folder(handle_, path); }
    /// Gives `path` the name `to` in the folder `where`.
    result<void> rename(const char* path, const basic_directory& where, const char* to,
                        rename_mode mode = rename_mode::replace) const noexcept {
        return directories::rename(handle_, path, where.handle_, to, mode);
    }
    result<void> rename(const char* path, const char* to, rename_mode mode = rename_mode::replace) const noexcept {
        return rename(path, *this, to, mode);
    }
    /// A second name `to` for the file `path`.
    result<void> link(const char* path, const basic_directory& where, const char* to) const noexcept {
        return directories::link(handle_, path, where.handle_, to);
    }
    /// A symbolic link at `path` that says `text`.
    result<void> symbolic_link(const char* text, const char* path) const noexcept {
        return directories::symbolic_link(text, handle_, path);
    }
    /// Copies the text of the symbolic link `path` to `to`, without a NUL; returns its length. `errc::name_too_long` if
    /// it may not all be there.
    result<std::size_t> read_link(const char* path, std::span<char> to) const noexcept {
        VITTE_TRY(const std::size_t length, directories::read_link(handle_, path, to.data(), to.size()));
        if (length == to.size()) return fail(errc::name_too_long, "read link");
        return length;
    }
    /// As `basic_file::set_times`.
    result<void> set_times(const char* path, std::int64_t accessed, std::int64_t modified,
                           links follow = links::not_followed) const noexcept {
        return directories::set_times(handle_, path, follow == links::followed, accessed, modified);
    }
    /// POSIX permission bits of what `path` is or, if it is a symbolic link, points to.
    result<void> set_mode(const char* path, std::uint32_t mode) const noexcept {
        VITTE_CALL_IF_PRESENT("set mode", directories::set_mode(handle_, path, mode));
    }
    /// Numbers of user and group; ~0 leaves one as it is.
    result<void> set_owner(const char* path, std::uint32_t user, std::uint32_t group,
                           links follow = links::not_followed) const noexcept {
        VITTE_CALL_IF_PRESENT("set owner",
                              directories::set_owner(handle_, path, follow == links::followed, user, group));
    }
    /// Room on the file system that the folder `path` is on.
    result<disk_space> space(const char* path = ".") const noexcept {
        if constexpr (requires { P::files::space(handle_); }) {
            VITTE_TRY(const auto folder, open_directory(path, links::followed));
            return P::files::space(folder.handle_);
        } else {
            return fail(errc::not_supported, "disk space");
        }
    }
    /// Returns when the names in the folder are stored as they are.
    result<void> sync() const noexcept {
        return retried([&] { return directories::sync(handle_); });
    }

    /// The memory that listing a folder takes, some 32 KiB: one does for many folders, one after the other.
    class listing {
    public:
        static result<listing> create() noexcept {
            listing made(new (std::nothrow) typename directories::listing);
            if (made.entries_ == nullptr) return fail(errc::out_of_memory, "list folder");
            return made;
        }
        listing(listing&& other) noexcept : entries_(std::exchange(other.entries_, nullptr)) {}
        listing& operator=(listing&&) = delete;
        ~listing() { delete entries_; }

    private:
        friend basic_directory;
        explicit listing(typename directories::listing* entries) noexcept : entries_(entries) {}
        typename directories::listing* entries_;
    };

    /// Calls `visit(const directory_entry&)` for each entry but "." and "..", in no order, until it returns false;
    /// entries that come or go meanwhile may be met or not. `visit` may list this folder, too.
    template <class Visit>
    result<void> for_each(Visit visit) const {
        VITTE_TRY(auto memory, listing::create());
        return for_each(visit, memory);
    }
    template <class Visit>
    result<void> for_each(Visit visit, listing& memory) const {
        if (is_listed_) {  // where a listing has come to may belong to the handle
            VITTE_TRY(const auto again, open_directory("."));
            return again.for_each(visit, memory);
        }
        const struct opened {
            typename directories::listing& entries;
            bool& is_listed;
            ~opened() { entries.close(), is_listed = false; }
        } list{*memory.entries_, is_listed_};
        VITTE_CHECK(list.entries.open(handle_));
        is_listed_ = true;
        for (directory_entry entry;;) {
            VITTE_TRY(const bool more, list.entries.next(entry));
            if (!more || !visit(static_cast<const directory_entry&>(entry))) return {};
        }
    }

private:
    static result<basic_directory> open_in(native_handle_type in, const char* path, links follow) noexcept {
        VITTE_TRY(const auto opened, retried([&] { return directories::open(in, path, follow == links::followed); }));
        return basic_directory(opened);
    }

    native_handle_type handle_;
    mutable bool is_listed_ = false;
};
using directory = basic_directory<>;

}  // namespace vitte::sys
