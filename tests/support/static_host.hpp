// What a program offers to modules in C and C++ if it is static and exports nothing.
#pragma once

#include <cstring>
#include <typeinfo>

#include <vitte/loader/loader.hpp>

#if !defined(__GLIBC__)
#include <cxxabi.h>
extern "C" {
void __gxx_personality_v0();
void _Unwind_Resume();
extern char vtable_of_class[] __asm__("_ZTVN10__cxxabiv117__class_type_infoE");
extern char vtable_of_derived[] __asm__("_ZTVN10__cxxabiv120__si_class_type_infoE");
void plain_delete(void*) __asm__("_ZdlPv");
void sized_delete(void*, std::size_t) __asm__("_ZdlPvm");
void* plain_new(std::size_t) __asm__("_Znwm");
void terminate() __asm__("_ZSt9terminatev");
void cast_down() __asm__("__dynamic_cast");
}
#endif

inline void offer_runtime([[maybe_unused]] vitte::loader::module_loader& to) {
#if !defined(__GLIBC__)
    const auto offer = [&](const char* name, auto* function) {
        to.provide_symbol(name, reinterpret_cast<const void*>(function));
    };
    namespace abi = __cxxabiv1;
    offer("__gxx_personality_v0", __gxx_personality_v0);
    offer("_Unwind_Resume", _Unwind_Resume);
    offer("__cxa_allocate_exception", abi::__cxa_allocate_exception);
    offer("__cxa_free_exception", abi::__cxa_free_exception);
    offer("__cxa_throw", abi::__cxa_throw);
    offer("__cxa_begin_catch", abi::__cxa_begin_catch);
    offer("__cxa_end_catch", abi::__cxa_end_catch);
    offer("__cxa_guard_acquire", abi::__cxa_guard_acquire);
    offer("__cxa_guard_release", abi::__cxa_guard_release);
    offer("__cxa_guard_abort", abi::__cxa_guard_abort);
    offer("__cxa_pure_virtual", abi::__cxa_pure_virtual);
    offer("__dynamic_cast", cast_down);
    offer("_ZTIi", &typeid(int));
    offer("_ZTVN10__cxxabiv117__class_type_infoE", vtable_of_class);
    offer("_ZTVN10__cxxabiv120__si_class_type_infoE", vtable_of_derived);
    offer("_ZdlPv", plain_delete);
    offer("_ZdlPvm", sized_delete);
    offer("_Znwm", plain_new);
    offer("_ZSt9terminatev", terminate);
    offer("memcpy", static_cast<void* (*)(void*, const void*, std::size_t)>(std::memcpy));
    offer("memset", static_cast<void* (*)(void*, int, std::size_t)>(std::memset));
#endif
}
