/// The one absolute path of what is there.
#pragma once

#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/path.hpp>

namespace vitte::sys {

namespace detail {

/// Goes from folder to folder by handle and follows links by hand, so that the path may be longer than the OS takes.
template <platform P>
class resolver {
public:
    explicit resolver(std::span<char> to) noexcept : to_(to) {}

    result<std::size_t> run(const char* path) noexcept {
        if (*path == 0) return fail(errc::not_found, "canonical path");
        VITTE_CHECK(prepend(path));
        if (*path != '/') {
            VITTE_TRY(size_, P::directories::current_path(to_.data(), to_.size()));
            if (size_ == 1) size_ = 0;
        }
        while (begin_ < room) {
            while (begin_ < room && rest_[begin_] == '/') ++begin_;
            if (begin_ == room) break;
            VITTE_CHECK(step());
        }
        if (size_ == 0) {
            VITTE_CHECK(put("/", 1));
        }
        to_[size_] = 0;
        return size_;
    }

private:
    /// One name of what is left.
    result<void> step() noexcept {
        char name[1024];
        std::size_t length = 0;
        for (; begin_ < room && rest_[begin_] != '/'; ++begin_) {
            if (length + 1 == sizeof name) return fail(errc::name_too_long, "canonical path");
            name[length++] = rest_[begin_];
        }
        name[length] = 0;
        const bool more = begin_ < room;
        if (length == 1 && name[0] == '.') return {};
        if (length == 2 && name[0] == '.' && name[1] == '.') {
            while (size_ != 0 && to_[--size_] != '/') {}
            return leave();
        }
        char text[room];
        const auto link = folder_.read_link(name, text);
        if (link) {
            if (++links_ > 40) return fail(errc::too_many_links, "canonical path");  // as many as Linux follows
            text[*link] = 0;
            return prepend(text);
        }
        if (link.error().code != errc::invalid_argument) return unexpected(link.error());
        VITTE_CHECK(put("/", 1));
        VITTE_CHECK(put(name, length));
        return more ? enter(name) : result<void>();
    }
    /// To the folder whose path is written now.
    result<void> leave() noexcept {
        if constexpr (requires { P::directories::only_down; }) {
            to_[size_] = 0;
            return enter(size_ == 0 ? "/" : to_.data(), links::followed);
        } else {
            return enter("..");
        }
    }
    /// By the right to search it, as for every path, where the platform has handles for that.
    result<void> enter(const char* path, links follow = links::not_followed) noexcept {
        const auto in = folder_.native_handle();
        if constexpr (requires { P::directories::open_to_search(in, path, true); }) {
            const bool follows = follow == links::followed;
            VITTE_TRY(const auto opened, retried([&] { return P::directories::open_to_search(in, path, follows); }));
            folder_ = basic_directory<P>(opened);
        } else {
            VITTE_TRY(folder_, folder_.open_directory(path, follow));
        }
        return {};
    }
    /// Text that comes before what is left; from the root if it is absolute.
    result<void> prepend(const char* text) noexcept {
        const std::size_t length = __builtin_strlen(text);
        if (length > begin_) return fail(errc::name_too_long, "canonical path");
        begin_ -= length;
        __builtin_memcpy(rest_ + begin_, text, length);
        if (*text != '/') return {};
        size_ = 0;
        return enter("/", links::followed);
    }
    result<void> put(const char* text, std::size_t length) noexcept {
        if (size_ + length >= to_.size()) return fail(errc::name_too_long, "canonical path");
        __builtin_memcpy(to_.data() + size_, text, length);
        size_ += length;
        return {};
    }

    static constexpr std::size_t room = 16'384;
    std::span<char> to_;
    std::size_t size_ = 0, begin_ = room;
    int links_ = 0;
    basic_directory<P> folder_ = basic_directory<P>::current();
    char rest_[room];  ///< from `begin_` to the end
};

}  // namespace detail

/// Writes the absolute path of what is at `path`, without symbolic links, "." and "..", and with a NUL; returns its
/// length. It was true at some moment. `errc::name_too_long` if `to` is too small, also for a path on the way there,
/// such as that of the process's own folder or of what ".." takes away. Takes the right to search the folders on the
/// way, and on systems other than Linux and Windows that to read them.
template <platform P = native>
result<std::size_t> canonical(const char* path, std::span<char> to) noexcept {
    if constexpr (requires { P::directories::canonical(path, to.data(), to.size()); }) {
        return P::directories::canonical(path, to.data(), to.size());
    } else {
        return detail::resolver<P>(to).run(path);
    }
}

}  // namespace vitte::sys
