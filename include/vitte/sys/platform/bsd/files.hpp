/// Files: attributes where a BSD has them, and copies that FreeBSD makes itself, over POSIX.
#pragma once

#if defined(__FreeBSD__) || defined(__NetBSD__)
#include <vitte/sys/platform/bsd/attributes.hpp>
#else
#include <vitte/sys/platform/posix/files.hpp>
#endif

namespace vitte::sys::bsd {

#if defined(__FreeBSD__) || defined(__NetBSD__)
struct files : attributed_files {
#else
struct files : posix::files {
#endif
#if defined(__FreeBSD__) && __FreeBSD__ >= 13
    static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept {
        return posix::counted(::copy_file_range(from, nullptr, to, nullptr, size, 0), "copy_file_range");
    }
#endif
};

}  // namespace vitte::sys::bsd
