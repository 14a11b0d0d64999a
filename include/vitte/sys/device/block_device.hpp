/// Block devices: disks, their parts, and what looks like them.
#pragma once

#include <vitte/sys/device/control.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// The size and the sectors of an open block device; `errc::not_supported` for what is none. Any thread may ask.
template <platform P = native>
result<storage_size> storage(const basic_file<P>& device) noexcept {
    static_assert(
        requires { typename P::devices::handle; }, "this platform has no devices");
    if constexpr (requires { P::devices::storage(device.native_handle()); }) {
        return retried([&] { return P::devices::storage(device.native_handle()); });
    } else {
        return fail(errc::not_supported, "size of block device");
    }
}
/// Of the one at `path` ("/dev/sda", "\\.\PhysicalDrive0").
template <platform P = native>
result<storage_size> storage(const char* path) noexcept {
    VITTE_TRY(const auto device, basic_file<P>::open(path, {open_mode::read, open_nonblocking}));
    return storage(device);
}

}  // namespace vitte::sys
