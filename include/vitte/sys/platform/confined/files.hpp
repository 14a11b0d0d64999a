/// Files below the folders that are granted, and bytes that are counted.
#pragma once

#include <vitte/sys/platform/confined/directories.hpp>
#include <vitte/sys/platform/decorated.hpp>

namespace vitte::sys {

/// A function that changes the file of its first argument, if the inner facet has it.
#define VITTE_CHANGES_FILE(name)                                                       \
    template <class... Arguments>                                                      \
        requires requires(handle h, Arguments&... given) { inner::name(h, given...); } \
    static result<void> name(handle target, Arguments&&... given) noexcept {           \
        VITTE_CHECK(bounds::may_change(target));                                       \
        return inner::name(target, given...);                                          \
    }

/// Files: paths as those of folders. A handle that was opened below a folder that may only be read changes nothing,
/// neither content nor facts; one that was not opened here can be read and closed. Bytes count when they are written,
/// room when it is taken, `resize` by what the file grows; holes that writing behind the end leaves, and extended
/// attributes, do not count. What passes the limit is
/// written as far as it fits, and the next byte is refused. There is no `clone_to`.
template <class Inner, class Tag>
struct confined_files : detail::paths_mark<typename Inner::files>, detail::access_list_mark<typename Inner::files> {
    using inner = typename Inner::files;
    using handle = typename inner::handle;
    using bounds = confinement<Inner, Tag>;
    using folders = confined_directories<Inner, Tag>;
    static constexpr handle invalid = inner::invalid;

    VITTE_DETAIL_PASSED_ON(read)
    VITTE_DETAIL_PASSED_ON(read_at)
    VITTE_DETAIL_PASSED_ON(read_vector)
    VITTE_DETAIL_PASSED_ON(sync)
    VITTE_DETAIL_PASSED_ON(sync_data)
    VITTE_DETAIL_PASSED_ON(try_lock)
    VITTE_DETAIL_PASSED_ON(unlock)
    VITTE_DETAIL_PASSED_ON(find_data)
    VITTE_DETAIL_PASSED_ON(find_hole)
    VITTE_DETAIL_PASSED_ON(attribute)
    VITTE_DETAIL_PASSED_ON(attributes)
    VITTE_DETAIL_PASSED_ON(space)
    VITTE_CHANGES_FILE(set_mode)
    VITTE_CHANGES_FILE(set_owner)
    VITTE_CHANGES_FILE(set_times)
    VITTE_CHANGES_FILE(set_attribute)
    VITTE_CHANGES_FILE(remove_attribute)
    VITTE_CHANGES_FILE(punch_hole)

    static handle standard(standard_stream stream) noexcept {
        return bounds::may(&bounds::capabilities::streams) ? inner::standard(stream) : invalid;
    }
    static result<handle> open(const char* path, const open_options& options) noexcept {
        return folders::open_file(folders::current, path, options);
    }
    static result<file_info> info(handle target) noexcept { return inner::info(target); }
    static result<file_info> info(const char* path) noexcept { return folders::info(folders::current, path, true); }
    static result<void> remove(const char* path) noexcept { return folders::remove(folders::current, path); }
    static result<void> close(handle target) noexcept { return bounds::close(target); }

    static result<std::size_t> write(handle target, const std::byte* from, std::size_t size) noexcept {
        return bounds::written_some(target, size, [&](std::size_t most) { return inner::write(target, from, most); });
    }
    static result<std::size_t> write_at(handle target, const std::byte* from, std::size_t size,
                                        std::uint64_t offset) noexcept {
        return bounds::written_some(target, size,
                                    [&](std::size_t most) { return inner::write_at(target, from, most, offset); });
    }
    static result<std::size_t> write_vector(handle target, const io_slice* slices, std::size_t count) noexcept
        requires requires(handle h) { inner::write_vector(h, static_cast<const io_slice*>(nullptr), std::size_t{}); }
    {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) size += slices[i].size;
        return bounds::written_some(target, size, [&](std::size_t most) {
            std::size_t whole = 0, left = most;  // slices that fit
            while (whole < count && slices[whole].size <= left) left -= slices[whole++].size;
            return whole != 0 ? inner::write_vector(target, slices, whole) : inner::write(target, slices[0].data, most);
        });
    }
    static result<void> resize(handle target, std::uint64_t size) noexcept {
        VITTE_TRY(const file_info facts, inner::info(target));
        return bounds::written_whole(target, size > facts.size ? size - facts.size : 0,
                                     [&] { return inner::resize(target, size); });
    }
    static result<void> allocate(handle target, std::uint64_t offset, std::uint64_t size) noexcept
        requires requires(handle h, std::uint64_t n) { inner::allocate(h, n, n); }
    {
        return bounds::written_whole(target, size, [&] { return inner::allocate(target, offset, size); });
    }
    static result<void> clone(handle from, handle to) noexcept
        requires requires(handle h) { inner::clone(h, h); }
    {
        VITTE_TRY(const file_info facts, inner::info(from));
        return bounds::written_whole(to, facts.size, [&] { return inner::clone(from, to); });
    }
    static result<std::size_t> copy_some(handle from, handle to, std::size_t size) noexcept
        requires requires(handle h) { inner::copy_some(h, h, std::size_t{}); }
    {
        return bounds::written_some(to, size, [&](std::size_t most) { return inner::copy_some(from, to, most); });
    }
    static result<std::size_t> copy_some_at(handle from, std::uint64_t offset, handle to, std::uint64_t to_offset,
                                            std::size_t size) noexcept
        requires requires(handle h, std::uint64_t n) { inner::copy_some_at(h, n, h, n, std::size_t{}); }
    {
        return bounds::written_some(
            to, size, [&](std::size_t most) { return inner::copy_some_at(from, offset, to, to_offset, most); });
    }
};

#undef VITTE_CHANGES_FILE

}  // namespace vitte::sys
