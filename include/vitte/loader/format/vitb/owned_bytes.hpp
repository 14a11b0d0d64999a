/// Bytes on the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vitte/core/result.hpp>

namespace vitte::loader::vitb {

/// Moves; empty where nothing was allocated.
class owned_bytes {
public:
    owned_bytes() noexcept = default;
    /// With any values. `errc::out_of_memory`.
    static result<owned_bytes> allocate(std::uint64_t size) noexcept {
        owned_bytes made;
        if (size <= PTRDIFF_MAX) made.data_.reset(new (std::nothrow) std::byte[static_cast<std::size_t>(size)]);
        if (made.data_ == nullptr) return fail(errc::out_of_memory, "allocate");
        made.size_ = static_cast<std::size_t>(size);
        return made;
    }

    std::byte* data() noexcept { return data_.get(); }
    const std::byte* data() const noexcept { return data_.get(); }
    std::size_t size() const noexcept { return size_; }
    std::span<std::byte> span() noexcept { return {data(), size_}; }
    std::span<const std::byte> span() const noexcept { return {data(), size_}; }
    operator std::span<const std::byte>() const noexcept { return span(); }
    /// Leaves out what is behind the first `size` bytes.
    void shorten(std::size_t size) noexcept { size_ = size < size_ ? size : size_; }

private:
    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0;
};

}  // namespace vitte::loader::vitb
