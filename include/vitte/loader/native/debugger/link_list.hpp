/// The list by which gdb finds shared objects (System V r_debug, <link.h>): ours hangs behind that of the OS's linker
/// through `r_next`, which gdb 13 follows, or is the only one in a static program. gdb then reads their files.
#pragma once

#include <cstdint>
#include <new>

#include <vitte/loader/native/records.hpp>
#include <vitte/sys/platform.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native::debugger {

/// `link_map` of <link.h>, as far as all systems have it.
struct link_map {
    std::uintptr_t base = 0;
    const char* path = "";
    const void* dynamic = nullptr;
    link_map *next = nullptr, *previous = nullptr;
};
enum class list_state : int { consistent, add, remove };
/// `r_debug_extended` of glibc's <link.h>; `next` exists if `version` is 2.
struct link_list {
    int version;
    link_map* first;
    std::uintptr_t changed;  ///< a function that debuggers stop at
    list_state state;
    std::uintptr_t linker_base;
    link_list* next;
};

// What gdb looks for by name in a program without dynamic section. A libc that has them wins. Hidden, so that they
// never take the place of those of the OS's linker in libraries; the program itself finds that through DT_DEBUG.
#if defined(__ELF__)
[[gnu::weak, gnu::visibility("hidden")]] extern link_list static_list __asm__("_r_debug");
[[gnu::weak, gnu::visibility("hidden"), gnu::used]] link_list static_list{};
[[gnu::weak, gnu::visibility("hidden")]] void static_list_changed() noexcept __asm__("_dl_debug_state");
[[gnu::weak, gnu::visibility("hidden"), gnu::noinline, gnu::used]] void static_list_changed() noexcept {
    __asm__ volatile("" ::: "memory");
}
#else
inline link_list static_list{};
inline void static_list_changed() noexcept {}
#endif

/// The list of all modules that vitte has mapped. Safe from several threads at once.
template <sys::platform P = sys::native>
class linked_modules {
public:
    /// Debuggers that wait have read the module's symbols and set breakpoints in it when this returns. Both stay in
    /// place until `remove`.
    static void add(link_map& module) noexcept {
        const sys::scoped_lock guard(lock_);
        if (list() == nullptr) return;
        tell(list_state::add);
        module.previous = list_->first;
        module.next = list_->first->next;
        if (module.next != nullptr) module.next->previous = &module;
        list_->first->next = &module;
        tell(list_state::consistent);
    }
    static void remove(link_map& module) noexcept {
        const sys::scoped_lock guard(lock_);
        if (list_ == nullptr) return;
        tell(list_state::remove);
        module.previous->next = module.next;
        if (module.next != nullptr) module.next->previous = module.previous;
        tell(list_state::consistent);
    }

private:
    static void tell(list_state state) noexcept {
        list_->state = state;
        reinterpret_cast<void (*)()>(list_->changed)();
    }

    /// Null where no debugger would find one.
    static link_list* list() noexcept {
        if (list_ != nullptr) return list_;
        if (link_list* const theirs = list_of_os()) return list_ = chain(*theirs);
        static_list = {2, &nothing_, reinterpret_cast<std::uintptr_t>(&static_list_changed), list_state::consistent,
                       0, nullptr};
        return list_ = &static_list;
    }

    /// DT_DEBUG of the program, which comes first among the images.
    static link_list* list_of_os() noexcept {
        link_list* found = nullptr;
        if constexpr (requires { typename P::images; }) {
            struct search {
                link_list* found;
                bool program;
            } all{nullptr, true};
            P::images::for_each(
                [](void* context, const sys::loaded_image& image) {
                    auto& to = *static_cast<search*>(context);
                    if (to.program) to.found = debug_entry(image);
                    to.program = false;
                },
                &all);
            found = all.found;
        }
        return found != nullptr || static_list.version == 0 ? found : &static_list;
    }
    static link_list* debug_entry(const sys::loaded_image& image) noexcept {
        constexpr std::size_t size = elf::segment::size_in(form);
        const std::span bytes(static_cast<const std::byte*>(image.segments), image.segment_count * size);
        for (const elf::segment header : elf::table<elf::segment>(bytes, size, form)) {
            if (header.type != elf::segment_type::dynamic) continue;
            const auto* entry = reinterpret_cast<const dynamic_entry*>(image.base + static_cast<word>(header.address));
            for (; entry->tag() != elf::tag::null; ++entry)
                if (entry->tag() == elf::tag::debug) return reinterpret_cast<link_list*>(entry->value);
        }
        return nullptr;
    }

    /// A list of ours behind `theirs`; null if that does not go on. It stays for good, since the OS's linker hangs its
    /// own new ones behind it.
    static link_list* chain(link_list& theirs) noexcept {
        bool chained = theirs.version >= 2;
        if constexpr (requires { P::images::debug_list_is_chained(); })
            chained = chained || P::images::debug_list_is_chained();
        if (!chained) return nullptr;
        auto* const ours = new (std::nothrow)
            link_list{2, &nothing_, theirs.changed, list_state::consistent, theirs.linker_base, theirs.next};
        if (ours == nullptr) return nullptr;
        __atomic_store_n(&theirs.next, ours, __ATOMIC_RELEASE);
        __atomic_store_n(&theirs.version, 2, __ATOMIC_RELEASE);
        return ours;
    }

    static inline sys::basic_mutex<P> lock_;
    static inline link_list* list_ = nullptr;
    static inline link_map nothing_;  ///< the first one, which debuggers skip: as the program, or since it has no path
};

}  // namespace vitte::loader::native::debugger
