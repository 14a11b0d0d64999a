/// Handlers of loads and stores: for memory 0 with addresses of 32 bits, and calls of C++ for all others, which are
/// rare.
#pragma once

#include <vitte/core/endian.hpp>
#include <vitte/loader/wasm/interpret/control.hpp>
#include <vitte/loader/wasm/interpret/segments.hpp>

namespace vitte::loader::wasm {

namespace ops {

/// A number in memory: little-endian, at any alignment.
template <class T>
[[gnu::always_inline]] inline T load_little(const std::byte* at) noexcept {
    if constexpr (std::is_integral_v<T>)
        return vitte::load<T>(at, byte_order::little);
    else
        return std::bit_cast<T>(vitte::load<bits_of<T>>(at, byte_order::little));
}
template <class T>
[[gnu::always_inline]] inline void store_little(std::byte* at, T value) noexcept {
    if constexpr (std::is_integral_v<T>)
        vitte::store(at, value, byte_order::little);
    else
        vitte::store(at, std::bit_cast<bits_of<T>>(value), byte_order::little);
}

/// Where an address stands. Constant ones are part of the offset.
enum class address : std::uint8_t { S, R, constant };

/// The address at operand 0 plus the offset at operand 1; whether all of `T` is inside memory.
template <class T, address A, bool Checked>
[[gnu::always_inline]] inline bool effective(const registers& x, std::uint64_t& at) noexcept {
    at = word(x.pc, 1);
    if constexpr (A == address::S) at += get<u32>(x.frame + word(x.pc, 0));
    if constexpr (A == address::R) at += accumulator<u32>(x);
    return !Checked || at + sizeof(T) <= x.in->memory_size;
}

/// Keeps the handler's first `pc`, `frame` and `in` in the registers that they came in: where memory is guarded, that
/// is where they are looked for when an access between two of these faults.
[[gnu::always_inline]] inline void pin([[maybe_unused]] registers& x) noexcept {
#if defined(__x86_64__)
    __asm__ volatile("" : "+D"(x.start), "+S"(x.frame), "+c"(x.in) : : "memory");
#elif defined(__aarch64__) || defined(__riscv)
#if defined(__aarch64__)
#define VITTE_WASM_ARGUMENT "x"
#else
#define VITTE_WASM_ARGUMENT "a"
#endif
    register const cell* start __asm__(VITTE_WASM_ARGUMENT "0") = x.start;
    register std::byte* frame __asm__(VITTE_WASM_ARGUMENT "1") = x.frame;
    register runtime* in __asm__(VITTE_WASM_ARGUMENT "3") = x.in;
#undef VITTE_WASM_ARGUMENT
    __asm__ volatile("" : "+r"(start), "+r"(frame), "+r"(in) : : "memory");
    x.start = start, x.frame = frame, x.in = in;
#endif
}

template <class Memory, class T, address A, bool Kept, bool Checked>
struct load_from {
    static constexpr unsigned result = A == address::S ? 2 : 0;
    static constexpr unsigned length = A == address::S ? 3 : 2;
    static constexpr int written = Kept ? static_cast<int>(result) : -1;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        std::uint64_t at;
        if (!effective<Memory, A, Checked>(x, at)) [[unlikely]]
            return stop_with(x, trap_code::memory_out_of_bounds);
        if constexpr (!Checked) pin(x);
        const T value = static_cast<T>(load_little<Memory>(x.memory + at));
        if constexpr (!Checked) pin(x);
        set_result<Kept>(x, result, value);
        x.pc += length;
        return nullptr;
    }
};
template <class Memory, class T, address A, place V, bool Checked>
struct store_to {
    static constexpr unsigned length = V == place::R ? 2 : 3;
    static constexpr int written = -1;
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        std::uint64_t at;
        if (!effective<Memory, A, Checked>(x, at)) [[unlikely]]
            return stop_with(x, trap_code::memory_out_of_bounds);
        T value;
        if constexpr (V == place::R)
            value = accumulator<T>(x);
        else if constexpr (V == place::S)
            value = get<T>(x.frame + word(x.pc, 2));
        else
            value = static_cast<T>(static_cast<std::int32_t>(word(x.pc, 2)));
        if constexpr (!Checked) pin(x);
        store_little<Memory>(x.memory + at, static_cast<Memory>(value));
        if constexpr (!Checked) pin(x);
        x.pc += length;
        return nullptr;
    }
};

}  // namespace ops

namespace bulk {
using ops::get, ops::put;

/// The `i`-th operand, an address or a number of bytes or elements.
inline u64 number(const std::byte* values, unsigned i, bool wide) noexcept {
    return wide ? get<u64>(values + 8 * i) : get<u32>(values + 8 * i);
}
inline void put_number(std::byte* to, u64 value, bool wide) noexcept {
    if (wide)
        put(to, value);
    else
        put(to, static_cast<u32>(value));
}

/// Numbers: memory, offset (low, high).
template <class Memory, class T>
trap_code load(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory& m = *in.memories[numbers[0]];
    const u64 address = number(values, 0, m.type.size.wide), offset = u64{numbers[2]} << 32 | numbers[1];
    if (address > ~offset || !inside(address + offset, sizeof(Memory), m.size)) return trap_code::memory_out_of_bounds;
    put(values, static_cast<T>(ops::load_little<Memory>(m.data + (address + offset))));
    return trap_code::none;
}
template <class Memory, class T>
trap_code store(runtime& in, std::byte*, std::byte* values, const u32* numbers) noexcept {
    const memory& m = *in.memories[numbers[0]];
    const u64 address = number(values, 0, m.type.size.wide), offset = u64{numbers[2]} << 32 | numbers[1];
    if (address > ~offset || !inside(address + offset, sizeof(Memory), m.size)) return trap_code::memory_out_of_bounds;
    ops::store_little<Memory>(m.data + (address + offset), static_cast<Memory>(get<T>(values + 8)));
    return trap_code::none;
}

}  // namespace bulk

/// Handlers of a load or store, by where the address is, where the value is or goes, and whether it is checked.
struct memory_row {
    bank value = bank::int32;
    std::uint8_t size = 0;  ///< bytes in memory; 0 where there is no such instruction
    bool is_store = false;
    const char* text = nullptr;
    /// Loads: [address][result stored, too][checked]; the result's place is operand 2 or, if the address is not in a
    /// place, operand 0. Stores: [address][place of the value][checked]. Null where there is none, as for those that do
    /// not check where memories cannot be guarded.
    handler run[3][3][2] = {};
    /// For any memory: a `runtime_call`.
    handler general = nullptr;
};
inline constexpr std::uint32_t first_memory_opcode = 0x28, last_memory_opcode = 0x3e;

namespace detail {
/// What is rare has fewer handlers: parts of numbers of 64 bits, and constant addresses of what is neither a byte nor
/// a whole number of the machine.
template <class Memory, class T>
inline constexpr bool is_part_of_long = sizeof(T) == 8 && sizeof(Memory) < 8;
template <class Memory, class T, ops::address A>
inline constexpr bool has_address =
    A != ops::address::constant ||
    (!is_part_of_long<Memory, T> && (sizeof(Memory) >= 4 || std::is_same_v<Memory, std::uint8_t>));

template <class Memory, class T, ops::address A>
constexpr void add_load(memory_row& row) {
    constexpr auto a = static_cast<std::size_t>(A);
    if constexpr (has_address<Memory, T, A>) {
        row.run[a][0][1] = run<ops::load_from<Memory, T, A, false, true>>;
        if constexpr (VITTE_WASM_GUARDS) row.run[a][0][0] = run<ops::load_from<Memory, T, A, false, false>>;
    }
    if constexpr (has_address<Memory, T, A> && VITTE_WASM_ALL_PLACES && !is_part_of_long<Memory, T>) {
        row.run[a][1][1] = run<ops::load_from<Memory, T, A, true, true>>;
        if constexpr (VITTE_WASM_GUARDS) row.run[a][1][0] = run<ops::load_from<Memory, T, A, true, false>>;
    }
}
template <class Memory, class T, ops::address A, ops::place V>
constexpr void add_store(memory_row& row) {
    constexpr auto a = static_cast<std::size_t>(A), v = static_cast<std::size_t>(V);
    row.run[a][v][1] = run<ops::store_to<Memory, T, A, V, true>>;
    if constexpr (VITTE_WASM_GUARDS) row.run[a][v][0] = run<ops::store_to<Memory, T, A, V, false>>;
}
template <class Memory, class T, ops::address A>
constexpr void add_stores(memory_row& row) {
    if constexpr (has_address<Memory, T, A>) {
        add_store<Memory, T, A, ops::place::S>(row);
        add_store<Memory, T, A, ops::place::R>(row);
        if constexpr (std::is_integral_v<T> && !is_part_of_long<Memory, T>) add_store<Memory, T, A, ops::place::I>(row);
    }
}
constexpr std::array<memory_row, last_memory_opcode - first_memory_opcode + 1> memory_rows_of() {
    using ops::address;
    using namespace numeric;
    std::array<memory_row, last_memory_opcode - first_memory_opcode + 1> rows;
#define VITTE_WASM_ROW(code, name, text, memory, type)                                                              \
    {                                                                                                               \
        memory_row& row = rows[code - first_memory_opcode];                                                         \
        row = {bank_of<type>(), sizeof(memory), false, text, {}, run<ops::runtime_call<bulk::load<memory, type>>>}; \
        add_load<memory, type, address::S>(row);                                                                    \
        add_load<memory, type, address::R>(row);                                                                    \
        add_load<memory, type, address::constant>(row);                                                             \
    }
    VITTE_WASM_LOAD(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
#define VITTE_WASM_ROW(code, name, text, memory, type)                                                              \
    {                                                                                                               \
        memory_row& row = rows[code - first_memory_opcode];                                                         \
        row = {bank_of<type>(), sizeof(memory), true, text, {}, run<ops::runtime_call<bulk::store<memory, type>>>}; \
        add_stores<memory, type, address::S>(row);                                                                  \
        add_stores<memory, type, address::R>(row);                                                                  \
        add_stores<memory, type, address::constant>(row);                                                           \
    }
    VITTE_WASM_STORE(VITTE_WASM_ROW)
#undef VITTE_WASM_ROW
    return rows;
}
}  // namespace detail

inline namespace VITTE_WASM_HANDLERS {
/// By opcode, from `first_memory_opcode`.
inline constexpr auto memory_rows = detail::memory_rows_of();
}  // namespace VITTE_WASM_HANDLERS

}  // namespace vitte::loader::wasm
