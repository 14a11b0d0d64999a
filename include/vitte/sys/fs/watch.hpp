/// Being told what changes in folders.
#pragma once

#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/platform/watch_queue.hpp>
#include <vitte/sys/time/retry_pace.hpp>

namespace vitte::sys {

/// What became of a path since the last time that anything was told. Valid until the visit returns.
struct watch_event {
    const char* path;  ///< as it was added, with the way below it; "" for `watch_overflow`
    /// One of these, and `watch_attributes` perhaps: `watch_created` if something is there that was not, perhaps in the
    /// place of something else, which the OS does not tell; `watch_removed` if nothing is there and something was, or,
    /// where it had been moved to, may have been; both if a folder was removed and something else is there; and
    /// `watch_modified` if it has another content. With a folder all that was below it is removed, whether it is told
    /// of or not. `watch_overflow` if anything may have changed.
    unsigned changes;
    /// Whether the last that happened to it is that it was renamed to here, so that nobody is known to write it any
    /// more. Only Linux tells.
    bool renamed_here = false;
};

/// Watches folders, or single files. What happens in quick succession is told once: a file that is made, written and
/// renamed is one that was created, a file that is made and goes is not told of. For one thread at a time. Linux limits
/// the number of folders (`errc::no_space`: fs.inotify.max_user_watches), Windows that of calls of `add` to 64; macOS
/// and the BSDs take a descriptor for each file and folder.
template <platform P = native>
class basic_watcher {
    static_assert(
        requires { typename P::watch_queue; }, "this platform does not tell what happens in folders");
    using queue = typename P::watch_queue;

public:
    static result<basic_watcher> create() {
        basic_watcher made;
        VITTE_CHECK(made.queue_->open());
        return made;
    }
    basic_watcher(basic_watcher&&) noexcept = default;
    basic_watcher& operator=(basic_watcher&&) = delete;
    ~basic_watcher() {
        if (queue_ == nullptr) return;
        if constexpr (requires { P::watch_queue::only_itself; })  // each of which has a handle
            for (const auto& [number, where] : folders_) queue_->remove(number);
        queue_->close();
    }

    /// Watches `path`, and if it is a folder, all names in it and, unless `whole_tree` is false, in the folders below;
    /// links are not followed. What is there already is not told of. Folders below that may not be read are not
    /// watched; on Linux they are when their rights change, and what is in them is told of as created then. Whoever
    /// replaces a file that is watched alone is told of as having removed it.
    result<void> add(const char* path, bool whole_tree = true) {
        VITTE_CHECK(enter(path, whole_tree, true));
        if (queue::watches_trees || (!whole_tree && !only_itself)) return {};
        return enter_below(path, whole_tree, false);
    }

    /// What is readable when there may be changes to wait for, where the OS has one such thing for all.
    auto native_handle() const noexcept
        requires requires(const queue& q) { q.native_handle(); }
    {
        return queue_->native_handle();
    }

    /// Waits for changes until `until`, and then until nothing happens for `quiet` nanoseconds, but no longer than
    /// `until`; calls `visit(const watch_event&)` for each path that changed, in order of paths. `errc::timed_out` if
    /// nothing did. What is gone again, of which it does not tell, ends the wait, too: it may succeed without a visit.
    template <class Visit>
    result<void> wait(Visit visit, deadline until = deadline::never(), std::int64_t quiet = 50'000'000) {
        detail::retry_pace<P> pace;
        for (deadline silence = until;;) {
            VITTE_TRY(const bool any, take_all());
            const bool waiting = !pending_.empty() || overflowed_;
            if (any && waiting) {
                const deadline soon = deadline::after<P>(quiet);
                silence = soon < until ? soon : until;
            }
            const deadline end = waiting ? silence : until;
            auto waited = pace.in_time(end, "watch files");
            if (waited) waited = queue_->wait(end.monotonic());
            if (waited || waited.error().code == errc::interrupted) continue;
            if (waited.error().code != errc::timed_out || !waiting) return waited;
            tell(visit);
            return {};
        }
    }

private:
    static constexpr bool only_itself = requires { queue::only_itself; };

    /// Or a file, where each is watched alone.
    struct folder {
        std::string path;
        bool whole_tree;
        bool looked_into;        ///< not what only is in a folder of which one level is watched
        std::uint64_t size = 0;  ///< where the OS tells of files that are cut off as of other attributes
    };
    using watched = typename std::map<std::uint32_t, folder>::iterator;
    enum class presence : unsigned char { no, perhaps, yes };
    /// Of a path about which something is to be told.
    struct state {
        presence before;
        bool is_there;
        bool lost_folder;  ///< a folder that had been there is gone, with what was below it
        unsigned changes;
        bool renamed_here = false;
    };

    basic_watcher() : queue_(std::make_unique<queue>()) {}

    /// What is gone again is told of by itself, and what may not be read only by its name.
    static walk_next goes_on_after(result<void>& entered) noexcept {
        if (!entered && (entered.error().code == errc::not_found || entered.error().code == errc::not_a_directory ||
                         entered.error().code == errc::permission_denied))
            entered = {};
        return entered ? walk_next::on : walk_next::stop;
    }
    result<void> enter(const std::string& path, bool whole_tree, bool looked_into) {
        VITTE_TRY(std::uint32_t number, queue_->add(path.c_str(), whole_tree));
        if (const auto same = folders_.find(number); same != folders_.end() && same->second.path != path) {
            end(numbers_.find(same->second.path));  // it was moved: what is still to come means the name that it had
            VITTE_TRY(number, queue_->add(path.c_str(), whole_tree));
        }
        if (const auto other = numbers_.find(path); other != numbers_.end() && other->second != number) end(other);
        folders_[number] = {path, whole_tree, looked_into, only_itself ? size_of(path) : 0};
        numbers_[path] = number;
        return {};
    }
    /// The same for what was met below a watched folder, unless something else is there by now.
    result<void> enter_met(const std::string& path, bool whole_tree, bool looked_into) {
        VITTE_TRY(const file_info facts, basic_directory<P>::current().info(path.c_str()));
        const bool watchable = facts.kind == file_kind::directory || (only_itself && facts.kind == file_kind::regular);
        return watchable ? enter(path, whole_tree, looked_into) : result<void>();
    }
    /// Watches what is below `path`; each folder before it is looked into, so that nothing is missed. What is not
    /// watched yet is told of if `is_new`.
    result<void> enter_below(const std::string& path, bool whole_tree, bool is_new) {
        result<void> failed;
        const walk_options depth{.depth = whole_tree ? SIZE_MAX : 1};
        const auto walked = walk<P>(
            path.c_str(),
            [&](const walk_entry<P>& entry) {
                if (entry.failed != nullptr) return goes_on_after(failed = unexpected(*entry.failed));
                const bool is_folder = entry.kind == file_kind::directory;
                if (only_itself && numbers_.contains(entry.path)) return walk_next::skip;
                if (is_new) note(entry.path, watch_created);
                if (!is_folder && !(only_itself && entry.kind == file_kind::regular)) return walk_next::on;
                return goes_on_after(failed = enter_met(entry.path, whole_tree, whole_tree));
            },
            depth);
        if (!failed) return failed;
        // A file has nothing below it, and what is gone again is told of by itself.
        failed = walked;
        return goes_on_after(failed) == walk_next::on ? result<void>() : walked;
    }

    /// Takes the changes that the OS tells of, but not without end: others may go on changing files. Returns true if
    /// there were any.
    result<bool> take_all() {
        constexpr int most = 1 << 16;
        for (int taken = 0; taken != most; ++taken) {
            folder_change change;
            VITTE_TRY(const bool more, retried([&] { return queue_->next(change); }));
            if (!more) return taken != 0;
            VITTE_CHECK(take(change));
        }
        return true;
    }
    result<void> take(const folder_change& change) {
        if ((change.changes & watch_overflow) != 0) return recover();
        const auto found = folders_.find(change.folder);
        if (found == folders_.end()) return {};
        const folder where = found->second;
        if (only_itself) return take_itself(found, change.changes);
        if (change.watch_ended) drop(found);
        const bool itself = *change.name == 0;
        if (change.changes == 0 || (itself && !is_root(where.path))) return {};  // its own folder tells of it
        const std::string path =
            itself ? where.path : where.path + (where.path.ends_with('/') ? "" : "/") + change.name;
        if ((change.changes & watch_removed) != 0) lose(path, change.is_folder);
        note(path, change.changes, change.may_replace);
        if (queue::watches_trees || !where.whole_tree || !change.is_folder || itself) return {};
        if ((change.changes & watch_removed) != 0) forget(path);
        const bool opened = (change.changes & watch_attributes) != 0 && !numbers_.contains(path);
        if ((change.changes & watch_created) == 0 && !opened) return {};
        auto entered = enter_met(path, true, true);
        return goes_on_after(entered) == walk_next::on ? enter_below(path, true, true) : entered;
    }
    /// A file changed, or a folder got other entries: those that are not watched yet are new, and those that are gone
    /// tell of it.
    result<void> take_itself(watched found, unsigned changes) {
        const folder where = found->second;
        if ((changes & watch_removed) != 0) {
            forget(where.path);
            const auto again = P::files::info(where.path.c_str());  // something else may be there by now
            if (!again) return {};
            note(where.path, watch_created);
            VITTE_CHECK(enter(where.path, where.whole_tree, where.looked_into));
            return where.looked_into ? enter_below(where.path, where.whole_tree, true) : result<void>();
        }
        if (!is_folder(where.path)) {
            found->second.size = size_of(where.path);
            note(where.path, changes | (found->second.size != where.size ? watch_modified : 0u));
        }
        if ((changes & watch_modified) == 0 || !where.looked_into || !is_folder(where.path)) return {};
        return enter_below(where.path, where.whole_tree, true);
    }
    /// After an overflow folders may be there that are not watched yet.
    result<void> recover() {
        overflowed_ = true;
        if (queue::watches_trees) return {};
        const auto known = folders_;
        for (const auto& [number, where] : known) {
            static_cast<void>(number);
            if (!where.whole_tree || !is_root(where.path)) continue;
            VITTE_CHECK(enter_below(where.path, true, false));
        }
        return {};
    }
    /// Whether no watched folder is above it.
    bool is_root(const std::string& path) const {
        const std::size_t slash = path.find_last_of('/');
        return slash == std::string::npos || !numbers_.contains(path.substr(0, slash));
    }
    /// A folder that was moved away is still watched where it is now. What each tells of itself comes too late then.
    void forget(const std::string& path) {
        const auto forget_one = [this](auto at) {
            if (only_itself) note(at->first, watch_removed);
            return end(at);
        };
        if (const auto itself = numbers_.find(path); itself != numbers_.end()) forget_one(itself);
        for (auto at = numbers_.lower_bound(path + '/'); is_below(at, numbers_, path);) at = forget_one(at);
    }
    void drop(watched which) {
        numbers_.erase(which->second.path);
        folders_.erase(which);
    }
    auto end(typename std::map<std::string, std::uint32_t, std::less<>>::iterator which) {
        queue_->remove(which->second);
        folders_.erase(which->second);
        return numbers_.erase(which);
    }
    template <class Map>
    static bool is_below(typename Map::iterator at, Map& all, const std::string& path) {
        return at != all.end() && at->first.starts_with(path) && at->first[path.size()] == '/';
    }

    /// What stood at `path` is gone, and so is what is to be told of below it.
    void lose(const std::string& path, bool was_folder) {
        const auto before = pending_.try_emplace(path, state{presence::yes, true, false, 0}).first;
        before->second.lost_folder |= was_folder;
        for (auto at = pending_.lower_bound(path + '/'); is_below(at, pending_, path); ++at)
            at->second.is_there = false;
    }
    void note(const std::string& path, unsigned changes, bool may_replace = false) {
        const bool created = (changes & watch_created) != 0, removed = (changes & watch_removed) != 0;
        const presence before = !created ? presence::yes : may_replace ? presence::perhaps : presence::no;
        state& now = pending_.try_emplace(path, state{before, true, false, 0}).first->second;
        if (created) now.is_there = true;
        if (removed) now.is_there = false;
        if ((changes & ~static_cast<unsigned>(watch_attributes)) != 0) now.renamed_here = created && may_replace;
        now.changes |= changes;
    }
    template <class Visit>
    void tell(Visit& visit) {
        const auto told = std::exchange(pending_, {});
        if (std::exchange(overflowed_, false)) visit(watch_event{"", watch_overflow});
        for (const auto& [path, what] : told) {
            unsigned changes = what.changes & watch_attributes;
            if (!what.is_there && what.before == presence::no) continue;
            if (!what.is_there)
                changes = watch_removed;
            else if (what.before != presence::yes)
                changes |= watch_created;
            else if (what.lost_folder)
                changes |= watch_removed | watch_created;
            else if ((what.changes & ~static_cast<unsigned>(watch_attributes)) != 0)
                changes |= watch_modified;
            if (queue::watches_trees && changes == watch_modified && is_folder(path))
                continue;  // which only means what is in it
            visit(watch_event{path.c_str(), changes, what.renamed_here});
        }
    }
    static std::uint64_t size_of(const std::string& path) noexcept {
        const auto facts = P::files::info(path.c_str());
        return facts ? facts->size : 0;
    }
    static bool is_folder(const std::string& path) noexcept {
        const auto facts = P::files::info(path.c_str());
        return facts && facts->kind == file_kind::directory;
    }

    std::unique_ptr<queue> queue_;
    std::map<std::uint32_t, folder> folders_;
    std::map<std::string, std::uint32_t, std::less<>> numbers_;  ///< of `folders_`, by path
    std::map<std::string, state> pending_;
    bool overflowed_ = false;
};
using watcher = basic_watcher<>;

}  // namespace vitte::sys
