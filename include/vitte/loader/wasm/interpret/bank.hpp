/// The kinds of values, as far as their size and accumulator go.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vitte/loader/format/wasm/types.hpp>

namespace vitte::loader::wasm {

enum class bank : std::uint8_t { int32, int64, float32, float64, vector };

template <class T>
constexpr bank bank_of() noexcept {
    if constexpr (std::is_same_v<T, float>)
        return bank::float32;
    else if constexpr (std::is_same_v<T, double>)
        return bank::float64;
    else
        return sizeof(T) == 8 ? bank::int64 : bank::int32;
}

constexpr bank bank_of(value_type type) noexcept {
    if (type == i32) return bank::int32;
    if (type == f32) return bank::float32;
    if (type == f64) return bank::float64;
    return type == v128 ? bank::vector : bank::int64;
}
constexpr std::uint32_t bytes_of(bank b) noexcept { return b == bank::vector ? 16 : 8; }
constexpr std::uint32_t bytes_of(value_type type) noexcept { return bytes_of(bank_of(type)); }

}  // namespace vitte::loader::wasm
