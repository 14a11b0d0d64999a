/// A handle that the facet `devices` gave, which is given back to it.
#pragma once

#include <utility>
#include <vitte/sys/platform/devices.hpp>
#include <vitte/sys/platform/policy.hpp>

namespace vitte::sys {

/// Closed by its destructor.
template <platform P = native>
class basic_device_handle {
    static_assert(
        requires { typename P::devices::handle; }, "this platform has no devices");
    using devices = typename P::devices;

public:
    using native_handle_type = typename devices::handle;

    /// None.
    basic_device_handle() noexcept = default;
    /// Takes over an open handle.
    explicit basic_device_handle(native_handle_type handle) noexcept : handle_(handle) {}
    basic_device_handle(basic_device_handle&& other) noexcept
        : handle_(std::exchange(other.handle_, devices::invalid)) {}
    basic_device_handle& operator=(basic_device_handle&& other) noexcept {
        basic_device_handle moved(std::move(other));
        std::swap(handle_, moved.handle_);
        return *this;
    }
    ~basic_device_handle() { static_cast<void>(close()); }

    bool is_open() const noexcept { return handle_ != devices::invalid; }
    native_handle_type native_handle() const noexcept { return handle_; }
    /// Closing again does nothing.
    result<void> close() noexcept {
        if (!is_open()) return {};
        return devices::close(std::exchange(handle_, devices::invalid));
    }

private:
    native_handle_type handle_ = devices::invalid;
};

}  // namespace vitte::sys
