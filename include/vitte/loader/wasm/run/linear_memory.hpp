/// The bytes of a linear memory, from the platform.
#pragma once

#include <vitte/loader/wasm/interpret/runtime.hpp>
#include <vitte/sys/memory/region.hpp>

namespace vitte::loader::wasm {

/// On hosts with 64-bit addresses the address space of the largest size is reserved, so that growth moves nothing; with
/// `guard`, so much that no address and offset of 32 bits leave it: accesses beyond the size fault. Elsewhere, and if
/// there is no address space, growth copies.
template <sys::platform P = sys::native>
class linear_memory final : public memory {
public:
    /// What addresses and offsets of 32 bits, and the largest access, can reach.
    static constexpr std::uint64_t guarded_bytes = (std::uint64_t{1} << 33) + page;

    /// Of a memory with addresses of 32 and of 64 bits, whatever a store allows: no sum of its bytes wraps.
    static constexpr std::uint64_t most_pages_of(bool wide) noexcept {
        return wide ? (std::uint64_t{1} << 47) / page : 65536;
    }

    linear_memory(const memory_type& of, std::uint64_t most_pages, bool guard) noexcept {
        type = of;
        most = most_pages_of(of.size.wide);
        if (most_pages < most) most = most_pages;
        if (of.size.bounded && of.size.most < most) most = of.size.most;
        if constexpr (sizeof(void*) == 8) {
            const std::uint64_t wanted = guard ? guarded_bytes : most * page;
            auto made = sys::basic_region<P>::reserve(static_cast<std::size_t>(wanted));
            if (!made) return;
            region_ = std::move(*made);
            reserved_ = true;
            guarded = guard;
            data = region_.data();
        }
    }
    /// Whether `address` is one that accesses to this memory can reach.
    bool covers(const void* address) const noexcept {
        const auto* const at = static_cast<const std::byte*>(address);
        return guarded && at >= region_.data() && at < region_.data() + region_.size();
    }
    /// Whether growth does not move the bytes.
    bool reserved() const noexcept { return reserved_; }

protected:
    bool resize(std::uint64_t wanted_bytes) noexcept override {
        if (wanted_bytes > SIZE_MAX) return false;
        const auto old = static_cast<std::size_t>(size), wanted = static_cast<std::size_t>(wanted_bytes);
        if (reserved_)
            return wanted <= region_.size() && (wanted == old || region_.commit(old, wanted - old).has_value());
        if (wanted == old) return true;
        auto made = sys::basic_region<P>::reserve(wanted);
        if (!made || !made->commit(0, wanted)) return false;
        if (old != 0) __builtin_memcpy(made->data(), region_.data(), old);
        region_ = std::move(*made);
        data = region_.data();
        return true;
    }

private:
    sys::basic_region<P> region_;
    bool reserved_ = false;
};

}  // namespace vitte::loader::wasm
