/// Waits of a guest that end when it is to stop.
#pragma once

#include <vitte/loader/wasm/run/host_function.hpp>
#include <vitte/loader/wasm/wasi/descriptors.hpp>
#include <vitte/sys/platform/streams.hpp>
#include <vitte/sys/platform/threads.hpp>

namespace vitte::loader::wasm::wasi {

/// Null if the host itself calls.
inline execution* execution_of(caller from_whom) noexcept {
    return from_whom.instance() == nullptr ? nullptr : from_whom.instance()->execution;
}

/// Each fails with `code::intr` if the guest is to stop, which traps when the call returns. A null execution never is.
template <sys::platform P>
class waiting {
public:
    /// Whether the platform can wait for streams.
    static constexpr bool for_streams = requires { typename P::streams; };

    /// Until one of the first `count` of `asked` is ready, or until `until`, of the monotonic clock. Streams cannot be
    /// told of an interruption: it is looked for now and then, and at the deadline.
    template <class Waits>
    static outcome<> until_ready(Waits& asked, std::size_t count, std::int64_t until, execution* e) {
        constexpr std::int64_t interval = 50'000'000;
        for (;;) {
            const std::int64_t now = P::clocks::monotonic();
            std::int64_t wake = until - now < interval ? until : now + interval;
            if (e != nullptr && e->deadline < wake) wake = e->deadline;
            const auto done = P::streams::wait(asked, count, wake);
            if (done || (done.error().code == errc::timed_out && wake == until)) return {};
            if (done.error().code != errc::timed_out && done.error().code != errc::interrupted)
                return unexpected(refusal(done.error()));
            if (stops(e)) return refuse(code::intr);
        }
    }
    /// Number of bytes that a stream takes without blocking once it is ready. A terminal promises one byte; pipes and
    /// sockets promise the least PIPE_BUF of POSIX, which is what macOS and the BSDs have.
    static std::size_t taken_at_once(const descriptor<P>& stream) noexcept {
        if constexpr (for_streams)
            if (P::streams::is_terminal(stream.file.native_handle())) return 1;
        return 512;
    }
    /// Until a read of the stream, or a write of `taken_at_once`, would not block, or at once where that cannot be
    /// known.
    static outcome<> for_stream(const descriptor<P>& stream, bool writes, execution* e) {
        if constexpr (for_streams) {
            sys::stream_wait<typename P::files::handle> asked[] = {{stream.file.native_handle(), writes}};
            const auto ready = until_ready(asked, 1, INT64_MAX, e);
            if (!ready && ready.error().why == code::intr) return ready;
        }
        return {};
    }
    static outcome<> sleep(std::int64_t until, execution* e) {
        const atomic<std::uint32_t> nobody_asks{0};
        const atomic<std::uint32_t>& requests = e == nullptr ? nobody_asks : e->requests;
        const std::int64_t wake = e == nullptr || until < e->deadline ? until : e->deadline;
        while (P::clocks::monotonic() < until) {
            const std::uint32_t seen = requests.load_acquire();
            if (stops(e)) return refuse(code::intr);
            const auto slept = P::threads::wait(requests.address(), seen, wake);
            if (slept || slept.error().code == errc::timed_out || slept.error().code == errc::would_block ||
                slept.error().code == errc::interrupted)
                continue;
            return unexpected(refusal(slept.error()));
        }
        return {};
    }

private:
    /// That the guest's deadline has passed asks it to stop.
    static bool stops(execution* e) noexcept {
        if (e == nullptr) return false;
        if (e->deadline <= P::clocks::monotonic()) e->stop_caller(trap_code::timed_out);
        return e->is_asked_to_stop();
    }
};

}  // namespace vitte::loader::wasm::wasi
