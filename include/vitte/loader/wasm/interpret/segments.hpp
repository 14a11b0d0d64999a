/// Copies of data and element segments: by instructions, and of active ones when an instance starts.
#pragma once

#include <vitte/loader/wasm/interpret/work.hpp>

namespace vitte::loader::wasm::bulk {

constexpr bool inside(u64 at, u64 count, u64 size) noexcept { return at <= size && count <= size - at; }

/// `count` bytes from `source` on in a data segment, to `at` in a memory.
inline trap_code copy_data(runtime& in, u32 memory_index, u32 segment, u64 at, u64 source, u64 count) noexcept {
    const memory& to = *in.memories[memory_index];
    const bytes from = in.dropped_data[segment] ? bytes() : in.module->data[segment].content;
    if (!inside(at, count, to.size) || !inside(source, count, from.size())) return trap_code::memory_out_of_bounds;
    return in_pieces(in, count, false, [&](std::size_t i, std::size_t n) {
        __builtin_memcpy(to.data + at + i, from.data() + source + i, n);
    });
}
/// `count` elements from `source` on in an element segment, to `at` in a table.
inline trap_code copy_elements(runtime& in, u32 table_index, u32 segment, u64 at, u64 source, u64 count) noexcept {
    table& to = *in.tables[table_index];
    const auto& from = in.elements[segment];
    if (!inside(at, count, to.size()) || !inside(source, count, in.dropped_elements[segment] ? 0 : from.size()))
        return trap_code::table_out_of_bounds;
    reference* const first = to.elements.data() + at;
    const reference* const given = from.data() + source;
    return in_pieces(in, count * sizeof(reference), false, [&](std::size_t i, std::size_t n) {
        __builtin_memcpy(first + i / sizeof(reference), given + i / sizeof(reference), n);
    });
}
inline void drop_elements(runtime& in, u32 segment) {
    in.dropped_elements[segment] = true;
    in.elements[segment].clear();
}

}  // namespace vitte::loader::wasm::bulk
