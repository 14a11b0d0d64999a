/// A platform on which nothing works yet: every call returns `errc::not_supported`, every clock stands still. A port
/// begins as a copy of it, or derives from it, and compiles on its first day.
#pragma once

#include <vitte/sys/platform/policy.hpp>

namespace vitte::sys {

struct unsupported_platform {
    static unexpected<error> refused() noexcept { return fail(errc::not_supported, "unsupported platform"); }

    struct memory {
        using file_handle = int;
        static std::size_t page_size() noexcept { return 4096; }
        static std::size_t granularity() noexcept { return 4096; }
        static result<void*> reserve(std::size_t) noexcept { return refused(); }
        static result<void> commit(void*, std::size_t, access) noexcept { return refused(); }
        static result<void> decommit(void*, std::size_t) noexcept { return refused(); }
        static result<void> protect(void*, std::size_t, access) noexcept { return refused(); }
        static result<void*> map_file(void*, std::size_t, access, int, std::uint64_t) noexcept { return refused(); }
        static result<void*> map_shared(void*, std::size_t, access, int, std::uint64_t) noexcept { return refused(); }
        static result<void*> map_huge(std::size_t) noexcept { return refused(); }
        static result<void> release(void*, std::size_t) noexcept { return refused(); }
        static result<void> advise(void*, std::size_t, memory_advice) noexcept { return refused(); }
        static result<void> lock(void*, std::size_t) noexcept { return refused(); }
        static result<void> unlock(void*, std::size_t) noexcept { return refused(); }
        static result<void> sync(void*, std::size_t) noexcept { return refused(); }
        static result<access> protection(const void*) noexcept { return refused(); }
        static result<int> create_shared() noexcept { return refused(); }
        static result<int> open_shared(const char*, open_mode) noexcept { return refused(); }
        static result<void> remove_shared(const char*) noexcept { return refused(); }
        static result<void> resize_shared(int, std::uint64_t) noexcept { return refused(); }
        static result<void> seal(int, unsigned) noexcept { return refused(); }
        static void flush_instruction_cache(void*, std::size_t) noexcept {}
    };

    struct files {
        using handle = int;
        static constexpr handle invalid = -1;
        static result<handle> open(const char*, const open_options&) noexcept { return refused(); }
        static result<std::size_t> read(handle, std::byte*, std::size_t) noexcept { return refused(); }
        static result<std::size_t> read_at(handle, std::byte*, std::size_t, std::uint64_t) noexcept {
            return refused();
        }
        static result<std::size_t> write(handle, const std::byte*, std::size_t) noexcept { return refused(); }
        static result<std::size_t> write_at(handle, const std::byte*, std::size_t, std::uint64_t) noexcept {
            return refused();
        }
        static result<void> resize(handle, std::uint64_t) noexcept { return refused(); }
        static result<void> sync(handle) noexcept { return refused(); }
        static result<void> sync_data(handle) noexcept { return refused(); }
        static result<file_info> info(handle) noexcept { return refused(); }
        static result<file_info> info(const char*) noexcept { return refused(); }
        static result<void> close(handle) noexcept { return refused(); }
        static result<void> remove(const char*) noexcept { return refused(); }
        static handle standard(standard_stream) noexcept { return invalid; }
    };

    struct clocks {
        static std::int64_t monotonic() noexcept { return 0; }
        static std::int64_t boot() noexcept { return 0; }
        static std::int64_t coarse() noexcept { return 0; }
        static std::int64_t wall() noexcept { return 0; }
        static std::int64_t process_cpu() noexcept { return 0; }
        static std::int64_t thread_cpu() noexcept { return 0; }
        static result<void> sleep_until(std::int64_t) noexcept { return refused(); }
    };

    struct threads {
        using handle = int;
        using key = int;
        static result<void> wait(const std::uint32_t*, std::uint32_t, std::int64_t) noexcept { return refused(); }
        static bool wake_one(const std::uint32_t*) noexcept { return false; }
        static void wake_all(const std::uint32_t*) noexcept {}
        template <auto Entry>
        static result<handle> start(std::size_t, void*) noexcept {
            return refused();
        }
        static result<void> join(handle) noexcept { return refused(); }
        static result<void> detach(handle) noexcept { return refused(); }
        static void yield() noexcept {}
        static std::uint64_t id() noexcept { return 0; }
        static result<void> name(const char*) noexcept { return refused(); }
        static result<cpu_set> affinity() noexcept { return refused(); }
        static result<void> set_affinity(const cpu_set&) noexcept { return refused(); }
        static result<void> set_priority(thread_priority) noexcept { return refused(); }
        static unsigned cpu_count() noexcept { return 1; }
        static result<key> create_key(void (*)(void*)) noexcept { return refused(); }
        static void delete_key(key) noexcept {}
        static void* get(key) noexcept { return nullptr; }
        static result<void> set(key, void*) noexcept { return refused(); }
    };

    struct random {
        static result<std::size_t> fill(std::byte*, std::size_t) noexcept { return refused(); }
    };
    struct libraries {
        using handle = void*;
        static result<handle> open(const char*) noexcept { return refused(); }
        static result<void*> symbol(handle, const char*) noexcept { return refused(); }
        static result<void> close(handle) noexcept { return refused(); }
    };
    struct images {
        static void for_each(void (*)(void*, const loaded_image&), void*) noexcept {}
        static std::uint64_t generation() noexcept { return 0; }
        static cpu_capabilities cpu() noexcept { return {}; }
        static int report(void*, void*, const loaded_image*) noexcept { return 0; }
    };
    struct environment {
        static result<std::size_t> get(const char*, char*, std::size_t) noexcept { return refused(); }
        static void for_each(void (*)(void*, const char*), void*) noexcept {}
    };
};

}  // namespace vitte::sys
