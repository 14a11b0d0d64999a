/// The validator's part about values: locals and globals, arithmetic, references, memories and tables.
#pragma once

#include <vitte/loader/wasm/interpret/bulk.hpp>
#include <vitte/loader/wasm/interpret/vector_rows.hpp>
#include <vitte/loader/wasm/validate/validator.hpp>

namespace vitte::loader::wasm {

template <class Sink>
void function_validator<Sink>::numeric(std::uint32_t opcode) {
    const numeric_row& row = numeric_row_of(opcode);
    reading_ = row.text;
    const value_type from = bank_types[static_cast<unsigned>(row.from)];
    pop(from);
    if (row.shape != shape::unary) pop(from);
    if (live()) sink_.numeric(opcode);
    push(bank_types[static_cast<unsigned>(row.to)]);
}

template <class Sink>
void function_validator<Sink>::variables(std::uint8_t opcode) {
    switch (opcode) {
        case 0x20: {
            const std::uint32_t index = local_index();
            if (!in_.ok()) return;
            if (!initialized_[index]) return refuse("uninitialized local");
            if (live()) sink_.local_get(index);
            return push(locals_[index]);
        }
        case 0x21:
        case 0x22: {
            const std::uint32_t index = local_index();
            if (!in_.ok()) return;
            pop(locals_[index]);
            if (!initialized_[index]) {
                initialized_[index] = true;
                initializations_.push_back(index);
            }
            if (live()) {
                if (opcode == 0x21)
                    sink_.local_set(index);
                else
                    sink_.local_tee(index);
            }
            if (opcode == 0x22) push(locals_[index]);
            return;
        }
        case 0x23:
        case 0x24: {
            const std::uint32_t index = index_in(module_.globals, "global index", "unknown global");
            if (!in_.ok()) return;
            const global_type& global = module_.globals[index].type;
            if (opcode == 0x23) {
                if (live()) sink_.global_get(index, global.content);
                return push(global.content);
            }
            require(global.writable, "global is immutable");
            pop(global.content);
            if (live()) sink_.global_set(index, global.content);
            return;
        }
        default: {
            std::uint32_t index;
            const table_entry* const t = table_index(index);
            if (t == nullptr) return;
            if (opcode == 0x26) pop(t->type.element);
            pop(t->type.size.address());
            const bool set = opcode == 0x26;
            if (live()) {
                if (set)
                    sink_.runtime_call(run<ops::runtime_call<bulk::table_set>>, 2, unknown, index);
                else
                    sink_.runtime_call(run<ops::runtime_call<bulk::table_get>>, 1, t->type.element, index);
            }
            if (!set) push(t->type.element);
        }
    }
}

template <class Sink>
typename function_validator<Sink>::memory_argument function_validator<Sink>::read_memory_argument(
    std::uint32_t natural) {
    memory_argument made;
    const bool many = module_.options.allowed.multiple_memories;
    std::uint32_t alignment = in_.u32("memory argument");
    if (many && (alignment & 0x40) != 0) {
        alignment &= ~0x40u;
        made.memory = in_.u32("memory index");
    }
    if (alignment >= (many ? 64u : 32u)) refuse("malformed memop flags", errc::malformed);
    made.offset = module_.options.allowed.memory64 ? in_.u64("memory argument") : in_.u32("memory argument");
    if (!in_.ok() || !require(made.memory < module_.memories.size(), "unknown memory")) return made;
    require(alignment < 32 && std::uint32_t{1} << alignment <= natural, "alignment must not be larger than natural");
    const limits& size = module_.memories[made.memory].size;
    made.address = size.address();
    require(size.wide || made.offset <= UINT32_MAX, "offset out of range");
    return made;
}
template <class Sink>
void function_validator<Sink>::memory_access(std::uint8_t opcode) {
    const memory_row& row = memory_rows[opcode - first_memory_opcode];
    reading_ = row.text;
    const memory_argument where = read_memory_argument(row.size);
    if (!in_.ok()) return;
    const value_type type = bank_types[static_cast<unsigned>(row.value)];
    if (row.is_store) {
        pop(type);
        pop(where.address);
        if (live()) sink_.store(opcode, where.memory, where.offset);
        return;
    }
    pop(where.address);
    if (live()) sink_.load(opcode, where.memory, where.offset);
    push(type);
}

template <class Sink>
[[gnu::cold]] void function_validator<Sink>::references(std::uint8_t opcode) {
    switch (opcode) {
        case 0x3f:
        case 0x40: {
            std::uint32_t index;
            const memory_type* const m = memory_index(index);
            if (m == nullptr) return;
            const value_type address = m->size.address();
            if (opcode == 0x40) pop(address);
            if (live())
                sink_.runtime_call(opcode == 0x40 ? run<ops::runtime_call<bulk::memory_grow>>
                                                  : run<ops::runtime_call<bulk::memory_size>>,
                                   opcode == 0x40 ? 1 : 0, address, index);
            return push(address);
        }
        case 0x41: {
            const auto value = static_cast<std::uint32_t>(in_.s32("i32.const"));
            if (live()) sink_.constant(i32, value);
            return push(i32);
        }
        case 0x42: {
            const auto value = static_cast<std::uint64_t>(in_.s64("i64.const"));
            if (live()) sink_.constant(i64, value);
            return push(i64);
        }
        case 0x43: {
            const auto value = in_.fixed<std::uint32_t>("f32.const");
            if (live()) sink_.constant(f32, value);
            return push(f32);
        }
        case 0x44: {
            const auto value = in_.fixed<std::uint64_t>("f64.const");
            if (live()) sink_.constant(f64, value);
            return push(f64);
        }
        case 0xd0: {
            const heap_type heap = read_heap_type(in_);
            check_type(heap);
            const value_type type = value_type::reference(heap, true);
            if (live()) sink_.constant(type, 0);
            return push(type);
        }
        case 0xd1:
            pop_reference();
            if (live()) sink_.is_null();
            return push(i32);
        case 0xd2: {
            const std::uint32_t index = index_in(module_.functions, "function index", "unknown function");
            if (!in_.ok() || !require(module_.declared[index], "undeclared function reference")) return;
            if (live()) sink_.reference_to_function(index);
            return push(module_.options.allowed.typed_references
                            ? value_type::reference(type_index(module_.functions[index]), false)
                            : function_reference);
        }
        default: {
            require_feature(module_.options.allowed.typed_references);
            const value_type found = pop_reference();
            if (live()) sink_.check_reference();
            return push(found == unknown ? unknown : value_type::reference(found.heap(), false));
        }
    }
}

template <class Sink>
void function_validator<Sink>::select(bool typed) {
    value_type type = unknown;
    if (typed) {
        if (in_.count("select") != 1) return refuse("invalid result arity");
        type = read_value_type(in_, "select");
        check_type(type);
        pop(i32);
        pop(type);
        pop(type);
    } else {
        pop(i32);
        const value_type b = pop(), a = pop();
        if (a.is_reference() || b.is_reference() || (a != b && a != unknown && b != unknown)) mismatch();
        type = a == unknown ? b : a;
    }
    if (live()) sink_.select(type);
    push(type);
}

template <class Sink>
void function_validator<Sink>::extended(std::uint32_t opcode) {
    if (!in_.ok()) return;
    if (opcode < 8) return numeric(0x100 + opcode);
    if (opcode < 12) return bulk_memory(opcode);
    if (opcode < 18) return bulk_table(opcode);
    refuse("illegal opcode", errc::malformed);
}
template <class Sink>
[[gnu::cold]] void function_validator<Sink>::bulk_memory(std::uint32_t opcode) {
    std::uint32_t segment = 0, index = 0, source = 0;
    const bool uses_data = opcode == 8 || opcode == 9;
    if (uses_data) {
        segment = in_.u32("data index");
        if (in_.ok() && !module_.has_data_count && !module_.data.empty())
            return refuse("data count section required", errc::malformed);
        require(segment < module_.data.size(), "unknown data segment");
        if (opcode == 9) {
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::data_drop>>, 0, unknown, segment);
            return;
        }
    }
    const memory_type* const to = memory_index(index);
    const memory_type* const from = opcode == 10 ? memory_index(source) : to;
    if (to == nullptr || from == nullptr) return;
    const value_type address = to->size.address(), other = from->size.address();
    switch (opcode) {
        case 8:  // memory.init
            pop(i32), pop(i32), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::memory_init>>, 3, unknown, index, segment);
            return;
        case 10:  // memory.copy
            pop(address == i64 && other == i64 ? i64 : i32), pop(other), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::memory_copy>>, 3, unknown, index, source);
            return;
        default:  // memory.fill
            pop(address), pop(i32), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::memory_fill>>, 3, unknown, index);
    }
}
template <class Sink>
[[gnu::cold]] void function_validator<Sink>::bulk_table(std::uint32_t opcode) {
    std::uint32_t segment = 0, index = 0, source = 0;
    if (opcode == 12 || opcode == 13) {
        segment = index_in(module_.elements, "element index", "unknown elem segment");
        if (!in_.ok()) return;
        if (opcode == 13) {
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::elem_drop>>, 0, unknown, segment);
            return;
        }
    }
    const table_entry* const to = table_index(index);
    const table_entry* const from = opcode == 14 && to != nullptr ? table_index(source) : to;
    if (to == nullptr || from == nullptr) return;
    const value_type address = to->type.size.address(), other = from->type.size.address(), element = to->type.element;
    switch (opcode) {
        case 12:  // table.init
            require(module_.matches(module_.elements[segment].type, element), "type mismatch");
            pop(i32), pop(i32), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::table_init>>, 3, unknown, index, segment);
            return;
        case 14:  // table.copy
            require(module_.matches(from->type.element, element), "type mismatch");
            pop(address == i64 && other == i64 ? i64 : i32), pop(other), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::table_copy>>, 3, unknown, index, source);
            return;
        case 15:  // table.grow
            pop(address), pop(element);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::table_grow>>, 2, address, index);
            return push(address);
        case 16:  // table.size
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::table_size>>, 0, address, index);
            return push(address);
        default:  // table.fill
            pop(address), pop(element), pop(address);
            if (live()) sink_.runtime_call(run<ops::runtime_call<bulk::table_fill>>, 3, unknown, index);
    }
}

/// Shapes are described at `vector_row`.
template <class Sink>
[[gnu::cold]] void function_validator<Sink>::vector(std::uint32_t opcode) {
    if (!in_.ok()) return;
    if (opcode >= vector_opcodes || vector_rows[opcode].shape == vector_shape::none)
        return refuse("illegal opcode", errc::malformed);
    const vector_row& row = vector_rows[opcode];
    reading_ = row.text;
    if (opcode >= 0x100) require_feature(module_.options.allowed.relaxed_simd);
    const value_type scalar = bank_types[static_cast<unsigned>(row.scalar)];
    switch (row.shape) {
        case vector_shape::constant: {
            const auto low = in_.fixed<std::uint64_t>("v128.const"), high = in_.fixed<std::uint64_t>("v128.const");
            if (live()) sink_.vector_constant(low, high);
            return push(v128);
        }
        case vector_shape::shuffle: {
            std::uint32_t lanes[4] = {};
            for (unsigned i = 0; i < 16; ++i) {
                std::uint8_t number = 0;
                lane(number, 32);
                lanes[i / 4] |= std::uint32_t{number} << (8 * (i % 4));
            }
            pop(v128), pop(v128);
            if (live()) sink_.vector(row.run, 2, v128, lanes);
            return push(v128);
        }
        case vector_shape::extract:
        case vector_shape::replace: {
            std::uint8_t number = 0;
            lane(number, row.lanes);
            const bool replace = row.shape == vector_shape::replace;
            if (replace) pop(scalar);
            pop(v128);
            const std::uint32_t extra[1] = {number};
            if (live()) sink_.vector(row.run, replace ? 2 : 1, replace ? v128 : scalar, extra);
            return push(replace ? v128 : scalar);
        }
        case vector_shape::load_whole:
        case vector_shape::store_whole:
        case vector_shape::load_lane:
        case vector_shape::store_lane: {
            const memory_argument where = read_memory_argument(row.size);
            const bool by_lane = row.shape == vector_shape::load_lane || row.shape == vector_shape::store_lane,
                       writes = row.shape == vector_shape::store_whole || row.shape == vector_shape::store_lane;
            std::uint8_t number = 0;
            if (by_lane) lane(number, row.lanes);
            if (by_lane || writes) pop(v128);
            pop(where.address);
            const std::uint32_t extra[4] = {where.memory, static_cast<std::uint32_t>(where.offset),
                                            static_cast<std::uint32_t>(where.offset >> 32), number};
            if (live()) sink_.vector(row.run, by_lane || writes ? 2 : 1, writes ? unknown : v128, extra);
            if (!writes) push(v128);
            return;
        }
        default: break;
    }
    const bool shifts = row.shape == vector_shape::shift;
    const unsigned operands = row.shape == vector_shape::ternary            ? 3
                              : row.shape == vector_shape::binary || shifts ? 2
                                                                            : 1;
    if (row.shape == vector_shape::splat)
        pop(scalar);
    else if (shifts)
        pop(i32), pop(v128);
    else
        for (unsigned i = 0; i < operands; ++i) pop(v128);
    const value_type made = row.shape == vector_shape::test ? i32 : v128;
    if (live()) sink_.vector(row.run, operands, made);
    push(made);
}

}  // namespace vitte::loader::wasm
