/// A child process: waiting for it and ending it, alone or with all that it started.
#pragma once

#include <vitte/core/growing_array.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/process/pipe.hpp>

namespace vitte::sys {

/// A child that runs, or has run. The destructor kills one that was not waited for, with all its descendants, and waits
/// for it; `detach` lets it run. For one thread at a time.
template <platform P = native>
class basic_process {
    using processes = typename P::processes;

public:
    using native_handle_type = typename processes::child;

    /// Takes over a child. `leads` says whether it has a group of its own.
    basic_process(native_handle_type child, bool leads) noexcept : child_(child), leads_(leads), running_(true) {}
    basic_process(basic_process&& other) noexcept
        : input_(std::move(other.input_)),
          output_(std::move(other.output_)),
          error_(std::move(other.error_)),
          child_(other.child_),
          leads_(other.leads_),
          running_(std::exchange(other.running_, false)),
          ended_(other.ended_) {}
    basic_process& operator=(basic_process&&) = delete;
    ~basic_process() {
        if (!running_) return;
        static_cast<void>(kill_tree());
        if (!wait()) detach();  // somebody else has waited for it
    }

    /// The number that the OS gave it.
    std::uint64_t id() const noexcept { return processes::id(child_); }
    native_handle_type native_handle() const noexcept { return child_; }

    /// The other ends of what the command said is `stdio::pipe()`; not open otherwise. Wait for a child that talks only
    /// after reading what it says, or with `capture`.
    basic_pipe<P>& input() noexcept { return input_; }
    basic_pipe<P>& output() noexcept { return output_; }
    basic_pipe<P>& error() noexcept { return error_; }

    /// Waits for its end; tells the same again afterwards.
    result<exit_status> wait() noexcept { return wait_until(deadline::never()); }
    /// `errc::timed_out` if it still runs at `until`.
    result<exit_status> wait_until(deadline until) noexcept {
        if (!running_) return ended_;
        VITTE_TRY(ended_, retried([&] { return processes::wait(child_, until.monotonic()); }));
        processes::close(child_);
        running_ = false;
        return ended_;
    }

    /// Asks it to do something. `errc::not_found` if it was waited for already.
    result<void> send(process_signal signal) noexcept {
        if (!running_) return fail(errc::not_found, "signal process");
        return processes::send(child_, signal);
    }
    result<void> terminate() noexcept { return send(process_signal::terminate); }
    result<void> kill() noexcept { return send(process_signal::kill); }

    /// Kills it and all its descendants: on Windows and Linux all, elsewhere those in the group that it leads. On Linux
    /// each is stopped before its children are looked for, so that none is born meanwhile; those whose parents are gone
    /// already are met if they are still in its group.
    result<void> kill_tree() noexcept {
        if (!running_) return fail(errc::not_found, "kill processes");
        if constexpr (finds_descendants)
            for (const std::uint64_t id : stopped_descendants())
                static_cast<void>(processes::send_id(id, process_signal::kill));
        if (leads_ || keeps_trees) static_cast<void>(processes::send_group(child_, process_signal::kill));
        return kill();
    }
    /// Asks it, or the group that it leads, to end, kills what is left of it and its descendants at `patience`, and
    /// waits.
    result<exit_status> stop(deadline patience) noexcept {
        if (!running_) return ended_;
        static_cast<void>(leads_ ? processes::send_group(child_, process_signal::terminate) : terminate());
        if (const auto ended = wait_until(patience); ended || ended.error().code != errc::timed_out) return ended;
        static_cast<void>(kill_tree());
        return wait();
    }
    /// Lets it run; nobody will know how it ends.
    void detach() noexcept {
        if (running_) processes::close(child_);
        running_ = false;
    }

private:
    static constexpr bool keeps_trees = requires { processes::keeps_trees; };
    static constexpr bool finds_descendants = requires { processes::send_id(std::uint64_t{}, process_signal::kill); };

    /// As many as there is memory for.
    growing_array<std::uint64_t> stopped_descendants() noexcept
        requires finds_descendants
    {
        growing_array<std::uint64_t> found;
        byte_buffer room;
        if (!room.grow(64 * sizeof(std::uint64_t)) || !found.push_back(id())) return found;
        for (std::size_t i = 0; i < found.size(); ++i) {
            static_cast<void>(processes::send_id(found[i], process_signal::suspend));
            auto* const children = reinterpret_cast<std::uint64_t*>(room.bytes().data());
            const std::size_t most = room.size() / sizeof *children;
            const auto count = processes::children(found[i], children, most);
            if (!count) continue;
            if (*count > most && room.grow(2 * *count * sizeof *children)) {
                --i;
                continue;
            }
            for (std::size_t k = 0; k < *count && k < most; ++k)
                if (!found.push_back(std::uint64_t(children[k]))) return found;
        }
        return found;
    }

    basic_pipe<P> input_, output_, error_;
    native_handle_type child_;
    bool leads_, running_;
    exit_status ended_;
};
using process = basic_process<>;

}  // namespace vitte::sys
