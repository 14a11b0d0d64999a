/// Numbers of the system calls of Linux since 5.1 (syscalls(2)), which some systems' headers know fewer of.
#pragma once

#include <asm/unistd.h>

#include <cstdint>

namespace vitte::sys::linux_os {

/// Counted from one place for all instruction sets, but for where an old ABI's numbers begin.
enum newer_call : std::uint32_t {
#if defined(__NR_Linux)  // MIPS
    pidfd_send_signal_call = __NR_Linux + 424,
#elif defined(__alpha__)
    pidfd_send_signal_call = 534,
#else
    pidfd_send_signal_call = 424,
#endif
    io_uring_setup_call,
    io_uring_enter_call,
    io_uring_register_call,
    open_tree_call,
    move_mount_call,
    fsopen_call,
    fsconfig_call,
    fsmount_call,
    fspick_call,
    pidfd_open_call,
    clone3_call,
    close_range_call,
    openat2_call,
    pidfd_getfd_call,
    faccessat2_call,
    process_madvise_call,
    epoll_pwait2_call,
    mount_setattr_call,
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

}  // namespace vitte::sys::linux_os
