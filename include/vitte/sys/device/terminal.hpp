/// Terminals: size, raw mode and silence, both for a while, and reading with a deadline.
#pragma once

#include <span>
#include <vitte/sys/device/kept_state.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// Whether `handle`, one of `files`, is a terminal (on Windows, a console). Any thread may ask.
template <platform P = native>
bool is_terminal(typename P::files::handle handle) noexcept {
    return P::devices::is_terminal(handle);
}

/// A terminal that is changed as long as this exists; see `basic_kept_state`.
template <platform P = native>
struct basic_terminal_scope {
    basic_kept_state<P> input, output;

    /// Puts it back now, to see whether that fails.
    result<void> restore() noexcept {
        const auto shown = output.restore();
        VITTE_CHECK(input.restore());
        return shown;
    }
};
using terminal_scope = basic_terminal_scope<>;

/// A terminal, by the handles that it is read from and written to, which are the caller's and stay open. For one thread
/// at a time.
template <platform P = native>
class basic_terminal {
    static_assert(
        requires { typename P::devices::handle; }, "this platform has no terminals");
    using devices = typename P::devices;
    using files = typename P::files;

public:
    using native_handle_type = typename files::handle;

    basic_terminal(native_handle_type input, native_handle_type output) noexcept : input_(input), output_(output) {}
    /// Of standard input and output, one of which may be none.
    static basic_terminal standard() noexcept {
        return {files::standard(standard_stream::input), files::standard(standard_stream::output)};
    }

    /// Whether both are terminals.
    bool is_one() const noexcept { return is_terminal<P>(input_) && is_terminal<P>(output_); }

    /// `errc::not_supported` if it is no terminal.
    result<terminal_size> size() const noexcept { VITTE_CALL_IF_PRESENT("size of terminal", devices::size(output_)); }
    /// On POSIX those who sit at it are told by SIGWINCH.
    result<void> resize(const terminal_size& to) const noexcept {
        VITTE_CALL_IF_PRESENT("resize terminal", devices::set_size(output_, to));
    }

    /// Everything passes as it is until the scope ends: each key at once, no echo, no signals, no translation of ends
    /// of lines. On Windows keys and output are VT sequences then; `errc::not_supported` if the console has none.
    result<basic_terminal_scope<P>> raw() const noexcept {
        return changed(
            terminal_manner::raw, requires { devices::output_apart; });
    }
    /// What is typed is not shown until the scope ends: for passwords.
    result<basic_terminal_scope<P>> silent() const noexcept { return changed(terminal_manner::silent, false); }

    /// What was typed, at least a byte, in UTF-8; 0 at the end. `errc::timed_out` at `until`. On POSIX other readers of
    /// the same terminal may take it away, and this then waits for more; on Windows, unless the terminal is raw, for
    /// the rest of a line that was begun. `to` has room for at least 4 bytes.
    result<std::size_t> read(std::span<std::byte> to, deadline until = deadline::never()) noexcept {
        if constexpr (requires { devices::next_event(input_); }) {
            return read_events(to, until);
        } else {
            for (detail::retry_pace<P> pace;;) {
                VITTE_CHECK(pace.before_wait(until, "read terminal"));
                VITTE_CHECK(retried([&] { return devices::wait(input_, false, until.monotonic()); }));
                const auto came = files::read(input_, to.data(), to.size());
                if (came || (came.error().code != errc::interrupted && came.error().code != errc::would_block))
                    return came;
            }
        }
    }
    /// Whether the console told of a new size since this was asked last, as far as `read` has come: on Windows; others
    /// tell by a signal.
    bool was_resized() noexcept { return std::exchange(resized_, false); }

private:
    result<basic_terminal_scope<P>> changed(terminal_manner how, bool output_too) const noexcept {
        const auto change = [how](const typename devices::state& now) -> result<typename devices::state> {
            return devices::in_manner(now, how);
        };
        basic_terminal_scope<P> made;
        VITTE_TRY(made.input, basic_kept_state<P>::keep(input_, change));
        if (output_too) {
            VITTE_TRY(made.output, basic_kept_state<P>::keep(output_, change));
        }
        return made;
    }
    /// Without waiting once there is something.
    result<std::size_t> read_events(std::span<std::byte> to, deadline until) noexcept {
        std::size_t done = 0;
        detail::retry_pace<P> pace;
        while (to.size() - done >= 4) {
            if (pending_.repeats == 0) {
                if (!pending_.more) {
                    VITTE_CHECK(pace.in_time(done != 0 ? deadline::never() : until, "read terminal"));
                    const auto waited =
                        retried([&] { return devices::wait(input_, false, done != 0 ? 0 : until.monotonic()); });
                    if (!waited && done != 0) break;
                    VITTE_CHECK(waited);
                }
                VITTE_TRY(pending_, devices::next_event(input_));
                resized_ = resized_ || pending_.what == console_event::kind::size;
                if (pending_.what != console_event::kind::unit) pending_.repeats = 0;
                continue;
            }
            --pending_.repeats;
            done += put(pending_.unit, to.subspan(done));
        }
        return done;
    }
    /// A unit of UTF-16 as UTF-8, up to 4 bytes: the first of a pair waits for the second, and one alone is U+FFFD.
    std::size_t put(char16_t unit, std::span<std::byte> to) noexcept {
        const bool is_first = (unit & 0xfc00) == 0xd800, is_second = (unit & 0xfc00) == 0xdc00;
        const char16_t first = std::exchange(first_, is_first ? unit : char16_t{0});
        if (is_first) return 0;
        char32_t c = unit;
        if (is_second) c = first != 0 ? 0x10000 + ((char32_t{first} & 0x3ff) << 10) + (c & 0x3ff) : 0xfffd;
        const std::size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (std::size_t i = size; i-- != 1; c >>= 6) to[i] = static_cast<std::byte>(0x80 | (c & 0x3f));
        constexpr unsigned marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
        to[0] = static_cast<std::byte>(marks[size] | c);
        return size;
    }

    native_handle_type input_, output_;
    console_event pending_;
    char16_t first_ = 0;
    bool resized_ = false;
};
using terminal = basic_terminal<>;

}  // namespace vitte::sys
