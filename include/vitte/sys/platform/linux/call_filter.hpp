/// Filters of system calls (seccomp(2)): programs in classic BPF that look at the number and the arguments of a call.
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::linux_os {

/// What the kernel calls the way in which this program makes calls; 0 where filters were not thought through.
#if defined(__x86_64__) && defined(__LP64__)
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_I386;
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_AARCH64;
#elif defined(__arm__) && defined(__ARMEL__) && defined(__ARM_EABI__)
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_ARM;
#elif defined(__riscv) && __riscv_xlen == 64
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_RISCV64;
#elif defined(__s390x__)
inline constexpr std::uint32_t own_call_abi = AUDIT_ARCH_S390X;
#else
inline constexpr std::uint32_t own_call_abi = 0;
#endif

/// A filter that is built up and then installed. What it does not refuse is allowed. A program that makes calls in
/// another way, as those of 32 bits do, is killed, since numbers mean something else there; calls of x32 do not exist,
/// as for kernels without it.
class call_filter {
public:
    constexpr call_filter() noexcept {
        load(offsetof(seccomp_data, arch));
        jump(BPF_JEQ, own_call_abi, 1, 0);
        put(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        load(offsetof(seccomp_data, nr));
        if (own_call_abi != AUDIT_ARCH_X86_64) return;
        constexpr std::uint32_t first_of_x32 = 0x4000'0000;
        jump(BPF_JGE, first_of_x32, 0, 1);
        fail_with(ENOSYS);
    }
    /// Calls with these numbers, of which there are fewer than 255, fail with `number`.
    constexpr void refuse(std::span<const std::uint32_t> calls, int number) noexcept {
        std::size_t left = calls.size();
        for (const std::uint32_t call : calls) jump(BPF_JEQ, call, left--, 0);
        put(BPF_JMP | BPF_JA, 1);
        fail_with(number);
    }
    /// The call fails with EPERM if one of the bits of that argument is set.
    constexpr void refuse_with(std::uint32_t call, unsigned argument, std::uint32_t bits) noexcept {
        refuse_if(call, argument, BPF_JSET, bits, true);
    }
    /// The call fails with EPERM if none of the bits of that argument is set.
    constexpr void refuse_without(std::uint32_t call, unsigned argument, std::uint32_t bits) noexcept {
        refuse_if(call, argument, BPF_JSET, bits, false);
    }
    /// The call fails with EPERM if the lower 32 bits of that argument are `value`.
    constexpr void refuse_equal(std::uint32_t call, unsigned argument, std::uint32_t value) noexcept {
        refuse_if(call, argument, BPF_JEQ, value, true);
    }
    constexpr void finish() noexcept { put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }
    /// The program, as the kernel gets it.
    constexpr std::span<const sock_filter> program() const noexcept { return {code_, size_}; }

    /// For this thread, which cannot get new privileges any more.
    result<void> install() const noexcept {
        const sock_fprog given{size_, const_cast<sock_filter*>(code_)};
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &given) == 0) return {};
        return posix::last_error("seccomp");
    }
    /// Whether the kernel would look at a filter: it says EFAULT of one that is not there.
    static bool supported() noexcept {
        return own_call_abi != 0 && ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, nullptr) == -1 &&
               errno == EFAULT;
    }

private:
    static constexpr std::size_t room = 160;

    constexpr void put(unsigned code, std::uint32_t value, std::size_t if_true = 0, std::size_t if_false = 0) noexcept {
        code_[size_++] = {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true),
                          static_cast<std::uint8_t>(if_false), value};
    }
    constexpr void load(std::size_t offset) noexcept {
        put(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    }
    constexpr void jump(unsigned test, std::uint32_t value, std::size_t if_true, std::size_t if_false) noexcept {
        put(BPF_JMP | test | BPF_K, value, if_true, if_false);
    }
    constexpr void fail_with(int number) noexcept {
        put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number));
    }
    constexpr void refuse_if(std::uint32_t call, unsigned argument, unsigned test, std::uint32_t value,
                             bool wanted) noexcept {
        constexpr std::size_t lower = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
        jump(BPF_JEQ, call, 0, 4);
        load(offsetof(seccomp_data, args) + 8 * argument + lower);
        jump(test, value, wanted ? 0 : 1, wanted ? 1 : 0);
        fail_with(EPERM);
        load(offsetof(seccomp_data, nr));
    }

    sock_filter code_[room] = {};
    std::uint16_t size_ = 0;
};

}  // namespace vitte::sys::linux_os
