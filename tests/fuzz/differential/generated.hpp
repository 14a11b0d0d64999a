// Modules that `generator` makes. It and the engine are compiled once for all programs, by engine.cpp.
#pragma once

#include <string>
#include <vitte/loader/wasm/module/compiled_module.hpp>

#include "choices.hpp"

namespace wasm_fuzz {
namespace wasm = vitte::loader::wasm;
using wasm::value_type;

struct signature {
    std::vector<value_type> parameters, results;
    friend bool operator==(const signature&, const signature&) = default;
};

/// One letter for each type of value; exports and imports tell their types by their names.
constexpr char letter_of(value_type type) {
    constexpr std::pair<value_type, char> letters[] = {{wasm::i32, 'i'},
                                                       {wasm::i64, 'l'},
                                                       {wasm::f32, 'f'},
                                                       {wasm::f64, 'd'},
                                                       {wasm::v128, 'v'},
                                                       {wasm::function_reference, 'r'},
                                                       {wasm::external_reference, 'x'}};
    for (const auto& [t, letter] : letters)
        if (t == type) return letter;
    return '?';
}
inline std::string text_of(const signature& type) {
    std::string made;
    for (const value_type t : type.parameters) made += letter_of(t);
    made += '>';
    for (const value_type t : type.results) made += letter_of(t);
    return made;
}
/// A call of an exported function with the bits of its arguments; references are numbers, 0 is null.
struct call {
    std::string name;
    std::vector<std::uint64_t> arguments;
};
struct generated {
    std::vector<std::byte> bytes;
    std::vector<call> calls;
};
/// Writes at most about `limit` instructions: what comes before is the same with every limit.
generated generate(choices& by, const wasm::features& allowed, std::int64_t limit);

}  // namespace wasm_fuzz
