/// `completion_ring`: has the kernel do what coroutines on a loop wait for, many operations in one call (io_uring(7)),
/// where the loop by itself is told when they can be done and makes a call for each.
#pragma once

#include <vitte/sys/event/loop.hpp>
#include <vitte/sys/platform/completions.hpp>

namespace vitte::sys {

/// What a loop is given by those who want operations completed for it. It stays where it is, and ends before the loop.
/// While it is open what coroutines receive, send and accept goes over it, but for batches, and `send_file` and
/// `connect_host` wait by it; everything else is as it was, but that each turn of
/// the loop in which that happens takes one call more. It saves a tenth of the CPU time where many connections are busy
/// at once and costs a few hundredths more where one is, so that no loop has one by itself. A
/// child that is forked cannot use it. This one is that of systems that have nothing of the kind.
template <platform P = native>
class basic_completion_ring {
public:
    explicit basic_completion_ring(basic_loop<P>&) noexcept {}

    /// By the thread that runs the loop, when that is open and nobody waits by it yet. Whatever this fails with, the
    /// loop goes on without: `errc::invalid_argument` before Linux 6.1, `errc::permission_denied` where it is not let,
    /// as in a sandbox, `errc::out_of_handles`, `errc::out_of_memory`, and `errc::not_supported`. In a sandbox that is
    /// entered later the loop's `run` fails.
    result<void> open() noexcept { return fail(errc::not_supported, "completion ring"); }
    /// What is under way is cancelled, and forgotten as by a watcher that is closed: afterwards nothing is written to
    /// its memory any more.
    void close() noexcept {}
    bool is_open() const noexcept { return false; }
};

template <platform P>
    requires requires { typename P::completions::handle; }
class basic_completion_ring<P> : loop_completions<P> {
    using operation = loop_operation<P>;
    using request = completion_request<typename P::sockets::handle>;

public:
    explicit basic_completion_ring(basic_loop<P>& of) noexcept : loop_(of) {}
    basic_completion_ring(const basic_completion_ring&) = delete;
    basic_completion_ring& operator=(const basic_completion_ring&) = delete;
    ~basic_completion_ring() { close(); }

    result<void> open() noexcept {
        VITTE_ASSERT(!is_open());
        VITTE_CHECK(system_.open(at_once));
        // Who may not wait for it may still open it.
        if (const auto came = collect(deadline::passed()); is_refused(came)) return system_.close(), came;
        loop_.completions_ = this;
        refused_ = 0;
        return {};
    }
    void close() noexcept {
        if (loop_.completions_ != this) return;
        while (under_way_ != 0) end({.kind = completion_kind::cancel_all, .key = nobody});
        while (first_ != nullptr) {
            const auto waited = std::exchange(*take_first().place_, {});
            loop_callback::abandon(waited.waiter, waited.is_told_of_end);
        }
        loop_.completions_ = nullptr;
        polls_ = false;
        system_.close();
    }
    bool is_open() const noexcept { return system_.is_open(); }

private:
    static constexpr std::uint32_t at_once = 256;
    static constexpr std::size_t most_bytes = 256 * 1024;  // who takes them as fast as they go does not hold up others
    static constexpr std::size_t few = 2;  // measured: so many are sent to by themselves for less than another turn
    static constexpr unsigned most_refused = 64;
    static constexpr std::uint64_t nobody = 0, poller = 1;  // keys of no operation

    static std::uint64_t key_of(const operation& what) noexcept { return reinterpret_cast<std::uintptr_t>(&what); }

    bool begin(operation& what, typename P::sockets::handle with, loop_wait<P>& place) noexcept override {
        if (!is_open() || !submit({.kind = what.kind,
                                   .waits_first = what.waits_first,
                                   .handle = with,
                                   .data = what.data,
                                   .size = what.size < most_bytes ? what.size : most_bytes,
                                   .key = key_of(what)}))
            return false;
        what.state_ = operation::state::under_way;
        what.place_ = &place;
        ++under_way_;
        return true;
    }
    void cancel(operation& what) noexcept override {
        while (!what.is_done() && is_open())
            end({.kind = completion_kind::cancel, .key = nobody, .target = key_of(what)});
        if (!what.is_done()) return;
        operation** at = &first_;
        while (*at != &what) at = &(*at)->next_;
        *at = what.next_;
        if (last_ == &what.next_) last_ = at;
        --done_;
    }
    result<bool> wait(deadline until) noexcept override {
        if (!is_open()) return fail(errc::cancelled, "completion ring");
        if (!polls_)
            polls_ =
                submit({.kind = completion_kind::await_input, .handle = loop_.poller_->native_handle(), .key = poller});
        const auto came = collect(polls_ && done_ == 0 ? until : deadline::passed());
        if (is_refused(came)) return unexpected(came.error());
        loop_.wake_up();
        // What is done by the time that they are called waits for the next turn.
        this->many = done_ > few;
        for (std::size_t left = done_; left != 0 && done_ != 0; --left) {
            loop_wait<P>& place = *take_first().place_;
            place.by = nullptr;
            std::exchange(place.waiter, nullptr)->call();
        }
        return !polls_;
    }

    /// False if there is no room, nor can any be made.
    bool submit(const request& wanted) noexcept {
        if (system_.submit(wanted)) return true;
        static_cast<void>(collect(deadline::passed()));
        return system_.submit(wanted).has_value();
    }
    static bool is_refused(const result<void>& collected) noexcept {
        return !collected && collected.error().code != errc::timed_out && collected.error().code != errc::would_block;
    }
    /// Submits what cancels something, and waits for what comes of that. Only the thread that has opened the ring can.
    /// A kernel that refuses again and again does so for good, as in a sandbox: then the ring is given up, for which
    /// nothing happens without a call.
    void end(const request& cancels) noexcept {
        const auto came = submit(cancels) ? collect(deadline::never()) : collect(deadline::passed());
        VITTE_ASSERT(came || came.error().code != errc::already_exists);
        refused_ = came ? 0 : refused_ + 1;
        if (refused_ < most_refused) return;
        system_.close();
        under_way_ = 0;
    }
    result<void> collect(deadline until) noexcept {
        VITTE_TRY(const std::size_t count, retried([&] { return system_.wait(told_, at_once, until.monotonic()); }));
        for (std::size_t i = 0; i < count; ++i) {
            if (told_[i].key == poller) polls_ = false;
            if (told_[i].key > poller) put_last(told_[i]);
        }
        return {};
    }
    void put_last(const completion& told) noexcept {
        auto& done = *reinterpret_cast<operation*>(static_cast<std::uintptr_t>(told.key));
        done.state_ = operation::state::done;
        done.more_ = told.more;
        done.failed_ = !told.outcome;
        if (told.outcome) {
            done.count_ = *told.outcome;
        } else {
            done.code_ = told.outcome.error().code;
            done.native_ = told.outcome.error().native;
        }
        done.next_ = nullptr;
        *last_ = &done;
        last_ = &done.next_;
        --under_way_;
        ++done_;
    }
    operation& take_first() noexcept {
        operation& done = *first_;
        first_ = done.next_;
        if (first_ == nullptr) last_ = &first_;
        --done_;
        return done;
    }

    basic_loop<P>& loop_;
    typename P::completions system_;
    operation *first_ = nullptr, **last_ = &first_;
    std::size_t under_way_ = 0, done_ = 0;
    bool polls_ = false;
    unsigned refused_ = 0;  ///< in a row
    completion told_[at_once];
};

using completion_ring = basic_completion_ring<>;

}  // namespace vitte::sys
