/// UTF-8 outside, UTF-16 inside: text and paths on their way to the Windows API, without a heap.
#pragma once

#include <vitte/sys/platform/win32/error.hpp>

namespace vitte::sys::win32 {

inline constexpr unsigned utf8 = 65001, refuse_invalid = 8;

/// Converts `text` with its NUL; returns the length with the NUL, or 0 if it is no UTF-8 or does not fit.
inline int widen(const char* text, wchar_t* to, int room) noexcept {
    return MultiByteToWideChar(utf8, refuse_invalid, text, -1, to, room);
}

/// Converts `count` units of `text` to UTF-8 with a NUL; returns the length without it, or `errc::name_too_long`.
/// Halves of surrogate pairs become U+FFFD.
inline result<std::size_t> narrow(const wchar_t* text, std::size_t count, char* to, std::size_t room) noexcept {
    const int most = room < 0x7fffffff ? static_cast<int>(room) : 0x7fffffff;
    const int size =
        count == 0 ? 0 : WideCharToMultiByte(utf8, 0, text, static_cast<int>(count), to, most, nullptr, nullptr);
    if ((size == 0 && count != 0) || size >= most) return fail(errc::name_too_long, "convert to UTF-8");
    to[size] = 0;
    return static_cast<std::size_t>(size);
}

namespace detail {

/// Paths of up to 32,767 characters have the prefix `\\?\`, or `\\?\UNC\` for those of a server, behind which
/// nothing is interpreted: they are made absolute, with backslashes, first ("Maximum Path Length Limitation").
template <class Call>
[[gnu::noinline]] auto with_long_path(const char* path, Call call) noexcept -> decltype(call(L"")) {
    constexpr int limit = 32'768;
    constexpr std::size_t prefix = 4, server_prefix = 7;
    wchar_t wide[limit], full[limit + server_prefix];
    if (widen(path, wide, limit) == 0) return last_error("convert path");
    const auto is_separator = [](wchar_t c) { return c == L'\\' || c == L'/'; };
    const bool of_server = is_separator(wide[0]) && is_separator(wide[1]);
    if (of_server && (wide[2] == L'?' || wide[2] == L'.')) return call(static_cast<const wchar_t*>(wide));
    wchar_t* const at = full + (of_server ? server_prefix - 1 : prefix);  // one of the server's backslashes stays
    const unsigned long length = GetFullPathNameW(wide, limit, at, nullptr);
    if (length == 0) return last_error("GetFullPathNameW");
    if (length >= limit) return failed(206, "GetFullPathNameW");
    __builtin_memcpy(full, L"\\\\?\\UNC", (of_server ? server_prefix : prefix) * sizeof(wchar_t));
    return call(static_cast<const wchar_t*>(full));
}

}  // namespace detail

/// Calls `call(wide_path)` with `path` (UTF-8) and returns what that returns, a result; or fails if `path` is no UTF-8.
template <class Call>
auto with_path(const char* path, Call call) noexcept -> decltype(call(L"")) {
    wchar_t wide[248];
    if (widen(path, wide, 248) != 0) return call(static_cast<const wchar_t*>(wide));
    if (GetLastError() != 122) return last_error("convert path");  // ERROR_INSUFFICIENT_BUFFER
    return detail::with_long_path(path, call);
}

}  // namespace vitte::sys::win32
