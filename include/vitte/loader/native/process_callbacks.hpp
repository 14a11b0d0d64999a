/// Functions of modules that the C library keeps, to call them around `fork` and by `quick_exit`.
#pragma once

#include <initializer_list>
#include <vitte/loader/native/mapped_modules.hpp>
#include <vitte/sys/platform.hpp>

namespace vitte::loader::native {

namespace os_callbacks {
using callback = void (*)();
[[gnu::weak]] int register_at_fork(callback, callback, callback, void*) noexcept __asm__("__register_atfork");
[[gnu::weak]] int thread_at_fork(callback, callback, callback, void*) noexcept __asm__("_thread_atfork");
[[gnu::weak]] int at_fork(callback, callback, callback) noexcept __asm__("pthread_atfork");
[[gnu::weak]] int register_at_quick_exit(callback, void*) noexcept __asm__("__cxa_at_quick_exit");
[[gnu::weak]] int at_quick_exit(callback) noexcept __asm__("at_quick_exit");
[[gnu::weak]] void finalize(void*) noexcept __asm__("__cxa_finalize");
}  // namespace os_callbacks

/// What modules register with the C library goes there under a handle of ours, by which it is taken back when the
/// module goes. A C library that knows no handles never takes back a function: a module that registers one stays. Safe
/// from several threads at once.
template <sys::platform P = sys::native>
class process_callbacks {
public:
    using callback = os_callbacks::callback;

    /// Whether the C library is in this program with what these functions need of it.
    static bool has_at_fork() noexcept {
        return os_callbacks::register_at_fork != nullptr || os_callbacks::thread_at_fork != nullptr ||
               os_callbacks::at_fork != nullptr;
    }
    static bool has_at_quick_exit() noexcept {
        return os_callbacks::register_at_quick_exit != nullptr || os_callbacks::at_quick_exit != nullptr;
    }

    /// `__register_atfork`, which glibc's and bionic's `pthread_atfork` calls, and `_thread_atfork` of OpenBSD. Returns
    /// 0, or the code of an error.
    static int register_at_fork(callback prepare, callback parent, callback child, void* dso_handle) noexcept {
        const auto owner = owner_of({dso_handle, address(prepare), address(parent), address(child)});
        void* const handle = owner != nullptr ? owner.get() : dso_handle;
        for (const auto with_handle : {os_callbacks::register_at_fork, os_callbacks::thread_at_fork})
            if (with_handle != nullptr) return with_handle(prepare, parent, child, handle);
        if (owner != nullptr) owner->stay();
        return os_callbacks::at_fork(prepare, parent, child);
    }
    /// `pthread_atfork` (POSIX.1-2017).
    static int at_fork(callback prepare, callback parent, callback child) noexcept {
        return register_at_fork(prepare, parent, child, nullptr);
    }
    /// `__cxa_at_quick_exit`, which glibc's `at_quick_exit` calls. Returns 0, or another number if there is no memory.
    static int register_at_quick_exit(callback function, void* dso_handle) noexcept {
        const auto owner = owner_of({dso_handle, address(function)});
        void* const handle = owner != nullptr ? owner.get() : dso_handle;
        if (os_callbacks::register_at_quick_exit != nullptr)
            return os_callbacks::register_at_quick_exit(function, handle);
        if (owner != nullptr) owner->stay();
        return os_callbacks::at_quick_exit(function);
    }
    /// `at_quick_exit` (C11, 7.22.4.3).
    static int at_quick_exit(callback function) noexcept { return register_at_quick_exit(function, nullptr); }

    /// Takes back all functions of `module`, which have been registered under its address.
    static void remove(mapped_module& module) noexcept {
        if (os_callbacks::finalize != nullptr) os_callbacks::finalize(&module);
    }

private:
    static void* address(callback function) noexcept { return reinterpret_cast<void*>(function); }
    static held<mapped_module> owner_of(std::initializer_list<void*> addresses) noexcept {
        for (void* const one : addresses)
            if (mapped_module* const found = one == nullptr ? nullptr : mapped_modules::hold(one))
                return held<mapped_module>(found);
        return nullptr;
    }
};

}  // namespace vitte::loader::native
