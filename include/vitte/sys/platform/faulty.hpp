/// A platform whose calls fail when a test wants them to: the k-th, with a chosen error, once or from then on, or by
/// chance; and whose successes hurt. Programs that do not name it pay nothing.
#pragma once

#include <cstdlib>
#include <span>
#include <type_traits>

#include <vitte/core/atomic.hpp>
#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/platform/decorated.hpp>

namespace vitte::sys {

/// What happens to the calls that a `fault` is about.
enum class fault_kind : unsigned char {
    failure,  ///< they fail
    nothing,  ///< transfers of files and pipes move no bytes and say so; others are made
    crash,    ///< the program ends instead, at once and with `fault::crash_status` (`std::_Exit`)
};

/// Which call fails, and how.
struct fault {
    std::uint64_t call = 0;  ///< counted from 1 on since `arm`; 0 is none
    errc code = errc::unknown;
    std::uint64_t times = 1;       ///< that one and those after it, as many; who may not fail so is made, and counted
    bool short_transfers = false;  ///< files and streams give, take and copy a byte at a time, which is no failure
    const char* name = nullptr;    ///< counts calls of that name only: others may come in another number each time
    fault_kind kind = fault_kind::failure;
    bool early_wakes = false;  ///< every other wait ends at once for no reason, which is no failure
    bool bare = false;         ///< all that a system may lack is `errc::not_supported`: there must be another way
    bool all_after = false;    ///< and all calls after it, each in the first way that does not pass by itself
    unsigned one_in = 0;       ///< that many calls fail by chance, each in a way that it may; 0 is none
    std::uint64_t seed = 0;    ///< of that chance
    static constexpr std::uint64_t for_ever = UINT64_MAX;
    static constexpr int crash_status = 86;
};

/// Ways in which a call may fail.
struct call_errors {
    const char* call;
    errc codes[8];  ///< ends with `errc::unknown`
    constexpr std::span<const errc> possible() const noexcept {
        std::size_t count = 0;
        while (count < 8 && codes[count] != errc::unknown) ++count;
        return {codes, count};
    }
};

/// The errors that the manuals of Linux and POSIX.1-2017 allow for calls, by the names that `decorated` gives them:
/// those that somebody who uses a file, a folder, memory or a socket in good faith may meet.
std::span<const call_errors> all_possible_errors() noexcept;
/// The same for one call; empty for those that are not among them, which `faulty` lets through.
inline std::span<const errc> possible_errors(const char* call) noexcept {
    for (const call_errors& row : all_possible_errors())
        if (__builtin_strcmp(row.call, call) == 0) return row.possible();
    return {};
}

/// The faults of `faulty<Inner, Tag>`. Counting is for all threads together.
template <platform Inner, class Tag = void>
class faults {
public:
    /// Counts calls from 0 on and makes those fail that `what` says.
    static void arm(const fault& what = {}) noexcept {
        armed_ = what;
        random_ = xoshiro256(what.seed);
        fired_.store_release(0);
        waits_.store_release(0);
        count_.store_release(0);
        named_.store_release(0);
    }
    /// How many calls there were since then that can fail, and how many were made to, or to move nothing.
    static std::uint64_t count() noexcept { return count_.load_acquire(); }
    static std::uint64_t fired() noexcept { return fired_.load_acquire(); }
    /// The name of the `k`th call, from 1 on, if it is among the first `most_names`; "" otherwise.
    static const char* name(std::uint64_t k) noexcept {
        return k != 0 && k <= most_names && k <= count() ? names_[k - 1] : "";
    }
    static constexpr std::size_t most_names = 4096;
    /// How many of `size` bytes a transfer is about.
    static std::size_t shortened(std::size_t size) noexcept { return armed_.short_transfers && size > 1 ? 1 : size; }
    /// The same for several pieces of memory: `transfer(slices, count)` with those that it is about.
    template <class Transfer>
    static result<std::size_t> shortened(const io_slice* slices, std::size_t count, Transfer transfer) noexcept {
        if (!armed_.short_transfers) return transfer(slices, count);
        while (count > 1 && slices->size == 0) ++slices, --count;
        if (count == 0) return transfer(slices, count);
        const io_slice first{slices->data, shortened(slices->size)};
        return transfer(&first, std::size_t{1});
    }

    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&...) noexcept {
        using returned = decltype(call());
        if constexpr (requires(const returned& r) { r.error(); }) {
            if constexpr (requires { returned(); })
                if (ends_early(name)) return returned();
            const std::span<const errc> possible = possible_errors(name);
            if (possible.empty()) return call();
            const std::uint32_t number = count_.fetch_add_release(1) + 1;
            if (number <= most_names) names_[number - 1] = name;
            const errc code = failure_of(name, possible);
            if (code == errc::unknown) return call();
            if (armed_.kind == fault_kind::crash) std::_Exit(fault::crash_status);
            if (armed_.kind == fault_kind::nothing) {
                if constexpr (std::is_same_v<returned, result<std::size_t>>) {
                    if (is_transfer(name)) {
                        fired_.fetch_add_release(1);
                        return returned(std::size_t{0});
                    }
                }
                return call();
            }
            fired_.fetch_add_release(1);
            // What is closed is gone, whatever close says.
            if (is(name, "files.close") || is(name, "sockets.close") || is(name, "devices.close")) static_cast<void>(call());
            return returned(fail(code, name));
        } else {
            return call();
        }
    }

private:
    static bool is(const char* a, const char* b) noexcept { return __builtin_strcmp(a, b) == 0; }
    static bool is_transfer(const char* name) noexcept {
        constexpr const char* transfers[] = {"files.read",         "files.read_at",   "files.read_vector",
                                             "files.write",        "files.write_at",  "files.write_vector",
                                             "files.copy_some_at", "files.copy_some", "pipe.finish"};
        for (const char* const transfer : transfers)
            if (is(name, transfer)) return true;
        return false;
    }
    static bool has(std::span<const errc> codes, errc wanted) noexcept {
        for (const errc code : codes)
            if (code == wanted) return true;
        return false;
    }
    static bool ends_early(const char* name) noexcept {
        if (!armed_.early_wakes || (!is(name, "threads.wait") && !is(name, "pipe.wait_any"))) return false;
        return waits_.fetch_add_release(1) % 2 == 0;
    }
    static errc lasting(std::span<const errc> possible) noexcept {
        for (const errc code : possible)
            if (code != errc::interrupted && code != errc::would_block) return code;
        return errc::unknown;
    }
    /// How this call fails; `errc::unknown` if it does not.
    static errc failure_of(const char* name, std::span<const errc> possible) noexcept {
        if (armed_.bare && has(possible, errc::not_supported)) return errc::not_supported;
        if (armed_.one_in != 0)
            return random_.below(armed_.one_in) == 0 ? possible[random_.below(possible.size())] : errc::unknown;
        if (armed_.all_after && fired() != 0) return lasting(possible);
        if (armed_.call == 0 || (armed_.name != nullptr && !is(armed_.name, name))) return errc::unknown;
        const std::uint64_t number = named_.fetch_add_release(1) + 1;
        if (number < armed_.call || number - armed_.call >= armed_.times) return errc::unknown;
        if (armed_.kind != fault_kind::failure) return errc::io_error;
        return has(possible, armed_.code) ? armed_.code : errc::unknown;
    }

    static inline fault armed_{};
    static inline xoshiro256 random_{0};
    static inline constinit atomic<std::uint32_t> count_{0}, named_{0}, fired_{0}, waits_{0};
    static inline const char* names_[most_names] = {};
};

/// Sockets whose streams transfer less than they could; messages stay whole.
template <class Inner, class Tag>
struct faulty_sockets : decorated_sockets<Inner, faults<Inner, Tag>> {
    using whole = decorated_sockets<Inner, faults<Inner, Tag>>;
    using handle = typename whole::handle;

    static result<std::size_t> receive(handle from, std::byte* to, std::size_t size) noexcept {
        return whole::receive(from, to, shortened(from, size));
    }
    static result<std::size_t> send(handle to, const std::byte* from, std::size_t size) noexcept {
        return whole::send(to, from, shortened(to, size));
    }
    static result<std::size_t> receive_vector(handle from, const io_slice* slices, std::size_t count) noexcept {
        const auto transfer = [&](const io_slice* some, std::size_t n) { return whole::receive_vector(from, some, n); };
        return is_stream(from) ? faults<Inner, Tag>::shortened(slices, count, transfer) : transfer(slices, count);
    }
    static result<std::size_t> send_vector(handle to, const io_slice* slices, std::size_t count) noexcept {
        const auto transfer = [&](const io_slice* some, std::size_t n) { return whole::send_vector(to, some, n); };
        return is_stream(to) ? faults<Inner, Tag>::shortened(slices, count, transfer) : transfer(slices, count);
    }
    static result<std::size_t> send_file(handle to, typename Inner::files::handle from, std::uint64_t offset,
                                         std::size_t size) noexcept
        requires requires { whole::send_file(to, from, offset, size); }
    {
        return whole::send_file(to, from, offset, shortened(to, size));
    }

private:
    static bool is_stream(handle socket) noexcept {
        if constexpr (requires { Inner::sockets::is_stream(socket); })
            return Inner::sockets::is_stream(socket);
        else
            return false;
    }
    static std::size_t shortened(handle socket, std::size_t size) noexcept {
        const std::size_t less = faults<Inner, Tag>::shortened(size);
        return less == size || is_stream(socket) ? less : size;
    }
};

namespace detail {

/// `decorated`, with such sockets if the inner platform has any.
template <class Inner, class Tag>
struct with_faulty_sockets : decorated<Inner, faults<Inner, Tag>> {};
template <class Inner, class Tag>
    requires requires { typename Inner::sockets::handle; }
struct with_faulty_sockets<Inner, Tag> : decorated<Inner, faults<Inner, Tag>> {
    using sockets = faulty_sockets<Inner, Tag>;
};

}  // namespace detail

/// `Inner`, whose calls fail as `faults<Inner, Tag>::arm` says.
template <platform Inner, class Tag = void>
struct faulty : detail::with_faulty_sockets<Inner, Tag> {
    struct files : decorated_files<Inner, faults<Inner, Tag>> {
        using whole = decorated_files<Inner, faults<Inner, Tag>>;
        using handle = typename whole::handle;

        static result<std::size_t> read(handle from, std::byte* to, std::size_t size) noexcept {
            return whole::read(from, to, faults<Inner, Tag>::shortened(size));
        }
        static result<std::size_t> read_at(handle from, std::byte* to, std::size_t size,
                                           std::uint64_t offset) noexcept {
            return whole::read_at(from, to, faults<Inner, Tag>::shortened(size), offset);
        }
        static result<std::size_t> write(handle to, const std::byte* from, std::size_t size) noexcept {
            return whole::write(to, from, faults<Inner, Tag>::shortened(size));
        }
        static result<std::size_t> write_at(handle to, const std::byte* from, std::size_t size,
                                            std::uint64_t offset) noexcept {
            return whole::write_at(to, from, faults<Inner, Tag>::shortened(size), offset);
        }
        static result<std::size_t> read_vector(handle from, const io_slice* slices, std::size_t count) noexcept
            requires requires { whole::read_vector(from, slices, count); }
        {
            return faults<Inner, Tag>::shortened(
                slices, count, [&](const io_slice* some, std::size_t n) { return whole::read_vector(from, some, n); });
        }
        static result<std::size_t> write_vector(handle to, const io_slice* slices, std::size_t count) noexcept
            requires requires { whole::write_vector(to, slices, count); }
        {
            return faults<Inner, Tag>::shortened(
                slices, count, [&](const io_slice* some, std::size_t n) { return whole::write_vector(to, some, n); });
        }
        static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept
            requires requires { whole::copy_some(from, to, size); }
        {
            return whole::copy_some(from, to, faults<Inner, Tag>::shortened(size));
        }
        static result<std::size_t> copy_some_at(handle from, std::uint64_t offset, handle to, std::uint64_t to_offset,
                                                std::size_t size) noexcept
            requires requires { whole::copy_some_at(from, offset, to, to_offset, size); }
        {
            return whole::copy_some_at(from, offset, to, to_offset, faults<Inner, Tag>::shortened(size));
        }
    };
};

inline std::span<const call_errors> all_possible_errors() noexcept {
    using enum errc;
    static constexpr call_errors table[] = {
        {"files.open", {not_found, permission_denied, out_of_handles, out_of_memory, no_space, interrupted, io_error}},
        {"files.read", {interrupted, io_error}},
        {"files.read_at", {interrupted, io_error}},
        {"files.write", {interrupted, io_error, no_space, too_large}},
        {"files.write_at", {interrupted, io_error, no_space, too_large}},
        {"files.read_vector", {interrupted, io_error}},
        {"files.write_vector", {interrupted, io_error, no_space, too_large}},
        {"files.resize", {interrupted, io_error, no_space, too_large}},
        {"files.sync", {interrupted, io_error, no_space}},
        {"files.sync_data", {interrupted, io_error, no_space}},
        {"files.info", {out_of_memory, io_error}},
        {"files.close", {io_error, no_space}},
        {"files.remove", {permission_denied, busy, io_error}},
        {"files.allocate", {interrupted, io_error, no_space, not_supported}},
        {"files.try_lock", {interrupted, would_block}},
        {"files.set_mode", {permission_denied, io_error}},
        {"files.set_owner", {interrupted, permission_denied, io_error}},
        {"files.set_times", {permission_denied, io_error}},
        {"files.clone", {not_supported, cross_device, invalid_argument}},
        {"files.clone_to", {not_supported, cross_device}},
        {"files.copy_some", {interrupted, io_error, no_space, not_supported, cross_device}},
        {"files.copy_some_at", {interrupted, io_error, no_space, not_supported, cross_device}},
        {"files.find_data", {invalid_argument, not_supported}},
        {"files.find_hole", {io_error}},
        {"files.attribute", {out_of_memory, io_error}},
        {"files.remove_attribute", {no_space, io_error}},
        {"files.set_attribute", {not_supported, no_space, permission_denied}},
        {"directories.open", {permission_denied, out_of_handles, out_of_memory, interrupted, io_error}},
        {"directories.open_to_search", {permission_denied, out_of_handles, out_of_memory, interrupted, io_error}},
        {"directories.open_file",
         {not_found, permission_denied, out_of_handles, out_of_memory, no_space, interrupted, io_error}},
        {"directories.open_beneath",
         {permission_denied, out_of_handles, out_of_memory, interrupted, io_error, would_block, not_supported}},
        {"directories.open_file_beneath",
         {permission_denied, out_of_handles, no_space, interrupted, io_error, would_block, not_supported}},
        {"directories.open_unnamed", {not_supported, is_a_directory, permission_denied, out_of_handles, no_space}},
        {"directories.give_name", {permission_denied, no_space, io_error}},
        {"directories.info", {permission_denied, out_of_memory, io_error}},
        {"directories.create", {permission_denied, no_space, io_error}},
        {"directories.remove", {permission_denied, busy, io_error}},
        {"directories.remove_folder", {permission_denied, busy, io_error}},
        {"directories.rename", {permission_denied, no_space, busy, io_error}},
        {"directories.link", {permission_denied, no_space, io_error}},
        {"directories.symbolic_link", {permission_denied, no_space, io_error}},
        {"directories.read_link", {permission_denied, io_error}},
        {"directories.sync", {interrupted, io_error}},
        {"directories.current_path", {not_found, permission_denied}},
        {"directories.temporary_folder", {name_too_long}},
        {"listing.open", {io_error, out_of_handles}},
        {"listing.next", {io_error, out_of_memory}},
        {"random.fill", {interrupted, io_error}},
        {"memory.reserve", {out_of_memory}},
        {"memory.commit", {out_of_memory}},
        {"memory.protect", {out_of_memory}},
        {"memory.map_file", {out_of_memory, permission_denied}},
        {"memory.map_shared", {out_of_memory, permission_denied}},
        {"memory.sync", {io_error}},
        {"memory.create_shared", {out_of_memory, out_of_handles}},
        {"memory.resize_shared", {no_space, interrupted}},
        {"threads.start", {would_block, out_of_memory}},
        {"threads.wait", {interrupted}},
        {"clocks.sleep_until", {interrupted}},
        {"libraries.open", {not_found, out_of_memory, malformed}},
        {"libraries.symbol", {not_found}},
        {"processes.spawn", {not_found, permission_denied, out_of_memory, out_of_handles, would_block}},
        {"processes.wait", {interrupted}},
        {"processes.await_end", {interrupted}},
        {"pipe.open", {out_of_handles}},
        {"pipe.finish", {interrupted, would_block, io_error}},
        {"pipe.wait_any", {interrupted, out_of_memory}},
        {"watch_queue.open", {out_of_handles, out_of_memory}},
        {"watch_queue.add", {no_space, permission_denied, not_found, out_of_memory}},
        {"watch_queue.next", {interrupted, io_error}},
        {"watch_queue.wait", {interrupted, out_of_memory}},
        {"sockets.open", {permission_denied, out_of_handles, out_of_memory}},
        {"sockets.open_pair", {out_of_handles, out_of_memory}},
        {"sockets.bind", {address_in_use, no_such_address, permission_denied, out_of_memory}},
        {"sockets.listen", {address_in_use}},
        {"sockets.accept", {interrupted, would_block, out_of_handles, out_of_memory, disconnected}},
        {"sockets.connect", {interrupted, would_block, refused, unreachable, timed_out, permission_denied}},
        {"sockets.receive", {interrupted, would_block, disconnected, out_of_memory}},
        {"sockets.send", {interrupted, would_block, disconnected, broken_pipe, out_of_memory}},
        {"sockets.receive_vector", {interrupted, would_block, disconnected, out_of_memory}},
        {"sockets.send_vector", {interrupted, would_block, disconnected, broken_pipe, out_of_memory}},
        {"sockets.receive_from", {interrupted, would_block, out_of_memory}},
        {"sockets.send_to", {interrupted, would_block, unreachable, too_large, out_of_memory}},
        {"sockets.send_file", {interrupted, would_block, disconnected, broken_pipe, io_error, invalid_argument}},
        {"sockets.send_segments", {interrupted, would_block, invalid_argument, io_error, too_large, out_of_memory}},
        {"sockets.shut_down", {not_connected}},
        {"sockets.local_address", {out_of_memory}},
        {"sockets.peer_address", {not_connected, out_of_memory}},
        {"sockets.take_error", {refused, unreachable, timed_out}},
        {"sockets.set_option", {invalid_argument, out_of_memory}},
        {"sockets.wait", {interrupted, out_of_memory}},
        {"sockets.close", {io_error}},
        {"splice.open", {out_of_handles}},
        {"splice.fill", {interrupted, would_block, disconnected, out_of_memory}},
        {"splice.drain", {interrupted, would_block, disconnected, broken_pipe, out_of_memory}},
        {"processes.end_handle", {out_of_handles, out_of_memory, not_supported}},
        {"signals.open", {out_of_handles, out_of_memory}},
        {"signals.read", {interrupted, would_block}},
        {"signals.wait", {interrupted, out_of_memory}},
        {"signals.use_stack", {out_of_memory}},
        {"poller.open", {out_of_handles, out_of_memory}},
        {"poller.add", {no_space, permission_denied, out_of_memory}},
        {"poller.change", {out_of_memory}},
        {"poller.remove", {out_of_memory}},
        {"poller.wait", {interrupted, out_of_memory}},
        {"devices.control", {interrupted, permission_denied, io_error}},
        {"devices.wait", {interrupted, out_of_memory}},
        {"devices.state_of", {io_error}},
        {"devices.set_state", {interrupted, io_error}},
        {"devices.open_serial", {not_found, busy, permission_denied, out_of_handles, interrupted}},
        {"devices.set_exclusive", {io_error}},
        {"devices.read", {interrupted, would_block, io_error}},
        {"devices.write", {interrupted, would_block, io_error}},
        {"devices.size", {io_error}},
        {"devices.set_size", {io_error}},
        {"devices.open_pseudo_terminal", {out_of_handles, no_space, permission_denied}},
        {"devices.open_peer", {out_of_handles, interrupted, io_error}},
        {"devices.unsent", {io_error}},
        {"devices.drain", {interrupted, io_error}},
        {"devices.flush", {io_error}},
        {"devices.close", {io_error}},
        {"completions.open", {not_supported, permission_denied, invalid_argument, out_of_handles, out_of_memory}},
        {"completions.submit", {would_block}},
        {"completions.wait", {interrupted, would_block}},
    };
    return table;
}

}  // namespace vitte::sys
