/// `ignored_signal`: a signal that does nothing for a while.
#pragma once

#include <utility>
#include <vitte/sys/platform/signals.hpp>

namespace vitte::sys {

/// Nothing happens when the signal comes, to any thread, until the end of this object, when it acts again as before.
/// Several end in the reverse order. What children that are started meanwhile make of it is not changed: they ignore
/// it, too, but for `signal_kind::broken_pipe`. On Windows signals that are not of a console never come.
template <platform P = native>
class basic_ignored_signal {
    static_assert(
        requires { typename P::signals; }, "this platform has no signals");
    using signals = typename P::signals;

public:
    /// `errc::invalid_argument` for `signal_kind::child`: who ignores that cannot wait for children any more.
    static result<basic_ignored_signal> create(signal_kind which) noexcept {
        if (which == signal_kind::child) return fail(errc::invalid_argument, "ignore signal");
        VITTE_TRY(const auto before, signals::ignore(which));
        return basic_ignored_signal(which, before);
    }
    basic_ignored_signal(basic_ignored_signal&& other) noexcept
        : which_(other.which_), before_(other.before_), active_(std::exchange(other.active_, false)) {}
    basic_ignored_signal& operator=(basic_ignored_signal&&) = delete;
    ~basic_ignored_signal() {
        if (active_) signals::restore(which_, before_);
    }

private:
    basic_ignored_signal(signal_kind which, const typename signals::disposition& before) noexcept
        : which_(which), before_(before), active_(true) {}

    signal_kind which_;
    typename signals::disposition before_;
    bool active_;
};
using ignored_signal = basic_ignored_signal<>;

}  // namespace vitte::sys
