/// Text files.
#pragma once

#include <string>
#include <string_view>

#include <vitte/core/utf8.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// The content of the file at `path`, which must be UTF-8 or it is `errc::malformed`; without a byte order mark at its
/// beginning.
template <platform P = native>
result<std::string> read_text(const char* path) {
    VITTE_TRY(const byte_buffer content, read<P>(path));
    if (utf8_valid_prefix(content.bytes()) != content.size()) return fail(errc::malformed, "read text: no UTF-8");
    std::string_view text(reinterpret_cast<const char*>(content.bytes().data()), content.size());
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return std::string(text);
}

/// The bytes of a text, for `write`, `append` and `replace`.
inline std::span<const std::byte> as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

}  // namespace vitte::sys
