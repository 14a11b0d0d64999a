/// What a file that takes the place of another one, or is its copy, may show to others: no more than that did.
#pragma once

#include <vitte/sys/fs/attributes.hpp>
#include <vitte/sys/fs/directory.hpp>

namespace vitte::sys::detail {

/// The rights of a file that is about to be written: nobody reads it who may not read it in the end.
inline constexpr std::uint32_t private_rights = 0600;

/// Who may do what with a file.
struct file_rights {
    file_info facts;
    result<byte_buffer> list;  ///< its access control list, empty if there is none; or why that is not known

    template <platform P>
    static result<file_rights> of(const basic_file<P>& file) noexcept {
        VITTE_TRY(const file_info facts, file.info());
        return file_rights{facts, list_of(file)};
    }
    /// Of the file `name` in `folder`, which `facts` are about.
    template <platform P>
    static result<file_rights> at(const basic_directory<P>& folder, const char* name, const file_info& facts) noexcept {
        if constexpr (requires { P::files::access_list; }) {
            const auto file = folder.open_file(name, {open_mode::read, open_no_follow | open_nonblocking});
            if (!file) return file_rights{facts, unexpected(file.error())};
            return of(*file);
        } else {
            return file_rights{facts, byte_buffer()};
        }
    }

private:
    template <platform P>
    static result<byte_buffer> list_of(const basic_file<P>& file) noexcept {
        byte_buffer list;
        if constexpr (requires { P::files::access_list; }) {
            const auto size = attribute(file, P::files::access_list, {});
            if (!size && (size.error().code == errc::not_found || size.error().code == errc::not_supported))
                return list;
            if (!size) return unexpected(size.error());
            VITTE_TRY(list, byte_buffer::allocate(*size));
            VITTE_TRY(const std::size_t told, attribute(file, P::files::access_list, list.bytes()));
            list.truncate(told);
        }
        return list;
    }
};

/// Gives `made` the owner (~0 leaves it) or the group; returns whether this process may.
template <platform P>
result<bool> give(const basic_file<P>& made, std::uint32_t owner, std::uint32_t group) noexcept {
    const auto given = retried([&] { return P::files::set_owner(made.native_handle(), owner, group); });
    if (!given && given.error().code != errc::permission_denied) return unexpected(given.error());
    return given.has_value();
}

/// Gives `made` the access control list of `old`, or takes away the one that its folder gave it; returns whether this
/// process may. `readable`: it may read `old`, whoever may not. `same_group`: `made` has the group that a list means.
template <platform P>
result<bool> inherit_list(const basic_file<P>& made, const file_rights& old, bool readable, bool same_group) noexcept {
    if constexpr (requires { P::files::access_list; }) {
        const char* const name = P::files::access_list;
        if (!old.list && !readable && old.list.error().code == errc::permission_denied) return false;
        if (!old.list) return unexpected(old.list.error());
        const bool none = old.list->size() == 0;
        if (!none && !same_group) return false;
        const auto done = none ? remove_attribute(made, name) : set_attribute(made, name, old.list->bytes());
        if (done || (none && done.error().code == errc::not_found)) return true;
        if (done.error().code == errc::not_supported) return none;
        if (done.error().code == errc::permission_denied && !none) return false;
        return unexpected(done.error());
    } else {
        return true;
    }
}

/// Gives `made`, which only its owner may open, the group, the mode and the access control list of `old`, and its owner
/// if `owner_too`, but nobody more rights than he had: where this process may not give it the group, what the group or
/// everybody might not, neither may; where it may not give it the list, or cannot know it, only the owner keeps rights.
/// What belongs to another owner or group is not set-user-ID or set-group-ID.
template <platform P>
result<void> inherit_rights(const basic_file<P>& made, const file_rights& old, bool owner_too) noexcept {
    using files = typename P::files;
    if constexpr (requires { files::set_mode(made.native_handle(), 0u); }) {
        std::uint32_t mode = old.facts.mode;
        if constexpr (requires { files::set_owner(made.native_handle(), 0u, 0u); }) {
            constexpr std::uint32_t as_it_is = ~0u;
            VITTE_TRY(const file_info now, made.info());
            bool same_owner = now.owner == old.facts.owner, same_group = now.group == old.facts.group;
            const bool readable = same_owner && (mode & 0400) != 0;
            if (!same_group) {
                VITTE_TRY(same_group, give(made, as_it_is, old.facts.group));
            }
            if (!same_owner && owner_too) {
                VITTE_TRY(same_owner, give(made, old.facts.owner, as_it_is));
            }
            VITTE_TRY(const bool listed, inherit_list(made, old, readable, same_group));
            const std::uint32_t both = mode & mode >> 3 & 07;
            if (!same_group) mode = (mode & ~077u) | both << 3 | both;
            if (!listed) mode &= ~077u;
            if (!same_owner || !same_group) mode &= 0777;
        }
        VITTE_CHECK(retried([&] { return files::set_mode(made.native_handle(), owner_too ? mode : mode & 0777); }));
    }
    return {};
}

}  // namespace vitte::sys::detail
