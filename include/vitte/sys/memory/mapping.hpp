/// Files and shared objects as memory.
#pragma once

#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/platform/memory.hpp>

namespace vitte::sys {

/// A whole file in memory, read-only and without a copy; `errc::not_supported` if it cannot be mapped, or does not tell
/// how much it has to read (in /sys and /proc), `errc::is_a_directory`. Another process that shortens the file makes
/// reading fault.
template <platform P = native>
class basic_mapping {
public:
    static result<basic_mapping> open(const char* path) noexcept {
        VITTE_TRY(const auto opened, basic_file<P>::open(path, {open_mode::read, open_nonblocking}));
        VITTE_TRY(const file_info facts, opened.info());
        if (facts.kind == file_kind::directory) return fail(errc::is_a_directory, "map");
        if (facts.size > SIZE_MAX) return fail(errc::too_large, "map");
        const auto size = static_cast<std::size_t>(facts.size);
        if (size == 0) return nothing_in(opened);
        VITTE_TRY(void* const at,
                  P::memory::map_file(nullptr, size, access::read, opened.native_handle(), std::uint64_t{0}));
        return basic_mapping(static_cast<std::byte*>(at), size);
    }
    basic_mapping(basic_mapping&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    basic_mapping& operator=(basic_mapping&& other) noexcept {
        basic_mapping moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        return *this;
    }
    ~basic_mapping() {
        if (data_ != nullptr) static_cast<void>(P::memory::release(data_, size_));
    }
    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

private:
    static result<basic_mapping> nothing_in(const basic_file<P>& opened) noexcept {
        std::byte first;
        const auto more = opened.read_at(std::span(&first, 1), 0);
        if (!more) return fail(errc::not_supported, "map: the file tells no size", more.error().native);
        if (*more != 0) return fail(errc::not_supported, "map: the file tells no size");
        return basic_mapping(nullptr, 0);
    }
    basic_mapping(std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
    std::byte* data_;
    std::size_t size_;
};
using mapping = basic_mapping<>;

/// Memory that several views, threads and processes share. Its handle may be sent to other processes, or it has a name.
/// Closed by its destructor; views of it stay.
template <platform P = native>
class basic_shared_memory {
    using pages = typename P::memory;

public:
    /// `size` bytes of zeros without a name.
    static result<basic_shared_memory> create(std::uint64_t size) noexcept {
        VITTE_TRY(const auto handle, pages::create_shared());
        basic_shared_memory made{basic_file<P>(handle)};
        VITTE_CHECK(made.resize(size));
        return made;
    }
    /// The same under `name`, "/" and up to 250 other characters (30 on macOS), which must be free; it lasts until
    /// `remove`.
    static result<basic_shared_memory> create(const char* name, std::uint64_t size) noexcept {
        VITTE_TRY(const auto handle, pages::open_shared(name, open_mode::create_new));
        basic_shared_memory made{basic_file<P>(handle)};
        if (const auto sized = made.resize(size); !sized) {
            static_cast<void>(remove(name));
            return unexpected(sized.error());
        }
        return made;
    }
    /// The object that exists under `name`.
    static result<basic_shared_memory> open(const char* name, open_mode mode = open_mode::read_write) noexcept {
        VITTE_TRY(const auto handle, pages::open_shared(name, mode));
        return basic_shared_memory{basic_file<P>(handle)};
    }
    /// Frees the name; the memory stays until the last view and handle are gone.
    static result<void> remove(const char* name) noexcept { return pages::remove_shared(name); }

    result<std::uint64_t> size() const noexcept {
        return file_.info().transform([](const file_info& facts) { return facts.size; });
    }
    /// macOS sets the size only once, when the object is made, to whole pages: `errc::not_supported`.
    result<void> resize(std::uint64_t size) noexcept {
        return retried([&] { return pages::resize_shared(file_.native_handle(), size); });
    }
    /// Promises, for ever and to everybody, what `seals` (bits of `memory_seal`) say. `errc::busy` if the content is to
    /// be sealed and there are views that could write; `errc::permission_denied` on Linux if the memory has a name.
    result<void> seal(unsigned seals) noexcept { return pages::seal(file_.native_handle(), seals); }

    const basic_file<P>& file() const noexcept { return file_; }

private:
    explicit basic_shared_memory(basic_file<P>&& file) noexcept : file_(std::move(file)) {}
    basic_file<P> file_;
};
using shared_memory = basic_shared_memory<>;

/// A view of a file or of shared memory: what is written to it is seen by all others. Unmapped by its destructor.
template <platform P = native>
class basic_view {
    using pages = typename P::memory;

public:
    /// `size` bytes from `offset`, a multiple of the page size.
    static result<basic_view> map(const basic_file<P>& of, std::size_t size, access wanted = access::read_write,
                                  std::uint64_t offset = 0) noexcept {
        VITTE_TRY(void* const at, pages::map_shared(nullptr, size, wanted, of.native_handle(), offset));
        return adopt(at, size);
    }
    /// Takes over `size` bytes that the platform mapped at `at`; null for none.
    static basic_view adopt(void* at, std::size_t size) noexcept {
        return basic_view(static_cast<std::byte*>(at), size);
    }

    basic_view(basic_view&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    basic_view& operator=(basic_view&& other) noexcept {
        basic_view moved(std::move(other));
        std::swap(data_, moved.data_);
        std::swap(size_, moved.size_);
        return *this;
    }
    ~basic_view() {
        if (data_ != nullptr) static_cast<void>(pages::release(data_, size_));
    }
    std::span<std::byte> bytes() const noexcept { return {data_, size_}; }
    /// Returns when what was written is stored in the file.
    result<void> sync() noexcept { return pages::sync(data_, size_); }

private:
    basic_view(std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
    std::byte* data_;
    std::size_t size_;
};
using view = basic_view<>;

}  // namespace vitte::sys
