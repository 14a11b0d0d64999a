/// Memory that grows without moving, and a bump allocator in it.
#pragma once

#include <vitte/sys/memory/region.hpp>

namespace vitte::sys {

/// Bytes in a row that grow and shrink at their end; pointers into them stay valid. Address space for the most they may
/// become is reserved at once, memory only as it is used. For one thread at a time.
template <platform P = native>
class basic_virtual_arena {
public:
    /// At most `limit` bytes; pages are committed `step` bytes at a time, rounded up to whole pages and at most the
    /// limit, so that growing is seldom an OS call.
    static result<basic_virtual_arena> reserve(std::size_t limit, std::size_t step = std::size_t{1} << 16) noexcept {
        VITTE_TRY(auto space, basic_region<P>::reserve(limit));
        const std::size_t page = basic_region<P>::page_size(), most = space.size();
        const std::size_t pages = step < most ? (step + page - 1) & ~(page - 1) : most;
        return basic_virtual_arena(std::move(space), pages < page ? page : pages);
    }
    basic_virtual_arena(basic_virtual_arena&& other) noexcept
        : region_(std::move(other.region_)), step_(other.step_), size_(std::exchange(other.size_, 0)),
          committed_(std::exchange(other.committed_, 0)) {}
    basic_virtual_arena& operator=(basic_virtual_arena&& other) noexcept {
        region_ = std::move(other.region_);
        step_ = other.step_;
        size_ = std::exchange(other.size_, 0);
        committed_ = std::exchange(other.committed_, 0);
        return *this;
    }

    std::byte* data() const noexcept { return region_.data(); }
    std::size_t size() const noexcept { return size_; }
    std::size_t limit() const noexcept { return region_.size(); }
    std::size_t committed() const noexcept { return committed_; }

    /// Adds `by` bytes at the end and returns them; new ones are zero, as are those that went back to the OS; others
    /// that were used before hold what was left there.
    /// `errc::too_large` if the limit is passed, `errc::out_of_memory` if the OS has no more.
    result<std::byte*> grow(std::size_t by) noexcept {
        if (by > committed_ - size_) {
            VITTE_CHECK(commit(by));
        }
        return data() + std::exchange(size_, size_ + by);
    }
    /// Keeps the first `size` bytes, at most as many as there are. With `give_back`, whole steps (see `reserve`) behind
    /// them return to the OS.
    result<void> shrink(std::size_t size, bool give_back = false) noexcept {
        VITTE_ASSERT(size <= size_);
        size_ = size;
        const std::size_t begun = size % step_, padding = begun == 0 ? 0 : step_ - begun;
        if (!give_back || padding >= committed_ - size) return {};
        VITTE_CHECK(region_.decommit(size + padding, committed_ - size - padding));
        committed_ = size + padding;
        return {};
    }

private:
    basic_virtual_arena(basic_region<P>&& space, std::size_t step) noexcept : region_(std::move(space)), step_(step) {}

    [[gnu::noinline]] result<void> commit(std::size_t by) noexcept {
        if (by > limit() - size_) return fail(errc::too_large, "grow arena");
        const std::size_t steps = (size_ + by - committed_ - 1) / step_ + 1, room = limit() - committed_;
        const std::size_t wanted = steps <= room / step_ ? steps * step_ : room;
        VITTE_CHECK(region_.commit(committed_, wanted));
        committed_ += wanted;
        return {};
    }

    basic_region<P> region_;
    std::size_t step_;
    std::size_t size_ = 0, committed_ = 0;
};
using virtual_arena = basic_virtual_arena<>;

/// Allocates by moving a pointer; everything that came after a mark is freed at once. Runs no destructors. For one
/// thread.
template <platform P = native>
class basic_bump_arena {
public:
    static result<basic_bump_arena> reserve(std::size_t limit) noexcept {
        return basic_virtual_arena<P>::reserve(limit).transform(
            [](basic_virtual_arena<P>&& memory) { return basic_bump_arena(std::move(memory)); });
    }

    /// `size` bytes at a multiple of `alignment`, a power of two; null if the limit is reached or memory is exhausted.
    void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
        const std::size_t padding =
            (0 - reinterpret_cast<std::uintptr_t>(memory_.data() + memory_.size())) & (alignment - 1);
        if (size > SIZE_MAX - padding) return nullptr;
        const auto grown = memory_.grow(padding + size);
        return grown ? *grown + padding : nullptr;
    }
    /// A new `T` from `arguments`, or null.
    template <class T, class... Arguments>
    T* make(Arguments&&... arguments) {
        void* const place = allocate(sizeof(T), alignof(T));
        return place == nullptr ? nullptr : ::new (place) T(std::forward<Arguments>(arguments)...);
    }

    /// A point to come back to.
    std::size_t mark() const noexcept { return memory_.size(); }
    /// Frees what was allocated since `mark`.
    void rewind(std::size_t mark) noexcept { static_cast<void>(memory_.shrink(mark)); }
    /// Frees everything, and gives the memory back to the OS.
    result<void> reset() noexcept { return memory_.shrink(0, true); }

private:
    explicit basic_bump_arena(basic_virtual_arena<P>&& memory) noexcept : memory_(std::move(memory)) {}
    basic_virtual_arena<P> memory_;
};
using bump_arena = basic_bump_arena<>;

}  // namespace vitte::sys
