// What a generated module consists of, and which instructions give which type.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/loader/wasm/validate/compile.hpp>

#include "generated.hpp"

namespace wasm_fuzz {

/// Everything that bodies refer to; it is decided before the first of them is written.
struct plan {
    static constexpr std::uint32_t memory_bytes = 65536;  ///< of the first page, where most accesses are to be
    wasm::features allowed;
    std::vector<signature> types;
    std::vector<std::uint32_t> functions;  ///< type index by function index
    std::uint32_t imported_functions = 0;
    struct global {
        value_type type;
        bool writable, imported;
    };
    std::vector<global> globals;
    std::uint32_t fuel = 0;  ///< the global that loops and functions count down
    struct table {
        value_type element;
        std::uint32_t least;
        std::vector<std::uint32_t> functions;  ///< by slot, as it is filled; `none` where nothing is
    };
    static constexpr std::uint32_t none = ~0u;
    std::vector<table> tables;
    struct memory {
        bool wide;
    };
    std::vector<memory> memories;
    bool imported_memory = false, imported_table = false;
    /// With the index of its type, and those of blocks that get its values, and a reference to the exception.
    struct tag {
        std::uint32_t type, caught, caught_reference;
    };
    std::vector<tag> tags;
    std::uint32_t data_segments = 0;
    std::vector<value_type> element_segments;  ///< the type of each
    std::uint32_t first_passive = 0;           ///< of them; those before it are dropped at the start

    const signature& type_of(std::uint32_t function) const { return types[functions[function]]; }
};

inline void put_type(writer& out, value_type type) {
    out.put(type.is_reference() ? static_cast<unsigned>(type.heap().code()) : type.code());
}

/// Instructions that compute, by what they give. Opcodes are as in `opcodes.hpp`: behind 0xfd plus 0x200.
class operations {
public:
    explicit operations(bool vectors) {
        for (std::uint32_t code = 0; code < 0x200; ++code)
            if (wasm::is_numeric_opcode(code) && wasm::numeric_row_of(code).shape != wasm::shape::none)
                all_[index(wasm::numeric_row_of(code).to)].push_back(code);
        for (std::uint32_t code = 0; vectors && code < 0x100; ++code) {
            const wasm::vector_row& row = wasm::vector_rows[code];
            using enum wasm::vector_shape;
            if (row.shape == none || row.shape == store_whole || row.shape == store_lane) continue;
            const bool scalar = row.shape == test || row.shape == extract;
            const std::size_t to = !scalar ? 4 : row.shape == test ? 0 : index(row.scalar);
            all_[to].push_back(0x200 + code);
        }
    }
    const std::vector<std::uint32_t>& giving(value_type type) const { return all_[index(wasm::bank_of(type))]; }

private:
    static std::size_t index(wasm::bank b) { return static_cast<std::size_t>(b); }
    std::array<std::vector<std::uint32_t>, 5> all_;
};

inline constexpr value_type bank_types[] = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128};

/// Whether the specification leaves bits of the vector open that the instruction gives: NaNs of arithmetic.
inline bool gives_any_nan(const wasm::vector_row& row) {
    using enum wasm::vector_shape;
    const std::string_view text = row.text;
    if ((row.shape != unary && row.shape != binary) || (!text.starts_with("f32x4.") && !text.starts_with("f64x2.")))
        return false;
    const std::string_view name = text.substr(6);
    for (const std::string_view exact : {"abs", "neg", "pmin", "pmax", "eq", "ne", "lt", "gt", "le", "ge"})
        if (name == exact) return false;
    return !name.starts_with("convert");
}

}  // namespace wasm_fuzz
