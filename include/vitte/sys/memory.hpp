/// Reserved address space and mapped files.
#pragma once

#include <vitte/sys/fs.hpp>

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
        const std::size_t page = page_size();
        if (size > SIZE_MAX - page) return fail(errc::too_large, "reserve");
        size = (size + page - 1) & ~(page - 1);
        VITTE_TRY(void* const at, pages::reserve(size));
        return basic_region(static_cast<std::byte*>(at), size);
    }

    /// Reserves `size` bytes in whole pages, under a private view of the file `from` at `file_offset`: one OS call less
    /// than to reserve and map. Pages past the end of the file fault until something is mapped over them.
    static result<basic_region> reserve_under(std::size_t size, access wanted, const basic_file<P>& from,
                                              std::uint64_t file_offset) noexcept {
        VITTE_TRY(void* const at, pages::map_file(nullptr, size, wanted, from.native_handle(), file_offset));
        return basic_region(static_cast<std::byte*>(at), size);
    }

    basic_region() noexcept = default;
    basic_region(basic_region&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    basic_region& operator=(basic_region&& other) noexcept {
        basic_region moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        return *this;
    }
    ~basic_region() { static_cast<void>(release()); }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

    result<void> commit(std::size_t offset, std::size_t size, access wanted = access::read_write) noexcept {
        return pages::commit(at(offset, size), size, wanted);
    }
    result<void> decommit(std::size_t offset, std::size_t size) noexcept { return pages::decommit(at(offset, size), size); }
    result<void> protect(std::size_t offset, std::size_t size, access wanted) noexcept {
        return pages::protect(at(offset, size), size, wanted);
    }
    /// Replaces pages by a private view of the file `from`, starting at `file_offset`.
    result<void> map_file(std::size_t offset, std::size_t size, access wanted, const basic_file<P>& from,
                          std::uint64_t file_offset) noexcept {
        VITTE_CHECK(pages::map_file(at(offset, size), size, wanted, from.native_handle(), file_offset));
        return {};
    }

    /// Gives the address space back now. Releasing again does nothing.
    result<void> release() noexcept {
        if (data_ == nullptr) return {};
        return pages::release(std::exchange(data_, nullptr), std::exchange(size_, 0));
    }

private:
    basic_region(std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
    std::byte* at(std::size_t offset, std::size_t size) const noexcept {
        VITTE_ASSERT(offset <= size_ && size <= size_ - offset);
        return data_ + offset;
    }

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};
using region = basic_region<>;

/// A whole file in memory, read-only and without a copy. Another process that shortens the file makes reading fault.
template <platform P = native>
class basic_mapping {
public:
    static result<basic_mapping> open(const char* path) noexcept {
        VITTE_TRY(const auto opened, basic_file<P>::open(path));
        VITTE_TRY(const file_info facts, opened.info());
        if (facts.size > SIZE_MAX) return fail(errc::too_large, "map");
        const auto size = static_cast<std::size_t>(facts.size);
        if (size == 0) return basic_mapping(nullptr, 0);
        VITTE_TRY(void* const at, P::memory::map_file(nullptr, size, access::read, opened.native_handle(), 0));
        return basic_mapping(static_cast<std::byte*>(at), size);
    }
    basic_mapping(basic_mapping&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    basic_mapping& operator=(basic_mapping&& other) noexcept {
        basic_mapping moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        return *this;
    }
    ~basic_mapping() {
        if (data_ != nullptr) static_cast<void>(P::memory::release(data_, size_));
    }
    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

private:
    basic_mapping(std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
    std::byte* data_;
    std::size_t size_;
};
using mapping = basic_mapping<>;

}  // namespace vitte::sys
