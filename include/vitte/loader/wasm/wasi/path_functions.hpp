/// What WASI preview 1 does with names below folders: `path_…`. No path leads out of the folder that it begins in.
#pragma once

#include <vitte/loader/wasm/wasi/descriptors.hpp>
#include <vitte/loader/wasm/wasi/file_status.hpp>

namespace vitte::loader::wasm::wasi {

template <sys::platform P>
struct path_functions {
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

    static outcome<> path_create_directory(state<P>& s, guest_memory m, u32 fd, u32 path, u32 size) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_create_directory, path, size));
        VITTE_CHECK(at.folder().create_directory(at.path()));
        return {};
    }
    static outcome<> path_remove_directory(state<P>& s, guest_memory m, u32 fd, u32 path, u32 size) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_remove_directory, path, size));
        VITTE_CHECK(at.folder().remove_directory(at.path()));
        return {};
    }
    static outcome<> path_unlink_file(state<P>& s, guest_memory m, u32 fd, u32 path, u32 size) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_unlink_file, path, size));
        VITTE_CHECK(at.folder().remove(at.path()));
        return {};
    }
    static outcome<> path_filestat_get(state<P>& s, guest_memory m, u32 fd, u32 lookup, u32 path, u32 size, u32 to) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_filestat_get, path, size));
        VITTE_TRY(const sys::file_info facts, at.folder().info(at.path(), links_of(lookup)));
        return write_status(m, to, facts, type_of(facts.kind));
    }
    static outcome<> path_filestat_set_times(state<P>& s, guest_memory m, u32 fd, u32 lookup, u32 path, u32 size,
                                             u64 accessed, u64 modified, u32 flags) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_filestat_set_times, path, size));
        VITTE_TRY(const wanted_times t, read_times(accessed, modified, flags, P::clocks::wall()));
        VITTE_CHECK(at.folder().set_times(at.path(), t.accessed, t.modified, links_of(lookup)));
        return {};
    }
    static outcome<> path_link(state<P>& s, guest_memory m, u32 fd, u32 lookup, u32 path, u32 size, u32 to_fd, u32 to,
                               u32 to_size) {
        VITTE_TRY(const place from, find(s, m, fd, right::path_link_source, path, size));
        VITTE_TRY(const place goal, find(s, m, to_fd, right::path_link_target, to, to_size));
        VITTE_CHECK(from.folder().link(from.path(), links_of(lookup), goal.folder(), goal.path()));
        return {};
    }
    static outcome<> path_rename(state<P>& s, guest_memory m, u32 fd, u32 path, u32 size, u32 to_fd, u32 to,
                                 u32 to_size) {
        VITTE_TRY(const place from, find(s, m, fd, right::path_rename_source, path, size));
        VITTE_TRY(const place goal, find(s, m, to_fd, right::path_rename_target, to, to_size));
        VITTE_CHECK(from.folder().rename(from.path(), goal.folder(), goal.path()));
        return {};
    }
    /// A link with an absolute path is refused: it could only lead others out.
    static outcome<> path_symlink(state<P>& s, guest_memory m, u32 text, u32 text_size, u32 fd, u32 path, u32 size) {
        VITTE_TRY(const std::string says, m.text(text, text_size));
        VITTE_TRY(const place at, find(s, m, fd, right::path_symlink, path, size));
        if (says.empty()) return refuse(code::noent);
        if (!sys::detail::path_of<P>(says).root().empty()) return refuse(code::perm);
        VITTE_CHECK(at.folder().symbolic_link(says.c_str(), at.path()));
        return {};
    }
    static outcome<> path_readlink(state<P>& s, guest_memory m, u32 fd, u32 path, u32 size, u32 to, u32 room,
                                   u32 used) {
        VITTE_TRY(const place at, find(s, m, fd, right::path_readlink, path, size));
        VITTE_TRY(const auto text, m.part(to, room));
        if (room == 0) return m.write<u32>(used, 0);
        VITTE_TRY(const std::size_t length,
                  at.folder().read_link(at.path(), {reinterpret_cast<char*>(text.data()), text.size()}));
        return m.write(used, static_cast<u32>(length));
    }

    static outcome<> path_open(state<P>& s, guest_memory m, u32 fd, u32 lookup, u32 path, u32 size, u32 how, u64 rights,
                               u64 inherited, u32 flags, u32 to) {
        u64 needed = right::path_open;
        if ((how & open_flag::creat) != 0) needed |= right::path_create_file;
        if ((how & open_flag::trunc) != 0) needed |= right::path_filestat_set_size;
        VITTE_TRY(const place at, find(s, m, fd, needed, path, size));
        rights &= right::all;
        inherited &= right::all;
        if (((rights | inherited) & ~at.from->inherited) != 0) return refuse(code::notcapable);
        if ((how & ~open_flag::all) != 0 || (flags & ~fd_flag::all) != 0) return refuse(code::inval);
        VITTE_CHECK(m.part(to, 4));
        VITTE_TRY(auto opened, open(at, links_of(lookup), how, rights));
        opened->rights &= rights;
        opened->inherited = opened->folder ? inherited : 0;
        opened->flags = flags;
        VITTE_TRY(const u32 number, s.descriptors.add(std::move(opened)));
        return m.write(to, number);
    }

private:
    /// A path of the guest, and the folder that it begins in.
    struct place {
        descriptor<P>* from;
        std::string text;

        const sys::basic_contained_directory<P>& folder() const noexcept { return *from->folder; }
        const char* path() const noexcept { return text.c_str(); }
    };
    using new_descriptor = std::unique_ptr<descriptor<P>>;

    static outcome<place> find(state<P>& s, guest_memory m, u32 fd, u64 rights, u32 path, u32 size) {
        VITTE_TRY(auto* const from, s.descriptors.find(fd));
        if (!from->folder) return refuse(code::notdir);
        VITTE_CHECK(s.descriptors.find(fd, rights));
        VITTE_TRY(std::string text, m.text(path, size));
        if (text.empty()) return refuse(code::noent);
        return place{from, std::move(text)};
    }
    static sys::links links_of(u32 lookup) noexcept { return sys::links((lookup & symlink_follow) != 0); }

    static outcome<new_descriptor> open(const place& at, sys::links follow, u32 how, u64 rights) {
        constexpr u32 changes = open_flag::creat | open_flag::excl | open_flag::trunc;
        if ((how & open_flag::directory) != 0) {
            if ((how & changes) != 0) return refuse(code::inval);
            return open_folder(at, follow, rights);
        }
        const bool writes = (how & open_flag::trunc) != 0 || (rights & right::need_writing) != 0;
        auto opened = open_file(at, follow, how, writes);
        if (!opened && opened.error().why == code::isdir && (how & changes) == 0)
            return open_folder(at, follow, rights);
        VITTE_TRY(auto file, std::move(opened));
        VITTE_TRY(const sys::file_info facts, file.info());
        if (facts.kind == sys::file_kind::directory) return open_folder(at, follow, rights);
        const bool regular = facts.kind == sys::file_kind::regular;
        if (regular && (how & open_flag::trunc) != 0) {
            VITTE_CHECK(file.resize(0));
        }
        auto made = std::make_unique<descriptor<P>>(std::move(file));
        made->type = type_of(facts.kind);
        made->is_stream = !regular;
        made->rights = regular ? right::of_file : right::of_stream;
        return made;
    }
    /// Folders are not written; other rights that mean nothing for them are left out.
    static outcome<new_descriptor> open_folder(const place& at, sys::links follow, u64 rights) {
        VITTE_TRY(auto folder, at.folder().open_directory(at.path(), follow));
        if ((rights & right::fd_write) != 0) return refuse(code::isdir);
        auto made = std::make_unique<descriptor<P>>(std::move(folder));
        made->rights = right::of_folder;
        return made;
    }
    /// A file is created for writing, too; one that is there already may be only for reading. FIFOs are waited for when
    /// they are read, where a deadline or an interruption ends that.
    static outcome<sys::basic_file<P>> open_file(const place& at, sys::links follow, u32 how, bool writes) {
        using sys::open_mode;
        const auto open_as = [&](open_mode mode) {
            const unsigned last = follow == sys::links::followed ? 0u : sys::open_no_follow;
            return at.folder().open_file(at.path(), {mode, last | sys::open_nonblocking});
        };
        const auto as_it_is = [&] { return open_as(writes ? open_mode::read_write : open_mode::read); };
        const bool creates = (how & open_flag::creat) != 0, alone = (how & open_flag::excl) != 0;
        auto file = !creates ? as_it_is() : open_as(alone ? open_mode::create_both : open_mode::update);
        if (!file && creates && !alone && !writes && file.error().code == errc::permission_denied) file = as_it_is();
        if (!file) return unexpected(refusal(file.error()));
        return std::move(*file);
    }
};

}  // namespace vitte::loader::wasm::wasi
