/// Every system call of Linux (syscalls(2)), and which rules of a sandbox refuse it. What is not in the table is newer
/// than it, and does not exist for who is confined (ENOSYS), as for an older kernel: libraries then do without.
#pragma once

#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <sched.h>

#include <array>
#include <vitte/sys/platform/linux/call_filter.hpp>
#include <vitte/sys/platform/linux/call_numbers.hpp>
#include <vitte/sys/platform/sandbox_types.hpp>

namespace vitte::sys::linux_os {

/// Newer than some headers.
enum newer_call : std::uint32_t {
    pidfd_send_signal_call = VITTE_CALL(424),
    open_tree_call = VITTE_CALL(428),
    move_mount_call,
    fsopen_call,
    fsconfig_call,
    fsmount_call,
    fspick_call,
    openat2_call = VITTE_CALL(437),
    pidfd_getfd_call,
    faccessat2_call,
    process_madvise_call,
    mount_setattr_call = VITTE_CALL(442),
    quotactl_fd_call,
    landlock_create_ruleset_call,
    landlock_add_rule_call,
    landlock_restrict_self_call,
    memfd_secret_call,
    process_mrelease_call,
    futex_waitv_call,
    set_mempolicy_home_node_call,
    cachestat_call,
    fchmodat2_call,
    map_shadow_stack_call,
    futex_wake_call,
    futex_wait_call,
    futex_requeue_call,
    statmount_call,
    listmount_call,
    lsm_get_self_attr_call,
    lsm_set_self_attr_call,
    lsm_list_modules_call,
    mseal_call,
    setxattrat_call,
    getxattrat_call,
    listxattrat_call,
    removexattrat_call,
    open_tree_attr_call,
    file_getattr_call,
    file_setattr_call,
};

/// Why a call is let through or refused.
enum class call_class : unsigned char {
    unknown,     ///< newer than the table, or gone from Linux long ago
    plain,       ///< acts on what the process has, or is ruled by Landlock and rights of files
    process,     ///< makes a process
    program,     ///< puts another program in the place of this one
    socket,      ///< makes sockets
    listening,   ///< gives a socket that has no port one that the system picks (tcp(7))
    sockets,     ///< all calls of sockets in one, whose arguments are in memory, where a filter cannot look
    privileged,  ///< administers the system or looks into other processes
    opaque,      ///< makes processes and namespaces by flags in memory; libc then asks clone(2)
    unfiltered,  ///< has the kernel do things later, which asks no filter then
};

inline constexpr std::uint32_t plain_calls[] = {
    // memory
    __NR_brk, __NR_madvise, __NR_mbind, __NR_get_mempolicy, __NR_set_mempolicy, set_mempolicy_home_node_call,
    __NR_membarrier, __NR_memfd_create, memfd_secret_call, __NR_mincore, __NR_mlock, __NR_mlock2, __NR_mlockall,
    __NR_mprotect, __NR_mremap, mseal_call, __NR_msync, __NR_munlock, __NR_munlockall, __NR_munmap, __NR_pkey_alloc,
    __NR_pkey_free, __NR_pkey_mprotect, __NR_remap_file_pages, map_shadow_stack_call,
    // handles and what they stand for
    __NR_close, close_range_call, __NR_copy_file_range, __NR_dup, __NR_dup3, __NR_epoll_create1, __NR_epoll_ctl,
    __NR_epoll_pwait, epoll_pwait2_call, __NR_eventfd2, __NR_fallocate, __NR_fcntl, __NR_fdatasync, __NR_flock,
    __NR_fsync, __NR_ftruncate, __NR_io_cancel, __NR_io_destroy, __NR_io_getevents, __NR_io_pgetevents, __NR_io_setup,
    __NR_io_submit, __NR_ioctl, __NR_lseek, __NR_pipe2, __NR_ppoll, __NR_pread64, __NR_preadv, __NR_preadv2,
    __NR_pselect6, __NR_pwrite64, __NR_pwritev, __NR_pwritev2, __NR_read, __NR_readahead, __NR_readv, __NR_sendfile,
    __NR_signalfd4, __NR_splice, __NR_sync, __NR_syncfs, __NR_tee, __NR_timerfd_create, __NR_timerfd_gettime,
    __NR_timerfd_settime, __NR_vmsplice, __NR_write, __NR_writev, cachestat_call,
    // files, by name or handle
    __NR_chdir, __NR_faccessat, faccessat2_call, __NR_fanotify_mark, __NR_fchdir, __NR_fchmod, __NR_fchmodat,
    fchmodat2_call, __NR_fchown, __NR_fchownat, __NR_fgetxattr, __NR_flistxattr, __NR_fremovexattr, __NR_fsetxattr,
    __NR_fstat, __NR_fstatfs, __NR_getcwd, __NR_getdents64, __NR_getxattr, __NR_inotify_add_watch, __NR_inotify_init1,
    __NR_inotify_rm_watch, __NR_lgetxattr, __NR_linkat, __NR_listxattr, __NR_llistxattr, __NR_lremovexattr,
    __NR_lsetxattr, __NR_mkdirat, __NR_mknodat, __NR_openat, openat2_call, __NR_readlinkat, __NR_removexattr,
    __NR_renameat2, __NR_setxattr, __NR_statfs, __NR_statx, __NR_symlinkat, __NR_truncate, __NR_umask, __NR_unlinkat,
    __NR_utimensat, setxattrat_call, getxattrat_call, listxattrat_call, removexattrat_call, file_getattr_call,
    file_setattr_call, statmount_call, listmount_call,
    // threads, processes and signals; others are reached by the user's rights, and with Landlock by none
    __NR_capget, __NR_capset, __NR_clone, __NR_exit, __NR_exit_group, __NR_futex, futex_waitv_call, futex_wake_call,
    futex_wait_call, futex_requeue_call, __NR_get_robust_list, __NR_getcpu, __NR_getegid, __NR_geteuid, __NR_getgid,
    __NR_getgroups, __NR_getpgid, __NR_getpid, __NR_getppid, __NR_getpriority, __NR_getresgid, __NR_getresuid,
    __NR_getrusage, __NR_getsid, __NR_gettid, __NR_getuid, __NR_ioprio_get, __NR_ioprio_set, __NR_kill,
    landlock_create_ruleset_call, landlock_add_rule_call, landlock_restrict_self_call, lsm_get_self_attr_call,
    lsm_list_modules_call, __NR_migrate_pages, __NR_move_pages, __NR_personality, pidfd_open_call,
    pidfd_send_signal_call, __NR_prctl, __NR_prlimit64, __NR_restart_syscall, __NR_rseq, __NR_rt_sigaction,
    __NR_rt_sigpending, __NR_rt_sigprocmask, __NR_rt_sigqueueinfo, __NR_rt_sigreturn, __NR_rt_sigsuspend,
    __NR_rt_sigtimedwait, __NR_rt_tgsigqueueinfo, __NR_sched_get_priority_max, __NR_sched_get_priority_min,
    __NR_sched_getaffinity, __NR_sched_getattr, __NR_sched_getparam, __NR_sched_getscheduler,
    __NR_sched_rr_get_interval, __NR_sched_setaffinity, __NR_sched_setattr, __NR_sched_setparam,
    __NR_sched_setscheduler, __NR_sched_yield, __NR_seccomp, __NR_set_robust_list, __NR_set_tid_address, __NR_setfsgid,
    __NR_setfsuid, __NR_setgid, __NR_setgroups, __NR_setpgid, __NR_setpriority, __NR_setregid, __NR_setresgid,
    __NR_setresuid, __NR_setreuid, __NR_setrlimit, __NR_setsid, __NR_setuid, __NR_sigaltstack, __NR_tgkill, __NR_tkill,
    __NR_wait4, __NR_waitid,
    // clocks, and what the machine is
    __NR_clock_getres, __NR_clock_gettime, __NR_clock_nanosleep, __NR_getitimer, __NR_getrandom, __NR_gettimeofday,
    __NR_nanosleep, __NR_setitimer, __NR_sysinfo, __NR_timer_create, __NR_timer_delete, __NR_timer_getoverrun,
    __NR_timer_gettime, __NR_timer_settime, __NR_times, __NR_uname,
    // sockets that are there, and messages
    __NR_accept4, __NR_bind, __NR_connect, __NR_getpeername, __NR_getsockname, __NR_getsockopt, __NR_mq_getsetattr,
    __NR_mq_notify, __NR_mq_open, __NR_mq_timedreceive, __NR_mq_timedsend, __NR_mq_unlink, __NR_msgctl, __NR_msgget,
    __NR_msgrcv, __NR_msgsnd, __NR_recvfrom, __NR_recvmmsg, __NR_recvmsg, __NR_semctl, __NR_semget, __NR_sendmmsg,
    __NR_sendmsg, __NR_sendto, __NR_setsockopt, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_shmget, __NR_shutdown,
#if defined(__NR_open)  // names of files without a folder, and other calls that newer instruction sets began without
    __NR_access, __NR_chmod, __NR_chown, __NR_creat, __NR_dup2, __NR_epoll_create, __NR_epoll_wait, __NR_eventfd,
    __NR_futimesat, __NR_getdents, __NR_getpgrp, __NR_inotify_init, __NR_lchown, __NR_link, __NR_lstat, __NR_mkdir,
    __NR_mknod, __NR_open, __NR_pause, __NR_pipe, __NR_poll, __NR_readlink, __NR_rename, __NR_rmdir, __NR_signalfd,
    __NR_stat, __NR_symlink, __NR_unlink, __NR_ustat, __NR_utimes,
#endif
#if defined(__NR_renameat)
    __NR_renameat,
#endif
#if defined(__NR_accept)
    __NR_accept, __NR_semop,
#endif
#if defined(__NR_semtimedop)
    __NR_semtimedop,
#endif
#if defined(__NR_mmap)
    __NR_mmap,
#endif
#if defined(__NR_fadvise64)
    __NR_fadvise64, __NR_sync_file_range, __NR_getrlimit,
#endif
#if defined(__NR_newfstatat)
    __NR_newfstatat,
#endif
#if defined(__NR_alarm)
    __NR_alarm, __NR_select, __NR_utime,
#endif
#if defined(__NR_time)
    __NR_time, __NR_arch_prctl, __NR_get_thread_area, __NR_modify_ldt, __NR_set_thread_area,
#endif
#if defined(__NR_nice)
    __NR_nice, __NR_sigaction, __NR_sigpending, __NR_sigprocmask, __NR_sigreturn, __NR_sigsuspend, __NR_fstatfs64,
    __NR_statfs64,
#endif
#if defined(__NR_signal)
    __NR_ipc, __NR_readdir, __NR_signal,
#endif
#if defined(__NR_mmap2)  // 32 bits
    __NR__llseek, __NR__newselect, __NR_chown32, __NR_clock_getres_time64, __NR_clock_gettime64,
    __NR_clock_nanosleep_time64, __NR_fchown32, __NR_fcntl64, __NR_fstat64, __NR_fstatat64, __NR_ftruncate64,
    __NR_futex_time64, __NR_getegid32, __NR_geteuid32, __NR_getgid32, __NR_getgroups32, __NR_getresgid32,
    __NR_getresuid32, __NR_getuid32, __NR_io_pgetevents_time64, __NR_lchown32, __NR_lstat64, __NR_mmap2,
    __NR_mq_timedreceive_time64, __NR_mq_timedsend_time64, __NR_ppoll_time64, __NR_pselect6_time64,
    __NR_recvmmsg_time64, __NR_rt_sigtimedwait_time64, __NR_sched_rr_get_interval_time64, __NR_semtimedop_time64,
    __NR_sendfile64, __NR_setfsgid32, __NR_setfsuid32, __NR_setgid32, __NR_setgroups32, __NR_setregid32,
    __NR_setresgid32, __NR_setresuid32, __NR_setreuid32, __NR_setuid32, __NR_stat64, __NR_timer_gettime64,
    __NR_timer_settime64, __NR_timerfd_gettime64, __NR_timerfd_settime64, __NR_truncate64, __NR_ugetrlimit,
    __NR_utimensat_time64,
#endif
#if defined(__x86_64__)
    335, 336,  // uretprobe and uprobe, which the kernel itself puts into a program that is measured
#elif defined(__i386__)
    __NR_fadvise64_64, __NR_oldfstat, __NR_oldlstat, __NR_oldolduname, __NR_oldstat, __NR_olduname, __NR_sgetmask,
    __NR_ssetmask, __NR_waitpid,
#elif defined(__arm__)
    __NR_arm_fadvise64_64, __NR_arm_sync_file_range, __NR_recv, __NR_send,
#elif defined(__riscv)
    258, __NR_riscv_flush_icache,  // riscv_hwprobe
#elif defined(__s390x__)
    __NR_s390_guarded_storage, __NR_s390_runtime_instr,
#endif
};

inline constexpr std::uint32_t privileged_calls[] = {
    // other processes
    __NR_kcmp,
    pidfd_getfd_call,
    process_madvise_call,
    process_mrelease_call,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_ptrace,
    // what is where
    __NR_acct,
    __NR_chroot,
    __NR_fanotify_init,
    fsconfig_call,
    fsmount_call,
    fsopen_call,
    fspick_call,
    __NR_mount,
    mount_setattr_call,
    move_mount_call,
    __NR_name_to_handle_at,
    open_tree_call,
    open_tree_attr_call,
    __NR_open_by_handle_at,
    __NR_pivot_root,
    __NR_quotactl,
    quotactl_fd_call,
    __NR_setns,
    __NR_swapoff,
    __NR_swapon,
    __NR_umount2,
    __NR_unshare,
    // the kernel and the machine
    __NR_add_key,
    __NR_adjtimex,
    __NR_bpf,
    __NR_clock_adjtime,
    __NR_clock_settime,
    __NR_delete_module,
    __NR_finit_module,
    __NR_init_module,
    __NR_kexec_load,
    __NR_keyctl,
    __NR_lookup_dcookie,
    lsm_set_self_attr_call,
    __NR_perf_event_open,
    __NR_reboot,
    __NR_request_key,
    __NR_setdomainname,
    __NR_sethostname,
    __NR_settimeofday,
    __NR_syslog,
    __NR_userfaultfd,
    __NR_vhangup,
#if defined(__NR_kexec_file_load)
    __NR_kexec_file_load,
#endif
#if defined(__NR_umount)
    __NR_umount,
#endif
#if defined(__NR_iopl)
    __NR_iopl,
    __NR_ioperm,
#endif
#if defined(__NR_mmap2)
    __NR_clock_adjtime64,
    __NR_clock_settime64,
#endif
#if defined(__i386__)
    __NR_stime,
    __NR_vm86,
    __NR_vm86old,
#elif defined(__arm__)
    __NR_pciconfig_iobase,
    __NR_pciconfig_read,
    __NR_pciconfig_write,
#elif defined(__s390x__)
    __NR_s390_pci_mmio_read,
    __NR_s390_pci_mmio_write,
    __NR_s390_sthyi,
#endif
};

#if defined(__NR_fork)
inline constexpr std::uint32_t process_calls[] = {__NR_fork, __NR_vfork};
#endif
inline constexpr std::uint32_t program_calls[] = {__NR_execve, __NR_execveat};
inline constexpr std::uint32_t socket_calls[] = {__NR_socket, __NR_socketpair};
inline constexpr std::uint32_t listening_calls[] = {__NR_listen};
#if defined(__NR_socketcall)
inline constexpr std::uint32_t sockets_calls[] = {__NR_socketcall};
#endif
inline constexpr std::uint32_t opaque_calls[] = {clone3_call};
inline constexpr std::uint32_t unfiltered_calls[] = {io_uring_setup_call, io_uring_enter_call, io_uring_register_call};

/// The class of each call by its number.
inline constexpr std::size_t call_count = 512;
inline constexpr auto call_classes = [] {
    std::array<call_class, call_count> classes{};
    const auto put = [&](std::span<const std::uint32_t> calls, call_class kind) {
        for (const std::uint32_t call : calls) {
            if (classes.at(call) != call_class::unknown) classes.at(call_count);  // twice: no constant expression
            classes[call] = kind;
        }
    };
    put(plain_calls, call_class::plain);
    put(privileged_calls, call_class::privileged);
#if defined(__NR_fork)
    put(process_calls, call_class::process);
#endif
    put(program_calls, call_class::program);
    put(socket_calls, call_class::socket);
    put(listening_calls, call_class::listening);
#if defined(__NR_socketcall)
    put(sockets_calls, call_class::sockets);
#endif
    put(opaque_calls, call_class::opaque);
    put(unfiltered_calls, call_class::unfiltered);
    return classes;
}();

#if defined(__s390x__)
inline constexpr unsigned clone_flags_argument = 1;
#else
inline constexpr unsigned clone_flags_argument = 0;
#endif

inline constexpr std::uint32_t new_namespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
/// A rule of filters only: TCP is denied, and no port may be bound.
inline constexpr unsigned no_listening = 1u << 31;

/// Numbers that are the kernel's own, for headers that lack them.
enum : std::uint32_t {
    process_of_caller = 0,    // PRIO_PROCESS, and 0 for its number
    io_class_of_process = 1,  // IOPRIO_WHO_PROCESS
    family_rds = 21,          // these make TCP connections in the kernel, where Landlock does not look
    family_smc = 43,
    protocol_smc = 256,
    protocol_mptcp = 262,
    option_other_protocol = 31,        // TCP_ULP
    connects_and_sends = 0x2000'0000,  // MSG_FASTOPEN
    socketcall_to_make_one = 1,        // SYS_SOCKET and SYS_SOCKETPAIR of socketcall(2)
    socketcall_to_make_a_pair = 8,
    set_terminal_2 = 0x402c'542b,  // TCSETS2, TCSETSW2 and TCSETSF2
    set_terminal_2_later = 0x402c'542c,
    set_terminal_2_emptied = 0x402c'542d,
    signal_of_terminal = 0x4004'5436,  // TIOCSIG
};

inline constexpr argument_check argument_checks[] = {
    {sandbox_processes, __NR_clone, clone_flags_argument, argument_test::lacks_bits, CLONE_THREAD},
    {sandbox_privileges, __NR_clone, clone_flags_argument, argument_test::has_bit, new_namespaces},
    // Typing what the shell of the same terminal will read, and pasting it.
    {sandbox_privileges, __NR_ioctl, 1, argument_test::equals, TIOCSTI},
    {sandbox_privileges, __NR_ioctl, 1, argument_test::equals, TIOCLINUX},
    // Limits, priorities and places of others can kill and stop them: only the calling thread's, whose number is 0.
    {sandbox_signals, __NR_prlimit64, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_setpriority, 0, argument_test::differs, process_of_caller},
    {sandbox_signals, __NR_setpriority, 1, argument_test::differs, 0},
    {sandbox_signals, __NR_ioprio_set, 0, argument_test::differs, io_class_of_process},
    {sandbox_signals, __NR_ioprio_set, 1, argument_test::differs, 0},
    {sandbox_signals, __NR_sched_setaffinity, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_sched_setattr, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_sched_setparam, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_sched_setscheduler, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_migrate_pages, 0, argument_test::differs, 0},
    {sandbox_signals, __NR_move_pages, 0, argument_test::differs, 0},
    // A terminal sends signals, to the group that is in its foreground, when it gets certain characters, of which some
    // are in its own answers, or another size, and when it is hung up.
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCSPGRP},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCSWINSZ},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCNOTTY},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCVHANGUP},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, signal_of_terminal},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETS},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETSW},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETSF},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETA},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETAW},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSETAF},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, set_terminal_2},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, set_terminal_2_later},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, set_terminal_2_emptied},
    // It stops the whole group of a process in the background that reads from it or calls one of these, and holds up
    // who writes to it. The process may lead a group, but not join another one.
    {sandbox_signals, __NR_setpgid, 1, argument_test::differs, 0},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCSETD},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCSBRK},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TIOCCBRK},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSBRK},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCSBRKP},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCXONC},
    {sandbox_signals, __NR_ioctl, 1, argument_test::equals, TCFLSH},
    // Connections that Landlock does not see.
    {sandbox_tcp, __NR_socket, 0, argument_test::equals, family_rds},
    {sandbox_tcp, __NR_socket, 0, argument_test::equals, family_smc},
    {sandbox_tcp, __NR_socket, 2, argument_test::equals, protocol_smc},
    {sandbox_tcp, __NR_socket, 2, argument_test::equals, protocol_mptcp},
    {sandbox_tcp, __NR_setsockopt, 2, argument_test::equals, option_other_protocol},
    {sandbox_tcp, __NR_sendto, 3, argument_test::has_bit, connects_and_sends},
    {sandbox_tcp, __NR_sendmsg, 2, argument_test::has_bit, connects_and_sends},
    {sandbox_tcp, __NR_sendmmsg, 3, argument_test::has_bit, connects_and_sends},
#if defined(__NR_send)
    {sandbox_tcp, __NR_send, 3, argument_test::has_bit, connects_and_sends},
#endif
#if defined(__NR_socketcall)
    {sandbox_sockets, __NR_socketcall, 0, argument_test::equals, socketcall_to_make_one},
    {sandbox_sockets, __NR_socketcall, 0, argument_test::equals, socketcall_to_make_a_pair},
#endif
};

/// What becomes of calls of that class: a result for a filter.
constexpr std::uint32_t verdict_on(call_class kind, unsigned rules) noexcept {
    constexpr std::uint32_t missing = SECCOMP_RET_ERRNO | ENOSYS, refused = SECCOMP_RET_ERRNO | EPERM;
    const auto unless = [rules](unsigned forbidden, std::uint32_t otherwise) {
        return (rules & forbidden) != 0 ? otherwise : std::uint32_t{SECCOMP_RET_ALLOW};
    };
    switch (kind) {
        case call_class::unknown: return missing;
        case call_class::plain: return SECCOMP_RET_ALLOW;
        case call_class::process: return unless(sandbox_processes, refused);
        case call_class::program: return unless(sandbox_programs, refused);
        case call_class::socket: return unless(sandbox_sockets, refused);
        case call_class::listening: return unless(no_listening, refused);
        case call_class::sockets: return unless(sandbox_tcp, refused);
        case call_class::privileged: return unless(sandbox_privileges, refused);
        case call_class::opaque: return unless(sandbox_processes | sandbox_privileges, missing);
        case call_class::unfiltered: return refused;
    }
    return refused;
}

/// Rules that a filter enforces, alone or with Landlock.
inline constexpr unsigned filter_rules = sandbox_processes | sandbox_programs | sandbox_sockets | sandbox_privileges;
inline constexpr unsigned shared_rules = sandbox_tcp | sandbox_signals;

/// What `rules`, and `no_listening`, refuse by a filter.
constexpr call_filter filter_of(unsigned rules) noexcept {
    call_filter filter;
    for (const argument_check& check : argument_checks)
        if ((rules & check.rules) != 0) filter.refuse(check);
    std::uint32_t first = 0;
    for (std::uint32_t call = 1; call < call_count; ++call) {
        const std::uint32_t verdict = verdict_on(call_classes[first], rules);
        if (verdict_on(call_classes[call], rules) != verdict) filter.decide_below(first = call, verdict);
    }
    filter.finish(verdict_on(call_class::unknown, rules));
    return filter;
}
static_assert(call_classes.back() == call_class::unknown);
// A constant expression does not write beyond an array: there is room for the largest filter.
static_assert(!filter_of(~0u).program().empty());

}  // namespace vitte::sys::linux_os
