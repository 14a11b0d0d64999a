/// `type_pool`: where descriptions of types that are made at run time live.
#pragma once

#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>
#include <vitte/core/assert.hpp>
#include <vitte/loader/ffi/type.hpp>

namespace vitte::loader::ffi {

/// Memory for the types, fields and names that a description is made of; they stay where they are, and are gone with
/// the pool. One thread at a time.
class type_pool {
public:
    static constexpr std::size_t usual_limit = std::size_t{1} << 20;

    /// A pool that takes at most `limit` bytes; none yet.
    explicit type_pool(std::size_t limit = usual_limit) noexcept : left_(limit < PTRDIFF_MAX ? limit : PTRDIFF_MAX) {}
    type_pool(type_pool&& other) noexcept
        : blocks_(std::exchange(other.blocks_, nullptr)),
          free_(std::exchange(other.free_, {})),
          left_(std::exchange(other.left_, 0)) {}
    type_pool& operator=(type_pool&& other) noexcept {
        type_pool moved(std::move(other));
        std::swap(blocks_, moved.blocks_);
        std::swap(free_, moved.free_);
        std::swap(left_, moved.left_);
        return *this;
    }
    ~type_pool() {
        while (blocks_ != nullptr) std::free(std::exchange(blocks_, blocks_->next));
    }

    /// `count` objects as `T()` makes them. `errc::out_of_memory` if there is no memory, `errc::too_large` if the pool
    /// would be larger than its limit.
    template <class T>
        requires(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t))
    result<std::span<T>> make(std::size_t count) noexcept {
        if (count > (free_.size() + left_) / sizeof(T)) return fail(errc::too_large, "describe a type");
        // Rounded up, so that what is free is always aligned.
        constexpr std::size_t unit = alignof(std::max_align_t);
        const std::size_t size = (count * sizeof(T) + unit - 1) & ~(unit - 1);
        if (size > free_.size()) {
            VITTE_CHECK(grow(size));
        }
        std::byte* const place = free_.data();
        free_ = free_.subspan(size);
        for (std::size_t i = 0; i < count; ++i) ::new (place + i * sizeof(T)) T();
        return std::span<T>(std::launder(reinterpret_cast<T*>(place)), count);
    }
    /// A copy of `value` that lives as long as the pool.
    template <class T>
    result<const T*> keep(const T& value) noexcept {
        VITTE_TRY(const std::span<T> place, make<T>(1));
        place[0] = value;
        return place.data();
    }
    /// A copy of the characters.
    result<std::string_view> keep_text(std::string_view text) noexcept {
        VITTE_TRY(const std::span<char> place, make<char>(text.size()));
        if (!text.empty()) __builtin_memcpy(place.data(), text.data(), text.size());
        return std::string_view(place.data(), place.size());
    }

private:
    struct alignas(std::max_align_t) block {
        block* next;
    };

    /// Makes room for `size` bytes at least; what was free of the block before is lost.
    result<void> grow(std::size_t size) noexcept {
        constexpr std::size_t usual = 1024 - sizeof(block);
        if (size > left_ || left_ - size < sizeof(block)) return fail(errc::too_large, "describe a type");
        std::size_t room = left_ - sizeof(block);
        if (room > usual) room = size > usual ? size : usual;
        void* const memory = std::malloc(sizeof(block) + room);
        if (memory == nullptr) return fail(errc::out_of_memory, "allocate");
        blocks_ = ::new (memory) block{blocks_};
        free_ = {static_cast<std::byte*>(memory) + sizeof(block), room};
        left_ -= sizeof(block) + room;
        return {};
    }

    block* blocks_ = nullptr;
    std::span<std::byte> free_;
    std::size_t left_;  ///< how much more may be taken from the heap
};

}  // namespace vitte::loader::ffi
