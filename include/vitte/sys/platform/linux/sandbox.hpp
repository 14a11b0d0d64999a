/// Sandboxes of Linux: Landlock for files, ports and signals (landlock(7)), and a filter of calls for the rest
/// (seccomp(2)).
#pragma once

#include <sys/prctl.h>

#include <vitte/sys/platform/linux/call_table.hpp>
#include <vitte/sys/platform/linux/landlock.hpp>

namespace vitte::sys::linux_os {

struct sandbox {
    using handle = int;

    static unsigned supported() noexcept {
        const unsigned landlock = landlock_rules(landlock_abi());
        return call_filter::supported() ? landlock | filter_rules : landlock & ~shared_rules;
    }
    static result<handle> open_place(handle in, const char* path) noexcept {
        const int opened = posix::above_streams(::openat(in, path, O_PATH | O_CLOEXEC));
        if (opened == -1) return posix::last_error("openat O_PATH");
        return opened;
    }
    /// The kernel counts the folders of the threads among the links of the one that they are in.
    static result<std::size_t> thread_count() noexcept {
        struct stat facts;
        if (::stat("/proc/self/task", &facts) == -1) return posix::last_error("stat /proc/self/task");
        return static_cast<std::size_t>(facts.st_nlink) - 2;
    }

    class ruleset {
    public:
        result<void> open(unsigned rules) noexcept {
            filtered_ = rules & (filter_rules | shared_rules);
            if ((rules & sandbox_tcp) != 0) filtered_ |= no_listening;
            return places_.open(rules);
        }
        result<void> allow(handle place, unsigned rights) noexcept { return places_.allow(place, rights); }
        result<void> allow_port(std::uint16_t port, unsigned rights) noexcept {
            if ((rights & may_bind) != 0) filtered_ &= ~no_listening;
            return places_.allow_port(port, rights);
        }
        result<void> enforce() const noexcept {
            VITTE_CHECK(posix::checked(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS"));
            VITTE_CHECK(places_.enforce());
            return filtered_ != 0 ? filter_of(filtered_).install() : result<void>();
        }
        /// Gives the process a session of its own if signals are ruled. One that leads a group stays in it.
        void leave_group() const noexcept {
            if ((filtered_ & sandbox_signals) != 0) ::setsid();
        }
        void close() noexcept { places_.close(); }

    private:
        landlock_ruleset places_;
        unsigned filtered_ = 0;  ///< rules that the filter enforces
    };
};

}  // namespace vitte::sys::linux_os
