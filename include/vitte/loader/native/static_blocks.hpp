/// Thread-local storage at a fixed distance from the thread pointer, as initial-exec code wants it (Drepper, 4.1): a
/// piece of this program's own, which every thread has.
#pragma once

#include <vector>
#include <vitte/core/result.hpp>
#include <vitte/loader/native/records.hpp>
#include <vitte/loader/native/thread_locals.hpp>
#include <vitte/sys/memory/region.hpp>
#include <vitte/sys/platform/every_thread.hpp>
#include <vitte/sys/platform/images.hpp>

#if !defined(VITTE_STATIC_TLS)
/// How many bytes of thread-local storage a program that loads modules keeps for initial-exec ones.
#define VITTE_STATIC_TLS 2048
#endif

namespace vitte::loader::native {

template <sys::platform P = sys::native>
class static_blocks {
public:
    /// Gives the module a block. `errc::no_space` if the piece is too small, `errc::busy` if threads have blocks of it
    /// that are not.
    static result<void> adopt(std::uintptr_t module) {
        VITTE_TRY(const std::intptr_t offset, reserve(thread_locals::content(module)));
        if (thread_locals::make_static(module, offset)) return {};
        release(offset);
        return fail(errc::busy, "make thread-local storage static");
    }
    /// Gives the block its content in all threads, those that there are and those that will be.
    static result<void> fill(std::uintptr_t module) {
        const sys::scoped_lock guard(lock);
        const tls_template content = thread_locals::content(module);
        block to{in_pool(thread_locals::static_offset(module)), &content};
        VITTE_CHECK(fill_template(to));
        if constexpr (requires { typename P::every_thread; })
            return P::every_thread::run(
                [](void* b) {
                    const auto& mine = *static_cast<const block*>(b);
                    mine.content->fill(pool_begin() + mine.at);
                },
                &to);
        return fail(errc::not_supported, "reach the thread-local storage of other threads");
    }
    /// Takes back what is at `offset`.
    static void release(std::intptr_t offset) noexcept {
        const sys::scoped_lock guard(lock);
        const std::size_t from = in_pool(offset);
        std::erase_if(taken(), [&](const range& r) { return r.from == from; });
    }

private:
    struct range {
        std::size_t from, to;
    };
    struct block {
        std::size_t at;
        const tls_template* content;
    };

    /// The offset from the thread pointer, never 0, of a free piece.
    static result<std::intptr_t> reserve(const tls_template& content) {
        const sys::scoped_lock guard(lock);
        std::size_t from = 1;  // so that no block begins with the pool
        const auto fits = [&] {
            for (const range& r : taken())
                if (from < r.to && r.from < from + content.size) return from = r.to, false;
            return true;
        };
        do from = ((from + content.alignment - 1) & ~(content.alignment - 1)) + content.skew;
        while (!fits());
        if (content.alignment > pool_alignment || from > VITTE_STATIC_TLS || content.size > VITTE_STATIC_TLS - from)
            return fail(errc::no_space, "reserve static thread-local storage");
        taken().push_back({from, from + content.size});
        return pool_begin() + from - thread_locals::thread_pointer();
    }
    static std::size_t in_pool(std::intptr_t offset) noexcept {
        return static_cast<std::size_t>(thread_locals::thread_pointer() + offset - pool_begin());
    }

    /// What threads that start later are given: a part of the image that this program was loaded from.
    static result<void> fill_template(const block& to) {
        std::byte* const pool_template = find_template();
        if (pool_template == nullptr) return fail(errc::not_found, "find the program's own thread-local storage");
        const std::size_t page = P::memory::page_size();
        const auto first = reinterpret_cast<std::uintptr_t>(pool_template + to.at) & ~(page - 1);
        const auto end = reinterpret_cast<std::uintptr_t>(pool_template + to.at + to.content->size);
        const std::size_t size = (end - first + page - 1) & ~(page - 1);
        void* const pages = reinterpret_cast<void*>(first);
        VITTE_TRY(const sys::access before, P::memory::protection(pages));
        if (before != sys::access::read_write) {
            VITTE_CHECK(P::memory::protect(pages, size, sys::access::read_write));
        }
        to.content->fill(pool_template + to.at);
        if (before == sys::access::read_write) return {};
        return P::memory::protect(pages, size, before);
    }

    /// Where an image in this process has what the pool begins with; null if none has.
    static std::byte* find_template() {
        std::byte* found = nullptr;
        if constexpr (requires { typename P::images; })
            P::images::for_each(
                [](void* f, const sys::loaded_image& image) {
                    constexpr std::size_t size = elf::segment::size_in(form);
                    const std::span all(static_cast<const std::byte*>(image.segments), image.segment_count * size);
                    for (const elf::segment header : elf::table<elf::segment>(all, size, form)) {
                        if (header.type != elf::segment_type::tls || image.tls_block == nullptr) continue;
                        const std::size_t inside = reinterpret_cast<std::uintptr_t>(pool_begin()) -
                                                   reinterpret_cast<std::uintptr_t>(image.tls_block);
                        if (inside < header.file_size)
                            *static_cast<std::byte**>(f) =
                                reinterpret_cast<std::byte*>(image.base + static_cast<word>(header.address) + inside);
                    }
                },
                &found);
        return found;
    }

    /// Not inlined: g++ would subtract offsets of the GOT, which linkers do not know how to relax.
    [[gnu::noinline]] static std::byte* pool_begin() noexcept { return &pool[0]; }

    static constexpr std::size_t pool_alignment = 64;
    static std::vector<range>& taken() {
        static auto* const all = new std::vector<range>;
        return *all;
    }
    static inline constinit sys::mutex lock;
    /// Not zero, so that it is a part of the image.
#if defined(__ELF__)
    [[gnu::tls_model("initial-exec")]]
#endif
    alignas(pool_alignment) static inline thread_local constinit std::byte pool[VITTE_STATIC_TLS] = {std::byte{1}};
};

}  // namespace vitte::loader::native
