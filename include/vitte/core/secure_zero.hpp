/// Forgetting secrets.
#pragma once

#include <cstddef>
#include <span>

namespace vitte {

/// Overwrites `bytes` with zeros, even if nothing reads them afterwards: a compiler may drop a plain `memset` then.
inline void secure_zero(std::span<std::byte> bytes) noexcept {
    if (bytes.empty()) return;
    __builtin_memset(bytes.data(), 0, bytes.size());
    __asm__ volatile("" : : "r"(bytes.data()) : "memory");
}

}  // namespace vitte
