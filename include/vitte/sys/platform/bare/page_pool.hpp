/// Blocks of whole pages in a static arena: a list of free blocks by address, first fit, joined again when they are
/// freed.
#pragma once

#include <cstddef>
#include <cstdint>

#include <vitte/sys/platform/bare/interrupts.hpp>

namespace vitte::sys::bare {

/// `Board::arena()` says where. Interrupts are off while it works, so that handlers may use it, too.
template <class Board>
class page_pool {
public:
    static constexpr std::size_t page = 256;
    static constexpr bool executable = true;

    static void* allocate(std::size_t size) noexcept {
        if (size == 0 || size > SIZE_MAX - page) return nullptr;
        size = whole_pages(size);
        const interrupts_off guard;
        prepare();
        for (block** place = &first_; *place != nullptr; place = &(*place)->next) {
            block* const found = *place;
            if (found->size < size) continue;
            if (found->size == size) {
                *place = found->next;
                return found;
            }
            found->size -= size;
            return found->end();
        }
        return nullptr;
    }
    static void free(void* at, std::size_t size) noexcept {
        const interrupts_off guard;
        insert(static_cast<block*>(at), whole_pages(size));
    }
    static void flush_instruction_cache(void* at, std::size_t size) noexcept {
        __builtin___clear_cache(static_cast<char*>(at), static_cast<char*>(at) + size);
    }

private:
    struct block {
        block* next;
        std::size_t size;
        block* end() noexcept { return reinterpret_cast<block*>(reinterpret_cast<std::byte*>(this) + size); }
    };

    static constexpr std::size_t whole_pages(std::size_t size) noexcept { return (size + page - 1) & ~(page - 1); }

    static void prepare() noexcept {
        if (prepared_) return;
        prepared_ = true;
        const auto area = Board::arena();
        const auto start = reinterpret_cast<std::uintptr_t>(area.start), aligned = whole_pages(start);
        if (aligned - start + page > area.size) return;
        insert(reinterpret_cast<block*>(aligned), (area.size - (aligned - start)) & ~(page - 1));
    }
    static void insert(block* freed, std::size_t size) noexcept {
        block *before = nullptr, *after = first_;
        while (after != nullptr && after < freed) {
            before = after;
            after = after->next;
        }
        freed->next = after;
        freed->size = size;
        if (after != nullptr && freed->end() == after) {
            freed->size += after->size;
            freed->next = after->next;
        }
        if (before == nullptr) {
            first_ = freed;
        } else if (before->end() == freed) {
            before->size += freed->size;
            before->next = freed->next;
        } else {
            before->next = freed;
        }
    }

    static inline block* first_ = nullptr;
    static inline bool prepared_ = false;
};

}  // namespace vitte::sys::bare
