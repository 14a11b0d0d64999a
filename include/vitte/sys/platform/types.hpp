/// The words that every platform and everything above it share: access to pages, modes of opening, facts about files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vitte/core/assert.hpp>

namespace vitte::sys {

/// What may be done with pages. Writable and executable at once does not exist.
enum class access : unsigned char { none, read, read_write, read_execute };

/// How paths are written: "/usr/lib" (POSIX.1-2017, 4.13), or "C:\lib", "\\server\share\lib" and "C:/lib" ("Naming
/// Files, Paths, and Namespaces").
enum class path_style : unsigned char { posix, windows };

/// How a file is opened.
enum class open_mode : unsigned char {
    read,         ///< must exist; for reading
    read_write,   ///< must exist; for both
    write,        ///< for writing; created if missing, emptied if not
    create_new,   ///< for writing; must not exist
    update,       ///< for both; created if missing, kept if not
    create_both,  ///< for both; must not exist
};

/// More about how a file is opened; bits.
enum open_flag : unsigned {
    open_append = 1,     ///< every write goes to the end, wherever that is then
    open_no_follow = 2,  ///< a symbolic link at the end of the path is `errc::too_many_links`
    open_direct = 4,     ///< past the page cache; offsets, sizes and addresses are multiples of the device's blocks
    /// A write returns when its data is stored. macOS leaves it in the device, which may lose it with its power.
    open_durable = 8,
    /// Neither to open nor, later, to read or write waits for somebody: of FIFOs and devices, on POSIX. What would wait
    /// is `errc::would_block`.
    open_nonblocking = 16,
    /// As long as it is open, nobody writes to it, removes or renames it, and it cannot be opened if somebody may write
    /// to it already: `errc::busy`. On Windows; elsewhere it means nothing.
    open_guarded = 32,
};

struct open_options {
    constexpr open_options(open_mode m = open_mode::read, unsigned f = 0,
                           std::uint32_t r = 0666) noexcept  // NOLINT: a mode is enough
        : mode(m), flags(f), rights(r) {}
    open_mode mode;
    unsigned flags;        ///< bits of `open_flag`
    std::uint32_t rights;  ///< POSIX permission bits of a file that is created, without those of the process's mask
};

/// A piece of memory of a vectored transfer; laid out as POSIX's `iovec`.
struct io_slice {
    std::byte* data;
    std::size_t size;
};

/// What a process is born with.
enum class standard_stream : unsigned char { input, output, error };

/// A wait for a stream, and what came of it.
template <class Handle>
struct stream_wait {
    Handle stream;
    bool to_write = false;
    bool ready = false;    ///< reading or writing would not block
    bool hung_up = false;  ///< nobody is at the other end
};
/// How many can be waited for at once.
inline constexpr std::size_t most_stream_waits = 64;

/// What an entry of a file system is.
enum class file_kind : unsigned char { regular, directory, symbolic_link, other, unknown };

/// What to do when there is something under the new name.
enum class rename_mode : unsigned char {
    replace,   ///< it goes, in one step
    keep,      ///< `errc::already_exists`
    exchange,  ///< both names change places; it must be there
};

/// An entry of a folder, as long as the listing stays where it is.
struct directory_entry {
    const char* name = nullptr;
    std::uint64_t inode = 0;
    file_kind kind = file_kind::unknown;  ///< unknown where the file system tells only on being asked
};

/// Stands for the time of a file that is not known, or is to stay as it is.
inline constexpr std::int64_t no_time = INT64_MIN;

/// Facts about a file at one moment. Times are nanoseconds since 1970-01-01 UTC, or `no_time`; what lies before 1677 or
/// after 2262 is the first or the last moment that these count.
struct file_info {
    std::uint64_t size = 0;       ///< bytes
    std::uint64_t allocated = 0;  ///< bytes on the device; fewer than `size` if there are holes; 0 if not known
    std::uint64_t device = 0;     ///< with `inode` the identity of a file
    std::uint64_t inode = 0;
    std::int64_t modified = no_time;  ///< its content
    std::int64_t accessed = no_time;
    std::int64_t changed = no_time;  ///< its content, name count, rights or owner
    std::int64_t created = no_time;
    std::uint32_t links = 1;  ///< how many names it has
    std::uint32_t mode = 0;   ///< POSIX permission bits; 0 where there are none
    std::uint32_t owner = 0;  ///< numbers of user and group; 0 where there are none
    std::uint32_t group = 0;
    file_kind kind = file_kind::other;

    /// Whether both are about the same file.
    constexpr bool same_file(const file_info& other) const noexcept {
        return inode == other.inode && device == other.device;
    }
};

/// What happened to a name or to what it stands for; bits.
enum watch_change : unsigned {
    watch_created = 1,     ///< it is there now: made, or moved to here
    watch_removed = 2,     ///< it is not there any more: removed, or moved away
    watch_modified = 4,    ///< its content
    watch_attributes = 8,  ///< its times, rights or owner
    watch_overflow = 16,   ///< more happened than the OS could keep: anything may have changed
};

/// What the OS tells of a watched folder, as long as the queue is not asked again.
struct folder_change {
    std::uint32_t folder = 0;  ///< what `add` returned
    const char* name = "";     ///< in it, or the path below it if the OS watches whole trees; "" is the folder itself
    unsigned changes = 0;      ///< bits of `watch_change`
    bool is_folder = false;    ///< whether the name is known to be a folder's
    bool may_replace = false;  ///< what was created may have taken the place of something else
    bool watch_ended = false;  ///< the folder is not watched any more
};

/// Room on a file system, in bytes.
struct disk_space {
    std::uint64_t total = 0;
    std::uint64_t free = 0;       ///< not used by anything
    std::uint64_t available = 0;  ///< of that, what this user may take
};

/// A library or program in this process, as the OS's linker loaded it.
struct loaded_image {
    std::uintptr_t base;   ///< what was added to its addresses
    const void* segments;  ///< its program headers, in the layout of the machine's ELF class; null if it is not ELF
    std::size_t segment_count;
    const char* name;                 ///< path, or "" for the program itself
    std::size_t tls_module = 0;       ///< what `__tls_get_addr` knows its thread-local variables by; 0: it has none
    const void* tls_block = nullptr;  ///< those of this thread, or null
};

/// What IFUNC resolvers are told about the CPU (AT_HWCAP, AT_HWCAP2); 0 where the OS has no such word.
struct cpu_capabilities {
    unsigned long hwcap = 0, hwcap2 = 0;
};

/// A set of CPUs, by the numbers that the OS gives them.
struct cpu_set {
    static constexpr unsigned limit = 1024;
    std::uint64_t words[limit / 64] = {};

    /// `cpu` is below `limit`.
    constexpr void add(unsigned cpu) noexcept {
        VITTE_ASSERT(cpu < limit);
        words[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
    }
    constexpr bool has(unsigned cpu) const noexcept { return cpu < limit && (words[cpu / 64] >> (cpu % 64) & 1) != 0; }
    constexpr unsigned size() const noexcept {
        unsigned count = 0;
        for (const std::uint64_t word : words) count += static_cast<unsigned>(__builtin_popcountll(word));
        return count;
    }
    friend constexpr bool operator==(const cpu_set&, const cpu_set&) = default;
};

/// How urgent a thread is, relative to others of the system.
enum class thread_priority : unsigned char {
    idle,  ///< runs when nothing else wants to
    low,
    normal,
    high,      ///< needs a privilege on most systems
    realtime,  ///< before all normal threads, until it waits; needs a privilege
};

/// What pages will be used for; only hints.
/// The last one has pages ready to be written, which saves a fault for each.
enum class memory_advice : unsigned char {
    normal,
    sequential,
    random,
    will_need,
    free,
    huge_pages,
    no_huge_pages,
    will_write,
};

/// Promises about a shared memory object that cannot be taken back.
enum class memory_seal : unsigned char { size = 1, content = 2, seals = 4 };

}  // namespace vitte::sys
