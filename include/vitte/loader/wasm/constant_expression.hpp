/// Constant expressions (core specification 3.0, 3.4.14): what initialises globals, tables and segments.
#pragma once

#include <vitte/loader/wasm/dispatch.hpp>

namespace vitte::loader::wasm {

/// Checks that `in` is a constant expression of type `wanted` which reads only the first `globals` globals, and notes
/// the functions that it refers to in `module.declared`.
[[gnu::cold]] inline result<void, parse_error> validate_constant(module_data& module, cursor in, value_type wanted,
                                                                 std::size_t globals) {
    std::vector<value_type> stack;
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

/// A value of any type, as it stands in a frame. What it names it does not know, so that it gives no pointers, and is
/// made of none.
struct constant_value {
    alignas(16) std::byte bits[16] = {};

    template <class T>
        requires(!std::is_pointer_v<T>)
    static constant_value of(T value) noexcept {
        constant_value made;
        ops::put(made.bits, value);
        return made;
    }
    template <class T>
        requires(!std::is_pointer_v<T>)
    T as() const noexcept {
        return ops::get<T>(bits);
    }
};

/// The value of a constant expression that has been validated.
[[gnu::cold]] inline constant_value evaluate_constant(cursor in, const runtime& instance) {
    std::vector<constant_value> stack;
    const auto combine = [&stack](auto as, auto operation) {
        using T = decltype(as);
        const T b = stack.back().as<T>(), a = stack[stack.size() - 2].as<T>();
        stack.pop_back();
        stack.back() = constant_value::of(static_cast<T>(operation(a, b)));
    };
    const auto add = [](auto a, auto b) { return a + b; };
    const auto subtract = [](auto a, auto b) { return a - b; };
    const auto multiply = [](auto a, auto b) { return a * b; };
    while (in.ok()) {
        switch (in.byte("constant expression")) {
            case 0x41: stack.push_back(constant_value::of(in.s32(""))); break;
            case 0x42: stack.push_back(constant_value::of(in.s64(""))); break;
            case 0x43: stack.push_back(constant_value::of(in.fixed<std::uint32_t>(""))); break;
            case 0x44: stack.push_back(constant_value::of(in.fixed<std::uint64_t>(""))); break;
            case 0x23: {
                constant_value made;
                __builtin_memcpy(made.bits, instance.globals[in.u32("")], sizeof made.bits);
                stack.push_back(made);
                break;
            }
            case 0xd0: read_heap_type(in), stack.push_back(constant_value::of(reference{0})); break;
            case 0xd2: stack.push_back(constant_value::of(to_reference(instance.functions[in.u32("")]))); break;
            case 0xfd: {
                constant_value made;
                in.u32("");
                __builtin_memcpy(made.bits, in.take(16, "").data(), sizeof made.bits);
                stack.push_back(made);
                break;
            }
            case 0x6a: combine(std::uint32_t{}, add); break;
            case 0x6b: combine(std::uint32_t{}, subtract); break;
            case 0x6c: combine(std::uint32_t{}, multiply); break;
            case 0x7c: combine(std::uint64_t{}, add); break;
            case 0x7d: combine(std::uint64_t{}, subtract); break;
            case 0x7e: combine(std::uint64_t{}, multiply); break;
            default: return stack.empty() ? constant_value{} : stack.back();
        }
    }
    return {};
}

}  // namespace vitte::loader::wasm
