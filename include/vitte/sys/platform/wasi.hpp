/// WebAssembly with WASI preview 1, through wasi-libc: files, clocks, random numbers, environment, and memory without
/// rights. One thread; no libraries.
#pragma once

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <vitte/core/assert.hpp>
#include <vitte/sys/platform/policy.hpp>
#include <vitte/sys/platform/posix/clocks.hpp>
#include <vitte/sys/platform/posix/directories.hpp>
#include <vitte/sys/platform/posix/entropy.hpp>
#include <vitte/sys/platform/posix/environment.hpp>
#include <vitte/sys/platform/posix/files.hpp>
#include <vitte/sys/platform/single_thread.hpp>
#include <vitte/sys/platform/unmapped_memory.hpp>

namespace vitte::sys {

namespace wasi {

/// Blocks from the heap of libc, which alone grows the linear memory.
struct blocks {
    static constexpr std::size_t page = 4096;
    static constexpr bool executable = false;
    static void* allocate(std::size_t size) noexcept {
        if (size > SIZE_MAX / 2) return nullptr;
        return ::aligned_alloc(page, (size + page - 1) & ~(page - 1));
    }
    static void free(void* at, std::size_t) noexcept { ::free(at); }
    static void flush_instruction_cache(void*, std::size_t) noexcept {}
};

/// Nobody else can change the word: it is the time that ends a wait.
struct waiter {
    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        if (__atomic_load_n(word, __ATOMIC_RELAXED) != expected) return fail(errc::would_block, "wait");
        VITTE_ASSERT(until != INT64_MAX);  // the only thread would wait for ever
        VITTE_CHECK(posix::clocks::sleep_until(until));
        return fail(errc::timed_out, "wait");
    }
};

}  // namespace wasi

struct wasi_platform {
    using files = posix::files;
    struct directories : posix::directories {
        static constexpr bool only_down = true;  // nothing leads out of a folder that was opened
    };
    using memory = unmapped_memory<wasi::blocks, files>;
    using clocks = posix::clocks;
    using threads = single_thread<wasi::waiter>;
    using random = posix::entropy_random;
    using environment = posix::environment;
};

}  // namespace vitte::sys
