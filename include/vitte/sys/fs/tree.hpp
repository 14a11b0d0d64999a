/// Whole trees of folders: making the way to one, and removing one with all that is in it.
#pragma once

#include <vitte/sys/fs/folder_stack.hpp>
#include <vitte/sys/fs/path.hpp>

namespace vitte::sys {

namespace detail {

/// The length of `path` without the separators at its end, but for those of its root.
inline std::size_t length_of_names(const char* path) noexcept {
    const std::size_t root = path_view(path).root().size();
    std::size_t length = __builtin_strlen(path);
    while (length > root && path_view::is_separator(path[length - 1])) --length;
    return length;
}

inline constexpr std::uint32_t write_and_search = 0300;

/// Lets the owner of the folder `path` write and search it, which the process's mask may have taken away.
template <platform P>
result<void> open_to_owner(const basic_directory<P>& in, const char* path) noexcept {
    if constexpr (requires { P::directories::set_mode(in.native_handle(), path, write_and_search); }) {
        VITTE_TRY(const file_info facts, in.info(path));
        const bool lacks_some = (facts.mode & write_and_search) != write_and_search;
        if (facts.kind == file_kind::directory && lacks_some) return in.set_mode(path, facts.mode | write_and_search);
    }
    return {};
}

}  // namespace detail

/// Makes the folder `path`, with the POSIX permission bits `rights` without those of the process's mask, and those
/// above it that are missing, which their owner may write and search besides, also if the mask says otherwise (as
/// `mkdir -p`, POSIX.1-2017). Succeeds if it is there.
template <platform P = native>
result<void> create_directories(const char* path, std::uint32_t rights = 0777) noexcept {
    const auto here = basic_directory<P>::current();
    const std::size_t length = detail::length_of_names(path);
    VITTE_TRY(auto partial, byte_buffer::allocate(length + 1));
    auto* const text = reinterpret_cast<char*>(partial.bytes().data());
    __builtin_memcpy(text, path, length);
    text[length] = 0;
    result<void> refused;
    for (std::size_t end = path_view(path).root().size() + 1; end <= length; ++end) {
        if (end != length && !path_view::is_separator(path[end])) continue;
        text[end] = 0;
        const auto made = here.create_directory(text, end == length ? rights : rights | detail::write_and_search);
        if (made && end != length) {
            VITTE_CHECK(detail::open_to_owner(here, text));
        }
        if (made || made.error().code == errc::already_exists) {
            refused = {};
        } else if (const auto there = here.info(text, links::followed); there && there->kind == file_kind::directory) {
            refused = {};  // what is there need not be allowed to be made: "/" on a read-only system, for example
        } else if (made.error().code != errc::permission_denied) {
            return refused ? made : refused;
        } else if (refused) {
            refused = made;  // nor to be looked at, if what is below it is
        }
        if (end != length) text[end] = path[end];
    }
    VITTE_CHECK(refused);
    VITTE_TRY(const file_info facts, here.info(path, links::followed));
    if (facts.kind != file_kind::directory) return fail(errc::not_a_directory, "create directories");
    return {};
}

namespace detail {

/// Empties folders depth first.
template <platform P>
class tree_remover {
public:
    explicit tree_remover(basic_directory<P>&& root) noexcept : stack_(std::move(root)) {}

    result<void> run() noexcept {
        for (;;) {
            entry_name child;
            bool found = false;
            const auto emptied = empty(stack_.top(), child, found);
            if (!emptied && emptied.error().code != errc::not_found) return emptied;  // the folder itself may be gone
            if (*child.text != 0) {
                VITTE_CHECK(descend(child));
            } else if (stack_.depth() > 1) {
                VITTE_CHECK(ascend());
            } else if (!found) {  // a look that meets nothing: some systems miss entries while others are removed
                return {};
            } else {
                ++again_;
            }
            if (again_ > patience) return fail(errc::busy, "remove tree: what is removed comes back");
        }
    }

private:
    static constexpr int patience = 10'000;
    /// At most 255 characters of up to three bytes.
    struct entry_name {
        char text[768] = {};
    };

    /// Removes what is no folder, and empty folders; `child` becomes the name of one that is not empty. `found` says
    /// whether there was anything.
    static result<void> empty(const basic_directory<P>& folder, entry_name& child, bool& found) noexcept {
        result<void> failed;
        VITTE_CHECK(folder.for_each([&](const directory_entry& entry) {
            found = true;
            const bool maybe_folder = entry.kind == file_kind::directory || entry.kind == file_kind::unknown;
            const auto removed = maybe_folder ? folder.remove_directory(entry.name) : folder.remove(entry.name);
            if (removed || removed.error().code == errc::not_found) return true;
            if (maybe_folder && removed.error().code == errc::not_empty) {
                __builtin_strncpy(child.text, entry.name, sizeof child.text - 1);
                return false;
            }
            const auto again = removed.error().code == errc::not_a_directory ? folder.remove(entry.name) : removed;
            if (again) return true;
            return failed = again, false;
        }));
        return failed;
    }
    /// Somebody may have put a link to another folder there: it is not followed, and removed the next time.
    result<void> descend(const entry_name& name) noexcept {
        if (__builtin_strcmp(name.text, removed_.text) == 0) ++again_;
        const auto entered = stack_.descend(name.text);
        if (entered) {
            removed_ = {};
            return names_.push_back(entry_name(name));
        }
        removed_ = name;
        if (entered.error().code == errc::not_a_directory) return ++again_, result<void>();
        if (entered.error().code == errc::not_found) return {};
        return entered;
    }
    result<void> ascend() noexcept {
        VITTE_CHECK(stack_.ascend());
        removed_ = names_.back();
        names_.pop_back();
        const auto removed = stack_.top().remove_directory(removed_.text);
        // Not empty any more: somebody writes into it, and it is gone through again.
        if (removed || removed.error().code == errc::not_found || removed.error().code == errc::not_empty ||
            removed.error().code == errc::not_a_directory)
            return {};
        return removed;
    }

    folder_stack<P> stack_;
    growing_array<entry_name> names_;
    entry_name removed_;  ///< the folder that was left, or not met, last, unless another one was entered since
    int again_ = 0;       ///< how often there was something to be removed where all had been removed
};

/// Removes what stands at `path`, which has no separator at its end: that would follow a link.
template <platform P>
result<void> remove_what_is_at(const char* path) noexcept {
    const auto here = basic_directory<P>::current();
    auto root = here.open_directory(path);
    if (!root && root.error().code == errc::not_a_directory) return here.remove(path);
    if (!root && here.remove_directory(path)) return {};  // which takes no right to read it if it is empty
    if (!root) return unexpected(root.error());
    VITTE_CHECK(tree_remover<P>(std::move(*root)).run());
    return here.remove_directory(path);
}

/// The same, also if somebody else removes it meanwhile.
template <platform P>
result<void> remove_all_at(const char* path) noexcept {
    const auto is_missing = [](const auto& met) {
        return !met && (met.error().code == errc::not_found || met.error().code == errc::not_a_directory);
    };
    for (int left = 1000;; --left) {
        const auto removed = remove_what_is_at<P>(path);
        if (!is_missing(removed)) return removed;
        if (is_missing(basic_directory<P>::current().info(path))) return {};
        if (left == 0) return removed;
    }
}

/// Returns true if a path ends with a name by which its folder can be removed: not with ".", ".." or a root. Windows
/// takes points and spaces away from the end of a path: "d\... " means "d".
template <path_style Style>
constexpr bool ends_with_own_name(basic_path_view<Style> path) noexcept {
    const std::string_view name = path.name();
    if (name.empty()) return path.root().empty();
    if (Style == path_style::windows) return name.find_first_not_of(". ") != name.npos;
    return name != "." && name != "..";
}

}  // namespace detail

/// Removes `path` with all that is in it, without following symbolic links: neither one at `path`, with separators
/// behind it or without, nor those that somebody puts in the place of folders meanwhile. Stops at the first failure,
/// which may leave some of it. Succeeds if there is nothing, also if somebody else removed it first, or if what stands
/// above it is no folder. Fails with `errc::invalid_argument`, and removes nothing, if `path` is a root or its last
/// name is
/// "." or "..", or on Windows of points and spaces alone: such a folder could be emptied, but not removed.
template <platform P = native>
result<void> remove_all(const char* path) noexcept {
    const std::size_t length = detail::length_of_names(path);
    if (!detail::ends_with_own_name(path_view(std::string_view(path, length))))
        return fail(errc::invalid_argument, "remove tree: root, \".\" or \"..\"");
    if (path[length] == 0) return detail::remove_all_at<P>(path);
    VITTE_TRY(auto copied, byte_buffer::allocate(length + 1));
    auto* const text = reinterpret_cast<char*>(copied.bytes().data());
    __builtin_memcpy(text, path, length);
    text[length] = 0;
    return detail::remove_all_at<P>(text);
}

}  // namespace vitte::sys
