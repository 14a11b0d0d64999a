/// `worker`: a thread that does one thing after the other.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/mutex.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::loader {

/// What it is given is done in that order. It ends when all is done; nobody waits for that but `finish`.
template <sys::platform P>
class basic_worker {
public:
    /// Fails if there is no thread.
    static result<basic_worker> start() {
        auto kept = std::make_shared<state>();
        VITTE_TRY(auto thread, thread_type::start([kept] { kept->run(); }, {"vitte worker"}));
        return basic_worker(std::move(kept), std::move(thread));
    }
    basic_worker(basic_worker&&) noexcept = default;
    basic_worker& operator=(basic_worker&&) = delete;
    ~basic_worker() { close(); }

    void add(std::function<void()> work) {
        const sys::scoped_lock hold(state_->lock);
        state_->waiting.push_back(std::move(work));
        state_->changed.notify_one();
    }
    /// Waits until all is done, and the thread has ended; false at `until`: then it goes on by itself.
    bool finish(sys::deadline until) {
        close();
        return thread_.join_until(until).has_value();
    }

private:
    using thread_type = sys::basic_thread<void, P>;
    struct state {
        sys::basic_mutex<P> lock;
        sys::basic_condition_variable<P> changed;
        std::deque<std::function<void()>> waiting;
        bool closing = false;

        void run() {
            for (;;) {
                std::function<void()> next;
                {
                    const sys::scoped_lock hold(lock);
                    changed.wait(lock, [this] { return !waiting.empty() || closing; });
                    if (waiting.empty()) return;
                    next = std::move(waiting.front());
                    waiting.pop_front();
                }
                next();
            }
        }
    };

    basic_worker(std::shared_ptr<state> kept, thread_type thread) noexcept
        : state_(std::move(kept)), thread_(std::move(thread)) {}
    void close() {
        if (state_ == nullptr) return;
        const sys::scoped_lock hold(state_->lock);
        state_->closing = true;
        state_->changed.notify_one();
    }

    std::shared_ptr<state> state_;
    thread_type thread_;
};

}  // namespace vitte::loader
