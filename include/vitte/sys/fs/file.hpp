/// Files: opening, reading, facts. Retry after interruption and short transfers happen here, once for every platform.
#pragma once

#include <cstdlib>
#include <span>
#include <utility>
#include <vitte/sys/platform/files.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/slices.hpp>
#include <vitte/sys/time/retry_pace.hpp>

namespace vitte::sys {

/// Several may share a file, or one has it alone.
enum class file_lock : unsigned char { shared, exclusive };

/// An open file; closed by its destructor. Reading at an offset is safe from several threads at once.
template <platform P = native>
class basic_file {
    using files = typename P::files;

public:
    using native_handle_type = typename files::handle;

    /// Opens `path` (UTF-8, NUL-terminated).
    static result<basic_file> open(const char* path, const open_options& options = {}) noexcept {
        VITTE_TRY(const auto opened, retried([&] { return files::open(path, options); }));
        return basic_file(opened);
    }
    /// Takes over an open handle.
    explicit basic_file(native_handle_type handle) noexcept : handle_(handle) {}

    basic_file(basic_file&& other) noexcept : handle_(std::exchange(other.handle_, files::invalid)) {}
    basic_file& operator=(basic_file&& other) noexcept {
        basic_file moved(std::move(other));
        std::swap(handle_, moved.handle_);
        return *this;
    }
    ~basic_file() { static_cast<void>(close()); }

    /// Reads until `to` is full or the file ends; returns how many bytes.
    result<std::size_t> read(std::span<std::byte> to) const noexcept {
        return transfer(to, [this](auto rest, std::size_t) { return files::read(handle_, rest.data(), rest.size()); });
    }
    /// The same from byte `offset` on; the file position does not move.
    result<std::size_t> read_at(std::span<std::byte> to, std::uint64_t offset) const noexcept {
        return transfer(to, [&](auto rest, std::size_t done) {
            return files::read_at(handle_, rest.data(), rest.size(), offset + done);
        });
    }
    /// Writes all of `from`.
    result<void> write(std::span<const std::byte> from) const noexcept {
        return transfer_all(from,
                            [this](auto rest, std::size_t) { return files::write(handle_, rest.data(), rest.size()); });
    }
    /// The same from byte `offset` on; the file position does not move. With `open_append` Linux writes to the end all
    /// the same.
    result<void> write_at(std::span<const std::byte> from, std::uint64_t offset) const noexcept {
        return transfer_all(from, [&](auto rest, std::size_t done) {
            return files::write_at(handle_, rest.data(), rest.size(), offset + done);
        });
    }
    /// Fills the slices in order until the file ends; returns how many bytes. They are changed meanwhile.
    result<std::size_t> read_vector(std::span<io_slice> to) const noexcept {
        if constexpr (requires { files::read_vector(handle_, to.data(), to.size()); }) {
            return transfer_vector(to,
                                   [this](auto rest) { return files::read_vector(handle_, rest.data(), rest.size()); });
        } else {
            return transfer_vector(to, [this](auto rest) { return files::read(handle_, rest[0].data, rest[0].size); });
        }
    }
    /// Writes all slices in order, which are changed meanwhile.
    result<void> write_vector(std::span<io_slice> from) const noexcept {
        std::size_t size = 0;
        for (const io_slice& slice : from) size += slice.size;
        if constexpr (requires { files::write_vector(handle_, from.data(), from.size()); }) {
            return all(size, transfer_vector(from, [this](auto rest) {
                           return files::write_vector(handle_, rest.data(), rest.size());
                       }));
        } else {
            return all(size, transfer_vector(from, [this](auto rest) {
                           return files::write(handle_, rest[0].data, rest[0].size);
                       }));
        }
    }

    /// Cuts the file off after `size` bytes, or continues it with zeros.
    result<void> resize(std::uint64_t size) const noexcept {
        return retried([&] { return files::resize(handle_, size); });
    }
    /// Takes room on the device for `size` bytes from `offset` on, so that writing them cannot fail for lack of it.
    result<void> allocate(std::uint64_t offset, std::uint64_t size) const noexcept {
        if constexpr (requires { files::allocate(handle_, offset, size); }) {
            return retried([&] { return files::allocate(handle_, offset, size); });
        } else {
            return fail(errc::not_supported, "allocate");
        }
    }
    /// Returns when all that was written is stored, also if the power fails. After a failure it is unknown what is, and
    /// asking again does not help.
    result<void> sync() const noexcept {
        return retried([&] { return files::sync(handle_); });
    }
    /// The same without what only `info` tells, such as times.
    result<void> sync_data() const noexcept {
        return retried([&] { return files::sync_data(handle_); });
    }

    /// Locks the whole file against other handles that ask for a lock, also of other processes; other access goes on.
    /// Given back by `unlock` and when the file is closed. `errc::would_block` if somebody else has it.
    /// Who asks for the other kind may lose the one that it has, also if it does not get the other (flock(2)).
    result<void> try_lock(file_lock kind = file_lock::exclusive) const noexcept {
        static_assert(
            requires(native_handle_type h) { files::try_lock(h, true); }, "this platform has no locks of files");
        return retried([&] { return files::try_lock(handle_, kind == file_lock::exclusive); });
    }
    /// The same, with patience until `until`; then `errc::timed_out`. Asks again and again, with pauses of 50 us at
    /// first and of 20 ms in the end.
    result<void> lock_until(deadline until, file_lock kind = file_lock::exclusive) const noexcept {
        for (detail::retry_pace<P> pace;;) {
            const auto locked = try_lock(kind);
            if (locked || locked.error().code != errc::would_block) return locked;
            VITTE_CHECK(pace.sleep_before_retry(until, "lock file"));
        }
    }
    result<void> lock(file_lock kind = file_lock::exclusive) const noexcept {
        return lock_until(deadline::never(), kind);
    }
    result<void> unlock() const noexcept { return files::unlock(handle_); }

    result<file_info> info() const noexcept { return files::info(handle_); }
    /// POSIX permission bits.
    result<void> set_mode(std::uint32_t mode) const noexcept {
        VITTE_CALL_IF_PRESENT("set mode", files::set_mode(handle_, mode));
    }
    /// Times in nanoseconds since 1970-01-01 UTC; `no_time` leaves one as it is. A file system, or a C library whose
    /// seconds have 32 bits, that knows fewer years stores the first or the last moment that it knows.
    result<void> set_times(std::int64_t accessed, std::int64_t modified) const noexcept {
        VITTE_CALL_IF_PRESENT("set times", files::set_times(handle_, accessed, modified));
    }
    /// Numbers of user and group; ~0 leaves one as it is.
    result<void> set_owner(std::uint32_t user, std::uint32_t group) const noexcept {
        VITTE_CALL_IF_PRESENT("set owner", files::set_owner(handle_, user, group));
    }
    native_handle_type native_handle() const noexcept { return handle_; }

    /// Gives the handle away, open.
    native_handle_type detach() noexcept { return std::exchange(handle_, files::invalid); }
    /// Closes the file now, to see whether that fails. Closing again does nothing.
    result<void> close() noexcept {
        if (handle_ == files::invalid) return {};
        return files::close(std::exchange(handle_, files::invalid));
    }

private:
    /// Writing that stops without an error would lose data in silence.
    static result<void> all(std::size_t size, const result<std::size_t>& done) noexcept {
        if (!done) return unexpected(done.error());
        if (*done != size) return fail(errc::io_error, "write");
        return {};
    }
    template <class Step>
    static result<std::size_t> transfer_vector(std::span<io_slice> slices, Step step) noexcept {
        std::size_t done = 0;
        for (;;) {
            const auto now = detail::next_slices(slices);
            if (now.empty()) return done;
            VITTE_TRY(const std::size_t moved, retried([&] { return step(now); }));
            if (moved == 0) return done;
            done += moved;
            detail::drop_front(slices, moved);
        }
    }
    template <class Step>
    static result<void> transfer_all(std::span<const std::byte> bytes, Step step) noexcept {
        for (std::size_t done = 0; done < bytes.size();) {
            const auto moved = step(bytes.subspan(done), done);  // not `retried`, which costs three instructions
            if (!moved && moved.error().code == errc::interrupted) continue;
            if (!moved) return unexpected(moved.error());
            if (*moved == 0) return fail(errc::io_error, "write");
            done += *moved;
        }
        return {};
    }
    template <class Step>
    static result<std::size_t> transfer(std::span<std::byte> bytes, Step step) noexcept {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const auto moved = step(bytes.subspan(done), done);
            if (!moved && moved.error().code == errc::interrupted) continue;
            if (!moved) return unexpected(moved.error());
            if (*moved == 0) break;
            done += *moved;
        }
        return done;
    }

    native_handle_type handle_;
};
using file = basic_file<>;

/// Bytes on the heap that belong to one owner.
class byte_buffer {
public:
    byte_buffer() noexcept = default;
    /// `size` bytes, not initialised; `errc::out_of_memory` if there are not that many.
    static result<byte_buffer> allocate(std::size_t size) noexcept {
        byte_buffer made;
        VITTE_CHECK(made.grow(size));
        return made;
    }
    byte_buffer(byte_buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        byte_buffer moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        return *this;
    }
    ~byte_buffer() { std::free(data_); }  // not `delete`, which would bring half of the C++ runtime into small programs

    std::span<std::byte> bytes() noexcept { return {data_, size_}; }
    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
    std::size_t size() const noexcept { return size_; }
    /// Adds `size` bytes, not initialised, behind those that are there; after a failure it is as before.
    result<void> grow(std::size_t size) noexcept {
        if (size == 0) return {};
        void* const larger = size > SIZE_MAX - size_ ? nullptr : std::realloc(data_, size_ + size);
        if (larger == nullptr) return fail(errc::out_of_memory, "allocate");
        data_ = static_cast<std::byte*>(larger);
        size_ += size;
        return {};
    }
    /// Keeps the first `size` bytes, which must be at most as many as there are.
    void truncate(std::size_t size) noexcept {
        VITTE_ASSERT(size <= size_);
        size_ = size;
    }

private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

/// What the beginning of a file is read into: files that end within are not asked for their size.
inline constexpr std::size_t small_file = 4096;

/// The whole content of a file that begins with `beginning`, which was read from it.
template <platform P>
result<byte_buffer> read_on(const basic_file<P>& file, std::span<const std::byte> beginning) noexcept {
    VITTE_TRY(const file_info facts, file.info());
    if (facts.size > SIZE_MAX / 2) return fail(errc::too_large, "read");
    std::size_t done = beginning.size();
    const bool tells_size = facts.kind == file_kind::regular && facts.size >= done;
    VITTE_TRY(auto buffer, byte_buffer::allocate(tells_size ? static_cast<std::size_t>(facts.size) : 2 * done));
    __builtin_memcpy(buffer.bytes().data(), beginning.data(), done);
    for (;;) {
        VITTE_TRY(const std::size_t more, file.read(buffer.bytes().subspan(done)));
        done += more;
        if (tells_size || done < buffer.size()) break;
        VITTE_CHECK(buffer.grow(buffer.size()));
    }
    buffer.truncate(done);
    return buffer;
}

}  // namespace detail

/// The content of the file at `path` until it ends. What others add to a regular file meanwhile may be missing.
template <platform P = native>
result<byte_buffer> read(const char* path, const open_options& options = {}) noexcept {
    VITTE_TRY(const auto opened, basic_file<P>::open(path, options));
    std::byte beginning[detail::small_file];
    const auto size = opened.read(beginning);
    if (!size) {
        const auto facts = opened.info();
        if (facts && facts->kind == file_kind::directory) return fail(errc::is_a_directory, "read");
        return unexpected(size.error());
    }
    if (*size == sizeof beginning) return detail::read_on(opened, beginning);
    VITTE_TRY(auto buffer, byte_buffer::allocate(*size));
    if (*size != 0) __builtin_memcpy(buffer.bytes().data(), beginning, *size);
    return buffer;
}

/// Makes `content` all that is in the file at `path`, which is created if it is missing. Whoever reads meanwhile, or
/// after a crash, may see a part of it: `replace` shows the old or the new.
template <platform P = native>
result<void> write(const char* path, std::span<const std::byte> content) noexcept {
    VITTE_TRY(auto opened, basic_file<P>::open(path, open_mode::write));
    VITTE_CHECK(opened.write(content));
    return opened.close();
}

/// Adds `content` at the end of the file at `path`, which is created if it is missing. Others who append do not come in
/// between as long as the OS writes it at once, which is usual.
template <platform P = native>
result<void> append(const char* path, std::span<const std::byte> content) noexcept {
    VITTE_TRY(auto opened, basic_file<P>::open(path, {open_mode::update, open_append}));
    VITTE_CHECK(opened.write(content));
    return opened.close();
}

/// Writes all of `text`, which ends with a NUL, to standard output or standard error. `errc::bad_handle` if the process
/// has none. Files that this library opens do not take the place of a stream that is closed (but on WASI), except for a
/// moment, in which they get what another thread prints. On POSIX those that others open take it and get the text:
/// whoever closes a stream should lead it to the null device instead.
template <platform P = native>
result<void> print(const char* text, standard_stream to = standard_stream::output) noexcept {
    const auto handle = P::files::standard(to);
    if (handle == P::files::invalid) return fail(errc::bad_handle, "print");
    basic_file<P> stream(handle);
    const auto written = stream.write(std::as_bytes(std::span(text, __builtin_strlen(text))));
    static_cast<void>(stream.detach());
    return written;
}

/// Facts about the file at `path`; symbolic links are followed.
template <platform P = native>
result<file_info> stat(const char* path) noexcept {
    return P::files::info(path);
}

}  // namespace vitte::sys
