/// Paths and handles of a simulated disk, with the rules of POSIX.1-2017 for what may be done to which name.
#pragma once

#include <vitte/sys/platform/simulated/disk.hpp>
#include <vitte/sys/platform/simulated/scheduler.hpp>

namespace vitte::sys {

/// The functions are those of the `files` and `directories` facets, and say "simulated" where the OS has no part.
class simulated_file_system {
public:
    using handle = int;
    static constexpr handle invalid = -1, current = -2;

    simulated_file_system(const scheduler& clock, const simulation_options& options)
        : clock_(clock), options_(options), working_(disk_.root()) {
        const auto temporary = disk_.make(file_kind::directory, 01777, now());
        disk_.change({{disk_.root(), "tmp", temporary}}, now());
        disk_.sync_folder(*disk_.root());
        open_standard();
    }

    std::int64_t now() const noexcept { return 1'700'000'000'000'000'000 + clock_.now(); }
    /// Without the standard streams.
    std::size_t open_handles() const noexcept {
        std::size_t count = 0;
        for (const open_file& f : files_) count += f.node != nullptr;
        return count - std::size(standard_);
    }
    /// How often a handle was closed that was not open.
    std::size_t wrong_closes() const noexcept { return wrong_closes_; }
    /// All processes are gone, and what is stored is there.
    void crash(choices& from) {
        files_.clear();
        named_memory_.clear();
        disk_.crash(from);
        working_ = disk_.root();
        ++generation_;
        open_standard();
    }
    handle standard(standard_stream which) const noexcept { return standard_[static_cast<unsigned>(which)]; }

    struct open_file {
        disk_node_ref node;
        std::uint64_t at = 0;
        bool reads = false, writes = false, appends = false, durable = false;
        unsigned serial = 0;
    };
    /// Null if it is not open.
    open_file* find(handle h) noexcept {
        if (h < 0) return nullptr;
        const auto slot = static_cast<std::size_t>(h) % slots;
        if (slot >= files_.size() || files_[slot].serial != static_cast<unsigned>(h) / slots) return nullptr;
        return files_[slot].node != nullptr ? &files_[slot] : nullptr;
    }

    result<handle> open(handle in, const char* path, const open_options& how) {
        const bool must_be_new = how.mode == open_mode::create_new || how.mode == open_mode::create_both;
        const bool creates = must_be_new || how.mode == open_mode::write || how.mode == open_mode::update;
        VITTE_TRY(place at, find_place(in, path, !must_be_new && (how.flags & open_no_follow) == 0, "open"));
        if (at.node == nullptr) {
            if (!creates) return fail(errc::not_found, "open");
            if (at.must_be_folder) return fail(errc::is_a_directory, "open");
            at.node = disk_.make(file_kind::regular, how.rights & 0777 & ~022u, now());
            VITTE_TRY(const handle made, add(at.node, how));
            disk_.change({{at.folder, at.name, at.node}}, now());
            return made;
        }
        if (must_be_new) return fail(errc::already_exists, "open");
        if (at.node->facts.kind == file_kind::symbolic_link) return fail(errc::too_many_links, "open");
        if (at.node->is_folder() && how.mode != open_mode::read) return fail(errc::is_a_directory, "open");
        if (!at.node->is_folder() && at.must_be_folder) return fail(errc::not_a_directory, "open");
        VITTE_TRY(const handle made, add(at.node, how));
        if (how.mode == open_mode::write) {
            VITTE_CHECK(resize(made, 0));
        }
        return made;
    }
    result<handle> open_folder(handle in, const char* path, bool follow) {
        VITTE_TRY(const place at, find_place(in, path, follow, "open folder"));
        if (at.node == nullptr) return fail(errc::not_found, "open folder");
        if (!at.node->is_folder()) return fail(errc::not_a_directory, "open folder");
        return add(at.node, open_mode::read);
    }
    result<void> close(handle h) {
        open_file* const target = find(h);
        if (target == nullptr) return ++wrong_closes_, fail(errc::bad_handle, "close");
        target->node->shared_locks.erase(h);
        if (target->node->exclusive_lock == h) target->node->exclusive_lock = -1;
        const unsigned next = target->serial + 1;
        *target = {};
        target->serial = next;
        return {};
    }

    result<std::size_t> read_at(handle h, std::byte* to, std::size_t size, std::uint64_t offset) {
        VITTE_TRY(open_file* const target, readable(h));
        return target->node->content.now().read(offset, {to, size});
    }
    result<std::size_t> read(handle h, std::byte* to, std::size_t size) {
        VITTE_TRY(open_file* const target, readable(h));
        const std::size_t got = target->node->content.now().read(target->at, {to, size});
        target->at += got;
        return got;
    }
    result<std::size_t> write_at(handle h, const std::byte* from, std::size_t size, std::uint64_t offset) {
        VITTE_TRY(open_file* const target, writable(h, "write"));
        VITTE_TRY(size, room_for(*target->node, offset, size));
        return put(*target, offset, {from, size});
    }
    result<std::size_t> write(handle h, const std::byte* from, std::size_t size) {
        VITTE_TRY(open_file* const target, writable(h, "write"));
        if (target->appends) target->at = target->node->content.now().size();
        VITTE_TRY(size, room_for(*target->node, target->at, size));
        target->at += size;
        return put(*target, target->at - size, {from, size});
    }
    result<void> resize(handle h, std::uint64_t size) {
        VITTE_TRY(open_file* const target, writable(h, "resize"));
        disk_node& node = *target->node;
        if ((node.seals & static_cast<unsigned>(memory_seal::size)) != 0)
            return fail(errc::permission_denied, "resize: it is sealed");
        if (size > most_bytes) return fail(errc::too_large, "resize");
        node.content.resize(size);
        touched(node);
        return {};
    }
    result<void> sync(handle h) {
        open_file* const target = find(h);
        if (target == nullptr) return fail(errc::bad_handle, "sync");
        if (std::exchange(sync_fails_, false)) {
            target->node->content.lose_pending();
            return fail(errc::io_error, "sync");
        }
        if (target->node->is_folder())
            disk_.sync_folder(*target->node);
        else
            target->node->content.sync();
        return {};
    }
    /// The device fails at the next sync: what it was about is lost for good, though reading still shows it, and later
    /// syncs succeed.
    void fail_next_sync() noexcept { sync_fails_ = true; }
    result<file_info> info(handle h) {
        open_file* const target = find(h);
        if (target == nullptr) return fail(errc::bad_handle, "info");
        return facts_of(*target->node);
    }
    result<file_info> info(handle in, const char* path, bool follow) {
        VITTE_TRY(const disk_node_ref node, existing(in, path, follow, "info"));
        return facts_of(*node);
    }

    result<void> create_folder(handle in, const char* path, std::uint32_t rights) {
        VITTE_TRY(const place at, find_place(in, path, false, "create folder"));
        if (at.node != nullptr) return fail(errc::already_exists, "create folder");
        disk_.change({{at.folder, at.name, disk_.make(file_kind::directory, rights & 0777 & ~022u, now())}}, now());
        return {};
    }
    result<void> remove(handle in, const char* path) {
        VITTE_TRY(const place at, find_place(in, path, false, "remove"));
        if (at.node == nullptr) return fail(errc::not_found, "remove");
        if (at.node->is_folder()) return fail(errc::is_a_directory, "remove");
        if (at.must_be_folder) return fail(errc::not_a_directory, "remove");
        disk_.change({{at.folder, at.name, nullptr}}, now());
        return {};
    }
    result<void> remove_folder(handle in, const char* path) {
        VITTE_TRY(const place at, find_place(in, path, false, "remove folder"));
        if (at.node == nullptr) return fail(errc::not_found, "remove folder");
        if (!at.node->is_folder()) return fail(errc::not_a_directory, "remove folder");
        if (at.is_dots()) return fail(errc::invalid_argument, "remove folder");
        if (!at.node->entries.empty()) return fail(errc::not_empty, "remove folder");
        if (at.node == disk_.root()) return fail(errc::busy, "remove folder");
        disk_.change({{at.folder, at.name, nullptr}}, now());
        return {};
    }
    result<void> rename(handle in, const char* path, handle to_in, const char* to, rename_mode mode) {
        VITTE_TRY(const place from, find_place(in, path, false, "rename"));
        VITTE_TRY(const place at, find_place(to_in, to, false, "rename"));
        if (from.node == nullptr) return fail(errc::not_found, "rename");
        if (from.is_dots() || at.is_dots()) return fail(errc::busy, "rename");
        if (mode == rename_mode::exchange && at.node == nullptr) return fail(errc::not_found, "rename");
        if (mode == rename_mode::keep && at.node != nullptr) return fail(errc::already_exists, "rename");
        if (!from.node->is_folder() && (from.must_be_folder || at.must_be_folder))
            return fail(errc::not_a_directory, "rename");
        if (is_above(*from.node, at.folder)) return fail(errc::invalid_argument, "rename: into itself");
        if (mode == rename_mode::exchange) {
            if (is_above(*at.node, from.folder)) return fail(errc::invalid_argument, "rename: into itself");
            disk_.change({{from.folder, from.name, at.node}, {at.folder, at.name, from.node}}, now());
            return {};
        }
        if (at.node == from.node) return {};
        if (at.node != nullptr) {
            VITTE_CHECK(may_replace(*from.node, *at.node));
        }
        disk_.change({{from.folder, from.name, nullptr}, {at.folder, at.name, from.node}}, now());
        return {};
    }
    result<void> link(handle in, const char* path, handle to_in, const char* to) {
        VITTE_TRY(const disk_node_ref node, existing(in, path, false, "link"));
        if (node->is_folder()) return fail(errc::permission_denied, "link");
        return give_name(node, to_in, to);
    }
    result<void> give_name(handle h, handle in, const char* path) {
        open_file* const target = find(h);
        if (target == nullptr) return fail(errc::bad_handle, "give name");
        return give_name(target->node, in, path);
    }
    result<void> symbolic_link(const char* text, handle in, const char* path) {
        VITTE_TRY(const place at, find_place(in, path, false, "symbolic link"));
        if (at.node != nullptr) return fail(errc::already_exists, "symbolic link");
        if (at.must_be_folder || *text == 0) return fail(errc::not_found, "symbolic link");
        const auto made = disk_.make(file_kind::symbolic_link, 0777, now());
        made->link = text;
        disk_.change({{at.folder, at.name, made}}, now());
        return {};
    }
    result<std::size_t> read_link(handle in, const char* path, char* to, std::size_t size) {
        VITTE_TRY(const disk_node_ref node, existing(in, path, false, "read link"));
        if (node->facts.kind != file_kind::symbolic_link) return fail(errc::invalid_argument, "read link");
        const std::size_t length = node->link.size() < size ? node->link.size() : size;
        __builtin_memcpy(to, node->link.data(), length);
        return length;
    }
    result<handle> open_unnamed(handle in, const char* folder, std::uint32_t rights) {
        VITTE_TRY(const disk_node_ref where, existing(in, folder, true, "open unnamed"));
        if (!where->is_folder()) return fail(errc::not_a_directory, "open unnamed");
        return add(disk_.make(file_kind::regular, rights & 0777, now()), open_mode::create_both);
    }
    /// The node that `path` stands for; `errc::not_found`.
    result<disk_node_ref> existing(handle in, const char* path, bool follow, const char* what) {
        VITTE_TRY(const place at, find_place(in, path, follow, what));
        if (at.node == nullptr) return fail(errc::not_found, what);
        if (at.must_be_folder && !at.node->is_folder()) return fail(errc::not_a_directory, what);
        return at.node;
    }
    result<void> make_current(handle h) {
        open_file* const folder = find(h);
        if (folder == nullptr) return fail(errc::bad_handle, "change folder");
        if (!folder->node->is_folder()) return fail(errc::not_a_directory, "change folder");
        working_ = folder->node;
        return {};
    }
    result<std::size_t> current_path(char* to, std::size_t size) const {
        std::string path;
        for (disk_node_ref at = working_; at != disk_.root();) {
            const disk_node_ref above = at->parent.lock();
            if (above == nullptr) return fail(errc::not_found, "current folder");
            for (const auto& [name, node] : above->entries)
                if (node == at) path = "/" + name + path;
            at = above;
        }
        return put_text(path.empty() ? "/" : path, to, size);
    }
    static result<std::size_t> put_text(const std::string& text, char* to, std::size_t size) {
        if (text.size() >= size) return fail(errc::name_too_long, "current folder");
        __builtin_memcpy(to, text.c_str(), text.size() + 1);
        return text.size();
    }

    disk_space space() const {
        const std::uint64_t left = left_over(count_pages());
        return {options_.capacity, left, left};
    }
    void touched(disk_node& node) const noexcept { node.facts.modified = node.facts.changed = now(); }

    /// Objects of shared memory, which are files without a folder.
    result<handle> open_memory(const std::string& name, open_mode mode) {
        auto& found = named_memory_[name];
        const bool existed = found != nullptr;
        if (mode == open_mode::create_new || mode == open_mode::create_both) {
            if (existed) return fail(errc::already_exists, "open shared memory");
            found = disk_.make(file_kind::regular, 0600, now());
        } else if (!existed) {
            named_memory_.erase(name);
            return fail(errc::not_found, "open shared memory");
        }
        return add(found, mode == open_mode::create_new ? open_mode::create_both : mode);
    }
    result<handle> create_memory() { return add(disk_.make(file_kind::regular, 0600, now()), open_mode::create_both); }
    result<void> remove_memory(const std::string& name) {
        if (named_memory_.erase(name) == 0) return fail(errc::not_found, "remove shared memory");
        return {};
    }

private:
    static constexpr unsigned slots = 4096;  ///< of handles; above that is a number that is another one each time
    static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 62;

    /// Where a path leads.
    struct place {
        disk_node_ref folder;
        std::string name;
        disk_node_ref node;  ///< null if there is no such name in the folder
        bool must_be_folder = false;
        bool is_dots() const noexcept { return name == "." || name == ".."; }
    };

    /// Files that belong to no folder.
    void open_standard() {
        for (handle& h : standard_) h = *add(disk_.make(file_kind::regular, 0600, now()), open_mode::update);
    }
    result<handle> add(const disk_node_ref& node, const open_options& how) {
        std::size_t slot = 0;
        while (slot < files_.size() && files_[slot].node != nullptr) ++slot;
        if (slot == options_.most_handles || slot == slots) return fail(errc::out_of_handles, "open");
        if (slot == files_.size()) files_.emplace_back().serial = generation_;
        open_file& made = files_[slot];
        made.node = node;
        made.reads = how.mode != open_mode::write && how.mode != open_mode::create_new;
        made.writes = how.mode != open_mode::read;
        made.appends = (how.flags & open_append) != 0;
        made.durable = (how.flags & open_durable) != 0;
        made.serial &= 0x3ffff;
        return static_cast<handle>(made.serial * slots + slot);
    }
    result<open_file*> readable(handle h) {
        open_file* const target = find(h);
        if (target == nullptr || !target->reads) return fail(errc::bad_handle, "read");
        if (target->node->is_folder()) return fail(errc::is_a_directory, "read");
        return target;
    }
    result<open_file*> writable(handle h, const char* what) {
        open_file* const target = find(h);
        if (target == nullptr || !target->writes) return fail(errc::bad_handle, what);
        if ((target->node->seals & static_cast<unsigned>(memory_seal::content)) != 0)
            return fail(errc::permission_denied, what);
        return target;
    }
    /// How many of `size` bytes fit.
    result<std::size_t> room_for(const disk_node& node, std::uint64_t offset, std::size_t size) {
        if (offset > most_bytes || size > most_bytes - offset) return fail(errc::too_large, "write");
        if (used_pages_ * paged_bytes::page_size + size > options_.capacity) used_pages_ = count_pages();
        const std::uint64_t end = node.content.now().size();
        const std::uint64_t fits = end > offset ? end - offset : 0, left = left_over(used_pages_);
        if (size <= fits + left) return size;
        if (fits + left == 0) return fail(errc::no_space, "write");
        return static_cast<std::size_t>(fits + left);
    }
    result<std::size_t> put(open_file& to, std::uint64_t offset, std::span<const std::byte> from) {
        const std::size_t before = to.node->content.now().page_count();
        to.node->content.write(offset, from);
        used_pages_ += to.node->content.now().page_count() - before;
        touched(*to.node);
        if (to.durable) to.node->content.sync();
        return from.size();
    }
    std::uint64_t left_over(std::size_t pages) const noexcept {
        const std::uint64_t used = pages * paged_bytes::page_size;
        return used < options_.capacity ? options_.capacity - used : 0;
    }
    /// Of what has a name or is open.
    std::size_t count_pages() const {
        std::set<const disk_node*> counted;
        std::size_t pages = 0;
        const auto count = [&](const auto& again, const disk_node& node) -> void {
            if (!counted.insert(&node).second) return;
            pages += node.content.now().page_count();
            for (const auto& [name, child] : node.entries) again(again, *child);
        };
        count(count, *disk_.root());
        for (const open_file& f : files_)
            if (f.node != nullptr) count(count, *f.node);
        return pages;
    }
    static file_info facts_of(const disk_node& node) {
        file_info made = node.facts;
        made.size = node.facts.kind == file_kind::symbolic_link ? node.link.size() : node.content.now().size();
        made.allocated = node.content.now().page_count() * paged_bytes::page_size;
        return made;
    }
    result<void> give_name(const disk_node_ref& node, handle in, const char* path) {
        VITTE_TRY(const place at, find_place(in, path, false, "link"));
        if (at.node != nullptr) return fail(errc::already_exists, "link");
        if (at.must_be_folder) return fail(errc::not_found, "link");
        disk_.change({{at.folder, at.name, node}}, now());
        return {};
    }
    static bool is_above(const disk_node& node, disk_node_ref folder) {
        for (;;) {
            if (folder.get() == &node) return true;
            disk_node_ref above = folder->parent.lock();
            if (above == nullptr || above == folder) return false;
            folder = std::move(above);
        }
    }
    static result<void> may_replace(const disk_node& node, const disk_node& old) {
        if (node.is_folder() && !old.is_folder()) return fail(errc::not_a_directory, "rename");
        if (!node.is_folder() && old.is_folder()) return fail(errc::is_a_directory, "rename");
        if (old.is_folder() && !old.entries.empty()) return fail(errc::not_empty, "rename");
        return {};
    }

    /// POSIX.1-2017, 4.13: pathname resolution.
    result<place> find_place(handle in, const char* path, bool follow, const char* what) {
        if (*path == 0) return fail(errc::not_found, what);
        std::string rest = path;
        if (rest.size() >= 4096) return fail(errc::name_too_long, what);
        disk_node_ref folder = in == current ? working_ : nullptr;
        if (const open_file* const from = find(in)) folder = from->node;
        if (rest[0] == '/') folder = disk_.root();
        if (folder == nullptr) return fail(errc::bad_handle, what);
        for (int links = 0;;) {
            std::size_t begin = rest.find_first_not_of('/');
            if (begin == std::string::npos) return place{folder, ".", folder, true};
            std::size_t end = rest.find('/', begin);
            if (end == std::string::npos) end = rest.size();
            place at{folder, rest.substr(begin, end - begin), nullptr, end != rest.size()};
            const bool last = rest.find_first_not_of('/', end) == std::string::npos;
            VITTE_CHECK(look_up(at, what));
            if (at.node != nullptr && at.node->facts.kind == file_kind::symbolic_link &&
                (!last || follow || at.must_be_folder)) {
                if (++links > 40) return fail(errc::too_many_links, what);
                rest = at.node->link + rest.substr(end);
                if (rest[0] == '/') folder = disk_.root();
                continue;
            }
            if (last) return at;
            if (at.node == nullptr) return fail(errc::not_found, what);
            folder = at.node;
            rest.erase(0, end);
        }
    }
    static result<void> look_up(place& at, const char* what) {
        if (at.name.size() > 255) return fail(errc::name_too_long, what);
        if (!at.folder->is_folder()) return fail(errc::not_a_directory, what);
        if (at.folder->facts.links == 0) return fail(errc::not_found, what);  // it was removed
        if (at.name == ".") {
            at.node = at.folder;
        } else if (at.name == "..") {
            at.node = at.folder->parent.lock();
        } else if (const auto found = at.folder->entries.find(at.name); found != at.folder->entries.end()) {
            at.node = found->second;
        }
        return {};
    }

    const scheduler& clock_;
    const simulation_options options_;
    simulated_disk disk_;
    disk_node_ref working_;
    std::vector<open_file> files_;
    handle standard_[3] = {};
    std::map<std::string, disk_node_ref> named_memory_;
    std::size_t used_pages_ = 0;  ///< or fewer: those that are gone are looked for when it seems full
    std::size_t wrong_closes_ = 0;
    bool sync_fails_ = false;
    unsigned generation_ = 0;
};

}  // namespace vitte::sys
