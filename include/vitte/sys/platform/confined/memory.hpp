/// Memory that is counted.
#pragma once

#include <vitte/sys/platform/confined/confinement.hpp>
#include <vitte/sys/platform/confined/passed_on.hpp>

namespace vitte::sys {

/// Memory: what is reserved or mapped counts from then on until it is released, in whole pages, committed or not. A
/// shared object counts by its size until it is closed, and each view of it. Nothing is found by name. Views that
/// `protect` makes writable later do not count as written.
template <class Inner, class Tag>
struct confined_memory {
    using inner = typename Inner::memory;
    using file_handle = typename inner::file_handle;
    using bounds = confinement<Inner, Tag>;

    VITTE_DETAIL_PASSED_ON(page_size)
    VITTE_DETAIL_PASSED_ON(granularity)
    VITTE_DETAIL_PASSED_ON(commit)
    VITTE_DETAIL_PASSED_ON(decommit)
    VITTE_DETAIL_PASSED_ON(protect)
    VITTE_DETAIL_PASSED_ON(advise)
    VITTE_DETAIL_PASSED_ON(lock)
    VITTE_DETAIL_PASSED_ON(unlock)
    VITTE_DETAIL_PASSED_ON(sync)
    VITTE_DETAIL_PASSED_ON(protection)
    VITTE_DETAIL_PASSED_ON(flush_instruction_cache)

    static result<void*> reserve(std::size_t size) noexcept {
        return bounds::with_memory(pages(size), [&] { return inner::reserve(size); });
    }
    static result<void*> map_huge(std::size_t size) noexcept {
        return bounds::with_memory(pages(size), [&] { return inner::map_huge(size); });
    }
    static result<void*> map_file(void* at, std::size_t size, access wanted, file_handle target,
                                  std::uint64_t offset) noexcept {
        const auto map = [&] { return inner::map_file(at, size, wanted, target, offset); };
        return at != nullptr ? map() : bounds::with_memory(pages(size), map);
    }
    /// A view of a file that may be written counts as if all of it were written at once.
    static result<void*> map_shared(void* at, std::size_t size, access wanted, file_handle target,
                                    std::uint64_t offset) noexcept {
        const auto map = [&] { return inner::map_shared(at, size, wanted, target, offset); };
        const auto map_counted = [&] { return at != nullptr ? map() : bounds::with_memory(pages(size), map); };
        if (wanted != access::read_write || bounds::is_memory(target)) return map_counted();
        return bounds::written_whole(target, size, map_counted);
    }
    static result<void> release(void* at, std::size_t size) noexcept {
        VITTE_CHECK(inner::release(at, size));
        bounds::memory_released(pages(size));
        return {};
    }
    static result<file_handle> create_shared() noexcept {
        return bounds::opened(
            grant_rights::read_write, [] { return inner::create_shared(); }, true);
    }
    static result<void> resize_shared(file_handle object, std::uint64_t size) noexcept {
        return bounds::resize_memory(object, size);
    }
    static result<void> seal(file_handle object, unsigned seals) noexcept {
        VITTE_CHECK(bounds::may_change(object));
        return inner::seal(object, seals);
    }
    static result<file_handle> open_shared(const char*, open_mode) noexcept {
        return fail(errc::permission_denied, detail::rule::shared_names);
    }
    static result<void> remove_shared(const char*) noexcept {
        return fail(errc::permission_denied, detail::rule::shared_names);
    }

private:
    static std::uint64_t pages(std::size_t size) noexcept {
        const std::uint64_t page = inner::page_size();
        return (size + page - 1) / page * page;
    }
};

}  // namespace vitte::sys
