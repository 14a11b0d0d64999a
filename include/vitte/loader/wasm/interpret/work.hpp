/// What work costs a guest, and how it is seen whether it is to stop.
#pragma once

#include <vitte/loader/wasm/interpret/runtime.hpp>

namespace vitte::loader::wasm {

namespace ops {

/// Why a frame is not entered: there is no room for it, or somebody asked to stop.
[[gnu::cold, gnu::noinline]] inline trap_code refused(execution& e) noexcept {
    return e.is_asked_to_stop() ? e.asked_to_stop() : trap_code::call_stack_exhausted;
}
/// Why a poll stops the code; `none` if it goes on.
[[gnu::cold, gnu::noinline]] inline trap_code polled(execution& e) noexcept {
    e.polls = execution::cells_between_polls;
    if (e.is_asked_to_stop()) return e.asked_to_stop();
    return e.deadline != INT64_MAX && e.now() >= e.deadline ? trap_code::timed_out : trap_code::none;
}

}  // namespace ops

namespace bulk {
using u32 = std::uint32_t;
using u64 = std::uint64_t;

inline constexpr u64 bytes_per_cell = execution::bytes_per_cell;

/// Charges a metered module for work that is as much as so many instructions.
inline trap_code charge(runtime& in, u64 cost) noexcept {
    if (!in.module->options.metered) return trap_code::none;
    execution& e = *in.execution;
    if (e.fuel < cost) return e.fuel = 0, trap_code::out_of_fuel;
    e.fuel -= cost;
    return trap_code::none;
}
/// Counts work as that of so many cells, and looks whether the code is to stop when it is time.
inline trap_code spend(execution& e, u64 cells) noexcept {
    if (cells >= e.polls) return ops::polled(e);
    e.polls -= static_cast<u32>(cells);
    return trap_code::none;
}
/// Both.
inline trap_code work(runtime& in, u64 cells) noexcept {
    const trap_code code = charge(in, cells);
    return code == trap_code::none ? spend(*in.execution, cells) : code;
}
/// Does `piece(offset, size)` for all of `count` bytes, a few at a time, from the last on if `backwards`. A metered
/// module is charged for all of it before.
template <class Piece>
trap_code in_pieces(runtime& in, u64 count, bool backwards, Piece piece) noexcept {
    constexpr u64 most = u64{1} << 20;
    if (const trap_code code = charge(in, count / bytes_per_cell); code != trap_code::none) return code;
    for (u64 left = count; left != 0;) {
        const u64 size = left < most ? left : most;
        piece(static_cast<std::size_t>(backwards ? left - size : count - left), static_cast<std::size_t>(size));
        left -= size;
        if (const trap_code code = spend(*in.execution, size / bytes_per_cell); code != trap_code::none) return code;
    }
    return trap_code::none;
}

}  // namespace bulk
}  // namespace vitte::loader::wasm
