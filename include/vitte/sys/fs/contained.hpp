/// A folder that paths do not leave: for paths that are somebody else's. `confined` is for code that is.
#pragma once

#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/platform/confined/beneath.hpp>

namespace vitte::sys {

/// An open folder whose paths are relative to it and stay below it: ".." and symbolic links may go up and down in it,
/// but what leads out, such as an absolute path or link, is `errc::permission_denied`, whoever moves folders or puts
/// links in their place meanwhile. What a symbolic link says is not looked at when it is made. Safe from several
/// threads at once, but for listing.
template <platform P = native>
class basic_contained_directory {
    using directories = typename P::directories;
    using place = detail::location<P>;
    using last_name = detail::last_name;

public:
    explicit basic_contained_directory(basic_directory<P> folder) noexcept : folder_(std::move(folder)) {}

    /// The folder itself, as one whose paths may lead anywhere.
    const basic_directory<P>& unbounded() const noexcept { return folder_; }

    /// A folder below, which is then what paths do not leave.
    result<basic_contained_directory> open_directory(const char* path, links follow) const noexcept {
        VITTE_TRY(const auto opened,
                  retried([&] { return detail::open_beneath<P>(root(), path, is_followed(follow)); }));
        return basic_contained_directory(basic_directory<P>(opened));
    }
    result<basic_file<P>> open_file(const char* path, const open_options& options = {}) const noexcept {
        VITTE_TRY(const auto opened, retried([&] { return detail::open_file_beneath<P>(root(), path, options); }));
        return basic_file<P>(opened);
    }
    result<file_info> info(const char* path, links follow) const noexcept {
        return detail::info_beneath<P>(root(), path, is_followed(follow));
    }
    result<void> create_directory(const char* path, std::uint32_t rights = 0777) const noexcept {
        return at(path, last_name::entry,
                  [&](const place& p) { return directories::create(p.folder(), p.name(), rights); });
    }
    /// Takes away a name that is no folder's.
    result<void> remove(const char* path) const noexcept {
        return at(path, last_name::entry, [](const place& p) -> result<void> {
            VITTE_CHECK(p.check_kind());
            return directories::remove(p.folder(), p.name());
        });
    }
    /// Takes away an empty folder.
    result<void> remove_directory(const char* path) const noexcept {
        return at(path, last_name::entry,
                  [](const place& p) { return directories::remove_folder(p.folder(), p.name()); });
    }
    /// Gives `path` the name `to` in the folder `where`.
    result<void> rename(const char* path, const basic_contained_directory& where, const char* to) const noexcept {
        return at(path, last_name::entry, [&](const place& from) -> result<void> {
            VITTE_CHECK(from.check_kind());
            return where.at(to, last_name::entry, [&](const place& goal) -> result<void> {
                VITTE_CHECK(from.check_kind(goal));
                return directories::rename(from.folder(), from.name(), goal.folder(), goal.name(),
                                           rename_mode::replace);
            });
        });
    }
    /// A second name `to` in the folder `where` for the file `path`, or for what a symbolic link there points to.
    result<void> link(const char* path, links follow, const basic_contained_directory& where,
                      const char* to) const noexcept {
        return at(path, meaning(follow), [&](const place& from) {
            return where.at(to, last_name::entry, [&](const place& goal) -> result<void> {
                VITTE_CHECK(goal.check_kind());
                return directories::link(from.folder(), from.name(), goal.folder(), goal.name());
            });
        });
    }
    /// A symbolic link at `path` that says `text`.
    result<void> symbolic_link(const char* text, const char* path) const noexcept {
        return at(path, last_name::entry, [text](const place& p) -> result<void> {
            VITTE_CHECK(p.check_kind());
            return directories::symbolic_link(text, p.folder(), p.name());
        });
    }
    /// Copies the text of the symbolic link `path` to `to`, without a NUL, cut off where there is no room; its length.
    result<std::size_t> read_link(const char* path, std::span<char> to) const noexcept {
        place p;
        VITTE_CHECK(p.find(root(), path, last_name::not_followed));
        return directories::read_link(p.folder(), p.name(), to.data(), to.size());
    }
    /// Times in nanoseconds since 1970-01-01 UTC; `no_time` leaves one as it is.
    result<void> set_times(const char* path, std::int64_t accessed, std::int64_t modified,
                           links follow) const noexcept {
        return at(path, meaning(follow), [&](const place& p) {
            return directories::set_times(p.folder(), p.name(), false, accessed, modified);
        });
    }

private:
    typename directories::handle root() const noexcept { return folder_.native_handle(); }
    static bool is_followed(links follow) noexcept { return follow == links::followed; }
    static last_name meaning(links follow) noexcept {
        return is_followed(follow) ? last_name::followed : last_name::not_followed;
    }
    /// `act` on the place of `path`.
    template <class Act>
    result<void> at(const char* path, last_name meaning, Act act) const noexcept {
        place p;
        VITTE_CHECK(p.find(root(), path, meaning));
        return act(static_cast<const place&>(p));
    }

    basic_directory<P> folder_;
};
using contained_directory = basic_contained_directory<>;

}  // namespace vitte::sys
