/// What constant expressions give, which initialise globals, tables and segments (core specification 3.0, 4.4.17).
#pragma once

#include <vitte/loader/wasm/interpret/dispatch.hpp>

namespace vitte::loader::wasm {

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
    light_vector<constant_value> stack;
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
