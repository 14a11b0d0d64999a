/// The words of WASI preview 1 (`wasi_snapshot_preview1`, witx version 0): numbers of errors, rights, flags.
#pragma once

#include <cstdint>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::loader::wasm::wasi {

/// `errno`, where POSIX's name is prefixed with E.
enum class code : std::uint16_t {
    success = 0,
    too_big = 1,
    acces = 2,
    again = 6,
    badf = 8,
    busy = 10,
    exist = 20,
    fault = 21,
    fbig = 22,
    ilseq = 25,
    intr = 27,
    inval = 28,
    io = 29,
    isdir = 31,
    loop = 32,
    mfile = 33,
    nametoolong = 37,
    nfile = 41,
    noent = 44,
    nomem = 48,
    nospc = 51,
    notdir = 54,
    notempty = 55,
    notsock = 57,
    notsup = 58,
    overflow = 61,
    perm = 63,
    pipe = 64,
    spipe = 70,
    timedout = 73,
    xdev = 75,
    notcapable = 76,
};

/// What a failure of `vitte::sys` is called. A refusal that is not the OS's is that of a path that leads out.
constexpr code code_of(const error& failure) noexcept {
    switch (failure.code) {
        case errc::not_found: return code::noent;
        case errc::already_exists: return code::exist;
        case errc::permission_denied: return failure.native == 0 ? code::perm : code::acces;
        case errc::invalid_argument:
        case errc::out_of_range: return code::inval;
        case errc::bad_handle: return code::badf;
        case errc::out_of_memory: return code::nomem;
        case errc::out_of_handles: return code::nfile;
        case errc::no_space: return code::nospc;
        case errc::too_large: return code::fbig;
        case errc::name_too_long: return code::nametoolong;
        case errc::not_a_directory: return code::notdir;
        case errc::is_a_directory: return code::isdir;
        case errc::not_empty: return code::notempty;
        case errc::too_many_links: return code::loop;
        case errc::cross_device: return code::xdev;
        case errc::busy: return code::busy;
        case errc::interrupted: return code::intr;
        case errc::would_block: return code::again;
        case errc::timed_out: return code::timedout;
        case errc::broken_pipe: return code::pipe;
        case errc::not_supported: return code::notsup;
        default: return code::io;
    }
}

/// Why a call of a guest fails; made of what `vitte::sys` says where that is the reason.
struct refusal {
    code why;
    constexpr refusal(code c) noexcept : why(c) {}                   // NOLINT: both are
    constexpr refusal(const error& e) noexcept : why(code_of(e)) {}  // NOLINT: the same fact
};
template <class T = void>
using outcome = result<T, refusal>;
constexpr unexpected<refusal> refuse(code why) noexcept { return unexpected(refusal(why)); }

/// `rights`: what a descriptor may be used for.
namespace right {
inline constexpr std::uint64_t fd_datasync = 1u << 0, fd_read = 1u << 1, fd_seek = 1u << 2,
                               fd_fdstat_set_flags = 1u << 3, fd_sync = 1u << 4, fd_tell = 1u << 5, fd_write = 1u << 6,
                               fd_advise = 1u << 7, fd_allocate = 1u << 8, path_create_directory = 1u << 9,
                               path_create_file = 1u << 10, path_link_source = 1u << 11, path_link_target = 1u << 12,
                               path_open = 1u << 13, fd_readdir = 1u << 14, path_readlink = 1u << 15,
                               path_rename_source = 1u << 16, path_rename_target = 1u << 17,
                               path_filestat_get = 1u << 18, path_filestat_set_size = 1u << 19,
                               path_filestat_set_times = 1u << 20, fd_filestat_get = 1u << 21,
                               fd_filestat_set_size = 1u << 22, fd_filestat_set_times = 1u << 23,
                               path_symlink = 1u << 24, path_remove_directory = 1u << 25, path_unlink_file = 1u << 26,
                               poll_fd_readwrite = 1u << 27, sock_shutdown = 1u << 28, sock_accept = 1u << 29;

inline constexpr std::uint64_t all = (1u << 30) - 1;
/// Those that change something.
inline constexpr std::uint64_t changing =
    fd_write | fd_allocate | path_create_directory | path_create_file | path_link_source | path_link_target |
    path_rename_source | path_rename_target | path_filestat_set_size | path_filestat_set_times | fd_filestat_set_size |
    fd_filestat_set_times | path_symlink | path_remove_directory | path_unlink_file;
/// Those that mean something for a regular file, for a stream, for a folder.
inline constexpr std::uint64_t of_file = fd_datasync | fd_read | fd_seek | fd_fdstat_set_flags | fd_sync | fd_tell |
                                         fd_write | fd_advise | fd_allocate | fd_filestat_get | fd_filestat_set_size |
                                         fd_filestat_set_times | poll_fd_readwrite;
inline constexpr std::uint64_t of_stream =
    fd_read | fd_fdstat_set_flags | fd_write | fd_filestat_get | poll_fd_readwrite;
inline constexpr std::uint64_t of_folder =
    all & ~(of_file & ~(fd_datasync | fd_fdstat_set_flags | fd_sync | fd_filestat_get | fd_filestat_set_times)) &
    ~(sock_shutdown | sock_accept);
/// Those for which a file must be open for writing.
inline constexpr std::uint64_t need_writing = fd_write | fd_allocate | fd_filestat_set_size;
}  // namespace right

/// `filetype`.
enum class file_type : std::uint8_t {
    unknown = 0,
    character_device = 2,
    directory = 3,
    regular_file = 4,
    symbolic_link = 7
};

constexpr file_type type_of(sys::file_kind kind) noexcept {
    switch (kind) {
        case sys::file_kind::regular: return file_type::regular_file;
        case sys::file_kind::directory: return file_type::directory;
        case sys::file_kind::symbolic_link: return file_type::symbolic_link;
        default: return file_type::unknown;
    }
}

/// `fdflags`, `oflags`, `fstflags`, `lookupflags`.
namespace fd_flag {
inline constexpr std::uint32_t append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31;
}
namespace open_flag {
inline constexpr std::uint32_t creat = 1, directory = 2, excl = 4, trunc = 8, all = 15;
}
namespace time_flag {
inline constexpr std::uint32_t accessed = 1, accessed_now = 2, modified = 4, modified_now = 8, all = 15;
}
inline constexpr std::uint32_t symlink_follow = 1;

}  // namespace vitte::loader::wasm::wasi
