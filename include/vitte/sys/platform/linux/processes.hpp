/// Processes of Linux: children that share the parent's memory until their program starts (clone(2)), so that it may be
/// as large as it likes; waiting with a deadline (pidfd_open(2)); and what /proc tells.
#pragma once

#include <sched.h>
#include <sys/syscall.h>

#include <vitte/core/address_sanitizer.hpp>
#include <vitte/sys/platform/linux/call_numbers.hpp>
#include <vitte/sys/platform/linux/directories.hpp>
#include <vitte/sys/platform/posix/processes.hpp>

namespace vitte::sys::linux_os {

/// What a child runs on until its program begins.
struct child_stack {
    alignas(64) std::byte bytes[32768];
    ~child_stack() { forget_stack(bytes, sizeof bytes); }
};

struct process_system : posix::forking {
    static result<posix::child_handle> start(int (*run)(void*) noexcept, void* argument) noexcept {
        child_stack stack;
        const pid_t made = ::clone(run, stack.bytes + sizeof stack.bytes, CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
        if (made == -1) return posix::last_error("clone");
        return posix::child_handle{made};
    }
#if defined(__x86_64__) && defined(__LP64__)
    /// The same for a child that begins with no signal handled (since Linux 5.5). Where this succeeds, memory is the
    /// parent's for certain: emulators that copy it do not know clone3(2).
    static result<posix::child_handle> start_clean(int (*run)(void*) noexcept, void* argument) noexcept {
        constexpr std::uint64_t clear_handlers = 0x1'0000'0000;
        child_stack stack;
        const struct {
            std::uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
            const void* stack;
            std::uint64_t stack_size, tls;
        } how{CLONE_VM | CLONE_VFORK | clear_handlers, 0, 0, 0, SIGCHLD, stack.bytes, sizeof stack.bytes, 0};
        long made = clone3_call;
        __asm__ volatile(
            "syscall\n\t"
            "test %%rax, %%rax\n\t"
            "jnz 1f\n\t"
            "mov %%rdx, %%rdi\n\t"
            "call *%%rbx\n\t"
            "mov %%eax, %%edi\n\t"
            "mov %[exit], %%eax\n\t"
            "syscall\n"
            "1:"
            : "+a"(made)
            : "D"(&how), "S"(sizeof how), "d"(argument), "b"(run), [exit] "i"(SYS_exit)
            : "rcx", "r11", "cc", "memory");
        if (made < 0) return fail(posix::cause_of(static_cast<int>(-made)), "clone3", static_cast<int>(-made));
        return posix::child_handle{static_cast<pid_t>(made)};
    }
#endif
    /// Changes user and group. Fails if supplementary groups would stay; only root keeps capabilities. It makes the
    /// system calls itself: those of libc would change all threads of the parent, whose memory this is.
    static bool become(const user_identity& user) noexcept {
#if defined(SYS_setresuid32)
        constexpr long set_groups = SYS_setgroups32, set_group = SYS_setresgid32, set_user = SYS_setresuid32;
#else
        constexpr long set_groups = SYS_setgroups, set_group = SYS_setresgid, set_user = SYS_setresuid;
#endif
        return ::syscall(set_group, user.group, user.group, user.group) == 0 &&
               (::syscall(set_groups, 1, &user.group) == 0 || has_only(user.group)) &&
               ::syscall(set_user, user.user, user.user, user.user) == 0 && (user.user == 0 || drop_capabilities());
    }
    /// Gives up the effective, permitted and inheritable sets, and with them the ambient one (capset(2)). The bounding
    /// set stays: it grants nothing, and the user's set-user-ID programs need it.
    static bool drop_capabilities() noexcept {
        struct {
            std::uint32_t version = 0x20080522;  // _LINUX_CAPABILITY_VERSION_3
            int process = 0;
        } header;
        const std::uint32_t none[6]{};
        return ::syscall(SYS_capset, &header, none) == 0;
    }
    static int descriptor_end() noexcept { return 0; }  // not needed
    static void close_at_exec(int first, int) noexcept {
        constexpr unsigned only_mark = 4;
        if (::syscall(close_range_call, first, ~0u, only_mark) == -1)  // before Linux 5.11
            posix::forking::close_at_exec(first, most_descriptors());
    }
    static result<void> await_exit(posix::child_handle of, std::int64_t until) noexcept {
        if (until == INT64_MAX) return {};
        const auto descriptor = end_handle(of);
        if (!descriptor) return posix::forking::await_exit(of, until);
        const auto ended = posix::wait_readable(*descriptor, until);
        ::close(*descriptor);
        return ended;
    }
    /// Since Linux 5.3.
    static result<int> end_handle(posix::child_handle of) noexcept {
        const int descriptor = posix::above_streams(static_cast<int>(::syscall(pidfd_open_call, of.id, 0)));
        if (descriptor == -1) return posix::last_error("pidfd_open");
        return descriptor;
    }
    static pid_t wait4(pid_t of, int* status, rusage* use) noexcept { return ::wait4(of, status, 0, use); }
};

struct processes : posix::processes<process_system> {
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        if (room == 0) return fail(errc::name_too_long, "readlink");
        VITTE_TRY(const std::size_t length, posix::counted(::readlink("/proc/self/exe", to, room), "readlink"));
        if (length >= room) return fail(errc::name_too_long, "readlink");
        to[length] = 0;
        if (is_gone(to, length)) return fail(errc::not_found, "readlink /proc/self/exe");
        return length;
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        return read_file("/proc/self/cmdline", to, room);
    }

    static result<std::size_t> list(process_entry* to, std::size_t room) noexcept {
        std::size_t count = 0;
        VITTE_CHECK(for_each_number("/proc", [&](int, const char* name) {
            process_entry one;
            if (!describe(::strtoull(name, nullptr, 10), one)) return;
            if (count < room) to[count] = one;
            ++count;
        }));
        return count;
    }
    /// What their descriptors lead to, where this process may see that.
    static result<std::size_t> writers(int pipe, std::uint64_t* to, std::size_t room) noexcept {
        struct stat facts;
        VITTE_CHECK(posix::checked(::fstat(pipe, &facts), "fstat"));
        const numbered_path name("pipe:[", facts.st_ino, "]");
        std::size_t count = 0;
        VITTE_CHECK(for_each_number("/proc", [&](int, const char* entry) {
            const std::uint64_t id = ::strtoull(entry, nullptr, 10);
            if (!only_writes(id, name.text)) return;
            if (count < room) to[count] = id;
            ++count;
        }));
        return count;
    }
    static result<void> send_id(std::uint64_t id, process_signal signal) noexcept {
        return posix::checked(::kill(static_cast<pid_t>(id), posix::number_of(signal)), "kill");
    }

private:
    /// Whether that was the path of this program. Then " (deleted)" is behind it (proc_pid_exe(5)), as in some names.
    static bool is_gone(const char* path, std::size_t length) noexcept {
        constexpr std::size_t mark = sizeof " (deleted)" - 1;
        if (length < mark || ::strcmp(path + length - mark, " (deleted)") != 0) return false;
        const auto named = files::info(path), running = files::info("/proc/self/exe");
        return !named || !running || !named->same_file(*running);
    }
    static result<std::size_t> read_file(const char* path, char* to, std::size_t room) noexcept {
        VITTE_TRY(const int file, files::open(path, open_mode::read));
        const auto got = posix::counted(::read(file, to, room), "read");
        ::close(file);
        return got;
    }
    /// Calls `visit(folder, name)` for the entries of a folder that are called by numbers.
    template <class Visit>
    static result<void> for_each_number(const char* path, Visit visit) noexcept {
        VITTE_TRY(const int folder, directories::open(directories::current, path, true));
        directories::listing all;
        const auto read = [&]() -> result<void> {
            VITTE_CHECK(all.open(folder));
            for (directory_entry entry;;) {
                VITTE_TRY(const bool more, all.next(entry));
                if (!more) return {};
                if (*entry.name >= '0' && *entry.name <= '9') visit(folder, entry.name);
            }
        }();
        ::close(folder);
        return read;
    }
    /// proc_pid_stat(5): behind the name in brackets, the state, the parent, the group, and 17 fields later the start.
    static bool describe(std::uint64_t id, process_entry& to) noexcept {
        char text[1024];
        const auto got = read_file(numbered_path("/proc/", id, "/stat").text, text, sizeof text - 1);
        if (!got) return false;
        text[*got] = 0;
        const char* at = ::strrchr(text, ')');
        if (at == nullptr || *got < static_cast<std::size_t>(at - text) + 4) return false;
        const char state = at[2];
        std::uint64_t fields[19];  // those that are negative are not looked at
        at += 3;
        for (std::uint64_t& field : fields) {
            char* end;
            field = ::strtoull(at, &end, 10);
            at = end;
        }
        const bool ended = state == 'Z' || state == 'X', suspended = state == 'T' || state == 't';
        to = {id, fields[0], fields[1], fields[18],
              ended       ? process_entry::state::ended
              : suspended ? process_entry::state::suspended
                          : process_entry::state::runs};
        return true;
    }
    /// Whether a process has the pipe called `name` open for writing, and not for reading.
    static bool only_writes(std::uint64_t id, const char* name) noexcept {
        bool writes = false, reads = false;
        static_cast<void>(for_each_number(numbered_path("/proc/", id, "/fd").text, [&](int folder, const char* entry) {
            char target[64];
            struct stat rights;
            const ssize_t length = ::readlinkat(folder, entry, target, sizeof target - 1);
            if (length == -1) return;
            target[length] = 0;
            if (::strcmp(target, name) != 0 || ::fstatat(folder, entry, &rights, AT_SYMLINK_NOFOLLOW) == -1) return;
            writes = writes || (rights.st_mode & S_IWUSR) != 0;
            reads = reads || (rights.st_mode & S_IRUSR) != 0;
        }));
        return writes && !reads;
    }
};

}  // namespace vitte::sys::linux_os
