/// Facts about files and times, as guests write and read them.
#pragma once

#include <vitte/loader/wasm/wasi/guest_memory.hpp>

namespace vitte::loader::wasm::wasi {

/// Writes a `filestat`.
inline outcome<> write_status(guest_memory m, std::uint32_t to, const sys::file_info& facts, file_type type) noexcept {
    const auto time = [](std::int64_t t) { return t < 0 ? std::int64_t{0} : t; };  // before 1970, or not known
    VITTE_TRY(const auto room, m.part(to, 64));
    record_writer(room)
        .put(0, facts.device)
        .put(8, facts.inode)
        .put(16, static_cast<std::uint8_t>(type))
        .put(24, std::uint64_t{facts.links})
        .put(32, facts.size)
        .put(40, time(facts.accessed))
        .put(48, time(facts.modified))
        .put(56, time(facts.changed));
    return {};
}

/// Times to be set; `sys::no_time` leaves one as it is.
struct wanted_times {
    std::int64_t accessed = sys::no_time, modified = sys::no_time;
};

/// What `fstflags` and two times ask for; `code::inval` if that cannot be.
inline outcome<wanted_times> read_times(std::uint64_t accessed, std::uint64_t modified, std::uint32_t flags,
                                        std::int64_t now) noexcept {
    const auto one = [&](std::uint64_t time, bool given, bool current) -> outcome<std::int64_t> {
        if ((given && current) || (given && time > INT64_MAX)) return refuse(code::inval);
        return given ? static_cast<std::int64_t>(time) : current ? now : sys::no_time;
    };
    if ((flags & ~time_flag::all) != 0) return refuse(code::inval);
    wanted_times made;
    VITTE_TRY(made.accessed, one(accessed, (flags & time_flag::accessed) != 0, (flags & time_flag::accessed_now) != 0));
    VITTE_TRY(made.modified, one(modified, (flags & time_flag::modified) != 0, (flags & time_flag::modified_now) != 0));
    return made;
}

}  // namespace vitte::loader::wasm::wasi
