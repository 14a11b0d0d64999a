/// Which sequences of instructions have a handler of their own: those that array elements, counters, tests and calls
/// are made of, and those that are run most in SQLite, Lua and the kernels of the bench.
#pragma once

#include <vitte/loader/wasm/fuse.hpp>

namespace vitte::loader::wasm {

/// The `fusion_table` of a program; `Checked` tells whether loads and stores check their addresses.
template <bool Checked>
class sequences {
public:
    /// Made at the first call, from any thread.
    static const fusion_table& table() noexcept {
        static const sequences made;
        return made.table_;
    }

private:
    sequences() noexcept {
        if constexpr (VITTE_WASM_SEQUENCES) add_all();
    }
    template <class... Ops>
    void add() {
        table_.add<Ops...>();
    }
    void add_all() {
        add_addresses();
        add_arithmetic();
        add_branches();
        add_floats();
        add_calls();
        add_chains();
        add_loops();
        add_number_sequences();
        add_hash_sequences();
        add_text_sequences();
        add_call_sequences();
        add_moves();
    }

    using place = ops::place;
    using address = ops::address;
    using u8 = std::uint8_t;
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;
    // Operations by where their operands are: S the frame, I the code, R the accumulator. If `Kept`, the result is
    // stored.
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
    template <class Op, place A, place B, bool Sense = true>
    using branch = ops::compare_branch<Op, A, B, Sense>;
    template <class T>
    using wide = std::conditional_t<sizeof(T) < 4, u32, T>;
    template <class T, address A, bool Kept = false>
    using load = ops::load_from<T, wide<T>, A, Kept, Checked>;
    template <class T, address A, place V>
    using store = ops::store_to<T, wide<T>, A, V, Checked>;
    static constexpr auto S = place::S;
    static constexpr auto I = place::I;
    static constexpr auto R = place::R;
    static constexpr auto at_S = address::S;
    static constexpr auto at_R = address::R;
    using copy = ops::copy<u64>;
    using set = ops::constant_to_place;
    using jump = ops::jump;

    template <class First, class... Second>
    void add_each() {
        (add<First, Second>(), ...);
    }

    /// An address is a sum.
    template <class First>
    void add_access() {
        add_each<First, load<u32, at_R>, load<u8, at_R>, load<std::int8_t, at_R>, load<std::uint16_t, at_R>,
                 load<u64, at_R>, load<double, at_R>>();
        add_each<First, load<u32, at_R, true>, load<u8, at_R, true>, load<std::int8_t, at_R, true>,
                 load<std::uint16_t, at_R, true>, load<u64, at_R, true>, load<double, at_R, true>>();
    }
    void add_addresses() {
        using ops::i32_add;
        add_access<si<i32_add>>();
        add_access<ss<i32_add>>();
        add_access<sr<i32_add>>();
        add_access<ri<i32_add>>();
        add_stores<si<i32_add>>();
        add_stores<ss<i32_add>>();
        add_store_of<i32_add>();
        add_store_of<ops::i32_xor>();
        add_store_of<ops::i32_or>();
    }
    template <class First>
    void add_stores() {
        add_each<First, store<u32, at_R, S>, store<u32, at_R, I>, store<u8, at_R, S>, store<u8, at_R, I>,
                 store<u64, at_R, S>>();
    }
    /// What is stored is computed just before.
    template <class Op>
    void add_store_of() {
        using stored = store<u32, at_S, R>;
        add<si<Op>, stored>();
        add<sr<Op>, stored>();
        add<ri<Op>, stored>();
    }

    /// One result goes into the next operation.
    template <class First>
    void add_uses() {
        using namespace ops;
        add_each<First, sr<i32_add>, sr<i32_add, true>, sr<i32_xor>, sr<i32_xor, true>, sr<i32_and>, sr<i32_or>,
                 sr<i32_or, true>, rs<i32_add>, rs<i32_add, true>, ri<i32_add>, ri<i32_add, true>, ri<i32_and>,
                 ri<i32_and, true>, ri<i32_shl>>();
    }
    void add_arithmetic() {
        using namespace ops;
        add_uses<si<i32_rotl>>();
        add_uses<si<i32_shl>>();
        add_uses<ri<i32_shl>>();
        add_uses<si<i32_shr_u>>();
        add_uses<ri<i32_shr_u>>();
        add_uses<si<i32_and>>();
        add_uses<ri<i32_and>>();
        add_uses<ss<i32_and>>();
        add_uses<sr<i32_and>>();
        add_uses<si<i32_add>>();
        add_uses<sr<i32_add>>();
        add_uses<ss<i32_add>>();
        add_uses<ss<i32_xor>>();
        add_uses<sr<i32_xor>>();
        add_uses<si<i32_mul>>();
        add_uses<ss<i32_mul>>();
        add<copy, copy>();
        add<set, set>();
        add<set, jump>();
        add<copy, jump>();
        add<si<i32_add, true>, jump>();
    }

    template <class First>
    void add_tests() {
        using namespace ops;
        add_test<First, i32_eq>();
        add_test<First, i32_ne>();
        add_test<First, i32_lt_u>();
        add_test<First, i32_gt_u>();
        add_test<First, i32_lt_s>();
        add_test<First, i32_ge_s>();
        add_test<First, i32_gt_s>();
    }
    template <class First, class Compare>
    void add_test() {
        add<First, branch<Compare, R, I>>();
    }
    template <class First>
    void add_loop_ends() {
        using namespace ops;
        add_tests<First>();
        add<First, branch<i32_ne, R, S>>();
        add<First, branch<i32_lt_u, R, S>>();
        add<First, branch<i32_lt_s, R, S>>();
    }
    void add_load_tests() {
        using namespace ops;
        add_tests<load<u8, at_S, true>>();
        add_tests<load<u8, at_S>>();
        add_tests<load<u8, at_R>>();
        add_tests<load<u32, at_S, true>>();
        add_tests<load<u32, at_S>>();
    }
    void add_branches() {
        using namespace ops;
        add_loop_ends<si<i32_add, true>>();
        add_loop_ends<ss<i32_add, true>>();
        add_tests<si<i32_and>>();
        add_tests<ri<i32_and>>();
        add_tests<si<i32_add>>();
        add_load_tests();
    }

    template <class First>
    void add_float_uses() {
        using namespace ops;
        add_each<First, sr<f64_add>, sr<f64_add, true>, rs<f64_add>, rs<f64_add, true>, sr<f64_sub>, sr<f64_sub, true>,
                 rs<f64_sub>, rs<f64_sub, true>, sr<f64_mul>, sr<f64_mul, true>, rs<f64_mul>, rs<f64_mul, true>>();
    }
    void add_floats() {
        using namespace ops;
        add_float_uses<load<double, at_S>>();
        add_float_uses<load<double, at_R>>();
        add_each<ss<f64_add>, store<double, at_S, R>>();
        add_each<sr<f64_add>, store<double, at_S, R>>();
        add_each<rs<f64_add>, store<double, at_S, R>>();
        add_float_uses<ss<f64_mul>>();
        add_float_uses<sr<f64_mul>>();
        add_float_uses<rs<f64_mul>>();
        add_float_uses<ss<f64_sub>>();
    }

    void add_calls() {
        using namespace ops;
        using byte = load<u8, at_R>;
        add<byte, branch_table<R>>();
        add<si<i32_add>, byte, branch_table<R>>();
        add_each<si<i32_add, true>, call>();
        add_each<copy, call, call_indirect<u32, R>, call_indirect<u32, S>>();
        add_each<set, call>();
        add<keep<u32>, copy>();
        add<keep<u32>, ri<i32_add>>();
        add<si<i32_add>, return_nothing>();
        add<ss<i32_add>, return_nothing>();
        add<sr<i32_add>, return_nothing>();
        add<zero_locals, global_get<u32, false>>();
        add<global_get<u32, false>, ri<i32_sub, true>>();
        add<ri<i32_sub, true>, global_set<u32, R>>();
        add<si<i32_add>, global_set<u32, R>>();
        add<global_set<u32, R>, return_nothing>();
    }

    template <class First, class Second, class... Third>
    void add3_each() {
        (add<First, Second, Third>(), ...);
    }
    template <class First, class Second, class... Compare>
    void add3_tests() {
        (add<First, Second, branch<Compare, R, I>>(), ...);
    }
    template <class First, class Memory>
    void add_load_chains() {
        using namespace ops;
        using loaded = load<Memory, at_R>;
        add3_each<First, loaded, sr<i32_add>, sr<i32_add, true>, sr<i32_xor>, ri<i32_shl>, ri<i32_and>>();
        add3_tests<First, loaded, i32_eq, i32_ne, i32_lt_u, i32_gt_u>();
    }
    template <class First, class Second>
    void add_index_chains() {
        using namespace ops;
        add3_each<First, Second, load<u32, at_R>, load<u32, at_R, true>, load<double, at_R>,
                  load<double, at_R, true>>();
    }
    /// Three operations, each on the result of the one before: elements of arrays, above all.
    void add_chains() {
        using namespace ops;
        add_load_chains<si<i32_add>, u32>();
        add_load_chains<si<i32_add>, u8>();
        add_load_chains<sr<i32_add>, u32>();
        add_load_chains<ss<i32_add>, u8>();
        add_index_chains<si<i32_shl>, sr<i32_add>>();
        add_index_chains<si<i32_shl>, ri<i32_add>>();
        add_index_chains<ri<i32_shl>, sr<i32_add>>();
        add_index_chains<ri<i32_shl>, ri<i32_add>>();
        using number = load<double, at_R>;
        add3_each<si<i32_add>, number, sr<f64_mul>, sr<f64_mul, true>, rs<f64_mul>, sr<f64_add>, sr<f64_add, true>,
                  rs<f64_add>, sr<f64_sub>>();
        add3_tests<si<i32_add>, ri<i32_and>, i32_eq, i32_ne, i32_lt_u, i32_gt_u>();
        add3_each<ri<i32_and>, ri<i32_shl>, sr<i32_add>, ri<i32_add>>();
        add3_each<si<i32_rotl>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>, rs<i32_add, true>>();
        add3_each<si<i32_shr_u>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>, rs<i32_add, true>>();
        add3_each<ss<i32_and>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>>();
        add<copy, copy, copy>();
        add3_each<ss<f64_mul>, rs<f64_add>, sr<f64_add>, sr<f64_add, true>>();
        add3_each<ss<f64_mul>, sr<f64_add>, sr<f64_add>, sr<f64_add, true>>();
    }

    /// Ends of loops: what is computed last, the counter, the branch back.
    void add_loops() {
        using namespace ops;
        using count = si<i32_add, true>;
        using again = branch<i32_ne, R, I>;
        add<count, count, again>();
        add<set, count, again>();
        add<copy, copy, count, again>();
        add<keep<u32>, count, branch<i32_ne, S, R>>();
        add<rs<i32_add, true>, count, branch<i32_gt_u, R, I>>();
        add<count, load<u32, at_R, true>, branch<i32_lt_s, R, S>>();
        add<count, after<si<i32_add, true>, 1>, load<u32, at_R, true>, branch<i32_lt_s, R, S>>();
        add<si<i32_add>, store<u8, at_R, I>, ss<i32_add, true>, branch<i32_lt_u, R, I>>();
        add<sr<i32_add>, store<u32, at_S, R>, count, jump>();
        add<sr<i32_add>, store<u32, at_S, R>, copy, count, again>();
        add<load<u32, at_R>, ri<i32_add>, store<u32, at_S, R>, count, jump>();
        add<load<u8, at_S, true>, count, jump>();
        add<si<i32_and>, rs<i32_add, true>, jump>();
    }
    /// Elements of arrays of numbers, their products and sums.
    void add_number_sequences() {
        using namespace ops;
        using element = load<double, at_R>;
        using product = after<sr<f64_mul, true>, 3>;
        add<ss<i32_add, true>, ri<i32_add>, element, si<i32_add>, element, product>();
        add<si<i32_add>, element, si<i32_add>, element, product>();
        add<load<double, at_S>, load<double, at_S>, after<sr<f64_mul>, 2>, rs<f64_add>, sr<f64_add>, sr<f64_add>,
            sr<f64_add, true>>();
        add<ss<f64_mul, true>, ss<f64_mul, true>, after<sr<f64_add>, 2>, branch<f64_lt, R, I>>();
        add<rs<f64_mul, true>, sr<f64_add>, branch<f64_lt, R, I, false>>();
        add<ss<f64_sub>, sr<f64_add, true>, after<rs<f64_mul, true>, 0, 1>, ss<f64_add>, rs<f64_mul>,
            rs<f64_add, true>>();
        add<ss<f64_sub>, sr<f64_add, true>, set, si<i32_add, true>, branch<i32_ne, R, I>>();
    }
    /// Words that are turned and mixed.
    void add_hash_sequences() {
        using namespace ops;
        using turned = si<i32_rotl>;
        using turned_too = after<si<i32_rotl>, 2>;
        using mixed = after<sr<i32_xor>, 2>;
        using mixed_and_kept = after<sr<i32_xor, true>, 2>;
        using word = load<u32, at_R>;
        add<turned, turned, mixed_and_kept, turned, sr<i32_xor, true>>();
        add<turned, turned, mixed, turned, after<sr<i32_xor>, 2>, sr<i32_add, true>, copy>();
        add<turned, turned, mixed, turned, after<sr<i32_xor, true>, 2>, copy>();
        add<turned, sr<i32_xor>, sr<i32_add, true>, copy, turned, turned, mixed_and_kept>();
        add<ss<i32_xor>, copy, rs<i32_and>, ss<i32_and>, mixed_and_kept>();
        add<copy, rs<i32_and>, ss<i32_and>, mixed_and_kept, turned, turned, mixed_and_kept>();
        add<ss<i32_and>, sr<i32_add>, rs<i32_add>, copy, si<i32_xor>, sr<i32_and>, after<sr<i32_add, true>, 4>>();
        add<si<i32_add>, word, sr<i32_add>, ss<i32_add>, word, after<sr<i32_add, true>, 3>>();
        add<ss<i32_add, true>, ri<i32_add, true>, after<si<i32_add>, 2>, load<u32, at_R, true>, ri<i32_rotl>,
            turned_too, mixed_and_kept>();
        add<si<i32_add>, load<u32, at_R, true>, ri<i32_rotl>, turned_too, mixed, after<si<i32_shr_u>, 4>,
            after<sr<i32_xor>, 2>>();
        add<si<i32_shr_u>, sr<i32_xor>, rs<i32_add>, si<i32_add>, word, after<sr<i32_add, true>, 3>>();
        add<si<i32_shr_u>, sr<i32_xor>, sr<i32_add>, store<u32, at_S, R>>();
        add<sr<i32_add, true>, ss<i32_add, true>, copy, copy, copy, copy>();
        add<sr<i32_add, true>, sr<i32_add, true>, ss<i32_add, true>, copy, copy, copy, copy>();
        add<ri<i32_and>, ri<i32_shl>, ri<i32_add>, word, si<i32_shr_u>, mixed_and_kept>();
    }
    /// Bytes of text, and what they lead to.
    void add_text_sequences() {
        using namespace ops;
        using count = si<i32_add, true>;
        using byte = load<u8, at_R>;
        add<si<i32_mul>, si<i32_and>, after<sr<i32_add, true>, 2>, load<u8, at_S, true>, count, jump>();
        add<set, si<i32_add>, ri<i32_and>, branch<i32_lt_u, R, I>>();
        add<count, si<i32_and>, branch<i32_eq, R, I>>();
        add<count, unary<i32_extend8_s, S, true>, ri<i32_add>, branch_table<R>>();
        add<si<i32_add>, branch_table<R>>();
        add<si<i64_add, true>, load<u8, at_S, true>, branch_table<R>>();
        add<si<i32_add>, byte, ri<i32_shl>, sr<i32_add>, load<u32, at_R>, branch<i32_eq, R, I>>();
        add<si<i32_add>, byte, ri<i32_shl>, sr<i32_add, true>, si<i32_add>, byte, store<u32, at_S, R>>();
        add<load<u32, at_R, true>, si<i32_add>, byte, ri<i32_shl>, sr<i32_add>, load<u32, at_R>>();
        add<si<i32_add>, byte, ri<i32_shl>, sr<i32_add, true>, load<u32, at_R>, ri<i32_add>, store<u32, at_S, R>>();
        add<si<i32_add>, load<u8, at_R, true>, jump>();
    }
    void add_call_sequences() {
        using namespace ops;
        add<si<i32_shl>, return_nothing>();
        add<si<i32_shr_u>, rs<i32_xor>, return_nothing>();
        add<set, set, branch<i32_lt_u, S, I>>();
    }
    /// What compilers leave between blocks.
    void add_moves() {
        using namespace ops;
        add<copy, copy, copy, copy>();
        add<set, copy>();
        add<load<u32, at_S, true>, load<u32, at_S>>();
        add<load<u32, at_S, true>, load<u32, at_S, true>>();
        add<load<u32, at_S>, store<u32, at_S, R>>();
        add<load<u64, at_S>, store<u64, at_S, R>>();
        add<load<u32, at_S, true>, si<i32_add, true>, keep<u32>>();
        add<ri<i32_mul>, sr<i32_add, true>>();
        add<si<i32_shr_u>, ri<i32_and>>();
    }

    fusion_table table_;
};

}  // namespace vitte::loader::wasm
