/// A child process: waiting for it and ending it, alone or with all that it started.
#pragma once

#include <vitte/sys/process/pipe.hpp>
#include <vitte/sys/process/tree.hpp>

namespace vitte::sys {

/// A child that runs, or has run. The destructor kills one that was not waited for, with its descendants as `kill_tree`
/// does, and waits for it; `detach` lets it run. For one thread at a time.
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

    /// Waits for its end; tells the same again afterwards. `errc::not_found` if it was detached before.
    result<exit_status> wait() noexcept { return wait_until(deadline::never()); }
    /// `errc::timed_out` if it still runs at `until`.
    result<exit_status> wait_until(deadline until) noexcept {
        if (!running_) return ended_;
        VITTE_CHECK(reap(until));
        detach();
        return ended_;
    }

    /// Asks it to do something. `errc::not_found` if it was waited for already.
    result<void> send(process_signal signal) noexcept {
        if (!running_) return fail(errc::not_found, "signal process");
        return processes::send(child_, signal);
    }
    result<void> terminate() noexcept { return send(process_signal::terminate); }
    result<void> kill() noexcept { return send(process_signal::kill); }

    /// Kills it and all its descendants that this process may kill: on Windows all, on Linux and macOS those whose
    /// parents are not gone already and all in the group that it leads, elsewhere those in that group. On Linux and
    /// macOS all are suspended before the first is killed, and those who are born meanwhile are met, too.
    result<void> kill_tree() noexcept {
        if (!running_) return fail(errc::not_found, "kill processes");
        detail::process_tree<P>(id(), group()).kill();
        return kill_all();
    }
    /// Asks it, or the group that it leads, to end, and waits. What is left at `patience` is killed: it, and those whom
    /// `kill_tree` would kill, on Linux and macOS also those who lost their parents since it was asked. Returns when it
    /// and they have ended, or were killed; where the OS does not list processes, those in its group are all of them.
    result<exit_status> stop(deadline patience) noexcept {
        if (!running_) return ended_;
        detail::process_tree<P> tree(id(), group());
        tree.look();
        static_cast<void>(leads_ ? processes::send_group(child_, process_signal::terminate) : terminate());
        const auto ended = await_end(patience);
        if (!ended && ended.error().code != errc::timed_out) return unexpected(ended.error());
        const bool others = ended && await_group(tree, patience);
        tree.kill();
        if (!ended || stays_its_own) {
            static_cast<void>(kill_all());
            return wait();
        }
        if (others || keeps_trees) static_cast<void>(processes::send_group(child_, process_signal::kill));
        detach();
        return ended_;
    }
    /// Lets it run; nobody will know how it ends.
    void detach() noexcept {
        if (running_) processes::close(child_);
        running_ = false;
    }

private:
    static constexpr bool keeps_trees = requires { processes::keeps_trees; };
    /// Whether the numbers of a child that has ended, and of its group, are kept for it while its group is looked at.
    static constexpr bool stays_its_own = requires(native_handle_type child) {
        requires detail::lists_processes<processes>;
        processes::await_end(child, std::int64_t{});
    };

    std::uint64_t group() const noexcept { return leads_ ? id() : 0; }
    result<void> reap(deadline until) noexcept {
        VITTE_TRY(ended_, retried([&] { return processes::wait(child_, until.monotonic()); }));
        return {};
    }
    result<void> await_end(deadline until) noexcept {
        if constexpr (stays_its_own)
            return retried([&] { return processes::await_end(child_, until.monotonic()); });
        else
            return reap(until);
    }
    result<void> kill_all() noexcept {
        if (leads_ || keeps_trees) static_cast<void>(processes::send_group(child_, process_signal::kill));
        return kill();
    }
    /// Waits for those whom it leaves behind. Whether its group had somebody to the end, where that is not in the list:
    /// the number of a group without anybody may be that of another one soon.
    bool await_group(detail::process_tree<P>& tree, deadline patience) noexcept {
        tree.await_end(patience);
        if (detail::lists_processes<processes> || !leads_) return false;
        while (processes::send_group(child_, process_signal::resume)) {
            if (P::clocks::monotonic() >= patience.monotonic()) return true;
            static_cast<void>(P::clocks::sleep_until(P::clocks::monotonic() + 10'000'000));
        }
        return false;
    }

    basic_pipe<P> input_, output_, error_;
    native_handle_type child_;
    bool leads_, running_;
    result<exit_status> ended_ = fail(errc::not_found, "wait for process");
};
using process = basic_process<>;

}  // namespace vitte::sys
