/// Processes of Linux: children that share the parent's memory until their program starts (clone(2)), so that it may be
/// as large as it likes; waiting with a deadline (pidfd_open(2)); and what /proc tells.
#pragma once

#include <sched.h>
#include <sys/syscall.h>

#include <vitte/sys/platform/linux/call_numbers.hpp>
#include <vitte/sys/platform/linux/directories.hpp>
#include <vitte/sys/platform/posix/processes.hpp>

namespace vitte::sys::linux_os {

struct process_system : posix::forking {
    static result<posix::child_handle> start(int (*run)(void*) noexcept, void* argument) noexcept {
        alignas(64) std::byte stack[32768];
        const pid_t made = ::clone(run, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
        if (made == -1) return posix::last_error("clone");
        return posix::child_handle{made};
    }
    /// The calls themselves: those of libc would change all threads of the parent, whose memory this is.
    static bool become(const user_identity& user) noexcept {
#if defined(SYS_setresuid32)
        constexpr long set_groups = SYS_setgroups32, set_group = SYS_setresgid32, set_user = SYS_setresuid32;
#else
        constexpr long set_groups = SYS_setgroups, set_group = SYS_setresgid, set_user = SYS_setresuid;
#endif
        if (::geteuid() == 0 && ::syscall(set_groups, 1, &user.group) == -1) return false;
        return ::syscall(set_group, user.group, user.group, user.group) == 0 &&
               ::syscall(set_user, user.user, user.user, user.user) == 0;
    }
    static int descriptor_end() noexcept { return 0; }  // not needed
    static void close_at_exec(int first, int) noexcept {
        constexpr unsigned only_mark = 4;
        if (::syscall(close_range_call, first, ~0u, only_mark) == -1)  // before Linux 5.11
            posix::forking::close_at_exec(first, most_descriptors());
    }
    static result<void> await_exit(posix::child_handle of, std::int64_t until) noexcept {
        if (until == INT64_MAX) return {};
        const auto descriptor = static_cast<int>(::syscall(pidfd_open_call, of.id, 0));  // since Linux 5.3
        if (descriptor == -1) return posix::forking::await_exit(of, until);
        const auto ended = posix::wait_readable(descriptor, until);
        ::close(descriptor);
        return ended;
    }
    static pid_t wait4(pid_t of, int* status, rusage* use) noexcept { return ::wait4(of, status, 0, use); }
};

struct processes : posix::processes<process_system> {
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        VITTE_TRY(const std::size_t length, posix::counted(::readlink("/proc/self/exe", to, room), "readlink"));
        if (length >= room) return fail(errc::name_too_long, "readlink");
        to[length] = 0;
        return length;
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        return read_file("/proc/self/cmdline", to, room);
    }

    /// The children of the process `of`: fills `to`, returns how many there are.
    static result<std::size_t> children(std::uint64_t of, std::uint64_t* to, std::size_t room) noexcept {
        VITTE_TRY(const int folder, directories::open(directories::current, "/proc", true));
        directories::listing all;
        std::size_t count = 0;
        const auto read = [&]() -> result<void> {
            VITTE_CHECK(all.open(folder));
            for (directory_entry entry;;) {
                VITTE_TRY(const bool more, all.next(entry));
                if (!more) return {};
                std::uint64_t id = 0;
                for (const char* c = entry.name; *c >= '0' && *c <= '9'; ++c)
                    id = id * 10 + static_cast<unsigned>(*c - '0');
                if (id == 0 || parent_of(id) != of) continue;
                if (count < room) to[count] = id;
                ++count;
            }
        }();
        ::close(folder);
        if (!read) return unexpected(read.error());
        return count;
    }
    static result<void> send_id(std::uint64_t id, process_signal signal) noexcept {
        return posix::checked(::kill(static_cast<pid_t>(id), posix::number_of(signal)), "kill");
    }

private:
    static result<std::size_t> read_file(const char* path, char* to, std::size_t room) noexcept {
        VITTE_TRY(const int file, files::open(path, open_mode::read));
        const auto got = posix::counted(::read(file, to, room), "read");
        ::close(file);
        return got;
    }
    /// The fourth field of proc_pid_stat(5), behind the name in brackets; 0 if the process is gone.
    static std::uint64_t parent_of(std::uint64_t id) noexcept {
        char text[512];
        const auto got = read_file(numbered_path("/proc/", static_cast<long>(id), "/stat").text, text, sizeof text - 1);
        if (!got) return 0;
        text[*got] = 0;
        const char* after = ::strrchr(text, ')');
        std::uint64_t parent = 0;
        if (after != nullptr && *got > static_cast<std::size_t>(after - text) + 4)
            for (after += 4; *after >= '0' && *after <= '9'; ++after)
                parent = parent * 10 + static_cast<unsigned>(*after - '0');
        return parent;
    }
};

}  // namespace vitte::sys::linux_os
