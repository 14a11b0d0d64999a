/// Extended attributes: small named values beside the content of a file (xattr(7)). On Linux names begin with "user."
/// unless the program is privileged, on the BSDs there is no prefix. `errc::not_supported` where the platform or the
/// file system has none.
#pragma once

#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// Copies the value of the attribute `name` to `to`; returns its size, also if `to` is empty. `errc::not_found` if
/// there is none, `errc::too_large` if `to` is too small.
template <platform P>
result<std::size_t> attribute(const basic_file<P>& of, const char* name, std::span<std::byte> to) noexcept {
    VITTE_CALL_IF_PRESENT("read attribute", P::files::attribute(of.native_handle(), name, to.data(), to.size()));
}

/// Gives the attribute `name` this value, whether there is one or not.
template <platform P>
result<void> set_attribute(const basic_file<P>& of, const char* name, std::span<const std::byte> value) noexcept {
    VITTE_CALL_IF_PRESENT("set attribute",
                          P::files::set_attribute(of.native_handle(), name, value.data(), value.size()));
}

/// `errc::not_found` if there is none of that name.
template <platform P>
result<void> remove_attribute(const basic_file<P>& of, const char* name) noexcept {
    VITTE_CALL_IF_PRESENT("remove attribute", P::files::remove_attribute(of.native_handle(), name));
}

/// Calls `visit(const char* name)` for each attribute, in no order.
template <platform P, class Visit>
result<void> for_each_attribute(const basic_file<P>& of, Visit visit) {
    if constexpr (requires { P::files::attributes(of.native_handle(), static_cast<char*>(nullptr), std::size_t{}); }) {
        for (;;) {
            VITTE_TRY(const std::size_t size, P::files::attributes(of.native_handle(), nullptr, 0));
            if (size == 0) return {};
            VITTE_TRY(auto names, byte_buffer::allocate(size));
            auto* const text = reinterpret_cast<char*>(names.bytes().data());
            const auto told = P::files::attributes(of.native_handle(), text, size);
            if (!told && told.error().code == errc::too_large) continue;  // there are more meanwhile
            if (!told) return unexpected(told.error());
            for (std::size_t at = 0; at < *told; at += __builtin_strlen(text + at) + 1)
                visit(static_cast<const char*>(text + at));
            return {};
        }
    } else {
        return fail(errc::not_supported, "list attributes");
    }
}

}  // namespace vitte::sys
