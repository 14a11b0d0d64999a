/// Memory for code that is made at run time, never writable and executable at once.
#pragma once

#include <vitte/sys/memory/mapping.hpp>

namespace vitte::sys {

/// The same memory at two addresses: code is written at one and runs at the other, so that no page ever is both, and
/// writing does not stop threads that run other code in it. Released by its destructor.
template <platform P = native>
class basic_code_region {
public:
    /// `size` bytes, rounded up to whole pages.
    static result<basic_code_region> allocate(std::size_t size) noexcept {
        const std::size_t page = P::memory::page_size();
        if (size > SIZE_MAX - page) return fail(errc::too_large, "allocate code");
        size = (size + page - 1) & ~(page - 1);
        VITTE_TRY(const auto shared, basic_shared_memory<P>::create(size));
        VITTE_TRY(auto writable, basic_view<P>::map(shared.file(), size, access::read_write));
        VITTE_TRY(auto executable, basic_view<P>::map(shared.file(), size, access::read_execute));
        return basic_code_region(std::move(writable), std::move(executable));
    }

    std::size_t size() const noexcept { return writable_.bytes().size(); }
    /// Where code is written, and where the same bytes run.
    std::byte* writable() const noexcept { return writable_.bytes().data(); }
    const std::byte* executable() const noexcept { return executable_.bytes().data(); }

    /// Copies `code` to `offset`, where it fits, and makes it ready to run; returns its address.
    const std::byte* write(std::size_t offset, std::span<const std::byte> code) noexcept {
        VITTE_ASSERT(offset <= size() && code.size() <= size() - offset);
        __builtin_memcpy(writable() + offset, code.data(), code.size());
        publish(offset, code.size());
        return executable() + offset;
    }
    /// Code that was written to `writable()` may be run when this returns.
    void publish(std::size_t offset, std::size_t size) noexcept {
        P::memory::flush_instruction_cache(const_cast<std::byte*>(executable()) + offset, size);
    }

private:
    basic_code_region(basic_view<P>&& writable, basic_view<P>&& executable) noexcept
        : writable_(std::move(writable)), executable_(std::move(executable)) {}
    basic_view<P> writable_, executable_;
};
using code_region = basic_code_region<>;

}  // namespace vitte::sys
