/// A native plugin in a process of its own, with the same interface (`vitte/plugin.h`) over two pipes: what it does to
/// its memory, how long it computes and how it dies is no matter of the host's. `child_main.hpp` is the other side.
#pragma once

#include <vitte/plugin.h>

#include <functional>
#include <memory>
#include <optional>
#include <vitte/core/printable.hpp>
#include <vitte/loader/native/sealed_copy.hpp>
#include <vitte/loader/plugin/child_start.hpp>
#include <vitte/loader/plugin/end_text.hpp>
#include <vitte/loader/plugin/restart_backoff.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/sandbox.hpp>

namespace vitte::loader {

/// What the child may do, and what becomes of it.
struct plugin_child_options {
    struct folder {
        std::string path;
        unsigned rights;  ///< bits of `sys::sandbox_right`
    };

    /// The path of a program that calls `plugin_child_main`; this program if it is empty.
    std::string program = {};
    /// Is asked about the plugin's file once; see `load_options`. What it saw is what every child loads. A plugin that
    /// is verified brings no libraries but those that are in the program.
    file_verifier verify = nullptr;
    const char* name = nullptr;   ///< as of `load_options`
    std::string settings = "{}";  ///< what the plugin gets as its options: a JSON object

    std::vector<folder> folders = {};  ///< all of the file system that there is for it; opened once, by the host
    /// What becomes of rules that the kernel cannot enforce: `basic_plugin_child::confinement` tells of them. With
    /// `what_it_can` a child on a system without sandboxes can do all that this user can.
    sys::enforce unenforced = sys::enforce::all_or_fail;
    std::uint64_t memory = std::uint64_t{1} << 30;     ///< bytes of address space, its program's included
    std::uint64_t file_size = std::uint64_t{1} << 24;  ///< bytes of a file that it writes, in memory, too
    std::uint64_t open_files = 32;
    std::uint64_t cpu_seconds = sys::unlimited;  ///< of one child, however many calls it serves

    std::int64_t patience = 10'000'000'000;  ///< nanoseconds for a call that has no deadline, and for a start
    std::uint32_t most_reply = 1 << 24;      ///< bytes
    std::uint32_t most_log = 1 << 20;        ///< bytes of log in one call, before the child is killed
    restart_waits waits = {};
    bool keeps_state = true;    ///< after a restart the last `save` is restored
    bool shows_errors = false;  ///< its standard error is this process's: for debugging
    /// Gets the lines of the plugin's log, as `append_printable` has them; a level is one of `vitte_level`, or any
    /// other number. They come while a call is waited for. It must not use the plugin.
    std::function<void(std::int32_t level, std::string_view line)> log = nullptr;
};

/// A plugin, and the child that it runs in now. For one thread at a time; several of these in several threads do not
/// know of each other.
///
/// The host copies the plugin's file, has the copy verified, and gives each child a copy of its own as an open file.
/// The child (see `plugin_child_main`) has that file, two pipes, the folders that it is granted and nothing else of
/// this process: no other handles, no environment, no streams, no terminal. Before it maps the plugin it enters a
/// sandbox without files but for those folders, without sockets, processes, and signals to others.
///
/// What the child says is not believed: whatever is no answer to what was asked, or is too large, is its end. A child
/// that dies, breaks the protocol or lets a deadline pass is killed and reaped within the call, which fails and says
/// how it ended; the next call starts another one, unless that comes too soon after the last death (`restart_waits`).
///
/// What it is not: a bound for how many threads it starts, which count as the user's processes do (a limit of
/// `sys::resource::processes` for all of them, or a cgroup, is one), nor for what System V and POSIX objects of
/// communication hold (svipc(7), mq_overview(7)), which the sandbox does not rule, nor a way out for a child that
/// computes for ever while its host is killed, but by `cpu_seconds`. Where the kernel has no sandbox (all but Linux)
/// only limits, handles and environment are bounded. Plugins are ELF files of our own linker: `errc::not_supported` on
/// macOS and Windows.
template <sys::platform P = sys::native>
class basic_plugin_child {
    static_assert(
        requires { typename P::processes; }, "this platform has no processes");
    using files = typename P::files;
    using pipe_end = typename P::processes::pipe_end;
    using bytes = std::span<const std::byte>;

public:
    /// Reads the plugin at `path`, and starts the first child: the plugin's `init` has returned 0.
    static result<basic_plugin_child, load_error> start(const char* path, plugin_child_options options = {}) {
        basic_plugin_child made(path, std::move(options));
        VITTE_CHECK(made.prepare());
        VITTE_CHECK(made.launch());
        return made;
    }
    basic_plugin_child(basic_plugin_child&&) noexcept = default;

    /// Calls the plugin's `execute`; what it wrote is valid until the next call of anything here. A failure is the
    /// plugin's own, with what it said by `set_error`, and the child goes on; or `errc::disconnected` if the child
    /// died, `errc::timed_out` if it was killed at the deadline, `errc::malformed` or `errc::too_large` if it was
    /// killed for what it sent: then it is not known what it has done. `errc::busy` if no child runs and it is too soon
    /// for another one; the message says how long, `next_start` until when. `errc::cancelled` after `stop`.
    result<bytes, load_error> execute(bytes input, sys::deadline until) {
        return call(frame_kind::execute, input, until);
    }
    result<bytes, load_error> execute(bytes input) { return execute(input, patience()); }
    /// Calls `save`, and keeps a copy of what it wrote for the next child (`keeps_state`).
    result<bytes, load_error> save(sys::deadline until) {
        VITTE_TRY(const bytes state, call(frame_kind::save, {}, until));
        VITTE_CHECK(keep(state));
        return state;
    }
    result<bytes, load_error> save() { return save(patience()); }
    /// Calls `restore` with what an earlier `save` returned.
    result<void, load_error> restore(bytes saved, sys::deadline until) {
        VITTE_TRY([[maybe_unused]] const bytes none, call(frame_kind::restore, saved, until));
        return keep(saved);
    }
    result<void, load_error> restore(bytes saved) { return restore(saved, patience()); }
    /// Forgets what was saved: the next child begins anew.
    void forget_state() noexcept { saved_.reset(); }

    /// Calls `shutdown` and waits for the end of the child, or kills it at `until`, which is a failure; nothing if none
    /// runs. The destructor kills it at once, and nothing of the plugin runs any more.
    result<void, load_error> stop(sys::deadline until) {
        stopped_ = true;
        if (child_ == nullptr) return {};
        const auto asked = exchange(frame_kind::stop, {}, until);
        if (child_ == nullptr) return unexpected(asked.error());
        child_->requests.close();
        static_cast<void>(child_->far_end.close());
        const auto ended = child_->process.wait_until(until);
        if (!ended) return lost(ended.error().code, "did not end when it was asked to, and was killed");
        child_.reset();
        return {};
    }
    result<void, load_error> stop() { return stop(patience()); }

    /// Whether a child runs, as far as the last call has told.
    bool is_running() const noexcept { return child_ != nullptr; }
    /// The number of the child's process; 0 if none runs.
    std::uint64_t id() const noexcept { return child_ == nullptr ? 0 : child_->process.id(); }
    /// How many children there have been.
    unsigned starts() const noexcept { return starts_; }
    /// When the next one may be started, on the monotonic clock.
    std::int64_t next_start() const noexcept { return backoff_.next_start(); }
    /// Which rules the kernel enforces upon the last child.
    const sys::sandbox_report& confinement() const noexcept { return confinement_; }

private:
    struct child {
        child(sys::basic_process<P>&& made, sys::basic_pipe<P>&& to, sys::basic_file<P>&& other,
              sys::basic_pipe<P>&& from, std::uint32_t most)
            : process(std::move(made)),
              requests(std::move(to)),
              far_end(std::move(other)),
              answers(std::move(from)),
              reader(frame_reader::sender::child, most) {}

        /// Whether nothing is left of what has come already; if there is, it is `to`.
        bool is_quiet(frame& to) noexcept {
            const auto more = reader.next(to);
            return !more || !*more;
        }

        sys::basic_process<P> process;
        sys::basic_pipe<P> requests;
        sys::basic_file<P> far_end;  ///< of `requests`: as long as this side has it, too, a write raises no signal
        sys::basic_pipe<P> answers;
        frame_reader reader;
        std::uint32_t calls = 0;
        bool is_ready = false;
    };

    basic_plugin_child(const char* path, plugin_child_options&& options)
        : path_(path), options_(std::move(options)), backoff_(options_.waits) {}

    sys::deadline patience() const noexcept { return sys::deadline::after<P>(options_.patience); }
    unexpected<load_error> failed(errc code, const char* action, std::string reason) const {
        auto made = refuse(code, action, std::move(reason));
        made.error().module = path_;
        return made;
    }
    unexpected<load_error> failed(const error& cause, const char* action) const {
        auto made = refuse(cause, action);
        made.error().module = path_;
        return made;
    }

    /// Takes the plugin's file and its folders as they are now.
    result<void, load_error> prepare() {
        const auto file = sys::basic_file<P>::open(path_.c_str(), native::without_waiting);
        if (!file) return failed(file.error(), "opening");
        const auto facts = file->info();
        if (!facts) return failed(facts.error(), "opening");
        load_options options;
        options.verify = options_.verify;
        options.name = options_.name;
        auto made = native::sealed_copy<P>(*file, *facts);
        auto checked = made ? native::verified(*made, path_.c_str(), nullptr, options)
                            : result<void, load_error>(unexpected(std::move(made).error()));
        if (!checked) {
            checked.error().module = path_;
            return checked;
        }
        copy_.emplace(std::move(*made));
        for (const auto& granted : options_.folders) {
            auto folder = sys::basic_directory<P>::open(granted.path.c_str());
            if (!folder) return failed(folder.error(), "opening a folder for the plugin");
            folders_.push_back(std::move(*folder));
        }
        return {};
    }

    result<bytes, load_error> call(frame_kind kind, bytes body, sys::deadline until) {
        constexpr const char* action = "calling the plugin";
        if (stopped_) return failed(errc::cancelled, action, "it was stopped");
        if (body.size() > UINT32_MAX) return failed(errc::too_large, action, "the input is larger than 4 GiB");
        if (child_ == nullptr) {
            if (const std::int64_t wait = backoff_.next_start() - P::clocks::monotonic(); wait > 0)
                return failed(errc::busy, action,
                              ended_ + "; it is not started again for " + std::to_string(wait / 1'000'000 + 1) + " ms");
            VITTE_CHECK(launch());
        }
        return exchange(kind, body, until);
    }

    /// Starts a child, and has the plugin initialised and its state restored.
    result<void, load_error> launch() {
        constexpr const char* action = "starting the plugin's process";
        const sys::deadline until = patience();
        backoff_.started(P::clocks::monotonic());
        ++starts_;
        auto made = spawn();
        if (!made) {
            if (made.error().module.empty()) made.error().module = path_;
            ended_ = "it could not be started";
            backoff_.died(P::clocks::monotonic());
            return unexpected(std::move(made).error());
        }
        child_ = std::move(*made);
        const auto begun = begin(until);
        if (!begun) return unexpected(begun.error());
        if (!child_->is_ready) return lost(errc::malformed, "said nothing of its sandbox, and was killed");
        if (!saved_) return {};
        auto restored = exchange(frame_kind::restore, saved_->bytes(), until);
        if (!restored && child_ != nullptr) return lost(restored.error().code, "does not take its state", action);
        if (!restored) return unexpected(std::move(restored).error());
        return {};
    }
    /// The first call; a plugin that does not start has no child.
    result<void, load_error> begin(sys::deadline until) {
        child_start asked;
        asked.flags = (options_.unenforced == sys::enforce::all_or_fail ? child_start::all_rules : 0) |
                      (options_.verify ? child_start::only_this_file : 0);
        asked.most_reply = options_.most_reply;
        for (std::size_t i = 0; i < folders_.size(); ++i)
            asked.folders.push_back({detail::number_of(folders_[i].native_handle()),
                                     static_cast<std::uint32_t>(options_.folders[i].rights)});
        asked.name = path_;
        asked.options = options_.settings;
        auto begun = exchange(frame_kind::start, asked.written(), until);
        if (begun) return {};
        if (child_ != nullptr) static_cast<void>(lost(errc::unknown, "did not start"));
        return unexpected(std::move(begun).error());
    }

    result<std::unique_ptr<child>, load_error> spawn() const {
        constexpr const char* action = "starting the plugin's process";
        char own[4096];
        std::string program = options_.program;
        if (program.empty()) {
            const auto length = sys::this_process::executable<P>(own);
            if (!length) return failed(length.error(), action);
            program.assign(own, *length);
        }
        // A copy for each child: nothing that one does to its own outlives it, also where the OS has no seals.
        const auto facts = copy_->file().info();
        if (!facts) return failed(facts.error(), action);
        const auto file = native::sealed_copy<P>(copy_->file(), *facts);
        if (!file) return unexpected(file.error());

        sys::basic_pipe<P> requests, answers;
        const auto reads = requests.native_end().open(true);
        if (!reads) return failed(reads.error(), action);
        sys::basic_file<P> input(*reads);
        const auto writes = answers.native_end().open(false);
        if (!writes) return failed(writes.error(), action);
        const sys::basic_file<P> output(*writes);

        sys::basic_command<P> command(program);
        command.argument(plugin_child_word);
        for (const auto handle : {input.native_handle(), output.native_handle(), file->file().native_handle()}) {
            command.argument(std::to_string(detail::number_of(handle)));
            command.keep(handle);
        }
        for (const auto& folder : folders_) command.keep(folder.native_handle());
        // A session of its own has no terminal, but Linux schedules it apart (sched(7), autogroup), which a call costs
        // a third more. Where files are ruled there is no terminal anyway.
        const bool all_rules = options_.unenforced == sys::enforce::all_or_fail;
        command.clear_environment().group(all_rules ? sys::process_group::own : sys::process_group::session);
        command.input(sys::basic_stdio<P>::null()).output(sys::basic_stdio<P>::null());
        if (!options_.shows_errors) command.error(sys::basic_stdio<P>::null());
        if (sys::path_view(program).root() == "/") command.directory("/");
        limit(command, sys::resource::address_space, options_.memory);
        limit(command, sys::resource::file_size, options_.file_size);
        limit(command, sys::resource::open_files, options_.open_files);
        limit(command, sys::resource::cpu_seconds, options_.cpu_seconds);
        limit(command, sys::resource::core_size, 0);
        auto started = command.spawn();
        if (!started) return failed(started.error(), action);
        return std::make_unique<child>(std::move(*started), std::move(requests), std::move(input), std::move(answers),
                                       options_.most_reply);
    }
    static void limit(sys::basic_command<P>& command, sys::resource what, std::uint64_t most) {
        if (most != sys::unlimited) command.limit(what, most, most);
    }

    /// Asks the child, and returns what it answers; if that is a failure of its own, the child is still there.
    result<bytes, load_error> exchange(frame_kind kind, bytes body, sys::deadline until) {
        const std::uint32_t number = ++child_->calls;
        for (frame unasked; !child_->is_quiet(unasked);) {
            if (unasked.kind != frame_kind::log)
                return lost(errc::malformed, "answered what nobody asked, and was killed");
            write_log(unasked);
        }
        if (const auto sent = send(frame_header(kind, number, 0, static_cast<std::uint32_t>(body.size())), body, until);
            !sent)
            return lost_for(sent.error(), until);
        for (std::uint32_t logged = 0;;) {
            frame answer;
            if (const auto came = receive(answer, until); !came) return lost_for(came.error(), until);
            if (answer.kind == frame_kind::log) {
                const auto size = static_cast<std::uint32_t>(frame_header_size + answer.body.size());
                if (size > options_.most_log - logged) return lost(errc::too_large, "said too much, and was killed");
                logged += size;
                write_log(answer);
                continue;
            }
            const bool starts = kind == frame_kind::start;
            const bool is_ready = answer.kind == frame_kind::ready, has_failed = answer.kind == frame_kind::failed;
            if (answer.call != number || (has_failed && !starts) || (is_ready && (!starts || !take_report(answer))))
                return lost(errc::malformed, "broke the protocol, and was killed");
            if (is_ready) continue;
            return answered(answer);
        }
    }
    bool take_report(const frame& ready) noexcept {
        if (child_->is_ready || ready.body.size() != 8) return false;
        const auto rules = [&](int at) { return load<std::uint32_t>(ready.body.data() + at, byte_order::little); };
        confinement_ = {{static_cast<unsigned>(rules(0))}, {static_cast<unsigned>(rules(4))}};
        return child_->is_ready = true;
    }
    result<bytes, load_error> answered(const frame& answer) const {
        if (answer.kind == frame_kind::reply && answer.status == VITTE_OK) return answer.body;
        const std::string_view text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
        constexpr const char* action = "calling the plugin";
        if (answer.kind == frame_kind::failed) {
            const bool is_known = answer.status <= static_cast<std::int32_t>(errc::cancelled);
            return failed(is_known ? static_cast<errc>(answer.status) : errc::unknown, "loading it into its process",
                          std::string(text));
        }
        return failed(code_of(answer.status), action,
                      text.empty() ? "it failed with status " + std::to_string(answer.status) : std::string(text));
    }
    static constexpr errc code_of(std::int32_t status) noexcept {
        constexpr errc codes[] = {errc::invalid_argument, errc::not_found,      errc::not_supported,
                                  errc::out_of_memory,    errc::already_exists, errc::permission_denied,
                                  errc::too_large,        errc::timed_out,      errc::cancelled};
        return status < VITTE_FAILED && status >= VITTE_STOPPED ? codes[-2 - status] : errc::unknown;
    }
    void write_log(const frame& line) const {
        if (!options_.log) return;
        std::string text;
        append_printable(text, std::string_view(reinterpret_cast<const char*>(line.body.data()), line.body.size()));
        options_.log(line.status, text);
    }

    /// A small request goes in one write, so that the child wakes up once.
    result<void> send(const std::array<std::byte, frame_header_size>& header, bytes body,
                      sys::deadline until) noexcept {
        std::byte first[4096];
        const std::size_t beside = std::min(body.size(), sizeof first - header.size());
        std::memcpy(first, header.data(), header.size());
        if (beside != 0) std::memcpy(first + header.size(), body.data(), beside);
        VITTE_CHECK(write({first, header.size() + beside}, until));
        return write(body.subspan(beside), until);
    }
    /// What the pipe has room for goes without a look at signals, which costs three calls. If it has none for the rest,
    /// the far end is the child's alone from now on, so that its death is seen here.
    result<void> write(bytes from, sys::deadline until) noexcept {
        if constexpr (requires(const pipe_end& end) {
                          P::files::write(end.native_handle(), from.data(), from.size());
                      }) {
            if (child_->far_end.native_handle() != files::invalid && !from.empty()) {
                const auto went =
                    P::files::write(child_->requests.native_end().native_handle(), from.data(), from.size());
                if (went) from = from.subspan(*went);
                if (!from.empty()) static_cast<void>(child_->far_end.close());
            }
        }
        return child_->requests.write(from, until);
    }
    result<void> receive(frame& to, sys::deadline until) noexcept {
        for (sys::detail::retry_pace<P> pace;;) {
            VITTE_TRY(const bool complete, child_->reader.next(to));
            if (complete) return {};
            VITTE_CHECK(pace.in_time(until, "read"));
            VITTE_TRY(const auto room, child_->reader.room());
            VITTE_TRY(const std::size_t came, read_some(room, until));
            if (came == 0) return fail(errc::end_of_input, "read");
            child_->reader.added(came);
        }
    }
    /// As `basic_pipe::read`, but an answer is never there yet: waits first.
    result<std::size_t> read_some(std::span<std::byte> to, sys::deadline until) noexcept {
        pipe_end& end = child_->answers.native_end();
        pipe_end* const ends[] = {&end};
        end.begin(to.data(), to.size());
        for (sys::detail::retry_pace<P> pace;;) {
            auto ready = pace.before_wait(until, "read");
            if (ready) ready = sys::retried([&] { return pipe_end::wait_any(ends, 1, until.monotonic()); });
            if (!ready) {
                end.cancel();
                return unexpected(ready.error());
            }
            const auto moved = end.finish();
            if (moved || (moved.error().code != errc::would_block && moved.error().code != errc::interrupted))
                return moved;
        }
    }

    /// Why the pipes have failed, once the child is gone.
    unexpected<load_error> lost_for(const error& why, sys::deadline until) {
        if (why.code == errc::timed_out) return lost(why.code, "did not answer in time, and was killed");
        if (why.code == errc::malformed || why.code == errc::too_large)
            return lost(why.code, "broke the protocol, and was killed");
        const bool has_ended = why.code == errc::end_of_input || why.code == errc::broken_pipe;
        if (!has_ended)
            return lost(why.code, std::string("could not be talked to (") + why.operation + "), and was killed");
        constexpr std::int64_t moment = 1'000'000'000;
        const auto ended = child_->process.wait_until(std::min(until, sys::deadline::after<P>(moment)));
        return lost(errc::disconnected, ended ? end_text(*ended) : std::string("closed its pipes, and was killed"));
    }
    /// Ends the child, if it has not ended, and notes why.
    unexpected<load_error> lost(errc code, std::string how, const char* action = "calling the plugin") {
        child_.reset();
        backoff_.died(P::clocks::monotonic());
        ended_ = "its process " + std::move(how);
        return failed(code, action, ended_);
    }

    result<void, load_error> keep(bytes state) {
        if (!options_.keeps_state) return {};
        auto copy = sys::byte_buffer::allocate(state.size());
        if (!copy) return failed(copy.error(), "keeping the state of the plugin");
        if (!state.empty()) std::memcpy(copy->bytes().data(), state.data(), state.size());
        saved_ = std::move(*copy);
        return {};
    }

    std::string path_, ended_;
    plugin_child_options options_;
    std::optional<sys::basic_shared_memory<P>> copy_;
    std::vector<sys::basic_directory<P>> folders_;
    std::unique_ptr<child> child_;
    std::optional<sys::byte_buffer> saved_;
    sys::sandbox_report confinement_{};
    restart_backoff backoff_;
    unsigned starts_ = 0;
    bool stopped_ = false;
};
using plugin_child = basic_plugin_child<>;

}  // namespace vitte::loader
