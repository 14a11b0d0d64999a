/// The OS's dynamic linker through `dlopen` (POSIX.1-2017). It is named only where a program asks for it, so that
/// static programs do not pull it in.
#pragma once

#include <dlfcn.h>

#include <vitte/sys/platform/posix/error.hpp>

namespace vitte::sys::posix {

struct libraries {
    using handle = void*;

    template <class Path>
    static result<handle> open(Path path) noexcept {
        if (void* const opened = ::dlopen(path, RTLD_NOW | RTLD_LOCAL)) return opened;
        ::dlerror();
        return fail(errc::not_found, "dlopen");
    }
    template <class Name>
    static result<void*> symbol(handle library, Name name) noexcept {
        if (void* const found = ::dlsym(library, name)) return found;
        ::dlerror();
        return fail(errc::not_found, "dlsym");
    }
    template <class Handle>
    static result<void> close(Handle library) noexcept {
        if (::dlclose(library) == 0) return {};
        ::dlerror();
        return fail(errc::bad_handle, "dlclose");
    }
};

}  // namespace vitte::sys::posix
