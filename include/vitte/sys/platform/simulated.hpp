/// A platform without an OS: an in-memory file system that may forget at a crash what was not synced of content and
/// names (all else is stored at once), time that passes when all threads sleep, and threads that are fibers, whose
/// order is decided by a seed or tried out in every way.
/// `seeded_choices seed(7); simulation world(seed); world.run([] { ... basic_file<simulated> ... });`
/// `world.network` has more hosts, with disks and programs of their own, links that lose, delay and reorder what is
/// sent, and failures of power of one host.
/// It has no processes, libraries and watches of folders. Rights of files and pages are kept but not enforced. On
/// Windows, and on machines other than x86_64, aarch64 and riscv64, there is no `run`, and no threads.
#pragma once

#include <vitte/sys/platform/decorated.hpp>
#include <vitte/sys/platform/simulated/atomic.hpp>
#include <vitte/sys/platform/simulated/names.hpp>
#include <vitte/sys/platform/simulated/poller.hpp>

namespace vitte::sys {

namespace detail {

struct simulated_os {
    using file_system = simulated_file_system;
    static file_system& disk() noexcept { return simulation::current().here().disk; }
    static scheduler& scheduled() noexcept { return simulation::current().threads; }

    template <class T>
    using atomic = simulated_atomic<T>;

    struct files {
        using handle = file_system::handle;
        static constexpr handle invalid = file_system::invalid;

        static handle standard(standard_stream which) noexcept { return disk().standard(which); }
        static result<handle> open(const char* path, const open_options& how) noexcept {
            return disk().open(file_system::current, path, how);
        }
        static result<std::size_t> read(handle h, std::byte* to, std::size_t size) noexcept {
            return disk().read(h, to, size);
        }
        static result<std::size_t> read_at(handle h, std::byte* to, std::size_t size, std::uint64_t offset) noexcept {
            return disk().read_at(h, to, size, offset);
        }
        static result<std::size_t> write(handle h, const std::byte* from, std::size_t size) noexcept {
            return disk().write(h, from, size);
        }
        static result<std::size_t> write_at(handle h, const std::byte* from, std::size_t size,
                                            std::uint64_t offset) noexcept {
            return disk().write_at(h, from, size, offset);
        }
        static result<void> resize(handle h, std::uint64_t size) noexcept { return disk().resize(h, size); }
        static result<void> sync(handle h) noexcept { return disk().sync(h); }
        static result<void> sync_data(handle h) noexcept { return disk().sync(h); }
        static result<file_info> info(handle h) noexcept { return disk().info(h); }
        static result<file_info> info(const char* path) noexcept {
            return disk().info(file_system::current, path, true);
        }
        static result<void> close(handle h) noexcept { return disk().close(h); }
        static result<void> remove(const char* path) noexcept { return disk().remove(file_system::current, path); }

        static result<void> set_mode(handle h, std::uint32_t mode) noexcept {
            return changed(h, "set mode", [=](disk_node& node) { node.facts.mode = mode & 07777; });
        }
        static result<void> set_owner(handle h, std::uint32_t user, std::uint32_t group) noexcept {
            return changed(h, "set owner", [=](disk_node& node) { give(node, user, group); });
        }
        static result<void> set_times(handle h, std::int64_t accessed, std::int64_t modified) noexcept {
            return changed(h, "set times", [=](disk_node& node) { date(node, accessed, modified); });
        }
        static result<void> try_lock(handle h, bool exclusive) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, "lock");
            disk_node& node = *target->node;
            const bool others = node.shared_locks.size() > node.shared_locks.count(h);
            if ((node.exclusive_lock != -1 && node.exclusive_lock != h) || (exclusive && others))
                return fail(errc::would_block, "lock");
            static_cast<void>(unlock(h));
            if (exclusive)
                node.exclusive_lock = h;
            else
                node.shared_locks.insert(h);
            return {};
        }
        static result<void> unlock(handle h) noexcept {
            return changed(h, "unlock", [=](disk_node& node) {
                node.shared_locks.erase(h);
                if (node.exclusive_lock == h) node.exclusive_lock = -1;
            });
        }
        static result<std::uint64_t> find_data(handle h, std::uint64_t offset) noexcept {
            return find(h, offset, true);
        }
        static result<std::uint64_t> find_hole(handle h, std::uint64_t offset) noexcept {
            return find(h, offset, false);
        }
        static result<void> punch_hole(handle h, std::uint64_t offset, std::uint64_t size) noexcept {
            return changed(h, "punch hole", [=](disk_node& node) {
                const std::uint64_t end = node.content.now().size();
                if (offset < end) node.content.punch(offset, size < end - offset ? size : end - offset);
            });
        }
        static result<std::size_t> attribute(handle h, const char* name, std::byte* to, std::size_t size) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, "read attribute");
            const auto found = target->node->attributes.find(name);
            if (found == target->node->attributes.end()) return fail(errc::not_found, "read attribute");
            return copy(found->second, to, size, "read attribute");
        }
        static result<void> set_attribute(handle h, const char* name, const std::byte* from,
                                          std::size_t size) noexcept {
            return changed(h, "set attribute",
                           [=](disk_node& node) { node.attributes[name].assign(from, from + size); });
        }
        static result<void> remove_attribute(handle h, const char* name) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, "remove attribute");
            if (target->node->attributes.erase(name) == 0) return fail(errc::not_found, "remove attribute");
            return {};
        }
        static result<std::size_t> attributes(handle h, char* to, std::size_t size) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, "list attributes");
            std::vector<std::byte> names;
            for (const auto& [name, value] : target->node->attributes) {
                const auto text = std::as_bytes(std::span(name.c_str(), name.size() + 1));
                names.insert(names.end(), text.begin(), text.end());
            }
            return copy(names, reinterpret_cast<std::byte*>(to), size, "list attributes");
        }
        static result<disk_space> space(handle) noexcept { return disk().space(); }

        template <class Change>
        static result<void> changed(handle h, const char* what, Change change) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, what);
            change(*target->node);
            target->node->facts.changed = disk().now();
            return {};
        }
        static void give(disk_node& node, std::uint32_t user, std::uint32_t group) noexcept {
            if (user != ~0u) node.facts.owner = user;
            if (group != ~0u) node.facts.group = group;
        }
        static void date(disk_node& node, std::int64_t accessed, std::int64_t modified) noexcept {
            if (accessed != no_time) node.facts.accessed = accessed;
            if (modified != no_time) node.facts.modified = modified;
        }

    private:
        static result<std::size_t> copy(const std::vector<std::byte>& value, std::byte* to, std::size_t size,
                                        const char* what) noexcept {
            if (size == 0) return value.size();
            if (value.size() > size) return fail(errc::too_large, what);
            __builtin_memcpy(to, value.data(), value.size());
            return value.size();
        }
        static result<std::uint64_t> find(handle h, std::uint64_t offset, bool data) noexcept {
            auto* const target = disk().find(h);
            if (target == nullptr) return fail(errc::bad_handle, "find data");
            const paged_bytes& bytes = target->node->content.now();
            const std::uint64_t found = bytes.find(offset, data);
            if (offset >= bytes.size() || (data && found == bytes.size())) return fail(errc::end_of_input, "find data");
            return found;
        }
    };

    struct directories {
        using handle = file_system::handle;
        static constexpr handle current = file_system::current;

        static result<handle> open(handle in, const char* path, bool follow) noexcept {
            return disk().open_folder(in, path, follow);
        }
        static result<handle> open_file(handle in, const char* path, const open_options& how) noexcept {
            return disk().open(in, path, how);
        }
        static result<file_info> info(handle in, const char* path, bool follow) noexcept {
            return disk().info(in, path, follow);
        }
        static result<void> create(handle in, const char* path, std::uint32_t rights) noexcept {
            return disk().create_folder(in, path, rights);
        }
        static result<void> remove(handle in, const char* path) noexcept { return disk().remove(in, path); }
        static result<void> remove_folder(handle in, const char* path) noexcept {
            return disk().remove_folder(in, path);
        }
        static result<void> rename(handle in, const char* path, handle to_in, const char* to,
                                   rename_mode mode) noexcept {
            return disk().rename(in, path, to_in, to, mode);
        }
        static result<void> link(handle in, const char* path, handle to_in, const char* to) noexcept {
            return disk().link(in, path, to_in, to);
        }
        static result<void> symbolic_link(const char* text, handle in, const char* path) noexcept {
            return disk().symbolic_link(text, in, path);
        }
        static result<std::size_t> read_link(handle in, const char* path, char* to, std::size_t size) noexcept {
            return disk().read_link(in, path, to, size);
        }
        static result<void> sync(handle folder) noexcept { return disk().sync(folder); }
        static result<handle> open_unnamed(handle in, const char* folder, std::uint32_t rights) noexcept {
            return disk().open_unnamed(in, folder, rights);
        }
        static result<void> give_name(handle file, handle in, const char* path) noexcept {
            return disk().give_name(file, in, path);
        }
        static result<void> make_current(handle folder) noexcept { return disk().make_current(folder); }
        static result<void> set_mode(handle in, const char* path, std::uint32_t mode) noexcept {
            return changed(in, path, true, "set mode", [=](disk_node& node) { node.facts.mode = mode & 07777; });
        }
        static result<void> set_owner(handle in, const char* path, bool follow, std::uint32_t user,
                                      std::uint32_t group) noexcept {
            return changed(in, path, follow, "set owner", [=](disk_node& node) { files::give(node, user, group); });
        }
        static result<void> set_times(handle in, const char* path, bool follow, std::int64_t accessed,
                                      std::int64_t modified) noexcept {
            return changed(in, path, follow, "set times",
                           [=](disk_node& node) { files::date(node, accessed, modified); });
        }
        static result<std::size_t> current_path(char* to, std::size_t size) noexcept {
            return disk().current_path(to, size);
        }
        static result<std::size_t> temporary_folder(char* to, std::size_t size) noexcept {
            return file_system::put_text("/tmp", to, size);
        }

        /// Goes on behind the last name that it has told, whatever happens to names meanwhile.
        class listing {
        public:
            result<void> open(handle of) noexcept {
                folder_ = of;
                name_.clear();
                const auto* const target = disk().find(of);
                if (target == nullptr) return fail(errc::bad_handle, "list folder");
                if (!target->node->is_folder()) return fail(errc::not_a_directory, "list folder");
                return {};
            }
            result<bool> next(directory_entry& to) noexcept {
                const auto* const target = disk().find(folder_);
                if (target == nullptr) return fail(errc::bad_handle, "list folder");
                const auto found = target->node->entries.upper_bound(name_);
                if (found == target->node->entries.end()) return false;
                name_ = found->first;
                to = {name_.c_str(), found->second->facts.inode, found->second->facts.kind};
                return true;
            }
            void close() noexcept {}

        private:
            handle folder_ = file_system::invalid;
            std::string name_;
        };

    private:
        template <class Change>
        static result<void> changed(handle in, const char* path, bool follow, const char* what,
                                    Change change) noexcept {
            VITTE_TRY(const disk_node_ref node, disk().existing(in, path, follow, what));
            change(*node);
            node->facts.changed = disk().now();
            return {};
        }
    };

    struct memory {
        using file_handle = files::handle;
        static simulated_pages& pages() noexcept { return simulation::current().pages; }

        static std::size_t page_size() noexcept { return simulated_pages::page_size; }
        static std::size_t granularity() noexcept { return simulated_pages::page_size; }
        static result<void*> reserve(std::size_t size) noexcept { return pages().reserve(size, access::none); }
        static result<void> commit(void* at, std::size_t size, access rights) noexcept {
            return pages().set_rights(at, size, rights, "commit");
        }
        static result<void> decommit(void* at, std::size_t size) noexcept { return pages().decommit(at, size); }
        static result<void> protect(void* at, std::size_t size, access rights) noexcept {
            return pages().set_rights(at, size, rights, "protect");
        }
        static result<void*> map_file(void* at, std::size_t size, access rights, file_handle from,
                                      std::uint64_t offset) noexcept {
            auto* const target = disk().find(from);
            if (target == nullptr || !target->reads) return fail(errc::bad_handle, "map file");
            if (size == 0 || offset % page_size() != 0) return fail(errc::invalid_argument, "map file");
            if (at != nullptr) {
                VITTE_CHECK(pages().decommit(at, size));
            } else {
                VITTE_TRY(at, pages().reserve(size, rights));
            }
            static_cast<void>(target->node->content.now().read(offset, {static_cast<std::byte*>(at), size}));
            VITTE_CHECK(pages().set_rights(at, size, rights, "map file"));
            return at;
        }
        static result<void*> map_shared(void* at, std::size_t size, access rights, file_handle of,
                                        std::uint64_t offset) noexcept {
            auto* const target = disk().find(of);
            if (target == nullptr) return fail(errc::bad_handle, "map shared");
            if (at != nullptr) return fail(errc::not_supported, "map shared: at a given place");
            if (size == 0 || offset % page_size() != 0) return fail(errc::invalid_argument, "map shared");
            const bool sealed = (target->node->seals & static_cast<unsigned>(memory_seal::content)) != 0;
            if (rights == access::read_write && (!target->writes || sealed))
                return fail(errc::permission_denied, "map shared");
            const std::uint64_t end = offset + size, length = target->node->content.now().size();
            auto shared = target->node->content.view(end > length ? end : length);
            if (shared == nullptr) return fail(errc::not_supported, "map shared: the file grew since it was mapped");
            const auto first = static_cast<std::size_t>(offset / page_size());
            VITTE_TRY(at, pages().adopt(std::move(shared), first, (size + page_size() - 1) / page_size(), rights));
            simulation::current().views[static_cast<std::byte*>(at)] = target->node;
            return at;
        }
        static result<void*> map_huge(std::size_t) noexcept { return fail(errc::out_of_memory, "map huge"); }
        static result<void> release(void* at, std::size_t size) noexcept { return pages().release(at, size); }
        static result<void> advise(void* at, std::size_t size, memory_advice) noexcept {
            return pages().check(at, size, "advise");
        }
        static result<void> lock(void* at, std::size_t size) noexcept { return pages().check(at, size, "lock"); }
        static result<void> unlock(void* at, std::size_t size) noexcept { return pages().check(at, size, "unlock"); }
        static result<void> sync(void* at, std::size_t size) noexcept {
            VITTE_CHECK(pages().check(at, size, "sync"));
            auto& views = simulation::current().views;
            const auto after = views.upper_bound(static_cast<std::byte*>(at));
            if (after != views.begin()) std::prev(after)->second->content.sync();
            return {};
        }
        static result<access> protection(const void* at) noexcept { return pages().rights_of(at); }
        static result<file_handle> create_shared() noexcept { return disk().create_memory(); }
        static result<file_handle> open_shared(const char* name, open_mode mode) noexcept {
            return disk().open_memory(name, mode);
        }
        static result<void> remove_shared(const char* name) noexcept { return disk().remove_memory(name); }
        static result<void> resize_shared(file_handle of, std::uint64_t size) noexcept {
            return disk().resize(of, size);
        }
        static result<void> seal(file_handle of, unsigned seals) noexcept {
            auto* const target = disk().find(of);
            if (target == nullptr) return fail(errc::bad_handle, "seal");
            disk_node& node = *target->node;
            if ((node.seals & static_cast<unsigned>(memory_seal::seals)) != 0)
                return fail(errc::permission_denied, "seal");
            if ((seals & static_cast<unsigned>(memory_seal::content)) != 0 && node.content.is_viewed())
                return fail(errc::busy, "seal");
            node.seals |= seals;
            return {};
        }
        static void flush_instruction_cache(void*, std::size_t) noexcept {}
    };

    /// Asking for the time takes some.
    struct clocks {
        static std::int64_t monotonic() noexcept {
            scheduled().pass(100);
            return scheduled().now();
        }
        static std::int64_t boot() noexcept { return monotonic(); }
        static std::int64_t coarse() noexcept { return monotonic(); }
        static std::int64_t wall() noexcept {
            scheduled().pass(100);
            return disk().now();
        }
        static std::int64_t process_cpu() noexcept { return scheduled().worked(); }
        static std::int64_t thread_cpu() noexcept { return scheduled().worked(); }
        static result<void> sleep_until(std::int64_t point) noexcept {
            scheduled().sleep(point);
            return {};
        }
    };

    struct threads {
        using handle = unsigned;
        using key = unsigned;
        /// Spinning is of no use where only one thread runs at a time.
        static constexpr bool one_at_a_time = true;

        static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
            return scheduled().wait(word, expected, until);
        }
        static bool wake_one(const std::uint32_t* word) noexcept { return scheduled().wake_one(word); }
        static void wake_all(const std::uint32_t* word) noexcept { scheduled().wake_all(word); }
        template <auto Entry>
        static result<handle> start(std::size_t, void* argument) noexcept {
            if (!scheduled().running()) return fail(errc::not_supported, "start thread: outside of a run");
            return scheduled().start([](void* given) { Entry(given); }, argument);
        }
        static result<void> join(handle of) noexcept { return scheduled().join(of); }
        static result<void> detach(handle of) noexcept { return scheduled().detach(of); }
        static void yield() noexcept { scheduled().yield(); }
        static std::uint64_t id() noexcept { return scheduled().number() + 1; }
        static result<void> name(const char* text) noexcept {
            scheduled().name() = text;
            return {};
        }
        static result<cpu_set> affinity() noexcept { return scheduled().affinity(); }
        static result<void> set_affinity(const cpu_set& wanted) noexcept {
            cpu_set possible;
            for (unsigned i = 0; i < simulation::current().options.cpus; ++i)
                if (wanted.has(i)) possible.add(i);
            if (possible.size() == 0) return fail(errc::invalid_argument, "set affinity");
            scheduled().affinity() = possible;
            return {};
        }
        static result<void> set_priority(thread_priority) noexcept { return {}; }
        static unsigned cpu_count() noexcept { return scheduled().affinity().size(); }
        static result<key> create_key(void (*destroy)(void*)) noexcept { return scheduled().create_key(destroy); }
        static void delete_key(key k) noexcept { scheduled().delete_key(k); }
        static void* get(key k) noexcept { return scheduled().value(k); }
        static result<void> set(key k, void* value) noexcept {
            scheduled().value(k) = value;
            return {};
        }
    };

    /// As little at a time as the contract allows.
    struct random {
        static result<std::size_t> fill(std::byte* to, std::size_t size) noexcept {
            if (size > 256) size = 256;
            for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<std::byte>(simulation::current().random() >> 56);
            return size;
        }
    };
    using sockets = simulated_sockets;
    using poller = simulated_poller;
    using names = simulated_names;
    struct environment {
        static result<std::size_t> get(const char* name, char* to, std::size_t room) noexcept {
            const auto& variables = simulation::current().environment;
            const auto found = variables.find(name);
            if (found == variables.end()) return fail(errc::not_found, "get variable");
            if (found->second.size() < room) __builtin_memcpy(to, found->second.c_str(), found->second.size() + 1);
            return found->second.size();
        }
        static void for_each(void (*visit)(void*, const char*), void* context) noexcept {
            for (const auto& [name, value] : simulation::current().environment)
                visit(context, (name + "=" + value).c_str());
        }
    };
};

/// What comes before each call.
struct simulated_step {
    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&...) noexcept {
        using returned = decltype(call());
        [[maybe_unused]] const bool may = simulation::current().enter(name);
        if constexpr (requires(const returned& r) { r.error(); })
            if (!may) return returned(fail(errc::io_error, "the power is off"));
        return call();
    }
};

}  // namespace detail

struct simulated : decorated<detail::simulated_os, detail::simulated_step> {};

}  // namespace vitte::sys
