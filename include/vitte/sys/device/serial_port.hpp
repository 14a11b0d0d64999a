/// Serial lines (RS-232 and its likes): settings, modem lines, breaks, and transfers with deadlines.
#pragma once

#include <vitte/sys/device/device_handle.hpp>
#include <vitte/sys/device/kept_state.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// An open serial line, which nobody else opens meanwhile (but the administrator). Closing it puts its settings back.
/// One thread may read while another one writes; everything else is for one thread at a time.
template <platform P = native>
class basic_serial_port {
    using devices = typename P::devices;

public:
    using native_handle_type = typename devices::handle;

    /// Opens `path` ("/dev/ttyUSB0", "COM3") without waiting for a carrier, and without becoming this process's
    /// terminal. `errc::busy` if somebody has it; `errc::not_supported` for settings that the system does not know, or
    /// for what is no serial line.
    static result<basic_serial_port> open(const char* path, const serial_settings& settings = {}) noexcept {
        VITTE_TRY(const auto opened, retried([path] { return devices::open_serial(path); }));
        basic_serial_port made(opened);
        if constexpr (requires { devices::set_exclusive(opened, true); }) {
            VITTE_CHECK(retried([opened] { return devices::set_exclusive(opened, true); }));
        }
        VITTE_TRY(made.kept_, basic_kept_state<P>::keep(
                                  opened, [&](const auto& now) { return devices::with_settings(now, settings); }));
        return made;
    }
    basic_serial_port(basic_serial_port&&) noexcept = default;
    basic_serial_port& operator=(basic_serial_port&& other) noexcept {
        basic_serial_port moved(std::move(other));
        std::swap(device_, moved.device_);
        std::swap(kept_, moved.kept_);
        return *this;
    }
    ~basic_serial_port() { static_cast<void>(close()); }

    /// What the system says of it now.
    result<serial_settings> settings() const noexcept {
        VITTE_TRY(const auto now, retried([this] { return devices::state_of(native_handle()); }));
        return devices::settings_of(now);
    }
    /// At once, also for what was written and has not gone yet: see `drain`. Some systems take what they can do of it
    /// and say nothing of the rest, which `settings` tells.
    result<void> set(const serial_settings& to) const noexcept {
        VITTE_TRY(const auto now, retried([this] { return devices::state_of(native_handle()); }));
        VITTE_TRY(const auto wanted, devices::with_settings(now, to));
        return retried([&] { return devices::set_state(native_handle(), wanted); });
    }

    /// What has come, at least a byte; 0 if the line is gone. `errc::timed_out`.
    result<std::size_t> read(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        return when(false, until, [&] { return devices::read(native_handle(), to.data(), to.size()); });
    }
    /// Fills `to`; `errc::timed_out`, `errc::end_of_input`. What came by then is in `to`, and how much is not known.
    result<void> read_all(std::span<std::byte> to, deadline until = deadline::never()) const noexcept {
        for (detail::retry_pace<P> pace; !to.empty();) {
            VITTE_CHECK(pace.in_time(until, "read serial line"));
            VITTE_TRY(const std::size_t came, read(to, until));
            if (came == 0) return fail(errc::end_of_input, "read serial line");
            to = to.subspan(came);
        }
        return {};
    }
    /// Writes all of `from`, which the system then has and the line not yet. After a failure it is not known how much.
    result<void> write(std::span<const std::byte> from, deadline until = deadline::never()) const noexcept {
        for (detail::retry_pace<P> pace; !from.empty();) {
            VITTE_CHECK(pace.in_time(until, "write serial line"));
            VITTE_TRY(const std::size_t went,
                      when(true, until, [&] { return devices::write(native_handle(), from.data(), from.size()); }));
            from = from.subspan(went);
        }
        return {};
    }
    /// Returns when what was written has gone; `errc::timed_out`, where the system says how much is left; elsewhere it
    /// waits as long as the system does.
    result<void> drain(deadline until = deadline::never()) const noexcept {
        if constexpr (requires { devices::unsent(native_handle()); }) {
            for (;;) {
                VITTE_TRY(const std::size_t left, retried([this] { return devices::unsent(native_handle()); }));
                if (left == 0) break;
                const std::int64_t now = P::clocks::monotonic();
                if (now >= until.monotonic()) return fail(errc::timed_out, "drain serial line");
                static_cast<void>(P::clocks::sleep_until(now + 1'000'000));
            }
        }
        return retried([this] { return devices::drain(native_handle()); });
    }
    /// Forgets what has come or what has not gone yet; bits of `device_queue`.
    result<void> flush(unsigned queues = queue_input | queue_output) const noexcept {
        return retried([&] { return devices::flush(native_handle(), queues); });
    }

    /// Bits of `modem_line`. `errc::not_supported` where there are none, as on a pseudo-terminal.
    result<unsigned> lines() const noexcept { VITTE_CALL_IF_PRESENT("modem lines", devices::lines(native_handle())); }
    /// Sets some of the first two.
    result<void> set_lines(unsigned which, bool on) const noexcept {
        if ((which & ~unsigned{line_terminal_ready | line_request_to_send}) != 0)
            return fail(errc::invalid_argument, "set modem lines");
        VITTE_CALL_IF_PRESENT("set modem lines", devices::set_lines(native_handle(), which, on));
    }
    /// Holds the line down for `nanoseconds`; where the system only does so for a time of its own, for that (POSIX: a
    /// quarter to half a second).
    result<void> send_break(std::int64_t nanoseconds = 250'000'000) const noexcept {
        if constexpr (requires { devices::set_break(native_handle(), true); }) {
            VITTE_CHECK(retried([this] { return devices::set_break(native_handle(), true); }));
            const deadline until = deadline::after<P>(nanoseconds);
            while (P::clocks::monotonic() < until.monotonic())
                static_cast<void>(P::clocks::sleep_until(until.monotonic()));
            return retried([this] { return devices::set_break(native_handle(), false); });
        } else {
            return retried([this] { return devices::send_break(native_handle()); });
        }
    }

    native_handle_type native_handle() const noexcept { return device_.native_handle(); }
    /// Puts the settings back and closes it, to see whether that fails. What was written and has not gone yet may be
    /// lost: see `drain`. Closing again does nothing.
    result<void> close() noexcept {
        if (!device_.is_open()) return {};
        const auto restored = kept_.restore();
        if constexpr (requires { devices::set_exclusive(native_handle(), false); })
            static_cast<void>(devices::set_exclusive(native_handle(), false));  // others may have it open since before
        VITTE_CHECK(device_.close());
        return restored;
    }

private:
    explicit basic_serial_port(native_handle_type handle) noexcept : device_(handle) {}
    template <class Call>
    auto when(bool to_write, deadline until, Call call) const noexcept -> decltype(call()) {
        for (detail::retry_pace<P> pace;;) {
            const auto done = call();
            if (done || (done.error().code != errc::would_block && done.error().code != errc::interrupted)) return done;
            VITTE_CHECK(pace.before_wait(until, done.error().operation));
            VITTE_CHECK(retried([&] { return devices::wait(native_handle(), to_write, until.monotonic()); }));
        }
    }

    basic_device_handle<P> device_;
    basic_kept_state<P> kept_;
};
using serial_port = basic_serial_port<>;

}  // namespace vitte::sys
