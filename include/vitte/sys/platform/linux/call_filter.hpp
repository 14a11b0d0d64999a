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

/// These are refused if the rules forbid what an argument says, of which the lower 32 bits count.
enum class argument_test : unsigned char { has_bit, lacks_bits, equals, differs };
struct argument_check {
    unsigned rules;  ///< any of them
    std::uint32_t call;
    unsigned argument;
    argument_test test;
    std::uint32_t value;
};

/// A filter that is built up and then installed. A program that makes calls in another way, as those of 32 bits do, is
/// killed, since numbers mean something else there; calls of x32 do not exist, as for kernels without it.
class call_filter {
public:
    constexpr call_filter() noexcept {
        load(offsetof(seccomp_data, arch));
        jump(BPF_JEQ, own_call_abi, 1, 0);
        end(SECCOMP_RET_KILL_PROCESS);
        load(offsetof(seccomp_data, nr));
        if (own_call_abi != AUDIT_ARCH_ARM) return;
        constexpr std::uint32_t first_private = 0xf0000, after_private = 0x100000;  // cacheflush, set_tls and the like
        jump(BPF_JGE, first_private, 0, 2);
        jump(BPF_JGE, after_private, 1, 0);
        end(SECCOMP_RET_ALLOW);
    }
    /// The call fails with EPERM if its argument is so.
    constexpr void refuse(const argument_check& check) noexcept {
        constexpr std::uint32_t lower = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
        const bool of_bits = check.test == argument_test::has_bit || check.test == argument_test::lacks_bits;
        const bool wanted = check.test == argument_test::has_bit || check.test == argument_test::equals;
        jump(BPF_JEQ, check.call, 0, 4);
        load(offsetof(seccomp_data, args) + 8 * check.argument + lower);
        jump(of_bits ? BPF_JSET : BPF_JEQ, check.value, wanted ? 0 : 1, wanted ? 1 : 0);
        end(SECCOMP_RET_ERRNO | EPERM);
        load(offsetof(seccomp_data, nr));
    }
    /// `verdict` on all calls below `number` that have none yet.
    constexpr void decide_below(std::uint32_t number, std::uint32_t verdict) noexcept {
        jump(BPF_JGE, number, 1, 0);
        end(verdict);
    }
    /// `verdict` on all others.
    constexpr void finish(std::uint32_t verdict) noexcept { end(verdict); }
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
    static constexpr std::size_t room = 768;  // the kernel takes 4096

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
    constexpr void end(std::uint32_t verdict) noexcept { put(BPF_RET | BPF_K, verdict); }

    sock_filter code_[room] = {};
    std::uint16_t size_ = 0;
};

}  // namespace vitte::sys::linux_os
