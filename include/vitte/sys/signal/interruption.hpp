/// `interruption`: somebody wants the program to end, by Ctrl-C or in another way.
#pragma once

#include <vitte/sys/signal/reader.hpp>

namespace vitte::sys {

/// What a second signal does.
enum class second_interruption : unsigned char {
    ends_program,  ///< as it would without an `interruption`
    is_told,       ///< nothing but to be told, too
};

/// Catches Ctrl-C, and what else asks a program to end (`signal_kind::interrupt`, `terminate` and `hang_up`, on Windows
/// also Ctrl-Break), in all threads, from `create` to its end. Signals that were ignored when it was made stay so, as
/// those of a program that nohup(1) has started. On Windows the system ends the program five seconds after its console
/// was closed, whatever it does.
template <platform P = native>
class basic_interruption : public detail::signal_queue<typename detail::signals_of<P>::type::catcher> {
    using signals = typename P::signals;

public:
    /// `errc::out_of_handles`.
    static result<basic_interruption> create(second_interruption second = second_interruption::ends_program) noexcept {
        signal_set which;
        for (const signal_kind kind : {signal_kind::interrupt, signal_kind::terminate, signal_kind::hang_up})
            if (!signals::is_ignored(kind)) which.add(kind);
        if constexpr (requires { signals::quit_interrupts; }) which.add(signal_kind::quit);
        basic_interruption made;
        VITTE_CHECK(made.system_.open(which, second == second_interruption::ends_program));
        return made;
    }

    /// Whether somebody has asked; a load. From any thread.
    bool stop_requested() const noexcept { return this->system_.caught(); }

private:
    basic_interruption() noexcept = default;
};
using interruption = basic_interruption<>;

}  // namespace vitte::sys
