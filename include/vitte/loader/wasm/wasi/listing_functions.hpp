/// Listing folders for guests: `fd_readdir`.
#pragma once

#include <vitte/loader/wasm/wasi/descriptors.hpp>
#include <vitte/loader/wasm/wasi/guest_memory.hpp>

namespace vitte::loader::wasm::wasi {

/// A listing is taken when a guest asks for the first entry; cookies are places in it.
template <sys::platform P>
struct listing_functions {
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

    /// Fills the buffer; the last entry may be cut off. Less than the whole buffer means that there is nothing more.
    static outcome<> fd_readdir(state<P>& s, guest_memory m, u32 fd, u32 to, u32 size, u64 cookie, u32 used) {
        VITTE_TRY(auto* const d, s.descriptors.find(fd, right::fd_readdir));
        VITTE_TRY(const auto room, m.part(to, size));
        if (cookie == 0 || d->entries.empty()) {
            d->entries.clear();
            VITTE_CHECK(take_listing(*d, m, s.most_listed - s.descriptors.listed()));
        }
        std::size_t done = 0;
        const auto put = [&](const void* from, std::size_t count) {
            const std::size_t here = count < room.size() - done ? count : room.size() - done;
            __builtin_memcpy(room.data() + done, from, here);
            done += here;
        };
        for (u64 i = cookie; i < d->entries.size() && done < room.size(); ++i) {
            const listed_entry& e = d->entries[static_cast<std::size_t>(i)];
            std::byte header[24];
            record_writer(header)
                .put(0, i + 1)
                .put(8, e.inode)
                .put(16, static_cast<u32>(e.name.size()))
                .put(20, static_cast<std::uint8_t>(e.type));
            put(header, sizeof header);
            put(e.name.data(), e.name.size());
            VITTE_CHECK(m.work(1 + (sizeof header + e.name.size()) / bulk::bytes_per_cell));
        }
        return m.write(used, static_cast<u32>(done));
    }

private:
    /// `code::nomem` if there are more than `most` entries.
    static outcome<> take_listing(descriptor<P>& d, guest_memory m, std::size_t most) {
        constexpr u64 work_of_one = 256;  // some microseconds
        outcome<> stopped;
        VITTE_TRY(const sys::file_info own, d.info());
        std::vector<listed_entry> made = {{".", own.inode, file_type::directory},
                                          {"..", own.inode, file_type::directory}};
        VITTE_CHECK(d.folder->unbounded().for_each([&](const sys::directory_entry& e) {
            made.push_back({e.name, e.inode, type_of(e.kind)});
            stopped = m.work(work_of_one);
            return stopped && made.size() <= most;
        }));
        VITTE_CHECK(stopped);
        if (made.size() > most) return refuse(code::nomem);
        for (listed_entry& e : made) {
            VITTE_CHECK(m.work(work_of_one));
            if (e.type != file_type::unknown && e.inode != 0) continue;
            const auto facts = d.folder->unbounded().info(e.name.c_str());
            if (facts) e.type = type_of(facts->kind), e.inode = facts->inode;
        }
        d.entries = std::move(made);
        return {};
    }
};

}  // namespace vitte::loader::wasm::wasi
