/// Handlers of the instructions on vectors, made of the tables in `vector_opcodes.hpp`. Their operands and results are
/// in the frame.
#pragma once

#include <vitte/loader/wasm/interpret/vector_opcodes.hpp>

namespace vitte::loader::wasm {

namespace vectors {
using ops::get, ops::put, ops::word;

inline vector low_half(const std::byte* p) noexcept { return {{get<u64>(p), 0}}; }

/// The value of operand `i`.
template <class T>
[[gnu::always_inline]] inline T value(const registers& r, unsigned i) noexcept {
    return get<T>(r.frame + word(r.pc, i));
}
/// `Operands` places, the place of the result, and `Extra` numbers.
template <unsigned Operands, unsigned Extra = 0>
[[gnu::always_inline]] inline void advance(registers& r) noexcept {
    r.pc += 1 + (Operands + 2 + Extra) / 2;
}
template <unsigned Operands, unsigned Extra = 0, class T>
[[gnu::always_inline]] inline void finish(registers& r, T result) noexcept {
    put(r.frame + word(r.pc, Operands), result);
    advance<Operands, Extra>(r);
}

template <unsigned Opcode>
struct unary;
template <unsigned Opcode>
struct binary;
template <unsigned Opcode>
struct ternary;
template <unsigned Opcode>
struct test;
template <unsigned Opcode>
struct shift;

#define VITTE_WASM_DEFINE(code, text, ...)        \
    template <>                                   \
    struct unary<code> {                          \
        static void step(registers& r) noexcept { \
            const auto a = value<vector>(r, 0);   \
            finish<1>(r, __VA_ARGS__);            \
        }                                         \
    };
VITTE_WASM_VECTOR_UNARY(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, text, ...)                               \
    template <>                                                          \
    struct binary<code> {                                                \
        static void step(registers& r) noexcept {                        \
            const auto a = value<vector>(r, 0), b = value<vector>(r, 1); \
            finish<2>(r, __VA_ARGS__);                                   \
        }                                                                \
    };
VITTE_WASM_VECTOR_BINARY(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, text, ...)                                                        \
    template <>                                                                                   \
    struct ternary<code> {                                                                        \
        static void step(registers& r) noexcept {                                                 \
            const auto a = value<vector>(r, 0), b = value<vector>(r, 1), c = value<vector>(r, 2); \
            finish<3>(r, __VA_ARGS__);                                                            \
        }                                                                                         \
    };
VITTE_WASM_VECTOR_TERNARY(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, text, ...)               \
    template <>                                          \
    struct test<code> {                                  \
        static void step(registers& r) noexcept {        \
            const auto a = value<vector>(r, 0);          \
            finish<1>(r, static_cast<u32>(__VA_ARGS__)); \
        }                                                \
    };
VITTE_WASM_VECTOR_TEST(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
#define VITTE_WASM_DEFINE(code, text, T, ...)                  \
    template <>                                                \
    struct shift<code> {                                       \
        static void step(registers& r) noexcept {              \
            const u32 by = value<u32>(r, 1) % (8 * sizeof(T)); \
            const auto a = value<vector>(r, 0);                \
            finish<2>(r, VITTE_WASM_LANES(T, __VA_ARGS__));    \
        }                                                      \
    };
VITTE_WASM_VECTOR_SHIFT(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE

template <class T, class Number>
struct splatted {
    static void step(registers& r) noexcept { finish<1>(r, splat(static_cast<T>(value<Number>(r, 0)))); }
};
template <class T, class Number>
struct extracted {
    static void step(registers& r) noexcept {
        finish<1, 1>(r, static_cast<Number>(unpack<T>(value<vector>(r, 0)).at[word(r.pc, 2)]));
    }
};
template <class T, class Number>
struct replaced {
    static void step(registers& r) noexcept {
        auto made = unpack<T>(value<vector>(r, 0));
        made.at[word(r.pc, 3)] = static_cast<T>(value<Number>(r, 1));
        finish<2, 1>(r, pack(made));
    }
};
struct shuffled {
    static void step(registers& r) noexcept {
        const auto a = unpack<u8>(value<vector>(r, 0)), b = unpack<u8>(value<vector>(r, 1));
        lanes<u8> made;
        for (unsigned i = 0; i < 16; ++i) {
            const u32 from = word(r.pc, 3 + i / 4) >> (8 * (i % 4)) & 31;
            made.at[i] = from < 16 ? a.at[from] : b.at[from - 16];
        }
        finish<2, 4>(r, pack(made));
    }
};

/// Where `size` bytes are that the address in operand 0 and the numbers from operand `i` name (memory, offset low and
/// high); null if they are not all inside.
[[gnu::always_inline]] inline std::byte* accessed(const registers& r, unsigned i, u64 size) noexcept {
    const memory& m = *r.in->memories[word(r.pc, i)];
    const u64 address = m.type.size.wide ? value<u64>(r, 0) : value<u32>(r, 0);
    const u64 offset = u64{word(r.pc, i + 2)} << 32 | word(r.pc, i + 1);
    if (address > ~offset || !bulk::inside(address + offset, size, m.size)) return nullptr;
    return m.data + (address + offset);
}
template <unsigned Opcode>
struct loaded;
#define VITTE_WASM_DEFINE(code, text, size, ...)                                         \
    template <>                                                                          \
    struct loaded<code> {                                                                \
        static handler step(registers& r) noexcept {                                     \
            const std::byte* const p = accessed(r, 2, size);                             \
            if (p == nullptr) return ops::stop_with(r, trap_code::memory_out_of_bounds); \
            finish<1, 4>(r, __VA_ARGS__);                                                \
            return nullptr;                                                              \
        }                                                                                \
    };
VITTE_WASM_VECTOR_LOAD(VITTE_WASM_DEFINE)
#undef VITTE_WASM_DEFINE
struct stored {
    static handler step(registers& r) noexcept {
        std::byte* const p = accessed(r, 3, 16);
        if (p == nullptr) return ops::stop_with(r, trap_code::memory_out_of_bounds);
        put(p, value<vector>(r, 1));
        advance<2, 4>(r);
        return nullptr;
    }
};
template <class T>
struct lane_loaded {
    static handler step(registers& r) noexcept {
        const std::byte* const p = accessed(r, 3, sizeof(T));
        if (p == nullptr) return ops::stop_with(r, trap_code::memory_out_of_bounds);
        auto made = unpack<T>(value<vector>(r, 1));
        made.at[word(r.pc, 6)] = ops::load_little<T>(p);
        finish<2, 4>(r, pack(made));
        return nullptr;
    }
};
template <class T>
struct lane_stored {
    static handler step(registers& r) noexcept {
        std::byte* const p = accessed(r, 3, sizeof(T));
        if (p == nullptr) return ops::stop_with(r, trap_code::memory_out_of_bounds);
        ops::store_little<T>(p, unpack<T>(value<vector>(r, 1)).at[word(r.pc, 6)]);
        advance<2, 4>(r);
        return nullptr;
    }
};
}  // namespace vectors

/// What an instruction on vectors takes and gives.
enum class vector_shape : std::uint8_t {
    none,
    constant,
    unary,
    binary,
    ternary,
    test,
    shift,
    splat,
    extract,
    replace,
    shuffle,
    load_whole,
    store_whole,
    load_lane,
    store_lane
};
struct vector_row {
    vector_shape shape = vector_shape::none;
    bank scalar = bank::int32;  ///< of a number that is taken or given
    std::uint8_t lanes = 0;     ///< if one is named
    std::uint8_t size = 0;      ///< bytes in memory
    const char* text = nullptr;
    handler run = nullptr;
};
inline constexpr std::size_t vector_opcodes = 276;

namespace detail {
constexpr std::array<vector_row, vector_opcodes> vector_rows_of() {
    using namespace vectors;
    std::array<vector_row, vector_opcodes> rows;
#if !VITTE_WASM_SMALL
    const auto add = [&rows](unsigned code, vector_shape shape, const char* text, handler run,
                             bank scalar = bank::int32, std::size_t lanes = 0, std::size_t size = 0) {
        rows[code] = {shape, scalar, static_cast<std::uint8_t>(lanes), static_cast<std::uint8_t>(size), text, run};
    };
#define VITTE_WASM_ROW(code, text, ...) add(code, vector_shape::unary, text, run<unary<code>>);
    VITTE_WASM_VECTOR_UNARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, ...) add(code, vector_shape::binary, text, run<binary<code>>);
    VITTE_WASM_VECTOR_BINARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, ...) add(code, vector_shape::ternary, text, run<ternary<code>>);
    VITTE_WASM_VECTOR_TERNARY(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, ...) add(code, vector_shape::test, text, run<test<code>>);
    VITTE_WASM_VECTOR_TEST(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, ...) add(code, vector_shape::shift, text, run<shift<code>>);
    VITTE_WASM_VECTOR_SHIFT(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, T, number) \
    add(code, vector_shape::splat, text, run<splatted<T, number>>, bank_of<number>());
    VITTE_WASM_VECTOR_SPLAT(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, T, number) \
    add(code, vector_shape::extract, text, run<extracted<T, number>>, bank_of<number>(), 16 / sizeof(T));
    VITTE_WASM_VECTOR_EXTRACT(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, T, number) \
    add(code, vector_shape::replace, text, run<replaced<T, number>>, bank_of<number>(), 16 / sizeof(T));
    VITTE_WASM_VECTOR_REPLACE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, text, bytes, ...) \
    add(code, vector_shape::load_whole, text, run<loaded<code>>, bank::int32, 0, bytes);
    VITTE_WASM_VECTOR_LOAD(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(load, store, load_text, store_text, T)                                                   \
    add(load, vector_shape::load_lane, load_text, run<lane_loaded<T>>, bank::int32, 16 / sizeof(T), sizeof(T)); \
    add(store, vector_shape::store_lane, store_text, run<lane_stored<T>>, bank::int32, 16 / sizeof(T), sizeof(T));
    VITTE_WASM_VECTOR_LANE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    add(11, vector_shape::store_whole, "v128.store", run<stored>, bank::int32, 0, 16);
    add(12, vector_shape::constant, "v128.const", nullptr);
    add(13, vector_shape::shuffle, "i8x16.shuffle", run<shuffled>);
#endif
    return rows;
}
}  // namespace detail

inline namespace VITTE_WASM_HANDLERS {
/// By opcode behind 0xfd.
inline constexpr std::array<vector_row, vector_opcodes> vector_rows = detail::vector_rows_of();
}  // namespace VITTE_WASM_HANDLERS

}  // namespace vitte::loader::wasm
