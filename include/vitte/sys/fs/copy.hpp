/// Copying and removing files.
#pragma once

#include <vitte/sys/fs/holes.hpp>
#include <vitte/sys/fs/inherited_rights.hpp>

namespace vitte::sys {

/// Takes the name `path` away; the file goes with its last name and handle.
template <platform P = native>
result<void> remove(const char* path) noexcept {
    return P::files::remove(path);
}

/// Copies `size` bytes, or as many as there are, from `offset` of one file to `to_offset` of another: inside the kernel
/// where it can (`copy_file_range`, which may share blocks), or through a buffer. Returns how many; neither position
/// moves. Parts of one file must not overlap.
template <platform P>
result<std::uint64_t> copy_range(const basic_file<P>& from, std::uint64_t offset, const basic_file<P>& to,
                                 std::uint64_t to_offset, std::uint64_t size) noexcept {
    std::uint64_t done = 0;
    if constexpr (requires {
                      P::files::copy_some_at(from.native_handle(), offset, to.native_handle(), to_offset,
                                             std::size_t{});
                  }) {
        constexpr std::uint64_t most = std::uint64_t{1} << 30;
        while (done < size) {
            const auto piece = static_cast<std::size_t>(size - done < most ? size - done : most);
            const auto some = retried([&] {
                return P::files::copy_some_at(from.native_handle(), offset + done, to.native_handle(), to_offset + done,
                                              piece);
            });
            if (!some && done != 0) return unexpected(some.error());
            if (!some || *some == 0) break;  // some file systems say the latter of files that have more to read
            done += *some;
        }
    }
    constexpr std::uint64_t room = std::uint64_t{1} << 17;
    byte_buffer buffer;
    while (done < size) {
        if (buffer.size() == 0) {
            VITTE_TRY(buffer, byte_buffer::allocate(static_cast<std::size_t>(size - done < room ? size - done : room)));
        }
        const auto piece = static_cast<std::size_t>(size - done < buffer.size() ? size - done : buffer.size());
        VITTE_TRY(const std::size_t got, from.read_at(buffer.bytes().first(piece), offset + done));
        VITTE_CHECK(to.write_at(buffer.bytes().first(got), to_offset + done));
        done += got;
        if (got < piece) break;
    }
    return done;
}

namespace detail {

/// The content of a file with holes, and the holes.
template <platform P>
result<void> copy_sparse(const basic_file<P>& from, const basic_file<P>& to, std::uint64_t size) noexcept {
    VITTE_CHECK(for_each_data(from, [&](std::uint64_t offset, std::uint64_t length) -> result<void> {
        VITTE_CHECK(copy_range(from, offset, to, offset, length));
        return {};
    }));
    return to.resize(size);
}

/// Whether the file takes less room than its size. One that takes none is a hole, or (in /sys) tells nothing.
template <platform P>
bool has_holes(const basic_file<P>& file, const file_info& facts) noexcept {
    if (facts.allocated != 0 || facts.size == 0) return facts.allocated < facts.size;
    if constexpr (requires { P::files::find_data(file.native_handle(), std::uint64_t{}); }) {
        const auto data = P::files::find_data(file.native_handle(), 0);
        return data ? *data != 0 : data.error().code == errc::end_of_input;
    } else {
        return false;
    }
}

/// What no kernel does, or this one would not, is read and written.
template <platform P>
result<void> copy_rest(const basic_file<P>& from, const basic_file<P>& to) noexcept {
    if constexpr (requires { P::files::copy_some(from.native_handle(), to.native_handle(), std::size_t{}); }) {
        constexpr std::size_t piece = std::size_t{1} << 30;
        for (bool any = false;;) {
            const auto done =
                retried([&] { return P::files::copy_some(from.native_handle(), to.native_handle(), piece); });
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

/// Copies content and permissions of the regular file `from`, to which a symbolic link may lead, to the new file `to`:
/// by sharing its blocks where the file system can (`FICLONE`, `clonefile`), inside the kernel, or through a buffer.
/// The copy belongs to who makes it, so that it is not set-user-ID or set-group-ID, but has the group, the mode and the
/// access control list (on Linux) of `from`, as far as this process may give them to it; nobody else may do more with
/// it, or open it before it is whole. Holes stay holes where the file system tells of them.
/// Fails with `errc::is_a_directory` for a folder, with `errc::invalid_argument` for a FIFO, a socket or a device,
/// whose content need not end: nothing is read from it, and with `errc::already_exists` if there is something at `to`;
/// after any other failure nothing is left there.
template <platform P = native>
result<void> copy(const char* from, const char* to) noexcept {
    using files = typename P::files;
    const auto no_file = fail(errc::invalid_argument, "copy: a FIFO, socket or device");
    const auto opened = basic_file<P>::open(from, {open_mode::read, open_nonblocking});
    if (!opened) {  // as sockets cannot be
        const auto met = stat<P>(from);
        return met && met->kind == file_kind::other ? no_file : unexpected(opened.error());
    }
    const basic_file<P>& source = *opened;
    VITTE_TRY(const auto old, detail::file_rights::of(source));
    const file_info& facts = old.facts;
    if (facts.kind == file_kind::directory) return fail(errc::is_a_directory, "copy");
    if (facts.kind != file_kind::regular) return no_file;
    if constexpr (requires { files::clone_to(source.native_handle(), to); }) {
        const bool for_any_group = (facts.mode >> 3 & 07) == (facts.mode & 07);  // it has that of the folder
        if (for_any_group && files::clone_to(source.native_handle(), to)) return {};
    }
    VITTE_TRY(auto target, basic_file<P>::open(to, open_options(open_mode::create_new, 0, detail::private_rights)));
    const auto fill = [&]() -> result<void> {
        if constexpr (requires { files::clone(source.native_handle(), target.native_handle()); })
            if (files::clone(source.native_handle(), target.native_handle())) return {};
        const bool sparse = detail::has_holes(source, facts);
        return sparse ? detail::copy_sparse(source, target, facts.size) : detail::copy_rest(source, target);
    };
    const auto copied = [&]() -> result<void> {
        VITTE_CHECK(fill());
        VITTE_CHECK(detail::inherit_rights(target, old, false));
        return target.close();
    }();
    if (!copied) static_cast<void>(files::remove(to));
    return copied;
}

}  // namespace vitte::sys
