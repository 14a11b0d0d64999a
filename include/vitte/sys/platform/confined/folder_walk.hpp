/// The way from a folder down a path, name by name and by handle, that nothing leads out of: what openat2(2) does in
/// the kernel, for every platform with folders.
#pragma once

#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/platform/confined/rules.hpp>

namespace vitte::sys::detail {

/// How many symbolic links a path may lead through: as many as Linux follows.
inline constexpr int most_links = 40;
/// Room for a path and the texts of the links that it leads through.
inline constexpr std::size_t path_room = 8192;

/// Paths as `P` writes them.
template <platform P>
using path_of = basic_path_view<style_of<P>()>;

/// For one path. No link is ever followed by the OS, and ".." is a handle that was kept on the way down: whoever moves
/// folders or puts links in their place meanwhile changes what is found, but not that it is below.
template <platform Inner>
class folder_walk {
    using directories = typename Inner::directories;

public:
    using handle = typename directories::handle;

    explicit folder_walk(handle root) noexcept { stack_[0] = root; }
    folder_walk(const folder_walk&) = delete;
    folder_walk& operator=(const folder_walk&) = delete;
    ~folder_walk() {
        while (depth_ != 0) leave();
    }

    /// The folder `path`, links at its end followed, as a new handle. `errc::permission_denied` if it leads out,
    /// `errc::too_many_links`, or `errc::name_too_long` if there are more than 255 folders on the way.
    result<handle> open(const char* path) noexcept {
        VITTE_CHECK(prepend(path));
        for (;;) {
            while (begin_ < path_room && path_of<Inner>::is_separator(rest_[begin_])) ++begin_;
            if (begin_ == path_room) break;
            VITTE_CHECK(step());
        }
        if (depth_ == 0) return directories::open(stack_[0], ".", true);
        return stack_[depth_--];
    }

private:
    /// One name of what is left.
    result<void> step() noexcept {
        char name[1024];
        std::size_t length = 0;
        for (; begin_ < path_room && !path_of<Inner>::is_separator(rest_[begin_]); ++begin_) {
            if (length + 1 == sizeof name) return fail(errc::name_too_long, "open folder");
            name[length++] = rest_[begin_];
        }
        name[length] = 0;
        if (__builtin_strcmp(name, ".") == 0) return {};
        if (__builtin_strcmp(name, "..") != 0) return enter(name);
        if (depth_ == 0) return fail(errc::permission_denied, rule::leads_out);
        leave();
        return {};
    }
    result<void> enter(const char* name) noexcept {
        if (depth_ + 1 == most_folders) return fail(errc::name_too_long, "open folder: too many on the way");
        const auto opened = directories::open(stack_[depth_], name, false);
        if (opened) return stack_[++depth_] = *opened, result<void>();
        if (opened.error().code != errc::not_a_directory) return unexpected(opened.error());
        char text[path_room];
        const auto size = directories::read_link(stack_[depth_], name, text, sizeof text - 1);
        if (!size) return unexpected(size.error().code == errc::invalid_argument ? opened.error() : size.error());
        if (++links_ > most_links) return fail(errc::too_many_links, "open folder");
        text[*size] = 0;
        return prepend(text);
    }
    void leave() noexcept { static_cast<void>(Inner::files::close(stack_[depth_--])); }

    /// Text that comes before what is left.
    result<void> prepend(const char* text) noexcept {
        if (!path_of<Inner>(text).root().empty()) return fail(errc::permission_denied, rule::leads_out);
        const std::size_t length = __builtin_strlen(text);
        if (length > begin_) return fail(errc::name_too_long, "open folder");
        begin_ -= length;
        __builtin_memcpy(rest_ + begin_, text, length);
        return {};
    }

    static constexpr std::size_t most_folders = 256;
    handle stack_[most_folders];  ///< the root, which is somebody else's, and what was opened below it
    std::size_t depth_ = 0, begin_ = path_room;
    int links_ = 0;
    char rest_[path_room];  ///< from `begin_` to the end
};

}  // namespace vitte::sys::detail
