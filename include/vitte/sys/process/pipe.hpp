/// This process's end of a pipe to or from a child.
#pragma once

#include <span>
#include <utility>
#include <vitte/sys/platform/processes.hpp>
#include <vitte/sys/time/retry_pace.hpp>

namespace vitte::sys {

/// Closed by its destructor. For one thread at a time.
template <platform P = native>
class basic_pipe {
    using pipe_end = typename P::processes::pipe_end;

public:
    basic_pipe() noexcept = default;
    basic_pipe(basic_pipe&& other) noexcept : end_(std::exchange(other.end_, {})) {}
    basic_pipe& operator=(basic_pipe&& other) noexcept {
        close();
        end_ = std::exchange(other.end_, {});
        return *this;
    }
    ~basic_pipe() { close(); }

    bool is_open() const noexcept { return end_.is_open(); }
    /// The child sees the end of its input, or `errc::broken_pipe` when it writes.
    void close() noexcept { end_.close(); }

    /// Waits for bytes and reads those that are there, at most as many as `to` has; 0 if the child and all who have the
    /// pipe from it have closed it, or `to` is empty. `errc::timed_out`: nothing came until `until`, and the pipe is
    /// as before.
    result<std::size_t> read(std::span<std::byte> to, deadline until = deadline::never()) noexcept {
        return transfer(to.data(), to.size(), until);
    }
    /// Writes all of `from`. `errc::broken_pipe` if nobody reads any more, `errc::timed_out` if some could not be
    /// written until `until`, and it is not known how much; no signal is raised.
    result<void> write(std::span<const std::byte> from, deadline until = deadline::never()) noexcept {
        for (detail::retry_pace<P> pace; !from.empty();) {
            VITTE_CHECK(pace.in_time(until, "write to pipe"));
            VITTE_TRY(const std::size_t done, transfer(const_cast<std::byte*>(from.data()), from.size(), until));
            from = from.subspan(done);
        }
        return {};
    }

    /// For those who wait for several.
    pipe_end& native_end() noexcept { return end_; }

private:
    result<std::size_t> transfer(std::byte* data, std::size_t size, deadline until) noexcept {
        if (!is_open()) return fail(errc::bad_handle, "use pipe");
        pipe_end* const ends[] = {&end_};
        detail::retry_pace<P> pace;
        for (end_.begin(data, size);;) {
            const auto moved = end_.finish();
            if (moved || (moved.error().code != errc::would_block && moved.error().code != errc::interrupted))
                return moved;
            auto waited = pace.before_wait(until, moved.error().operation);
            if (waited) waited = pipe_end::wait_any(ends, 1, until.monotonic());
            if (!waited && waited.error().code != errc::interrupted) {
                end_.cancel();
                return unexpected(waited.error());
            }
        }
    }

    pipe_end end_;
};
using pipe = basic_pipe<>;

}  // namespace vitte::sys
