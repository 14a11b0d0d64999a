/// A library loaded by the OS's own dynamic linker.
#pragma once

#include <utility>

#include <vitte/sys/platform/libraries.hpp>

namespace vitte::sys {

/// Closed by its destructor. Looking up is safe from several threads at once.
template <platform P = native>
class basic_library {
    static_assert(requires { typename P::libraries; }, "this platform has no dynamic linker");
    using libraries = typename P::libraries;

public:
    static result<basic_library> open(const char* path) noexcept {
        VITTE_TRY(auto handle, libraries::open(path));
        return basic_library(handle);
    }
    /// The program itself, with all that it was linked with.
    static result<basic_library> program() noexcept { return open(nullptr); }
    basic_library(basic_library&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    basic_library& operator=(basic_library&& other) noexcept {
        basic_library moved(std::move(other));
        std::swap(handle_, moved.handle_);
        return *this;
    }
    ~basic_library() {
        if (handle_ != typename libraries::handle{}) static_cast<void>(libraries::close(handle_));
    }

    result<void*> symbol(const char* name) const noexcept { return libraries::symbol(handle_, name); }
    typename libraries::handle native_handle() const noexcept { return handle_; }

private:
    explicit basic_library(typename libraries::handle handle) noexcept : handle_(handle) {}
    typename libraries::handle handle_;
};
using library = basic_library<>;

}  // namespace vitte::sys
