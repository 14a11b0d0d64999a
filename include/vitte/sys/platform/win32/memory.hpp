/// Pages of Windows: VirtualAlloc and file mappings.
#pragma once

#include <vitte/sys/platform/types.hpp>
#include <vitte/sys/platform/win32/files.hpp>
#include <vitte/sys/platform/win32/removal.hpp>

namespace vitte::sys::win32 {

struct memory {
    using file_handle = handle;

    static std::size_t page_size() noexcept { return information().page_size; }
    static std::size_t granularity() noexcept { return information().granularity; }

    /// More than the address space is an invalid argument to Windows.
    static result<void*> reserve(std::size_t size) noexcept {
        return allocated(nullptr, size, mem_reserve, page_no_access).transform_error([](error e) {
            if (e.code == errc::invalid_argument) e.code = errc::out_of_memory;
            return e;
        });
    }
    static result<void> commit(void* at, std::size_t size, access wanted) noexcept {
        return allocated(at, size, mem_commit, rights(wanted)).transform([](void*) {});
    }
    static result<void> decommit(void* at, std::size_t size) noexcept {
        return checked(VirtualFree(at, size, mem_decommit), "VirtualFree");
    }
    static result<void> protect(void* at, std::size_t size, access wanted) noexcept {
        unsigned long before;
        if (VirtualProtect(at, size, rights(wanted), &before) != 0) return {};
        // A private view of a file calls writable pages something else.
        return checked(wanted == access::read_write && VirtualProtect(at, size, page_write_copy, &before) != 0,
                       "VirtualProtect");
    }
    /// Views have an allocation of their own and cannot replace pages of a reservation.
    static result<void*> map_file(void* at, std::size_t size, access wanted, handle file,
                                  std::uint64_t offset) noexcept {
        const bool runs = wanted == access::read_execute;
        return map(at, size, runs ? page_execute_read : page_write_copy, runs ? map_read | map_execute : map_copy,
                   wanted, file, offset);
    }
    static result<void*> map_shared(void* at, std::size_t size, access wanted, handle file,
                                    std::uint64_t offset) noexcept {
        switch (wanted) {
            case access::read_write: return map(at, size, page_read_write, map_read | map_write, wanted, file, offset);
            case access::read_execute:
                return map(at, size, page_execute_read, map_read | map_execute, wanted, file, offset);
            default: return map(at, size, page_read_only, map_read, wanted, file, offset);
        }
    }
    /// Needs the privilege SeLockMemoryPrivilege.
    static result<void*> map_huge(std::size_t size) noexcept {
        const std::size_t huge = GetLargePageMinimum();
        if (huge == 0 || size % huge != 0) return fail(errc::out_of_memory, "VirtualAlloc");
        return allocated(nullptr, size, mem_reserve | mem_commit | mem_large_pages, page_read_write);
    }
    static result<void> release(void* at, std::size_t) noexcept {
        memory_information about{};
        if (VirtualQuery(at, as<_MEMORY_BASIC_INFORMATION>(&about), sizeof about) == 0)
            return last_error("VirtualQuery");
        if (about.type == mem_mapped) return checked(UnmapViewOfFile(at), "UnmapViewOfFile");
        return checked(VirtualFree(at, 0, mem_release), "VirtualFree");
    }

    /// `free` is all that Windows has an older call for.
    static result<void> advise(void* at, std::size_t size, memory_advice advice) noexcept {
        if (advice != memory_advice::free) return fail(errc::not_supported, "advise");
        return allocated(at, size, mem_reset, page_read_write).transform([](void*) {});
    }
    static result<void> lock(void* at, std::size_t size) noexcept {
        return checked(VirtualLock(at, size), "VirtualLock");
    }
    static result<void> unlock(void* at, std::size_t size) noexcept {
        return checked(VirtualUnlock(at, size), "VirtualUnlock");
    }
    /// FlushViewOfFile hands the pages to the file, whose own buffers are flushed then; a view does not know its file
    /// but by name.
    static result<void> sync(void* at, std::size_t size) noexcept {
        if (FlushViewOfFile(at, size) == 0) return last_error("FlushViewOfFile");
        wchar_t name[32'768];
        const unsigned long length = K32GetMappedFileNameW(GetCurrentProcess(), at, name, 32'768);
        if (length == 0) return last_error("K32GetMappedFileNameW");
        constexpr std::uint32_t must_exist = 1;
        const auto bytes = static_cast<std::uint16_t>(length * sizeof(wchar_t));
        VITTE_TRY(const handle file, nt_open(nullptr, unicode_text{bytes, bytes, name}, generic_write, must_exist, 0));
        const auto flushed = files::sync(file);
        CloseHandle(file);
        return flushed;
    }

    static result<access> protection(const void* address) noexcept {
        memory_information about{};
        if (VirtualQuery(address, as<_MEMORY_BASIC_INFORMATION>(&about), sizeof about) == 0) return access::none;
        if (about.state != mem_commit) return access::none;
        switch (about.rights & 0xff) {
            case page_read_only: return access::read;
            case page_read_write: case page_write_copy: return access::read_write;
            case page_execute:
            case page_execute_read:
            case page_execute_read_write:
            case page_execute_write_copy: return access::read_execute;
            default: return access::none;
        }
    }

    /// A section has a fixed size; a temporary file, which stays in the cache as long as there is room, can be resized.
    static result<handle> create_shared() noexcept {
        const shared_path path = shared_path::unique();
        return opened(path.text, all_rights, create_new, temporary | delete_on_close);
    }
    /// A file in the folder for temporary files, so that the object lasts until it is removed, as POSIX has it.
    static result<handle> open_shared(const char* name, open_mode mode) noexcept {
        shared_path path;
        VITTE_CHECK(path.append_name(name));
        return opened(path.text, mode == open_mode::read ? generic_read : all_rights, disposition(mode), temporary);
    }
    static result<void> remove_shared(const char* name) noexcept {
        shared_path path;
        VITTE_CHECK(path.append_name(name));
        VITTE_TRY(const handle object, opened(path.text, delete_right, open_existing, 0));
        const auto gone = dispose_at_once(object);
        CloseHandle(object);
        if (gone) return gone;
        // Otherwise what is open keeps its name until it is closed, unless it has another one by then; and what is
        // mapped is only deleted by closing a handle.
        const shared_path other = shared_path::unique();
        constexpr unsigned long replaces = 1;  // what an ended process with this number has left
        if (MoveFileExW(path.text, other.text, replaces) == 0) return last_error("MoveFileExW");
        VITTE_TRY(const handle last, opened(other.text, delete_right, open_existing, delete_on_close));
        return checked(CloseHandle(last), "CloseHandle");
    }
    static result<void> resize_shared(handle object, std::uint64_t size) noexcept {
        return files::resize(object, size);
    }
    static result<void> seal(handle, unsigned) noexcept { return fail(errc::not_supported, "seal"); }
    static void flush_instruction_cache(void* at, std::size_t size) noexcept {
        FlushInstructionCache(GetCurrentProcess(), at, size);
    }

private:
    static constexpr unsigned long mem_commit = 0x1000, mem_reserve = 0x2000, mem_decommit = 0x4000,
                                   mem_release = 0x8000, mem_mapped = 0x40000, mem_reset = 0x80000,
                                   mem_large_pages = 0x20000000;
    static constexpr unsigned long page_no_access = 1, page_read_only = 2, page_read_write = 4, page_write_copy = 8,
                                   page_execute = 16, page_execute_read = 32, page_execute_read_write = 64,
                                   page_execute_write_copy = 128;
    static constexpr unsigned long map_copy = 1, map_write = 2, map_read = 4, map_execute = 32;
    static constexpr unsigned long delete_right = 0x10000, all_rights = generic_read | generic_write | generic_execute;

    /// A path in the folder for temporary files.
    struct shared_path {
        wchar_t text[600];
        unsigned length;

        shared_path() noexcept : length(static_cast<unsigned>(GetTempPathW(300, text))) { append(L"vitte"); }
        /// One that no other process and no other call has.
        static shared_path unique() noexcept {
            static std::uint32_t count = 0;
            shared_path made;
            made.append_number(GetCurrentProcessId());
            made.append_number(__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
            return made;
        }
        void append(const wchar_t* more) noexcept {
            for (; *more != 0; ++more) text[length++] = *more;
            text[length] = 0;
        }
        void append_number(unsigned long number) noexcept {
            for (int shift = 28; shift >= 0; shift -= 4) text[length++] = L"0123456789abcdef"[number >> shift & 15];
            text[length++] = L'-';
            text[length] = 0;
        }
        result<void> append_name(const char* name) noexcept {
            const unsigned start = length;
            const int added = widen(name, text + length, 260);
            if (added == 0) return last_error("convert name");
            length += static_cast<unsigned>(added) - 1;
            for (unsigned i = start; i < length; ++i)
                if (text[i] == L'/' || text[i] == L'\\' || text[i] == L':') text[i] = L'-';
            return {};
        }
    };

    static system_info information() noexcept {
        system_info info{};
        GetSystemInfo(as<_SYSTEM_INFO>(&info));
        return info;
    }
    static constexpr unsigned long rights(access wanted) noexcept {
        switch (wanted) {
            case access::none: return page_no_access;
            case access::read: return page_read_only;
            case access::read_write: return page_read_write;
            case access::read_execute: return page_execute_read;
        }
        return page_no_access;
    }
    static result<void*> allocated(void* at, std::size_t size, unsigned long how, unsigned long with) noexcept {
        if (void* const made = VirtualAlloc(at, size, how, with)) return made;
        return last_error("VirtualAlloc");
    }
    static result<void*> map(void* at, std::size_t size, unsigned long section_rights, unsigned long view_rights,
                             access wanted, handle file, std::uint64_t offset) noexcept {
        if (at != nullptr) return fail(errc::not_supported, "MapViewOfFile");
        const handle section = CreateFileMappingW(file, nullptr, section_rights, 0, 0, nullptr);
        if (section == nullptr) return last_error("CreateFileMappingW");
        void* const made = MapViewOfFile(section, view_rights, static_cast<unsigned long>(offset >> 32),
                                         static_cast<unsigned long>(offset), size);
        const auto refused = last_error("MapViewOfFile");
        CloseHandle(section);
        if (made == nullptr) return refused;
        if (wanted == access::none || (view_rights == map_copy && wanted == access::read)) {
            if (const auto narrowed = protect(made, size, wanted); !narrowed) {
                UnmapViewOfFile(made);
                return unexpected(narrowed.error());
            }
        }
        return made;
    }
};

}  // namespace vitte::sys::win32
