/// Handlers of what threads do wrong, such as an access to memory that is not there: to report it before the program
/// ends, or to remove the cause.
#pragma once

#include <utility>
#include <vitte/sys/memory/region.hpp>
#include <vitte/sys/platform/signals.hpp>

namespace vitte::sys {

/// Calls `function(const fault_info&)`, which returns a `fault_answer`, in a thread that faults, from `open` to
/// `close` or its end; it stays where it is. Those that were opened last are asked first; what all of them pass on goes
/// to who handled such faults before them, and in the end stops the program as it would have. What another process has
/// sent, or `raise`, is handled likewise, and has no address. The function runs in the
/// middle of anything: it takes no locks and allocates nothing (POSIX, System Interfaces 2.4.3). Neither `open` nor
/// `close` may run while another thread does one of them or faults.
template <class Function, platform P = native>
class basic_fault_handler {
    static_assert(
        requires { typename P::signals; }, "this platform has no signals");

public:
    explicit basic_fault_handler(Function wanted) noexcept : wanted_(std::move(wanted)) {}
    basic_fault_handler(const basic_fault_handler&) = delete;
    basic_fault_handler& operator=(const basic_fault_handler&) = delete;
    ~basic_fault_handler() { close(); }

    result<void> open(fault_cause cause) noexcept {
        VITTE_ASSERT(!is_open_);
        link_ = {cause,
                 [](void* self, const fault_info& fault) noexcept {
                     return static_cast<basic_fault_handler*>(self)->wanted_(fault);
                 },
                 this, nullptr};
        const auto added = P::signals::add_fault_handler(link_);
        is_open_ = added.has_value();
        return added;
    }
    void close() noexcept {
        if (std::exchange(is_open_, false)) P::signals::remove_fault_handler(link_);
    }

private:
    Function wanted_;
    fault_link link_;
    bool is_open_ = false;
};
template <class Function>
class fault_handler : public basic_fault_handler<Function> {
public:
    using basic_fault_handler<Function>::basic_fault_handler;
};
template <class Function>
fault_handler(Function) -> fault_handler<Function>;

/// A stack for the handlers of faults of the thread that makes it, which may have used up its own. What runs
/// over either end of it faults. The same thread ends it, and then has the one from before; several end in the reverse
/// order.
template <platform P = native>
class basic_fault_stack {
    using signals = typename P::signals;

public:
    /// At least what the OS needs for a handler that calls little. `errc::not_supported` on Windows, where handlers
    /// run on the thread's own stack.
    static result<basic_fault_stack> create(std::size_t size = 64 * 1024) noexcept {
        const std::size_t least = signals::least_stack();
        VITTE_TRY(auto room, basic_region<P>::allocate_guarded(size > least ? size : least));
        VITTE_TRY(const auto before, signals::use_stack(room.data(), room.size()));
        return basic_fault_stack(std::move(room), before);
    }
    basic_fault_stack(basic_fault_stack&& other) noexcept
        : room_(std::move(other.room_)), before_(other.before_), active_(std::exchange(other.active_, false)) {}
    basic_fault_stack& operator=(basic_fault_stack&&) = delete;
    ~basic_fault_stack() {
        if (active_) signals::restore_stack(before_);
    }

private:
    basic_fault_stack(basic_region<P>&& room, const typename signals::stack& before) noexcept
        : room_(std::move(room)), before_(before), active_(true) {}

    basic_region<P> room_;
    typename signals::stack before_;
    bool active_;
};
using fault_stack = basic_fault_stack<>;

}  // namespace vitte::sys
