/// Asks the driver of Windows Sockets (AFD) when a socket is ready: what select stands on, but an operation that
/// completes by itself, of which a completion port tells.
#pragma once

#include <vitte/sys/platform/socket_types.hpp>
#include <vitte/sys/platform/win32/nt_path.hpp>
#include <vitte/sys/platform/win32/socket_library.hpp>

namespace vitte::sys::win32 {

/// The socket that the driver knows: programs that look into connections may put theirs in front of it.
inline result<handle> base_socket(std::uintptr_t socket) noexcept {
    constexpr unsigned long base_handle = 0x48000022, handle_to_poll = 0x4800001d, not_a_socket = 10038;
    for (;;) {
        std::uintptr_t below = 0;
        const auto told = [&](unsigned long what) {
            unsigned long size = 0;
            return WSAIoctl(socket, what, nullptr, 0, &below, sizeof below, &size, nullptr, nullptr) == 0;
        };
        if (told(base_handle)) return reinterpret_cast<handle>(below);
        const auto refused = last_error("WSAIoctl");
        if (GetLastError() == not_a_socket) return refused;
        // Some of them do not pass the first question on, but answer the second one: one socket nearer.
        if (!told(handle_to_poll) || below == socket) return refused;
        socket = below;
    }
}

/// Whether there is such a socket: it may have been closed after it was ready.
inline bool is_there(std::uintptr_t socket) noexcept {
    constexpr int level = 0xffff, kind = 0x1008;
    int told = 0, size = sizeof told;
    return getsockopt(socket, level, kind, reinterpret_cast<char*>(&told), &size) == 0;
}

/// Opens the driver, whose operations are completed at `port`.
inline result<handle> open_socket_driver(handle port) noexcept {
    constexpr std::uint32_t right_to_wait = 0x100000, shared = 3, must_exist = 1;
    wchar_t path[] = L"\\Device\\Afd\\Vitte";
    unicode_text name{sizeof path - sizeof *path, sizeof path, path};
    object_attributes object{sizeof object, nullptr, &name, 0, nullptr, nullptr};
    io_status done{};
    handle made = nullptr;
    VITTE_CHECK(nt_checked(vitte_nt_create_file(&made, right_to_wait, &object, &done, nullptr, 0, shared, must_exist, 0,
                                                nullptr, 0), "NtCreateFile"));
    if (CreateIoCompletionPort(made, port, 0, 0) != nullptr) return made;
    const auto refused = last_error("CreateIoCompletionPort");
    CloseHandle(made);
    return refused;
}

/// One operation, which stays where it is from `begin` until its completion has come.
class socket_poll {
public:
    /// Completes when the socket is ready for `interest`, bits of `socket_event`, has failed or is closed. The port
    /// tells of it as `context`; if beginning fails, never.
    result<void> begin(handle driver, handle socket, unsigned interest, void* context) noexcept {
        constexpr std::uint32_t poll = 0x00012024;
        about_ = {INT64_MAX, 1, 0, socket, asks_for(interest), 0};
        return nt_checked(vitte_nt_control_device(driver, nullptr, nullptr, context, &done_, poll, &about_,
                                                  sizeof about_, &about_, sizeof about_), "NtDeviceIoControlFile");
    }
    /// Makes it complete soon, if it has not.
    void cancel(handle driver) noexcept {
        io_status done{};
        vitte_nt_cancel(driver, &done_, &done);
    }

    /// Of one that has completed: whether the socket was closed.
    bool is_closed() const noexcept { return has_told() && (about_.events & local_close) != 0; }
    /// What it is ready for; 0 if the operation was cancelled.
    unsigned events(unsigned interest) const noexcept {
        constexpr auto cancelled = static_cast<std::int32_t>(0xc0000120);
        if (!has_told()) return status() == cancelled ? 0u : socket_hung_up;
        const std::uint32_t told = about_.events;
        return ((told & (may_receive | aborted)) != 0 ? interest & socket_readable : 0u) |
               ((told & (may_send | aborted)) != 0 ? interest & socket_writable : 0u) |
               ((told & (aborted | not_connected)) != 0 ? socket_hung_up : 0u);
    }

private:
    static constexpr std::uint32_t aborted = 0x10, local_close = 0x20, not_connected = 0x100,
                                   may_receive = 0x1 | 0x8 | 0x80,  // data, the end, a connection
                                   may_send = 0x4 | not_connected;
    struct information {
        std::int64_t patience;
        std::uint32_t count, exclusive;
        handle socket;
        std::uint32_t events;
        std::int32_t status;
    };
    static_assert(sizeof(information) == 32);

    static constexpr std::uint32_t asks_for(unsigned interest) noexcept {
        return ((interest & socket_readable) != 0 ? may_receive : 0u) |
               ((interest & socket_writable) != 0 ? may_send : 0u) | aborted | local_close | not_connected;
    }
    std::int32_t status() const noexcept { return static_cast<std::int32_t>(done_.status); }
    bool has_told() const noexcept { return status() >= 0 && about_.count != 0; }

    io_status done_{};
    information about_{};
};

}  // namespace vitte::sys::win32
