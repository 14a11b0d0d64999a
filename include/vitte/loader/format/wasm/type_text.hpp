/// Types of WebAssembly as people write them (core specification, 6.4).
#pragma once

#include <string>
#include <vitte/loader/format/wasm/types.hpp>

namespace vitte::loader::wasm {

/// "i32", "(ref null 3)" and the like.
[[gnu::cold]] inline std::string text_of(heap_type heap) {
    if (heap.is_defined()) return std::to_string(heap.index());
    switch (heap.code()) {
        case heap_code::function: return "func";
        case heap_code::external: return "extern";
        case heap_code::exception: return "exn";
        case heap_code::no_function: return "nofunc";
        case heap_code::no_external: return "noextern";
        case heap_code::no_exception: return "noexn";
        case heap_code::any: return "any";
        case heap_code::eq: return "eq";
        case heap_code::i31: return "i31";
        case heap_code::structure: return "struct";
        case heap_code::array: return "array";
        case heap_code::none: return "none";
    }
    return "unknown";
}
[[gnu::cold]] inline std::string text_of(value_type type) {
    if (type == i32) return "i32";
    if (type == i64) return "i64";
    if (type == f32) return "f32";
    if (type == f64) return "f64";
    if (type == v128) return "v128";
    if (!type.is_reference()) return "unknown";
    return std::string("(ref ") + (type.is_nullable() ? "null " : "") + text_of(type.heap()) + ")";
}

}  // namespace vitte::loader::wasm
