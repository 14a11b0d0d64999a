// The functions of libc that a static program offers to the modules it loads: what plain C libraries of a distribution
// ask for. A dynamic program does not need them; its modules find libc in the process.
#pragma once

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <vitte/loader/loader.hpp>

// The fortified forms that libraries of a hardened distribution call; the checked size is not needed here.
inline int checked_snprintf(char* to, std::size_t size, int, std::size_t, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(to, size, format, arguments);
    va_end(arguments);
    return length;
}
inline int checked_vsnprintf(char* to, std::size_t size, int, std::size_t, const char* format, va_list arguments) {
    return std::vsnprintf(to, size, format, arguments);
}
inline int* errno_location() { return &errno; }

inline void provide_libc(vitte::loader::module_loader& loader) {
    loader.provide("malloc", std::malloc);
    loader.provide("calloc", std::calloc);
    loader.provide("realloc", std::realloc);
    loader.provide("free", std::free);
    loader.provide("memcpy", std::memcpy);
    loader.provide("memmove", std::memmove);
    loader.provide("memset", std::memset);
    loader.provide("memcmp", std::memcmp);
    loader.provide("strlen", std::strlen);
    loader.provide("strcmp", std::strcmp);
    loader.provide("strncmp", std::strncmp);
    loader.provide("strcpy", std::strcpy);
    loader.provide("strerror", std::strerror);
    // <cstring> overloads these for constant and other arguments.
    using search = void*(const void*, int, std::size_t);
    using find = char*(const char*, int);
    loader.provide<search>("memchr",
                           [](const void* p, int c, std::size_t n) { return const_cast<void*>(std::memchr(p, c, n)); });
    loader.provide<find>("strchr", [](const char* s, int c) { return const_cast<char*>(std::strchr(s, c)); });
    loader.provide<find>("strrchr", [](const char* s, int c) { return const_cast<char*>(std::strrchr(s, c)); });
    loader.provide("printf", std::printf);
    loader.provide("puts", std::puts);
    loader.provide("abort", std::abort);
    loader.provide("__stack_chk_fail", std::abort);
    loader.provide("__errno_location", errno_location);
    loader.provide("snprintf", std::snprintf);
    loader.provide("__snprintf_chk", checked_snprintf);
    loader.provide("__vsnprintf_chk", checked_vsnprintf);
    loader.provide("open", ::open);
    loader.provide("close", ::close);
    loader.provide("read", ::read);
    loader.provide("write", ::write);
    loader.provide("lseek64", ::lseek);
}
