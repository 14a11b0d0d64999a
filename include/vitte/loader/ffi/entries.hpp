/// The addresses of callbacks: pages of equal entries, each beside its slot in pages of data, which says what is
/// called.
#pragma once

#include <vitte/loader/ffi/machine.hpp>

#if defined(VITTE_HAS_FFI_ENTRIES)
#include <new>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/thread/mutex.hpp>
#endif

namespace vitte::loader::ffi::detail {

#if defined(VITTE_HAS_FFI_ENTRIES)

/// All entries of the program. New pages are written through another view or before they become executable, and are
/// never both; they are kept for later callbacks. Where the OS allows no new code, there are still those in the
/// program's own text. May be used by several threads at once.
template <sys::platform P = sys::native>
class VITTE_FFI_HIDDEN basic_entries {
    using pages = typename P::memory;

public:
    /// An entry that runs `callback`.
    static result<void*> take(callback_head& callback) noexcept {
        const sys::scoped_lock hold(lock_);
        if (free_ == nullptr) {
            VITTE_CHECK(add());
        }
        callback_slot* const slot = std::exchange(free_, free_->next);
        slot->callback = &callback;
        slot->common = callback_code();
        return entry_of(slot);
    }
    /// Whoever calls it afterwards ends the program, until it is taken again.
    static void give_back(void* entry) noexcept {
        const sys::scoped_lock hold(lock_);
        add_free(slot_of(entry));
    }

private:
    /// A multiple of the pages of all systems.
    static constexpr std::uint32_t distance = 65536;
    static_assert(sizeof(callback_slot) <= entry_size);

    static void add_free(callback_slot* slot) noexcept {
        slot->next = std::exchange(free_, slot);
        slot->common = reinterpret_cast<const void*>(&refuse);
    }
    static result<void> add() noexcept {
        const auto added = add_block();
#if defined(VITTE_HAS_OWN_ENTRIES)
        if (!added && !own_are_used_) {
            own_are_used_ = true;
            for (std::size_t i = own_entries; i != 0; --i) add_free(own_slots + i - 1);
            return {};
        }
#endif
        return added;
    }
    static result<void> add_block() noexcept {
        VITTE_TRY(void* const reserved, pages::reserve(2 * distance));
        auto* const block = static_cast<std::byte*>(reserved);
        auto ready = fill_shared(block);
        if (!ready) ready = fill(block);
        if (ready) ready = pages::commit(block + distance, distance, sys::access::read_write);
        if (!ready) {
            static_cast<void>(pages::release(block, 2 * distance));
            return ready;
        }
        pages::flush_instruction_cache(block, distance);
        for (std::size_t at = distance; at != 0; at -= entry_size)
            add_free(::new (block + distance + at - entry_size) callback_slot);
        return {};
    }
    static void write_entries(std::byte* to) noexcept {
        for (std::size_t at = 0; at < distance; at += entry_size) write_entry(to + at, distance);
    }
    /// Pages that are never writable where they run: needs no right to make written pages executable.
    static result<void> fill_shared(std::byte* block) noexcept {
        VITTE_TRY(const auto shared, sys::basic_shared_memory<P>::create(distance));
        VITTE_TRY(const auto view, sys::basic_view<P>::map(shared.file(), distance));
        write_entries(view.bytes().data());
        VITTE_CHECK(pages::map_file(block, distance, sys::access::read_execute, shared.file().native_handle(), 0));
        return {};
    }
    static result<void> fill(std::byte* block) noexcept {
        VITTE_CHECK(pages::commit(block, distance, sys::access::read_write));
        write_entries(block);
        return pages::protect(block, distance, sys::access::read_execute);
    }

#if defined(VITTE_HAS_OWN_ENTRIES)
    static void* entry_of(callback_slot* slot) noexcept {
        auto* const bytes = reinterpret_cast<std::byte*>(slot);
        auto* const first = reinterpret_cast<std::byte*>(own_slots);
        const auto offset = static_cast<std::size_t>(bytes - first);
        return offset < sizeof own_slots ? own_code() + offset / sizeof *slot * entry_size : bytes - distance;
    }
    static callback_slot* slot_of(void* entry) noexcept {
        auto* const bytes = static_cast<std::byte*>(entry);
        const auto offset = static_cast<std::size_t>(bytes - own_code());
        return offset < own_entries * entry_size ? own_slots + offset / entry_size
                                                 : reinterpret_cast<callback_slot*>(bytes + distance);
    }
    static std::byte* own_code() noexcept { return static_cast<std::byte*>(const_cast<void*>(own_entries_code())); }
    static inline constinit bool own_are_used_ = false;
#else
    static void* entry_of(callback_slot* slot) noexcept { return reinterpret_cast<std::byte*>(slot) - distance; }
    static callback_slot* slot_of(void* entry) noexcept {
        return reinterpret_cast<callback_slot*>(static_cast<std::byte*>(entry) + distance);
    }
#endif
    [[noreturn]] static void refuse() noexcept { __builtin_trap(); }

    static inline constinit sys::basic_mutex<P> lock_;
    static inline constinit callback_slot* free_ = nullptr;
};
using entries = basic_entries<>;

#else

struct entries {
    static result<void*> take(callback_head&) noexcept { return fail(errc::not_supported, "make callback"); }
    static void give_back(void*) noexcept {}
};

#endif

}  // namespace vitte::loader::ffi::detail

#undef VITTE_FFI_HIDDEN
