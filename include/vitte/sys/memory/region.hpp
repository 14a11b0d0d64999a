/// Reserved address space, page by page made usable; what every other kind of memory is built on.
#pragma once

#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/platform/memory.hpp>

namespace vitte::sys {

/// A reservation of address space, released by its destructor. Offsets and sizes are in bytes and multiples of
/// `page_size()`, except the size of a mapped file; they must lie inside the reservation. Not for concurrent use.
template <platform P = native>
class basic_region {
    using pages = typename P::memory;

public:
    static std::size_t page_size() noexcept { return pages::page_size(); }

    /// Reserves `size` bytes, rounded up to whole pages. Nothing can be touched before it is committed.
    static result<basic_region> reserve(std::size_t size) noexcept {
        if (!round_up(size)) return fail(errc::too_large, "reserve");
        VITTE_TRY(void* const at, pages::reserve(size));
        return basic_region(static_cast<std::byte*>(at), size);
    }

    /// Reserves `size` bytes, rounded up to whole pages, under a private view of the file `from` at `file_offset`: one
    /// OS call less than to reserve and map. Pages past the end of the file fault until something is mapped over them.
    static result<basic_region> reserve_under(std::size_t size, access wanted, const basic_file<P>& from,
                                              std::uint64_t file_offset) noexcept {
        std::size_t whole = size;
        if (!round_up(whole)) return fail(errc::too_large, "reserve");
        VITTE_TRY(void* const at, pages::map_file(nullptr, size, wanted, from.native_handle(), file_offset));
        return basic_region(static_cast<std::byte*>(at), whole);
    }

    /// `size` bytes of usable zeroed pages on huge pages: on those that are set aside, else on normal pages that the OS
    /// is asked to join.
    static result<basic_region> allocate_huge(std::size_t size) noexcept {
        constexpr std::size_t huge = std::size_t{2} << 20;
        if (size > SIZE_MAX - huge) return fail(errc::too_large, "allocate huge pages");
        size = (size + huge - 1) & ~(huge - 1);
        if (const auto at = pages::map_huge(size)) return basic_region(static_cast<std::byte*>(*at), size);
        VITTE_TRY(auto made, reserve(size));
        VITTE_CHECK(made.commit(0, size));
        static_cast<void>(made.advise(0, size, memory_advice::huge_pages));
        return made;
    }
    /// A committed region of `size` bytes between two pages that fault: what runs over either end is stopped.
    /// `data()` and `size()` are those of the usable part.
    static result<basic_region> allocate_guarded(std::size_t size) noexcept {
        const std::size_t page = page_size();
        if (size > SIZE_MAX - 3 * page) return fail(errc::too_large, "allocate guarded pages");
        VITTE_TRY(auto made, reserve(size + 2 * page));
        VITTE_CHECK(made.commit(page, made.size_ - 2 * page));
        made.data_ += page;
        made.size_ -= 2 * page;
        made.guard_ = page;
        return made;
    }

    basic_region() noexcept = default;
    basic_region(basic_region&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
          guard_(std::exchange(other.guard_, 0)) {}
    basic_region& operator=(basic_region&& other) noexcept {
        basic_region moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        std::swap(guard_, moved.guard_);
        return *this;
    }
    ~basic_region() { static_cast<void>(release()); }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

    result<void> commit(std::size_t offset, std::size_t size, access wanted = access::read_write) noexcept {
        return pages::commit(at(offset, size), size, wanted);
    }
    result<void> decommit(std::size_t offset, std::size_t size) noexcept {
        return pages::decommit(at(offset, size), size);
    }
    result<void> protect(std::size_t offset, std::size_t size, access wanted) noexcept {
        return pages::protect(at(offset, size), size, wanted);
    }
    /// Replaces pages by a private view of the file `from`, starting at `file_offset`.
    result<void> map_file(std::size_t offset, std::size_t size, access wanted, const basic_file<P>& from,
                          std::uint64_t file_offset) noexcept {
        VITTE_CHECK(pages::map_file(at(offset, size), size, wanted, from.native_handle(), file_offset));
        return {};
    }

    /// A hint about pages; `errc::not_supported` where there is none of the kind. `memory_advice::free` lets the OS
    /// take the content when it needs room.
    result<void> advise(std::size_t offset, std::size_t size, memory_advice advice) noexcept {
        return pages::advise(at(offset, size), size, advice);
    }
    /// Keeps pages in memory until they are unlocked or released.
    result<void> lock(std::size_t offset, std::size_t size) noexcept { return pages::lock(at(offset, size), size); }
    result<void> unlock(std::size_t offset, std::size_t size) noexcept { return pages::unlock(at(offset, size), size); }

    /// Gives the address space back now. Releasing again does nothing.
    result<void> release() noexcept {
        if (data_ == nullptr) return {};
        const std::size_t guard = std::exchange(guard_, 0);
        return pages::release(std::exchange(data_, nullptr) - guard, std::exchange(size_, 0) + 2 * guard);
    }

private:
    basic_region(std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
    /// To whole pages; false if it cannot be.
    static bool round_up(std::size_t& size) noexcept {
        const std::size_t page = page_size();
        if (size > SIZE_MAX - page) return false;
        size = (size + page - 1) & ~(page - 1);
        return true;
    }
    std::byte* at(std::size_t offset, std::size_t size) const noexcept {
        VITTE_ASSERT(offset <= size_ && size <= size_ - offset);
        return data_ + offset;
    }

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t guard_ = 0;  ///< bytes before and after that belong to it and fault
};
using region = basic_region<>;

/// What may be done with the page that holds `address`; `access::none` if nothing is there. Of a page that others made
/// writable and executable it says `access::read_execute`. Asks the OS: slow.
template <platform P = native>
result<access> protection(const void* address) noexcept {
    return P::memory::protection(address);
}

}  // namespace vitte::sys
