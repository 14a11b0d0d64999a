/// Pages where there is no MMU (bare metal, WebAssembly): blocks of plain memory, always readable, writable and, if the
/// machine runs code from there, executable. A reservation is real memory at once, and views of files are copies.
#pragma once

#include <vitte/sys/platform/types.hpp>

#include <vitte/core/result.hpp>

namespace vitte::sys {

/// `Blocks::allocate(size)` gives `size` bytes at a multiple of `Blocks::page`, or null; `Blocks::free(p, size)` takes
/// them back.
template <class Blocks, class Files>
struct unmapped_memory {
    using file_handle = typename Files::handle;

    static std::size_t page_size() noexcept { return Blocks::page; }
    static std::size_t granularity() noexcept { return Blocks::page; }

    static result<void*> reserve(std::size_t size) noexcept {
        void* const made = Blocks::allocate(size);
        if (made == nullptr) return fail(errc::out_of_memory, "reserve");
        __builtin_memset(made, 0, size);
        return made;
    }
    static result<void> commit(void*, std::size_t, access wanted) noexcept { return allowed(wanted); }
    static result<void> decommit(void* at, std::size_t size) noexcept {
        __builtin_memset(at, 0, size);
        return {};
    }
    static result<void> protect(void*, std::size_t, access wanted) noexcept { return allowed(wanted); }

    static result<void*> map_file(void* at, std::size_t size, access, file_handle source,
                                  std::uint64_t offset) noexcept {
        void* const to = at != nullptr ? at : Blocks::allocate(size);
        if (to == nullptr) return fail(errc::out_of_memory, "map_file");
        auto* const bytes = static_cast<std::byte*>(to);
        std::size_t done = 0;
        while (done < size) {
            const auto got = Files::read_at(source, bytes + done, size - done, offset + done);
            if (!got && at == nullptr) Blocks::free(to, size);
            if (!got) return unexpected(got.error());
            if (*got == 0) break;
            done += *got;
        }
        __builtin_memset(bytes + done, 0, size - done);
        return to;
    }
    static result<void*> map_shared(void*, std::size_t, access, file_handle, std::uint64_t) noexcept {
        return lacking("map_shared");
    }
    static result<void*> map_huge(std::size_t) noexcept { return fail(errc::out_of_memory, "map_huge"); }
    static result<void> release(void* at, std::size_t size) noexcept {
        Blocks::free(at, size);
        return {};
    }

    static result<void> advise(void*, std::size_t, memory_advice) noexcept { return lacking("advise"); }
    static result<void> lock(void*, std::size_t) noexcept { return {}; }
    static result<void> unlock(void*, std::size_t) noexcept { return {}; }
    static result<void> sync(void*, std::size_t) noexcept { return {}; }
    static result<access> protection(const void*) noexcept { return lacking("query protection"); }
    static result<file_handle> create_shared() noexcept { return lacking("create_shared"); }
    static result<file_handle> open_shared(const char*, open_mode) noexcept { return lacking("open_shared"); }
    static result<void> remove_shared(const char*) noexcept { return lacking("remove_shared"); }
    static result<void> resize_shared(file_handle, std::uint64_t) noexcept { return lacking("resize_shared"); }
    static result<void> seal(file_handle, unsigned) noexcept { return lacking("seal"); }
    static void flush_instruction_cache(void* at, std::size_t size) noexcept {
        Blocks::flush_instruction_cache(at, size);
    }

private:
    static unexpected<error> lacking(const char* operation) noexcept { return fail(errc::not_supported, operation); }
    /// Rights that the machine would not enforce are refused rather than promised.
    static result<void> allowed(access wanted) noexcept {
        if (wanted == access::read_write || (wanted == access::read_execute && Blocks::executable)) return {};
        return lacking("protect");
    }
};

}  // namespace vitte::sys
