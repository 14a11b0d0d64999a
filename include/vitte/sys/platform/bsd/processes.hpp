/// Processes of the BSDs: what sysctl(3) tells of this one.
#pragma once

#include <sys/sysctl.h>

#include <vitte/sys/platform/kqueue/processes.hpp>

namespace vitte::sys::bsd {

struct processes : posix::processes<kqueue_os::process_system> {
#if defined(__FreeBSD__) || defined(__DragonFly__)
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
        VITTE_TRY(const std::size_t size, asked(name, to, room));
        return size - 1;
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, static_cast<int>(::getpid())};
        return as_far_as_room(asked(name, to, room), room);
    }
#elif defined(__NetBSD__)
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        const int name[] = {CTL_KERN, KERN_PROC_ARGS, -1, KERN_PROC_PATHNAME};
        VITTE_TRY(const std::size_t size, asked(name, to, room));
        return size - 1;
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        const int name[] = {CTL_KERN, KERN_PROC_ARGS, static_cast<int>(::getpid()), KERN_PROC_ARGV};
        return as_far_as_room(asked(name, to, room), room);
    }
#endif

private:
    [[maybe_unused]] static result<std::size_t> as_far_as_room(const result<std::size_t>& size,
                                                               std::size_t room) noexcept {
        if (!size && size.error().code == errc::name_too_long) return room;
        return size;
    }
    [[maybe_unused]] static result<std::size_t> asked(const int (&name)[4], char* to, std::size_t room) noexcept {
        if (room == 0) return fail(errc::name_too_long, "sysctl");  // which would tell the size alone
        std::size_t size = room;
        if (::sysctl(name, 4, to, &size, nullptr, 0) == 0) return size;
        const int number = errno;
        return fail(number == ENOMEM ? errc::name_too_long : posix::cause_of(number), "sysctl", number);
    }
};

}  // namespace vitte::sys::bsd
