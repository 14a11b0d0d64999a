/// Destructors of the static objects of modules (Itanium C++ ABI, 3.3.6): a module registers them when its objects have
/// been made, and asks for them to be run when it is finalised.
#pragma once

#include <cstdlib>
#include <new>
#include <utility>

#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native {

/// One list in a program, since the ABI gives the two functions no other place for it. Safe from several threads at
/// once.
template <sys::platform P = sys::native>
class exit_functions {
public:
    /// `__cxa_atexit`: `function(argument)` is called before the module that `dso_handle` stands for goes, or at exit.
    /// Returns -1 if there is no memory for that.
    static int add(void (*function)(void*), void* argument, void* dso_handle) noexcept {
        auto* const made = new (std::nothrow) entry{function, argument, dso_handle, nullptr};
        if (made == nullptr) return -1;
        const sys::scoped_lock guard(lock_);
        if (!std::exchange(at_exit_, true)) std::atexit([] { run(nullptr); });
        made->next = newest_;
        newest_ = made;
        return 0;
    }
    /// `__aeabi_atexit`, the same with arguments in another order (C++ ABI for the Arm Architecture, 4.4.5).
    static int add_aeabi(void* argument, void (*function)(void*), void* dso_handle) noexcept {
        return add(function, argument, dso_handle);
    }
    /// `__cxa_finalize`: calls what the module has registered, the last first; everything if `dso_handle` is null.
    static void run(void* dso_handle) noexcept {
        run_all([dso_handle](const entry& e) { return dso_handle == nullptr || e.dso_handle == dso_handle; });
    }
    /// The same for all that lies in `size` bytes from `begin` on, which are about to go, or was registered for them.
    static void run_within(std::uintptr_t begin, std::size_t size) noexcept {
        run_all([=](const entry& e) {
            return reinterpret_cast<std::uintptr_t>(e.function) - begin < size ||
                   reinterpret_cast<std::uintptr_t>(e.dso_handle) - begin < size;
        });
    }

private:
    struct entry {
        void (*function)(void*);
        void *argument, *dso_handle;
        entry* next;
    };

    template <class Wanted>
    static void run_all(Wanted wanted) noexcept {
        while (entry* const next = take(wanted)) {
            next->function(next->argument);
            delete next;
        }
    }
    template <class Wanted>
    static entry* take(Wanted wanted) noexcept {
        const sys::scoped_lock guard(lock_);
        for (entry** place = &newest_; *place != nullptr; place = &(*place)->next)
            if (wanted(**place)) return std::exchange(*place, (*place)->next);
        return nullptr;
    }

    static inline sys::basic_mutex<P> lock_;
    static inline entry* newest_ = nullptr;
    static inline bool at_exit_ = false;
};

}  // namespace vitte::loader::native
