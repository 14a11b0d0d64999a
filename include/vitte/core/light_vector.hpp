/// A vector for code that has dozens of them: it is made of few templates, so that each takes a fraction of the time
/// and memory that a `std::vector` takes to compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

namespace vitte {

namespace detail {
/// What `operator new` is told of the alignment of `T`: 0 if it needs not be.
template <class T>
inline constexpr std::size_t alignment_of_elements = alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? 0 : alignof(T);

template <std::size_t Alignment>
void* allocate_elements(std::size_t count, std::size_t size) {
    const std::size_t bytes = count > SIZE_MAX / size ? SIZE_MAX : count * size;
    if constexpr (Alignment == 0)
        return ::operator new(bytes);
    else
        return ::operator new(bytes, std::align_val_t(Alignment));
}
template <std::size_t Alignment>
void release_elements(void* from) noexcept {
    if constexpr (Alignment == 0)
        ::operator delete(from);
    else
        ::operator delete(from, std::align_val_t(Alignment));
}
/// Moves `used` bytes to memory for `room` elements.
template <std::size_t Alignment>
void* move_elements(void* from, std::size_t used, std::size_t room, std::size_t size) {
    void* const made = allocate_elements<Alignment>(room, size);
    if (used != 0) __builtin_memcpy(made, from, used);
    release_elements<Alignment>(from);
    return made;
}
}  // namespace detail

/// Has the names and the meaning of `std::vector`, as far as it goes: what there is no memory for throws
/// `std::bad_alloc`. Iterators are pointers. Elements must be movable without exceptions.
template <class T>
class light_vector {
    static constexpr std::size_t alignment = detail::alignment_of_elements<T>;
    static constexpr bool plain = std::is_trivially_copyable_v<T>;

public:
    using value_type = T;
    using iterator = T*;
    using const_iterator = const T*;

    light_vector() noexcept {}
    explicit light_vector(std::size_t size) : light_vector() { resize(size); }
    light_vector(std::size_t size, const T& value) : light_vector() { resize(size, value); }
    light_vector(const T* first, const T* last) : light_vector() { append(first, last); }
    light_vector(std::initializer_list<T> values) : light_vector() { append(values.begin(), values.end()); }
    light_vector(const light_vector& other) : light_vector() { append(other.begin(), other.end()); }
    light_vector(light_vector&& other) noexcept : data_(other.data_), size_(other.size_), room_(other.room_) {
        other.data_ = nullptr, other.size_ = other.room_ = 0;
    }
    light_vector& operator=(light_vector other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
        return *this;
    }
    ~light_vector() {
        clear();
        detail::release_elements<alignment>(data_);
    }

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return room_; }
    bool empty() const noexcept { return size_ == 0; }
    T* data() noexcept { return data_; }
    const T* data() const noexcept { return data_; }
    T* begin() noexcept { return data_; }
    T* end() noexcept { return data_ + size_; }
    const T* begin() const noexcept { return data_; }
    const T* end() const noexcept { return data_ + size_; }
    T& operator[](std::size_t i) noexcept { return data_[i]; }
    const T& operator[](std::size_t i) const noexcept { return data_[i]; }
    T& front() noexcept { return data_[0]; }
    const T& front() const noexcept { return data_[0]; }
    T& back() noexcept { return data_[size_ - 1]; }
    const T& back() const noexcept { return data_[size_ - 1]; }

    void reserve(std::size_t room) {
        if (room > room_) reallocate(room);
    }
    /// `value` may be an element.
    void push_back(T value) {
        if (size_ == room_) reallocate(ample(size_ + 1));
        ::new (static_cast<void*>(data_ + size_)) T(std::move(value));
        ++size_;
    }
    void pop_back() noexcept { data_[--size_].~T(); }
    void resize(std::size_t size) {
        if (size > room_) reallocate(ample(size));
        for (; size_ < size; ++size_) ::new (static_cast<void*>(data_ + size_)) T();
        shrink(size);
    }
    /// `value` is no element, here and below.
    void resize(std::size_t size, const T& value) {
        if (size > room_) reallocate(ample(size));
        for (; size_ < size; ++size_) ::new (static_cast<void*>(data_ + size_)) T(value);
        shrink(size);
    }
    void assign(std::size_t size, const T& value) {
        clear();
        resize(size, value);
    }
    /// Adds what is not in this vector.
    void append(const T* first, const T* last) {
        const auto count = static_cast<std::size_t>(last - first);
        if (count > room_ - size_) reallocate(ample(size_ + count));
        if constexpr (plain) {
            if (count != 0) __builtin_memcpy(static_cast<void*>(data_ + size_), first, count * sizeof(T));
            size_ += count;
        } else {
            for (; first != last; ++first, ++size_) ::new (static_cast<void*>(data_ + size_)) T(*first);
        }
    }
    void clear() noexcept { shrink(0); }

    /// As `std::erase_if`.
    template <class Predicate>
    friend void erase_if(light_vector& from, Predicate drops) {
        T* end = from.begin();
        for (T& one : from) {
            if (drops(one)) continue;
            if (end != &one) *end = std::move(one);
            ++end;
        }
        from.shrink(static_cast<std::size_t>(end - from.data_));
    }
    friend bool operator==(const light_vector& a, const light_vector& b) noexcept {
        if (a.size_ != b.size_) return false;
        for (std::size_t i = 0; i < a.size_; ++i)
            if (!(a.data_[i] == b.data_[i])) return false;
        return true;
    }

private:
    std::size_t ample(std::size_t wanted) const noexcept { return wanted > 2 * room_ ? wanted : 2 * room_; }
    void shrink(std::size_t size) noexcept {
        if constexpr (std::is_trivially_destructible_v<T>) {
            if (size < size_) size_ = size;
        } else {
            while (size < size_) pop_back();
        }
    }
    void reallocate(std::size_t room) {
        if constexpr (plain) {
            data_ = static_cast<T*>(detail::move_elements<alignment>(data_, size_ * sizeof(T), room, sizeof(T)));
        } else {
            auto* const made = static_cast<T*>(detail::allocate_elements<alignment>(room, sizeof(T)));
            for (std::size_t i = 0; i < size_; ++i) {
                ::new (static_cast<void*>(made + i)) T(std::move(data_[i]));
                data_[i].~T();
            }
            detail::release_elements<alignment>(data_);
            data_ = made;
        }
        room_ = room;
    }

    T* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

}  // namespace vitte
