/// The contract of a platform: what an OS has to offer so that everything above works on it. A platform is a struct of
/// facets; a facet is a struct of static functions. Each function is one OS call with its arguments translated and its
/// failure turned into `vitte::error`, whose `operation` names the call. It does not loop, allocate, throw or decide:
/// retry after interruption and short transfers belong to the layer above. All functions may be called from any thread.
/// Paths are UTF-8 and end with a NUL. A platform that lacks a facet does not have the member.
#pragma once

#include <concepts>
#include <span>

#include <vitte/core/result.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys {

/// Pages of virtual memory. Addresses and sizes are multiples of `page_size()`, except the size of a mapped file.
/// - `page_size()`: a power of two, the same for the life of the process.
/// - `reserve(n)`: address space of `n` bytes that no one else gets; touching it is a fault.
/// - `commit(p, n, a)`: makes reserved pages usable; they read as zero the first time.
/// - `decommit(p, n)`: gives the content of the pages back; the address space stays reserved.
/// - `protect(p, n, a)`: changes what may be done with committed pages.
/// - `map_file(at, n, a, h, offset)`: a private copy-on-write view of `n` bytes of the file `h` from `offset`, a multiple
///   of the page size. `at` is null for any place, or inside a reservation, whose pages the view then replaces.
/// - `release(p, n)`: undoes a whole `reserve` or `map_file`.
/// - `flush_instruction_cache(p, n)`: code that was written there may be executed after it returns.
template <class M>
concept memory_facet = requires(void* p, std::size_t n, access a, int h, std::uint64_t offset) {
    { M::page_size() } noexcept -> std::same_as<std::size_t>;
    { M::reserve(n) } noexcept -> std::same_as<result<void*>>;
    { M::commit(p, n, a) } noexcept -> std::same_as<result<void>>;
    { M::decommit(p, n) } noexcept -> std::same_as<result<void>>;
    { M::protect(p, n, a) } noexcept -> std::same_as<result<void>>;
    { M::map_file(p, n, a, h, offset) } noexcept -> std::same_as<result<void*>>;
    { M::release(p, n) } noexcept -> std::same_as<result<void>>;
    { M::flush_instruction_cache(p, n) } noexcept;
};

/// Files.
/// - `handle`, `invalid`: a trivially copyable handle, and the one that is never open.
/// - `open(path, mode)`: not inherited by child processes.
/// - `read(h, to)`, `read_at(h, to, offset)`: up to `to.size()` bytes; 0 at the end of the file. `errc::interrupted` if a
///   signal came before any byte.
/// - `write(h, from)`: up to `from.size()` bytes.
/// - `info(h)`, `info(path)`: facts; the latter follows symbolic links.
/// - `close(h)`: the handle is gone even if it fails.
template <class F>
concept files_facet = requires(typename F::handle h, const char* path, open_mode mode, std::span<std::byte> to,
                               std::span<const std::byte> from, std::uint64_t offset) {
    { F::invalid } -> std::convertible_to<typename F::handle>;
    { F::open(path, mode) } noexcept -> std::same_as<result<typename F::handle>>;
    { F::read(h, to) } noexcept -> std::same_as<result<std::size_t>>;
    { F::read_at(h, to, offset) } noexcept -> std::same_as<result<std::size_t>>;
    { F::write(h, from) } noexcept -> std::same_as<result<std::size_t>>;
    { F::info(h) } noexcept -> std::same_as<result<file_info>>;
    { F::info(path) } noexcept -> std::same_as<result<file_info>>;
    { F::close(h) } noexcept -> std::same_as<result<void>>;
};

/// Clocks, in nanoseconds.
/// - `monotonic()`: never goes back; its zero is arbitrary.
/// - `wall()`: since 1970-01-01 UTC, without leap seconds; may be set by the administrator.
template <class C>
concept clocks_facet = requires {
    { C::monotonic() } noexcept -> std::same_as<std::int64_t>;
    { C::wall() } noexcept -> std::same_as<std::int64_t>;
};

/// The OS's own dynamic linker.
/// - `open(path)`: loads a library and what it needs, all symbols bound at once and kept to itself.
/// - `symbol(h, name)`: an exported symbol; `errc::not_found` if there is none.
/// - `close(h)`: gives it back; the OS decides when it goes.
/// - `for_each_image(f, context)`: calls `f(context, image)` for the program and every library in this process.
/// - `generation()`: a number that changes when a library is loaded into or removed from this process.
/// - `cpu()`: what IFUNC resolvers are told.
template <class L>
concept libraries_facet = requires(typename L::handle h, const char* text, void* context,
                                   void (*visit)(void*, const loaded_image&)) {
    { L::open(text) } noexcept -> std::same_as<result<typename L::handle>>;
    { L::symbol(h, text) } noexcept -> std::same_as<result<void*>>;
    { L::close(h) } noexcept -> std::same_as<result<void>>;
    { L::for_each_image(visit, context) };
    { L::generation() } noexcept -> std::same_as<std::uint64_t>;
    { L::cpu() } noexcept -> std::same_as<cpu_capabilities>;
};

/// What every platform has. Other facets are asked for where they are used.
template <class P>
concept platform = memory_facet<typename P::memory> && files_facet<typename P::files> && clocks_facet<typename P::clocks>;

}  // namespace vitte::sys
