/// Files of Windows: CreateFileW and what goes with it. Others may read, write, rename and delete what is open here, as
/// on POSIX.
#pragma once

#include <vitte/sys/platform/types.hpp>
#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

inline constexpr unsigned long generic_read = 0x80000000, generic_write = 0x40000000, generic_execute = 0x20000000,
                               read_attributes = 0x80,
                               append_data = 4, synchronize = 0x00100000;
inline constexpr unsigned long create_new = 1, create_always = 2, open_existing = 3, open_always = 4;
inline constexpr unsigned long temporary = 0x100, delete_on_close = 0x04000000, backup_semantics = 0x02000000;

/// `mode` in the words of CreateFileW.
constexpr unsigned long disposition(open_mode mode) noexcept {
    constexpr unsigned long numbers[] = {open_existing, open_existing, create_always,
                                         create_new,    open_always,   create_new};
    return numbers[static_cast<unsigned>(mode)];
}
/// Without the right to write anywhere else, every write goes to the end (FILE_APPEND_DATA).
constexpr unsigned long file_rights(const open_options& options) noexcept {
    const unsigned long writes = (options.flags & open_append) != 0 ? append_data | synchronize : generic_write;
    switch (options.mode) {
        case open_mode::read: return generic_read;
        case open_mode::read_write: case open_mode::update: case open_mode::create_both: return generic_read | writes;
        default: return writes;
    }
}
constexpr unsigned long file_flags(unsigned flags) noexcept {
    constexpr unsigned long normal = 0x80, write_through = 0x80000000, no_buffering = 0x20000000,
                            the_link_itself = 0x00200000;
    return normal | ((flags & open_no_follow) != 0 ? the_link_itself : 0) |
           ((flags & open_direct) != 0 ? no_buffering : 0) | ((flags & open_durable) != 0 ? write_through : 0);
}

/// What others may do with a file while it is open.
constexpr std::uint32_t share_all = 7;
constexpr std::uint32_t shared(unsigned flags) noexcept {
    constexpr std::uint32_t share_read = 1;
    return (flags & open_guarded) != 0 ? share_read : share_all;
}

inline result<handle> opened(const wchar_t* path, unsigned long rights, unsigned long how, unsigned long flags,
                             unsigned long share = share_all) noexcept {
    const handle made = CreateFileW(path, rights, share, nullptr, how, flags, nullptr);
    if (made == reinterpret_cast<handle>(-1)) return last_error("CreateFileW");
    return made;
}

struct files {
    using handle = win32::handle;
    static constexpr path_style paths = path_style::windows;
    /// Not INVALID_HANDLE_VALUE, which is also what GetCurrentProcess returns; a null handle is never open.
    static constexpr handle invalid = nullptr;

    /// Execute rights are asked for as well when reading, so that code can be mapped, and done without if they are
    /// refused.
    static result<handle> open(const char* path, const open_options& options) noexcept {
        return with_path(path, [&options](const wchar_t* wide) -> result<handle> {
            const unsigned long flags = file_flags(options.flags), share = shared(options.flags);
            if (options.mode == open_mode::read)
                if (const auto runnable = opened(wide, generic_read | generic_execute, open_existing, flags, share))
                    return not_a_link(*runnable, options);
            auto made = opened(wide, file_rights(options), disposition(options.mode), flags, share);
            if (!made && options.mode == open_mode::write && made.error().code == errc::permission_denied)
                made = emptied(file_rights(options),
                               [&](unsigned long rights) { return opened(wide, rights, open_existing, flags, share); });
            if (!made && made.error().code == errc::permission_denied && is_directory(wide))
                return fail(errc::is_a_directory, "CreateFileW", made.error().native);
            return made ? not_a_link(*made, options) : made;
        });
    }
    static result<std::size_t> read(handle file, std::byte* to, std::size_t size) noexcept {
        unsigned long got = 0;
        if (ReadFile(file, to, piece(size), &got, nullptr) == 0) return end_or_error("ReadFile");
        return std::size_t{got};
    }
    /// A read at an offset moves the position of a handle, which is put back. Reads of one handle that are not at an
    /// offset must not go on meanwhile.
    static result<std::size_t> read_at(handle file, std::byte* to, std::size_t size, std::uint64_t offset) noexcept {
        return at_place(file, offset, [=](unsigned long* got, _OVERLAPPED* at) {
            return ReadFile(file, to, piece(size), got, at) != 0 ? result<std::size_t>(*got) : end_or_error("ReadFile");
        });
    }
    static result<std::size_t> write(handle file, const std::byte* from, std::size_t size) noexcept {
        unsigned long done = 0;
        if (WriteFile(file, from, piece(size), &done, nullptr) == 0) return last_error("WriteFile");
        return std::size_t{done};
    }
    static result<std::size_t> write_at(handle file, const std::byte* from, std::size_t size,
                                        std::uint64_t offset) noexcept {
        return at_place(file, offset, [=](unsigned long* done, _OVERLAPPED* at) {
            return WriteFile(file, from, piece(size), done, at) != 0 ? result<std::size_t>(*done)
                                                                     : last_error("WriteFile");
        });
    }
    static result<void> resize(handle file, std::uint64_t size) noexcept {
        VITTE_TRY(const std::int64_t before, seek(file, 0, from_current));
        VITTE_CHECK(seek(file, static_cast<std::int64_t>(size)));
        VITTE_CHECK(checked(SetEndOfFile(file), "SetEndOfFile"));
        VITTE_CHECK(seek(file, before));
        return {};
    }
    static result<void> sync(handle file) noexcept { return checked(FlushFileBuffers(file), "FlushFileBuffers"); }
    static result<void> sync_data(handle file) noexcept { return sync(file); }
    /// The last byte that a file could have, so that the lock is in nobody's way who does not ask for one.
    static result<void> try_lock(handle file, bool exclusive) noexcept {
        constexpr unsigned long fail_immediately = 1, exclusive_lock = 2;
        overlapped at = place(lock_place);
        if (LockFileEx(file, fail_immediately | (exclusive ? exclusive_lock : 0), 0, 1, 0, as<_OVERLAPPED>(&at)) != 0)
            return {};
        const auto refused = last_error("LockFileEx");
        if (refused.error().code == errc::busy) return fail(errc::would_block, "LockFileEx", refused.error().native);
        return refused;
    }
    static result<void> unlock(handle file) noexcept {
        overlapped at = place(lock_place);
        return checked(UnlockFileEx(file, 0, 1, 0, as<_OVERLAPPED>(&at)), "UnlockFileEx");
    }
    static result<file_info> info(handle file) noexcept {
        file_information about{};
        if (GetFileInformationByHandle(file, as<_BY_HANDLE_FILE_INFORMATION>(&about)) == 0) return stream_info(file);
        file_info made;
        made.size = std::uint64_t{about.size_high} << 32 | about.size_low;
        made.device = about.volume;
        made.inode = std::uint64_t{about.index_high} << 32 | about.index_low;
        made.allocated = 0;
        made.modified = about.written.since_1970();
        made.accessed = about.accessed.since_1970();
        made.created = about.created.since_1970();
        made.links = about.links;
        made.kind = (about.attributes & attribute_directory) != 0 ? file_kind::directory : file_kind::regular;
        if ((about.attributes & attribute_reparse_point) != 0 && is_link(file)) made.kind = file_kind::symbolic_link;
        return made;
    }
    static result<void> set_times(handle file, std::int64_t accessed, std::int64_t modified) noexcept {
        const file_time a = file_time_of(accessed), m = file_time_of(modified);
        const auto given = [](std::int64_t time, const file_time& as_date) {
            return time == no_time ? nullptr : as<const _FILETIME>(&as_date);
        };
        return checked(SetFileTime(file, nullptr, given(accessed, a), given(modified, m)), "SetFileTime");
    }
    static result<disk_space> space(handle file) noexcept {
        constexpr int full_size = 7;
        struct {
            std::int64_t total, available, free;
            std::uint32_t sectors, sector_size;
        } told{};
        io_status done{};
        const long status = vitte_nt_query_volume(file, &done, &told, sizeof told, full_size);
        if (status < 0) return failed(vitte_nt_status_to_error(status), "NtQueryVolumeInformationFile");
        const auto bytes = [&](std::int64_t units) {
            return static_cast<std::uint64_t>(units) * told.sectors * told.sector_size;
        };
        return disk_space{bytes(told.total), bytes(told.free), bytes(told.available)};
    }
    /// Whether an open file is a symbolic link, or a junction, itself.
    static bool is_link(handle file) noexcept {
        constexpr int attribute_tag = 35;
        struct {
            std::uint32_t attributes, tag;
        } told{};
        io_status done{};
        return vitte_nt_query_information(file, &done, &told, sizeof told, attribute_tag) >= 0 &&
               (told.attributes & attribute_reparse_point) != 0 && is_link_tag(told.tag);
    }
    static constexpr std::uint32_t attribute_directory = 0x10, attribute_reparse_point = 0x400,
                                   symbolic_link_tag = 0xa000000c;
    static constexpr bool is_link_tag(std::uint32_t tag) noexcept {
        constexpr std::uint32_t mount_point_tag = 0xa0000003;
        return tag == symbolic_link_tag || tag == mount_point_tag;
    }
    static result<file_info> info(const char* path) noexcept {
        return with_path(path, [](const wchar_t* wide) -> result<file_info> {
            constexpr unsigned long the_link_itself = 0x00200000;
            auto file = opened(wide, read_attributes, open_existing, backup_semantics);
            if (!file && leads_nowhere(file.error()))
                file = opened(wide, read_attributes, open_existing, backup_semantics | the_link_itself);
            if (!file) return unexpected(file.error());
            const auto told = info(*file);
            CloseHandle(*file);
            return told;
        });
    }
    static result<void> close(handle file) noexcept { return checked(CloseHandle(file), "CloseHandle"); }
    static result<void> remove(const char* path) noexcept {
        return with_path(path,
                         [](const wchar_t* wide) -> result<void> { return checked(DeleteFileW(wide), "DeleteFileW"); });
    }

    static handle standard(standard_stream stream) noexcept {
        const handle found = GetStdHandle(static_cast<unsigned long>(-10 - static_cast<long>(stream)));
        return found == reinterpret_cast<handle>(-1) ? invalid : found;
    }

    /// A hidden file, and one of the system, is not overwritten by its name (CREATE_ALWAYS), but may be made empty.
    /// `open_with(rights)` opens what is there.
    template <class Open>
    static result<handle> emptied(unsigned long rights, Open open_with) noexcept {
        VITTE_TRY(const handle file, open_with(generic_write | read_attributes));
        const auto done = is_link(file) ? result<void>(fail(errc::too_many_links, "CreateFileW"))
                                        : checked(SetEndOfFile(file), "SetEndOfFile");
        CloseHandle(file);
        VITTE_CHECK(done);
        return open_with(rights);
    }

    static constexpr unsigned long from_start = 0, from_current = 1;
    /// Moves the position and returns it.
    static result<std::int64_t> seek(handle file, std::int64_t by, unsigned long from = from_start) noexcept {
        long high = static_cast<long>(by >> 32);
        const unsigned long low = SetFilePointer(file, static_cast<long>(by), &high, from);
        if (low == 0xffffffff && GetLastError() != 0) return last_error("SetFilePointer");
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(high) << 32 | low);
    }

private:
    static constexpr std::uint64_t lock_place = INT64_MAX - 1;

    static overlapped place(std::uint64_t offset) noexcept {
        overlapped made{};
        made.offset_low = static_cast<std::uint32_t>(offset);
        made.offset_high = static_cast<std::uint32_t>(offset >> 32);
        return made;
    }
    template <class Transfer>
    static result<std::size_t> at_place(handle file, std::uint64_t offset, Transfer transfer) noexcept {
        VITTE_TRY(const std::int64_t before, seek(file, 0, from_current));
        overlapped at = place(offset);
        unsigned long moved = 0;
        const auto ended = transfer(&moved, as<_OVERLAPPED>(&at));
        VITTE_CHECK(seek(file, before));
        return ended;
    }
    static result<handle> not_a_link(handle file, const open_options& options) noexcept {
        if ((options.flags & open_no_follow) == 0 || !is_link(file)) return file;
        CloseHandle(file);
        return fail(errc::too_many_links, "CreateFileW");
    }
    static unsigned long piece(std::size_t size) noexcept {
        constexpr std::size_t most = std::size_t{1} << 30;
        return static_cast<unsigned long>(size < most ? size : most);
    }
    /// The end of a file, and of a pipe whose writer is gone, is 0 bytes and no error.
    static result<std::size_t> end_or_error(const char* operation) noexcept {
        const unsigned long number = GetLastError();
        if (number == 38 || number == 109) return std::size_t{0};
        return failed(number, operation);
    }
    static bool is_directory(const wchar_t* path) noexcept {
        const auto file = opened(path, read_attributes, open_existing, backup_semantics);
        if (!file) return false;
        const auto told = info(*file);
        CloseHandle(*file);
        return told && told->kind == file_kind::directory;
    }
    /// Pipes and consoles tell nothing about themselves but what they are.
    static result<file_info> stream_info(handle file) noexcept {
        const auto refused = last_error("GetFileInformationByHandle");
        if (GetFileType(file) == 0) return refused;
        return file_info{};
    }
};

}  // namespace vitte::sys::win32
