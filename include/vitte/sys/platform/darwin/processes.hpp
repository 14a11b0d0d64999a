/// Processes of macOS: what dyld and libproc tell.
#pragma once

#include <crt_externs.h>
#include <libproc.h>
#include <mach-o/dyld.h>
#include <sys/proc.h>

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
    /// Those that this process may look at; none that has ended.
    static result<std::size_t> list(process_entry* to, std::size_t room) noexcept {
        auto* const ids = reinterpret_cast<pid_t*>(to);  // they are read before what is written behind them
        const int count = ::proc_listallpids(ids, static_cast<int>(room * sizeof *to));
        if (count < 0) return posix::last_error("proc_listallpids");
        const auto listed = static_cast<std::size_t>(count);
        if (listed > room) return listed;
        for (std::size_t i = listed; i-- != 0;) to[i] = {static_cast<std::uint64_t>(ids[i]), 0, 0, 0, {}};
        std::size_t seen = 0;
        for (std::size_t i = 0; i < listed; ++i) {
            proc_bsdinfo facts;
            const auto id = static_cast<pid_t>(to[i].id);
            if (::proc_pidinfo(id, PROC_PIDTBSDINFO, 0, &facts, sizeof facts) != static_cast<int>(sizeof facts))
                continue;
            to[seen++] = {to[i].id, facts.pbi_ppid, facts.pbi_pgid,
                          facts.pbi_start_tvsec * 1'000'000 + facts.pbi_start_tvusec, state_of(facts.pbi_status)};
        }
        return seen;
    }
    static result<void> send_id(std::uint64_t id, process_signal signal) noexcept {
        return posix::checked(::kill(static_cast<pid_t>(id), posix::number_of(signal)), "kill");
    }

private:
    static process_entry::state state_of(std::uint32_t status) noexcept {
        if (status == SZOMB) return process_entry::state::ended;
        return status == SSTOP ? process_entry::state::suspended : process_entry::state::runs;
    }
};

}  // namespace vitte::sys::darwin
