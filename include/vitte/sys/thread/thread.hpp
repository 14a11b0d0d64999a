/// Threads: starting them, waiting for their results, and what a thread says about itself.
#pragma once

#include <new>
#include <utility>

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// How a thread begins.
struct thread_options {
    const char* name = nullptr;           ///< for debuggers; Linux keeps 15 bytes
    std::size_t stack_size = 0;           ///< bytes; 0 for the OS's default
    const cpu_set* affinity = nullptr;    ///< the CPUs it may run on; null for those of its parent
    thread_priority priority = thread_priority::normal;  ///< normal: what the OS gives, on Linux its parent's
};

namespace detail {

/// What a thread and its handle share: who comes last frees it.
template <platform P, class R>
struct thread_state {
    static constexpr std::uint32_t running = 0, finished = 1;
    /// Storage for the result, which exists once the thread has finished.
    union storage {
        storage() noexcept {}
        ~storage() {}
        R value;
    } returned;
    lock_word<P> state{running};
    atomic_of<P, std::uint32_t> owners{2};
    void (*destroy)(thread_state*) = nullptr;

    void release() noexcept {
        if (owners.fetch_sub(1) != 1) return;
        if (state.load_acquire() == finished) returned.value.~R();
        destroy(this);
    }
};

/// Stands for `void` as a result.
struct nothing {};

template <platform P, class R, class Work>
struct thread_task : thread_state<P, R> {
    Work work;
    thread_options options;
    cpu_set cpus;
    char name[64] = {};

    thread_task(Work&& w, const thread_options& wanted) : work(std::move(w)), options(wanted) {
        if (wanted.affinity != nullptr) cpus = *wanted.affinity;
        if (wanted.name != nullptr) __builtin_strncpy(name, wanted.name, sizeof name - 1);
        this->destroy = [](thread_state<P, R>* self) { delete static_cast<thread_task*>(self); };
    }

    static void run(void* opaque) {
        auto* const self = static_cast<thread_task*>(opaque);
        using threads = typename P::threads;
        const thread_options& wanted = self->options;
        if (wanted.name != nullptr) static_cast<void>(threads::name(self->name));
        if (wanted.affinity != nullptr) static_cast<void>(threads::set_affinity(self->cpus));
        if (wanted.priority != thread_priority::normal) static_cast<void>(threads::set_priority(wanted.priority));
        if constexpr (std::is_same_v<R, nothing>) {
            self->work();
            ::new (&self->returned.value) R();
        } else {
            ::new (&self->returned.value) R(self->work());
        }
        self->state.store_release(self->finished);
        self->state.wake_all();
        self->release();
    }
};

}  // namespace detail

/// A running thread and, in the end, what its function returned. A handle that is destroyed lets the thread go on
/// alone. For one thread at a time.
template <class R = void, platform P = native>
class basic_thread {
    using kept = std::conditional_t<std::is_void_v<R>, detail::nothing, R>;
    using state = detail::thread_state<P, kept>;
    using threads = typename P::threads;

public:
    /// Starts a thread that calls `work()`. Options that the OS refuses, such as a priority without the privilege, are
    /// dropped; only a wrong stack size fails. Fails with the OS's reason, or
    /// `errc::out_of_memory`; `work` must not leave by an exception.
    template <class Work>
    static result<basic_thread> start(Work work, const thread_options& options = {}) noexcept {
        using task = detail::thread_task<P, kept, Work>;
        auto* const made = new (std::nothrow) task(std::move(work), options);
        if (made == nullptr) return fail(errc::out_of_memory, "start thread");
        auto handle = threads::template start<&task::run>(options.stack_size, made);
        if (!handle) {
            delete made;
            return unexpected(handle.error());
        }
        return basic_thread(*handle, made);
    }

    basic_thread(basic_thread&& other) noexcept
        : handle_(other.handle_), state_(std::exchange(other.state_, nullptr)) {}
    basic_thread& operator=(basic_thread&& other) noexcept {
        basic_thread moved(std::move(other));
        std::swap(handle_, moved.handle_);
        std::swap(state_, moved.state_);
        return *this;
    }
    ~basic_thread() { detach(); }

    /// Whether the thread is neither joined nor detached.
    bool joinable() const noexcept { return state_ != nullptr; }
    typename threads::handle native_handle() const noexcept { return handle_; }

    /// Waits for the end of the thread and returns its result. `errc::bad_handle` if it was joined or detached before.
    result<R> join() noexcept { return join_until(deadline::never()); }
    /// The same, or `errc::timed_out` if its function has not ended; the thread then stays joinable. What comes after
    /// that, the destructors of `thread_local` objects and of keys, is waited for however long it takes.
    result<R> join_until(deadline until) noexcept {
        if (state_ == nullptr) return fail(errc::bad_handle, "join thread");
        for (bool in_time = true; state_->state.load_acquire() == state::running;) {
            if (!in_time) return fail(errc::timed_out, "join thread");
            in_time = state_->state.wait(state::running, until);
        }
        VITTE_CHECK(threads::join(handle_));
        return take();
    }
    /// Lets the thread go on alone.
    void detach() noexcept {
        if (state_ == nullptr) return;
        static_cast<void>(threads::detach(handle_));
        std::exchange(state_, nullptr)->release();
    }

private:
    basic_thread(typename threads::handle handle, state* shared) noexcept : handle_(handle), state_(shared) {}

    result<R> take() noexcept {
        state* const finished = std::exchange(state_, nullptr);
        if constexpr (std::is_void_v<R>) {
            finished->release();
            return {};
        } else {
            result<R> value(std::move(finished->returned.value));
            finished->release();
            return value;
        }
    }

    typename threads::handle handle_;
    state* state_;
};
template <class R = void>
using thread = basic_thread<R>;

/// Starts a thread whose result type follows from its function.
template <platform P = native, class Work>
auto start_thread(Work work, const thread_options& options = {}) noexcept {
    return basic_thread<decltype(work()), P>::start(std::move(work), options);
}

/// What concerns the thread that calls.
namespace this_thread {

/// Unique in the system (on Linux in its name space of processes) while the thread lives.
template <platform P = native>
std::uint64_t id() noexcept {
    return P::threads::id();
}
/// Lets others run.
template <platform P = native>
void yield() noexcept {
    P::threads::yield();
}
template <platform P = native>
result<cpu_set> affinity() noexcept {
    return P::threads::affinity();
}
template <platform P = native>
result<void> set_affinity(const cpu_set& cpus) noexcept {
    return P::threads::set_affinity(cpus);
}
template <platform P = native>
result<void> set_priority(thread_priority priority) noexcept {
    return P::threads::set_priority(priority);
}
/// Sleeps until `until`, however often signals interrupt.
template <platform P = native>
void sleep_until(deadline until) noexcept {
    for (;;) {
        const auto slept = P::clocks::sleep_until(until.monotonic());
        if (slept || slept.error().code != errc::interrupted) return;
    }
}

}  // namespace this_thread

/// How many threads of this process can run at a time: CPUs of the caller's affinity, at most the quota of its control
/// groups (version 2), rounded up to whole CPUs.
template <platform P = native>
unsigned hardware_concurrency() noexcept {
    return P::threads::cpu_count();
}

/// A pointer that each thread has for itself. When a thread ends with one that is not null, `destroy` gets it, but not
/// when the whole program ends.
template <platform P = native>
class basic_thread_key {
    using threads = typename P::threads;

public:
    static result<basic_thread_key> create(void (*destroy)(void*) = nullptr) noexcept {
        return threads::create_key(destroy).transform(
            [](typename threads::key made) { return basic_thread_key(made); });
    }
    basic_thread_key(basic_thread_key&& other) noexcept
        : key_(other.key_), owned_(std::exchange(other.owned_, false)) {}
    basic_thread_key& operator=(basic_thread_key&& other) noexcept {
        basic_thread_key moved(std::move(other));
        std::swap(key_, moved.key_);
        std::swap(owned_, moved.owned_);
        return *this;
    }
    /// Pointers that threads still have are dropped without `destroy`.
    ~basic_thread_key() {
        if (owned_) threads::delete_key(key_);
    }
    void* get() const noexcept { return threads::get(key_); }
    result<void> set(void* value) noexcept { return threads::set(key_, value); }

private:
    explicit basic_thread_key(typename threads::key key) noexcept : key_(key), owned_(true) {}
    typename threads::key key_;
    bool owned_;
};
using thread_key = basic_thread_key<>;

}  // namespace vitte::sys
