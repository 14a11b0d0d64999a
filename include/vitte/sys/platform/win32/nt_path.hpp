/// Paths as the kernel of Windows takes them: relative to a handle, or beginning with "\??\"; no "." and "..",
/// backslashes only.
#pragma once

#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

inline unexpected<error> nt_failed(long status, const char* operation) noexcept {
    constexpr auto is_a_directory = static_cast<long>(0xc00000ba), not_a_directory = static_cast<long>(0xc0000103);
    if (status == is_a_directory) return fail(errc::is_a_directory, operation, 5);
    if (status == not_a_directory) return fail(errc::not_a_directory, operation, 267);
    return failed(vitte_nt_status_to_error(status), operation);
}
inline result<void> nt_checked(long status, const char* operation) noexcept {
    if (status < 0) return nt_failed(status, operation);
    return {};
}

/// A path on its way to the kernel.
class nt_path {
public:
    /// `path` in the folder `in`, or, if that is null, in the current one.
    result<void> set(handle in, const char* path) noexcept {
        wchar_t wide[limit];
        if (*path == 0) return failed(2, "open");
        if (widen(path, wide, static_cast<int>(limit)) == 0) return last_error("convert path");
        const bool absolute = is_separator(wide[0]) || (wide[0] != 0 && wide[1] == L':');
        root_ = absolute ? nullptr : in;
        size_ = 0;
        if (root_ != nullptr && !leads_up(wide)) return put_names(wide);
        if (root_ == nullptr) return set_absolute(wide);
        VITTE_CHECK(put_root());
        return put_names(wide);
    }
    /// The same path from where the handle is now on.
    result<void> make_absolute() noexcept {
        if (root_ == nullptr) return {};
        wchar_t names[limit];
        __builtin_memcpy(names, text_, size_ * sizeof(wchar_t));
        names[size_] = 0;
        size_ = 0;
        VITTE_CHECK(put_root());
        return put_names(names);
    }
    handle root() const noexcept { return root_; }
    wchar_t* text() noexcept { return text_; }
    std::uint16_t bytes() const noexcept { return static_cast<std::uint16_t>(size_ * sizeof(wchar_t)); }

private:
    static constexpr std::size_t limit = 32'760;
    static constexpr std::size_t longest_name = 255;

    static bool is_separator(wchar_t c) noexcept { return c == L'/' || c == L'\\'; }
    static bool leads_up(const wchar_t* path) noexcept {
        for (const wchar_t* c = path; *c != 0; ++c)
            if (c[0] == L'.' && c[1] == L'.' && (c[2] == 0 || is_separator(c[2])) && (c == path || is_separator(c[-1])))
                return true;
        return false;
    }
    result<void> set_absolute(const wchar_t* wide) noexcept {
        const bool prefixed = is_separator(wide[0]) && is_separator(wide[1]) && (wide[2] == L'?' || wide[2] == L'.');
        if (prefixed) return put_prefix(wide);
        // GetFullPathNameW takes "." and ".." away, and names of devices for devices.
        wchar_t full[limit];
        const unsigned long length = GetFullPathNameW(wide, limit, full, nullptr);
        if (length == 0) return last_error("GetFullPathNameW");
        if (length >= limit) return failed(206, "GetFullPathNameW");
        return put_prefix(full);
    }
    result<void> put_root() noexcept {
        wchar_t base[limit];
        const unsigned long length = GetFinalPathNameByHandleW(root_, base, limit, 0);
        if (length == 0 || length >= limit) return last_error("GetFinalPathNameByHandleW");
        root_ = nullptr;
        return put_prefix(base);
    }
    /// A path of Win32 that is complete: "C:\…", "\\server\…", "\\?\…".
    result<void> put_prefix(const wchar_t* path) noexcept {
        put(L"\\??\\", 4);
        if (is_separator(path[0]) && is_separator(path[1])) {
            const bool prefixed = path[2] == L'?' || path[2] == L'.';
            if (!prefixed) put(L"UNC\\", 4);
            path += prefixed ? 4 : 2;
        }
        base_ = size_;
        VITTE_CHECK(put_names(path));
        if (size_ == base_ + 2 && text_[size_ - 1] == L':') put(L"\\", 1);  // the folder at the top of a drive
        return {};
    }
    result<void> put_names(const wchar_t* path) noexcept {
        while (*path != 0) {
            std::size_t length = 0;
            while (path[length] != 0 && !is_separator(path[length])) ++length;
            if (length > longest_name) return failed(206, "open");
            if (length == 2 && path[0] == L'.' && path[1] == L'.') {
                while (size_ > base_ && text_[--size_] != L'\\') {}
            } else if (length != 0 && !(length == 1 && path[0] == L'.')) {
                if (size_ + length + 2 > limit) return failed(206, "open");
                if (size_ > base_) put(L"\\", 1);
                put(path, length);
            }
            path += length;
            while (is_separator(*path)) ++path;
        }
        return {};
    }
    void put(const wchar_t* text, std::size_t length) noexcept {
        __builtin_memcpy(text_ + size_, text, length * sizeof(wchar_t));
        size_ += length;
    }

    handle root_ = nullptr;
    std::size_t size_ = 0, base_ = 0;
    wchar_t text_[limit + 8];
};

/// NtCreateFile for what stays synchronous; everybody may share it, unless `share` says less. `name` is as the kernel
/// takes it.
inline result<handle> nt_open(handle in, unicode_text name, std::uint32_t rights, std::uint32_t how,
                              std::uint32_t options, std::uint32_t attributes = 0x80,
                              std::uint32_t share = 7) noexcept {
    constexpr std::uint32_t caseless = 0x40, synchronous = 0x20, right_to_wait = 0x00100000;
    object_attributes object{sizeof object, in, &name, caseless, nullptr, nullptr};
    io_status done{};
    handle made = nullptr;
    const long status = vitte_nt_create_file(&made, rights | right_to_wait, &object, &done, nullptr, attributes,
                                             share, how, options | synchronous, nullptr, 0);
    if (status < 0) return nt_failed(status, "NtCreateFile");
    return made;
}
inline result<handle> nt_open(handle in, const char* path, std::uint32_t rights, std::uint32_t how,
                              std::uint32_t options, std::uint32_t attributes = 0x80,
                              std::uint32_t share = 7) noexcept {
    nt_path where;
    VITTE_CHECK(where.set(in, path));
    const unicode_text name{where.bytes(), where.bytes(), where.text()};
    return nt_open(where.root(), name, rights, how, options, attributes, share);
}

}  // namespace vitte::sys::win32
