/// `poller`: which of many sockets, or on most systems other handles, can go on without waiting.
#pragma once

#include <span>
#include <utility>

#include <vitte/sys/platform/poller.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::sys {

/// Tells of handles that are ready, each by its key. One thread waits at a time; meanwhile all others may add, change,
/// remove and wake. It does not own the handles: each is removed before it is closed. One that is closed while it is
/// watched is told of no more, but on Linux it is as long as copies of it are open, by `dup` or in a child, and then
/// nobody can remove it; with nothing but POSIX, and on Windows if it was ready, the next handle with its number is
/// watched in its stead.
///
/// What `wait` has returned may be stale by the time that it is looked at: of a handle that was removed meanwhile, by
/// another thread or on behalf of an entry before it in the same array, its key is still there. Keys that are never
/// used again, such as a number that counts up and is looked up in a table, are not found any more then; who uses
/// addresses of objects as keys gives none of the objects back before the array is done with.
template <platform P = native>
class basic_poller {
    static_assert(requires { typename P::poller; }, "this platform has no poller");
    using system = typename P::poller;

public:
    using handle = typename system::handle;

    /// Watches nothing yet. `errc::out_of_handles`.
    static result<basic_poller> create() noexcept {
        basic_poller made;
        VITTE_CHECK(made.system_.open());
        return made;
    }
    basic_poller(basic_poller&& other) noexcept : system_(std::exchange(other.system_, {})) {}
    basic_poller& operator=(basic_poller&& other) noexcept {
        basic_poller moved(std::move(other));
        std::swap(system_, moved.system_);
        return *this;
    }
    ~basic_poller() {
        if (system_.is_open()) system_.close();
    }

    /// Watches `which`, a handle that does not block, for bits of `socket_event`; `socket_hung_up` is told also if
    /// nobody asked, but on some systems only with one of the others. `key` is what `wait` tells of it, and not
    /// `reserved_key` (`errc::invalid_argument`). `errc::not_supported` for `poll_trigger::edge` on Windows
    /// and with nothing but POSIX; `errc::already_exists` on some systems if it is watched already;
    /// `errc::out_of_handles` on others for the first one shot.
    result<void> add(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        if (key == reserved_key) return fail(errc::invalid_argument, "add to poller");
        return system_.add(which, interest, trigger, key);
    }
    /// Watches `which` in another way, or again for `poll_trigger::one_shot`: what is true of it already is told once
    /// more.
    result<void> change(handle which, unsigned interest, poll_trigger trigger, std::uint64_t key) noexcept {
        if (key == reserved_key) return fail(errc::invalid_argument, "change in poller");
        return system_.change(which, interest, trigger, key);
    }
    /// Watches `which` no more.
    result<void> remove(handle which) noexcept { return system_.remove(which); }

    /// Waits until something is ready or somebody calls `wake`; returns the part of `to`, which has room for something,
    /// that tells what is ready. Nothing in it: it was woken. A handle may be told of twice, for one event each.
    /// `errc::timed_out`.
    result<std::span<const readiness>> wait(std::span<readiness> to, deadline until = deadline::never()) noexcept {
        VITTE_ASSERT(!to.empty());
        VITTE_TRY(const std::size_t count,
                  retried([&] { return system_.wait(to.data(), to.size(), until.monotonic()); }));
        return std::span<const readiness>(to.first(count));
    }
    /// Makes one `wait` return: the one that is under way, or else the next. Several calls before it may be as one, and
    /// it may tell what is ready as well.
    void wake() noexcept { system_.wake(); }

    /// What is readable when `wait` would return, where the system has such a thing.
    auto native_handle() const noexcept
        requires requires(const system& s) { s.native_handle(); }
    {
        return system_.native_handle();
    }

private:
    basic_poller() noexcept = default;

    system system_;
};
using poller = basic_poller<>;

}  // namespace vitte::sys
