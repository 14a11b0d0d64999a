/// Folders and files of a simulated disk, and what a crash leaves of them. Content is stored by `sync` of a file, names
/// by `sync` of the folder that they are in; changes of one folder are stored in their order, a rename in one step.
/// Rights, owners, times and attributes are stored at once.
#pragma once

#include <set>
#include <string>
#include <vitte/sys/platform/simulated/content.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys {

struct disk_node;
using disk_node_ref = std::shared_ptr<disk_node>;

/// A file, folder or symbolic link.
struct disk_node {
    file_info facts;  ///< but for sizes
    simulated_content content;
    std::map<std::string, disk_node_ref, std::less<>> entries, stable_entries;
    std::weak_ptr<disk_node> parent;
    std::string link;
    std::map<std::string, std::vector<std::byte>, std::less<>> attributes;
    std::set<int> shared_locks;
    int exclusive_lock = -1;
    unsigned seals = 0;

    bool is_folder() const noexcept { return facts.kind == file_kind::directory; }
};

class simulated_disk {
public:
    simulated_disk() : root_(make(file_kind::directory, 0755, 0)) {
        root_->parent = root_;
        root_->facts.links = 1;
    }
    const disk_node_ref& root() const noexcept { return root_; }

    disk_node_ref make(file_kind kind, std::uint32_t mode, std::int64_t now) {
        auto made = std::make_shared<disk_node>();
        file_info& facts = made->facts;
        facts.kind = kind;
        facts.mode = mode;
        facts.device = 1;
        facts.inode = ++last_number_;
        facts.links = 0;
        facts.modified = facts.accessed = facts.changed = facts.created = now;
        return made;
    }

    /// One name and what it stands for from now on; null for nothing.
    struct entry_change {
        disk_node_ref folder;
        std::string name;
        disk_node_ref node;
    };
    /// Changes names, all of them or none.
    void change(std::vector<entry_change> step, std::int64_t now) {
        for (const entry_change& c : step) set(c, now);
        journal_.push_back(std::move(step));
    }
    /// Stores the names in `folder`, and what happened to other folders in the same steps.
    void sync_folder(const disk_node& folder) {
        std::erase_if(journal_, [&](const std::vector<entry_change>& step) {
            if (!touches(step, folder)) return false;
            for (const entry_change& c : step) store(c);
            return true;
        });
    }

    /// What is stored becomes what there is.
    void crash(choices& from) {
        std::set<const disk_node*> stopped;
        for (const auto& step : journal_) {
            bool kept = true;
            for (const entry_change& c : step) kept = kept && !stopped.contains(c.folder.get());
            kept = kept && from.choose(2) != 0;
            for (const entry_change& c : step)
                if (kept)
                    store(c);
                else
                    stopped.insert(c.folder.get());
        }
        journal_.clear();
        std::set<const disk_node*> seen;
        settle(root_, from, seen);
        root_->facts.links = 1;
    }

private:
    static bool touches(const std::vector<entry_change>& step, const disk_node& folder) {
        for (const entry_change& c : step)
            if (c.folder.get() == &folder) return true;
        return false;
    }
    static void set(const entry_change& c, std::int64_t now) {
        const auto before = c.folder->entries.find(c.name);
        if (before != c.folder->entries.end()) {
            --before->second->facts.links;
            before->second->facts.changed = now;
        }
        c.folder->facts.modified = c.folder->facts.changed = now;
        if (c.node == nullptr) {
            c.folder->entries.erase(c.name);
            return;
        }
        ++c.node->facts.links;
        c.node->facts.changed = now;
        if (c.node->is_folder()) c.node->parent = c.folder;
        c.folder->entries[c.name] = c.node;
    }
    static void store(const entry_change& c) {
        if (c.node == nullptr)
            c.folder->stable_entries.erase(c.name);
        else
            c.folder->stable_entries[c.name] = c.node;
    }
    static void settle(const disk_node_ref& node, choices& from, std::set<const disk_node*>& seen) {
        if (seen.insert(node.get()).second) {
            node->facts.links = 0;
            node->shared_locks.clear();
            node->exclusive_lock = -1;
            if (node->facts.kind == file_kind::regular) node->content.crash(from);
            node->entries = node->stable_entries;
            for (const auto& [name, child] : node->entries) {
                settle(child, from, seen);
                if (child->is_folder()) child->parent = node;
            }
        }
        ++node->facts.links;
    }

    std::uint64_t last_number_ = 0;
    disk_node_ref root_;
    std::vector<std::vector<entry_change>> journal_;
};

}  // namespace vitte::sys
