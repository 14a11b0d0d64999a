/// Replacing a file in one step: whoever reads it, and whoever reads it after a crash, sees all of the old or all of
/// the new.
#pragma once

#include <vitte/sys/fs/inherited_rights.hpp>
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

/// `replace` of the file `name` in `folder`, which has no parts. `before`: what is there, whose rights the new file
/// has, too; null if it has those of a file that nothing was before.
template <platform P>
result<void> replace_in(const basic_directory<P>& folder, const char* name, std::span<const std::byte> content,
                        std::uint32_t rights, const file_info* before) noexcept {
    VITTE_TRY(const auto temporary, unique_name::make<P>());
    const bool inherits = before != nullptr && before->kind == file_kind::regular;
    VITTE_TRY(auto made, folder.open_file(temporary.text,
                                          {open_mode::create_new, 0, before != nullptr ? private_rights : rights}));
    const auto replaced = [&]() -> result<void> {
        VITTE_CHECK(made.write(content));
        if (inherits) {  // afterwards: writing takes set-user-ID away
            VITTE_TRY(const auto old, file_rights::at(folder, name, *before));
            VITTE_CHECK(inherit_rights(made, old, true));
        }
        VITTE_CHECK(made.sync());
        VITTE_CHECK(made.close());
        return folder.rename(temporary.text, name);
    }();
    if (!replaced) static_cast<void>(folder.remove(temporary.text));
    if (!replaced) return replaced;
    return folder.sync();
}

}  // namespace detail

/// Writes `content` to a new file beside `path`, has it stored, puts it in the place of `path`, and has the folder
/// stored. The new file has owner, group, mode and access control list (on Linux) of the old one, as far as this
/// process may know them and give them to it; nobody may do more with it, and nobody else could open it before it was
/// whole. If there was none, its rights are `rights` without the process's mask, from the beginning. When it succeeds,
/// the new content survives a loss of power. After a failure the old content is still there and nothing else is left,
/// with two exceptions: if only the folder could not be stored, the new content is there, and a loss of power may bring
/// the old one back; and a crash of the process in between may leave a file whose name is "." and 24 digits. A symbolic
/// link at `path` is itself replaced; what stands in its place, or in that of anything else that is no regular file,
/// is for its owner alone.
template <platform P = native>
result<void> replace(const char* path, std::span<const std::byte> content, std::uint32_t rights = 0666) noexcept {
    VITTE_TRY(const auto where, detail::split_path::of(path));
    VITTE_TRY(const auto folder, basic_directory<P>::open(where.folder));
    const auto before = folder.info(where.name);
    if (!before && before.error().code != errc::not_found) return unexpected(before.error());
    return detail::replace_in(folder, where.name, content, rights, before ? &*before : nullptr);
}

}  // namespace vitte::sys
