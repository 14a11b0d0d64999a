/// Which constant expressions are valid (core specification 3.0, 3.4.14).
#pragma once

#include <vitte/loader/wasm/module/module.hpp>

namespace vitte::loader::wasm {

/// Checks that `in` is a constant expression of type `wanted` which reads only the first `globals` globals, and notes
/// the functions that it refers to in `module.declared`.
[[gnu::cold]] inline result<void, parse_error> validate_constant(module_data& module, cursor in, value_type wanted,
                                                                 std::size_t globals) {
    light_vector<value_type> stack;
    const features& allowed = module.options.allowed;
    for (;;) {
        const std::uint64_t from = in.offset();
        const auto invalid = [from](const char* reason) {
            return malformed("constant expression", reason, from, errc::invalid_argument);
        };
        const std::uint8_t opcode = in.byte("constant expression");
        VITTE_CHECK(in.status());
        switch (opcode) {
            case 0x0b:
                if (stack.size() != 1 || !module.matches(stack[0], wanted)) return invalid("type mismatch");
                return {};
            case 0x41: in.s32("i32.const"), stack.push_back(i32); break;
            case 0x42: in.s64("i64.const"), stack.push_back(i64); break;
            case 0x43: in.take(4, "f32.const"), stack.push_back(f32); break;
            case 0x44: in.take(8, "f64.const"), stack.push_back(f64); break;
            case 0x23: {
                const std::uint32_t index = in.u32("global index");
                const std::size_t visible = allowed.extended_constants ? globals : module.imported_globals;
                if (index >= visible || index >= globals) return invalid("unknown global");
                if (module.globals[index].type.writable) return invalid("constant expression required");
                stack.push_back(module.globals[index].type.content);
                break;
            }
            case 0xd0: {
                const heap_type heap = read_heap_type(in);
                const type_fault found = fault_of(heap, module.types.size(), allowed);
                if (found.reason != nullptr) return malformed("constant expression", found.reason, from, found.code);
                stack.push_back(value_type::reference(heap, true));
                break;
            }
            case 0xd2: {
                const std::uint32_t index = in.u32("function index");
                if (index >= module.functions.size()) return invalid("unknown function");
                module.declared[index] = true;
                stack.push_back(value_type::reference(type_index(module.functions[index]), false));
                break;
            }
            case 0xfd:
                if (!allowed.simd) return malformed("constant expression", no_vectors, from, no_vectors_code);
                if (in.u32("opcode") != 12) return invalid("constant expression required");
                in.take(16, "v128.const"), stack.push_back(v128);
                break;
            case 0x6a:
            case 0x6b:
            case 0x6c:
            case 0x7c:
            case 0x7d:
            case 0x7e: {
                if (!allowed.extended_constants) return invalid("constant expression required");
                const value_type type = opcode < 0x70 ? i32 : i64;
                if (stack.size() < 2 || stack.back() != type || stack[stack.size() - 2] != type)
                    return invalid("type mismatch");
                stack.pop_back();
                break;
            }
            default: return invalid("constant expression required");
        }
    }
}

}  // namespace vitte::loader::wasm
