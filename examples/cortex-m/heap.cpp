// A heap for firmwares that allocate: the RAM between what is static and the stack. Where it is used up, the firmware
// ends: without exceptions, containers cannot tell.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {
extern char end, stack_top;
[[noreturn]] void _exit(int code);

/// How far the heap has grown, for malloc of newlib.
char* heap_top = &end;
void* _sbrk(std::ptrdiff_t by) {
    constexpr std::uintptr_t stack = 4096;
    const auto wanted = reinterpret_cast<std::uintptr_t>(heap_top) + static_cast<std::uintptr_t>(by);
    if (wanted > reinterpret_cast<std::uintptr_t>(&stack_top) - stack) return reinterpret_cast<void*>(-1);
    char* const before = heap_top;
    heap_top += by;
    return before;
}
void abort() { _exit(97); }
}

void* operator new(std::size_t size) {
    void* const made = std::malloc(size);
    if (made == nullptr) _exit(98);
    return made;
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
