/// Coroutines: `task` is one that another waits for, `spawn` starts one that nobody waits for. Their frames are all
/// that is allocated. A task takes stack while it runs for the first time and for each that awaits it, and none while
/// it waits: one after the other, however many, takes no more than one.
#pragma once

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

namespace vitte::sys {

template <class T>
class task;

namespace detail {

/// What the promises of all tasks are: who waits for it goes on when it ends.
struct task_promise_base {
    struct resume_waiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            if (const auto next = ended.promise().waiter) next.resume();
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    resume_waiter final_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }

    std::coroutine_handle<> waiter;
};
template <class T>
struct task_promise : task_promise_base {
    task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& given) {
        value.emplace(std::forward<U>(given));
    }
    std::optional<T> value;
};
template <>
struct task_promise<void> : task_promise_base {
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
};

}  // namespace detail

/// A coroutine that begins when it is awaited, by `co_await`, once, and ends with a `T`. One that is destroyed before
/// it has ended ends where it is, and what it waits for is cancelled. An exception that leaves it stops the program.
template <class T = void>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<T>;

    task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        task moved(std::move(other));
        std::swap(frame_, moved.frame_);
        return *this;
    }
    ~task() {
        if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    /// False if it has ended at once: who awaits goes on where he is. GCC makes no tail call of the other way, to go on
    /// in each other's stead, unless it optimises.
    bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        frame_.resume();
        if (frame_.done()) return false;
        frame_.promise().waiter = waiter;
        return true;
    }
    T await_resume() {
        if constexpr (!std::is_void_v<T>) return std::move(*frame_.promise().value);
    }

private:
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

namespace detail {

/// A coroutine that runs at once and frees itself in the end.
struct detached {
    struct promise_type {
        detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }
    };
};

}  // namespace detail

/// Begins `work` at once, which goes on alone when it has to wait, and is freed when it has ended.
inline void spawn(task<> work) {
    [](task<> alone) -> detail::detached { co_await std::move(alone); }(std::move(work));
}

}  // namespace vitte::sys
