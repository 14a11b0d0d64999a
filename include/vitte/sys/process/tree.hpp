/// Processes and all below them, found in the list of those that the OS has.
#pragma once

#include <utility>

#include <vitte/core/growing_array.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/platform/process_types.hpp>
#include <vitte/sys/platform/processes.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys::detail {

template <class Processes>
concept lists_processes = requires(process_entry* to, std::size_t room, std::uint64_t id) {
    Processes::list(to, room);
    Processes::send_id(id, process_signal::kill);
};

/// All processes, found by their numbers and by their parents.
class process_list {
public:
    template <class Processes>
    static result<process_list> read() noexcept {
        process_list made;
        for (std::size_t room = 256;;) {
            VITTE_TRY(made.memory_, byte_buffer::allocate(room * sizeof(process_entry)));
            made.entries_ = reinterpret_cast<process_entry*>(made.memory_.bytes().data());
            VITTE_TRY(made.count_, retried([&] { return Processes::list(made.entries_, room); }));
            if (made.count_ <= room) break;
            room = made.count_ + made.count_ / 4;
        }
        VITTE_CHECK(made.make_chains());
        return made;
    }

    static constexpr std::uint32_t none = UINT32_MAX;
    std::size_t size() const noexcept { return count_; }
    const process_entry& operator[](std::size_t i) const noexcept { return entries_[i]; }
    /// The place of the process `id`, or `none`.
    std::uint32_t find(std::uint64_t id) const noexcept {
        std::uint32_t at = heads_[id & mask_];
        while (at != none && entries_[at].id != id) at = next_[at];
        return at;
    }
    template <class Visit>
    void for_each_child(std::uint64_t parent, Visit visit) const noexcept {
        for (std::uint32_t at = child_heads_[parent & mask_]; at != none; at = next_child_[at])
            if (entries_[at].parent == parent) visit(at);
    }

private:
    result<void> make_chains() noexcept {
        std::size_t buckets = 1;
        while (buckets < count_) buckets *= 2;
        mask_ = buckets - 1;
        VITTE_TRY(chains_, byte_buffer::allocate(2 * (buckets + count_) * sizeof(std::uint32_t)));
        heads_ = reinterpret_cast<std::uint32_t*>(chains_.bytes().data());
        child_heads_ = heads_ + buckets;
        next_ = child_heads_ + buckets;
        next_child_ = next_ + count_;
        for (std::size_t i = 0; i < 2 * buckets; ++i) heads_[i] = none;
        for (std::uint32_t i = 0; i < count_; ++i) {
            next_[i] = std::exchange(heads_[entries_[i].id & mask_], i);
            next_child_[i] = std::exchange(child_heads_[entries_[i].parent & mask_], i);
        }
        return {};
    }

    byte_buffer memory_, chains_;
    process_entry* entries_ = nullptr;
    std::uint32_t *heads_ = nullptr, *child_heads_ = nullptr, *next_ = nullptr, *next_child_ = nullptr;
    std::size_t count_ = 0, mask_ = 0;
};

/// Processes and all below them, as many as there is memory for. Who was met stays in it when its parent is gone.
/// Nobody, where the OS does not list processes.
template <platform P>
class process_tree {
public:
    explicit process_tree(std::uint64_t, std::uint64_t) noexcept {}
    void look() noexcept {}
    void kill() noexcept {}
    void await_end(deadline) noexcept {}
};

template <platform P>
    requires lists_processes<typename P::processes>
class process_tree<P> {
    using processes = typename P::processes;

public:
    process_tree() noexcept = default;
    /// That of a child and of those in its `group`, if it is not 0.
    process_tree(std::uint64_t child, std::uint64_t group) noexcept : group_(group) { add(child); }
    void add(std::uint64_t root) noexcept { static_cast<void>(members_.push_back({root, 0, true})); }

    void look() noexcept { static_cast<void>(look_again(false)); }
    /// Kills all of it; whether there was somebody. Before that they are suspended, until a list shows that all stand
    /// still, and nobody new: so none is born meanwhile who would not be met.
    bool kill() noexcept {
        for (int left = 200; left != 0 && look_again(true); --left) pause(1'000'000);
        bool any = false;
        for (const member& one : members_)
            any = (one.started != 0 && processes::send_id(one.id, process_signal::kill)) || any;
        return any;
    }
    /// Waits until all that were met have ended.
    void await_end(deadline until) noexcept {
        for (std::int64_t patience = 1'000'000;; patience = patience < 20'000'000 ? 2 * patience : patience) {
            look();
            bool any = false;
            for (const member& one : members_) any = any || one.lives;
            const std::int64_t left = until.monotonic() - P::clocks::monotonic();
            if (!any || left <= 0) return;
            pause(patience < left ? patience : left);
        }
    }

private:
    struct member {
        std::uint64_t id, started;  ///< 0 if not known yet
        bool lives;
    };

    static void pause(std::int64_t nanoseconds) noexcept {
        static_cast<void>(P::clocks::sleep_until(P::clocks::monotonic() + nanoseconds));
    }
    /// Forgets who is gone and finds who is new; whether there was somebody new, or somebody who does not stand still.
    bool look_again(bool suspending) noexcept {
        const auto all = process_list::read<processes>();
        if (!all) return false;
        auto met = byte_buffer::allocate(all->size());
        if (!met) return false;
        for (std::byte& mark : met->bytes()) mark = {};
        const auto add = [&](std::uint32_t at) {
            if (at == process_list::none || met->bytes()[at] != std::byte{}) return false;
            met->bytes()[at] = std::byte{1};
            const process_entry& one = (*all)[at];
            const bool lives = one.is != process_entry::state::ended;
            return members_.push_back({one.id, one.started, lives}).has_value();
        };
        bool again = false;
        for (const member& old : std::exchange(members_, {})) {
            const std::uint32_t at = all->find(old.id);
            if (at != process_list::none && (old.started == 0 || old.started == (*all)[at].started)) add(at);
        }
        if (group_ != 0)
            for (std::uint32_t at = 0; at < all->size(); ++at)
                if ((*all)[at].group == group_ && add(at)) again = true;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const std::uint64_t id = members_[i].id;
            if (suspending && (*all)[all->find(id)].is == process_entry::state::runs)
                again = processes::send_id(id, process_signal::suspend).has_value() || again;
            all->for_each_child(id, [&](std::uint32_t at) { again = add(at) || again; });
        }
        return again;
    }

    growing_array<member> members_;
    std::uint64_t group_ = 0;
};

}  // namespace vitte::sys::detail
