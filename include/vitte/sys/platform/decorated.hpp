/// A platform around another one: every call passes through `Around`, which may look at it, or answer it itself. It has
/// the facets and functions that the inner platform has, but for `streams` and `faults`, and no others.
///
/// `Around::around(name, call, arguments...)` gets the names of the facet and the function, what makes the call, and
/// the arguments, and returns what `call()` returns.
#pragma once

#include <vitte/sys/platform/completions.hpp>
#include <vitte/sys/platform/devices.hpp>
#include <vitte/sys/platform/directories.hpp>
#include <vitte/sys/platform/environment.hpp>
#include <vitte/sys/platform/files.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/platform/libraries.hpp>
#include <vitte/sys/platform/memory.hpp>
#include <vitte/sys/platform/names.hpp>
#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/poller.hpp>
#include <vitte/sys/platform/processes.hpp>
#include <vitte/sys/platform/random.hpp>
#include <vitte/sys/platform/signals.hpp>
#include <vitte/sys/platform/sockets.hpp>
#include <vitte/sys/platform/threads.hpp>
#include <vitte/sys/platform/watch_queue.hpp>

namespace vitte::sys {

/// A static function of a facet, if the inner facet has it.
#define VITTE_AROUND(facet, name)                                                                   \
    template <class... Arguments>                                                                   \
        requires requires(Arguments&... given) { inner::name(given...); }                           \
    static auto name(Arguments&&... given) noexcept {                                               \
        return Around::around(#facet "." #name, [&] { return inner::name(given...); }, given...);   \
    }
/// A function of an object that a facet has.
#define VITTE_AROUND_MEMBER(object, name)                                                           \
    template <class... Arguments>                                                                   \
    auto name(Arguments&&... given) noexcept {                                                      \
        return Around::around(#object "." #name, [&] { return inner_.name(given...); }, given...);  \
    }

namespace detail {

/// `name_mark<Facet>`: the constant `name`, if the facet has it, whose presence means something.
#define VITTE_MARK(name)                                \
    template <class Facet>                              \
    struct name##_mark {};                              \
    template <class Facet>                              \
        requires requires { Facet::name; }              \
    struct name##_mark<Facet> {                         \
        static constexpr auto name = Facet::name;       \
    };
VITTE_MARK(paths)
VITTE_MARK(access_list)
VITTE_MARK(only_down)
VITTE_MARK(keeps_trees)
VITTE_MARK(one_at_a_time)
VITTE_MARK(only_itself)
VITTE_MARK(reuse_steals)
VITTE_MARK(output_apart)
VITTE_MARK(quit_interrupts)
#undef VITTE_MARK

/// `object_wait`, if the poller has it.
template <class Poller>
struct object_wait_of {};
template <class Poller>
    requires requires { typename Poller::object_wait; }
struct object_wait_of<Poller> {
    using object_wait = typename Poller::object_wait;
};

}  // namespace detail

template <class Inner, class Around>
struct decorated_memory {
    using inner = typename Inner::memory;
    using file_handle = typename inner::file_handle;

    VITTE_AROUND(memory, page_size)
    VITTE_AROUND(memory, granularity)
    VITTE_AROUND(memory, reserve)
    VITTE_AROUND(memory, commit)
    VITTE_AROUND(memory, decommit)
    VITTE_AROUND(memory, protect)
    VITTE_AROUND(memory, map_file)
    VITTE_AROUND(memory, map_shared)
    VITTE_AROUND(memory, map_huge)
    VITTE_AROUND(memory, release)
    VITTE_AROUND(memory, advise)
    VITTE_AROUND(memory, lock)
    VITTE_AROUND(memory, unlock)
    VITTE_AROUND(memory, sync)
    VITTE_AROUND(memory, protection)
    VITTE_AROUND(memory, create_shared)
    VITTE_AROUND(memory, open_shared)
    VITTE_AROUND(memory, remove_shared)
    VITTE_AROUND(memory, resize_shared)
    VITTE_AROUND(memory, seal)
    VITTE_AROUND(memory, flush_instruction_cache)
};

template <class Inner, class Around>
struct decorated_files : detail::paths_mark<typename Inner::files>, detail::access_list_mark<typename Inner::files> {
    using inner = typename Inner::files;
    using handle = typename inner::handle;
    static constexpr handle invalid = inner::invalid;

    VITTE_AROUND(files, standard)
    VITTE_AROUND(files, open)
    VITTE_AROUND(files, read)
    VITTE_AROUND(files, read_at)
    VITTE_AROUND(files, write)
    VITTE_AROUND(files, write_at)
    VITTE_AROUND(files, resize)
    VITTE_AROUND(files, sync)
    VITTE_AROUND(files, sync_data)
    VITTE_AROUND(files, info)
    VITTE_AROUND(files, close)
    VITTE_AROUND(files, remove)
    VITTE_AROUND(files, read_vector)
    VITTE_AROUND(files, write_vector)
    VITTE_AROUND(files, allocate)
    VITTE_AROUND(files, try_lock)
    VITTE_AROUND(files, unlock)
    VITTE_AROUND(files, set_mode)
    VITTE_AROUND(files, set_owner)
    VITTE_AROUND(files, set_times)
    VITTE_AROUND(files, clone)
    VITTE_AROUND(files, clone_to)
    VITTE_AROUND(files, copy_some)
    VITTE_AROUND(files, copy_some_at)
    VITTE_AROUND(files, find_data)
    VITTE_AROUND(files, find_hole)
    VITTE_AROUND(files, punch_hole)
    VITTE_AROUND(files, attribute)
    VITTE_AROUND(files, set_attribute)
    VITTE_AROUND(files, remove_attribute)
    VITTE_AROUND(files, attributes)
    VITTE_AROUND(files, space)
};

template <class Inner, class Around>
struct decorated_directories : detail::only_down_mark<typename Inner::directories> {
    using inner = typename Inner::directories;
    using handle = typename inner::handle;
    static constexpr handle current = inner::current;

    VITTE_AROUND(directories, open)
    VITTE_AROUND(directories, open_to_search)
    VITTE_AROUND(directories, open_file)
    VITTE_AROUND(directories, info)
    VITTE_AROUND(directories, create)
    VITTE_AROUND(directories, remove)
    VITTE_AROUND(directories, remove_folder)
    VITTE_AROUND(directories, rename)
    VITTE_AROUND(directories, link)
    VITTE_AROUND(directories, symbolic_link)
    VITTE_AROUND(directories, read_link)
    VITTE_AROUND(directories, sync)
    VITTE_AROUND(directories, set_times)
    VITTE_AROUND(directories, current_path)
    VITTE_AROUND(directories, temporary_folder)
    VITTE_AROUND(directories, set_mode)
    VITTE_AROUND(directories, set_owner)
    VITTE_AROUND(directories, make_current)
    VITTE_AROUND(directories, open_unnamed)
    VITTE_AROUND(directories, give_name)
    VITTE_AROUND(directories, canonical)
    VITTE_AROUND(directories, open_beneath)
    VITTE_AROUND(directories, open_file_beneath)

    class listing {
    public:
        VITTE_AROUND_MEMBER(listing, open)
        VITTE_AROUND_MEMBER(listing, next)
        VITTE_AROUND_MEMBER(listing, close)

    private:
        typename inner::listing inner_;
    };
};

template <class Inner, class Around>
struct decorated_clocks {
    using inner = typename Inner::clocks;

    VITTE_AROUND(clocks, monotonic)
    VITTE_AROUND(clocks, boot)
    VITTE_AROUND(clocks, coarse)
    VITTE_AROUND(clocks, wall)
    VITTE_AROUND(clocks, process_cpu)
    VITTE_AROUND(clocks, thread_cpu)
    VITTE_AROUND(clocks, sleep_until)
};

template <class Inner, class Around>
struct decorated_threads : detail::one_at_a_time_mark<typename Inner::threads> {
    using inner = typename Inner::threads;
    using handle = typename inner::handle;
    using key = typename inner::key;

    template <auto Entry>
    static result<handle> start(std::size_t stack, void* argument) noexcept {
        return Around::around("threads.start", [&] { return inner::template start<Entry>(stack, argument); }, stack);
    }
    VITTE_AROUND(threads, wait)
    VITTE_AROUND(threads, wake_one)
    VITTE_AROUND(threads, wake_all)
    VITTE_AROUND(threads, join)
    VITTE_AROUND(threads, detach)
    VITTE_AROUND(threads, yield)
    VITTE_AROUND(threads, id)
    VITTE_AROUND(threads, name)
    VITTE_AROUND(threads, affinity)
    VITTE_AROUND(threads, set_affinity)
    VITTE_AROUND(threads, set_priority)
    VITTE_AROUND(threads, cpu_count)
    VITTE_AROUND(threads, create_key)
    VITTE_AROUND(threads, delete_key)
    VITTE_AROUND(threads, get)
    VITTE_AROUND(threads, set)
};

template <class Inner, class Around>
struct decorated_random {
    using inner = typename Inner::random;

    VITTE_AROUND(random, fill)
};

template <class Inner, class Around>
struct decorated_libraries {
    using inner = typename Inner::libraries;
    using handle = typename inner::handle;

    VITTE_AROUND(libraries, open)
    VITTE_AROUND(libraries, symbol)
    VITTE_AROUND(libraries, close)
};

template <class Inner, class Around>
struct decorated_processes : detail::keeps_trees_mark<typename Inner::processes> {
    using inner = typename Inner::processes;
    using child = typename inner::child;
    static constexpr const char* null_device = inner::null_device;
    static constexpr char list_separator = inner::list_separator;
    static constexpr const char* suffix = inner::suffix;

    VITTE_AROUND(processes, spawn)
    VITTE_AROUND(processes, wait)
    VITTE_AROUND(processes, await_end)
    VITTE_AROUND(processes, end_handle)
    VITTE_AROUND(processes, close_end_handle)
    VITTE_AROUND(processes, send)
    VITTE_AROUND(processes, send_group)
    VITTE_AROUND(processes, close)
    VITTE_AROUND(processes, id)
    VITTE_AROUND(processes, own_id)
    VITTE_AROUND(processes, own_use)
    VITTE_AROUND(processes, executable)
    VITTE_AROUND(processes, arguments)
    VITTE_AROUND(processes, list)
    VITTE_AROUND(processes, send_id)
    VITTE_AROUND(processes, writers)

    class pipe_end {
    public:
        using handle = typename inner::pipe_end::handle;

        bool is_open() const noexcept { return inner_.is_open(); }
        handle native_handle() const noexcept
            requires requires(const typename inner::pipe_end& end) { end.native_handle(); }
        {
            return inner_.native_handle();
        }
        VITTE_AROUND_MEMBER(pipe, open)
        VITTE_AROUND_MEMBER(pipe, begin)
        VITTE_AROUND_MEMBER(pipe, finish)
        VITTE_AROUND_MEMBER(pipe, cancel)
        VITTE_AROUND_MEMBER(pipe, close)
        static result<void> wait_any(pipe_end* const* ends, std::size_t count, std::int64_t until) noexcept {
            typename inner::pipe_end* inside[3];
            for (std::size_t i = 0; i < count; ++i) inside[i] = &ends[i]->inner_;
            return Around::around(
                "pipe.wait_any", [&] { return inner::pipe_end::wait_any(inside, count, until); }, count, until);
        }

    private:
        typename inner::pipe_end inner_;
    };
};

template <class Inner, class Around>
class decorated_watch_queue : public detail::only_itself_mark<typename Inner::watch_queue> {
public:
    static constexpr bool watches_trees = Inner::watch_queue::watches_trees;

    auto native_handle() const noexcept
        requires requires(const typename Inner::watch_queue& queue) { queue.native_handle(); }
    {
        return inner_.native_handle();
    }
    VITTE_AROUND_MEMBER(watch_queue, open)
    VITTE_AROUND_MEMBER(watch_queue, close)
    VITTE_AROUND_MEMBER(watch_queue, add)
    VITTE_AROUND_MEMBER(watch_queue, remove)
    VITTE_AROUND_MEMBER(watch_queue, next)
    VITTE_AROUND_MEMBER(watch_queue, wait)

private:
    typename Inner::watch_queue inner_;
};

namespace detail {

/// `decorated_splice<Inner, Around>`: the object `splice` of its sockets, if they have one.
template <class Inner, class Around>
struct decorated_splice {};
template <class Inner, class Around>
    requires requires { typename Inner::sockets::splice; }
struct decorated_splice<Inner, Around> {
    class splice {
    public:
        VITTE_AROUND_MEMBER(splice, open)
        VITTE_AROUND_MEMBER(splice, close)
        VITTE_AROUND_MEMBER(splice, fill)
        VITTE_AROUND_MEMBER(splice, drain)

    private:
        typename Inner::sockets::splice inner_;
    };
};

}  // namespace detail

template <class Inner, class Around>
struct decorated_sockets : detail::reuse_steals_mark<typename Inner::sockets>, detail::decorated_splice<Inner, Around> {
    using inner = typename Inner::sockets;
    using handle = typename inner::handle;
    static constexpr handle invalid = inner::invalid;

    VITTE_AROUND(sockets, open)
    VITTE_AROUND(sockets, bind)
    VITTE_AROUND(sockets, listen)
    VITTE_AROUND(sockets, accept)
    VITTE_AROUND(sockets, connect)
    VITTE_AROUND(sockets, receive)
    VITTE_AROUND(sockets, send)
    VITTE_AROUND(sockets, receive_vector)
    VITTE_AROUND(sockets, send_vector)
    VITTE_AROUND(sockets, receive_from)
    VITTE_AROUND(sockets, send_to)
    VITTE_AROUND(sockets, shut_down)
    VITTE_AROUND(sockets, local_address)
    VITTE_AROUND(sockets, peer_address)
    VITTE_AROUND(sockets, take_error)
    VITTE_AROUND(sockets, option)
    VITTE_AROUND(sockets, set_option)
    VITTE_AROUND(sockets, wait)
    VITTE_AROUND(sockets, close)
    VITTE_AROUND(sockets, open_pair)
    VITTE_AROUND(sockets, send_batch)
    VITTE_AROUND(sockets, receive_batch)
    VITTE_AROUND(sockets, send_file)
    VITTE_AROUND(sockets, send_segments)
    VITTE_AROUND(sockets, is_stream)
    VITTE_AROUND(sockets, send_handles)
    VITTE_AROUND(sockets, receive_handles)
    VITTE_AROUND(sockets, credentials)
    VITTE_AROUND(sockets, join_group)
    VITTE_AROUND(sockets, leave_group)
};

template <class Inner, class Around>
struct decorated_names {
    using inner = typename Inner::names;

    VITTE_AROUND(names, resolve)
};

template <class Inner, class Around>
struct decorated_devices : detail::output_apart_mark<typename Inner::devices> {
    using inner = typename Inner::devices;
    using handle = typename inner::handle;
    using state = typename inner::state;
    using direct = typename inner::direct;
    static constexpr handle invalid = inner::invalid;

    VITTE_AROUND(devices, control)
    VITTE_AROUND(devices, wait)
    VITTE_AROUND(devices, is_terminal)
    VITTE_AROUND(devices, state_of)
    VITTE_AROUND(devices, set_state)
    VITTE_AROUND(devices, in_manner)
    VITTE_AROUND(devices, watch_ends)
    VITTE_AROUND(devices, unwatch_ends)
    VITTE_AROUND(devices, may_restore)
    VITTE_AROUND(devices, open_serial)
    VITTE_AROUND(devices, read)
    VITTE_AROUND(devices, write)
    VITTE_AROUND(devices, settings_of)
    VITTE_AROUND(devices, with_settings)
    VITTE_AROUND(devices, drain)
    VITTE_AROUND(devices, flush)
    VITTE_AROUND(devices, close)
    VITTE_AROUND(devices, size)
    VITTE_AROUND(devices, set_size)
    VITTE_AROUND(devices, open_pseudo_terminal)
    VITTE_AROUND(devices, open_peer)
    VITTE_AROUND(devices, open_console)
    VITTE_AROUND(devices, resize_console)
    VITTE_AROUND(devices, close_console)
    VITTE_AROUND(devices, next_event)
    VITTE_AROUND(devices, lines)
    VITTE_AROUND(devices, set_lines)
    VITTE_AROUND(devices, unsent)
    VITTE_AROUND(devices, set_break)
    VITTE_AROUND(devices, send_break)
    VITTE_AROUND(devices, set_exclusive)
    VITTE_AROUND(devices, storage)
};

template <class Inner, class Around>
class decorated_poller : public detail::object_wait_of<typename Inner::poller> {
    using inner = typename Inner::poller;

public:
    using handle = typename inner::handle;

    bool is_open() const noexcept { return inner_.is_open(); }
    auto native_handle() const noexcept
        requires requires(const inner& poller) { poller.native_handle(); }
    {
        return inner_.native_handle();
    }
    VITTE_AROUND_MEMBER(poller, open)
    VITTE_AROUND_MEMBER(poller, close)
    VITTE_AROUND_MEMBER(poller, add)
    VITTE_AROUND_MEMBER(poller, change)
    VITTE_AROUND_MEMBER(poller, remove)
    VITTE_AROUND_MEMBER(poller, wait)
    VITTE_AROUND_MEMBER(poller, wake)

private:
    inner inner_;
};

template <class Inner, class Around>
struct decorated_signals : detail::quit_interrupts_mark<typename Inner::signals> {
    using inner = typename Inner::signals;
    using disposition = typename inner::disposition;
    using stack = typename inner::stack;

    VITTE_AROUND(signals, ignore)
    VITTE_AROUND(signals, restore)
    VITTE_AROUND(signals, is_ignored)
    VITTE_AROUND(signals, add_fault_handler)
    VITTE_AROUND(signals, remove_fault_handler)
    VITTE_AROUND(signals, least_stack)
    VITTE_AROUND(signals, use_stack)
    VITTE_AROUND(signals, restore_stack)

    template <class System>
    class queue {
    public:
        bool is_open() const noexcept { return inner_.is_open(); }
        auto native_handle() const noexcept { return inner_.native_handle(); }
        bool caught() const noexcept
            requires requires(const System& s) { s.caught(); }
        {
            return inner_.caught();
        }
        VITTE_AROUND_MEMBER(signals, open)
        VITTE_AROUND_MEMBER(signals, close)
        VITTE_AROUND_MEMBER(signals, read)
        VITTE_AROUND_MEMBER(signals, wait)

    private:
        System inner_;
    };
    using reader = queue<typename inner::reader>;
    using catcher = queue<typename inner::catcher>;
};

template <class Inner, class Around>
class decorated_completions {
    using inner = typename Inner::completions;

public:
    using handle = typename inner::handle;
    using envelope = typename inner::envelope;

    bool is_open() const noexcept { return inner_.is_open(); }
    VITTE_AROUND_MEMBER(completions, open)
    VITTE_AROUND_MEMBER(completions, close)
    VITTE_AROUND_MEMBER(completions, submit)
    VITTE_AROUND_MEMBER(completions, wait)

private:
    inner inner_;
};

#undef VITTE_AROUND
#undef VITTE_AROUND_MEMBER

namespace detail {

/// `add_facet<Inner, Around>`: the facet in its decorated form, or as it is, if the inner platform has it.
#define VITTE_ADD(facet, form)                              \
    template <class Inner, class Around>                    \
    struct add_##facet {};                                  \
    template <class Inner, class Around>                    \
        requires requires { typename Inner::facet; }        \
    struct add_##facet<Inner, Around> {                     \
        using facet = form;                                 \
    };
#define VITTE_ADD_DECORATED(facet) VITTE_ADD(facet, decorated_##facet<Inner VITTE_COMMA Around>)
#define VITTE_COMMA ,
VITTE_ADD_DECORATED(directories)
VITTE_ADD_DECORATED(threads)
VITTE_ADD_DECORATED(random)
VITTE_ADD_DECORATED(libraries)
VITTE_ADD_DECORATED(processes)
VITTE_ADD_DECORATED(watch_queue)
VITTE_ADD_DECORATED(sockets)
VITTE_ADD_DECORATED(names)
VITTE_ADD_DECORATED(poller)
VITTE_ADD_DECORATED(devices)
VITTE_ADD_DECORATED(signals)
VITTE_ADD_DECORATED(completions)
VITTE_ADD(environment, typename Inner::environment)
VITTE_ADD(images, typename Inner::images)
VITTE_ADD(sandbox, typename Inner::sandbox)
VITTE_ADD(every_thread, typename Inner::every_thread)
#undef VITTE_ADD
#undef VITTE_ADD_DECORATED
#undef VITTE_COMMA

}  // namespace detail

/// The platform `Inner` with `Around` around each of its calls, but for those that only read what the process was
/// given, environment and images, those of its sandbox, some of which are made in children, and `every_thread`.
template <platform Inner, class Around>
struct decorated : detail::add_directories<Inner, Around>,
                   detail::add_threads<Inner, Around>,
                   detail::add_random<Inner, Around>,
                   detail::add_libraries<Inner, Around>,
                   detail::add_processes<Inner, Around>,
                   detail::add_watch_queue<Inner, Around>,
                   detail::add_sockets<Inner, Around>,
                   detail::add_names<Inner, Around>,
                   detail::add_poller<Inner, Around>,
                   detail::add_devices<Inner, Around>,
                   detail::add_signals<Inner, Around>,
                   detail::add_completions<Inner, Around>,
                   detail::add_environment<Inner, Around>,
                   detail::add_images<Inner, Around>,
                   detail::add_sandbox<Inner, Around>,
                   detail::add_every_thread<Inner, Around> {
    using memory = decorated_memory<Inner, Around>;
    using files = decorated_files<Inner, Around>;
    using clocks = decorated_clocks<Inner, Around>;
    template <class T>
    using atomic = atomic_of<Inner, T>;
};

}  // namespace vitte::sys
