/// Paths that stay below a folder: the folder that the last name is in, and opening what it stands for.
#pragma once

#include <vitte/sys/platform/confined/folder_walk.hpp>

namespace vitte::sys::detail {

/// Whether an answer of `open_beneath` is not the last word: only the walk can do it, or tell why not.
template <class Handle>
bool needs_walk(const result<Handle>& opened) noexcept {
    if (opened) return false;
    const errc code = opened.error().code;
    return code == errc::not_supported || code == errc::would_block || code == errc::too_many_links ||
           code == errc::cross_device;
}

/// The folder `path` below `root`, links followed, as a new handle. By one call where the platform has it.
template <platform Inner>
result<typename Inner::directories::handle> folder_beneath(typename Inner::directories::handle root,
                                                           const char* path) noexcept {
    if constexpr (requires { Inner::directories::open_beneath(root, path, true); }) {
        const auto opened = Inner::directories::open_beneath(root, path, true);
        if (!needs_walk(opened)) return opened;
    }
    return folder_walk<Inner>(root).open(path);
}

/// What is meant by the last name of a path.
enum class last_name : unsigned char {
    followed,      ///< what it is, or what it points to if it is a symbolic link
    not_followed,  ///< the link itself, unless there is a separator behind it
    entry,         ///< the name in its folder: to be made, taken away or given to something else
};

/// The folder below `root` in which the last name of a path is, open, and that name. Never followed by the OS from
/// there, it is below too. For one path.
template <platform Inner>
class location {
    using directories = typename Inner::directories;

public:
    using handle = typename directories::handle;

    location() noexcept = default;
    location(const location&) = delete;
    location& operator=(const location&) = delete;
    ~location() { leave(); }

    /// Fails as `folder_walk::open` does for the folders on the way.
    result<void> find(handle root, const char* path, last_name meaning) noexcept {
        leave();
        *text_ = 0;
        VITTE_CHECK(append(path));
        for (int links = 0; links <= most_links; ++links) {
            VITTE_CHECK(split(meaning));
            VITTE_CHECK(enter(root));
            if (meaning != last_name::followed || is_folder()) return {};
            VITTE_TRY(const bool again, append_link());
            if (!again) return {};
        }
        return fail(errc::too_many_links, "find path");
    }
    handle folder() const noexcept { return folder_; }
    /// "." if the path ends with a folder that has no name there.
    const char* name() const noexcept { return name_; }

    /// `errc::not_a_directory` if there is a separator behind an entry that is no folder.
    result<void> check_kind() const noexcept { return check_kind(*this); }
    /// The same if the separator is behind what becomes its name.
    result<void> check_kind(const location& named) const noexcept {
        if (!named.separated_) return {};
        VITTE_TRY(const file_info facts, directories::info(folder_, name_, false));
        if (facts.kind != file_kind::directory) return fail(errc::not_a_directory, "find path");
        return {};
    }

private:
    bool is_folder() const noexcept { return __builtin_strcmp(name_, ".") == 0; }

    /// Cuts the last name off `text_`.
    result<void> split(last_name meaning) noexcept {
        std::size_t end = __builtin_strlen(text_);
        const std::size_t whole = end;
        while (end != 0 && path_of<Inner>::is_separator(text_[end - 1])) --end;
        std::size_t begin = end;
        while (begin != 0 && !path_of<Inner>::is_separator(text_[begin - 1])) --begin;
        const std::string_view last(text_ + begin, end - begin);
        separated_ = end != whole;
        const bool dots = last.empty() || last == "." || last == "..";
        if (dots || (separated_ && meaning != last_name::entry)) {
            separated_ = false;
            __builtin_memcpy(name_, ".", 2);
            return {};
        }
        if (last.size() >= sizeof name_) return fail(errc::name_too_long, "find path");
        __builtin_memcpy(name_, last.data(), last.size());
        name_[last.size()] = 0;
        text_[begin] = 0;
        return {};
    }
    result<void> enter(handle root) noexcept {
        folder_ = root;
        if (*text_ == 0) return {};
        VITTE_TRY(folder_, folder_beneath<Inner>(root, text_));
        owned_ = true;
        return {};
    }
    void leave() noexcept {
        if (owned_) static_cast<void>(Inner::files::close(folder_));
        owned_ = false;
    }
    /// Puts what a symbolic link says in the place of its name; false if it is none.
    result<bool> append_link() noexcept {
        char link[path_room];
        const auto size = directories::read_link(folder_, name_, link, sizeof link - 1);
        if (!size && (size.error().code == errc::invalid_argument || size.error().code == errc::not_found))
            return false;
        if (!size) return unexpected(size.error());
        link[*size] = 0;
        leave();
        VITTE_CHECK(append(link));
        return true;
    }
    result<void> append(const char* more) noexcept {
        if (!path_of<Inner>(more).root().empty()) return fail(errc::permission_denied, rule::leads_out);
        const std::size_t size = __builtin_strlen(text_), added = __builtin_strlen(more);
        if (size + added >= sizeof text_) return fail(errc::name_too_long, "find path");
        __builtin_memcpy(text_ + size, more, added + 1);
        return {};
    }

    handle folder_ = directories::current;
    bool owned_ = false, separated_ = false;
    char name_[1024];
    char text_[path_room];  ///< the path of `folder_` below the root
};

/// `directories::open` below `root`.
template <platform Inner>
result<typename Inner::directories::handle> open_beneath(typename Inner::directories::handle root, const char* path,
                                                         bool follow) noexcept {
    if (follow) return folder_beneath<Inner>(root, path);
    if constexpr (requires { Inner::directories::open_beneath(root, path, follow); }) {
        const auto opened = Inner::directories::open_beneath(root, path, follow);
        if (!needs_walk(opened)) return opened;
    }
    location<Inner> at;
    VITTE_CHECK(at.find(root, path, last_name::not_followed));
    return Inner::directories::open(at.folder(), at.name(), false);
}

/// `directories::open_file` below `root`.
template <platform Inner>
result<typename Inner::directories::handle> open_file_beneath(typename Inner::directories::handle root,
                                                              const char* path, const open_options& options) noexcept {
    if constexpr (requires { Inner::directories::open_file_beneath(root, path, options); }) {
        const auto opened = Inner::directories::open_file_beneath(root, path, options);
        if (!needs_walk(opened)) return opened;
    }
    const bool creates = options.mode == open_mode::create_new || options.mode == open_mode::create_both;
    const bool follow = (options.flags & open_no_follow) == 0 && !creates;
    const open_options itself(options.mode, options.flags | open_no_follow, options.rights);
    location<Inner> at;
    for (int tries = 0;; ++tries) {
        VITTE_CHECK(at.find(root, path, follow ? last_name::followed : last_name::not_followed));
        const auto opened = Inner::directories::open_file(at.folder(), at.name(), itself);
        const bool became_link = !opened && opened.error().code == errc::too_many_links;
        if (!follow || !became_link || tries == most_links) return opened;
    }
}

/// `directories::info` below `root`.
template <platform Inner>
result<file_info> info_beneath(typename Inner::directories::handle root, const char* path, bool follow) noexcept {
    location<Inner> at;
    for (int tries = 0; tries <= most_links; ++tries) {
        VITTE_CHECK(at.find(root, path, follow ? last_name::followed : last_name::not_followed));
        const auto facts = Inner::directories::info(at.folder(), at.name(), false);
        const bool became_link = facts && facts->kind == file_kind::symbolic_link;
        if (!follow || !became_link) return facts;
    }
    return fail(errc::too_many_links, "find path");
}

}  // namespace vitte::sys::detail
