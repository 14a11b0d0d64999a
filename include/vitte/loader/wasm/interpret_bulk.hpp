/// Instructions that are calls of C++: bulk operations on memories and tables, access to other memories than the first
/// one with addresses of 32 bits, and exceptions.
#pragma once

#include <vitte/loader/wasm/interpret_control.hpp>
#include <vitte/loader/wasm/interpret_memory.hpp>

namespace vitte::loader::wasm::bulk {

/// Number: memory.
inline trap_code memory_size(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory& m = *in.memories[numbers[0]];
    put_number(values, m.size / memory::page, m.type.size.wide);
    return trap_code::none;
}
inline trap_code memory_grow(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    memory& m = *in.memories[numbers[0]];
    const bool wide = m.type.size.wide;
    const u64 before = m.size / memory::page;
    put_number(values, m.grow(number(values, 0, wide)) ? before : ~u64{0}, wide);
    return trap_code::none;
}
inline trap_code memory_fill(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory& m = *in.memories[numbers[0]];
    const bool wide = m.type.size.wide;
    const u64 at = number(values, 0, wide), count = number(values, 2, wide);
    if (!inside(at, count, m.size)) return trap_code::memory_out_of_bounds;
    if (count != 0)
        __builtin_memset(m.data + at, static_cast<int>(get<u32>(values + 8) & 0xff), static_cast<std::size_t>(count));
    return trap_code::none;
}
/// Numbers: memory to write, memory to read.
inline trap_code memory_copy(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory &to = *in.memories[numbers[0]], &from = *in.memories[numbers[1]];
    const bool wide_to = to.type.size.wide, wide_from = from.type.size.wide;
    const u64 at = number(values, 0, wide_to), source = number(values, 1, wide_from),
              count = number(values, 2, wide_to && wide_from);
    if (!inside(at, count, to.size) || !inside(source, count, from.size)) return trap_code::memory_out_of_bounds;
    if (count != 0) __builtin_memmove(to.data + at, from.data + source, static_cast<std::size_t>(count));
    return trap_code::none;
}

/// Copies a part of a data segment; used for active ones, too.
inline trap_code copy_data(runtime& in, u32 memory_index, u32 segment, u64 at, u64 source, u64 count) noexcept {
    const memory& to = *in.memories[memory_index];
    const bytes from = in.dropped_data[segment] ? bytes() : in.module->data[segment].content;
    if (!inside(at, count, to.size) || !inside(source, count, from.size())) return trap_code::memory_out_of_bounds;
    if (count != 0) __builtin_memcpy(to.data + at, from.data() + source, static_cast<std::size_t>(count));
    return trap_code::none;
}
/// Numbers: memory, segment.
inline trap_code memory_init(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const bool wide = in.memories[numbers[0]]->type.size.wide;
    return copy_data(in, numbers[0], numbers[1], number(values, 0, wide), get<u32>(values + 8), get<u32>(values + 16));
}
/// Number: segment.
inline trap_code data_drop(runtime& in, std::byte*, std::byte*, const u32* numbers) noexcept {
    in.dropped_data[numbers[0]] = true;
    return trap_code::none;
}

/// Number: table.
inline trap_code table_get(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const table& t = *in.tables[numbers[0]];
    const u64 at = number(values, 0, t.type.size.wide);
    if (at >= t.size()) return trap_code::table_out_of_bounds;
    put(values, t.elements[static_cast<std::size_t>(at)]);
    return trap_code::none;
}
inline trap_code table_set(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table& t = *in.tables[numbers[0]];
    const u64 at = number(values, 0, t.type.size.wide);
    if (at >= t.size()) return trap_code::table_out_of_bounds;
    t.elements[static_cast<std::size_t>(at)] = get<reference>(values + 8);
    return trap_code::none;
}
inline trap_code table_size(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const table& t = *in.tables[numbers[0]];
    put_number(values, t.size(), t.type.size.wide);
    return trap_code::none;
}
inline trap_code table_grow(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table& t = *in.tables[numbers[0]];
    const bool wide = t.type.size.wide;
    const u64 before = t.size();
    put_number(values, t.grow(number(values, 1, wide), get<reference>(values)) ? before : ~u64{0}, wide);
    return trap_code::none;
}
inline trap_code table_fill(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table& t = *in.tables[numbers[0]];
    const bool wide = t.type.size.wide;
    const u64 at = number(values, 0, wide), count = number(values, 2, wide);
    if (!inside(at, count, t.size())) return trap_code::table_out_of_bounds;
    for (u64 i = 0; i < count; ++i) t.elements[static_cast<std::size_t>(at + i)] = get<reference>(values + 8);
    return trap_code::none;
}
/// Numbers: table to write, table to read.
inline trap_code table_copy(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table &to = *in.tables[numbers[0]], &from = *in.tables[numbers[1]];
    const bool wide_to = to.type.size.wide, wide_from = from.type.size.wide;
    const u64 at = number(values, 0, wide_to), source = number(values, 1, wide_from),
              count = number(values, 2, wide_to && wide_from);
    if (!inside(at, count, to.size()) || !inside(source, count, from.size())) return trap_code::table_out_of_bounds;
    if (count != 0)
        __builtin_memmove(to.elements.data() + at, from.elements.data() + source,
                          static_cast<std::size_t>(count) * sizeof(reference));
    return trap_code::none;
}
/// Copies a part of an element segment; used for active ones, too.
inline trap_code copy_elements(runtime& in, u32 table_index, u32 segment, u64 at, u64 source, u64 count) noexcept {
    table& to = *in.tables[table_index];
    const auto& from = in.elements[segment];
    if (!inside(at, count, to.size()) || !inside(source, count, in.dropped_elements[segment] ? 0 : from.size()))
        return trap_code::table_out_of_bounds;
    if (count != 0)
        __builtin_memcpy(to.elements.data() + at, from.data() + source,
                         static_cast<std::size_t>(count) * sizeof(reference));
    return trap_code::none;
}
/// Numbers: table, segment.
inline trap_code table_init(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const bool wide = in.tables[numbers[0]]->type.size.wide;
    return copy_elements(in, numbers[0], numbers[1], number(values, 0, wide), get<u32>(values + 8),
                         get<u32>(values + 16));
}
/// Number: segment.
inline trap_code elem_drop(runtime& in, std::byte*, std::byte*, const u32* numbers) noexcept {
    in.dropped_elements[numbers[0]] = true;
    in.elements[numbers[0]].clear();
    return trap_code::none;
}

}  // namespace vitte::loader::wasm::bulk
