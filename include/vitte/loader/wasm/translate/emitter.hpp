/// Writes internal code, and knows what the accumulators hold.
#pragma once

#include <algorithm>
#include <vitte/loader/wasm/interpret/control.hpp>
#include <vitte/loader/wasm/translate/sequences.hpp>
#include <vitte/loader/wasm/translate/value_stack.hpp>

namespace vitte::loader::wasm {

namespace detail {
/// `Op` for the accumulator of each bank.
template <template <class> class Op>
inline constexpr handler by_bank[5] = {run<Op<std::uint32_t>>, run<Op<std::uint64_t>>, run<Op<float>>, run<Op<double>>,
                                       nullptr};
}  // namespace detail

/// Appends instructions to the code of a module. Results are written to accumulators; the last instruction that wrote
/// one can be told later to store its result as well.
class emitter {
public:
    static constexpr std::uint32_t none = ~0u;

    /// `checked` tells whether its loads and stores check their addresses, as all do where no memory is guarded.
    emitter(light_vector<cell>& code, bool checked)
        : code_(code), sequences_(checked ? sequences<true>() : sequences<!VITTE_WASM_GUARDS>()) {}

    /// Joins instructions of the function that has been emitted since the last call, so that as few handlers as
    /// possible are run from each instruction to the function's end. Its operand stack starts at `stack` in the frame.
    void fuse(std::uint32_t stack) {
        constexpr std::size_t longest = sequence::longest;
        handler ahead[longest] = {};       // of the instructions from here on, each by itself
        std::uint32_t left[longest] = {};  // handlers that are run from the next instruction, the one after it, …
        for (std::size_t i = starts_.size(); i-- > 0;) {
            handler& run = code_[starts_[i]].run;
            std::copy_backward(ahead, ahead + longest - 1, ahead + longest);
            ahead[0] = run;
            std::size_t length = 1;
            sequences_.for_each(ahead[0], ahead[1], [&](const sequence& s) {
                const std::size_t here = left[s.length - 1], before = left[length - 1];
                if (here > before || (here == before && s.length < length) ||
                    !s.matches(ahead, code_.data(), &starts_[i], stack))
                    return;
                run = s.made;
                length = s.length;
            });
            const std::uint32_t from_here = left[length - 1] + 1;
            std::copy_backward(left, left + longest - 1, left + longest);
            left[0] = from_here;
        }
        starts_.clear();
    }

    std::uint32_t position() const noexcept { return static_cast<std::uint32_t>(code_.size()); }
    /// Appends an instruction of `length` cells, whose operands are zero.
    std::uint32_t begin(handler run, unsigned length) {
        last_ = position();
        starts_.push_back(last_);
        code_.resize(code_.size() + length);
        code_[last_].run = run;
        return last_;
    }
    void set(std::uint32_t at, unsigned operand, std::uint32_t value) noexcept {
        code_[at + 1 + operand / 2].word[operand % 2] = value;
    }
    std::uint32_t operand(std::uint32_t at, unsigned i) const noexcept { return code_[at + 1 + i / 2].word[i % 2]; }
    cell& operator[](std::uint32_t at) noexcept { return code_[at]; }
    std::uint32_t emit(handler run, unsigned length, std::initializer_list<std::uint32_t> operands) {
        const std::uint32_t at = begin(run, length);
        unsigned i = 0;
        for (const std::uint32_t o : operands) set(at, i++, o);
        return at;
    }

    /// Whether the instruction at `at` is the last one, and nothing branches to what follows it.
    bool is_last(std::uint32_t at) const noexcept { return at == last_ && at != none; }
    void remove_last() noexcept {
        code_.resize(last_);
        starts_.pop_back();
        for (producer& p : producers_)
            if (p.at == last_) p.kept = nullptr;
        last_ = none;
    }
    /// Code is reached from elsewhere here: accumulators hold nothing that is known.
    void barrier() noexcept {
        last_ = none;
        forget_accumulators();
    }
    void forget_accumulators() noexcept {
        for (std::size_t k = 0; k < accumulators; ++k) mirrors_[k] = none, producers_[k] = {};
    }

    /// The instruction at `at` writes an accumulator; `kept` is the handler that also stores the result at the place
    /// that `operand` names. A null `kept` means that there is none.
    void produced(bank b, std::uint32_t at, handler kept, unsigned operand) noexcept {
        const std::size_t k = accumulator_of(b);
        mirrors_[k] = none;
        producers_[k] = {at, kept, operand};
    }
    /// Whether the accumulator of `b` holds what is at `place`.
    bool mirrors(bank b, std::uint32_t place) const noexcept {
        return b != bank::vector && mirrors_[accumulator_of(b)] == place;
    }
    /// `place` has been written by something else than an accumulator.
    void written(std::uint32_t place) noexcept {
        for (auto& m : mirrors_)
            if (m == place) m = none;
    }
    /// Stores the accumulator of `b` at `place`. With `anywhere`, the instruction that made the value may do so,
    /// however long ago; else only if it is the last one.
    void store_accumulator(bank b, std::uint32_t place, bool anywhere) {
        const std::size_t k = accumulator_of(b);
        producer& made = producers_[k];
        if (made.kept != nullptr && (anywhere || is_last(made.at))) {
            code_[made.at].run = made.kept;
            set(made.at, made.operand, place);
            made.kept = nullptr;
        } else {
            emit(detail::by_bank<ops::keep>[static_cast<unsigned>(b)], 2, { place });
        }
        written(place);
        if (mirrors_[k] == none) mirrors_[k] = place;
    }
    void copy(bank b, std::uint32_t from, std::uint32_t to) {
        if (mirrors(b, from)) {
            emit(detail::by_bank<ops::keep>[static_cast<unsigned>(b)], 2, { to });
        } else if (b == bank::vector) {
            emit(run<ops::copy<ops::vector_bits>>, 2, {from, to});
            written(to + 8);
        } else {
            emit(run<ops::copy<std::uint64_t>>, 2, {from, to});
        }
        written(to);
    }
    void constant_to_place(std::uint64_t bits, std::uint32_t to) {
        const std::uint32_t at = emit(run<ops::constant_to_place>, 3, {to});
        code_[at + 2].bits = bits;
        written(to);
    }
    /// Loads a constant into the accumulator of `b`.
    void constant(bank b, std::uint64_t bits) {
        const std::uint32_t at = begin(detail::by_bank<ops::constant>[static_cast<unsigned>(b)], 3);
        code_[at + 2].bits = bits;
        produced(b, at, nullptr, 0);
    }
    /// An instruction that wrote an accumulator.
    struct producer {
        std::uint32_t at = none;
        handler kept = nullptr;
        unsigned operand = 0;
    };
    const producer& last_producer(bank b) const noexcept { return producers_[accumulator_of(b)]; }
    /// Appends what `remove_last` took away, as the maker of an accumulator.
    void append_producer(bank b, const producer& made, const cell* cells, std::size_t count) {
        last_ = position();
        starts_.push_back(last_);
        code_.append(cells, cells + count);
        producers_[accumulator_of(b)] = made;
        producers_[accumulator_of(b)].at = last_;
    }

    struct accumulator_state {
        std::uint32_t mirrors[accumulators];
    };
    /// What the accumulators hold, to be restored behind code that is only reached by falling into it.
    accumulator_state state() const noexcept { return {{mirrors_[0], mirrors_[1], mirrors_[2]}}; }
    void restore(const accumulator_state& s) noexcept {
        for (std::size_t k = 0; k < accumulators; ++k) mirrors_[k] = s.mirrors[k];
        last_ = none;
    }

private:
    light_vector<cell>& code_;
    light_vector<std::uint32_t> starts_;  ///< of the function's instructions
    const sequence_index& sequences_;
    std::uint32_t last_ = none;
    std::uint32_t mirrors_[accumulators] = {none, none, none};
    producer producers_[accumulators];
};

}  // namespace vitte::loader::wasm
