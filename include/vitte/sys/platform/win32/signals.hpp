/// What consoles tell (SetConsoleCtrlHandler), and handlers of faults (AddVectoredExceptionHandler).
#pragma once

#include <utility>
#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/signal_types.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>

namespace vitte::sys::win32 {

/// Consoles call in a thread of their own. The handler is the process's; it stays from the first time on that somebody
/// wants to be told or to ignore something, and passes on what nobody does.
class console_events {
public:
    using handle = void*;

    result<void> open(signal_set which, bool once = false) noexcept {
        VITTE_CHECK(install());
        auto* const made = static_cast<state*>(HeapAlloc(GetProcessHeap(), 8, sizeof(state)));
        if (made == nullptr) return fail(errc::out_of_memory, "catch signals");
        made->event = CreateEventW(nullptr, 1, 0, nullptr);
        if (made->event == nullptr) {
            const auto failed = last_error("CreateEventW");
            HeapFree(GetProcessHeap(), 0, made);
            return failed;
        }
        made->wanted = which;
        made->once = once;
        const locked hold;
        made->next = std::exchange(all, made);
        state_ = made;
        return {};
    }
    void close() noexcept {
        if (state_ == nullptr) return;
        {
            const locked hold;
            state** at = &all;
            while (*at != state_) at = &(*at)->next;
            *at = state_->next;
        }
        CloseHandle(state_->event);
        HeapFree(GetProcessHeap(), 0, std::exchange(state_, nullptr));
    }
    bool is_open() const noexcept { return state_ != nullptr; }
    void* native_handle() const noexcept { return state_->event; }
    bool caught() const noexcept { return __atomic_load_n(&state_->came, __ATOMIC_ACQUIRE) != 0; }

    result<signal_info> read() noexcept {
        const locked hold;
        const std::uint32_t bits = state_->pending;
        if (bits == 0) return fail(errc::would_block, "read signal");
        state_->pending = bits & (bits - 1);
        if (state_->pending == 0) ResetEvent(state_->event);
        return signal_info{static_cast<signal_kind>(__builtin_ctz(bits))};
    }
    result<void> wait(std::int64_t until) noexcept { return clocks::wait_any(&state_->event, 1, until); }

    /// Whether it was ignored before.
    static result<bool> ignore(signal_kind kind, bool from_now_on) noexcept {
        VITTE_CHECK(install());
        const locked hold;
        const bool before = ignored.contains(kind);
        from_now_on ? ignored.add(kind) : ignored.remove(kind);
        return before;
    }
    static bool is_ignored(signal_kind kind) noexcept {
        const locked hold;
        return ignored.contains(kind);
    }

private:
    struct state {
        state* next;
        void* event;  ///< signalled while something is pending
        signal_set wanted;
        std::uint32_t pending, came;
        bool once;
    };
    struct locked {
        locked() noexcept { AcquireSRWLockExclusive(as<_RTL_SRWLOCK>(&lock)); }
        locked(locked&&) = delete;
        ~locked() { ReleaseSRWLockExclusive(as<_RTL_SRWLOCK>(&lock)); }
    };

    /// Without the lock: the system holds one of its own while it calls handlers.
    static result<void> install() noexcept {
        if (installed.exchange(true)) return {};
        const auto done = checked(SetConsoleCtrlHandler(handle_event, 1), "SetConsoleCtrlHandler");
        if (!done) installed.exchange(false);
        return done;
    }
    static int handle_event(unsigned long event) {
        constexpr signal_kind kinds[] = {signal_kind::interrupt, signal_kind::quit,      signal_kind::hang_up,
                                         signal_kind::hang_up,   signal_kind::terminate, signal_kind::terminate,
                                         signal_kind::terminate};  // 3 and 4 are not used
        if (event > 6) return 0;
        const bool is_wanted = tell(kinds[event]);
        if (is_wanted && event > 1) Sleep(0xffffffff);  // the program would end when this returns
        return is_wanted;
    }
    static bool tell(signal_kind kind) noexcept {
        const std::uint32_t bit = signal_set{kind}.bits();
        const locked hold;
        bool is_wanted = ignored.contains(kind);
        for (state* one = all; one != nullptr; one = one->next) {
            if (!one->wanted.contains(kind) || (one->once && one->came != 0)) continue;
            __atomic_fetch_or(&one->came, bit, __ATOMIC_RELEASE);
            one->pending |= bit;
            SetEvent(one->event);
            is_wanted = true;
        }
        return is_wanted;
    }

    static inline constinit void* lock = nullptr;  ///< of all but `came`
    static inline constinit state* all = nullptr;
    static inline constinit signal_set ignored;
    static inline constinit atomic<bool> installed{false};

    state* state_ = nullptr;
};

/// One handler for all links, of which each passes on to the one before it, and the first to other handlers.
class fault_chain {
public:
    static result<void> add(fault_link& link) noexcept {
        if (installed == nullptr) installed = AddVectoredExceptionHandler(1, handle);
        if (installed == nullptr) return last_error("AddVectoredExceptionHandler");
        link.before = last.load_acquire();
        last.store_release(&link);
        return {};
    }
    static void remove(fault_link& link) noexcept {
        if (last.load_acquire() == &link) last.store_release(link.before);
        for (fault_link* at = last.load_acquire(); at != nullptr; at = at->before)
            if (at->before == &link) at->before = link.before;
        if (last.load_acquire() == nullptr) RemoveVectoredExceptionHandler(std::exchange(installed, nullptr));
    }

private:
    struct record {
        std::uint32_t code, flags;
        record* cause;
        void* place;
        std::uint32_t count;
        std::uintptr_t facts[15];
    };
    struct told {
        record* what;
        void* machine;
    };

    static bool cause_of_code(std::uint32_t code, fault_cause& to) noexcept {
        constexpr struct {
            std::uint32_t first, last;
            fault_cause cause;
        } known[] = {
            {0xc0000005, 0xc0000005, fault_cause::memory},      {0xc00000fd, 0xc00000fd, fault_cause::memory},
            {0xc0000006, 0xc0000006, fault_cause::bus},         {0xc000008d, 0xc0000095, fault_cause::arithmetic},
            {0xc000001d, 0xc000001d, fault_cause::instruction}, {0xc0000096, 0xc0000096, fault_cause::instruction}};
        for (const auto& one : known)
            if (code >= one.first && code <= one.last) return to = one.cause, true;
        return false;
    }
    static long handle(_EXCEPTION_POINTERS* sdk) {
        constexpr long go_on = -1, search = 0;
        const auto& all = *reinterpret_cast<const told*>(sdk);
        fault_info fault{};
        fault.machine = all.machine;
        if (!cause_of_code(all.what->code, fault.cause)) return search;
        const bool has_address = fault.cause == fault_cause::memory || fault.cause == fault_cause::bus;
        fault.address =
            has_address && all.what->count > 1 ? reinterpret_cast<const void*>(all.what->facts[1]) : all.what->place;
        for (const fault_link* at = last.load_acquire(); at != nullptr; at = at->before)
            if (at->cause == fault.cause && at->handle(at->context, fault) == fault_answer::retry) return go_on;
        return search;
    }

    static inline constinit atomic<fault_link*> last{nullptr};
    static inline constinit void* installed = nullptr;
};

struct signals {
    using reader = console_events;
    using catcher = console_events;
    using disposition = bool;  ///< whether it is ignored
    struct stack {};
    static constexpr bool quit_interrupts = true;  ///< Ctrl-Break, for which there is no core file

    static result<disposition> ignore(signal_kind kind) noexcept { return console_events::ignore(kind, true); }
    static void restore(signal_kind kind, const disposition& before) noexcept {
        static_cast<void>(console_events::ignore(kind, before));
    }
    static bool is_ignored(signal_kind kind) noexcept { return console_events::is_ignored(kind); }
    static result<void> add_fault_handler(fault_link& link) noexcept { return fault_chain::add(link); }
    static void remove_fault_handler(fault_link& link) noexcept { fault_chain::remove(link); }
    static std::size_t least_stack() noexcept { return 0; }
    static result<stack> use_stack(void*, std::size_t) noexcept { return fail(errc::not_supported, "use stack"); }
    static void restore_stack(const stack&) noexcept {}
};

}  // namespace vitte::sys::win32
