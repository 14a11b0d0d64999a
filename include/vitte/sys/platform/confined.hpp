/// A platform within bounds that the program itself sets: files below granted folders only, sockets of granted
/// networks, no processes, libraries or devices unless they are granted, and limits. It guards against mistakes and
/// against paths that somebody hostile wrote or prepared (with "..", symbolic links, or links that are put in the place
/// of folders meanwhile). It does not guard against hostile code, which would call the OS itself: `sys/sandbox.hpp`
/// asks the kernel for that. Programs that do not name it pay nothing.
///
/// Each refusal is `errc::permission_denied`, or `errc::out_of_memory`, `errc::out_of_handles` and `errc::no_space` for
/// limits, with the rule in `error::operation` and no native code. What the bounds are says `confinement<Inner, Tag>`.
///
///     using bounds = confinement<native>;
///     VITTE_CHECK(bounds::grant("/srv/uploads", grant_rights::read_write));
///     bounds::limit({.memory = 1 << 26, .handles = 100, .written = 1 << 30});
///     VITTE_CHECK(write<confined<native>>("/srv/uploads/a", content));
#pragma once

#include <vitte/sys/platform/confined/capabilities.hpp>
#include <vitte/sys/platform/confined/files.hpp>
#include <vitte/sys/platform/confined/memory.hpp>
#include <vitte/sys/platform/confined/sockets.hpp>

namespace vitte::sys {

/// `Inner` within the bounds of `confinement<Inner, Tag>`. It has neither a queue of what happens in folders nor
/// images, which tell of paths outside, and no signals, which are the whole process's. Pipes of children are not counted.
template <platform Inner, class Tag = void>
    requires requires { typename Inner::directories; }
struct confined : detail::add_threads<Inner, detail::unguarded>,
                  detail::add_random<Inner, detail::unguarded>,
                  detail::add_libraries<Inner, detail::guarded_libraries<confinement<Inner, Tag>>>,
                  detail::add_devices<Inner, detail::guarded_devices<confinement<Inner, Tag>>>,
                  detail::add_processes<Inner, detail::guarded_processes<confinement<Inner, Tag>>>,
                  detail::add_confined_sockets<Inner, Tag>,
                  detail::add_confined_names<Inner, Tag>,
                  detail::add_confined_environment<Inner, Tag> {
    using memory = confined_memory<Inner, Tag>;
    using files = confined_files<Inner, Tag>;
    using directories = confined_directories<Inner, Tag>;
    using clocks = typename Inner::clocks;
    template <class T>
    using atomic = atomic_of<Inner, T>;
};

}  // namespace vitte::sys
