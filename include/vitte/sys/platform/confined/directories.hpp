/// Folders below those that are granted.
#pragma once

#include <vitte/sys/platform/confined/confinement.hpp>
#include <vitte/sys/platform/confined/passed_on.hpp>

namespace vitte::sys {

/// Folders: each path is resolved below the folder of its grant or of its handle, and what it ends with is never
/// followed by the OS itself. ".." and links may go up as long as they stay below; a link with an absolute path leads
/// out, wherever it points to. What a link says is not looked at when it is made. Folders on the way must be readable.
/// What is changed needs a grant to write, and links to files and renamed entries one for both folders. There is no
/// `make_current`, and a mode is set through an open file, which must be readable and no device or pipe.
template <class Inner, class Tag>
struct confined_directories {
    using inner = typename Inner::directories;
    using handle = typename inner::handle;
    using bounds = confinement<Inner, Tag>;
    using listing = typename inner::listing;
    using enum grant_rights;
    using last_name = detail::last_name;
    static constexpr handle current = inner::current;
    static constexpr bool only_down = true;

    VITTE_DETAIL_PASSED_ON(sync)

    static result<handle> open(handle in, const char* path, bool follow) noexcept {
        VITTE_TRY(const auto from, bounds::begin(in, path, read));
        return bounds::opened(from.rights, [&] { return detail::open_beneath<Inner>(from.folder, from.rest, follow); });
    }
    static result<handle> open_file(handle in, const char* path, const open_options& options) noexcept {
        VITTE_TRY(const auto from, bounds::begin(in, path, options.mode == open_mode::read ? read : read_write));
        return bounds::opened(from.rights,
                              [&] { return detail::open_file_beneath<Inner>(from.folder, from.rest, options); });
    }
    static result<file_info> info(handle in, const char* path, bool follow) noexcept {
        VITTE_TRY(const auto from, bounds::begin(in, path, read));
        return detail::info_beneath<Inner>(from.folder, from.rest, follow);
    }
    static result<void> create(handle in, const char* path, std::uint32_t rights) noexcept {
        return changed(in, path, last_name::entry,
                       [&](const place& at) { return inner::create(at.folder(), at.name(), rights); });
    }
    static result<void> remove(handle in, const char* path) noexcept {
        return changed(in, path, last_name::entry, [](const place& at) -> result<void> {
            VITTE_CHECK(at.check_kind());
            return inner::remove(at.folder(), at.name());
        });
    }
    static result<void> remove_folder(handle in, const char* path) noexcept {
        return changed(in, path, last_name::entry,
                       [](const place& at) { return inner::remove_folder(at.folder(), at.name()); });
    }
    static result<void> rename(handle in, const char* path, handle to_in, const char* to, rename_mode mode) noexcept {
        return changed_both(in, path, to_in, to, [mode](const place& at, const place& goal) {
            return inner::rename(at.folder(), at.name(), goal.folder(), goal.name(), mode);
        });
    }
    static result<void> link(handle in, const char* path, handle to_in, const char* to) noexcept {
        return changed_both(in, path, to_in, to, [](const place& at, const place& goal) {
            return inner::link(at.folder(), at.name(), goal.folder(), goal.name());
        });
    }
    static result<void> symbolic_link(const char* text, handle in, const char* path) noexcept {
        return changed(in, path, last_name::entry, [text](const place& at) -> result<void> {
            VITTE_CHECK(at.check_kind());
            return inner::symbolic_link(text, at.folder(), at.name());
        });
    }
    static result<std::size_t> read_link(handle in, const char* path, char* to, std::size_t room) noexcept {
        VITTE_TRY(const auto from, bounds::begin(in, path, read));
        place at;
        VITTE_CHECK(at.find(from.folder, from.rest, last_name::not_followed));
        return inner::read_link(at.folder(), at.name(), to, room);
    }
    static result<void> set_times(handle in, const char* path, bool follow, std::int64_t accessed,
                                  std::int64_t modified) noexcept {
        return changed(in, path, meaning(follow), [&](const place& at) {
            return inner::set_times(at.folder(), at.name(), false, accessed, modified);
        });
    }
    static result<void> set_owner(handle in, const char* path, bool follow, std::uint32_t user,
                                  std::uint32_t group) noexcept
        requires requires(handle h) { inner::set_owner(h, "", false, 0u, 0u); }
    {
        return changed(in, path, meaning(follow),
                       [&](const place& at) { return inner::set_owner(at.folder(), at.name(), false, user, group); });
    }
    static result<void> set_mode(handle in, const char* path, std::uint32_t mode) noexcept
        requires requires(handle h) { Inner::files::set_mode(h, 0u); }
    {
        return changed(in, path, last_name::followed, [mode](const place& at) { return set_mode_of(at, mode); });
    }
    static result<handle> open_unnamed(handle in, const char* folder, std::uint32_t rights) noexcept
        requires requires(handle h) { inner::open_unnamed(h, "", 0u); }
    {
        VITTE_TRY(const auto from, bounds::begin(in, folder, read_write));
        VITTE_TRY(const handle where, detail::folder_beneath<Inner>(from.folder, from.rest));
        const auto made = bounds::opened(read_write, [&] { return inner::open_unnamed(where, ".", rights); });
        static_cast<void>(Inner::files::close(where));
        return made;
    }
    static result<void> give_name(handle target, handle in, const char* path) noexcept
        requires requires(handle h) { inner::give_name(h, h, ""); }
    {
        VITTE_CHECK(bounds::may_change(target));
        return changed(in, path, last_name::entry,
                       [target](const place& at) { return inner::give_name(target, at.folder(), at.name()); });
    }
    static result<std::size_t> current_path(char*, std::size_t) noexcept {
        return fail(errc::permission_denied, detail::rule::current_path);
    }
    static result<std::size_t> temporary_folder(char* to, std::size_t room) noexcept {
        return bounds::temporary_folder(to, room);
    }

private:
    using place = detail::location<Inner>;

    static constexpr last_name meaning(bool follow) noexcept {
        return follow ? last_name::followed : last_name::not_followed;
    }
    template <class Act>
    static result<void> changed(handle in, const char* path, last_name meaning, Act act) noexcept {
        VITTE_TRY(const auto from, bounds::begin(in, path, read_write));
        place at;
        VITTE_CHECK(at.find(from.folder, from.rest, meaning));
        return act(static_cast<const place&>(at));
    }
    template <class Act>
    static result<void> changed_both(handle in, const char* path, handle to_in, const char* to, Act act) noexcept {
        return changed(in, path, last_name::entry, [&](const place& at) -> result<void> {
            VITTE_CHECK(at.check_kind());
            return changed(to_in, to, last_name::entry, [&](const place& goal) -> result<void> {
                VITTE_CHECK(at.check_kind(goal));
                return act(at, goal);
            });
        });
    }
    static result<void> set_mode_of(const place& at, std::uint32_t mode) noexcept {
        VITTE_TRY(const file_info facts, inner::info(at.folder(), at.name(), false));
        const bool is_folder = facts.kind == file_kind::directory;
        if (!is_folder && facts.kind != file_kind::regular) return fail(errc::not_supported, "set mode");
        VITTE_TRY(const handle opened,
                  is_folder ? inner::open(at.folder(), at.name(), false)
                            : inner::open_file(at.folder(), at.name(), {open_mode::read, open_no_follow}));
        const auto done = Inner::files::set_mode(opened, mode);
        static_cast<void>(Inner::files::close(opened));
        return done;
    }
};

}  // namespace vitte::sys
