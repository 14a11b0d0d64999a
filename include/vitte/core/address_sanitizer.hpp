/// What AddressSanitizer must be told by code that changes stacks. `VITTE_ADDRESS_SANITIZER` is defined where it is on.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define VITTE_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VITTE_ADDRESS_SANITIZER
#endif
#endif
#if defined(VITTE_ADDRESS_SANITIZER)
extern "C" void __asan_unpoison_memory_region(const volatile void*, std::size_t) noexcept;
#endif

namespace vitte {

/// These bytes are a stack that was perhaps left in the middle of something: what was there is there no more.
inline void forget_stack([[maybe_unused]] const void* bytes, [[maybe_unused]] std::size_t size) noexcept {
#if defined(VITTE_ADDRESS_SANITIZER)
    __asan_unpoison_memory_region(bytes, size);
#endif
}

}  // namespace vitte
