/// A platform whose calls fail when a test wants them to: the k-th, with a chosen error, once or from then on. Programs
/// that do not name it pay nothing.
#pragma once

#include <span>
#include <type_traits>
#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/decorated.hpp>

namespace vitte::sys {

/// Which call fails, and how.
struct fault {
    std::uint64_t call = 0;  ///< counted from 1 on since `arm`; 0 is none
    errc code = errc::unknown;
    std::uint64_t times = 1;       ///< as many calls from that one on, of those that may fail so
    bool short_transfers = false;  ///< files give and take a byte at a time, which is no failure
    const char* name = nullptr;    ///< counts calls of that name only: others may come in another number each time
    static constexpr std::uint64_t for_ever = UINT64_MAX;
};

/// The errors that the manuals of Linux and POSIX.1-2017 allow for a call, by the name that `decorated` gives it: those
/// that somebody who uses a file, a folder or memory in good faith may meet. Empty for calls that cannot fail.
std::span<const errc> possible_errors(const char* call) noexcept;

/// The faults of `faulty<Inner, Tag>`. Counting is for all threads together.
template <platform Inner, class Tag = void>
class faults {
public:
    /// Counts calls from 0 on and makes those fail that `what` says.
    static void arm(const fault& what = {}) noexcept {
        armed_ = what;
        fired_.store_release(0);
        count_.store_release(0);
        named_.store_release(0);
    }
    /// How many calls there were since then that can fail, and how many were made to.
    static std::uint64_t count() noexcept { return count_.load_acquire(); }
    static std::uint64_t fired() noexcept { return fired_.load_acquire(); }
    /// The name of the `k`th call, from 1 on, if it is among the first `most_names`; "" otherwise.
    static const char* name(std::uint64_t k) noexcept {
        return k != 0 && k <= most_names && k <= count() ? names_[k - 1] : "";
    }
    static constexpr std::size_t most_names = 4096;
    /// How many of `size` bytes a transfer is about.
    static std::size_t shortened(std::size_t size) noexcept { return armed_.short_transfers && size > 1 ? 1 : size; }

    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&...) noexcept {
        using returned = decltype(call());
        if constexpr (requires(const returned& r) { r.error(); }) {
            const std::span<const errc> possible = possible_errors(name);
            if (possible.empty()) return call();
            const std::uint32_t number = count_.fetch_add_release(1) + 1;
            if (number <= most_names) names_[number - 1] = name;
            const bool counted = armed_.name == nullptr || __builtin_strcmp(armed_.name, name) == 0;
            if (!counted || !fails(named_.fetch_add_release(1) + 1, possible)) return call();
            fired_.fetch_add_release(1);
            // What is closed is gone, whatever close says.
            if (__builtin_strcmp(name, "files.close") == 0) static_cast<void>(call());
            return returned(fail(armed_.code, name));
        } else {
            return call();
        }
    }

private:
    static bool fails(std::uint64_t number, std::span<const errc> possible) noexcept {
        if (armed_.call == 0 || number < armed_.call || number - armed_.call >= armed_.times) return false;
        for (const errc code : possible)
            if (code == armed_.code) return true;
        return false;
    }

    static inline fault armed_{};
    static inline constinit atomic<std::uint32_t> count_{0}, named_{0}, fired_{0};
    static inline const char* names_[most_names] = {};
};

/// `Inner`, whose calls fail as `faults<Inner, Tag>::arm` says.
template <platform Inner, class Tag = void>
struct faulty : decorated<Inner, faults<Inner, Tag>> {
    struct files : decorated_files<Inner, faults<Inner, Tag>> {
        using whole = decorated_files<Inner, faults<Inner, Tag>>;
        using handle = typename whole::handle;

        static result<std::size_t> read(handle from, std::byte* to, std::size_t size) noexcept {
            return whole::read(from, to, faults<Inner, Tag>::shortened(size));
        }
        static result<std::size_t> read_at(handle from, std::byte* to, std::size_t size,
                                           std::uint64_t offset) noexcept {
            return whole::read_at(from, to, faults<Inner, Tag>::shortened(size), offset);
        }
        static result<std::size_t> write(handle to, const std::byte* from, std::size_t size) noexcept {
            return whole::write(to, from, faults<Inner, Tag>::shortened(size));
        }
        static result<std::size_t> write_at(handle to, const std::byte* from, std::size_t size,
                                            std::uint64_t offset) noexcept {
            return whole::write_at(to, from, faults<Inner, Tag>::shortened(size), offset);
        }
    };
};

inline std::span<const errc> possible_errors(const char* call) noexcept {
    using enum errc;
    struct row {
        const char* call;
        errc codes[8];
        std::size_t count;
    };
    static constexpr row table[] = {
        {"files.open",
         {not_found, permission_denied, out_of_handles, out_of_memory, no_space, interrupted, io_error},
         7},
        {"files.read", {interrupted, io_error}, 2},
        {"files.read_at", {interrupted, io_error}, 2},
        {"files.write", {interrupted, io_error, no_space, too_large}, 4},
        {"files.write_at", {interrupted, io_error, no_space, too_large}, 4},
        {"files.read_vector", {interrupted, io_error}, 2},
        {"files.write_vector", {interrupted, io_error, no_space, too_large}, 4},
        {"files.resize", {interrupted, io_error, no_space, too_large}, 4},
        {"files.sync", {interrupted, io_error, no_space}, 3},
        {"files.sync_data", {interrupted, io_error, no_space}, 3},
        {"files.info", {out_of_memory, io_error}, 2},
        {"files.close", {io_error, no_space}, 2},
        {"files.remove", {permission_denied, busy, io_error}, 3},
        {"files.allocate", {interrupted, io_error, no_space, not_supported}, 4},
        {"files.set_mode", {permission_denied, io_error}, 2},
        {"files.clone", {not_supported, cross_device, invalid_argument}, 3},
        {"files.clone_to", {not_supported, cross_device}, 2},
        {"files.copy_some", {interrupted, io_error, no_space, not_supported, cross_device}, 5},
        {"files.copy_some_at", {interrupted, io_error, no_space, not_supported, cross_device}, 5},
        {"files.find_data", {invalid_argument, not_supported}, 2},
        {"files.find_hole", {io_error}, 1},
        {"directories.open", {permission_denied, out_of_handles, out_of_memory, interrupted, io_error}, 5},
        {"directories.open_file",
         {not_found, permission_denied, out_of_handles, out_of_memory, no_space, interrupted, io_error},
         7},
        {"directories.open_unnamed", {not_supported, is_a_directory, permission_denied, out_of_handles, no_space}, 5},
        {"directories.info", {permission_denied, out_of_memory, io_error}, 3},
        {"directories.create", {permission_denied, no_space, io_error}, 3},
        {"directories.remove", {permission_denied, busy, io_error}, 3},
        {"directories.remove_folder", {permission_denied, busy, io_error}, 3},
        {"directories.rename", {permission_denied, no_space, busy, io_error}, 4},
        {"directories.link", {permission_denied, no_space, io_error}, 3},
        {"directories.symbolic_link", {permission_denied, no_space, io_error}, 3},
        {"directories.read_link", {permission_denied, io_error}, 2},
        {"directories.sync", {interrupted, io_error}, 2},
        {"listing.open", {io_error, out_of_handles}, 2},
        {"listing.next", {io_error, out_of_memory}, 2},
        {"random.fill", {interrupted, io_error}, 2},
        {"memory.reserve", {out_of_memory}, 1},
        {"memory.commit", {out_of_memory}, 1},
        {"memory.protect", {out_of_memory}, 1},
        {"memory.map_file", {out_of_memory, permission_denied}, 2},
        {"memory.map_shared", {out_of_memory, permission_denied}, 2},
        {"processes.spawn", {not_found, permission_denied, out_of_memory, out_of_handles, would_block}, 5},
        {"processes.wait", {interrupted}, 1},
        {"pipe.open", {out_of_handles}, 1},
        {"pipe.finish", {interrupted, would_block, io_error}, 3},
        {"pipe.wait_any", {interrupted, out_of_memory}, 2},
    };
    for (const row& r : table)
        if (__builtin_strcmp(r.call, call) == 0) return {r.codes, r.count};
    return {};
}

}  // namespace vitte::sys
