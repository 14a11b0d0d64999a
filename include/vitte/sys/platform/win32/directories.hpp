/// Folders of Windows, through the kernel's own calls, which alone open what is beneath a handle ([MS-FSCC],
/// "NtCreateFile").
#pragma once

#include <vitte/sys/platform/win32/files.hpp>
#include <vitte/sys/platform/win32/link_privilege.hpp>
#include <vitte/sys/platform/win32/removal.hpp>

namespace vitte::sys::win32 {

struct directories {
    using handle = win32::handle;
    static constexpr handle current = nullptr;
    static constexpr bool only_down = true;

    static result<handle> open(handle in, const char* path, bool follow) noexcept {
        constexpr std::uint32_t list = 1, add = 2, traverse = 0x20;
        const std::uint32_t rights = list | traverse | attributes_right,
                            options = is_folder | for_backup | (follow ? 0 : the_link_itself);
        auto opened =
            nt_open(in, path, rights | add, must_exist, options);  // the right to add is what FlushFileBuffers asks for
        if (!opened && opened.error().code == errc::permission_denied)
            opened = nt_open(in, path, rights, must_exist, options);
        if (!opened || follow || !files::is_link(*opened)) return opened;
        CloseHandle(*opened);
        return fail(errc::not_a_directory, "NtCreateFile");
    }
    static result<handle> open_file(handle in, const char* path, const open_options& options) noexcept {
        constexpr std::uint32_t dispositions[] = {1, 1, 5,
                                                  2, 3, 2};  // open, overwrite or create, create, open or create
        constexpr std::uint32_t no_folder = 0x40, write_through = 2, no_buffering = 8;
        const bool link_itself = (options.flags & open_no_follow) != 0;
        const std::uint32_t how = no_folder | (link_itself ? the_link_itself : 0) |
                                  ((options.flags & open_durable) != 0 ? write_through : 0) |
                                  ((options.flags & open_direct) != 0 ? no_buffering : 0);
        const auto rights = static_cast<std::uint32_t>(file_rights(options));
        constexpr std::uint32_t normal = 0x80;
        auto opened = nt_open(in, path, rights | attributes_right, dispositions[static_cast<unsigned>(options.mode)],
                              how, normal, shared(options.flags));
        if (!opened && options.mode == open_mode::write && opened.error().code == errc::permission_denied)
            opened = files::emptied(rights | attributes_right, [&](unsigned long asked) {
                return nt_open(in, path, static_cast<std::uint32_t>(asked), must_exist, how, normal,
                               shared(options.flags));
            });
        if (!opened && link_itself && opened.error().code == errc::is_a_directory) {  // so is a link to one
            const auto facts = info(in, path, false);
            if (!facts || facts->kind != file_kind::symbolic_link) return opened;
            return fail(errc::too_many_links, "NtCreateFile", opened.error().native);
        }
        if (!opened || !link_itself || !files::is_link(*opened)) return opened;
        CloseHandle(*opened);
        return fail(errc::too_many_links, "NtCreateFile");
    }
    static result<file_info> info(handle in, const char* path, bool follow) noexcept {
        const auto told = with(in, path, attributes_right, follow ? 0 : the_link_itself,
                               [](handle file) { return files::info(file); });
        return follow && !told && leads_nowhere(told.error()) ? info(in, path, false) : told;
    }
    static result<void> create(handle in, const char* path, std::uint32_t) noexcept {
        constexpr std::uint32_t must_not_exist = 2;
        VITTE_TRY(const handle made, nt_open(in, path, attributes_right, must_not_exist, is_folder));
        return checked(CloseHandle(made), "CloseHandle");
    }
    static result<void> remove(handle in, const char* path) noexcept {
        return with(in, path, delete_right | attributes_right, the_link_itself, [](handle file) -> result<void> {
            VITTE_TRY(const file_info facts, files::info(file));
            if (facts.kind == file_kind::directory) return fail(errc::is_a_directory, "NtSetInformationFile");
            return dispose(file);
        });
    }
    static result<void> remove_folder(handle in, const char* path) noexcept {
        return with(in, path, delete_right | attributes_right, the_link_itself | is_folder,
                    [](handle folder) -> result<void> {
                        if (files::is_link(folder)) return fail(errc::not_a_directory, "NtSetInformationFile");
                        return dispose(folder);
                    });
    }
    /// With the semantics of POSIX (Windows 10 1709) where the file system has them.
    static result<void> rename(handle in, const char* path, handle to_in, const char* to, rename_mode mode) noexcept {
        constexpr int posix_rename = 65, plain_rename = 10;
        constexpr std::uint32_t replace_if_exists = 1, posix_semantics = 2, ignore_read_only = 0x40;
        if (mode == rename_mode::exchange) return fail(errc::not_supported, "NtSetInformationFile");
        const std::uint32_t replaces = mode == rename_mode::replace ? replace_if_exists : 0;
        return with(in, path, delete_right | attributes_right, the_link_itself, [&](handle file) -> result<void> {
            nt_path where;
            VITTE_CHECK(where.set(to_in, to));
            const auto renamed =
                give_name(file, where, replaces | posix_semantics | ignore_read_only, posix_rename, "rename");
            if (renamed || !is_unknown(renamed.error())) return renamed;
            VITTE_CHECK(where.make_absolute());  // what is older, and wine, knows no other
            return give_name(file, where, replaces, plain_rename, "rename");
        });
    }
    static result<void> link(handle in, const char* path, handle to_in, const char* to) noexcept {
        constexpr int plain_link = 11;
        constexpr std::uint32_t write_attributes = 0x100;
        return with(in, path, write_attributes, the_link_itself, [&](handle file) -> result<void> {
            nt_path where;
            VITTE_CHECK(where.set(to_in, to));
            const auto linked = give_name(file, where, 0, plain_link, "link");
            if (linked || !is_unknown(linked.error())) return linked;
            VITTE_CHECK(where.make_absolute());
            return give_name(file, where, 0, plain_link, "link");
        });
    }
    /// Needs a privilege or the developer's mode. A link to what is not there is one to a file.
    static result<void> symbolic_link(const char* text, handle in, const char* path) noexcept {
        constexpr std::uint32_t must_not_exist = 2, write = 0x102;
        reparse_data data{};
        VITTE_CHECK(data.set(text));
        const bool to_folder = points_to_folder(text, in, path);
        const link_privilege taken;  // until the link is made: opening looks at it, too
        VITTE_TRY(const handle made, nt_open(in, path, delete_right | write, must_not_exist,
                                             (to_folder ? is_folder : 0) | the_link_itself));
        constexpr unsigned long set_reparse_point = 0x900a4;
        unsigned long returned = 0;
        const auto linked =
            checked(DeviceIoControl(made, set_reparse_point, &data, data.size(), nullptr, 0, &returned, nullptr),
                    "set symbolic link");
        if (!linked) static_cast<void>(dispose(made));
        CloseHandle(made);
        return linked;
    }
    static result<std::size_t> read_link(handle in, const char* path, char* to, std::size_t room) noexcept {
        return with(in, path, attributes_right, the_link_itself, [=](handle file) -> result<std::size_t> {
            constexpr unsigned long get_reparse_point = 0x900a8;
            reparse_data data{};
            unsigned long returned = 0;
            if (DeviceIoControl(file, get_reparse_point, nullptr, 0, &data, sizeof data, &returned, nullptr) == 0)
                return last_error("get symbolic link");
            char whole[4096];
            VITTE_TRY(const std::size_t length, data.get(whole, sizeof whole));
            const std::size_t some = length < room ? length : room;
            __builtin_memcpy(to, whole, some);
            return some;
        });
    }
    static result<void> sync(handle folder) noexcept { return checked(FlushFileBuffers(folder), "FlushFileBuffers"); }
    static result<void> set_times(handle in, const char* path, bool follow, std::int64_t accessed,
                                  std::int64_t modified) noexcept {
        constexpr std::uint32_t write_attributes = 0x100;
        return with(in, path, write_attributes, follow ? 0 : the_link_itself,
                    [=](handle file) { return files::set_times(file, accessed, modified); });
    }
    static result<std::size_t> current_path(char* to, std::size_t room) noexcept {
        wchar_t wide[32'768];
        const unsigned long length = GetCurrentDirectoryW(32'768, wide);
        if (length == 0) return last_error("GetCurrentDirectoryW");
        return narrow(wide, length, to, room);
    }
    static result<void> make_current(handle folder) noexcept {
        wchar_t wide[32'768];
        const unsigned long length = GetFinalPathNameByHandleW(folder, wide, 32'768, 0);
        if (length == 0 || length >= 32'768) return last_error("GetFinalPathNameByHandleW");
        return checked(SetCurrentDirectoryW(without_prefix(wide)), "SetCurrentDirectoryW");
    }
    static result<std::size_t> temporary_folder(char* to, std::size_t room) noexcept {
        wchar_t wide[300];
        unsigned long length = GetTempPathW(300, wide);
        if (length == 0 || length >= 300) return last_error("GetTempPathW");
        if (length > 3 && wide[length - 1] == L'\\') --length;
        return narrow(wide, length, to, room);
    }
    static result<std::size_t> canonical(const char* path, char* to, std::size_t room) noexcept {
        return with(current, path, attributes_right, 0, [=](handle file) -> result<std::size_t> {
            wchar_t wide[32'768];
            const unsigned long length = GetFinalPathNameByHandleW(file, wide, 32'768, 0);
            if (length == 0 || length >= 32'768) return last_error("GetFinalPathNameByHandleW");
            const wchar_t* const plain = without_prefix(wide);
            return narrow(plain, length - static_cast<std::size_t>(plain - wide), to, room);
        });
    }

    /// NtQueryDirectoryFile with FileIdBothDirectoryInformation ([MS-FSCC] 2.4.17), through a handle of its own: where
    /// it has come to belongs to the handle.
    class listing {
    public:
        result<void> open(handle folder) noexcept {
            constexpr std::uint32_t list = 1;
            VITTE_TRY(folder_, nt_open(folder, unicode_text{}, list, must_exist, is_folder | for_backup));
            next_ = nullptr;
            return {};
        }
        result<bool> next(directory_entry& to) noexcept {
            for (;;) {
                VITTE_TRY(const bool more, fill());
                if (!more) return false;
                const std::byte* const entry = next_;
                next_ = field<std::uint32_t>(entry, 0) == 0 ? nullptr : entry + field<std::uint32_t>(entry, 0);
                const auto* const name = reinterpret_cast<const wchar_t*>(entry + 104);
                VITTE_CHECK(narrow(name, field<std::uint32_t>(entry, 60) / sizeof(wchar_t), name_, sizeof name_));
                if (name_[0] == '.' && (name_[1] == 0 || (name_[1] == '.' && name_[2] == 0))) continue;
                to = {name_, field<std::uint64_t>(entry, 96),
                      kind_of(field<std::uint32_t>(entry, 56), field<std::uint32_t>(entry, 64))};
                return true;
            }
        }
        void close() noexcept {
            if (folder_ != nullptr) CloseHandle(folder_);
            folder_ = nullptr;
        }

    private:
        template <class T>
        static T field(const std::byte* entry, std::size_t offset) noexcept {
            T value;
            __builtin_memcpy(&value, entry + offset, sizeof value);
            return value;
        }
        /// Whether there is another entry.
        result<bool> fill() noexcept {
            constexpr int id_both_information = 37;
            constexpr auto no_more_files = static_cast<long>(0x80000006), no_such_file = static_cast<long>(0xc000000f);
            if (next_ != nullptr) return true;
            io_status done{};
            const long status = vitte_nt_query_directory(folder_, nullptr, nullptr, nullptr, &done, buffer_,
                                                         sizeof buffer_, id_both_information, 0, nullptr, 0);
            if (status == no_more_files || status == no_such_file) return false;
            if (status < 0) return nt_failed(status, "NtQueryDirectoryFile");
            next_ = buffer_;
            return true;
        }
        static file_kind kind_of(std::uint32_t attributes, std::uint32_t tag) noexcept {
            if ((attributes & files::attribute_reparse_point) != 0 && files::is_link_tag(tag))
                return file_kind::symbolic_link;
            return (attributes & files::attribute_directory) != 0 ? file_kind::directory : file_kind::regular;
        }

        handle folder_ = nullptr;
        const std::byte* next_ = nullptr;
        char name_[768];
        alignas(8) std::byte buffer_[32'768];
    };

private:
    static constexpr std::uint32_t must_exist = 1;                                                                // how
    static constexpr std::uint32_t is_folder = 1, for_backup = 0x4000, the_link_itself = 0x00200000;  // options
    static constexpr std::uint32_t attributes_right = 0x80, delete_right = 0x10000;                   // rights

    /// Opens what is there, calls `call(handle)` and closes it.
    template <class Call>
    static auto with(handle in, const char* path, std::uint32_t rights, std::uint32_t options, Call call) noexcept
        -> decltype(call(in)) {
        VITTE_TRY(const handle opened, nt_open(in, path, rights, must_exist, options | for_backup));
        auto done = call(opened);
        CloseHandle(opened);
        return done;
    }
    static const wchar_t* without_prefix(const wchar_t* path) noexcept {
        const bool prefixed = path[0] == L'\\' && path[1] == L'\\' && path[2] == L'?' && path[3] == L'\\';
        return prefixed && path[5] == L':' ? path + 4 : path;
    }
    static result<void> give_name(handle file, nt_path& where, std::uint32_t flags, int what,
                                  const char* operation) noexcept {
        struct name_information {
            std::uint32_t flags;
            void* root;
            std::uint32_t size;
            wchar_t name[32'768];
        } data;
        data.flags = flags;
        data.root = where.root();
        data.size = where.bytes();
        __builtin_memcpy(data.name, where.text(), where.bytes());
        io_status done{};
        constexpr std::uint32_t least = 24, head = offsetof(name_information, name);  // the SDK's structure has a name
        const std::uint32_t size = head + data.size < least ? least : head + data.size;
        return nt_checked(vitte_nt_set_information(file, &done, &data, size, what), operation);
    }
    static bool points_to_folder(const char* text, handle in, const char* path) noexcept {
        char whole[4096];
        std::size_t folder = __builtin_strlen(path);
        while (folder != 0 && path[folder - 1] != '/' && path[folder - 1] != '\\') --folder;
        const bool absolute = text[0] == '/' || text[0] == '\\' || (text[0] != 0 && text[1] == ':');
        if (absolute) folder = 0;
        const std::size_t length = __builtin_strlen(text);
        if (folder + length >= sizeof whole) return false;
        __builtin_memcpy(whole, path, folder);
        __builtin_memcpy(whole + folder, text, length + 1);
        const auto facts = info(in, whole, true);
        return facts && facts->kind == file_kind::directory;
    }

    /// REPARSE_DATA_BUFFER of a symbolic link ([MS-FSCC] 2.1.2.4).
    struct reparse_data {
        std::uint32_t tag;
        std::uint16_t length, reserved, name_offset, name_size, print_offset, print_size;
        std::uint32_t flags;
        wchar_t names[8000];

        std::uint32_t size() const noexcept { return 8u + length; }
        /// The name for people, and the same for the kernel behind it, which wants "\??\" before a drive and
        /// "\??\UNC" before a server.
        result<void> set(const char* text) noexcept {
            constexpr std::uint32_t relative = 1;
            const int size = widen(text, names, 3900);
            if (size == 0) return last_error("convert path");
            const auto count = static_cast<std::size_t>(size) - 1;
            for (std::size_t i = 0; i < count; ++i)
                if (names[i] == L'/') names[i] = L'\\';
            const bool has_drive = count > 1 && names[1] == L':',
                       of_server = count > 1 && names[0] == L'\\' && names[1] == L'\\';
            const std::size_t left_out = of_server ? 1 : 0, prefix = has_drive ? 4 : of_server ? 7 : 0;
            __builtin_memcpy(names + count, L"\\??\\UNC", prefix * sizeof(wchar_t));
            __builtin_memcpy(names + count + prefix, names + left_out, (count - left_out) * sizeof(wchar_t));
            print_size = name_offset = static_cast<std::uint16_t>(count * sizeof(wchar_t));
            name_size = static_cast<std::uint16_t>((prefix + count - left_out) * sizeof(wchar_t));
            tag = files::symbolic_link_tag;
            flags = prefix != 0 ? 0 : relative;
            length = static_cast<std::uint16_t>(12 + name_size + print_size);
            return {};
        }
        /// The name for people, with slashes, also of a junction (2.1.2.5), which has no flags.
        result<std::size_t> get(char* to, std::size_t room) const noexcept {
            if (!files::is_link_tag(tag)) return fail(errc::invalid_argument, "get symbolic link");
            const auto* const start =
                tag == files::symbolic_link_tag ? names : reinterpret_cast<const wchar_t*>(&flags);
            const bool for_people = print_size != 0;  // or else what is behind "\??\"
            const wchar_t* const name = start + (for_people ? print_offset : name_offset + 8) / 2;
            const std::size_t units = (for_people ? print_size : name_size < 8 ? 0 : name_size - 8u) / 2;
            VITTE_TRY(const std::size_t count, narrow(name, units, to, room));
            for (std::size_t i = 0; i < count; ++i)
                if (to[i] == '\\') to[i] = '/';
            return count;
        }
    };
};

}  // namespace vitte::sys::win32
