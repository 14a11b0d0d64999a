/// The contract of a platform: what an OS has to offer so that everything above works on it. A platform is a struct of
/// facets; a facet is a struct of static functions. Each function is one OS call with its arguments translated and its
/// failure turned into `vitte::error`, whose `operation` names the call. It does not loop, allocate, throw or decide:
/// retry after interruption and short transfers belong to the layer above. All functions may be called from any thread.
/// Paths are UTF-8 and end with a NUL. A platform that lacks a facet does not have the member.
#pragma once

#include <concepts>
#include <utility>
#include <vitte/sys/platform/completion_types.hpp>
#include <vitte/sys/platform/device_types.hpp>
#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/poller_types.hpp>
#include <vitte/sys/platform/signal_types.hpp>
#include <vitte/sys/platform/socket_types.hpp>

namespace vitte::sys {

/// Pages of virtual memory. Addresses and sizes are multiples of `page_size()`, except the size of a mapped file.
/// - `page_size()`, `granularity()`: powers of two, the same for the life of the process; reservations and file offsets
///   are multiples of the granularity.
/// - `reserve(n)`: address space of `n` bytes that no one else gets; touching it is a fault.
/// - `commit(p, n, a)`: makes reserved pages usable; they read as zero the first time.
/// - `decommit(p, n)`: gives the content of the pages back; the address space stays reserved.
/// - `protect(p, n, a)`: changes what may be done with committed pages. Without an MMU pages are always readable,
///   writable and executable: other rights are `errc::not_supported`.
/// - `map_file(at, n, a, h, offset)`: a private copy-on-write view, or a copy, of `n` bytes of the file `h` from
///   `offset`, a multiple of the granularity. `at` is null for any place, or inside a reservation, whose pages the view
///   then replaces; `errc::not_supported` where that cannot be.
/// - `map_shared(at, n, a, h, offset)`: the same, and what is written to it is the file's and every other view's.
/// - `map_huge(n)`: committed, writable pages of the size of huge pages; `errc::out_of_memory` if none are set aside.
/// - `release(p, n)`: undoes a whole `reserve` or `map_...`.
/// - `advise(p, n, advice)`: a hint. `errc::not_supported` if the OS has nothing of the kind.
/// - `lock(p, n)`, `unlock(p, n)`: keeps pages in memory.
/// - `sync(p, n)`: returns when changes of a shared view of a file are stored.
/// - `protection(p)`: what may be done with the page that holds `p`; `access::none` if nothing is there.
/// - `create_shared()`: an object without a name, empty, for `map_shared`; a file handle.
/// - `open_shared(name, mode)`: an object that other processes find under `name`, which is `remove_shared(name)`d
///   later.
/// - `resize_shared(h, n)`, `seal(h, bits)`: its size, and what will never change any more (bits of `memory_seal`).
/// Some
///   systems set a size, of whole pages, only once: `errc::not_supported`.
/// - `flush_instruction_cache(p, n)`: code that was written there may be executed after it returns.
template <class M>
concept memory_facet = requires(void* p, std::size_t n, access a, typename M::file_handle h, std::uint64_t offset,
                                const char* name, memory_advice advice, open_mode mode, unsigned bits) {
    { M::page_size() } noexcept -> std::same_as<std::size_t>;
    { M::granularity() } noexcept -> std::same_as<std::size_t>;
    { M::reserve(n) } noexcept -> std::same_as<result<void*>>;
    { M::commit(p, n, a) } noexcept -> std::same_as<result<void>>;
    { M::decommit(p, n) } noexcept -> std::same_as<result<void>>;
    { M::protect(p, n, a) } noexcept -> std::same_as<result<void>>;
    { M::map_file(p, n, a, h, offset) } noexcept -> std::same_as<result<void*>>;
    { M::map_shared(p, n, a, h, offset) } noexcept -> std::same_as<result<void*>>;
    { M::map_huge(n) } noexcept -> std::same_as<result<void*>>;
    { M::release(p, n) } noexcept -> std::same_as<result<void>>;
    { M::advise(p, n, advice) } noexcept -> std::same_as<result<void>>;
    { M::lock(p, n) } noexcept -> std::same_as<result<void>>;
    { M::unlock(p, n) } noexcept -> std::same_as<result<void>>;
    { M::sync(p, n) } noexcept -> std::same_as<result<void>>;
    { M::protection(p) } noexcept -> std::same_as<result<access>>;
    { M::create_shared() } noexcept -> std::same_as<result<typename M::file_handle>>;
    { M::open_shared(name, mode) } noexcept -> std::same_as<result<typename M::file_handle>>;
    { M::remove_shared(name) } noexcept -> std::same_as<result<void>>;
    { M::resize_shared(h, offset) } noexcept -> std::same_as<result<void>>;
    { M::seal(h, bits) } noexcept -> std::same_as<result<void>>;
    { M::flush_instruction_cache(p, n) } noexcept;
};

/// Files.
/// - `handle`, `invalid`: a trivially copyable handle, and the one that is never open.
/// - `open(path, options)`: not inherited by child processes. `errc::not_supported` for flags that the OS does not
///   know.
/// - `read(h, to, n)`, `read_at(h, to, n, offset)`: up to `n` bytes; 0 at the end of the file. `errc::interrupted` if a
///   signal came before any byte.
/// - `write(h, from, n)`, `write_at(h, from, n, offset)`: up to `n` bytes.
/// - `resize(h, n)`: cut off, or continued with zeros.
/// - `sync(h)`, `sync_data(h)`: returns when everything, or everything that reading needs, is stored.
/// - `info(h)`, `info(path)`: facts; the latter follows symbolic links.
/// - `close(h)`: the handle is gone even if it fails.
/// - `standard(s)`: the handle of a standard stream, which stays open; `invalid`, or one that is `errc::bad_handle` to
///   use, if the process has none.
/// - `remove(path)`: takes the name away.
/// - `paths`: a `path_style`, if paths are not written as on POSIX.
/// Some platforms have also:
/// - `read_vector(h, slices, n)`, `write_vector(h, slices, n)`: several pieces of memory in one call.
/// - `allocate(h, offset, n)`: room on the device for those bytes, which are zero where there was nothing.
/// - `try_lock(h, exclusive)`, `unlock(h)`: the whole file, against other handles that ask, too; `errc::would_block`.
/// - `set_mode(h, mode)`: POSIX permission bits.
/// - `clone(from, to)`, `clone_to(from, path)`: the whole content as one with `from` until either is written.
/// - `copy_some(from, to, n)`: up to `n` bytes from the position of one to that of the other, inside the kernel; 0 at
///   the end.
/// - `copy_some_at(from, offset, to, to_offset, n)`: the same at offsets; no position moves.
/// - `set_times(h, accessed, modified)`: `no_time` leaves one as it is. `set_owner(h, user, group)`: ~0 leaves one.
/// - `find_data(h, offset)`, `find_hole(h, offset)`: where the next one begins; `errc::end_of_input` if there is none,
///   and the end of the file is a hole. The position is anywhere afterwards.
/// - `punch_hole(h, offset, n)`: those bytes read as zero and take no room; the size stays.
/// - `attribute(h, name, to, n)`, `set_attribute(h, name, from, n)`, `remove_attribute(h, name)`,
///   `attributes(h, to, n)`: extended attributes; the last gives their names, each with a NUL. Both that read return
///   the size, also if `n` is 0, and fail with `errc::too_large` if there is not enough room.
/// - `access_list`: the name of the attribute that is a file's access control list. Where a file has one, the bits of
///   its mode that are else its group's are the most that others than owner and everybody may (acl(5)).
/// - `space(h)`: of the file system that it is on.
template <class F>
concept files_facet = requires(typename F::handle h, const char* path, const open_options& options, std::byte* to,
                               const std::byte* from, std::size_t n, std::uint64_t offset, standard_stream stream) {
    { F::invalid } -> std::convertible_to<typename F::handle>;
    { F::standard(stream) } noexcept -> std::same_as<typename F::handle>;
    { F::open(path, options) } noexcept -> std::same_as<result<typename F::handle>>;
    { F::read(h, to, n) } noexcept -> std::same_as<result<std::size_t>>;
    { F::read_at(h, to, n, offset) } noexcept -> std::same_as<result<std::size_t>>;
    { F::write(h, from, n) } noexcept -> std::same_as<result<std::size_t>>;
    { F::write_at(h, from, n, offset) } noexcept -> std::same_as<result<std::size_t>>;
    { F::resize(h, offset) } noexcept -> std::same_as<result<void>>;
    { F::sync(h) } noexcept -> std::same_as<result<void>>;
    { F::sync_data(h) } noexcept -> std::same_as<result<void>>;
    { F::info(h) } noexcept -> std::same_as<result<file_info>>;
    { F::info(path) } noexcept -> std::same_as<result<file_info>>;
    { F::close(h) } noexcept -> std::same_as<result<void>>;
    { F::remove(path) } noexcept -> std::same_as<result<void>>;
};

/// Folders, and what is done to names in them. Each path is relative to the folder `in`, so that nobody can put another
/// one in its place meanwhile; `current` stands for the process's own. Handles are those of `files`.
/// - `open(in, path, follow)`: a folder; a symbolic link at the end of the path is followed, or is
///   `errc::not_a_directory`.
/// - `open_file(in, path, options)`: as `files::open`.
/// - `info(in, path, follow)`: facts, of the link itself unless `follow`.
/// - `create(in, path, rights)`: an empty folder.
/// - `remove(in, path)`: a name that is no folder's. `remove_folder(in, path)`: an empty folder.
/// - `rename(in, path, in2, path2, mode)`, `link(in, path, in2, path2)`, `symbolic_link(text, in, path)`.
/// - `read_link(in, path, to, n)`: the text of a symbolic link, without a NUL, cut off after `n` bytes; its length.
/// - `sync(h)`: returns when the entries of the folder are stored.
/// - `listing`: an object for one folder at a time: `open(h)` begins at its first entry, `next(entry)` tells whether
///   there is another one, in any order and without "." and "..", and `close()` ends it.
/// - `set_times(in, path, follow, accessed, modified)`: as `files::set_times`.
/// - `current_path(to, n)`, `temporary_folder(to, n)`: where the process is, and where to put what is not kept, with a
///   NUL; the length without it. `errc::name_too_long` if it does not fit.
/// Some platforms have also:
/// - `set_mode(in, path, mode)`, `set_owner(in, path, follow, user, group)`.
/// - `make_current(h)`: the folder in which the process is from now on.
/// - `open_unnamed(in, folder, rights)`: a new file without a name, for reading and writing. `give_name(h, in, path)`:
///   and one.
/// - `open_to_search(in, path, follow)`: as `open`, and takes no right to read the folder; the handle is only good for
///   what is found from it by a path.
/// - `open_beneath(in, path, follow)`, `open_file_beneath(in, path, options)`: as `open` and `open_file`, and neither
///   ".." nor a link leads out of `in`, whoever moves folders meanwhile: `errc::cross_device`. `errc::would_block` if
///   too much was moved to be sure, `errc::not_supported` if the kernel does not know how.
/// - `only_down`: there, if ".." does not lead from a handle to the folder above.
/// - `canonical(path, to, n)`: the absolute path of what is there, without links; its length.
template <class D>
concept directories_facet = requires(typename D::handle h, const char* path, const open_options& options, bool follow,
                                     std::uint32_t rights, rename_mode mode, char* to, std::size_t n, std::int64_t time,
                                     typename D::listing listing, directory_entry& entry) {
    { D::current } -> std::convertible_to<typename D::handle>;
    { D::open(h, path, follow) } noexcept -> std::same_as<result<typename D::handle>>;
    { D::open_file(h, path, options) } noexcept -> std::same_as<result<typename D::handle>>;
    { D::info(h, path, follow) } noexcept -> std::same_as<result<file_info>>;
    { D::create(h, path, rights) } noexcept -> std::same_as<result<void>>;
    { D::remove(h, path) } noexcept -> std::same_as<result<void>>;
    { D::remove_folder(h, path) } noexcept -> std::same_as<result<void>>;
    { D::rename(h, path, h, path, mode) } noexcept -> std::same_as<result<void>>;
    { D::link(h, path, h, path) } noexcept -> std::same_as<result<void>>;
    { D::symbolic_link(path, h, path) } noexcept -> std::same_as<result<void>>;
    { D::read_link(h, path, to, n) } noexcept -> std::same_as<result<std::size_t>>;
    { D::sync(h) } noexcept -> std::same_as<result<void>>;
    { D::set_times(h, path, follow, time, time) } noexcept -> std::same_as<result<void>>;
    { D::current_path(to, n) } noexcept -> std::same_as<result<std::size_t>>;
    { D::temporary_folder(to, n) } noexcept -> std::same_as<result<std::size_t>>;
    { listing.open(h) } noexcept -> std::same_as<result<void>>;
    { listing.next(entry) } noexcept -> std::same_as<result<bool>>;
    { listing.close() } noexcept;
};

/// What happens in folders: an object.
/// - `watches_trees`: whether `add(path, true)` is about all that is below.
/// - `open()`, `close()`.
/// - `add(path, whole_tree)`: from now on; the number that changes will bear. `remove(number)`: no more.
/// - `next(change)`: whether there was one; does not wait. `wait(until)`: until there may be one.
/// - `native_handle()`: there, where a poller can watch it: it is readable when `next` may have something.
/// - `only_itself`: there, if `add` is about one file or folder alone, and tells of a folder only that its entries are
///   others.
template <class W>
concept watch_queue_facet = requires(W queue, const char* path, bool whole_tree, std::uint32_t folder,
                                     folder_change& change, std::int64_t until) {
    { W::watches_trees } -> std::convertible_to<bool>;
    { queue.open() } noexcept -> std::same_as<result<void>>;
    { queue.close() } noexcept;
    { queue.add(path, whole_tree) } noexcept -> std::same_as<result<std::uint32_t>>;
    { queue.remove(folder) } noexcept;
    { queue.next(change) } noexcept -> std::same_as<result<bool>>;
    { queue.wait(until) } noexcept -> std::same_as<result<void>>;
};

/// What is asked of streams, such as terminals and pipes; handles are those of `files`.
/// - `is_terminal(h)`: whether somebody sits at the other end.
/// - `wait(waits, n, until)`: returns when one of at most `most_stream_waits` is ready, and which; `errc::timed_out`
///   when the monotonic clock is `until`, `errc::interrupted`.
template <class S, class Handle>
concept streams_facet = requires(Handle h, stream_wait<Handle>* waits, std::size_t n, std::int64_t until) {
    { S::is_terminal(h) } noexcept -> std::same_as<bool>;
    { S::wait(waits, n, until) } noexcept -> std::same_as<result<void>>;
};

/// Clocks, in nanoseconds.
/// - `monotonic()`: never goes back; its zero is arbitrary. It may stand still while the system sleeps.
/// - `boot()`: the same, and it counts the time that the system sleeps.
/// - `coarse()`: `monotonic()` as it was at the last tick of the kernel; cheap.
/// - `wall()`: since 1970-01-01 UTC, without leap seconds; may be set by the administrator.
/// - `process_cpu()`, `thread_cpu()`: CPU time used by this process, by this thread.
/// - `sleep_until(t)`: sleeps until `monotonic()` is `t`; `errc::interrupted` if a signal came first.
template <class C>
concept clocks_facet = requires(std::int64_t t) {
    { C::monotonic() } noexcept -> std::same_as<std::int64_t>;
    { C::boot() } noexcept -> std::same_as<std::int64_t>;
    { C::coarse() } noexcept -> std::same_as<std::int64_t>;
    { C::wall() } noexcept -> std::same_as<std::int64_t>;
    { C::process_cpu() } noexcept -> std::same_as<std::int64_t>;
    { C::thread_cpu() } noexcept -> std::same_as<std::int64_t>;
    { C::sleep_until(t) } noexcept -> std::same_as<result<void>>;
};

/// Threads, and the one primitive that every lock is made of.
/// - `wait(word, expected, until)`: sleeps while `*word` is `expected`, until it is woken or the monotonic clock is
///   `until`, which is not negative and may be long ago. `errc::would_block` if the word has another value,
///   `errc::timed_out`, but not before `until`, `errc::interrupted`; it may also succeed for no reason.
/// - `wake_one(word)`: wakes one sleeper; whether there was one, false if the OS does not tell. `wake_all(word)`: all.
/// - `start<entry>(stack, argument)`: a thread that calls `entry(argument)`; `stack` in bytes, 0 for the OS's size.
/// - `join(h)`: waits for its end. `detach(h)`: nobody will.
/// - `yield()`, `id()`: of this thread; the id is unique in the process, on most systems in the whole system, while it
///   lives.
/// - `name(text)`: names this thread for debuggers; what the OS has no room for is cut off.
/// - `affinity()`, `set_affinity(cpus)`, `set_priority(p)`: of this thread.
/// - `cpu_count()`: how many CPUs this thread may use at a time, by affinity and by quota, rounded up; at least 1.
/// - `create_key(destroy)`, `delete_key(k)`, `get(k)`, `set(k, p)`: one pointer per thread; `destroy` gets it at the
///   end of the thread if it is not null. Whether `delete_key` destroys what threads still have is the OS's.
/// Some platforms have also:
/// - `one_at_a_time`: there, if no two threads run at the same time: nobody changes anything while another one spins.
/// - `is_only()`: true if the C library knows that the process has one thread, so that locks need no atomic
///   instructions; it costs a load. False says nothing.
template <class T>
concept threads_facet = requires(const std::uint32_t* word, std::uint32_t expected, std::int64_t until,
                                 typename T::handle h, typename T::key k, std::size_t n, void* p, const char* text,
                                 const cpu_set& cpus, thread_priority priority, void (*destroy)(void*)) {
    { T::wait(word, expected, until) } noexcept -> std::same_as<result<void>>;
    { T::wake_one(word) } noexcept -> std::same_as<bool>;
    { T::wake_all(word) } noexcept;
    {
        T::template start<[](void*) {}>(n, p)
    } noexcept -> std::same_as<result<typename T::handle>>;
    { T::join(h) } noexcept -> std::same_as<result<void>>;
    { T::detach(h) } noexcept -> std::same_as<result<void>>;
    { T::yield() } noexcept;
    { T::id() } noexcept -> std::same_as<std::uint64_t>;
    { T::name(text) } noexcept -> std::same_as<result<void>>;
    { T::affinity() } noexcept -> std::same_as<result<cpu_set>>;
    { T::set_affinity(cpus) } noexcept -> std::same_as<result<void>>;
    { T::set_priority(priority) } noexcept -> std::same_as<result<void>>;
    { T::cpu_count() } noexcept -> std::same_as<unsigned>;
    { T::create_key(destroy) } noexcept -> std::same_as<result<typename T::key>>;
    { T::delete_key(k) } noexcept;
    { T::get(k) } noexcept -> std::same_as<void*>;
    { T::set(k, p) } noexcept -> std::same_as<result<void>>;
};

/// The OS's cryptographically secure random numbers.
/// - `fill(to, n)`: fills a prefix of `n` bytes, at least 256 of them if there are as many; returns its length.
template <class R>
concept random_facet = requires(std::byte* to, std::size_t n) {
    { R::fill(to, n) } noexcept -> std::same_as<result<std::size_t>>;
};

/// The OS's own dynamic linker.
/// - `open(path)`: loads a library and what it needs, all symbols bound at once and kept to itself. Without a folder in
///   `path`, the OS looks in its own places and never in the current folder. Null is the program itself.
/// - `symbol(h, name)`: an exported symbol; `errc::not_found` if there is none.
/// - `close(h)`: gives it back; the OS decides when it goes.
template <class L>
concept libraries_facet = requires(typename L::handle h, const char* text) {
    { L::open(text) } noexcept -> std::same_as<result<typename L::handle>>;
    { L::symbol(h, text) } noexcept -> std::same_as<result<void*>>;
    { L::close(h) } noexcept -> std::same_as<result<void>>;
};

/// What the OS's linker has put into this process.
/// - `for_each(f, context)`: calls `f(context, image)` for the program and every library.
/// - `generation()`: a number that changes when a library comes or goes.
/// - `cpu()`: what IFUNC resolvers are told.
/// - `report(callback, data, image)`: calls what somebody has given to `dl_iterate_phdr` for one more image, where
///   there is such a function; null images stand for all that the OS knows.
template <class I>
concept images_facet = requires(void* context, void (*visit)(void*, const loaded_image&), const loaded_image* image) {
    { I::for_each(visit, context) };
    { I::generation() } noexcept -> std::same_as<std::uint64_t>;
    { I::cpu() } noexcept -> std::same_as<cpu_capabilities>;
    { I::report(context, context, image) } -> std::same_as<int>;
};

/// - `run(f, context)`: calls `f(context)` in every thread of the process, of which there may be some that the program
///   does not know; some may have made the call if it fails.
template <class E>
concept every_thread_facet = requires(void (*work)(void*), void* context) {
    { E::run(work, context) } noexcept -> std::same_as<result<void>>;
};

/// Environment variables of this process.
/// - `get(name, to, room)`: puts the value and a NUL to `to` if it has `room` for them; returns the length without the
///   NUL. `errc::not_found` if there is no such variable.
/// - `for_each(f, context)`: calls `f(context, "NAME=value")` for each, while nobody changes any.
template <class E>
concept environment_facet =
    requires(const char* name, char* to, std::size_t room, void* context, void (*visit)(void*, const char*)) {
        { E::get(name, to, room) } noexcept -> std::same_as<result<std::size_t>>;
        { E::for_each(visit, context) };
    };

/// Child processes, and this one.
/// - `child`: a trivially copyable handle.
/// - `spawn(request)`: a new process that runs a program; no handle is open in it but those that it is given, no signal
///   is blocked or handled. What keeps its program from starting is the failure of this.
/// - `wait(c, until)`: how it ended, which is told once; `errc::timed_out` when the monotonic clock is `until`,
///   `errc::interrupted` before that for any reason.
/// - `send(c, signal)`: of a child that was not waited for yet. `send_group(c, signal)`: to the group that it leads,
///   or, where the OS keeps them together in another way, to all its descendants.
/// - `close(c)`: gives the handle back; the process goes on. `id(c)`: the number that the OS gave it.
/// - `pipe_end`: this process's end of a pipe, not inherited: `open(child_reads)` returns the child's end,
///   `begin(data, n)` says what is to be transferred, which stays there until `finish()` tells how much it was
///   (`errc::would_block`: nothing yet; 0: the end) or `cancel()` or `close()` gives up; `wait_any(ends, n, until)`
///   waits for one of at most three.
/// - `null_device`, `list_separator`, `suffix`: a path that reads as empty; what is between the folders of PATH; what
///   names of programs end with.
/// - `own_id()`, `own_use()`: of this process.
/// Some platforms have also:
/// - `executable(to, n)`: the path of this program, with a NUL; its length. `arguments(to, n)`: what it was called
///   with, each with a NUL; as much as there is room for.
/// - `end_handle(c)`: what a poller, or an `object_wait`, finds ready when a child that was not waited for has ended;
///   `errc::not_found` if it has by now. Given back by `close_end_handle(h)`.
/// - `await_end(c, until)`: as `wait`, but does not tell how it ended: its number is its own until that was told.
/// - `keeps_trees`: there, if `send_group` reaches all descendants of any child.
/// - `list(to, n)`: all processes that can be seen; how many there are. `send_id(id, signal)`: to any process.
/// - `writers(pipe, to, n)`: the processes that can write to the pipe whose reading end this process has under the
///   number `pipe_end::native_handle()`, without those that can read from it, too; how many there are.
template <class R>
concept processes_facet =
    requires(const process_request<typename R::pipe_end::handle>& request, typename R::child child, std::int64_t until,
             process_signal signal, typename R::pipe_end end, typename R::pipe_end* const* ends, std::byte* data,
             std::size_t n, bool child_reads) {
        { R::spawn(request) } noexcept -> std::same_as<result<typename R::child>>;
        { R::wait(child, until) } noexcept -> std::same_as<result<exit_status>>;
        { R::send(child, signal) } noexcept -> std::same_as<result<void>>;
        { R::send_group(child, signal) } noexcept -> std::same_as<result<void>>;
        { R::close(child) } noexcept;
        { R::id(child) } noexcept -> std::same_as<std::uint64_t>;
        { end.open(child_reads) } noexcept -> std::same_as<result<typename R::pipe_end::handle>>;
        { end.is_open() } noexcept -> std::same_as<bool>;
        { end.begin(data, n) } noexcept;
        { end.finish() } noexcept -> std::same_as<result<std::size_t>>;
        { end.cancel() } noexcept;
        { end.close() } noexcept;
        { R::pipe_end::wait_any(ends, n, until) } noexcept -> std::same_as<result<void>>;
        { R::null_device } -> std::convertible_to<const char*>;
        { R::own_id() } noexcept -> std::same_as<std::uint64_t>;
        { R::own_use() } noexcept -> std::same_as<resource_use>;
    };

/// Sockets. None of them blocks: what would is `errc::would_block`, and nothing that is sent raises a signal.
/// - `handle`, `invalid`: a trivially copyable handle, and the one that is never open.
/// - `open(family, kind)`: not inherited by child processes. `errc::not_supported` for what the system does not know.
/// - `bind(h, address)`, `listen(h, backlog)`.
/// - `accept(h, peer)`: the next connection; `peer` gets the address of its other end.
/// - `connect(h, address)`: `errc::would_block` if it is under way: once `h` is writable, `take_error(h)` tells what
///   has come of it. Of a datagram socket, the only address that it sends to and receives from.
/// - `receive(h, to, n)`: what is there, up to `n` bytes; 0 at the end of a stream. Of a message the rest is lost.
/// - `send(h, from, n)`: up to `n` bytes, or one message. `errc::broken_pipe` if the connection is over.
/// - `receive_vector(h, slices, n)`, `send_vector(h, slices, n)`: the same of several pieces of memory.
/// - `receive_from(h, message)`, `send_to(h, message)`: one message; of a failure it stays as it was.
/// - `shut_down(h, directions)`: bits of `socket_direction` end; the other side gets what was sent before.
/// - `local_address(h)`, `peer_address(h)`; `take_error(h)`: what has failed since it was last asked.
/// - `option(h, o)`, `set_option(h, o, value)`: `errc::not_supported` for what the system does not know.
/// - `wait(h, events, until)`: which bits of `socket_event` are true when one of `events` is, or `socket_hung_up`.
///   `errc::timed_out` when the monotonic clock is `until`; `errc::interrupted`.
/// - `close(h)`: the handle is gone even if it fails.
/// Some platforms have also:
/// - `open_pair(kind, ends)`: two local sockets that are connected with each other.
/// - `send_batch(h, messages, n)`, `receive_batch(h, messages, n)`: several messages in one call; how many.
/// - `send_file(h, file, offset, n)`: bytes of a file, inside the kernel; how many.
/// - `send_segments(h, message, segment)`: as messages of `segment` bytes each, of which the last may be shorter; how
///   many bytes, whole messages. `errc::invalid_argument` or others if these cannot be sent so.
/// - `splice`: an object that holds bytes on their way inside the kernel: `open()`, `close()`, `fill(h, n)` with up to
///   `n` that are received; how many, 0 at the end of a stream. `drain(h, n)` sends up to `n` of them; how many.
/// - `is_stream(h)`: whether it carries bytes and not messages.
/// - `send_handles(h, slices, n, handles, count)`, `receive_handles(h, slices, n, handles, count)`: descriptors of
/// files
///   with a piece of a local connection; `count` is the room for those that are received, and how many came.
/// - `credentials(h)`: of the process at the other end of a local connection.
/// - `reuse_steals`: there, if `socket_option::reuse_address` lets others take the address away.
/// - `join_group(h, group, interface)`, `leave_group(h, group, interface)`: multicast; 0 is any interface.
template <class S>
concept sockets_facet =
    requires(typename S::handle h, socket_family family, socket_kind kind, const socket_address& address,
             socket_address& peer, std::byte* to, const std::byte* from, const io_slice* slices, std::size_t n,
             datagram& message, socket_option option, int value, unsigned bits, std::int64_t until) {
        { S::invalid } -> std::convertible_to<typename S::handle>;
        { S::open(family, kind) } noexcept -> std::same_as<result<typename S::handle>>;
        { S::bind(h, address) } noexcept -> std::same_as<result<void>>;
        { S::listen(h, value) } noexcept -> std::same_as<result<void>>;
        { S::accept(h, peer) } noexcept -> std::same_as<result<typename S::handle>>;
        { S::connect(h, address) } noexcept -> std::same_as<result<void>>;
        { S::receive(h, to, n) } noexcept -> std::same_as<result<std::size_t>>;
        { S::send(h, from, n) } noexcept -> std::same_as<result<std::size_t>>;
        { S::receive_vector(h, slices, n) } noexcept -> std::same_as<result<std::size_t>>;
        { S::send_vector(h, slices, n) } noexcept -> std::same_as<result<std::size_t>>;
        { S::receive_from(h, message) } noexcept -> std::same_as<result<void>>;
        { S::send_to(h, message) } noexcept -> std::same_as<result<void>>;
        { S::shut_down(h, bits) } noexcept -> std::same_as<result<void>>;
        { S::local_address(h) } noexcept -> std::same_as<result<socket_address>>;
        { S::peer_address(h) } noexcept -> std::same_as<result<socket_address>>;
        { S::take_error(h) } noexcept -> std::same_as<result<void>>;
        { S::option(h, option) } noexcept -> std::same_as<result<int>>;
        { S::set_option(h, option, value) } noexcept -> std::same_as<result<void>>;
        { S::wait(h, bits, until) } noexcept -> std::same_as<result<unsigned>>;
        { S::close(h) } noexcept -> std::same_as<result<void>>;
    };

/// Addresses of hosts.
/// - `resolve(host, to, n)`: the addresses of a name, or of the text of an address, those first that should be tried
///   first, at most `n`; how many. It may take minutes. `errc::not_found`; `errc::unreachable` if nobody answers.
template <class N>
concept names_facet = requires(const char* host, ip_address* to, std::size_t n) {
    { N::resolve(host, to, n) } noexcept -> std::same_as<result<std::size_t>>;
};

/// Which of many handles are ready: an object. One thread waits at a time; others may call anything else meanwhile but
/// `open` and `close`.
/// - `handle`: that of `sockets`, which other handles may be as well.
/// - `open()`, `close()`, `is_open()`: a copy of the object is the same poller.
/// - `add(h, interest, trigger, key)`: tells of `h`, which it did not before, with bits of `socket_event`: of those in
///   `interest`, and of `socket_hung_up`, which on some systems only comes with one of the others. `key` is any number
///   but `reserved_key`; `errc::too_large` where the kernel keeps fewer bits. `errc::not_supported` for a trigger that
///   the system does not have, which only `poll_trigger::edge` may be; who has it tells with the last `socket_readable`
///   also `socket_ended` or `socket_hung_up`.
/// - `change(h, interest, trigger, key)`: from now on; begins anew, also if it was told of once and no more.
/// - `remove(h)`: no more, but for what a `wait` is about to return. A handle is removed before it is closed: whether
///   a closed one is told of no more, or as long as there are copies of it, or the next one with its number in its
///   stead, is the system's.
/// - `wait(to, room, until)`: how many are ready, at most `room`, which is at least 1; a handle may be told of twice,
///   for one event each. 0 if it was woken. `errc::timed_out` when the monotonic clock is `until`; `errc::interrupted`.
/// - `wake()`: makes one `wait` return, the one that is under way or the next; several before it may be as one.
/// Some platforms have also:
/// - `native_handle()`: what is readable when `wait` would return.
/// - `object_wait`: where `handle` is that of sockets alone, an object that waits for another one of the kernel:
///   `open(object, call, context)` has another thread call `call(context)` once, when it is signalled; after `close()`
///   that is not under way, nor comes any more.
template <class Q>
concept poller_facet =
    requires(Q poller, const Q& constant, typename Q::handle h, unsigned interest, poll_trigger trigger,
             std::uint64_t key, readiness* to, std::size_t room, std::int64_t until) {
        { poller.open() } noexcept -> std::same_as<result<void>>;
        { poller.close() } noexcept;
        { constant.is_open() } noexcept -> std::same_as<bool>;
        { poller.add(h, interest, trigger, key) } noexcept -> std::same_as<result<void>>;
        { poller.change(h, interest, trigger, key) } noexcept -> std::same_as<result<void>>;
        { poller.remove(h) } noexcept -> std::same_as<result<void>>;
        { poller.wait(to, room, until) } noexcept -> std::same_as<result<std::size_t>>;
        { poller.wake() } noexcept;
    };

/// Devices, and what is asked of them besides bytes. Handles are those of `files`.
/// - `handle`, `invalid`: as of `files`. `direct`: the same without anybody around its calls, for handlers of signals.
/// - `control(h, number, argument, in, out)`: a request (ioctl(2), DeviceIoControl): `argument` is a number, or the
///   address of `in` bytes that are told and `out` bytes that are answered; what the call returned.
///   `errc::not_supported` if the device does not know it.
/// - `wait(h, to_write, until)`: returns when reading, or writing, would not block; `errc::timed_out` when the
/// monotonic
///   clock is `until`, `errc::interrupted`.
/// - `is_terminal(h)`; `state_of(h)`, `set_state(h, s)`: what a terminal or serial line does with bytes, a trivially
///   copyable `state`; at once. These may be called in handlers of signals.
/// - `in_manner(s, how)`: `s` changed; asks nobody.
/// - `watch_ends(undo, redo)`: from now on, `undo` is called before the process ends, by `exit` or by a signal that may
///   be handled, in its handler; if the process goes on after all, then `redo`. Also the last of several calls counts
///   alone. `unwatch_ends()`: no more.
/// - `may_restore(h)`: whether the terminal is this process's to be put back then.
/// - `open_serial(path)`: a serial line, for reading and writing, which does not block.
/// - `read(h, to, n)`, `write(h, from, n)`: of such a line, or a pseudo-terminal; `errc::would_block`.
/// - `settings_of(s)`, `with_settings(s, settings)`: how bits travel; asks nobody. `errc::not_supported`.
/// - `drain(h)`: returns when what was written has gone. `flush(h, queues)`: forgets bits of `device_queue`.
/// - `close(h)`: the handle is gone even if it fails.
/// Some platforms have also:
/// - `size(h)`, `set_size(h, size)`: of a terminal.
/// - `open_pseudo_terminal()`: one side, which does not block and is not inherited; `open_peer(h)`: the other, which
///   does not become the process's terminal. Or, on Windows:
/// - `open_console(size, reads, writes)`: a console between two pipes; `resize_console(c, size)`, `close_console(c)`.
/// - `output_apart`: there, if a terminal's output has a state of its own. `next_event(h)`: what came from a console.
/// - `lines(h)`, `set_lines(h, which, on)`: bits of `modem_line`. `unsent(h)`: bytes that were written and are not
/// gone.
/// - `set_break(h, on)`, or `send_break(h)`, as long as the system likes. `set_exclusive(h, on)`: nobody else opens it.
/// - `storage(h)`: of a block device.
template <class D, class Handle>
concept devices_facet =
    requires(Handle h, void* argument, std::size_t n, std::byte* to, const std::byte* from, typename D::state state,
             terminal_manner how, const serial_settings& settings, const char* path, bool flag, std::int64_t until,
             unsigned bits, void (*work)() noexcept) {
        requires std::same_as<typename D::handle, Handle>;
        typename D::direct;
        { D::invalid } -> std::convertible_to<Handle>;
        { D::control(h, 0ul, argument, n, n) } noexcept -> std::same_as<result<int>>;
        { D::wait(h, flag, until) } noexcept -> std::same_as<result<void>>;
        { D::is_terminal(h) } noexcept -> std::same_as<bool>;
        { D::state_of(h) } noexcept -> std::same_as<result<typename D::state>>;
        { D::set_state(h, state) } noexcept -> std::same_as<result<void>>;
        { D::in_manner(state, how) } noexcept -> std::same_as<typename D::state>;
        { D::watch_ends(work, work) } noexcept -> std::same_as<result<void>>;
        { D::unwatch_ends() } noexcept;
        { D::may_restore(h) } noexcept -> std::same_as<bool>;
        { D::open_serial(path) } noexcept -> std::same_as<result<Handle>>;
        { D::read(h, to, n) } noexcept -> std::same_as<result<std::size_t>>;
        { D::write(h, from, n) } noexcept -> std::same_as<result<std::size_t>>;
        { D::settings_of(state) } noexcept -> std::same_as<result<serial_settings>>;
        { D::with_settings(state, settings) } noexcept -> std::same_as<result<typename D::state>>;
        { D::drain(h) } noexcept -> std::same_as<result<void>>;
        { D::flush(h, bits) } noexcept -> std::same_as<result<void>>;
        { D::close(h) } noexcept -> std::same_as<result<void>>;
    };

/// What the process is told from outside, and what becomes of its threads' faults.
/// - `reader`: an object: `open(set)` has the signals told by `read()` and in no other way, until `close()`, which the
///   same thread calls. `read()`: one that came, or `errc::would_block`. `wait(until)`: until one may have come;
///   `errc::timed_out`, `errc::interrupted`. `native_handle()`: what a poller, or an `object_wait`, watches.
/// - `catcher`: as `reader`, for signals to any thread. After the first one that an `open(set, true)` tells of, signals
///   of the set do what they did before. `caught()`: whether one came; from any thread.
/// - `ignore(kind)`: nothing happens when it comes; what did before, for `restore(kind, before)`. It succeeds for what
///   never comes. `is_ignored(kind)`: in such a way.
/// - `add_fault_handler(link)`: calls `link.handle` in a thread that faults, before those that were added before it and
///   who handled such faults before them, until `remove_fault_handler(link)`. Not for several threads at once.
/// - `least_stack()`: bytes that a handler needs. `use_stack(p, n)`: handlers of faults of this thread run there; what
///   they ran on before, for `restore_stack(before)`. `errc::not_supported` where they run on the thread's own.
/// - `add_child_link(link)`, where nobody else tells of children, and not around others: has `link.tell(link)` called,
///   until `remove_child_link(link)`, when one may have ended; who handled that before is called, too. Any thread.
template <class S>
concept signals_facet = requires(typename S::reader reader, typename S::catcher catcher, signal_set set,
                                 signal_kind kind, std::int64_t until, fault_link& link, void* p, std::size_t n,
                                 const typename S::disposition& before, const typename S::stack& stack) {
    { reader.open(set) } noexcept -> std::same_as<result<void>>;
    { catcher.open(set, true) } noexcept -> std::same_as<result<void>>;
    { reader.read() } noexcept -> std::same_as<result<signal_info>>;
    { catcher.read() } noexcept -> std::same_as<result<signal_info>>;
    { reader.wait(until) } noexcept -> std::same_as<result<void>>;
    { catcher.wait(until) } noexcept -> std::same_as<result<void>>;
    { reader.close() } noexcept;
    { catcher.close() } noexcept;
    { reader.is_open() } noexcept -> std::same_as<bool>;
    { catcher.is_open() } noexcept -> std::same_as<bool>;
    { catcher.caught() } noexcept -> std::same_as<bool>;
    { S::ignore(kind) } noexcept -> std::same_as<result<typename S::disposition>>;
    { S::restore(kind, before) } noexcept;
    { S::is_ignored(kind) } noexcept -> std::same_as<bool>;
    { S::add_fault_handler(link) } noexcept -> std::same_as<result<void>>;
    { S::remove_fault_handler(link) } noexcept;
    { S::least_stack() } noexcept -> std::same_as<std::size_t>;
    { S::use_stack(p, n) } noexcept -> std::same_as<result<typename S::stack>>;
    { S::restore_stack(stack) } noexcept;
};

/// Operations that the kernel carries out, and tells of when they are completed: an object, which stays where it is.
/// Only the thread that has opened it submits and waits.
/// - `handle`: that of `sockets`. `envelope`: an object for requests of messages and of connections to be accepted, at
///   its `data()` until they are completed. Before each `hold(message, is_sent)` says which message, whose data stays,
///   or `address_later()` that a connection is accepted. Afterwards `address()` is the sender's, `truncated()` whether
///   the message was longer. If it has `accepted(number)`, that is the handle of an accepted connection.
/// - `open(entries)`, `close()`, `is_open()`: a ring with room for that many requests, a power of two, which no child
///   inherits. `errc::not_supported`, `errc::invalid_argument` or `errc::permission_denied` if the kernel has none for
///   this program. When it is closed nothing may be under way that has memory.
/// - `submit(request)`: for the next `wait`, which hands it in; `errc::would_block` if there is no room until then. The
///   handle may be closed after that, and what is under way keeps what it stands for open. Each request is completed
///   once, also one that fails, is cancelled, or cancels another one.
/// - `wait(to, room, until)`: hands in what was submitted, and waits until something is completed, if nothing is yet;
/// how
///   much of it is told, at most `room`; the rest is kept, however much it is. `errc::timed_out` when the monotonic
///   clock is `until`, `errc::interrupted`; `errc::would_block` if there is no memory for it now;
///   `errc::already_exists` for another thread.
template <class C>
concept completions_facet =
    requires(C ring, const C& constant, std::uint32_t entries, const completion_request<typename C::handle>& wanted,
             completion* to, std::size_t room, std::int64_t until) {
        { ring.open(entries) } noexcept -> std::same_as<result<void>>;
        { ring.close() } noexcept;
        { constant.is_open() } noexcept -> std::same_as<bool>;
        { ring.submit(wanted) } noexcept -> std::same_as<result<void>>;
        { ring.wait(to, room, until) } noexcept -> std::same_as<result<std::size_t>>;
    };

/// What the kernel enforces upon this thread, and upon all that it starts, for ever.
/// - `supported()`: the rules that the running kernel enforces, bits of `sandbox_rule`.
/// - `open_place(in, path)`: a handle that stands for what is there and for all beneath, and is good for nothing else;
///   handles are those of `files`.
/// - `thread_count()`: of this process.
/// - `ruleset`: an object: `open(rules)` begins with nothing allowed, for rules that are supported;
///   `allow(place, rights)` lets bits of `sandbox_right` through, `allow_port(port, rights)` those of
///   `sandbox_port_right`; `enforce()` is the step that cannot be undone, which a child that shares the memory of its
///   parent can take for itself; `close()` gives up what it holds. It may have `leave_group()`: before `enforce()`, the
///   process leaves the process group that it shares with others, if the rules are about signals.
template <class S>
concept sandbox_facet =
    requires(typename S::handle h, const char* path, typename S::ruleset set, unsigned bits, std::uint16_t port) {
        { S::supported() } noexcept -> std::same_as<unsigned>;
        { S::open_place(h, path) } noexcept -> std::same_as<result<typename S::handle>>;
        { S::thread_count() } noexcept -> std::same_as<result<std::size_t>>;
        { set.open(bits) } noexcept -> std::same_as<result<void>>;
        { set.allow(h, bits) } noexcept -> std::same_as<result<void>>;
        { set.allow_port(port, bits) } noexcept -> std::same_as<result<void>>;
        { std::as_const(set).enforce() } noexcept -> std::same_as<result<void>>;
        { set.close() } noexcept;
    };

/// Accesses to memory that are expected to fault, and end what made them.
/// - `supported`: whether the platform can do it on this machine.
/// - `watch`: an object: `expected(context, address)` tells, inside the handler, whether a fault is expected;
///   `arguments` are the registers of the first, second and fourth integer argument as they were then.
/// - `install()`: handles faults of the process from now on; those that nobody expects go to who handled them before.
/// - `run(w, body, context)`: calls `body(context)`; false if a fault that `w` expects has ended it.
template <class F>
concept faults_facet = requires(typename F::watch w, void (*body)(void*), void* context) {
    { F::supported } -> std::convertible_to<bool>;
    { w.expected(context, context) } -> std::same_as<bool>;
    { w.arguments[2] } -> std::convertible_to<std::uintptr_t>;
    { F::install() } noexcept -> std::same_as<result<void>>;
    { F::run(w, body, context) } noexcept -> std::same_as<bool>;
};

}  // namespace vitte::sys
