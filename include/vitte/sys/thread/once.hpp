/// `once`: runs a function one time, however many threads ask for it, in four bytes.
#pragma once

#include <vitte/sys/thread/word.hpp>

namespace vitte::sys {

/// ([thread.once]). A `constinit` object of static storage needs no initialiser.
template <platform P = native>
class basic_once {
public:
    constexpr basic_once() noexcept = default;

    /// Calls `work` if nobody has; returns when somebody's call has ended. If it leaves by an exception, the next
    /// caller tries again. `work` must not ask for the same object.
    template <class Work>
    void call(Work&& work) {
        if (!done()) call_slowly(static_cast<Work&&>(work));
    }
    bool done() const noexcept { return word_.load_acquire() == finished; }

private:
    static constexpr std::uint32_t untouched = 0, running = 1, awaited = 2, finished = 3;

    /// Says how it ended, whichever way the work is left.
    struct ending {
        detail::lock_word<P>& word;
        std::uint32_t state = untouched;
        ~ending() {
            if (word.exchange_release(state) == awaited) word.wake_all();
        }
    };

    template <class Work>
    void call_slowly(Work&& work) {
        // A failed exchange tells the value without acquiring, so each turn begins with a load.
        for (std::uint32_t seen = word_.load_acquire(); seen != finished; seen = word_.load_acquire()) {
            if (seen == untouched) {
                if (!word_.compare_exchange_acquire(seen, running)) continue;
                ending end{word_};
                static_cast<Work&&>(work)();
                end.state = finished;
                return;
            }
            if (seen == running && !word_.compare_exchange_relaxed(seen, awaited)) continue;
            word_.wait(awaited);
        }
    }

    detail::lock_word<P> word_;
};
using once = basic_once<>;

}  // namespace vitte::sys
