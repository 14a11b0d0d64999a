/// An array that grows, and says so when it cannot: `std::vector` has only exceptions for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#include <vitte/core/assert.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

/// For elements whose move does not throw. Adding one may move the others.
template <class T>
    requires(std::is_nothrow_move_constructible_v<T> && alignof(T) <= alignof(std::max_align_t))
class growing_array {
public:
    growing_array() noexcept = default;
    growing_array(growing_array&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
          room_(std::exchange(other.room_, 0)) {}
    growing_array& operator=(growing_array&& other) noexcept {
        growing_array moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        std::swap(room_, moved.room_);
        return *this;
    }
    ~growing_array() {
        while (size_ != 0) pop_back();
        std::free(data_);
    }

    std::size_t size() const noexcept { return size_; }
    T* begin() noexcept { return data_; }
    T* end() noexcept { return data_ + size_; }
    const T* begin() const noexcept { return data_; }
    const T* end() const noexcept { return data_ + size_; }
    T& operator[](std::size_t i) noexcept {
        VITTE_ASSERT(i < size_);
        return data_[i];
    }
    T& back() noexcept { return (*this)[size_ - 1]; }
    const T& back() const noexcept {
        VITTE_ASSERT(size_ != 0);
        return data_[size_ - 1];
    }

    /// `errc::out_of_memory` if there is no room for one more; nothing has changed then, `value` neither, which may be
    /// an element.
    result<void> push_back(T&& value) noexcept {
        if (size_ == room_) return grow(std::move(value));
        ::new (data_ + size_++) T(std::move(value));
        return {};
    }
    void pop_back() noexcept { back().~T(), --size_; }

private:
    /// With `added` as the last element.
    result<void> grow(T&& added) noexcept {
        const std::size_t room = room_ == 0 ? 8 : 2 * room_;
        auto* const larger = room > SIZE_MAX / sizeof(T) ? nullptr : static_cast<T*>(std::malloc(room * sizeof(T)));
        if (larger == nullptr) return fail(errc::out_of_memory, "allocate");
        ::new (larger + size_) T(std::move(added));
        for (std::size_t i = 0; i < size_; ++i) {
            ::new (larger + i) T(std::move(data_[i]));
            data_[i].~T();
        }
        std::free(std::exchange(data_, larger));
        room_ = room;
        ++size_;
        return {};
    }

    T* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

}  // namespace vitte
