/// Files of the debugger's machine ("Semihosting for AArch32 and AArch64"; "RISC-V Semihosting"). Without a debugger or
/// an emulator that answers, a call is a fault.
#pragma once

#include <vitte/sys/platform/types.hpp>

#include <vitte/core/result.hpp>

namespace vitte::sys::bare {

namespace detail {
/// One call; `argument` is a number or the address of an array of words.
inline std::intptr_t semihost([[maybe_unused]] unsigned operation, [[maybe_unused]] const void* argument) noexcept {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    register std::intptr_t r0 __asm__("r0") = static_cast<std::intptr_t>(operation);
    register const void* r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#elif defined(__aarch64__)
    register std::intptr_t x0 __asm__("x0") = static_cast<std::intptr_t>(operation);
    register const void* x1 __asm__("x1") = argument;
    __asm__ volatile("hlt 0xf000" : "+r"(x0) : "r"(x1) : "memory");
    return x0;
#elif defined(__riscv)
    register std::intptr_t a0 __asm__("a0") = static_cast<std::intptr_t>(operation);
    register const void* a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0) : "r"(a1) : "memory");
    return a0;
#else
    return -1;
#endif
}
}  // namespace detail

/// Standard output and standard error are the board's console.
template <class Board>
struct semihosted_files {
    using handle = std::intptr_t;
    static constexpr handle invalid = -1;

    static result<handle> open(const char* path, const open_options& options) noexcept {
        constexpr std::uintptr_t modes[] = {1, 3, 5, 5, 3, 7};  // "rb", "r+b", "wb", "wb", "r+b", "w+b"
        constexpr std::uintptr_t create_for_both = 7, append = 9;  // "w+b", "ab"
        if ((options.flags & ~open_append) != 0) return fail(errc::not_supported, "SYS_OPEN");
        std::uintptr_t mode = (options.flags & open_append) != 0 ? append : modes[static_cast<unsigned>(options.mode)];
        // Semihosting knows neither exclusive creation nor creation of what is missing only.
        const bool exclusive = options.mode == open_mode::create_new || options.mode == open_mode::create_both;
        if (exclusive || options.mode == open_mode::update) {
            const auto there = open(path, open_mode::read);
            if (there) static_cast<void>(close(*there));
            if (there && exclusive) return fail(errc::already_exists, "SYS_OPEN");
            if (!there && mode != append && options.mode == open_mode::update) mode = create_for_both;
        }
        const std::uintptr_t block[] = {reinterpret_cast<std::uintptr_t>(path), mode, __builtin_strlen(path)};
        const handle made = detail::semihost(sys_open, block);
        if (made == -1) return last_error("SYS_OPEN");
        if (mode == append) {  // which not every host takes literally
            VITTE_TRY(const file_info facts, info(made));
            const std::uintptr_t end[] = {word(made), static_cast<std::uintptr_t>(facts.size)};
            detail::semihost(sys_seek, end);
        }
        return made;
    }
    static result<std::size_t> read(handle file, std::byte* to, std::size_t size) noexcept {
        return transferred(sys_read, file, to, size, "SYS_READ");
    }
    /// There is no reading at an offset, and no way to ask for the position, which is left behind what was read.
    static result<std::size_t> read_at(handle file, std::byte* to, std::size_t size, std::uint64_t offset) noexcept {
        if (offset > UINTPTR_MAX) return fail(errc::too_large, "SYS_SEEK");
        VITTE_TRY(const file_info facts, info(file));
        if (offset >= facts.size) return std::size_t{0};
        const std::uintptr_t block[] = {word(file), static_cast<std::uintptr_t>(offset)};
        if (detail::semihost(sys_seek, block) != 0) return last_error("SYS_SEEK");
        return read(file, to, size);
    }
    static result<std::size_t> write(handle file, const std::byte* from, std::size_t size) noexcept {
        if (file == console) {
            Board::write(from, size);
            return size;
        }
        return transferred(sys_write, file, const_cast<std::byte*>(from), size, "SYS_WRITE");
    }
    static result<std::size_t> write_at(handle file, const std::byte* from, std::size_t size,
                                        std::uint64_t offset) noexcept {
        if (offset > UINTPTR_MAX) return fail(errc::too_large, "SYS_SEEK");
        const std::uintptr_t block[] = {word(file), static_cast<std::uintptr_t>(offset)};
        if (detail::semihost(sys_seek, block) != 0) return last_error("SYS_SEEK");
        return write(file, from, size);
    }
    static result<void> resize(handle, std::uint64_t) noexcept { return fail(errc::not_supported, "resize"); }
    static result<void> sync(handle) noexcept { return fail(errc::not_supported, "sync"); }
    static result<void> sync_data(handle) noexcept { return fail(errc::not_supported, "sync"); }
    static result<file_info> info(handle file) noexcept {
        const std::uintptr_t block[] = {word(file)};
        const std::intptr_t length = detail::semihost(sys_length, block);
        if (length < 0) return last_error("SYS_FLEN");
        file_info made;
        made.size = static_cast<std::uint64_t>(length);
        made.kind = file_kind::regular;
        return made;
    }
    static result<file_info> info(const char* path) noexcept {
        VITTE_TRY(const handle file, open(path, open_mode::read));
        const auto told = info(file);
        static_cast<void>(close(file));
        return told;
    }
    static result<void> close(handle file) noexcept {
        const std::uintptr_t block[] = {word(file)};
        if (detail::semihost(sys_close, block) != 0) return last_error("SYS_CLOSE");
        return {};
    }
    static result<void> remove(const char* path) noexcept {
        const std::uintptr_t block[] = {reinterpret_cast<std::uintptr_t>(path), __builtin_strlen(path)};
        if (detail::semihost(sys_remove, block) != 0) return last_error("SYS_REMOVE");
        return {};
    }
    static handle standard(standard_stream stream) noexcept {
        return stream == standard_stream::input ? invalid : console;
    }

private:
    static constexpr unsigned sys_open = 1, sys_close = 2, sys_write = 5, sys_read = 6, sys_seek = 10, sys_length = 12,
                              sys_remove = 14, sys_errno = 19;
    static constexpr handle console = -2;
    static constexpr int bad_handle_number = 9;

    static std::uintptr_t word(handle file) noexcept { return static_cast<std::uintptr_t>(file); }
    /// Both calls return how many bytes are left over.
    static result<std::size_t> transferred(unsigned operation, handle file, std::byte* bytes, std::size_t size,
                                           const char* name) noexcept {
        if (file == invalid)
            return fail(errc::bad_handle, name, bad_handle_number);  // hosts do not agree on what they say
        const std::uintptr_t block[] = {word(file), reinterpret_cast<std::uintptr_t>(bytes), size};
        const auto left = static_cast<std::size_t>(detail::semihost(operation, block));
        if (left > size || (operation == sys_write && left == size && size != 0)) return last_error(name);
        return size - left;
    }
    /// The numbers that hosts agree upon are those of every POSIX system.
    static unexpected<error> last_error(const char* operation) noexcept {
        const int number = static_cast<int>(detail::semihost(sys_errno, nullptr));
        const errc cause = number == 2    ? errc::not_found
                           : number == bad_handle_number ? errc::bad_handle
                           : number == 13 ? errc::permission_denied
                           : number == 21 ? errc::is_a_directory
                           : number == 28 ? errc::no_space
                                          : errc::unknown;
        return fail(cause, operation, number);
    }
};

}  // namespace vitte::sys::bare
