/// Processes of macOS: what dyld and libproc tell.
#pragma once

#include <crt_externs.h>
#include <libproc.h>
#include <mach-o/dyld.h>

#include <vitte/sys/platform/kqueue/processes.hpp>

namespace vitte::sys::darwin {

struct processes : posix::processes<kqueue_os::process_system> {
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        auto size = static_cast<std::uint32_t>(room);
        if (::_NSGetExecutablePath(to, &size) != 0) return fail(errc::name_too_long, "_NSGetExecutablePath");
        return ::strlen(to);
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        std::size_t used = 0;
        char** const all = *::_NSGetArgv();
        for (int i = 0; i < *::_NSGetArgc(); ++i) {
            const std::size_t size = ::strlen(all[i]) + 1;
            if (size > room - used) return room;
            ::memcpy(to + used, all[i], size);
            used += size;
        }
        return used;
    }
    static result<std::size_t> children(std::uint64_t of, std::uint64_t* to, std::size_t room) noexcept {
        constexpr int most = 4096;
        pid_t found[most];
        const int count = ::proc_listchildpids(static_cast<pid_t>(of), found, sizeof found);
        if (count == -1) return posix::last_error("proc_listchildpids");
        for (int i = 0; i < count && static_cast<std::size_t>(i) < room; ++i)
            to[i] = static_cast<std::uint64_t>(found[i]);
        return static_cast<std::size_t>(count);
    }
    static result<void> send_id(std::uint64_t id, process_signal signal) noexcept {
        return posix::checked(::kill(static_cast<pid_t>(id), posix::number_of(signal)), "kill");
    }
};

}  // namespace vitte::sys::darwin
