/// This process.
#pragma once

#include <span>

#include <vitte/sys/environment.hpp>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/platform/processes.hpp>

namespace vitte::sys::this_process {

template <platform P = native>
std::uint64_t id() noexcept {
    return P::processes::own_id();
}

/// CPU time and memory used so far.
template <platform P = native>
resource_use use() noexcept {
    return P::processes::own_use();
}

/// Writes the path of the program and a NUL; returns its length. `errc::name_too_long` if `to` is too small,
/// `errc::not_found` if its file was removed or replaced meanwhile and the OS knows that (Linux and the BSDs),
/// `errc::not_supported` where the OS does not tell.
template <platform P = native>
result<std::size_t> executable(std::span<char> to) noexcept {
    VITTE_CALL_IF_PRESENT("path of the program", P::processes::executable(to.data(), to.size()));
}

/// Calls `visit(const char*)` for each argument that the program was called with, beginning with its own name; for
/// libraries, which do not see those of `main`. `errc::not_supported` where the OS does not tell.
template <platform P = native, class Visit>
result<void> for_each_argument(Visit visit) {
    if constexpr (requires { P::processes::arguments(static_cast<char*>(nullptr), std::size_t{}); }) {
        for (std::size_t room = 4096;; room *= 2) {
            VITTE_TRY(auto memory, byte_buffer::allocate(room));
            auto* const text = reinterpret_cast<char*>(memory.bytes().data());
            VITTE_TRY(const std::size_t size, P::processes::arguments(text, room));
            if (size == room) continue;
            text[size] = 0;
            for (std::size_t at = 0; at < size; at += __builtin_strlen(text + at) + 1)
                visit(static_cast<const char*>(text + at));
            return {};
        }
    } else {
        return fail(errc::not_supported, "arguments of the program");
    }
}

/// Writes the path of the folder that relative paths begin in, and a NUL; returns its length.
template <platform P = native>
result<std::size_t> directory(std::span<char> to) noexcept {
    return P::directories::current_path(to.data(), to.size());
}

/// Makes `folder` the one that relative paths begin in, for all threads.
template <platform P = native>
result<void> set_directory(const basic_directory<P>& folder) noexcept {
    VITTE_CALL_IF_PRESENT("change folder", P::directories::make_current(folder.native_handle()));
}

}  // namespace vitte::sys::this_process
