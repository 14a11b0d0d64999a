/// What macOS and the BSDs have besides the devices of POSIX: serial lines of any speed, whose names are numbers there,
/// and the sizes of block devices.
#pragma once

#if __has_include(<sys/dkio.h>)
#include <sys/dkio.h>
#endif
#if __has_include(<sys/disk.h>)
#include <sys/disk.h>
#endif

#include <vitte/sys/platform/posix/devices.hpp>

namespace vitte::sys::kqueue_os {

struct devices : posix::devices {
    using direct = devices;

#if defined(__APPLE__)
    /// Speeds without a name are set apart (IOSSIOSPEED of IOKit/serial/ioss.h).
    struct state : termios {
        speed_t special = 0;
    };
    static result<state> state_of(int device) noexcept {
        state now{};
        VITTE_CHECK(posix::checked(::tcgetattr(device, &now), "tcgetattr"));
        return now;
    }
    static result<void> set_state(int device, const state& to) noexcept {
        VITTE_CHECK(posix::checked(::tcsetattr(device, TCSANOW, &to), "tcsetattr"));
        if (to.special == 0) return {};
        constexpr unsigned long set_special = 0x80000000 | sizeof(speed_t) << 16 | 'T' << 8 | 2;
        return posix::checked(::ioctl(device, set_special, &to.special), "ioctl IOSSIOSPEED");
    }
    static state in_manner(state s, terminal_manner how) noexcept {
        static_cast<termios&>(s) = posix::devices::in_manner(s, how);
        return s;
    }
#else
    using state = termios;
#endif
    static result<serial_settings> settings_of(state s) noexcept {
        return posix::line_bits<state>{s}.settings(static_cast<std::uint32_t>(speed_of(s)));
    }
    static result<state> with_settings(state s, const serial_settings& to) noexcept {
        if (to.speed == 0) return fail(errc::invalid_argument, "set serial line");  // it would hang up
        VITTE_CHECK(posix::line_bits<state>{s}.set(to));
        speed_t speed = to.speed;
#if defined(__APPLE__)
        const bool named = posix::find_speed(to.speed) != nullptr;
        s.special = named ? 0 : speed;
        if (!named) speed = B9600;
#endif
        VITTE_CHECK(posix::checked(::cfsetospeed(&s, speed), "cfsetospeed"));
        VITTE_CHECK(posix::checked(::cfsetispeed(&s, speed), "cfsetispeed"));
        return s;
    }

#if defined(DKIOCGETBLOCKCOUNT)
    static result<storage_size> storage(int device) noexcept {
        storage_size told;
        std::uint64_t blocks = 0;
        VITTE_CHECK(posix::checked(::ioctl(device, DKIOCGETBLOCKCOUNT, &blocks), "ioctl DKIOCGETBLOCKCOUNT"));
        VITTE_CHECK(
            posix::checked(::ioctl(device, DKIOCGETBLOCKSIZE, &told.logical_sector), "ioctl DKIOCGETBLOCKSIZE"));
        VITTE_CHECK(posix::checked(::ioctl(device, DKIOCGETPHYSICALBLOCKSIZE, &told.physical_sector),
                                   "ioctl DKIOCGETPHYSICALBLOCKSIZE"));
        told.total = blocks * told.logical_sector;
        return told;
    }
#elif defined(DIOCGMEDIASIZE) && defined(DIOCGSECTORSIZE)
    /// Its stripes are the physical sectors of a disk that has larger ones (FreeBSD; others do not tell).
    static result<storage_size> storage(int device) noexcept {
        off_t total = 0, stripe = 0;
        unsigned sector = 0;
        VITTE_CHECK(posix::checked(::ioctl(device, DIOCGMEDIASIZE, &total), "ioctl DIOCGMEDIASIZE"));
        VITTE_CHECK(posix::checked(::ioctl(device, DIOCGSECTORSIZE, &sector), "ioctl DIOCGSECTORSIZE"));
#if defined(DIOCGSTRIPESIZE)
        VITTE_CHECK(posix::checked(::ioctl(device, DIOCGSTRIPESIZE, &stripe), "ioctl DIOCGSTRIPESIZE"));
#endif
        return storage_size{static_cast<std::uint64_t>(total), sector,
                            stripe != 0 ? static_cast<std::uint32_t>(stripe) : sector};
    }
#endif

private:
    static speed_t speed_of(const state& s) noexcept {
#if defined(__APPLE__)
        if (s.special != 0) return s.special;
#endif
        return ::cfgetospeed(&s);
    }
};

}  // namespace vitte::sys::kqueue_os
