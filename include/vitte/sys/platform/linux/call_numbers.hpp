/// Numbers of system calls of Linux since 5.1 (syscalls(2)), which some systems' headers do not know: they are counted
/// from one place for all instruction sets, but for where an old ABI's numbers begin. `call_table.hpp` has the others.
#pragma once

#include <asm/unistd.h>

#if defined(__NR_Linux)  // MIPS
#define VITTE_CALL(number) (__NR_Linux + number)
#elif defined(__alpha__)
#define VITTE_CALL(number) (110 + number)
#else
#define VITTE_CALL(number) number
#endif

namespace vitte::sys::linux_os {

enum {
    io_uring_setup_call = VITTE_CALL(425),
    io_uring_enter_call,
    io_uring_register_call,
    pidfd_open_call = VITTE_CALL(434),
    clone3_call = VITTE_CALL(435),
    close_range_call = VITTE_CALL(436),
    epoll_pwait2_call = VITTE_CALL(441)
};

}  // namespace vitte::sys::linux_os
