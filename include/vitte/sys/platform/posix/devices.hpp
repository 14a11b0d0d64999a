/// Devices through descriptors: terminals and serial lines as POSIX.1-2017 has them (termios.h), and ioctl(2), which is
/// not in it any more, but everywhere.
#pragma once

#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <vitte/sys/platform/device_types.hpp>
#include <vitte/sys/platform/posix/ends.hpp>
#include <vitte/sys/platform/posix/streams.hpp>

namespace vitte::sys::posix {

/// The number of a request is of one type here and of another there.
template <class Number>
int call_ioctl(int (*call)(int, Number, ...), int device, unsigned long number, void* argument) noexcept {
    return call(device, static_cast<Number>(number), argument);
}

/// The speeds that have names, and these.
struct named_speed {
    std::uint32_t speed;
    speed_t name;
};
inline constexpr named_speed named_speeds[] = {
    {50, B50},           {75, B75},           {110, B110},         {134, B134},         {150, B150},
    {200, B200},         {300, B300},         {600, B600},         {1200, B1200},       {1800, B1800},
    {2400, B2400},       {4800, B4800},       {9600, B9600},       {19200, B19200},     {38400, B38400},
#if defined(B57600)
    {57600, B57600},     {115200, B115200},   {230400, B230400},
#endif
#if defined(B576000) && defined(B4000000)
    {460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},   {1000000, B1000000},
    {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
    {3500000, B3500000}, {4000000, B4000000},
#endif
};
inline const named_speed* find_speed(std::uint32_t speed) noexcept {
    for (const named_speed& one : named_speeds)
        if (one.speed == speed) return &one;
    return nullptr;
}
inline const named_speed* find_speed_name(speed_t name) noexcept {
    for (const named_speed& one : named_speeds)
        if (one.name == name) return &one;
    return nullptr;
}

/// What of a terminal's state says how bytes pass, in whatever structure the system keeps it.
template <class Termios>
struct line_bits {
    Termios& of;

#if defined(CMSPAR)
    static constexpr unsigned long constant_parity = CMSPAR;
#else
    static constexpr unsigned long constant_parity = 0;
#endif
#if defined(CRTSCTS)
    static constexpr unsigned long hardware_flow = CRTSCTS;
#else
    static constexpr unsigned long hardware_flow = 0;
#endif

    template <class Flags>
    static void put(Flags& flags, unsigned long mask, unsigned long bits) noexcept {
        flags = static_cast<Flags>((flags & ~static_cast<Flags>(mask)) | static_cast<Flags>(bits));
    }

    void make_raw() noexcept {
        put(of.c_iflag, IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON, 0);
        put(of.c_oflag, OPOST, 0);
        put(of.c_lflag, ECHO | ECHONL | ICANON | ISIG | IEXTEN, 0);
        put(of.c_cflag, CSIZE | PARENB, CS8);
        of.c_cc[VMIN] = 1;
        of.c_cc[VTIME] = 0;
    }
    void make_silent() noexcept { put(of.c_lflag, ECHO | ECHOE | ECHOK | ECHONL, 0); }

    /// All but the speed; `errc::not_supported` for what the system does not know.
    result<void> set(const serial_settings& s) noexcept {
        constexpr unsigned long sizes[] = {CS5, CS6, CS7, CS8};
        const bool constant = s.parity == serial_parity::mark || s.parity == serial_parity::space;
        const bool odd = s.parity == serial_parity::odd || s.parity == serial_parity::mark;
        if (s.data_bits < 5 || s.data_bits > 8 || s.stop_bits < 1 || s.stop_bits > 2)
            return fail(errc::invalid_argument, "set serial line");
        if ((constant && constant_parity == 0) || (s.flow == serial_flow::hardware && hardware_flow == 0))
            return fail(errc::not_supported, "set serial line");
        make_raw();
        const bool parity = s.parity != serial_parity::none, software = s.flow == serial_flow::software;
        put(of.c_cflag, CSIZE | PARENB | PARODD | CSTOPB | constant_parity | hardware_flow,
            CREAD | CLOCAL | sizes[s.data_bits - 5] | (parity ? PARENB : 0) | (odd ? PARODD : 0) |
                (constant ? constant_parity : 0) | (s.stop_bits == 2 ? CSTOPB : 0) |
                (s.flow == serial_flow::hardware ? hardware_flow : 0));
        put(of.c_iflag, INPCK | IXON | IXOFF | IXANY,
            (parity ? static_cast<unsigned long>(INPCK) : 0) | (software ? IXON | IXOFF : 0));
        return {};
    }
    serial_settings settings(std::uint32_t speed) const noexcept {
        const auto has = [this](unsigned long bits) { return bits != 0 && (of.c_cflag & bits) == bits; };
        serial_settings s;
        s.speed = speed;
        const auto size = of.c_cflag & CSIZE;
        s.data_bits = size == CS5 ? 5 : size == CS6 ? 6 : size == CS7 ? 7 : 8;
        s.stop_bits = has(CSTOPB) ? 2 : 1;
        if (has(PARENB) && has(constant_parity))
            s.parity = has(PARODD) ? serial_parity::mark : serial_parity::space;
        else if (has(PARENB))
            s.parity = has(PARODD) ? serial_parity::odd : serial_parity::even;
        if (has(hardware_flow))
            s.flow = serial_flow::hardware;
        else if ((of.c_iflag & IXON) != 0)
            s.flow = serial_flow::software;
        return s;
    }
};

struct devices {
    using handle = int;
    static constexpr int invalid = -1;
    using state = termios;
    using direct = devices;

    static result<int> control(int device, unsigned long request, void* argument, std::size_t, std::size_t) noexcept {
        const int answer = call_ioctl(::ioctl, device, request, argument);
        if (answer == -1) return last_error("ioctl");
        return answer;
    }
    static result<void> wait(int device, bool to_write, std::int64_t until) noexcept {
        stream_wait<int> one{device, to_write};
        return streams::wait(&one, 1, until);
    }

    static bool is_terminal(int device) noexcept { return streams::is_terminal(device); }
    static result<state> state_of(int device) noexcept {
        state now;
        VITTE_CHECK(checked(::tcgetattr(device, &now), "tcgetattr"));
        return now;
    }
    static result<void> set_state(int device, const state& to) noexcept {
        return checked(::tcsetattr(device, TCSANOW, &to), "tcsetattr");
    }
    /// A process in the background leaves a terminal to who has it now.
    static bool may_restore(int device) noexcept {
        const pid_t owner = ::tcgetpgrp(device);
        return owner == -1 || owner == ::getpgrp();
    }
    static state in_manner(state s, terminal_manner how) noexcept {
        how == terminal_manner::raw ? line_bits<state>{s}.make_raw() : line_bits<state>{s}.make_silent();
        return s;
    }
    static result<void> watch_ends(void (*undo)() noexcept, void (*redo)() noexcept) noexcept {
        return ends::watch(undo, redo);
    }
    static void unwatch_ends() noexcept { ends::unwatch(); }

#if defined(TIOCGWINSZ)
    static result<terminal_size> size(int terminal) noexcept {
        winsize told{};
        VITTE_CHECK(checked(::ioctl(terminal, TIOCGWINSZ, &told), "ioctl TIOCGWINSZ"));
        return terminal_size{told.ws_row, told.ws_col, told.ws_xpixel, told.ws_ypixel};
    }
    static result<void> set_size(int terminal, const terminal_size& to) noexcept {
        if (to.rows > 0xffff || to.columns > 0xffff || to.width > 0xffff || to.height > 0xffff)
            return fail(errc::out_of_range, "ioctl TIOCSWINSZ");
        const winsize wanted{static_cast<unsigned short>(to.rows), static_cast<unsigned short>(to.columns),
                             static_cast<unsigned short>(to.width), static_cast<unsigned short>(to.height)};
        return checked(::ioctl(terminal, TIOCSWINSZ, &wanted), "ioctl TIOCSWINSZ");
    }
#endif

#if !defined(_POSIX_C_SOURCE) || defined(_XOPEN_SOURCE)  // they are XSI's
    /// This side does not block.
    static result<int> open_pseudo_terminal() noexcept {
        const int made = above_streams(::posix_openpt(O_RDWR | O_NOCTTY));
        if (made == -1) return last_error("posix_openpt");
        ::fcntl(made, F_SETFD, FD_CLOEXEC);
        ::fcntl(made, F_SETFL, O_NONBLOCK);
        if (::grantpt(made) == 0 && ::unlockpt(made) == 0) return made;
        const auto refused = last_error("unlockpt");
        ::close(made);
        return refused;
    }
    static result<int> open_peer(int pseudo_terminal) noexcept {
        const char* const name = ::ptsname(pseudo_terminal);
        if (name == nullptr) return last_error("ptsname");
        return files::open(name, open_mode::read_write);
    }
#endif

    static result<int> open_serial(const char* path) noexcept {
        return files::open(path, {open_mode::read_write, open_nonblocking});
    }
    static result<std::size_t> read(int device, std::byte* to, std::size_t size) noexcept {
        return files::read(device, to, size);
    }
    static result<std::size_t> write(int device, const std::byte* from, std::size_t size) noexcept {
        return files::write(device, from, size);
    }
    static result<void> close(int device) noexcept { return files::close(device); }
    static result<serial_settings> settings_of(state s) noexcept {
        const named_speed* const speed = find_speed_name(::cfgetospeed(&s));
        if (speed == nullptr) return fail(errc::not_supported, "cfgetospeed");
        return line_bits<state>{s}.settings(speed->speed);
    }
    static result<state> with_settings(state s, const serial_settings& to) noexcept {
        const named_speed* const speed = find_speed(to.speed);
        if (speed == nullptr) return fail(errc::not_supported, "cfsetospeed");
        VITTE_CHECK(line_bits<state>{s}.set(to));
        VITTE_CHECK(checked(::cfsetospeed(&s, speed->name), "cfsetospeed"));
        VITTE_CHECK(checked(::cfsetispeed(&s, speed->name), "cfsetispeed"));
        return s;
    }
    static result<void> drain(int line) noexcept { return checked(::tcdrain(line), "tcdrain"); }
    static result<void> flush(int line, unsigned queues) noexcept {
        const int which = queues == queue_input ? TCIFLUSH : queues == queue_output ? TCOFLUSH : TCIOFLUSH;
        return checked(::tcflush(line, which), "tcflush");
    }
    static result<void> send_break(int line) noexcept { return checked(::tcsendbreak(line, 0), "tcsendbreak"); }

#if defined(TIOCMGET)
    static result<unsigned> lines(int line) noexcept {
        int told = 0;
        VITTE_CHECK(checked(::ioctl(line, TIOCMGET, &told), "ioctl TIOCMGET"));
        unsigned made = 0;
        for (unsigned i = 0; i < 6; ++i)
            if ((told & line_numbers[i]) != 0) made |= 1u << i;
        return made;
    }
    static result<void> set_lines(int line, unsigned which, bool on) noexcept {
        int bits = 0;
        for (unsigned i = 0; i < 2; ++i)
            if ((which >> i & 1) != 0) bits |= line_numbers[i];
        if (on) return checked(::ioctl(line, TIOCMBIS, &bits), "ioctl TIOCMBIS");
        return checked(::ioctl(line, TIOCMBIC, &bits), "ioctl TIOCMBIC");
    }
#endif
#if defined(TIOCOUTQ)
    static result<std::size_t> unsent(int line) noexcept {
        int count = 0;
        VITTE_CHECK(checked(::ioctl(line, TIOCOUTQ, &count), "ioctl TIOCOUTQ"));
        return static_cast<std::size_t>(count);
    }
#endif
#if defined(TIOCSBRK)
    static result<void> set_break(int line, bool on) noexcept {
        if (on) return checked(::ioctl(line, TIOCSBRK, nullptr), "ioctl TIOCSBRK");
        return checked(::ioctl(line, TIOCCBRK, nullptr), "ioctl TIOCCBRK");
    }
#endif
#if defined(TIOCEXCL)
    static result<void> set_exclusive(int line, bool on) noexcept {
        if (on) return checked(::ioctl(line, TIOCEXCL, nullptr), "ioctl TIOCEXCL");
        return checked(::ioctl(line, TIOCNXCL, nullptr), "ioctl TIOCNXCL");
    }
#endif

private:
#if defined(TIOCMGET)
    static constexpr int line_numbers[] = {TIOCM_DTR, TIOCM_RTS, TIOCM_CTS, TIOCM_DSR, TIOCM_CAR, TIOCM_RNG};
#endif
};

}  // namespace vitte::sys::posix
