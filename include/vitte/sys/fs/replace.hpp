/// Replacing a file in one step: whoever reads it, and whoever reads it after a crash, sees all of the old or all of
/// the new.
#pragma once

#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/random.hpp>

namespace vitte::sys {

namespace detail {

/// `path` as the folder that it is in and the name there.
struct split_path {
    char folder[4096];
    const char* name;

    static result<split_path> of(const char* path) noexcept {
        split_path made;
        const path_view whole = path;
        if (whole.name().empty()) return fail(errc::is_a_directory, "replace");
        made.name = whole.name().data();
        const std::string_view folder = whole.parent().empty() ? "." : whole.parent().text();
        if (folder.size() >= sizeof made.folder) return fail(errc::name_too_long, "replace");
        __builtin_memcpy(made.folder, folder.data(), folder.size());
        made.folder[folder.size()] = 0;
        return made;
    }
};

/// A name that nobody else has: "." and 24 characters.
struct unique_name {
    char text[26] = {};

    template <platform P>
    static result<unique_name> make() noexcept {
        std::byte random[12];
        VITTE_CHECK(fill_random<P>(random));
        unique_name made;
        made.text[0] = '.';
        for (std::size_t i = 0; i < sizeof random; ++i) {
            made.text[2 * i + 1] = "0123456789abcdef"[std::to_integer<unsigned>(random[i]) >> 4];
            made.text[2 * i + 2] = "0123456789abcdef"[std::to_integer<unsigned>(random[i]) & 15];
        }
        made.text[25] = 0;
        return made;
    }
};

/// What a file may be that is about to be written, so that nobody reads it who may not read it in the end.
inline constexpr std::uint32_t private_rights = 0600;

/// Gives `made` the owner, the group and the rights of `old`. Where this process may not give it the group, the group
/// that it has gets no more than everybody; where it may not give it both, it gets no set-user-ID and set-group-ID.
template <platform P>
result<void> inherit_rights(const basic_file<P>& made, const file_info& old) noexcept {
    using files = typename P::files;
    if constexpr (requires { files::set_mode(made.native_handle(), 0u); }) {
        std::uint32_t mode = old.mode;
        if constexpr (requires { files::set_owner(made.native_handle(), 0u, 0u); }) {
            constexpr std::uint32_t same = ~0u;
            VITTE_TRY(const file_info now, made.info());
            const auto given = [&](std::uint32_t owner, std::uint32_t group) -> result<bool> {
                if (owner == same && group == same) return true;
                const auto done = retried([&] { return files::set_owner(made.native_handle(), owner, group); });
                if (!done && done.error().code != errc::permission_denied) return unexpected(done.error());
                return done.has_value();
            };
            VITTE_TRY(const bool has_group, given(same, now.group == old.group ? same : old.group));
            VITTE_TRY(const bool has_owner, given(now.owner == old.owner ? same : old.owner, same));
            if (!has_group) mode &= ~070u | (mode & 07) << 3;
            if (!has_group || !has_owner) mode &= 0777;
        }
        VITTE_CHECK(retried([&] { return files::set_mode(made.native_handle(), mode); }));
    }
    return {};
}

}  // namespace detail

/// Writes `content` to a new file beside `path`, has it stored, puts it in the place of `path`, and has the folder
/// stored. The new file has owner, group and rights of the old one, as far as this process may give them to it, and
/// nobody else could open it before; if there was none, its rights are 0666 without the process's mask. When it
/// returns, the new content survives a loss of power; after a failure the old content is still there and nothing else
/// is left, but for a crash of the process in between, which may leave a file whose name is "." and 24 digits. A
/// symbolic link at `path` is itself replaced.
template <platform P = native>
result<void> replace(const char* path, std::span<const std::byte> content) noexcept {
    VITTE_TRY(const auto where, detail::split_path::of(path));
    VITTE_TRY(const auto folder, basic_directory<P>::open(where.folder));
    VITTE_TRY(const auto temporary, detail::unique_name::make<P>());
    const auto before = folder.info(where.name);
    if (!before && before.error().code != errc::not_found) return unexpected(before.error());
    const bool inherits = before && before->kind == file_kind::regular;
    VITTE_TRY(auto made,
              folder.open_file(temporary.text, inherits ? open_options(open_mode::create_new, 0, detail::private_rights)
                                                        : open_options(open_mode::create_new)));
    const auto replaced = [&]() -> result<void> {
        if (inherits) {
            VITTE_CHECK(detail::inherit_rights(made, *before));
        }
        VITTE_CHECK(made.write(content));
        VITTE_CHECK(made.sync());
        VITTE_CHECK(made.close());
        return folder.rename(temporary.text, where.name);
    }();
    if (!replaced) static_cast<void>(folder.remove(temporary.text));
    if (!replaced) return replaced;
    return folder.sync();
}

}  // namespace vitte::sys
