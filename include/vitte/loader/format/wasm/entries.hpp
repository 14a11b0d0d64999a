/// What stands in the sections of a WebAssembly module (core specification, 5.3 to 5.5), decoded one by one without
/// copying. Nothing here looks at other sections: indices are not checked.
#pragma once

#include <vitte/loader/format/wasm/cursor.hpp>

namespace vitte::loader::wasm {

/// A heap type (5.3.4): one of the abstract ones, or a type index.
inline heap_type read_heap_type(cursor& in) noexcept {
    const std::uint64_t from = in.offset();
    const std::int64_t code = in.s33("heap type");
    if (code >= 0) {
        if (code < type_index::limit) return type_index(static_cast<std::uint32_t>(code));
        in.refuse("heap type", "unknown type", from, errc::invalid_argument);
    } else if (code < -0x17 || code > -0x0c || in.offset() - from != 1) {
        in.refuse("heap type", "malformed heap type", from);
    } else {
        return static_cast<heap_code>(code & 0x7f);
    }
    return heap_code::function;
}

/// A value type (5.3.5), by its first byte `code`, which has been read.
inline value_type read_value_type(cursor& in, std::uint8_t code, const char* reading) noexcept {
    if (code >= 0x7b && code <= 0x7f) return value_type::of(code);
    if (code >= 0x69 && code <= 0x74) return value_type::reference(static_cast<heap_code>(code), true);
    if (code == 0x63 || code == 0x64) return value_type::reference(read_heap_type(in), code == 0x63);
    in.refuse(reading, "malformed value type", in.offset() - 1);
    return i32;
}
inline value_type read_value_type(cursor& in, const char* reading) noexcept {
    return read_value_type(in, in.byte(reading), reading);
}
inline value_type read_reference_type(cursor& in, const char* reading) noexcept {
    const std::uint64_t from = in.offset();
    const value_type type = read_value_type(in, reading);
    if (in.ok() && !type.is_reference()) in.refuse(reading, "malformed reference type", from);
    return type;
}

/// The sizes of a memory or table (5.3.9): bit 0 a maximum, bit 1 shared, bit 2 64-bit addresses. Sizes have 64 bits
/// since Release 3.0.
inline limits read_limits(cursor& in, const char* reading) noexcept {
    const std::uint8_t flags = in.byte(reading);
    if (flags > 7) in.refuse(reading, "malformed limits flags", in.offset() - 1);
    limits made;
    made.bounded = (flags & 1) != 0;
    made.shared = (flags & 2) != 0;
    made.wide = (flags & 4) != 0;
    const bool long_sizes = made.wide || in.long_sizes();
    made.least = long_sizes ? in.u64(reading) : in.u32(reading);
    if (made.bounded) made.most = long_sizes ? in.u64(reading) : in.u32(reading);
    return made;
}
inline global_type read_global_type(cursor& in) noexcept {
    const value_type content = read_value_type(in, "global type");
    const std::uint8_t writable = in.byte("global type");
    if (writable > 1) in.refuse("global type", "malformed mutability", in.offset() - 1);
    return {content, writable == 1};
}
/// The type index of a tag, behind its attribute (5.3.12).
inline std::uint32_t read_tag_type(cursor& in) noexcept {
    if (in.byte("tag type") != 0) in.refuse("tag type", "malformed tag attribute", in.offset() - 1);
    return in.u32("tag type");
}

/// A constant expression, up to and with its `end`; what it computes is for others to check.
inline cursor read_expression(cursor& in) noexcept {
    cursor scan = in;
    for (;;) {
        const std::uint64_t from = scan.offset();
        const std::uint8_t code = scan.byte("constant expression");
        if (!scan.ok() || code == 0x0b) break;
        switch (code) {
            case 0x41: scan.s32("i32.const"); break;
            case 0x42: scan.s64("i64.const"); break;
            case 0x43: scan.take(4, "f32.const"); break;
            case 0x44: scan.take(8, "f64.const"); break;
            case 0x10:
            case 0x20:
            case 0x23:
            case 0xd2: scan.u32("index"); break;
            case 0xd0: read_heap_type(scan); break;
            case 0xfd:
                if (scan.u32("opcode") == 12) scan.take(16, "v128.const");
                break;
            case 0xfb:
                scan.refuse("constant expression", "garbage collection is not supported", from, errc::not_supported);
                break;
            default:
                if (code > 0xd2 || (code > 0xc4 && code < 0xd0) || (code > 0x26 && code < 0x28))
                    scan.refuse("constant expression", "illegal opcode", from);
                else if (code != 0x01 && (code < 0x45 || code > 0xc4))
                    scan.refuse("constant expression", "constant expression required", from, errc::invalid_argument);
        }
    }
    if (!scan.ok()) {
        in.refuse(scan.status().error());
        return in;
    }
    return in.part(static_cast<std::size_t>(scan.offset() - in.offset()), "constant expression");
}

/// A list of value types where it stands.
struct type_list {
    cursor encoded;
    std::uint32_t size = 0;

    template <class Visit>
    void for_each(Visit&& visit) const {
        cursor in = encoded;
        for (std::uint32_t i = 0; i < size; ++i) visit(read_value_type(in, "function type"));
    }
};
struct function_type {
    type_list parameters, results;
};

inline type_list read_type_list(cursor& in) noexcept {
    type_list made;
    made.size = in.count("function type");
    const cursor from = in;
    for (std::uint32_t i = 0; i < made.size && in.ok(); ++i) read_value_type(in, "function type");
    if (in.ok())
        made.encoded = cursor(from).part(static_cast<std::size_t>(in.offset() - from.offset()), "function type");
    return made;
}

struct import_entry {
    std::string_view module, name;
    external_kind kind = external_kind::function;
    std::uint32_t type_index = 0;  ///< of a function or tag
    table_type table;
    memory_type memory;
    global_type global;
    std::uint64_t offset = 0;
};
struct table_entry {
    table_type type;
    bool initialized = false;  ///< by `initial`; else by null
    cursor initial;
};
struct global_entry {
    global_type type;
    cursor initial;
};
struct export_entry {
    std::string_view name;
    external_kind kind = external_kind::function;
    std::uint32_t index = 0;
    std::uint64_t offset = 0;
};

/// Whether a segment is copied at instantiation, on demand, or (elements) only declares references.
enum class segment_mode : std::uint8_t { active, passive, declarative };

struct element_entry {
    segment_mode mode = segment_mode::active;
    std::uint32_t table = 0;
    cursor at;  ///< the offset expression of an active segment
    value_type type = function_reference;
    bool expressions = false;  ///< items are constant expressions; else function indices
    std::uint32_t size = 0;
    cursor items;
    std::uint64_t offset = 0;
};
struct data_entry {
    segment_mode mode = segment_mode::active;
    std::uint32_t memory = 0;
    cursor at;
    bytes content;
    std::uint64_t offset = 0;
};
/// A function's locals and code; `offset` is where its size stands.
struct code_entry {
    cursor body;
    std::uint64_t offset = 0;
};

inline external_kind read_external_kind(cursor& in, const char* reading) noexcept {
    const std::uint8_t kind = in.byte(reading);
    if (kind > 4) in.refuse(reading, "malformed kind", in.offset() - 1);
    return static_cast<external_kind>(kind & 7);
}

inline import_entry read_import(cursor& in) noexcept {
    import_entry made;
    made.offset = in.offset();
    made.module = in.name("import module name");
    made.name = in.name("import name");
    made.kind = read_external_kind(in, "import");
    if (!in.ok()) return made;
    switch (made.kind) {
        case external_kind::function: made.type_index = in.u32("import"); break;
        case external_kind::table:
            made.table.element = read_reference_type(in, "table type");
            made.table.size = read_limits(in, "table type");
            break;
        case external_kind::memory: made.memory.size = read_limits(in, "memory type"); break;
        case external_kind::global: made.global = read_global_type(in); break;
        case external_kind::tag: made.type_index = read_tag_type(in); break;
    }
    return made;
}
/// A table may have the prefix 0x40 0x00 and then an initial value (5.5.7).
inline table_entry read_table(cursor& in) noexcept {
    table_entry made;
    made.initialized = in.peek() == 0x40;
    if (made.initialized) {
        in.byte("table");
        if (in.byte("table") != 0) in.refuse("table", "malformed table", in.offset() - 1);
    }
    made.type.element = read_reference_type(in, "table type");
    made.type.size = read_limits(in, "table type");
    if (made.initialized) made.initial = read_expression(in);
    return made;
}
inline global_entry read_global(cursor& in) noexcept {
    const global_type type = read_global_type(in);
    return {type, read_expression(in)};
}
inline export_entry read_export(cursor& in) noexcept {
    export_entry made;
    made.offset = in.offset();
    made.name = in.name("export name");
    made.kind = read_external_kind(in, "export");
    made.index = in.u32("export");
    return made;
}

/// An element segment (5.5.12). Bit 0: not active; bit 1: a table index (or: declarative); bit 2: expressions.
inline element_entry read_element(cursor& in) noexcept {
    element_entry made;
    made.offset = in.offset();
    const std::uint32_t flags = in.u32("element segment");
    if (flags > 7) in.refuse("element segment", "malformed elements segment kind", made.offset);
    made.expressions = (flags & 4) != 0;
    if ((flags & 1) != 0) made.mode = (flags & 2) != 0 ? segment_mode::declarative : segment_mode::passive;
    if (made.mode == segment_mode::active) {
        if ((flags & 2) != 0) made.table = in.u32("element segment");
        made.at = read_expression(in);
    }
    if ((flags & 3) != 0) {
        if (made.expressions)
            made.type = read_reference_type(in, "element segment");
        else if (in.byte("element segment") != 0)
            in.refuse("element segment", "malformed element kind", in.offset() - 1);
    } else if (!made.expressions) {
        made.type = value_type::reference(heap_code::function, false);
    }
    if ((flags & 3) != 0 && !made.expressions) made.type = value_type::reference(heap_code::function, false);
    made.size = in.count("element segment");
    const cursor from = in;
    for (std::uint32_t i = 0; i < made.size && in.ok(); ++i) {
        if (made.expressions)
            read_expression(in);
        else
            in.u32("function index");
    }
    if (in.ok())
        made.items = cursor(from).part(static_cast<std::size_t>(in.offset() - from.offset()), "element segment");
    return made;
}
inline data_entry read_data(cursor& in) noexcept {
    data_entry made;
    made.offset = in.offset();
    const std::uint32_t flags = in.u32("data segment");
    if (flags > 2) in.refuse("data segment", "malformed data segment kind", made.offset);
    if (flags == 1) made.mode = segment_mode::passive;
    if (flags == 2) made.memory = in.u32("data segment");
    if (made.mode == segment_mode::active) made.at = read_expression(in);
    made.content = in.take(in.u32("data segment"), "data segment");
    return made;
}
inline code_entry read_code(cursor& in) noexcept {
    code_entry made;
    made.offset = in.offset();
    made.body = in.part(in.u32("function body"), "function body");
    return made;
}

}  // namespace vitte::loader::wasm
