/// Copying and removing files.
#pragma once

#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// Takes the name `path` away; the file goes with its last name and handle.
template <platform P = native>
result<void> remove(const char* path) noexcept {
    return P::files::remove(path);
}

namespace detail {

/// What no kernel does, or this one would not, is read and written.
template <platform P>
result<void> copy_rest(const basic_file<P>& from, const basic_file<P>& to) noexcept {
    if constexpr (requires { P::files::copy_some(from.native_handle(), to.native_handle(), std::size_t{}); }) {
        constexpr std::size_t piece = std::size_t{1} << 30;
        for (bool any = false;;) {
            const auto done = P::files::copy_some(from.native_handle(), to.native_handle(), piece);
            if (!done && done.error().code == errc::interrupted) continue;
            if (done && *done == 0) break;  // also what files in /proc say, which have more to read
            if (!done && any) return unexpected(done.error());
            if (!done) break;
            any = true;
        }
    }
    VITTE_TRY(auto buffer, byte_buffer::allocate(std::size_t{1} << 17));
    for (;;) {
        VITTE_TRY(const std::size_t got, from.read(buffer.bytes()));
        VITTE_CHECK(to.write(buffer.bytes().first(got)));
        if (got < buffer.size()) return {};
    }
}

}  // namespace detail

/// Copies content and permissions of the file `from` to the new file `to`: by sharing its blocks where the file system can
/// (`FICLONE`, `clonefile`), inside the kernel, or through a buffer. `errc::already_exists` if there is something at `to`;
/// after any other failure nothing is left there. Blocks of zeros may become real ones.
template <platform P = native>
result<void> copy(const char* from, const char* to) noexcept {
    using files = typename P::files;
    VITTE_TRY(const auto source, basic_file<P>::open(from));
    VITTE_TRY(const file_info facts, source.info());
    if (facts.kind == file_kind::directory) return fail(errc::is_a_directory, "copy");
    if constexpr (requires { files::clone_to(source.native_handle(), to); })
        if (files::clone_to(source.native_handle(), to)) return {};
    VITTE_TRY(auto target, basic_file<P>::open(to, open_mode::create_new));
    const auto copied = [&]() -> result<void> {
        if constexpr (requires { files::set_mode(target.native_handle(), facts.mode); }) {
            VITTE_CHECK(files::set_mode(target.native_handle(), facts.mode));
        }
        if constexpr (requires { files::clone(source.native_handle(), target.native_handle()); })
            if (files::clone(source.native_handle(), target.native_handle())) return target.close();
        VITTE_CHECK(detail::copy_rest(source, target));
        return target.close();
    }();
    if (!copied) static_cast<void>(files::remove(to));
    return copied;
}

}  // namespace vitte::sys
