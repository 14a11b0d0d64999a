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
    const bool two_separators = is_separator(wide[0]) && is_separator(wide[1]);
    if (two_separators && (wide[2] == L'?' || wide[2] == L'.')) return call(static_cast<const wchar_t*>(wide));
    wchar_t* const at = full + server_prefix - 1;  // one of the server's backslashes stays
    const unsigned long length = GetFullPathNameW(wide, limit, at, nullptr);
    if (length == 0) return last_error("GetFullPathNameW");
    if (length >= limit) return failed(206, "GetFullPathNameW");
    const bool of_server = at[0] == L'\\' && at[1] == L'\\';  // as the current folder may be
    wchar_t* const begin = of_server ? full : at - prefix;
    __builtin_memcpy(begin, L"\\\\?\\UNC", (of_server ? server_prefix : prefix) * sizeof(wchar_t));
    return call(static_cast<const wchar_t*>(begin));
}

/// Up to this many characters, with the NUL, a path is taken as it is by all calls, also by those that make folders.
inline constexpr int short_path = 248;

/// Whether a path that was not found is too long when it is complete, as in a deep current folder.
inline bool is_cut_off(const error& why, const wchar_t* path) noexcept {
    if (why.code != errc::not_found && why.code != errc::name_too_long) return false;
    return GetFullPathNameW(path, 0, nullptr, nullptr) > short_path;
}

}  // namespace detail

/// Calls `call(wide_path)` with `path` (UTF-8) and returns what that returns, a result; or fails if `path` is no UTF-8.
template <class Call>
auto with_path(const char* path, Call call) noexcept -> decltype(call(L"")) {
    wchar_t wide[detail::short_path];
    if (widen(path, wide, detail::short_path) != 0) {
        auto done = call(static_cast<const wchar_t*>(wide));
        const bool again = !done && detail::is_cut_off(done.error(), wide);
        return again ? detail::with_long_path(path, call) : done;
    }
    if (GetLastError() != 122) return last_error("convert path");  // ERROR_INSUFFICIENT_BUFFER
    return detail::with_long_path(path, call);
}

}  // namespace vitte::sys::win32
