/// A program run to its end, with all that it says.
#pragma once

#include <vitte/sys/process/command.hpp>

namespace vitte::sys {

struct capture_options {
    std::span<const std::byte> input = {};     ///< what it reads
    deadline until = deadline::never();        ///< when it is killed, with its descendants
    std::size_t limit = std::size_t{1} << 26;  ///< of output or of error: with more bytes it is killed as well
};

enum class capture_end : unsigned char {
    exited,
    timed_out,    ///< it was killed at the deadline
    too_large,    ///< it was killed because it said too much
    status_lost,  ///< it has ended, but this process ignores SIGCHLD, or other code has waited for it
};

struct captured {
    capture_end end = capture_end::exited;
    exit_status status;         ///< with the code -1 if it was lost
    byte_buffer output, error;  ///< also after it was killed: what it said until then, at most `limit` bytes

    bool succeeded() const noexcept { return end == capture_end::exited && status.succeeded(); }
    std::string_view output_text() const noexcept { return text(output); }
    std::string_view error_text() const noexcept { return text(error); }

private:
    static std::string_view text(const byte_buffer& of) noexcept {
        return {reinterpret_cast<const char*>(of.bytes().data()), of.size()};
    }
};

namespace detail {

/// Reads one pipe into a buffer that grows.
template <platform P>
class pipe_reader {
public:
    explicit pipe_reader(basic_pipe<P>& from) noexcept : pipe(from) {}
    pipe_reader(const pipe_reader&) = delete;
    pipe_reader& operator=(const pipe_reader&) = delete;
    ~pipe_reader() { pipe.close(); }  // nothing writes to the buffer any more

    basic_pipe<P>& pipe;
    /// Offers room for the next bytes.
    result<void> begin(std::size_t limit) noexcept {
        if (size_ == buffer_.size()) {
            const std::size_t wanted = buffer_.size() == 0 ? 16'384 : buffer_.size(), left = limit - size_;
            VITTE_CHECK(buffer_.grow(wanted <= left ? wanted : left + 1));
        }
        pipe.native_end().begin(buffer_.bytes().data() + size_, buffer_.size() - size_);
        return {};
    }
    void add(std::size_t size) noexcept { size_ += size; }
    std::size_t size() const noexcept { return size_; }
    byte_buffer take(std::size_t limit) noexcept {
        pipe.close();
        buffer_.truncate(size_ < limit ? size_ : limit);
        return std::move(buffer_);
    }

private:
    byte_buffer buffer_;
    std::size_t size_ = 0;
};

/// Moves bytes through the pipes of a child until all of them have ended.
template <platform P>
class conversation {
    using pipe_end = typename P::processes::pipe_end;

public:
    conversation(basic_process<P>& with, const capture_options& options) noexcept
        : input_(with.input()),
          input_left_(options.input),
          readers_{pipe_reader<P>(with.output()), pipe_reader<P>(with.error())},
          options_(options) {}

    /// What ended it; the failure of a pipe is an error.
    result<capture_end> run() noexcept {
        offer_input();
        for (pipe_reader<P>& reader : readers_)
            if (reader.pipe.is_open()) {
                VITTE_CHECK(reader.begin(options_.limit));
            }
        for (;;) {
            VITTE_TRY(const bool fits, move_once());
            if (!fits) return capture_end::too_large;
            pipe_end* open[3];
            const std::size_t count = list_open(open);
            if (count == 0) return capture_end::exited;
            if (P::clocks::monotonic() >= options_.until.monotonic()) return drain();
            const auto waited = pipe_end::wait_any(open, count, options_.until.monotonic());
            if (waited || waited.error().code == errc::interrupted) continue;
            if (waited.error().code == errc::timed_out) return drain();
            return unexpected(waited.error());
        }
    }
    /// Takes what the pipes hold, without waiting. Returns `exited` if all of them have ended, otherwise `timed_out`.
    result<capture_end> drain() noexcept {
        constexpr std::size_t most_held = std::size_t{1} << 20;  // somebody may go on writing
        const std::size_t first = size();
        for (std::size_t before = first + 1; size() != before && size() - first <= most_held;) {
            before = size();
            VITTE_TRY(const bool fits, move_once());
            if (!fits) return capture_end::too_large;
        }
        pipe_end* open[3];
        return list_open(open) == 0 ? capture_end::exited : capture_end::timed_out;
    }
    byte_buffer take(int which) noexcept { return readers_[which].take(options_.limit); }

private:
    std::size_t size() const noexcept { return readers_[0].size() + readers_[1].size(); }
    std::size_t list_open(pipe_end* (&open)[3]) noexcept {
        std::size_t count = 0;
        for (basic_pipe<P>* pipe : {&input_, &readers_[0].pipe, &readers_[1].pipe})
            if (pipe->is_open()) open[count++] = &pipe->native_end();
        return count;
    }
    /// Moves what each pipe can take or give in one call. Returns false if the output exceeds its limit.
    result<bool> move_once() noexcept {
        VITTE_CHECK(finish_input());
        for (pipe_reader<P>& reader : readers_) {
            VITTE_CHECK(finish(reader));
            if (reader.size() > options_.limit) return false;
        }
        return true;
    }
    static bool later(const result<std::size_t>& moved) noexcept {
        return !moved && (moved.error().code == errc::would_block || moved.error().code == errc::interrupted);
    }
    void offer_input() noexcept {
        if (input_left_.empty()) return input_.close();
        input_.native_end().begin(const_cast<std::byte*>(input_left_.data()), input_left_.size());
    }
    /// A child need not read what it is given.
    result<void> finish_input() noexcept {
        if (!input_.is_open()) return {};
        const auto moved = input_.native_end().finish();
        if (later(moved)) return {};
        if (!moved && moved.error().code != errc::broken_pipe) return unexpected(moved.error());
        input_left_ = moved ? input_left_.subspan(*moved) : std::span<const std::byte>();
        offer_input();
        return {};
    }
    result<void> finish(pipe_reader<P>& reader) noexcept {
        if (!reader.pipe.is_open()) return {};
        const auto moved = reader.pipe.native_end().finish();
        if (later(moved)) return {};
        if (!moved) return unexpected(moved.error());
        if (*moved == 0) return reader.pipe.close(), result<void>();
        reader.add(*moved);
        return reader.size() <= options_.limit ? reader.begin(options_.limit) : result<void>();
    }

    basic_pipe<P>& input_;
    std::span<const std::byte> input_left_;
    pipe_reader<P> readers_[2];
    const capture_options& options_;
};

/// Kills those who can still write to a pipe and are not older than the child that got it, with all below them; returns
/// when nobody of them has it any more. Where the OS does not tell who that is, this does nothing.
template <platform P>
void kill_writers(basic_pipe<P>& said, std::uint64_t child) noexcept {
    using processes = typename P::processes;
    if constexpr (requires(std::uint64_t* to) { processes::writers(said.native_end().native_handle(), to, 1); }) {
        byte_buffer room;
        for (int left = 1000; left != 0 && said.is_open(); --left) {
            auto* const found = reinterpret_cast<std::uint64_t*>(room.bytes().data());
            const std::size_t most = room.size() / sizeof *found;
            const auto count = processes::writers(said.native_end().native_handle(), found, most);
            if (!count || *count == 0) return;
            if (*count > most && room.grow(2 * *count * sizeof *found)) continue;
            const auto all = process_list::read<processes>();
            if (!all) return;
            const auto started = [&](std::uint64_t id) {
                const std::uint32_t at = all->find(id);
                return at == process_list::none ? 0 : (*all)[at].started;
            };
            process_tree<P> tree;
            for (std::size_t i = 0; i < *count && i < most; ++i)
                if (started(found[i]) >= started(child)) tree.add(found[i]);
            if (!tree.kill()) return;
            static_cast<void>(P::clocks::sleep_until(P::clocks::monotonic() + 1'000'000));
        }
    }
}

}  // namespace detail

/// Runs a program to its end: gives it `input`, collects what it says, however much at once, and kills it with its
/// descendants at the deadline or when it says more than `limit`. Streams that the command leads elsewhere than to this
/// process are left as they are. It has ended when this returns. Of its descendants `kill_tree` says whom it meets; on
/// Linux everybody dies who can still write to its output and was started since, whoever has become their parent. Those
/// who have closed its output are not waited for, and live on if they are not met.
/// At the deadline, output that is in the pipes still counts: a child that has ended by then has exited, unless its
/// descendants hold its output: then it is `timed_out`, with the status of the child and what it said.
/// Where pipes are made and marked as not inherited in two steps (macOS, and POSIX before 2024), programs that this
/// process starts in between by other means have these pipes, too: they may keep the input open, and are waited for,
/// until the deadline. Programs that this library starts have none.
template <platform P>
result<captured> capture(basic_command<P> what, const capture_options& options = {}) {
    VITTE_TRY(auto child, what.capturing().spawn());
    detail::conversation<P> talk(child, options);
    const auto ended = talk.run();
    const auto kill = [&] {
        static_cast<void>(child.kill_tree());
        for (auto* said : {&child.output(), &child.error()}) detail::kill_writers(*said, child.id());
    };
    if (!ended) return kill(), unexpected(ended.error());
    captured made;
    made.end = *ended;
    const auto keep_status = [&](const result<exit_status>& status, capture_end without) -> result<void> {
        if (status) return made.status = *status, result<void>();
        if (status.error().code == errc::timed_out) return made.end = capture_end::timed_out, result<void>();
        if (status.error().code != errc::not_found) return unexpected(status.error());
        child.detach();  // its number may be that of another process by now
        return made.end = without, made.status.code = -1, result<void>();
    };
    if (made.end == capture_end::exited) {
        VITTE_CHECK(keep_status(child.wait_until(options.until), capture_end::status_lost));
    }
    if (made.end == capture_end::timed_out || made.end == capture_end::too_large) {
        kill();
        if (made.end == capture_end::timed_out) static_cast<void>(talk.drain());
        VITTE_CHECK(keep_status(child.wait(), made.end));
    }
    made.output = talk.take(0);
    made.error = talk.take(1);
    return made;
}

}  // namespace vitte::sys
