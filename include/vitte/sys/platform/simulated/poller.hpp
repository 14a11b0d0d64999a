/// The facet `poller` of a simulation.
#pragma once

#include <vitte/sys/platform/simulated/sockets.hpp>

namespace vitte::sys::detail {

/// As epoll(7) tells, edges included.
class simulated_poller {
public:
    using handle = simulated_sockets::handle;

    result<void> open() noexcept {
        if (!net().has_handles(net().here())) return fail(errc::out_of_handles, "open poller");
        number_ = net().add_poller();
        is_open_ = true;
        return {};
    }
    void close() noexcept {
        if (self() != nullptr) net().remove_poller(number_);
        is_open_ = false;
    }
    bool is_open() const noexcept { return is_open_; }

    result<void> add(handle h, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return set(h, interest, trigger, key, true);
    }
    result<void> change(handle h, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        return set(h, interest, trigger, key, false);
    }
    result<void> remove(handle h) noexcept {
        simulated_socket* const of = simulated_sockets::find(h);
        if (of == nullptr || self() == nullptr) return fail(errc::bad_handle, "remove from poller");
        if (!self()->watched.contains(of->number)) return fail(errc::not_found, "remove from poller");
        std::erase(of->pollers, number_);
        net().unwatch(number_, of->number);
        return {};
    }

    result<std::size_t> wait(readiness* to, std::size_t room, std::int64_t until) noexcept {
        for (;;) {
            net().threads().pass(100);
            simulated_watches* const all = self();
            if (all == nullptr) return fail(errc::bad_handle, "wait for poller");
            const bool woken = std::exchange(all->is_woken, false);
            const std::size_t told = collect(*all, to, room);
            if (told != 0 || woken) return told;
            if (until <= net().now()) return fail(errc::timed_out, "wait for poller");
            net().threads().rest(&all->word, until);
        }
    }
    void wake() noexcept {
        simulated_watches* const all = self();
        if (all == nullptr) return;
        all->is_woken = true;
        net().threads().wake_all(&all->word);
    }

private:
    static simulated_network& net() noexcept { return simulated_sockets::net(); }
    simulated_watches* self() const noexcept { return is_open_ ? net().find_poller(number_) : nullptr; }

    result<void> set(handle h, unsigned interest, poll_trigger trigger, std::uint64_t key, bool is_new) noexcept {
        simulated_socket* const of = simulated_sockets::find(h);
        simulated_watches* const all = self();
        if (of == nullptr || all == nullptr) return fail(errc::bad_handle, "add to poller");
        if (all->watched.contains(of->number) == is_new)
            return fail(is_new ? errc::already_exists : errc::not_found, "add to poller");
        auto& watch = all->watched[of->number];
        watch.interest = interest;
        watch.trigger = trigger;
        watch.key = key;
        watch.is_done = false;
        if (is_new) of->pollers.push_back(number_);
        all->suggest(of->number, watch);
        net().threads().wake_all(&all->word);
        return {};
    }
    /// Looks at each candidate once. Those by level stay candidates, behind the others.
    static std::size_t collect(simulated_watches& all, readiness* to, std::size_t room) noexcept {
        std::size_t told = 0;
        for (std::size_t left = all.candidates.size(); left != 0 && told < room; --left) {
            const unsigned number = all.candidates.front();
            all.candidates.pop_front();
            const auto found = all.watched.find(number);
            if (found == all.watched.end()) continue;
            auto& watch = found->second;
            watch.is_candidate = false;
            const unsigned events = net().find(number)->ready() & (watch.interest | socket_hung_up);
            if (watch.is_done || events == 0) continue;
            to[told++] = {watch.key, events};
            if (watch.trigger == poll_trigger::level) all.suggest(number, watch);
            watch.is_done = watch.trigger == poll_trigger::one_shot;
        }
        return told;
    }

    unsigned number_ = 0;
    bool is_open_ = false;
};

}  // namespace vitte::sys::detail
