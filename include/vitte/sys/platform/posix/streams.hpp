/// What is asked of streams, such as terminals and pipes, before they are read (poll(2), isatty(3)).
#pragma once

#include <vitte/sys/platform/posix/pipe_end.hpp>

namespace vitte::sys::posix {

struct streams {
    static bool is_terminal(int stream) noexcept { return ::isatty(stream) == 1; }

    static result<void> wait(stream_wait<int>* waits, std::size_t count, std::int64_t until) noexcept {
        pollfd asked[most_stream_waits];
        if (count > most_stream_waits) return fail(errc::invalid_argument, "poll");
        for (std::size_t i = 0; i < count; ++i)
            asked[i] = {waits[i].stream, static_cast<short>(waits[i].to_write ? POLLOUT : POLLIN), 0};
        const int ready = ::poll(asked, static_cast<nfds_t>(count), poll_timeout(until));
        if (ready == -1) return last_error("poll");
        for (std::size_t i = 0; i < count; ++i) {
            waits[i].ready = asked[i].revents != 0;
            waits[i].hung_up = (asked[i].revents & (POLLHUP | POLLERR)) != 0;
        }
        if (ready == 0) return unexpected(clocks::time_is_over(until, "poll"));
        return {};
    }
};

}  // namespace vitte::sys::posix
