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

/// Paths of up to 32,767 characters have the prefix `\\?\`, behind which nothing is interpreted: they are made
/// absolute, with backslashes, first ("Maximum Path Length Limitation").
template <class Call>
[[gnu::noinline]] auto with_long_path(const char* path, Call call) noexcept -> decltype(call(L"")) {
    constexpr int limit = 32'768;
    constexpr std::size_t prefix = 4;
    wchar_t wide[limit], full[limit + prefix];
    if (widen(path, wide, limit) == 0) return last_error("convert path");
    const bool prefixed = wide[0] == L'\\' && wide[1] == L'\\' && (wide[2] == L'?' || wide[2] == L'.');
    const bool share = !prefixed && wide[0] == L'\\' && wide[1] == L'\\';
    if (prefixed || share) return call(static_cast<const wchar_t*>(wide));
    __builtin_memcpy(full, L"\\\\?\\", prefix * sizeof(wchar_t));
    const unsigned long length = GetFullPathNameW(wide, limit, full + prefix, nullptr);
    if (length == 0) return last_error("GetFullPathNameW");
    if (length >= limit) return failed(206, "GetFullPathNameW");
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
