/// `vitte::error`: why an operation of the library failed. Small and trivially copyable, so that a result costs two
/// registers; layers above add file names, symbols and offsets in error types of their own.
#pragma once

#include <vitte/core/error_name.hpp>
#include <vitte/core/error_text.hpp>

namespace vitte {

/// Portable causes. Each platform translates its native codes into these; the native code is kept beside it.
enum class errc : unsigned char {
    unknown,             ///< a native code without a portable meaning
    not_found,           ///< no such file, directory, symbol or process (ENOENT, ESRCH)
    already_exists,      ///< exclusive creation found something (EEXIST)
    permission_denied,   ///< the OS refused for lack of rights (EACCES, EPERM, EROFS)
    invalid_argument,    ///< an argument that the callee cannot accept (EINVAL, EDOM)
    bad_handle,          ///< a handle that is not open, or not for this operation (EBADF)
    out_of_memory,       ///< memory or address space is exhausted (ENOMEM)
    out_of_handles,      ///< the process or the system has no descriptor left (EMFILE, ENFILE)
    no_space,            ///< the device or the quota is full (ENOSPC, EDQUOT)
    too_large,           ///< a size or an offset beyond a limit (EFBIG, EOVERFLOW, E2BIG, EMSGSIZE)
    name_too_long,       ///< a path or name beyond a limit (ENAMETOOLONG)
    not_a_directory,     ///< a path component is no directory (ENOTDIR)
    is_a_directory,      ///< a directory where a file is needed (EISDIR)
    not_empty,           ///< a directory that must be empty is not (ENOTEMPTY)
    too_many_links,      ///< symbolic links form a loop, or too many (ELOOP, EMLINK)
    cross_device,        ///< source and target are on different file systems (EXDEV)
    busy,                ///< in use by somebody else (EBUSY, ETXTBSY)
    interrupted,         ///< a signal came first (EINTR); the layer above retries
    would_block,         ///< nothing to be had now (EAGAIN, EWOULDBLOCK, EINPROGRESS)
    timed_out,           ///< the deadline passed (ETIMEDOUT)
    broken_pipe,         ///< the reader is gone (EPIPE)
    io_error,            ///< the device failed (EIO)
    not_supported,       ///< this platform or file system cannot do it (ENOSYS, ENOTSUP)
    end_of_input,        ///< the input ended before what had to be read
    malformed,           ///< the input does not follow its format
    out_of_range,        ///< a number, offset or index outside what its place allows
    refused,             ///< nobody takes connections there (ECONNREFUSED)
    disconnected,        ///< the other side, or this one, gave the connection up (ECONNRESET, ECONNABORTED)
    unreachable,         ///< no way leads there (ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN)
    address_in_use,      ///< somebody else is bound to it (EADDRINUSE)
    no_such_address,     ///< it is none of this machine's (EADDRNOTAVAIL)
    not_connected,       ///< a socket without another end (ENOTCONN, EDESTADDRREQ)
    already_connected,   ///< a socket that has its other end (EISCONN)
    cancelled,           ///< somebody asked to stop (ECANCELED)
};

/// A few words for `code`, in lower case and without a full stop. Never null.
constexpr const char* message(errc code) noexcept {
    switch (code) {
        case errc::unknown: return "unknown error";
        case errc::not_found: return "not found";
        case errc::already_exists: return "already exists";
        case errc::permission_denied: return "permission denied";
        case errc::invalid_argument: return "invalid argument";
        case errc::bad_handle: return "bad handle";
        case errc::out_of_memory: return "out of memory";
        case errc::out_of_handles: return "out of handles";
        case errc::no_space: return "no space left";
        case errc::too_large: return "too large";
        case errc::name_too_long: return "name too long";
        case errc::not_a_directory: return "not a directory";
        case errc::is_a_directory: return "is a directory";
        case errc::not_empty: return "directory not empty";
        case errc::too_many_links: return "too many links";
        case errc::cross_device: return "different devices";
        case errc::busy: return "busy";
        case errc::interrupted: return "interrupted";
        case errc::would_block: return "would block";
        case errc::timed_out: return "timed out";
        case errc::broken_pipe: return "broken pipe";
        case errc::io_error: return "input/output error";
        case errc::not_supported: return "not supported";
        case errc::end_of_input: return "unexpected end of input";
        case errc::malformed: return "malformed input";
        case errc::out_of_range: return "out of range";
        case errc::refused: return "connection refused";
        case errc::disconnected: return "connection given up";
        case errc::unreachable: return "unreachable";
        case errc::address_in_use: return "address in use";
        case errc::no_such_address: return "not an address of this machine";
        case errc::not_connected: return "not connected";
        case errc::already_connected: return "already connected";
        case errc::cancelled: return "cancelled";
    }
    return "invalid error code";
}

/// A failed operation: what failed, why, and the OS's own code for it.
struct error {
    errc code = errc::unknown;
    int native = 0;              ///< `errno`, `GetLastError()`; 0 if the cause is not the OS's
    const char* operation = "";  ///< a string literal, such as "open"; never null

    /// Two errors are equal if code and native code are; the operation is for people.
    friend constexpr bool operator==(const error& a, const error& b) noexcept {
        return a.code == b.code && a.native == b.native;
    }

    /// One line without a full stop: "open: not found (ENOENT)", or, if the caller tells of what, such as a path, "open
    /// settings.json: not found (ENOENT)"; what of `what` is not for a line is escaped, see `append_printable`. What
    /// does not fit into `error_text` loses the beginning of `what`.
    constexpr error_text message(const char* what = "") const noexcept {
        return error_text([&](char* to, std::size_t room) { return write(to, room, what); });
    }
    /// The same into characters of yours, such as a `std::span<char>`; returns how many. It puts no NUL behind them.
    template <class Characters>
    constexpr std::size_t write_message(Characters&& to, const char* what = "") const noexcept {
        return write(to.data(), to.size(), what);
    }

private:
    [[gnu::cold]] constexpr std::size_t write(char* to, std::size_t room, const char* what) const noexcept {
        const auto magnitude = static_cast<unsigned long long>(native < 0 ? -static_cast<long long>(native) : native);
        const detail::digits number(magnitude, native < 0);
        const char* const name = native_name(native);
        const char* texts[] = {operation, *what != 0 ? " " : "", what, ": ", vitte::message(code), "", "", ""};
        if (native != 0) {
            texts[5] = *name != 0 ? " (" : " (native code ";
            texts[6] = *name != 0 ? name : number.c_str();
            texts[7] = ")";
        }
        return detail::write_texts(to, room, texts, 2);
    }
};

}  // namespace vitte
