/// Files that lose their names while they are open.
#pragma once

#include <vitte/sys/platform/win32/nt_path.hpp>

namespace vitte::sys::win32 {

/// Whether this Windows, or the file system, does not know a class of information.
inline bool is_unknown(const error& why) noexcept {
    return why.code == errc::invalid_argument || why.code == errc::not_supported || why.code == errc::unknown;
}
/// The name goes when `file` is closed, also while others have it open or mapped (Windows 10 1709).
inline result<void> dispose_at_once(handle file) noexcept {
    constexpr int posix_disposition = 64;
    constexpr std::uint32_t delete_posix_ignore_read_only = 1 | 2 | 0x10;
    io_status done{};
    std::uint32_t flags = delete_posix_ignore_read_only;
    return nt_checked(vitte_nt_set_information(file, &done, &flags, sizeof flags, posix_disposition),
                      "NtSetInformationFile");
}
/// The same where Windows can do that, or when the last of them closes it.
inline result<void> dispose(handle file) noexcept {
    constexpr int plain_disposition = 13;
    const auto gone = dispose_at_once(file);
    if (gone || !is_unknown(gone.error())) return gone;
    io_status done{};
    unsigned char yes = 1;
    return nt_checked(vitte_nt_set_information(file, &done, &yes, sizeof yes, plain_disposition),
                      "NtSetInformationFile");
}

}  // namespace vitte::sys::win32
