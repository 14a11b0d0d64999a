/// What a guest has open: streams, files and folders by number, and what each may be used for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <vitte/loader/wasm/wasi/abi.hpp>
#include <vitte/sys/fs/contained.hpp>

namespace vitte::loader::wasm::wasi {

/// An entry of a folder, as it was when listing began.
struct listed_entry {
    std::string name;
    std::uint64_t inode = 0;
    file_type type = file_type::unknown;
};

/// An open file, stream or folder. Positions are kept here: the handle's own is used for streams alone.
template <sys::platform P>
struct descriptor {
    sys::basic_file<P> file;  ///< unless it is a folder
    std::optional<sys::basic_contained_directory<P>> folder;
    file_type type = file_type::unknown;
    bool is_stream = false;
    bool borrowed = false;  ///< the host closes it
    std::uint32_t flags = 0;
    std::uint64_t rights = 0, inherited = 0;
    std::uint64_t position = 0;
    std::optional<std::string> guest_name;  ///< of a folder that was open from the start
    std::vector<listed_entry> entries;      ///< of a folder that is being listed

    explicit descriptor(sys::basic_file<P> opened) noexcept : file(std::move(opened)) {}
    explicit descriptor(sys::basic_contained_directory<P> opened) noexcept
        : file(P::files::invalid), folder(std::move(opened)), type(file_type::directory) {}
    descriptor(const descriptor&) = delete;
    ~descriptor() {
        if (borrowed) static_cast<void>(file.detach());
    }

    result<sys::file_info> info() const noexcept { return folder ? folder->unbounded().info(".") : file.info(); }
    bool appends() const noexcept { return (flags & fd_flag::append) != 0; }
    bool stores_at_once() const noexcept { return (flags & (fd_flag::dsync | fd_flag::sync)) != 0; }
};

/// Descriptors by number. The first three are for standard streams; what is opened comes behind them.
template <sys::platform P>
class descriptor_table {
public:
    static constexpr std::size_t streams = 3;

    explicit descriptor_table(std::size_t most) : most_(most), open_(streams) {}

    /// The open descriptor `fd` if it may be used for `rights`: `code::badf`, `code::notcapable`.
    outcome<descriptor<P>*> find(std::uint32_t fd, std::uint64_t rights = 0) const noexcept {
        if (fd >= open_.size() || open_[fd] == nullptr) return refuse(code::badf);
        if ((rights & ~open_[fd]->rights) != 0) return refuse(code::notcapable);
        return open_[fd].get();
    }
    /// Gives `opened` the lowest number behind the standard streams that is free; `code::mfile` if there are too many.
    outcome<std::uint32_t> add(std::unique_ptr<descriptor<P>> opened) {
        std::size_t fd = streams;
        while (fd < open_.size() && open_[fd] != nullptr) ++fd;
        if (fd >= most_) return refuse(code::mfile);
        if (fd == open_.size()) open_.emplace_back();
        open_[fd] = std::move(opened);
        return static_cast<std::uint32_t>(fd);
    }
    /// Entries of folders that are being listed, of all descriptors.
    std::size_t listed() const noexcept {
        std::size_t sum = 0;
        for (const auto& d : open_)
            if (d != nullptr) sum += d->entries.size();
        return sum;
    }
    void set_stream(std::uint32_t fd, std::unique_ptr<descriptor<P>> opened) noexcept {
        VITTE_ASSERT(fd < streams);
        open_[fd] = std::move(opened);
    }
    outcome<> close(std::uint32_t fd) {
        VITTE_TRY(descriptor<P>* const d, find(fd));
        const std::unique_ptr<descriptor<P>> closed = std::move(open_[fd]);
        if (d->borrowed || d->folder) return {};
        VITTE_CHECK(d->file.close());
        return {};
    }
    /// Gives what is open as `from` the number `to`, in the place of what is open there.
    outcome<> renumber(std::uint32_t from, std::uint32_t to) {
        VITTE_CHECK(find(from));
        VITTE_CHECK(find(to));
        if (from != to) open_[to] = std::move(open_[from]);
        return {};
    }

private:
    std::size_t most_;
    std::vector<std::unique_ptr<descriptor<P>>> open_;
};

/// What one instance has of the world.
template <sys::platform P>
struct state {
    std::vector<std::string> arguments, environment;
    descriptor_table<P> descriptors;
    std::optional<std::uint32_t> exit_code;  ///< if the guest has ended by itself
    std::size_t most_listed;                 ///< entries of folders that are being listed

    state(std::size_t most_descriptors, std::size_t most_entries)
        : descriptors(most_descriptors), most_listed(most_entries) {}
};

}  // namespace vitte::loader::wasm::wasi
