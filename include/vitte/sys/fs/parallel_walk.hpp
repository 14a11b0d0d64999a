/// A walk by several threads, each in folders of its own.
#pragma once

#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/mutex.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::sys {
namespace detail {

/// Those who walk. Who has nothing to do takes what others give away, which they do only if somebody waits: so there
/// are never more shares than threads.
template <platform P, class Visit>
class walk_crew {
    using member = walker<P, Visit, walk_crew>;
    using listing = typename basic_directory<P>::listing;

public:
    walk_crew(const walk_options& options, Visit& visit) noexcept : options_(options), visit_(visit) {}

    /// The part that begins with the root, and then what others give away.
    void lead(basic_directory<P>&& root, listing& memory, const char* path) noexcept {
        finish(member(std::move(root), memory, path, options_, visit_, *this).run());
        help(memory);
    }
    /// What others give away; nothing if there is no memory for lists.
    void join() noexcept {
        if (auto memory = listing::create()) help(*memory);
    }
    /// Why the walk ended too early, if it did.
    const result<void>& outcome() const noexcept { return outcome_; }

    bool is_over() const noexcept { return over_.load_relaxed() != 0; }
    bool wants_share() const noexcept { return wants_share_.load_relaxed() != 0; }
    void give(walk_share<P>&& share) {
        const scoped_lock hold(mutex_);
        shares_.push_back(std::move(share));
        tell_wants();
        changed_.notify_one();
    }
    void stop() noexcept {
        const scoped_lock hold(mutex_);
        over_.store_relaxed(1);
        changed_.notify_all();
    }

private:
    void help(listing& memory) {
        const auto has_share = [&] { return !shares_.empty() && !is_over(); };
        for (mutex_.lock();; mutex_.lock()) {
            ++waiting_;
            tell_wants();
            while (!has_share() && walking_ != 0 && !is_over()) changed_.wait(mutex_);
            --waiting_;
            if (!has_share()) return mutex_.unlock();
            walk_share<P> share = std::move(shares_.back());
            shares_.pop_back();
            tell_wants();
            ++walking_;
            mutex_.unlock();
            finish(member(std::move(share), memory, options_, visit_, *this).run_on());
        }
    }
    void finish(const result<void>& part) noexcept {
        if (!part) stop();
        const scoped_lock hold(mutex_);
        if (outcome_) outcome_ = part;
        if (--walking_ == 0) changed_.notify_all();
    }
    void tell_wants() noexcept { wants_share_.store_relaxed(waiting_ > shares_.size()); }

    const walk_options options_;
    Visit& visit_;
    basic_mutex<P> mutex_;  ///< for what follows, of which the two flags are also read without
    basic_condition_variable<P> changed_;
    std::vector<walk_share<P>> shares_;
    std::size_t waiting_ = 0, walking_ = 1;
    atomic_of<P, std::uint32_t> over_{0}, wants_share_{0};
    result<void> outcome_;
};

}  // namespace detail

/// The same visits as by `walk`, and the same result, but from `threads` threads at most, this one among them (0: as
/// many as can run at a time), and in no order but each folder before what is in it. `visit` is called by several of
/// them at once; it must not throw. After it has said `stop` it may still be called by threads that have not heard of
/// it, until this returns. Handles and memory are those of a `walk` per thread; threads that cannot be started are done
/// without.
template <platform P = native, class Visit>
result<void> parallel_walk(const char* path, Visit visit, const walk_options& options = {}, unsigned threads = 0) {
    VITTE_TRY(auto root, basic_directory<P>::open(path));
    VITTE_TRY(auto memory, basic_directory<P>::listing::create());
    if (threads == 0) threads = hardware_concurrency<P>();
    detail::walk_crew<P, Visit> crew(options, visit);
    std::vector<basic_thread<void, P>> helpers;
    helpers.reserve(threads);
    while (helpers.size() + 1 < threads) {
        auto helper = start_thread<P>([&crew] { crew.join(); });
        if (!helper) break;
        helpers.push_back(std::move(*helper));
    }
    crew.lead(std::move(root), memory, path);
    for (auto& helper : helpers) static_cast<void>(helper.join());
    return crew.outcome();
}

}  // namespace vitte::sys
