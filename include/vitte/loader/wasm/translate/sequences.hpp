/// Which sequences of instructions have a handler of their own: those that loops, array elements, tests and calls are
/// made of, and those that the kernels of the bench, SQLite, Lua and zlib run most. A row earns its place if it saves
/// at least 0.4% of the handlers that one of these programs runs.
#pragma once

#include <vitte/loader/wasm/translate/fuse.hpp>

namespace vitte::loader::wasm {

namespace fused {
using namespace ops;
// Operations by where their operands are: S the frame, I the code, R the accumulator. If `Kept`, the result is stored.
template <class Op, bool Kept = false>
using si = ops::binary<Op, place::S, place::I, Kept>;
template <class Op, bool Kept = false>
using ss = ops::binary<Op, place::S, place::S, Kept>;
template <class Op, bool Kept = false>
using sr = ops::binary<Op, place::S, place::R, Kept>;
template <class Op, bool Kept = false>
using rs = ops::binary<Op, place::R, place::S, Kept>;
template <class Op, bool Kept = false>
using ri = ops::binary<Op, place::R, place::I, Kept>;
template <class Op, place A, place B>
using branch = ops::compare_branch<Op, A, B, true>;

/// Sequences that leave memory alone, and those that use it; `Checked` tells whether loads and stores check their
/// addresses.
struct plain_sequences {
    static constexpr auto S = place::S, I = place::I, R = place::R;
    using count = si<i32_add, true>;
    using copy = ops::copy<u64>;
    using set = constant_to_place;
    using keep = ops::keep<u32>;
    using turned = si<i32_rotl>;
    using mixed = after<sr<i32_xor>, 2>;
    static constexpr sequence rows[] = {
        // Counters, tests and the ends of loops.
        sequence_of<count, branch<i32_ne, R, I>>(),
        sequence_of<count, branch<i32_lt_u, R, I>>(),
        sequence_of<count, branch<i32_lt_s, R, I>>(),
        sequence_of<count, branch<i32_ne, S, R>>(),
        sequence_of<count, branch<i32_ne, R, S>>(),
        sequence_of<count, branch<i32_lt_u, R, S>>(),
        sequence_of<count, branch<i32_lt_s, R, S>>(),
        sequence_of<count, count, branch<i32_ne, R, I>>(),
        sequence_of<copy, copy, count, branch<i32_ne, R, I>>(),
        sequence_of<set, count, branch<i32_ne, R, I>>(),
        sequence_of<keep, count, branch<i32_ne, S, R>>(),
        sequence_of<rs<i32_add, true>, count, branch<i32_gt_u, R, I>>(),
        sequence_of<set, set, branch<i32_lt_u, S, I>>(),
        sequence_of<count, jump>(),
        sequence_of<count, call>(),
        sequence_of<count, keep>(),
        sequence_of<si<i32_and>, branch<i32_eq, R, I>>(),
        sequence_of<si<i32_and>, branch<i32_ne, R, I>>(),
        sequence_of<si<i32_and>, branch<i32_gt_u, R, I>>(),
        sequence_of<ri<i32_and>, branch<i32_eq, R, I>>(),
        sequence_of<ri<i32_and>, branch<i32_ne, R, I>>(),
        sequence_of<si<i32_add>, branch<i32_lt_u, R, I>>(),
        sequence_of<si<i32_add>, branch<i32_gt_u, R, I>>(),
        sequence_of<count, si<i32_and>, branch<i32_eq, R, I>>(),
        sequence_of<si<i32_add>, ri<i32_and>, branch<i32_gt_u, R, I>>(),
        sequence_of<si<i32_add>, ri<i32_and>, branch<i32_lt_u, R, I>>(),
        sequence_of<set, si<i32_add>, ri<i32_and>, branch<i32_lt_u, R, I>>(),
        sequence_of<count, unary<i32_extend8_s, S, true>, ri<i32_add>, branch_table<R>>(),
        sequence_of<si<i32_add>, branch_table<R>>(),
        sequence_of<ri<i32_add>, branch_table<R>>(),
        // What stands between blocks, and around calls.
        sequence_of<copy, copy>(),
        sequence_of<copy, copy, copy>(),
        sequence_of<copy, copy, copy, copy>(),
        sequence_of<set, set>(),
        sequence_of<set, copy>(),
        sequence_of<set, jump>(),
        sequence_of<copy, jump>(),
        sequence_of<set, call>(),
        sequence_of<copy, call>(),
        sequence_of<copy, call_indirect<u32, R>>(),
        sequence_of<keep, ri<i32_add>>(),
        sequence_of<zero_locals, global_get<u32, false>>(),
        sequence_of<ri<i32_sub, true>, global_set<u32, R>>(),
        sequence_of<si<i32_add>, global_set<u32, R>>(),
        sequence_of<si<i32_add>, return_nothing>(),
        sequence_of<ss<i32_add>, return_nothing>(),
        sequence_of<si<i32_shl>, return_nothing>(),
        sequence_of<si<i32_shr_u>, rs<i32_xor>, return_nothing>(),
        // Indices and bits.
        sequence_of<si<i32_shl>, sr<i32_add>>(),
        sequence_of<si<i32_shl>, sr<i32_add, true>>(),
        sequence_of<si<i32_shl>, ri<i32_add, true>>(),
        sequence_of<ri<i32_shl>, sr<i32_add, true>>(),
        sequence_of<ri<i32_shl>, ri<i32_add, true>>(),
        sequence_of<si<i32_mul>, sr<i32_add, true>>(),
        sequence_of<si<i32_mul>, ri<i32_add, true>>(),
        sequence_of<ri<i32_mul>, sr<i32_add, true>>(),
        sequence_of<sr<i32_add>, sr<i32_add>>(),
        sequence_of<si<i32_add>, ri<i32_and, true>>(),
        sequence_of<si<i32_and>, ri<i32_shl>>(),
        sequence_of<ss<i32_and>, ri<i32_shl>>(),
        sequence_of<si<i32_and>, ri<i32_add>>(),
        sequence_of<si<i32_and>, sr<i32_add>>(),
        sequence_of<si<i32_and>, rs<i32_add, true>, jump>(),
        sequence_of<ri<i32_and>, ri<i32_shl>, ri<i32_add>>(),
        sequence_of<si<i32_shr_u>, ri<i32_and>>(),
        sequence_of<ri<i32_shr_u>, ri<i32_and>>(),
        sequence_of<ri<i32_shr_u>, sr<i32_xor, true>>(),
        sequence_of<ss<i32_xor>, ri<i32_and>>(),
        sequence_of<sr<i32_xor>, ri<i32_and>>(),
        sequence_of<sr<i32_xor>, sr<i32_xor>>(),
        // Words that are turned and mixed.
        sequence_of<turned, turned, mixed, turned, after<sr<i32_xor, true>, 2>, copy>(),
        sequence_of<turned, turned, mixed, turned, mixed, sr<i32_add, true>, copy>(),
        sequence_of<ss<i32_xor>, copy, rs<i32_and>, ss<i32_and>, after<sr<i32_xor, true>, 2>>(),
        sequence_of<ss<i32_and>, sr<i32_add>, rs<i32_add>, copy, si<i32_xor>, sr<i32_and>,
                    after<sr<i32_add, true>, 4>>(),
        sequence_of<sr<i32_add, true>, ss<i32_add, true>, copy, copy, copy, copy>(),
        // Products and sums of numbers.
        sequence_of<rs<f64_mul>, sr<f64_add>>(),
        sequence_of<sr<f64_mul>, sr<f64_sub>>(),
        sequence_of<ss<f64_mul>, rs<f64_mul>>(),
        sequence_of<ss<f64_mul>, rs<f64_mul, true>>(),
        sequence_of<ss<f64_add>, rs<f64_mul>, rs<f64_add, true>>(),
        sequence_of<ss<f64_mul, true>, ss<f64_mul, true>, after<sr<f64_add>, 2>, branch<f64_lt, R, I>>(),
        sequence_of<ss<f64_sub>, sr<f64_add, true>, after<rs<f64_mul, true>, 0, 1>, ss<f64_add>, rs<f64_mul>,
                    rs<f64_add, true>>(),
        sequence_of<ss<f64_sub>, sr<f64_add, true>, set, count, branch<i32_ne, R, I>>(),
    };
};
template <bool Checked>
struct memory_sequences {
    static constexpr auto S = place::S, I = place::I, R = place::R;
    using count = plain_sequences::count;
    using copy = plain_sequences::copy;
    using keep = plain_sequences::keep;
    using turned = plain_sequences::turned;
    using mixed = plain_sequences::mixed;
    template <class T>
    using wide = std::conditional_t<sizeof(T) < 4, u32, T>;
    template <class T, address A, bool Kept = false>
    using load = ops::load_from<T, wide<T>, A, Kept, Checked>;
    template <class T, address A, place V>
    using store = ops::store_to<T, wide<T>, A, V, Checked>;
    static constexpr auto at_S = address::S, at_R = address::R;
    using word = load<u32, at_R>;
    using byte = load<u8, at_R>;
    using element = load<double, at_R>;
    static constexpr sequence rows[] = {
        // Fields, and what is done with them.
        sequence_of<si<i32_add>, word>(),
        sequence_of<ri<i32_add>, word>(),
        sequence_of<ri<i32_add>, load<u32, at_R, true>>(),
        sequence_of<sr<i32_add>, load<u32, at_R, true>>(),
        sequence_of<si<i32_shl>, sr<i32_add>, load<u32, at_R, true>>(),
        sequence_of<ri<i32_shl>, sr<i32_add>, load<u32, at_R, true>>(),
        sequence_of<load<u32, at_S, true>, load<u32, at_S>>(),
        sequence_of<load<u32, at_S, true>, load<u32, at_S, true>>(),
        sequence_of<load<u32, at_S>, branch<i32_eq, R, I>>(),
        sequence_of<load<u32, at_S, true>, branch<i32_eq, R, I>>(),
        sequence_of<load<u32, at_S>, branch<i32_ne, R, I>>(),
        sequence_of<load<u32, at_S, true>, branch<i32_ne, R, I>>(),
        sequence_of<load<u32, at_R>, branch<i32_ne, R, I>>(),
        sequence_of<load<u32, at_S>, store<u32, at_S, R>>(),
        sequence_of<load<u64, at_S>, store<u64, at_S, R>>(),
        sequence_of<si<i32_add>, store<u32, at_S, R>>(),
        sequence_of<ri<i32_add>, store<u32, at_S, R>>(),
        sequence_of<si<i32_or>, store<u32, at_S, R>>(),
        sequence_of<si<i32_add>, store<u32, at_R, I>>(),
        sequence_of<si<i32_add>, store<u32, at_R, S>>(),
        sequence_of<load<u32, at_R>, ri<i32_add>, store<u32, at_S, R>>(),
        sequence_of<sr<i32_add>, store<u32, at_S, R>, copy, count, branch<i32_ne, R, I>>(),
        sequence_of<sr<i32_add>, store<u32, at_S, R>, count, jump>(),
        sequence_of<load<u32, at_S, true>, count, keep>(),
        sequence_of<count, load<u32, at_R, true>, branch<i32_lt_s, R, S>>(),
        sequence_of<count, after<count, 1>, load<u32, at_R, true>, branch<i32_lt_s, R, S>>(),
        // Bytes of text and of code.
        sequence_of<si<i32_add>, byte>(),
        sequence_of<si<i32_add>, load<u8, at_R, true>>(),
        sequence_of<ri<i32_add>, byte>(),
        sequence_of<load<u8, at_S>, branch<i32_eq, R, I>>(),
        sequence_of<load<u8, at_S, true>, branch<i32_eq, R, I>>(),
        sequence_of<load<u8, at_S>, branch<i32_ne, R, I>>(),
        sequence_of<load<u8, at_S, true>, branch<i32_ne, R, I>>(),
        sequence_of<byte, sr<i32_add, true>>(),
        sequence_of<si<i32_add>, byte, branch<i32_eq, R, I>>(),
        sequence_of<si<i32_add>, byte, branch_table<R>>(),
        sequence_of<si<i64_add, true>, load<u8, at_S, true>, branch_table<R>>(),
        sequence_of<si<i32_add>, load<u8, at_R, true>, jump>(),
        sequence_of<si<i32_add>, byte, ri<i32_shl>>(),
        sequence_of<si<i32_add>, byte, ri<i32_shl>, sr<i32_add>, word, branch<i32_eq, R, I>>(),
        sequence_of<si<i32_add>, byte, ri<i32_shl>, sr<i32_add, true>, word, ri<i32_add>, store<u32, at_S, R>>(),
        sequence_of<si<i32_add>, byte, ri<i32_shl>, sr<i32_add, true>, si<i32_add>, byte, store<u32, at_S, R>>(),
        sequence_of<load<u32, at_R, true>, si<i32_add>, byte, ri<i32_shl>, sr<i32_add>, word>(),
        sequence_of<si<i32_add>, store<u8, at_R, I>, ss<i32_add, true>, branch<i32_lt_u, R, I>>(),
        sequence_of<si<i32_mul>, si<i32_and>, after<sr<i32_add, true>, 2>, load<u8, at_S, true>, count, jump>(),
        // Words that are turned and mixed.
        sequence_of<si<i32_add>, word, sr<i32_add>, ss<i32_add>, word, after<sr<i32_add, true>, 3>>(),
        sequence_of<si<i32_shr_u>, sr<i32_xor>, rs<i32_add>, si<i32_add>, word, after<sr<i32_add, true>, 3>>(),
        sequence_of<si<i32_add>, load<u32, at_R, true>, ri<i32_rotl>, after<turned, 2>, mixed, after<si<i32_shr_u>, 4>,
                    mixed>(),
        sequence_of<ss<i32_add, true>, ri<i32_add, true>, after<si<i32_add>, 2>, load<u32, at_R, true>, ri<i32_rotl>,
                    after<turned, 2>, after<sr<i32_xor, true>, 2>>(),
        sequence_of<ri<i32_shl>, ri<i32_add>, word, si<i32_shr_u>, after<sr<i32_xor, true>, 2>>(),
        sequence_of<ri<i32_and>, ri<i32_shl>, ri<i32_add>, word, si<i32_shr_u>, after<sr<i32_xor, true>, 2>>(),
        // Elements of arrays of numbers.
        sequence_of<si<i32_add>, element>(),
        sequence_of<si<i32_add>, load<double, at_R, true>>(),
        sequence_of<element, sr<f64_add>>(),
        sequence_of<load<double, at_S>, sr<f64_sub, true>>(),
        sequence_of<si<i32_add>, element, si<i32_add>, element, after<sr<f64_mul, true>, 3>>(),
        sequence_of<ss<i32_add, true>, ri<i32_add>, element, si<i32_add>, element, after<sr<f64_mul, true>, 3>>(),
        sequence_of<load<double, at_S>, load<double, at_S>, after<sr<f64_mul>, 2>, rs<f64_add>, sr<f64_add>,
                    sr<f64_add>, sr<f64_add, true>>(),
    };
};
}  // namespace fused

/// The sequences of a program's code; `checked` tells whether its loads and stores check their addresses.
template <bool Checked>
const sequence_index& sequences() noexcept {
    static const sequence_index made = [] {
        sequence_index index;
        if constexpr (VITTE_WASM_SEQUENCES) {
            index.add(fused::plain_sequences::rows);
            index.add(fused::memory_sequences<Checked>::rows);
        }
        return index;
    }();
    return made;
}

}  // namespace vitte::loader::wasm
