/// Superinstructions: handlers that do what two or three instructions in a row do, and so save jumps. The code stays as
/// it is; only the first instruction's handler is another one, so that branches to the others still find them.
#pragma once

#include <vitte/loader/wasm/interpret_control.hpp>
#include <vitte/loader/wasm/interpret_memory.hpp>

namespace vitte::loader::wasm {

namespace ops {
template <class First, class Second>
struct both {
    [[gnu::always_inline]] static handler step(registers& x) noexcept {
        if (const handler other = step_of<First>(x); other != nullptr) [[unlikely]]
            return other;
        return step_of<Second>(x);
    }
};
}  // namespace ops

#if VITTE_WASM_TAIL_CALLS
template <class First, class Branch>
void run_then_branch(const cell* pc, std::byte* frame, std::byte* memory, runtime* in, std::uint64_t r, double d,
                     float s) {
    registers x{pc, frame, memory, in, r, d, s, pc};
    if (const handler other = step_of<First>(x); other != nullptr) [[unlikely]] {
        VITTE_WASM_GO(x, other);
    }
    if (Branch::taken(x)) {
        x.pc = Branch::target(x.pc);
        VITTE_WASM_NEXT(x);
    }
    x.pc += Branch::length;
    VITTE_WASM_NEXT(x);
}
#else
template <class First, class Branch>
void run_then_branch(registers& x) {
    if (const handler other = step_of<First>(x); other != nullptr) return other(x);
    run_branch<Branch>(x);
}
#endif

/// Which two handlers make one; the second may be one of two itself. Built for each module that is compiled: there is
/// no state that threads share.
class fusion_table {
public:
    fusion_table() {
        if constexpr (!VITTE_WASM_SMALL) add_all();
    }
    /// The handler for `first` and then `second`; null if there is none.
    handler find(handler first, handler second) const noexcept {
        for (std::size_t i = slot(first, second);; i = (i + 1) % size) {
            if (entries_[i].made == nullptr) return nullptr;
            if (entries_[i].first == first && entries_[i].second == second) return entries_[i].made;
        }
    }

private:
    static constexpr std::size_t size = VITTE_WASM_SMALL ? 1 : 4096;
    void add_all() {
        add_addresses<false>();
        add_addresses<true>();
        add_arithmetic();
        add_branches();
        add_floats<false>();
        add_floats<true>();
        add_calls<false>();
        add_calls<true>();
        add_chains<false>();
        add_chains<true>();
    }
    using S = std::integral_constant<ops::place, ops::place::S>;
    struct entry {
        handler first, second, made;
    };
    static std::size_t slot(handler first, handler second) noexcept {
        const auto a = reinterpret_cast<std::uintptr_t>(first) >> 4, b = reinterpret_cast<std::uintptr_t>(second) >> 4;
        return static_cast<std::size_t>((a * 0x9e3779b1u ^ b * 0x85ebca6bu) >> 7) % size;
    }
    void put(handler first, handler second, handler made) noexcept {
        std::size_t i = slot(first, second);
        while (entries_[i].made != nullptr) i = (i + 1) % size;
        entries_[i] = {first, second, made};
    }
    template <class First, class Second>
    void add() {
        put(run<First>, run<Second>, run<ops::both<First, Second>>);
    }
    template <class First, class Branch>
    void add_branch() {
        put(run<First>, run_branch<Branch>, run_then_branch<First, Branch>);
    }
    template <class First, class... Second>
    void add_each() {
        (add<First, Second>(), ...);
    }

    template <class Op, bool Kept = false>
    using si = ops::binary<Op, ops::place::S, ops::place::I, Kept>;
    template <class Op, bool Kept = false>
    using ss = ops::binary<Op, ops::place::S, ops::place::S, Kept>;
    template <class Op, bool Kept = false>
    using sr = ops::binary<Op, ops::place::S, ops::place::R, Kept>;
    template <class Op, bool Kept = false>
    using rs = ops::binary<Op, ops::place::R, ops::place::S, Kept>;
    template <class Op, bool Kept = false>
    using ri = ops::binary<Op, ops::place::R, ops::place::I, Kept>;

    /// An address is a sum.
    template <class First, bool Checked>
    void add_access() {
        add_loads<First, Checked, std::uint32_t, std::uint32_t>();
        add_loads<First, Checked, std::uint8_t, std::uint32_t>();
        add_loads<First, Checked, std::int8_t, std::uint32_t>();
        add_loads<First, Checked, std::uint16_t, std::uint32_t>();
        add_loads<First, Checked, std::uint64_t, std::uint64_t>();
        add_loads<First, Checked, double, double>();
    }
    template <class First, bool Checked, class Memory, class T>
    void add_loads() {
        add<First, ops::load_from<Memory, T, ops::address::R, false, Checked>>();
        add<First, ops::load_from<Memory, T, ops::address::R, true, Checked>>();
    }
    template <bool Checked>
    void add_addresses() {
        using ops::i32_add;
        add_access<si<i32_add>, Checked>();
        add_access<ss<i32_add>, Checked>();
        add_access<sr<i32_add>, Checked>();
        add_access<ri<i32_add>, Checked>();
        add_stores<si<i32_add>, Checked>();
        add_stores<ss<i32_add>, Checked>();
        add_store_of<i32_add, Checked>();
        add_store_of<ops::i32_xor, Checked>();
        add_store_of<ops::i32_or, Checked>();
    }
    template <class First, bool Checked>
    void add_stores() {
        using ops::address, ops::place, ops::store_to;
        add_each<First, store_to<std::uint32_t, std::uint32_t, address::R, place::S, Checked>,
                 store_to<std::uint32_t, std::uint32_t, address::R, place::I, Checked>,
                 store_to<std::uint8_t, std::uint32_t, address::R, place::S, Checked>,
                 store_to<std::uint8_t, std::uint32_t, address::R, place::I, Checked>,
                 store_to<std::uint64_t, std::uint64_t, address::R, place::S, Checked>>();
    }
    /// What is stored is computed just before.
    template <class Op, bool Checked>
    void add_store_of() {
        using store = ops::store_to<std::uint32_t, std::uint32_t, ops::address::S, ops::place::R, Checked>;
        add<si<Op>, store>();
        add<sr<Op>, store>();
        add<ri<Op>, store>();
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
        using copy = ops::copy<std::uint64_t>;
        add<copy, copy>();
        add<constant_to_place, constant_to_place>();
        add<constant_to_place, jump>();
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
        add_branch<First, ops::compare_branch<Compare, ops::place::R, ops::place::I, true>>();
    }
    template <class First>
    void add_loop_ends() {
        using namespace ops;
        add_tests<First>();
        add_branch<First, compare_branch<i32_ne, place::R, place::S, true>>();
        add_branch<First, compare_branch<i32_lt_u, place::R, place::S, true>>();
        add_branch<First, compare_branch<i32_lt_s, place::R, place::S, true>>();
    }
    template <bool Checked>
    void add_load_tests() {
        using namespace ops;
        add_tests<load_from<u8, u32, address::S, true, Checked>>();
        add_tests<load_from<u8, u32, address::S, false, Checked>>();
        add_tests<load_from<u8, u32, address::R, false, Checked>>();
        add_tests<load_from<u32, u32, address::S, true, Checked>>();
        add_tests<load_from<u32, u32, address::S, false, Checked>>();
    }
    void add_branches() {
        using namespace ops;
        add_loop_ends<si<i32_add, true>>();
        add_loop_ends<ss<i32_add, true>>();
        add_tests<si<i32_and>>();
        add_tests<ri<i32_and>>();
        add_tests<si<i32_add>>();
        add_load_tests<false>();
        add_load_tests<true>();
    }

    template <class First>
    void add_float_uses() {
        using namespace ops;
        add_each<First, sr<f64_add>, sr<f64_add, true>, rs<f64_add>, rs<f64_add, true>, sr<f64_sub>, sr<f64_sub, true>,
                 rs<f64_sub>, rs<f64_sub, true>, sr<f64_mul>, sr<f64_mul, true>, rs<f64_mul>, rs<f64_mul, true>>();
    }
    template <bool Checked>
    void add_floats() {
        using namespace ops;
        add_float_uses<load_from<double, double, address::S, false, Checked>>();
        add_float_uses<load_from<double, double, address::R, false, Checked>>();
        add_each<ss<f64_add>, store_to<double, double, address::S, place::R, Checked>>();
        add_each<sr<f64_add>, store_to<double, double, address::S, place::R, Checked>>();
        add_each<rs<f64_add>, store_to<double, double, address::S, place::R, Checked>>();
        if (Checked) return;
        add_float_uses<ss<f64_mul>>();
        add_float_uses<sr<f64_mul>>();
        add_float_uses<rs<f64_mul>>();
        add_float_uses<ss<f64_sub>>();
    }

    template <bool Checked>
    void add_calls() {
        using namespace ops;
        using byte = load_from<u8, u32, address::R, false, Checked>;
        add<byte, branch_table<place::R>>();
        add3<si<i32_add>, byte, branch_table<place::R>>();
        if (Checked) return;
        using copied = copy<std::uint64_t>;
        add_each<si<i32_add, true>, call>();
        add_each<copied, call, call_indirect<u32, place::R>, call_indirect<u32, place::S>>();
        add_each<constant_to_place, call>();
        add<keep<u32>, copied>();
        add<keep<u32>, ri<i32_add>>();
        add<si<i32_add>, return_nothing>();
        add<ss<i32_add>, return_nothing>();
        add<sr<i32_add>, return_nothing>();
        add<zero_locals, global_get<u32, false>>();
        add<global_get<u32, false>, ri<i32_sub, true>>();
        add<ri<i32_sub, true>, global_set<u32, place::R>>();
        add<si<i32_add>, global_set<u32, place::R>>();
        add<global_set<u32, place::R>, return_nothing>();
    }

    template <class First, class Second, class Third>
    void add3() {
        put(run<First>, run<ops::both<Second, Third>>, run<ops::both<First, ops::both<Second, Third>>>);
    }
    template <class First, class Second, class... Third>
    void add3_each() {
        (add3<First, Second, Third>(), ...);
    }
    template <class First, class Second, class... Compare>
    void add3_tests() {
        using ops::place;
        (put(run<First>, run_then_branch<Second, ops::compare_branch<Compare, place::R, place::I, true>>,
             run_then_branch<ops::both<First, Second>, ops::compare_branch<Compare, place::R, place::I, true>>),
         ...);
    }
    template <class First, class Memory, bool Checked>
    void add_load_chains() {
        using namespace ops;
        using loaded = load_from<Memory, u32, address::R, false, Checked>;
        add3_each<First, loaded, sr<i32_add>, sr<i32_add, true>, sr<i32_xor>, ri<i32_shl>, ri<i32_and>>();
        add3_tests<First, loaded, i32_eq, i32_ne, i32_lt_u, i32_gt_u>();
    }
    template <class First, class Second, bool Checked>
    void add_index_chains() {
        using namespace ops;
        add3_each<First, Second, load_from<u32, u32, address::R, false, Checked>,
                  load_from<u32, u32, address::R, true, Checked>, load_from<double, double, address::R, false, Checked>,
                  load_from<double, double, address::R, true, Checked>>();
    }
    /// Three operations, each on the result of the one before: elements of arrays, above all.
    template <bool Checked>
    void add_chains() {
        using namespace ops;
        add_load_chains<si<i32_add>, u32, Checked>();
        add_load_chains<si<i32_add>, u8, Checked>();
        add_load_chains<sr<i32_add>, u32, Checked>();
        add_load_chains<ss<i32_add>, u8, Checked>();
        add_index_chains<si<i32_shl>, sr<i32_add>, Checked>();
        add_index_chains<si<i32_shl>, ri<i32_add>, Checked>();
        add_index_chains<ri<i32_shl>, sr<i32_add>, Checked>();
        add_index_chains<ri<i32_shl>, ri<i32_add>, Checked>();
        using number = load_from<double, double, address::R, false, Checked>;
        add3_each<si<i32_add>, number, sr<f64_mul>, sr<f64_mul, true>, rs<f64_mul>, sr<f64_add>, sr<f64_add, true>,
                  rs<f64_add>, sr<f64_sub>>();
        if (Checked) return;
        add3_tests<si<i32_add>, ri<i32_and>, i32_eq, i32_ne, i32_lt_u, i32_gt_u>();
        add3_each<ri<i32_and>, ri<i32_shl>, sr<i32_add>, ri<i32_add>>();
        add3_each<si<i32_rotl>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>, rs<i32_add, true>>();
        add3_each<si<i32_shr_u>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>, rs<i32_add, true>>();
        add3_each<ss<i32_and>, sr<i32_xor>, sr<i32_add>, sr<i32_add, true>>();
        using copied = copy<std::uint64_t>;
        add3<copied, copied, copied>();
        add3_each<ss<f64_mul>, rs<f64_add>, sr<f64_add>, sr<f64_add, true>>();
        add3_each<ss<f64_mul>, sr<f64_add>, sr<f64_add>, sr<f64_add, true>>();
    }

    entry entries_[size] = {};
};

}  // namespace vitte::loader::wasm
