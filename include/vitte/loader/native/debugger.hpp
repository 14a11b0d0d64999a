/// How debuggers learn of modules that the OS's linker knows nothing of. Shared objects: gdb reads their files, which
/// `module_record` puts into the list of `debugger/link_list.hpp`. Linked objects: gdb and lldb get a copy of each
/// through the JIT interface, see `announce_object`.
#pragma once

#include <vitte/loader/native/debugger/announce.hpp>
#include <vitte/loader/native/debugger/jit.hpp>
#include <vitte/loader/native/debugger/link_list.hpp>
#include <vitte/loader/native/debugger/object_copy.hpp>

namespace vitte::loader::native::debugger {

/// Tells debuggers of the object `bytes`, which is at `places` but has not run. They forget it when what this returns
/// is destroyed, which should be before its memory is given back. Without a debugger and `announce::always` this takes
/// as long as reading a few bytes, and what it returns is empty. Fails as `copy_for_debuggers` does.
template <sys::platform P = sys::native, class Places = section_places>
result<jit_announcement<P>, load_error> announce_object(std::span<const std::byte> bytes, const Places& places,
                                                        announce when = announce::if_watched) {
    if (when == announce::never || (when == announce::if_watched && !jit_announcement<P>::watched()))
        return jit_announcement<P>();
    VITTE_TRY(auto copy, copy_for_debuggers(bytes, places));
    return jit_announcement<P>(std::move(copy));
}

}  // namespace vitte::loader::native::debugger
