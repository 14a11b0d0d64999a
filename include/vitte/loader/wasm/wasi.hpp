/// WASI preview 1: what programs of clang and wasi-libc import. An instance sees its arguments, its environment and the
/// folders that it is given, and nothing else of the machine but clocks and random numbers.
#pragma once

#include <vitte/loader/wasm/store.hpp>
#include <vitte/loader/wasm/wasi/descriptor_functions.hpp>
#include <vitte/loader/wasm/wasi/listing_functions.hpp>
#include <vitte/loader/wasm/wasi/path_functions.hpp>
#include <vitte/loader/wasm/wasi/poll_functions.hpp>
#include <vitte/loader/wasm/wasi/process_functions.hpp>

namespace vitte::loader::wasm::wasi {

/// Whether a guest may change what is below a folder.
enum class folder_use : bool { read_only, read_write };

/// The world of one instance, all of it: contexts share nothing. It must be there as long as a store that it was
/// offered to. For one thread at a time.
///
/// Standard streams are closed until they are given. Appending is not one step with what other processes append.
template <sys::platform P = sys::native>
class basic_context {
public:
    /// `most_listed`: entries of folders that are being listed at once.
    explicit basic_context(std::size_t most_descriptors = 1024, std::size_t most_listed = 1 << 20)
        : state_(most_descriptors, most_listed) {}
    basic_context(const basic_context&) = delete;
    basic_context& operator=(const basic_context&) = delete;

    /// Adds an argument; the first one is the program's name.
    void add_argument(std::string_view text) { state_.arguments.emplace_back(text); }
    /// Adds an environment variable, as "NAME=value".
    void add_variable(std::string_view text) { state_.environment.emplace_back(text); }

    /// Opens the folder at `path`, which the guest calls `guest_name`: "/", "." or whatever its paths begin with.
    result<void> add_folder(const char* path, std::string_view guest_name, folder_use use = folder_use::read_write) {
        VITTE_TRY(auto opened, sys::basic_directory<P>::open(path));
        auto made = std::make_unique<descriptor<P>>(sys::basic_contained_directory<P>(std::move(opened)));
        const std::uint64_t allowed = use == folder_use::read_write ? right::all : right::all & ~right::changing;
        made->rights = right::of_folder & allowed;
        made->inherited = allowed;
        made->guest_name = guest_name;
        if (!state_.descriptors.add(std::move(made))) return fail(errc::out_of_handles, "add folder");
        return {};
    }
    /// Gives the guest this process's own standard streams; those that are closed now stay closed for the guest.
    void inherit_streams() {
        using sys::standard_stream;
        for (const auto stream : {standard_stream::input, standard_stream::output, standard_stream::error}) {
            const auto handle = P::files::standard(stream);
            if (handle == P::files::invalid || !P::files::info(handle)) continue;
            set_stream(stream, sys::basic_file<P>(handle), true);
        }
    }
    /// Gives the guest `file` as a standard stream: it is read or written from where it stands.
    void set_stream(sys::standard_stream stream, sys::basic_file<P> file) {
        set_stream(stream, std::move(file), false);
    }

    /// Offers all functions to modules that are instantiated in `store` afterwards.
    void offer(basic_store<P>& store);

    /// Runs a program: its `_start`. Returns its exit code, which is 0 if it returns; fails with the trap that stopped
    /// it, or if there is no `_start`.
    result<std::uint32_t, trap> run(const instance& program) {
        state_.exit_code.reset();
        const auto start = program.function<void()>("_start");
        if (!start) {
            trap none;
            none.code = trap_code::host;
            none.reason = start.error().message();
            return unexpected(std::move(none));
        }
        auto ended = (*start)();
        if (state_.exit_code) return *state_.exit_code;
        if (!ended) return unexpected(std::move(ended.error()));
        return 0u;
    }

    /// What a program that has ended by `proc_exit` gave; nothing if none has since `run` was called.
    std::optional<std::uint32_t> exit_code() const noexcept { return state_.exit_code; }

private:
    void set_stream(sys::standard_stream stream, sys::basic_file<P> file, bool borrowed) {
        auto made = std::make_unique<descriptor<P>>(std::move(file));
        made->borrowed = borrowed;
        made->is_stream = true;
        const auto facts = made->info();
        if (facts) made->type = type_of(facts->kind);
        if constexpr (requires { typename P::streams; })
            if (P::streams::is_terminal(made->file.native_handle())) made->type = file_type::character_device;
        made->rights = right::of_stream & ~(stream == sys::standard_stream::input ? right::fd_write : right::fd_read);
        state_.descriptors.set_stream(static_cast<std::uint32_t>(stream), std::move(made));
    }

    state<P> state_;
};
using context = basic_context<>;

namespace detail {

/// Makes a function of a host of one of ours, which works on the caller or its memory: the guest gets its error's
/// number.
template <sys::platform P, class On, class... Args>
void offer(basic_store<P>& store, state<P>& s, const char* name, outcome<> (*f)(state<P>&, On, Args...)) {
    store.template define_function<std::int32_t(Args...)>(
        "wasi_snapshot_preview1", name, [&s, f](caller from, Args... arguments) -> std::int32_t {
            const auto done = f(s, On(from), arguments...);
            return done ? 0 : static_cast<std::int32_t>(done.error().why);
        });
}

}  // namespace detail

template <sys::platform P>
void basic_context<P>::offer(basic_store<P>& store) {
    using process = process_functions<P>;
    using open = descriptor_functions<P>;
    using paths = path_functions<P>;
    using sockets = socket_functions<P>;
    const auto add = [&](const char* name, auto f) { detail::offer(store, state_, name, f); };
    add("args_get", process::args_get);
    add("args_sizes_get", process::args_sizes_get);
    add("environ_get", process::environ_get);
    add("environ_sizes_get", process::environ_sizes_get);
    add("clock_res_get", process::clock_res_get);
    add("clock_time_get", process::clock_time_get);
    add("random_get", process::random_get);
    add("sched_yield", process::sched_yield);
    add("proc_raise", process::proc_raise);
    add("poll_oneoff", poll_functions<P>::poll_oneoff);
    add("fd_advise", open::fd_advise);
    add("fd_allocate", open::fd_allocate);
    add("fd_close", open::fd_close);
    add("fd_datasync", open::fd_datasync);
    add("fd_fdstat_get", open::fd_fdstat_get);
    add("fd_fdstat_set_flags", open::fd_fdstat_set_flags);
    add("fd_fdstat_set_rights", open::fd_fdstat_set_rights);
    add("fd_filestat_get", open::fd_filestat_get);
    add("fd_filestat_set_size", open::fd_filestat_set_size);
    add("fd_filestat_set_times", open::fd_filestat_set_times);
    add("fd_pread", open::fd_pread);
    add("fd_prestat_dir_name", open::fd_prestat_dir_name);
    add("fd_prestat_get", open::fd_prestat_get);
    add("fd_pwrite", open::fd_pwrite);
    add("fd_read", open::fd_read);
    add("fd_readdir", listing_functions<P>::fd_readdir);
    add("fd_renumber", open::fd_renumber);
    add("fd_seek", open::fd_seek);
    add("fd_sync", open::fd_sync);
    add("fd_tell", open::fd_tell);
    add("fd_write", open::fd_write);
    add("path_create_directory", paths::path_create_directory);
    add("path_filestat_get", paths::path_filestat_get);
    add("path_filestat_set_times", paths::path_filestat_set_times);
    add("path_link", paths::path_link);
    add("path_open", paths::path_open);
    add("path_readlink", paths::path_readlink);
    add("path_remove_directory", paths::path_remove_directory);
    add("path_rename", paths::path_rename);
    add("path_symlink", paths::path_symlink);
    add("path_unlink_file", paths::path_unlink_file);
    add("sock_accept", sockets::sock_accept);
    add("sock_recv", sockets::sock_recv);
    add("sock_send", sockets::sock_send);
    add("sock_shutdown", sockets::sock_shutdown);
    store.template define_function<void(std::uint32_t)>("wasi_snapshot_preview1", "proc_exit",
                                                        [this](std::uint32_t exit_code) -> result<void, host_failure> {
                                                            state_.exit_code = exit_code;
                                                            return unexpected(host_failure{"the program has ended"});
                                                        });
}

}  // namespace vitte::loader::wasm::wasi

#if defined(VITTE_SEPARATE)
extern template class vitte::loader::wasm::wasi::basic_context<>;
#endif
