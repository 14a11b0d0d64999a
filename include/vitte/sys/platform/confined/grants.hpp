/// The folders that `confined` may reach, by the beginnings of paths that stand for them.
#pragma once

#include <vitte/sys/platform/confined/folder_walk.hpp>

namespace vitte::sys::detail {

/// The rest of `path` behind `prefix`, compared name by name; "." says nothing. Null if it begins in another way.
/// `names` is how many names they share.
template <path_style Style>
constexpr const char* behind_prefix(const char* prefix, const char* path, std::size_t& names) noexcept {
    using view = basic_path_view<Style>;
    const std::string_view mine = view(prefix).root(), theirs = view(path).root();
    if (mine.empty() != theirs.empty()) return nullptr;
    if (Style == path_style::windows && mine.size() != theirs.size()) return nullptr;
    for (std::size_t i = 0; i < mine.size() && i < theirs.size(); ++i)
        if (mine[i] != theirs[i] && !(view::is_separator(mine[i]) && view::is_separator(theirs[i]))) return nullptr;
    names = 0;
    auto wanted = view(prefix).begin(), given = view(path).begin();
    for (;; ++wanted, ++given, ++names) {
        while ((*wanted) == ".") ++wanted;
        while ((*given) == ".") ++given;
        if ((*wanted).empty()) return (*given).data();
        if (*wanted != *given) return nullptr;
    }
}

/// One granted folder. It is closed when it is taken back and nobody uses it any more.
template <class Handle>
struct granted_folder {
    static constexpr std::size_t name_room = 1024;
    Handle folder{};
    grant_rights rights = grant_rights::read;
    bool open = false, revoked = false;
    unsigned users = 0;
    char name[name_room] = {};
};

/// All of them. Whoever calls holds the lock of the confinement.
template <platform Inner>
class grant_list {
public:
    using handle = typename Inner::directories::handle;
    using entry = granted_folder<handle>;
    static constexpr std::size_t most = 32;

    /// Takes `folder` over if it succeeds. The same name again replaces the grant.
    result<void> add(const char* name, handle folder, grant_rights rights) noexcept {
        const std::size_t length = __builtin_strlen(name);
        if (length == 0) return fail(errc::invalid_argument, "grant: no name");
        if (length >= entry::name_room) return fail(errc::name_too_long, "grant");
        for (entry& old : entries_)
            if (old.open && !old.revoked && __builtin_strcmp(old.name, name) == 0) revoke(old);
        for (entry& free : entries_) {
            if (free.open) continue;
            free.folder = folder;
            free.rights = rights;
            free.open = true;
            free.revoked = false;
            __builtin_memcpy(free.name, name, length + 1);
            return {};
        }
        return fail(errc::out_of_handles, "grant: too many folders");
    }
    /// The grant with most names that `path` begins with, and the rest of the path; null if there is none. It stays
    /// open until `let_go`.
    entry* use(const char* path, const char*& rest) noexcept {
        entry* best = nullptr;
        std::size_t most_names = 0;
        for (entry& e : entries_) {
            if (!e.open || e.revoked) continue;
            std::size_t names = 0;
            const char* const behind = behind_prefix<style_of<Inner>()>(e.name, path, names);
            if (behind == nullptr || (best != nullptr && names < most_names)) continue;
            best = &e;
            most_names = names;
            rest = behind;
        }
        if (best != nullptr) ++best->users;
        return best;
    }
    void let_go(entry& e) noexcept {
        if (--e.users == 0 && e.revoked) close(e);
    }
    /// The first that may be written; null if there is none.
    const entry* writable() const noexcept {
        for (const entry& e : entries_)
            if (e.open && !e.revoked && e.rights == grant_rights::read_write) return &e;
        return nullptr;
    }
    void revoke_all() noexcept {
        for (entry& e : entries_)
            if (e.open && !e.revoked) revoke(e);
    }

private:
    static void revoke(entry& e) noexcept {
        e.revoked = true;
        if (e.users == 0) close(e);
    }
    static void close(entry& e) noexcept {
        static_cast<void>(Inner::files::close(e.folder));
        e.open = false;
    }

    entry entries_[most] = {};
};

}  // namespace vitte::sys::detail
