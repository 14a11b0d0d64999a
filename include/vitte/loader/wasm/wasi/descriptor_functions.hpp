/// What WASI preview 1 does with open descriptors: `fd_…`, but for listing folders.
#pragma once

#include <vitte/loader/wasm/wasi/descriptors.hpp>
#include <vitte/loader/wasm/wasi/file_status.hpp>
#include <vitte/loader/wasm/wasi/waiting.hpp>

namespace vitte::loader::wasm::wasi {

template <sys::platform P>
struct descriptor_functions {
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

    static outcome<> fd_advise(state<P>& s, guest_memory, u32 fd, u64 /*offset*/, u64 /*size*/, u32 advice) {
        VITTE_CHECK(s.descriptors.find(fd, right::fd_advise));
        constexpr u32 last_advice = 5;
        if (advice > last_advice) return refuse(code::inval);
        return {};
    }
    static outcome<> fd_allocate(state<P>& s, guest_memory, u32 fd, u64 offset, u64 size) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_allocate));
        if (size == 0) return refuse(code::inval);
        if (offset > INT64_MAX || size > INT64_MAX - offset) return refuse(code::fbig);
        VITTE_CHECK(d->file.allocate(offset, size));
        return {};
    }
    static outcome<> fd_close(state<P>& s, guest_memory, u32 fd) { return s.descriptors.close(fd); }
    static outcome<> fd_renumber(state<P>& s, guest_memory, u32 from, u32 to) {
        return s.descriptors.renumber(from, to);
    }

    static outcome<> fd_datasync(state<P>& s, guest_memory, u32 fd) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_datasync));
        VITTE_CHECK(d->folder ? d->folder->unbounded().sync() : d->file.sync_data());
        return {};
    }
    static outcome<> fd_sync(state<P>& s, guest_memory, u32 fd) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_sync));
        VITTE_CHECK(d->folder ? d->folder->unbounded().sync() : d->file.sync());
        return {};
    }

    static outcome<> fd_fdstat_get(state<P>& s, guest_memory m, u32 fd, u32 to) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd));
        VITTE_TRY(const auto room, m.part(to, 24));
        record_writer(room)
            .put(0, static_cast<std::uint8_t>(d->type))
            .put(2, static_cast<std::uint16_t>(d->flags))
            .put(8, d->rights)
            .put(16, d->inherited);
        return {};
    }
    /// That a stream is not to block is noted, but it blocks all the same: `poll_oneoff` tells whether it would.
    static outcome<> fd_fdstat_set_flags(state<P>& s, guest_memory, u32 fd, u32 flags) {
        VITTE_TRY(auto* const d, s.descriptors.find(fd, right::fd_fdstat_set_flags));
        if ((flags & ~fd_flag::all) != 0) return refuse(code::inval);
        d->flags = flags;
        return {};
    }
    /// Rights only ever become fewer.
    static outcome<> fd_fdstat_set_rights(state<P>& s, guest_memory, u32 fd, u64 rights, u64 inherited) {
        VITTE_TRY(auto* const d, s.descriptors.find(fd));
        if ((rights & ~d->rights) != 0 || (inherited & ~d->inherited) != 0) return refuse(code::notcapable);
        d->rights = rights;
        d->inherited = inherited;
        return {};
    }

    static outcome<> fd_filestat_get(state<P>& s, guest_memory m, u32 fd, u32 to) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_filestat_get));
        VITTE_TRY(const sys::file_info facts, d->info());
        return write_status(m, to, facts, d->type);
    }
    static outcome<> fd_filestat_set_size(state<P>& s, guest_memory, u32 fd, u64 size) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_filestat_set_size));
        if (size > INT64_MAX) return refuse(code::fbig);
        VITTE_CHECK(d->file.resize(size));
        return {};
    }
    static outcome<> fd_filestat_set_times(state<P>& s, guest_memory, u32 fd, u64 accessed, u64 modified, u32 flags) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_filestat_set_times));
        VITTE_TRY(const wanted_times t, read_times(accessed, modified, flags, P::clocks::wall()));
        VITTE_CHECK(d->folder ? d->folder->unbounded().set_times(".", t.accessed, t.modified)
                              : d->file.set_times(t.accessed, t.modified));
        return {};
    }

    static outcome<> fd_prestat_get(state<P>& s, guest_memory m, u32 fd, u32 to) {
        VITTE_TRY(const auto* const d, preopened(s, fd));
        VITTE_TRY(const auto room, m.part(to, 8));
        record_writer(room).put(4, static_cast<u32>(d->guest_name->size()));
        return {};
    }
    static outcome<> fd_prestat_dir_name(state<P>& s, guest_memory m, u32 fd, u32 to, u32 size) {
        VITTE_TRY(const auto* const d, preopened(s, fd));
        if (d->guest_name->size() > size) return refuse(code::nametoolong);
        VITTE_TRY(const auto room, m.part(to, d->guest_name->size()));
        __builtin_memcpy(room.data(), d->guest_name->data(), room.size());
        return {};
    }

    static outcome<> fd_seek(state<P>& s, guest_memory m, u32 fd, u64 offset, u32 whence, u32 to) {
        enum : u32 { set, current, end };
        const bool only_tells = whence == current && offset == 0;
        VITTE_TRY(auto* const d, only_tells ? telling(s, fd) : s.descriptors.find(fd, right::fd_seek));
        std::int64_t from = 0;
        if (whence == current) from = static_cast<std::int64_t>(d->position);
        if (whence == end) {
            VITTE_TRY(const sys::file_info facts, d->file.info());
            from = static_cast<std::int64_t>(facts.size);
        }
        std::int64_t position;
        if (whence > end || __builtin_add_overflow(from, static_cast<std::int64_t>(offset), &position) || position < 0)
            return refuse(code::inval);
        VITTE_CHECK(m.write(to, position));
        d->position = static_cast<u64>(position);
        return {};
    }
    static outcome<> fd_tell(state<P>& s, guest_memory m, u32 fd, u32 to) {
        VITTE_TRY(const auto* const d, telling(s, fd));
        return m.write(to, d->position);
    }

    /// Of a stream, what is there: a program may wait for the next line. Who interrupts the store ends that wait, and
    /// so does its deadline.
    static outcome<> fd_read(state<P>& s, caller from_whom, u32 fd, u32 slices, u32 count, u32 to) {
        const guest_memory m(from_whom);
        VITTE_TRY(auto* const d, s.descriptors.find(fd, right::fd_read));
        if (!d->is_stream) {
            VITTE_TRY(const u32 done, read_file(*d, m, slices, count, d->position));
            d->position += done;
            return m.write(to, done);
        }
        VITTE_CHECK(waiting<P>::for_stream(*d, false, execution_of(from_whom)));
        bool asked = false;
        const auto take = [&](std::span<std::byte> piece, u32) -> result<std::size_t> {
            if (std::exchange(asked, true)) return std::size_t{0};
            return sys::retried([&] { return P::files::read(d->file.native_handle(), piece.data(), piece.size()); });
        };
        VITTE_TRY(const u32 done, for_slices(m, slices, count, most_of_file, take));
        return m.write(to, done);
    }
    static outcome<> fd_pread(state<P>& s, guest_memory m, u32 fd, u32 slices, u32 count, u64 offset, u32 to) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_read | right::fd_seek));
        VITTE_TRY(const u32 done, read_file(*d, m, slices, count, offset));
        return m.write(to, done);
    }
    /// To a stream that is full, a program may wait. Who interrupts the store ends that wait, and so does its deadline.
    static outcome<> fd_write(state<P>& s, caller from_whom, u32 fd, u32 slices, u32 count, u32 to) {
        const guest_memory m(from_whom);
        VITTE_TRY(auto* const d, s.descriptors.find(fd, right::fd_write));
        if (!d->is_stream) {
            if (d->appends()) {
                VITTE_TRY(const sys::file_info facts, d->file.info());
                d->position = facts.size;
            }
            VITTE_TRY(const u32 done, write_file(*d, m, slices, count, d->position));
            d->position += done;
            return m.write(to, done);
        }
        outcome<> waited;
        const auto give = [&](std::span<std::byte> piece, u32) -> result<std::size_t> {
            waited = waiting<P>::for_stream(*d, true, execution_of(from_whom));
            if (!waited) return std::size_t{0};
            VITTE_CHECK(d->file.write(piece));
            return piece.size();
        };
        VITTE_TRY(const u32 done, for_slices(m, slices, count, waiting<P>::taken_at_once(*d), give));
        VITTE_CHECK(waited);
        return m.write(to, done);
    }
    static outcome<> fd_pwrite(state<P>& s, guest_memory m, u32 fd, u32 slices, u32 count, u64 offset, u32 to) {
        VITTE_TRY(const auto* const d, s.descriptors.find(fd, right::fd_write | right::fd_seek));
        VITTE_TRY(const u32 done, write_file(*d, m, slices, count, offset));
        return m.write(to, done);
    }

private:
    /// Bytes of a file that are read or written before it is seen whether the guest is to stop.
    static constexpr std::size_t most_of_file = 1 << 20;

    static outcome<descriptor<P>*> preopened(state<P>& s, u32 fd) {
        VITTE_TRY(auto* const d, s.descriptors.find(fd));
        if (!d->guest_name) return refuse(code::badf);
        return d;
    }
    /// Who may seek may tell.
    static outcome<descriptor<P>*> telling(const state<P>& s, u32 fd) {
        auto seeking = s.descriptors.find(fd, right::fd_seek);
        return seeking ? seeking : s.descriptors.find(fd, right::fd_tell);
    }
    static outcome<u32> read_file(const descriptor<P>& d, guest_memory m, u32 slices, u32 count, u64 offset) {
        return for_slices(m, slices, count, most_of_file,
                          [&](std::span<std::byte> piece, u32 done) { return d.file.read_at(piece, offset + done); });
    }
    static outcome<u32> write_file(const descriptor<P>& d, guest_memory m, u32 slices, u32 count, u64 offset) {
        const auto give = [&](std::span<std::byte> piece, u32 before) -> result<std::size_t> {
            VITTE_CHECK(d.file.write_at(piece, offset + before));
            return piece.size();
        };
        VITTE_TRY(const u32 done, for_slices(m, slices, count, most_of_file, give));
        if (d.stores_at_once()) {
            VITTE_CHECK(d.file.sync_data());
        }
        return done;
    }
    /// `step(piece, bytes before it)` for each slice of a vector, `most` bytes at a time, until one moves less than it
    /// could; how many bytes all did. A failure behind the first byte is told by the next call.
    template <class Step>
    static outcome<u32> for_slices(guest_memory m, u32 slices, u32 count, std::size_t most, Step step) {
        VITTE_TRY(const auto list, m.part(slices, 8 * u64{count}));
        u32 done = 0;
        for (u32 i = 0; i < count; ++i) {
            const u32 size = load<u32>(list.data() + 8 * std::size_t{i} + 4, byte_order::little);
            VITTE_TRY(const auto piece, m.part(load<u32>(list.data() + 8 * std::size_t{i}, byte_order::little), size));
            if (size > UINT32_MAX - done) return refuse(code::inval);
            VITTE_CHECK(m.work(1));
            if (size == 0) continue;
            u32 before = done;
            const auto moved = m.in_pieces(piece, most, [&](std::span<std::byte> part) {
                const auto here = step(part, before);
                if (here) before += static_cast<u32>(*here);
                return here;
            });
            if (!moved && (done == 0 || moved.error().why == code::intr)) return unexpected(moved.error());
            if (!moved) break;
            done += static_cast<u32>(*moved);
            if (*moved < size) break;
        }
        return done;
    }
};

}  // namespace vitte::loader::wasm::wasi
