/// Signals by handlers that write into pipes, and faults by handlers that know of each other (sigaction(2)).
#pragma once

#include <pthread.h>
#include <sched.h>

#include <utility>
#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/posix/earlier_handler.hpp>
#include <vitte/sys/platform/posix/pipe_end.hpp>
#include <vitte/sys/platform/signal_types.hpp>

namespace vitte::sys::posix {

#if defined(SIGWINCH)
inline constexpr int window_signal = SIGWINCH;
#else
inline constexpr int window_signal = 0;
#endif
inline constexpr int signal_numbers[signal_kinds] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,       SIGUSR1, SIGUSR2,
                                                     SIGCHLD, SIGPIPE, SIGALRM, window_signal, SIGTSTP, SIGCONT};

// Of the extension XSI.
#if defined(SA_ONSTACK) && defined(MINSIGSTKSZ)
inline constexpr int other_stack = SA_ONSTACK;
inline long least_stack_size() noexcept { return MINSIGSTKSZ; }  // of glibc a call, which may not know
#else
inline constexpr int other_stack = 0;
inline long least_stack_size() noexcept { return 0; }
#endif

#if defined(SA_NOCLDWAIT)
inline constexpr int leave_nothing = SA_NOCLDWAIT;
#else
inline constexpr int leave_nothing = 0;
#endif

inline int number_of(signal_kind kind) noexcept { return signal_numbers[static_cast<std::size_t>(kind)]; }

/// `signal_kinds` for what is none of ours.
inline std::size_t kind_of(int number) noexcept {
    std::size_t kind = 0;
    while (kind < signal_kinds && signal_numbers[kind] != number) ++kind;
    return kind;
}

/// `code` is that of siginfo_t: who sends by a call is known, and a child that ended.
inline signal_info told_by(std::size_t kind, int code, pid_t sender, uid_t user) noexcept {
    const bool known = was_sent(code) || kind == static_cast<std::size_t>(signal_kind::child);
    if (!known || sender <= 0) return {static_cast<signal_kind>(kind), false, 0, 0};
    return {static_cast<signal_kind>(kind), true, static_cast<std::uint64_t>(sender), static_cast<std::uint32_t>(user)};
}

/// Where a pipe is told of.
struct signal_place {
    atomic<std::uint32_t> wanted{0};  ///< bits of signals, for the handler; 0: nobody's
    atomic<std::uint32_t> missed{0};  ///< for which there was no room in the pipe
    atomic<std::uint32_t> came{0};
    int write_end = -1;
    pid_t process = -1;  ///< a copy of it, made by fork, keeps silent
    bool once = false, is_taken = false;
    signal_set set;
};

/// Handlers are the process's, and so is the table of the pipes that they write to.
class signal_pipe {
public:
    using handle = int;

    result<void> open(signal_set which, bool once = false) noexcept {
        int ends[2];
        VITTE_CHECK(open_pipe(ends));
        for (const int end : ends) ::fcntl(end, F_SETFL, O_NONBLOCK);
        const locked hold;
        for (place_ = 0; place_ < most && places[place_].is_taken; ++place_) {
        }
        const auto entered = place_ == most ? fail(errc::out_of_handles, "catch signals") : enter(ends[1], which, once);
        if (entered) return read_ = ends[0], write_ = ends[1], result<void>();
        for (const int end : ends) ::close(end);
        return entered;
    }
    void close() noexcept {
        if (read_ == -1) return;
        leave();
        ::close(std::exchange(read_, -1));
        ::close(write_);
    }
    bool is_open() const noexcept { return read_ != -1; }
    int native_handle() const noexcept { return read_; }
    bool caught() const noexcept { return places[place_].came.load_acquire() != 0; }

    static result<void> add(child_link& link) noexcept {
        const locked hold;
        link.next.store_relaxed(links.load_relaxed());
        links.store_release(&link);
        await_handlers();  // which may give the signal back that nobody wanted
        const auto done = catch_one(child);
        if (!done) unlink(link);
        return done;
    }
    /// No handler calls it any more afterwards.
    static void remove(child_link& link) noexcept {
        const locked hold;
        unlink(link);
        if (!is_wanted(child)) let_go(child);
        await_handlers();
    }

    result<signal_info> read() noexcept {
        place& mine = places[place_];
        signal_info told{};
        if (const std::uint32_t bits = left_over_; bits != 0) {
            told.kind = static_cast<signal_kind>(__builtin_ctz(bits));
            left_over_ &= bits - 1;
            return told;
        }
        VITTE_TRY(const std::size_t got, counted(::read(read_, &told, sizeof told), "read"));
        if (got != sizeof told) return fail(errc::io_error, "read");
        left_over_ = mine.missed.exchange(0);
        return told;
    }
    result<void> wait(std::int64_t until) noexcept {
        if (left_over_ != 0) return {};
        return wait_readable(read_, until);
    }

private:
    static constexpr std::size_t most = 32, child = static_cast<std::size_t>(signal_kind::child);
    using place = signal_place;
    struct locked {
        locked() noexcept { ::pthread_mutex_lock(&lock); }
        locked(locked&&) = delete;
        ~locked() { ::pthread_mutex_unlock(&lock); }
    };

    result<void> enter(int write_end, signal_set which, bool once) noexcept {
        place& mine = places[place_];
        mine.write_end = write_end;
        mine.process = ::getpid();
        mine.once = once;
        mine.set = which;
        mine.missed.exchange(0);
        mine.came.exchange(0);
        left_over_ = 0;
        mine.wanted.exchange(which.bits());
        mine.is_taken = true;
        await_handlers();  // which may give signals back that nobody wanted
        for (std::size_t kind = 0; kind < signal_kinds; ++kind) {
            if (!which.contains(static_cast<signal_kind>(kind))) continue;
            if (const auto done = catch_one(kind); !done) {
                give_back();
                return done;
            }
        }
        return {};
    }
    void leave() noexcept {
        const locked hold;
        give_back();
    }
    /// No handler writes to the pipe any more afterwards.
    void give_back() noexcept {
        place& mine = places[place_];
        mine.wanted.exchange(0);
        mine.is_taken = false;
        for (std::size_t kind = 0; kind < signal_kinds; ++kind)
            if (mine.set.contains(static_cast<signal_kind>(kind)) && !is_wanted(kind)) let_go(kind);
        await_handlers();
    }
    static void unlink(child_link& link) noexcept {
        atomic<child_link*>* at = &links;
        while (at->load_relaxed() != &link) at = &at->load_relaxed()->next;
        at->store_release(link.next.load_relaxed());
    }
    static void await_handlers() noexcept {
        while (running.load_acquire() != 0) ::sched_yield();
    }
    static bool is_wanted(std::size_t kind) noexcept {
        if (kind == child && links.load_acquire() != nullptr) return true;
        for (const place& one : places)
            if ((one.wanted.load_acquire() & (1u << kind)) != 0) return true;
        return false;
    }
    static bool is_ours(const struct sigaction& action) noexcept {
        return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle_signal;
    }
    static result<void> catch_one(std::size_t kind) noexcept {
        const int number = signal_numbers[kind];
        if (number == 0) return fail(errc::not_supported, "sigaction");
        struct sigaction now = {}, ours = {};
        VITTE_CHECK(checked(::sigaction(number, nullptr, &now), "sigaction"));
        if (is_ours(now)) return {};
        before[kind] = now;
        ours.sa_sigaction = handle_signal;
        ours.sa_flags = SA_SIGINFO | SA_RESTART | other_stack;
        if (kind == child && leaves_nothing(now)) ours.sa_flags |= leave_nothing;
        sigfillset(&ours.sa_mask);
        return checked(::sigaction(number, &ours, nullptr), "sigaction");
    }
    /// Of children that end: nobody can wait for them, which stays so.
    static bool leaves_nothing(const struct sigaction& now) noexcept {
        return is_handler(now, SIG_IGN) || (now.sa_flags & leave_nothing) != 0;
    }
    /// Unless somebody has taken it over since.
    static void let_go(std::size_t kind) noexcept {
        struct sigaction now = {};
        if (::sigaction(signal_numbers[kind], nullptr, &now) == 0 && is_ours(now))
            ::sigaction(signal_numbers[kind], &before[kind], nullptr);
    }
    static void handle_signal(int number, siginfo_t* info, void* machine) {
        const int kept = errno;
        running.fetch_add_release(1);
        bool told = false;
        const std::size_t kind = kind_of(number);
        for (place& one : places)
            // Written, too, so that who takes the pipe away after this sees that a handler runs.
            if (one.wanted.load_relaxed() != 0 && (one.wanted.fetch_sub(0) & (1u << kind)) != 0) {
                tell(one, kind, *info);
                told = true;
            }
        const bool linked = kind == child && tell_links();
        running.fetch_sub(1);
        if (!told && kind < signal_kinds && !(linked && is_handler(before[kind], SIG_DFL)))
            act_as_before(kind, info, machine, __builtin_frame_address(0));
        errno = kept;
    }
    /// Of a signal that nobody wants any more: somebody has put this handler back later, or calls it.
    static void act_as_before(std::size_t kind, siginfo_t* info, void* machine, const void* from) noexcept {
        static constinit thread_local handler_passed_to passed;
        const struct sigaction other = before[kind];
        if (is_handler(other, SIG_DFL)) {
            let_go(kind);
            struct sigaction now = {};
            if (::sigaction(signal_numbers[kind], nullptr, &now) == 0 && is_handler(now, SIG_DFL))
                ::raise(signal_numbers[kind]);  // which comes when this returns
        } else if (!is_handler(other, SIG_IGN) && !passed.calls_back(machine, from)) {
            const handler_passed_to outer = passed;
            passed = {machine, reinterpret_cast<std::uintptr_t>(from)};
            call_handler(other, signal_numbers[kind], info, machine);
            passed = outer;
        }
    }
    /// Whether there are any.
    static bool tell_links() noexcept {
        if (links.load_relaxed() == nullptr) return false;
        child_link* at = links.load_acquire();
        for (; at != nullptr; at = at->next.load_acquire()) at->tell(*at);
        return true;
    }
    static void tell(place& one, std::size_t kind, const siginfo_t& info) noexcept {
        if (one.process != ::getpid()) return;
        if (one.once) {
            one.wanted.exchange(0);
            for (std::size_t each = 0; each < signal_kinds; ++each)
                if (one.set.contains(static_cast<signal_kind>(each)) && !is_wanted(each))
                    ::sigaction(signal_numbers[each], &before[each], nullptr);
        }
        const signal_info told = told_by(kind, info.si_code, info.si_pid, info.si_uid);
        const std::uint32_t bit = 1u << kind;
        set(one.came, bit);
        if (::write(one.write_end, &told, sizeof told) == sizeof told) return;
        // A full pipe is read before `missed` is; one that is not full any more takes this.
        set(one.missed, bit);
        static_cast<void>(!::write(one.write_end, &told, sizeof told));
    }
    static void set(atomic<std::uint32_t>& bits, std::uint32_t bit) noexcept {
        std::uint32_t seen = bits.load_relaxed();
        while (!bits.compare_exchange_acq_rel(seen, seen | bit)) {
        }
    }

    static inline pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  ///< of `places` but for handlers, and of `before`
    static inline constinit place places[most];
    static inline constinit struct sigaction before[signal_kinds] = {};
    static inline constinit atomic<child_link*> links{nullptr};
    static inline constinit atomic<std::uint32_t> running{0};  ///< handlers

    int read_ = -1, write_ = -1;
    std::size_t place_ = 0;
    std::uint32_t left_over_ = 0;  ///< missed ones that are still to be told
};

/// One handler for all links: each passes on to the one before it, the first to who was there before. Who takes the
/// signal over while there are links has it first.
class fault_chain {
public:
    static result<void> add(fault_link& link) noexcept {
        const auto cause = static_cast<std::size_t>(link.cause);
        link.before = last[cause].load_acquire();
        last[cause].store_release(&link);
        if (link.before != nullptr) return {};
        struct sigaction ours = {}, now = {};
        if (::sigaction(numbers[cause], nullptr, &now) == 0 && is_ours(now)) return {};
        ours.sa_sigaction = handle;
        ours.sa_flags = SA_SIGINFO | other_stack | SA_NODEFER;
        const auto done = checked(::sigaction(numbers[cause], &ours, &before[cause]), "sigaction");
        if (!done) last[cause].store_release(link.before);
        return done;
    }
    static void remove(fault_link& link) noexcept {
        const auto cause = static_cast<std::size_t>(link.cause);
        if (last[cause].load_acquire() == &link) last[cause].store_release(link.before);
        for (fault_link* at = last[cause].load_acquire(); at != nullptr; at = at->before)
            if (at->before == &link) at->before = link.before;
        struct sigaction now = {};
        if (last[cause].load_acquire() != nullptr || ::sigaction(numbers[cause], nullptr, &now) == -1) return;
        if (!is_ours(now)) return;
        ::sigaction(numbers[cause], &before[cause], nullptr);
    }

private:
    static constexpr int numbers[fault_causes] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

    static bool is_ours(const struct sigaction& action) noexcept {
        return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle;
    }
    static handler_passed_to& passed() noexcept {
        static constinit thread_local handler_passed_to one;
        return one;
    }
    static void handle(int number, siginfo_t* info, void* machine) {
        const int kept = errno;
        std::size_t cause = 0;
        while (numbers[cause] != number) ++cause;
        const void* const from = __builtin_frame_address(0);
        const fault_info fault{static_cast<fault_cause>(cause), was_sent(info->si_code) ? nullptr : info->si_addr,
                               machine};
        const bool again = passed().calls_back(machine, from);
        for (const fault_link* at = again ? nullptr : last[cause].load_acquire(); at != nullptr; at = at->before)
            if (at->handle(at->context, fault) == fault_answer::retry) {
                errno = kept;
                return;
            }
        pass_on(before[cause], number, info, machine, passed(), from);
        errno = kept;
    }

    static inline constinit atomic<fault_link*> last[fault_causes] = {};
    static inline constinit struct sigaction before[fault_causes] = {};
};

/// With pipes alone.
struct signals {
    using reader = signal_pipe;
    using catcher = signal_pipe;
    using disposition = struct sigaction;
    using stack = stack_t;

    static result<disposition> ignore(signal_kind kind) noexcept {
        disposition ignored = {}, before = {};
        ignored.sa_handler = SIG_IGN;
        if (number_of(kind) == 0) return fail(errc::not_supported, "sigaction");
        VITTE_CHECK(checked(::sigaction(number_of(kind), &ignored, &before), "sigaction"));
        return before;
    }
    static void restore(signal_kind kind, const disposition& before) noexcept {
        ::sigaction(number_of(kind), &before, nullptr);
    }
    static bool is_ignored(signal_kind kind) noexcept {
        disposition now = {};
        if (number_of(kind) == 0 || ::sigaction(number_of(kind), nullptr, &now) == -1) return false;
        return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
    }
    static result<void> add_fault_handler(fault_link& link) noexcept { return fault_chain::add(link); }
    static void remove_fault_handler(fault_link& link) noexcept { fault_chain::remove(link); }
    static result<void> add_child_link(child_link& link) noexcept { return signal_pipe::add(link); }
    static void remove_child_link(child_link& link) noexcept { signal_pipe::remove(link); }
    static std::size_t least_stack() noexcept {
        const long least = least_stack_size();
        return least > 0 ? static_cast<std::size_t>(least) : 0;
    }
    static result<stack> use_stack(void* from, std::size_t size) noexcept {
        stack wanted = {}, before = {};
        wanted.ss_sp = static_cast<decltype(wanted.ss_sp)>(from);
        wanted.ss_size = size;
        VITTE_CHECK(checked(change_stack(&wanted, &before), "sigaltstack"));
        return before;
    }
    static void restore_stack(const stack& before) noexcept {
        stack now;
        change_stack(&before, &now);
    }

private:
    /// A failure where there is none.
    template <class Stack>
    static int change_stack(const Stack* wanted, Stack* before) noexcept {
        if constexpr (requires { sigaltstack(wanted, before); })
            return sigaltstack(wanted, before);
        else
            return errno = ENOTSUP, -1;
    }
};

}  // namespace vitte::sys::posix
