/// Memory for code that is made at run time, never writable and executable at once, but on Intel's Macs.
#pragma once

#include <vitte/sys/memory/mapping.hpp>

namespace vitte::sys {

/// Code is written at one address and runs at another, where the same memory is mapped again, so that no page is both,
/// and writing does not stop threads that run other code in it. On macOS there is one address, and each thread either
/// writes or runs what is there. Released by its destructor.
template <platform P = native>
class basic_code_region {
    using pages = typename P::memory;
    static constexpr bool one_address = requires { pages::write_code(true); };

public:
    /// `size` bytes, rounded up to whole pages.
    static result<basic_code_region> allocate(std::size_t size) noexcept {
        const std::size_t page = pages::page_size();
        if (size > SIZE_MAX - page) return fail(errc::too_large, "allocate code");
        size = (size + page - 1) & ~(page - 1);
        if constexpr (one_address) {
            VITTE_TRY(void* const at, pages::map_code(size));
            return basic_code_region(basic_view<P>::adopt(at, size), basic_view<P>::adopt(nullptr, 0));
        } else {
            VITTE_TRY(const auto shared, basic_shared_memory<P>::create(size));
            VITTE_TRY(auto writable, basic_view<P>::map(shared.file(), size, access::read_write));
            VITTE_TRY(auto executable, basic_view<P>::map(shared.file(), size, access::read_execute));
            return basic_code_region(std::move(writable), std::move(executable));
        }
    }

    std::size_t size() const noexcept { return writable_.bytes().size(); }
    /// Where the code runs.
    const std::byte* executable() const noexcept {
        return one_address ? writable_.bytes().data() : executable_.bytes().data();
    }

    /// Calls `edit(span)` with `size` writable bytes that run at `executable() + offset`; they may be run when this
    /// returns their address. `edit` must not run code of this region.
    template <class Edit>
    const std::byte* edit(std::size_t offset, std::size_t size, Edit edit) noexcept {
        const auto all = writable_.bytes();
        VITTE_ASSERT(offset <= all.size() && size <= all.size() - offset);
        if constexpr (one_address) pages::write_code(true);
        edit(all.subspan(offset, size));
        if constexpr (one_address) pages::write_code(false);
        const std::byte* const at = executable() + offset;
        pages::flush_instruction_cache(const_cast<std::byte*>(at), size);
        return at;
    }
    /// Copies `code` to `offset`, where it fits, and makes it ready to run; returns its address.
    const std::byte* write(std::size_t offset, std::span<const std::byte> code) noexcept {
        return edit(offset, code.size(),
                    [code](std::span<std::byte> to) { __builtin_memcpy(to.data(), code.data(), to.size()); });
    }

private:
    basic_code_region(basic_view<P>&& writable, basic_view<P>&& executable) noexcept
        : writable_(std::move(writable)), executable_(std::move(executable)) {}
    basic_view<P> writable_, executable_;
};
using code_region = basic_code_region<>;

}  // namespace vitte::sys
