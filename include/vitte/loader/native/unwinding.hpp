/// Tells the unwinder of this program about modules, so that exceptions pass through them (Linux Standard Base,
/// "Exception Frames").
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vitte/core/endian.hpp>

// A weak reference would not take the function out of an archive; glibc's programs have libgcc's anyway, or no
// unwinder.
#if defined(__GLIBC__)
#define VITTE_WEAK [[gnu::weak]]
#else
#define VITTE_WEAK
#endif
extern "C" {
VITTE_WEAK void __register_frame(void*);
VITTE_WEAK void __deregister_frame(void*);
[[gnu::weak]] void __unw_add_dynamic_fde(std::uintptr_t);  // which only LLVM's unwinder has
}
#undef VITTE_WEAK

namespace vitte::loader::native {

/// The call frame information of a module, known to the unwinder as long as this lives.
class unwinding {
public:
    unwinding() noexcept = default;
    /// Registers the records of .eh_frame from `records` on, which a zero word ends.
    explicit unwinding(const std::byte* records) noexcept : records_(records) {
        if constexpr (has_modules)
            if (records_ != nullptr && has_unwinder()) each(__register_frame);
    }
    unwinding(unwinding&& other) noexcept : records_(std::exchange(other.records_, nullptr)) {}
    unwinding& operator=(unwinding&& other) noexcept {
        unwinding moved(std::move(other));
        std::swap(records_, moved.records_);
        return *this;
    }
    ~unwinding() {
        if constexpr (has_modules)
            if (records_ != nullptr && has_unwinder()) each(__deregister_frame);
    }

    /// Whether the unwinder reads the records when it needs them, and not one by one now.
    static bool takes_all_at_once() noexcept {
        if constexpr (has_modules)
            return __unw_add_dynamic_fde == nullptr;
        else
            return true;
    }
    /// Whether `size` bytes from `records` on are whole records with a zero word behind the last.
    static bool well_formed(const std::byte* records, std::uint64_t size) noexcept {
        std::uint64_t at = 0;
        while (size - at >= 4) {
            const auto length = load<std::uint32_t>(records + at, byte_order::native);
            if (length == 0) return true;
            if (length == extended || length < 4 || length > size - at - 4) return false;
            at += 4 + std::uint64_t{length};
        }
        return false;
    }

private:
#if defined(__ELF__)
    static constexpr bool has_modules = true;
#else
    static constexpr bool has_modules = false;  // and perhaps an unwinder without these functions
#endif
    static constexpr std::uint32_t extended = 0xffffffff;

    static bool has_unwinder() noexcept {
#if defined(__GLIBC__)
        return __register_frame != nullptr && __deregister_frame != nullptr;
#else
        return true;
#endif
    }

    /// libgcc takes all records at once, LLVM's unwinder one description of a function at a time.
    void each(void (*tell)(void*)) const noexcept {
        if (takes_all_at_once()) return tell(const_cast<std::byte*>(records_));
        const std::byte* at = records_;
        for (std::uint32_t length; (length = load<std::uint32_t>(at, byte_order::native)) != 0; at += 4 + length)
            if (load<std::uint32_t>(at + 4, byte_order::native) != 0) tell(const_cast<std::byte*>(at));
    }

    const std::byte* records_ = nullptr;
};

}  // namespace vitte::loader::native
