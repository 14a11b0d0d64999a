/// What the loader itself offers to modules in place of the C library: the functions that have to know which module
/// they serve. Static programs export none of them, and those of the C library know nothing of our modules.
#pragma once

#include <vitte/loader/native/definition.hpp>
#include <vitte/loader/native/entries.hpp>
#include <vitte/loader/native/exit_functions.hpp>
#include <vitte/loader/native/mapped_modules.hpp>
#include <vitte/loader/native/process_callbacks.hpp>
#include <vitte/loader/native/symbol_table.hpp>
#include <vitte/loader/native/thread_locals.hpp>
#include <vitte/sys/memory/region.hpp>
#include <vitte/sys/platform/images.hpp>

namespace vitte::loader::native {

template <sys::platform P = sys::native>
class runtime {
public:
    /// Whether `wanted` is one of them; `found` then tells where it is.
    static bool find(const symbol_name& wanted, definition& found) noexcept {
        static constexpr offer offers[] = {
            {"__cxa_atexit", [] { return address(exit_functions<P>::add); }},
            {"__aeabi_atexit", [] { return address(exit_functions<P>::add_aeabi); }},
            {"atexit", [] { return address(at_exit); }},
            {"__cxa_finalize", [] { return address(exit_functions<P>::run); }},
            {"__cxa_thread_atexit", [] { return address(at_thread_exit); }},
            {"__cxa_thread_atexit_impl", [] { return address(at_thread_exit); }},
            {"__register_atfork", [] { return at_fork(callbacks::register_at_fork); }},
            {"_thread_atfork", [] { return at_fork(callbacks::register_at_fork); }},
            {"pthread_atfork", [] { return at_fork(callbacks::at_fork); }},
            {"__cxa_at_quick_exit", [] { return at_quick_exit(callbacks::register_at_quick_exit); }},
            {"at_quick_exit", [] { return at_quick_exit(callbacks::at_quick_exit); }},
            {"__tls_get_addr", tls_get_addr},
            {"dl_iterate_phdr", [] { return address(iterate); }},
            {"_dl_find_object", [] { return address(find_object); }},
        };
        static constexpr std::uint64_t hashes = [] {  // most names are not one of them, and need not be compared
            std::uint64_t bits = 0;
            for (const offer& o : offers) bits |= std::uint64_t{1} << (o.hash & 63);
            return bits;
        }();
        if ((hashes >> (wanted.gnu_hash & 63) & 1) == 0) return false;
        for (const offer& o : offers)
            if (o.hash == wanted.gnu_hash && o.name == std::string_view(wanted.text, wanted.length)) {
                found = {o.address()};
                return found.address != 0;
            }
        return false;
    }

private:
    struct offer {
        std::string_view name;
        std::uintptr_t (*address)();
        std::uint32_t hash = elf::gnu_hash(name);
    };
    template <class Function>
    static std::uintptr_t address(Function* function) noexcept {
        return reinterpret_cast<std::uintptr_t>(function);
    }

    using callbacks = process_callbacks<P>;
    template <class Function>
    static std::uintptr_t at_fork(Function* function) noexcept {
        return callbacks::has_at_fork() ? address(function) : 0;
    }
    template <class Function>
    static std::uintptr_t at_quick_exit(Function* function) noexcept {
        return callbacks::has_at_quick_exit() ? address(function) : 0;
    }

    /// Of a module whose C library keeps the function that knows modules to itself: the function tells.
    static int at_exit(void (*function)()) noexcept {
        return exit_functions<P>::add([](void* f) { reinterpret_cast<void (*)()>(f)(); },
                                      reinterpret_cast<void*>(function), reinterpret_cast<void*>(function));
    }
    /// Itanium C++ ABI, 3.3.6.3: the module must not be unmapped before.
    static int at_thread_exit(void (*function)(void*), void* argument, void* dso_handle) noexcept {
        mapped_module* const owner = mapped_modules::hold(dso_handle);
        const auto release = [](void* held) {
            if (held != nullptr) static_cast<mapped_module*>(held)->release();
        };
        if (thread_locals::at_thread_exit(function, argument, release, owner)) return 0;
        release(owner);
        return -1;
    }

    static std::uintptr_t tls_get_addr() {
#if defined(VITTE_HAS_NEAR_ADDRESS)
        static const std::uintptr_t near = []() -> std::uintptr_t {
            const std::size_t size = sys::region::page_size();
            auto made = sys::region::reserve(size);
            if (!made || !made->commit(0, size)) return 0;
            const auto offset =
                reinterpret_cast<std::byte*>(&vitte_current_thread_blocks) - thread_locals::thread_pointer();
            entries::write_thread_local_address(made->data(), static_cast<std::int32_t>(offset),
                                                address(thread_locals::first_address));
            if (!made->protect(0, size, sys::access::read_execute)) return 0;
            static auto* const page =
                new sys::region(std::move(*made));  // which stays, since threads may outlive all else
            return reinterpret_cast<std::uintptr_t>(page->data());
        }();
        if (near != 0) return near;
#endif
        return address(thread_locals::address);
    }

    static int iterate(void* callback, void* data) {
        int ended = 0;
        if constexpr (requires { typename P::images; }) {
            ended = P::images::report(callback, data, nullptr);
            if (ended == 0)
                mapped_modules::any([&](const mapped_module& m) {
                    ended = P::images::report(callback, data, &m.facts);
                    return ended != 0;
                });
        }
        return ended;
    }

    /// `dl_find_object` of glibc 2.35: what unwinders that modules bring along ask.
    struct object_facts {
        unsigned long long flags;
        void *begin, *end, *link_map, *frame_header;
        unsigned long long reserved[7];
    };
    static int find_object(void* address, object_facts* to) noexcept {
        const bool ours = mapped_modules::any([&](const mapped_module& m) {
            if (!m.contains(reinterpret_cast<std::uintptr_t>(address)) || m.frame_header == nullptr) return false;
            *to = {0,       reinterpret_cast<void*>(m.begin),       reinterpret_cast<void*>(m.begin + m.size),
                   nullptr, const_cast<std::byte*>(m.frame_header), {}};
            return true;
        });
        return ours ? 0 : os_find_object != nullptr ? os_find_object(address, to) : -1;
    }
    [[gnu::weak]] static int os_find_object(void*, object_facts*) noexcept __asm__("_dl_find_object");
};

}  // namespace vitte::loader::native
