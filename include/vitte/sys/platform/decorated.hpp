/// A platform around another one: every call passes through `Around`, which may look at it, or answer it itself. It has
/// the facets and functions that the inner platform has, and no others.
///
/// `Around::around(name, call, arguments...)` gets the names of the facet and the function, what makes the call, and
/// the arguments, and returns what `call()` returns.
#pragma once

#include <vitte/sys/platform/policy.hpp>

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

// Constants that a facet may have, whose presence means something.
template <class Facet>
struct path_mark {};
template <class Facet>
    requires requires { Facet::paths; }
struct path_mark<Facet> {
    static constexpr path_style paths = Facet::paths;
};
template <class Facet>
struct way_mark {};
template <class Facet>
    requires requires { Facet::only_down; }
struct way_mark<Facet> {
    static constexpr bool only_down = true;
};
template <class Facet>
struct tree_mark {};
template <class Facet>
    requires requires { Facet::keeps_trees; }
struct tree_mark<Facet> {
    static constexpr bool keeps_trees = true;
};
template <class Facet>
struct turn_mark {};
template <class Facet>
    requires requires { Facet::one_at_a_time; }
struct turn_mark<Facet> {
    static constexpr bool one_at_a_time = true;
};
template <class Facet>
struct watch_mark {};
template <class Facet>
    requires requires { Facet::only_itself; }
struct watch_mark<Facet> {
    static constexpr bool only_itself = true;
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
struct decorated_files : detail::path_mark<typename Inner::files> {
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
struct decorated_directories : detail::way_mark<typename Inner::directories> {
    using inner = typename Inner::directories;
    using handle = typename inner::handle;
    static constexpr handle current = inner::current;

    VITTE_AROUND(directories, open)
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
struct decorated_threads : detail::turn_mark<typename Inner::threads> {
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
struct decorated_processes : detail::tree_mark<typename Inner::processes> {
    using inner = typename Inner::processes;
    using child = typename inner::child;
    static constexpr const char* null_device = inner::null_device;
    static constexpr char list_separator = inner::list_separator;
    static constexpr const char* suffix = inner::suffix;

    VITTE_AROUND(processes, spawn)
    VITTE_AROUND(processes, wait)
    VITTE_AROUND(processes, send)
    VITTE_AROUND(processes, send_group)
    VITTE_AROUND(processes, close)
    VITTE_AROUND(processes, id)
    VITTE_AROUND(processes, own_id)
    VITTE_AROUND(processes, own_use)
    VITTE_AROUND(processes, executable)
    VITTE_AROUND(processes, arguments)
    VITTE_AROUND(processes, children)
    VITTE_AROUND(processes, send_id)

    class pipe_end {
    public:
        using handle = typename inner::pipe_end::handle;

        bool is_open() const noexcept { return inner_.is_open(); }
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
class decorated_watch_queue : public detail::watch_mark<typename Inner::watch_queue> {
public:
    static constexpr bool watches_trees = Inner::watch_queue::watches_trees;

    VITTE_AROUND_MEMBER(watch_queue, open)
    VITTE_AROUND_MEMBER(watch_queue, close)
    VITTE_AROUND_MEMBER(watch_queue, add)
    VITTE_AROUND_MEMBER(watch_queue, remove)
    VITTE_AROUND_MEMBER(watch_queue, next)
    VITTE_AROUND_MEMBER(watch_queue, wait)

private:
    typename Inner::watch_queue inner_;
};

#undef VITTE_AROUND
#undef VITTE_AROUND_MEMBER

namespace detail {

template <class Inner, class Around>
struct add_directories {};
template <class Inner, class Around>
    requires requires { typename Inner::directories; }
struct add_directories<Inner, Around> {
    using directories = decorated_directories<Inner, Around>;
};
template <class Inner, class Around>
struct add_threads {};
template <class Inner, class Around>
    requires requires { typename Inner::threads; }
struct add_threads<Inner, Around> {
    using threads = decorated_threads<Inner, Around>;
};
template <class Inner, class Around>
struct add_random {};
template <class Inner, class Around>
    requires requires { typename Inner::random; }
struct add_random<Inner, Around> {
    using random = decorated_random<Inner, Around>;
};
template <class Inner, class Around>
struct add_libraries {};
template <class Inner, class Around>
    requires requires { typename Inner::libraries; }
struct add_libraries<Inner, Around> {
    using libraries = decorated_libraries<Inner, Around>;
};
template <class Inner, class Around>
struct add_processes {};
template <class Inner, class Around>
    requires requires { typename Inner::processes; }
struct add_processes<Inner, Around> {
    using processes = decorated_processes<Inner, Around>;
};
template <class Inner, class Around>
struct add_watch_queue {};
template <class Inner, class Around>
    requires requires { typename Inner::watch_queue; }
struct add_watch_queue<Inner, Around> {
    using watch_queue = decorated_watch_queue<Inner, Around>;
};
template <class Inner>
struct add_environment {};
template <class Inner>
    requires requires { typename Inner::environment; }
struct add_environment<Inner> {
    using environment = typename Inner::environment;
};
template <class Inner>
struct add_images {};
template <class Inner>
    requires requires { typename Inner::images; }
struct add_images<Inner> {
    using images = typename Inner::images;
};
template <class Inner>
struct add_sandbox {};
template <class Inner>
    requires requires { typename Inner::sandbox; }
struct add_sandbox<Inner> {
    using sandbox = typename Inner::sandbox;
};

}  // namespace detail

/// The platform `Inner` with `Around` around each of its calls, but for those that only read what the process was
/// given, environment and images, and those of its sandbox, some of which are made in children.
template <platform Inner, class Around>
struct decorated : detail::add_directories<Inner, Around>,
                   detail::add_threads<Inner, Around>,
                   detail::add_random<Inner, Around>,
                   detail::add_libraries<Inner, Around>,
                   detail::add_processes<Inner, Around>,
                   detail::add_watch_queue<Inner, Around>,
                   detail::add_environment<Inner>,
                   detail::add_images<Inner>,
                   detail::add_sandbox<Inner> {
    using memory = decorated_memory<Inner, Around>;
    using files = decorated_files<Inner, Around>;
    using clocks = decorated_clocks<Inner, Around>;
    template <class T>
    using atomic = atomic_of<Inner, T>;
};

}  // namespace vitte::sys
