/// The system calls that rules of a sandbox refuse (syscalls(2)).
#pragma once

#include <asm/ioctls.h>
#include <sched.h>

#include <vitte/sys/platform/linux/call_filter.hpp>
#include <vitte/sys/platform/sandbox_types.hpp>

namespace vitte::sys::linux_os {

/// The same for every instruction set that filters know, and newer than some headers.
enum newer_call : std::uint32_t {
    io_uring_setup_call = 425,
    io_uring_enter_call = 426,
    io_uring_register_call = 427,
    open_tree_call = 428,
    move_mount_call = 429,
    fsopen_call = 430,
    fsconfig_call = 431,
    fsmount_call = 432,
    fspick_call = 433,
    clone3_call = 435,
    pidfd_getfd_call = 438,
    mount_setattr_call = 442,
    quotactl_fd_call = 443,
    open_tree_attr_call = 467,
};

inline constexpr std::uint32_t program_calls[] = {SYS_execve, SYS_execveat};
inline constexpr std::uint32_t socket_calls[] = {SYS_socket, SYS_socketpair};

/// What io_uring(7) does is done by the kernel, which asks no filter then.
inline constexpr std::uint32_t unfiltered_calls[] = {io_uring_setup_call, io_uring_enter_call, io_uring_register_call};
/// Their flags are in memory, where a filter cannot look. Libc does without: it then asks clone(2).
inline constexpr std::uint32_t opaque_calls[] = {clone3_call};

inline constexpr std::uint32_t privileged_calls[] = {
    // other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, pidfd_getfd_call,
    // what is where
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, open_tree_call, move_mount_call, fsopen_call, fsconfig_call,
    fsmount_call, fspick_call, mount_setattr_call, open_tree_attr_call, SYS_setns, SYS_unshare,
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_quotactl, quotactl_fd_call, SYS_swapon, SYS_swapoff, SYS_acct,
    SYS_fanotify_init,
    // the kernel
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_kexec_load,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_syslog, SYS_sethostname, SYS_setdomainname,
    SYS_vhangup, SYS_adjtimex, SYS_clock_adjtime,
#if defined(SYS_kexec_file_load)
    SYS_kexec_file_load,
#endif
#if defined(SYS_umount)
    SYS_umount,
#endif
#if defined(SYS_iopl)
    SYS_iopl, SYS_ioperm,
#endif
#if defined(SYS_vm86)
    SYS_vm86, SYS_vm86old,
#endif
#if defined(SYS_clock_settime)
    SYS_clock_settime,
#endif
#if defined(SYS_clock_settime32)
    SYS_clock_settime32,
#endif
#if defined(SYS_clock_settime64)
    SYS_clock_settime64,
#endif
#if defined(SYS_clock_adjtime64)
    SYS_clock_adjtime64,
#endif
#if defined(SYS_settimeofday)
    SYS_settimeofday,
#endif
#if defined(SYS_settimeofday_time32)
    SYS_settimeofday_time32,
#endif
#if defined(SYS_stime)
    SYS_stime,
#endif
};

#if defined(__s390x__)
inline constexpr unsigned clone_flags_argument = 1;
#else
inline constexpr unsigned clone_flags_argument = 0;
#endif

constexpr void refuse_processes(call_filter& filter) noexcept {
#if defined(SYS_fork)
    constexpr std::uint32_t older_calls[] = {SYS_fork, SYS_vfork};
    filter.refuse(older_calls, EPERM);
#endif
    filter.refuse_without(SYS_clone, clone_flags_argument, CLONE_THREAD);
}

constexpr void refuse_sockets(call_filter& filter) noexcept {
    filter.refuse(socket_calls, EPERM);
#if defined(SYS_socketcall)
    constexpr std::uint32_t to_make_one = 1, to_make_a_pair = 8;  // socketcall(2) is all of them
    filter.refuse_equal(SYS_socketcall, 0, to_make_one);
    filter.refuse_equal(SYS_socketcall, 0, to_make_a_pair);
#endif
}

constexpr void refuse_privileges(call_filter& filter) noexcept {
    constexpr std::uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                         CLONE_NEWPID | CLONE_NEWNET;
    filter.refuse(privileged_calls, EPERM);
    filter.refuse_with(SYS_clone, clone_flags_argument, namespaces);
    filter.refuse_equal(SYS_ioctl, 1, TIOCSTI);    // to type what the shell of the same terminal will read
    filter.refuse_equal(SYS_ioctl, 1, TIOCLINUX);  // and to paste it
}

inline constexpr unsigned all_filter_rules =
    sandbox_processes | sandbox_programs | sandbox_sockets | sandbox_privileges;

/// What those of `rules` refuse that are about calls.
constexpr call_filter filter_of(unsigned rules) noexcept {
    call_filter filter;
    filter.refuse(unfiltered_calls, EPERM);
    if ((rules & (sandbox_processes | sandbox_privileges)) != 0) filter.refuse(opaque_calls, ENOSYS);
    if ((rules & sandbox_processes) != 0) refuse_processes(filter);
    if ((rules & sandbox_programs) != 0) filter.refuse(program_calls, EPERM);
    if ((rules & sandbox_sockets) != 0) refuse_sockets(filter);
    if ((rules & sandbox_privileges) != 0) refuse_privileges(filter);
    filter.finish();
    return filter;
}
// A constant expression does not write beyond an array: there is room for the largest filter.
static_assert(!filter_of(all_filter_rules).program().empty());

}  // namespace vitte::sys::linux_os
