/// Instructions that are calls of C++: bulk operations on memories and tables, access to other memories than the first
/// one with addresses of 32 bits, and exceptions.
#pragma once

#include <algorithm>
#include <vitte/loader/wasm/interpret/control.hpp>
#include <vitte/loader/wasm/interpret/memory.hpp>

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
    const u64 before = m.size;
    const std::byte* const where = m.data;
    put_number(values, m.grow(number(values, 0, wide)) ? before / memory::page : ~u64{0}, wide);
    return m.data == where ? trap_code::none : work(in, before / bytes_per_cell);  // for they were copied
}
inline trap_code memory_fill(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory& m = *in.memories[numbers[0]];
    const bool wide = m.type.size.wide;
    const u64 at = number(values, 0, wide), count = number(values, 2, wide);
    if (!inside(at, count, m.size)) return trap_code::memory_out_of_bounds;
    const int value = static_cast<int>(get<u32>(values + 8) & 0xff);
    return in_pieces(in, count, false,
                     [&](std::size_t i, std::size_t n) { __builtin_memset(m.data + at + i, value, n); });
}
/// Numbers: memory to write, memory to read.
inline trap_code memory_copy(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory &to = *in.memories[numbers[0]], &from = *in.memories[numbers[1]];
    const bool wide_to = to.type.size.wide, wide_from = from.type.size.wide;
    const u64 at = number(values, 0, wide_to), source = number(values, 1, wide_from),
              count = number(values, 2, wide_to && wide_from);
    if (!inside(at, count, to.size) || !inside(source, count, from.size)) return trap_code::memory_out_of_bounds;
    return in_pieces(in, count, at > source, [&](std::size_t i, std::size_t n) {
        __builtin_memmove(to.data + at + i, from.data + source + i, n);
    });
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
    const u64 before = t.size(), more = number(values, 1, wide);
    const auto with = get<reference>(values);
    const bool fits = t.reserve(more);
    put_number(values, fits ? before : ~u64{0}, wide);
    if (!fits) return trap_code::none;
    return in_pieces(in, more * sizeof(reference), false,
                     [&](std::size_t, std::size_t n) { t.append(n / sizeof(reference), with); });
}
inline trap_code table_fill(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table& t = *in.tables[numbers[0]];
    const bool wide = t.type.size.wide;
    const u64 at = number(values, 0, wide), count = number(values, 2, wide);
    if (!inside(at, count, t.size())) return trap_code::table_out_of_bounds;
    const auto value = get<reference>(values + 8);
    reference* const first = t.elements.data() + at;
    return in_pieces(in, count * sizeof(reference), false, [&](std::size_t i, std::size_t n) {
        std::fill_n(first + i / sizeof(reference), n / sizeof(reference), value);
    });
}
/// Numbers: table to write, table to read.
inline trap_code table_copy(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    table &to = *in.tables[numbers[0]], &from = *in.tables[numbers[1]];
    const bool wide_to = to.type.size.wide, wide_from = from.type.size.wide;
    const u64 at = number(values, 0, wide_to), source = number(values, 1, wide_from),
              count = number(values, 2, wide_to && wide_from);
    if (!inside(at, count, to.size()) || !inside(source, count, from.size())) return trap_code::table_out_of_bounds;
    reference* const first = to.elements.data() + at;
    const reference* const given = from.elements.data() + source;
    return in_pieces(in, count * sizeof(reference), at > source, [&](std::size_t i, std::size_t n) {
        __builtin_memmove(first + i / sizeof(reference), given + i / sizeof(reference), n);
    });
}
/// Numbers: table, segment.
inline trap_code table_init(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const bool wide = in.tables[numbers[0]]->type.size.wide;
    return copy_elements(in, numbers[0], numbers[1], number(values, 0, wide), get<u32>(values + 8),
                         get<u32>(values + 16));
}
/// Number: segment.
inline trap_code elem_drop(runtime& in, std::byte*, std::byte*, const u32* numbers) noexcept {
    drop_elements(in, numbers[0]);
    return trap_code::none;
}

}  // namespace vitte::loader::wasm::bulk
