/// Pseudo-terminals: a terminal for a child, at whose other side this process sits.
#pragma once

#include <vitte/sys/device/device_handle.hpp>
#include <vitte/sys/device/terminal.hpp>
#include <vitte/sys/process/pipe.hpp>

namespace vitte::sys {

namespace detail {

/// By a pair of descriptors (posix_openpt(3)).
template <platform P>
class paired_terminal {
    using devices = typename P::devices;
    using device = basic_device_handle<P>;

public:
    result<void> open(const terminal_size& size) noexcept {
        if constexpr (requires { devices::open_pseudo_terminal(); }) {
            VITTE_TRY(const auto ours, retried([] { return devices::open_pseudo_terminal(); }));
            ours_ = device(ours);
            VITTE_TRY(const auto theirs, retried([ours] { return devices::open_peer(ours); }));
            theirs_ = device(theirs);
            return resize(size);
        } else {
            return fail(errc::not_supported, "open pseudo-terminal");
        }
    }
    result<void> resize(const terminal_size& to) const noexcept {
        VITTE_CALL_IF_PRESENT("resize terminal", devices::set_size(ours_.native_handle(), to));
    }
    result<std::size_t> read(std::span<std::byte> to, deadline until) const noexcept {
        for (detail::retry_pace<P> pace;;) {
            const auto came = devices::read(ours_.native_handle(), to.data(), to.size());
            if (came) return came;
            if (came.error().code == errc::io_error) return std::size_t{0};  // Linux, when the other side is closed
            VITTE_CHECK(try_again(came.error(), false, until, pace));
        }
    }
    result<void> write(std::span<const std::byte> from, deadline until) const noexcept {
        retry_pace<P> pieces, pace;
        while (!from.empty()) {
            VITTE_CHECK(pieces.in_time(until, "write to terminal"));
            const auto went = devices::write(ours_.native_handle(), from.data(), from.size());
            if (went)
                pace = {};
            else
                VITTE_CHECK(try_again(went.error(), true, until, pace));
            from = from.subspan(went.value_or(0));
        }
        return {};
    }
    void close_peer() noexcept { static_cast<void>(theirs_.close()); }
    auto native_handle() const noexcept { return ours_.native_handle(); }
    auto peer() const noexcept { return theirs_.native_handle(); }

private:
    result<void> try_again(const error& failed, bool to_write, deadline until, retry_pace<P>& pace) const noexcept {
        if (failed.code != errc::would_block && failed.code != errc::interrupted) return unexpected(failed);
        VITTE_CHECK(pace.before_wait(until, failed.operation));
        return retried([&] { return devices::wait(ours_.native_handle(), to_write, until.monotonic()); });
    }

    device ours_, theirs_;
};

/// By a console that somebody else draws (CreatePseudoConsole), between two pipes.
template <platform P>
class console_terminal {
    using devices = typename P::devices;
    using file = basic_file<P>;

public:
    console_terminal() noexcept = default;
    console_terminal(console_terminal&& other) noexcept
        : console_(std::exchange(other.console_, nullptr)),
          input_(std::move(other.input_)),
          output_(std::move(other.output_)) {}
    console_terminal& operator=(console_terminal&& other) noexcept {
        std::swap(console_, other.console_);
        std::swap(input_, other.input_);
        std::swap(output_, other.output_);
        return *this;
    }
    /// Its output is not looked at any more, or it would wait for that.
    ~console_terminal() {
        static_cast<void>(output_.close());
        close_peer();
    }

    result<void> open(const terminal_size& size) noexcept {
        VITTE_TRY(const auto reads, input_.native_end().open(true));
        const file their_input(reads);
        VITTE_TRY(const auto writes, output_.native_end().open(false));
        const file their_output(writes);
        VITTE_TRY(console_, devices::open_console(size, reads, writes));
        return {};
    }
    result<void> resize(const terminal_size& to) const noexcept { return devices::resize_console(console_, to); }
    result<std::size_t> read(std::span<std::byte> to, deadline until) noexcept { return output_.read(to, until); }
    result<void> write(std::span<const std::byte> from, deadline until) noexcept { return input_.write(from, until); }
    void close_peer() noexcept {
        if (console_ != nullptr) devices::close_console(std::exchange(console_, nullptr));
    }
    void* console() const noexcept { return console_; }

private:
    void* console_ = nullptr;
    basic_pipe<P> input_, output_;
};

template <platform P, bool HasConsoles>
struct pseudo_terminal_of {
    using type = paired_terminal<P>;
};
template <platform P>
struct pseudo_terminal_of<P, true> {
    using type = console_terminal<P>;
};

}  // namespace detail

/// A terminal of this process's making. Closed by its destructor, which hangs up on those who use it. What they write
/// is read here, and what is written here is typed there. `auto pty = pseudo_terminal::open({24, 80}); auto sh =
/// command("sh").terminal(*pty).spawn(); pty->close_peer();` One thread may read while another one writes.
template <platform P = native>
class basic_pseudo_terminal {
    static_assert(
        requires { typename P::devices::handle; }, "this platform has no pseudo-terminals");
    static constexpr bool has_consoles = requires { P::devices::close_console(nullptr); };
    using implementation = typename detail::pseudo_terminal_of<P, has_consoles>::type;

public:
    /// `errc::not_supported` on Windows before 10 1809.
    static result<basic_pseudo_terminal> open(const terminal_size& size) noexcept {
        basic_pseudo_terminal made;
        VITTE_CHECK(made.does_.open(size));
        return made;
    }

    /// What was written at the other side, at least a byte; 0 when nobody has it open any more, or, on Windows, when it
    /// was closed. `errc::timed_out`. On Windows it is VT sequences that draw what was written.
    result<std::size_t> read(std::span<std::byte> to, deadline until = deadline::never()) noexcept {
        return does_.read(to, until);
    }
    /// Types all of `from`.
    result<void> write(std::span<const std::byte> from, deadline until = deadline::never()) noexcept {
        return does_.write(from, until);
    }
    /// Who sits at the other side is told.
    result<void> resize(const terminal_size& to) const noexcept { return does_.resize(to); }

    /// Gives this process's own handle of the other side up: on POSIX before one can read that the children are gone.
    /// On Windows it ends the console and those who use it, while somebody reads the rest.
    void close_peer() noexcept { does_.close_peer(); }

    /// On POSIX, this side.
    auto native_handle() const noexcept
        requires(!has_consoles)
    {
        return does_.native_handle();
    }
    /// On POSIX, the terminal as the children have it; `devices::invalid` after `close_peer`.
    auto peer() const noexcept
        requires(!has_consoles)
    {
        return does_.peer();
    }
    /// On Windows, what CreatePseudoConsole made.
    void* console() const noexcept
        requires has_consoles
    {
        return does_.console();
    }

private:
    implementation does_;
};
using pseudo_terminal = basic_pseudo_terminal<>;

}  // namespace vitte::sys
