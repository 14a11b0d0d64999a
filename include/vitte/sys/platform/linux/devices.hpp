/// What Linux has besides the devices of POSIX: serial lines of any speed, the other side of a pseudo-terminal without
/// its path, and the sizes of block devices.
#pragma once

#include <linux/fs.h>

#include <vitte/sys/platform/posix/devices.hpp>

namespace vitte::sys::linux_os {

#if defined(__powerpc__) || defined(__mips__) || defined(__sparc__) || defined(__alpha__)
using terminal_devices = posix::devices;  // whose structures are others
#else
/// The kernel's `termios2` (asm-generic/termbits.h), which has speeds as numbers, and whose header hides that of the C
/// library. Up to them it is the kernel's `termios`.
struct terminal_state {
    std::uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    std::uint8_t c_line, c_cc[19];
    std::uint32_t input_speed, output_speed;
};
static_assert(sizeof(terminal_state) == 44);

/// Where the kernel is played by somebody who knows nothing of `termios2`, as qemu's user emulation and gVisor, only
/// speeds that have names are there.
struct terminal_devices : posix::devices {
    using state = terminal_state;

    static result<state> state_of(int device) noexcept {
        state now;
        if (posix::call_ioctl(::ioctl, device, get, &now) == 0) return now;
        if (!is_unknown(errno)) return posix::last_error("ioctl TCGETS2");
        VITTE_CHECK(posix::checked(::ioctl(device, TCGETS, &now), "ioctl TCGETS"));
        const posix::named_speed* const named = posix::find_speed_name(static_cast<speed_t>(now.c_cflag & speed_bits));
        now.input_speed = now.output_speed = named != nullptr ? named->speed : 0;
        return now;
    }
    static result<void> set_state(int device, const state& to) noexcept {
        if (::ioctl(device, set, &to) == 0) return {};
        if (!is_unknown(errno) || (to.c_cflag & speed_bits) == any_speed) return posix::last_error("ioctl TCSETS2");
        return posix::checked(::ioctl(device, TCSETS, &to), "ioctl TCSETS");
    }
    static state in_manner(state s, terminal_manner how) noexcept {
        how == terminal_manner::raw ? posix::line_bits<state>{s}.make_raw() : posix::line_bits<state>{s}.make_silent();
        return s;
    }
    static result<serial_settings> settings_of(state s) noexcept {
        return posix::line_bits<state>{s}.settings(s.output_speed);
    }
    /// Speeds without a name are BOTHER, which older programs do not understand.
    static result<state> with_settings(state s, const serial_settings& to) noexcept {
        constexpr std::uint32_t input_bits = speed_bits << 16;
        if (to.speed == 0) return fail(errc::invalid_argument, "set serial line");  // it would hang up
        VITTE_CHECK(posix::line_bits<state>{s}.set(to));
        const posix::named_speed* const named = posix::find_speed(to.speed);
        const auto speed = named != nullptr ? static_cast<std::uint32_t>(named->name) : any_speed;
        posix::line_bits<state>::put(s.c_cflag, speed_bits | input_bits, speed);
        s.input_speed = s.output_speed = to.speed;
        return s;
    }

private:
    static constexpr unsigned long get = 0x802c542a, set = 0x402c542b;
    static constexpr std::uint32_t speed_bits = 0x100f, any_speed = 0x1000;

    static constexpr bool is_unknown(int why) noexcept { return why == ENOTTY || why == EINVAL || why == ENOSYS; }
};
#endif

struct devices : terminal_devices {
    using direct = devices;

    /// By TIOCGPTPEER, since 4.13, which needs no /dev/pts.
    static result<int> open_peer(int pseudo_terminal) noexcept {
#if defined(TIOCGPTPEER)
        const int made = posix::above_streams(::ioctl(pseudo_terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (made != -1) return made;
#endif
        return posix::devices::open_peer(pseudo_terminal);
    }
    static result<storage_size> storage(int device) noexcept {
        storage_size told;
        int logical = 0;
        VITTE_CHECK(
            posix::checked(posix::call_ioctl(::ioctl, device, BLKGETSIZE64, &told.total), "ioctl BLKGETSIZE64"));
        VITTE_CHECK(posix::checked(::ioctl(device, BLKSSZGET, &logical), "ioctl BLKSSZGET"));
        VITTE_CHECK(posix::checked(::ioctl(device, BLKPBSZGET, &told.physical_sector), "ioctl BLKPBSZGET"));
        told.logical_sector = static_cast<std::uint32_t>(logical);
        return told;
    }
};

}  // namespace vitte::sys::linux_os
