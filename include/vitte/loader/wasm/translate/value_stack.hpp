/// Where the values of the operand stack are while a function is translated.
#pragma once

#include <utility>
#include <vitte/core/light_vector.hpp>
#include <vitte/loader/wasm/interpret/bank.hpp>

namespace vitte::loader::wasm {

/// Which accumulator holds values of a kind. Vectors have none.
enum class accumulator_index : std::uint8_t { integer, float32, float64 };
inline constexpr std::size_t accumulators = 3;
constexpr std::size_t accumulator_of(bank b) noexcept { return b == bank::float32 ? 1 : b == bank::float64 ? 2 : 0; }

/// A value on the operand stack.
struct stack_value {
    enum class kind : std::uint8_t {
        placed,       ///< in its own place
        local,        ///< in the place `at` of a local that has not been written since
        constant,     ///< `bits`
        accumulated,  ///< in the accumulator only
    };
    kind where = kind::placed;
    wasm::bank bank = bank::int32;
    std::uint32_t place = 0;  ///< the byte offset in the frame that this height of the stack has
    std::uint64_t bits = 0;   ///< of a constant; of a local, `at` and in the upper half `below`

    /// Of a local: the next value under this one that is the same local, or `value_stack::none`.
    std::uint32_t below() const noexcept { return static_cast<std::uint32_t>(bits >> 32); }
    std::uint32_t at() const noexcept { return where == kind::local ? static_cast<std::uint32_t>(bits) : place; }
    bool in_frame() const noexcept { return where == kind::placed || where == kind::local; }
    bool is_constant() const noexcept { return where == kind::constant; }
    bool is_accumulated() const noexcept { return where == kind::accumulated; }
};

/// The operand stack. Values above `clean()` may be locals or accumulated; those below are not.
class value_stack {
public:
    static constexpr std::uint32_t none = ~0u;

    /// An empty stack whose first place is at `bottom`. `locals` is what the locals take.
    void start(std::uint32_t bottom, std::uint32_t locals) {
        values_.clear();
        bottom_ = deepest_ = bottom;
        clean_ = 0;
        pending_.assign(locals / 8, none);
        for (auto& h : holders_) h = none;
    }

    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(values_.size()); }
    stack_value& operator[](std::uint32_t i) noexcept { return values_[i]; }
    stack_value& top() noexcept { return values_.back(); }
    /// The place that the next value has.
    std::uint32_t next_place() const noexcept {
        return values_.empty() ? bottom_ : values_.back().place + bytes_of(values_.back().bank);
    }
    std::uint32_t deepest() const noexcept { return deepest_; }
    void reach(std::uint32_t size_of_frame) noexcept {
        if (size_of_frame > deepest_) deepest_ = size_of_frame;
    }

    stack_value& push(stack_value::kind where, bank b, std::uint64_t bits = 0) {
        const std::uint32_t place = next_place();
        reach(place + bytes_of(b));
        if (where == stack_value::kind::accumulated) holders_[accumulator_of(b)] = size();
        if (where == stack_value::kind::local) bits = linked(static_cast<std::uint32_t>(bits));
        values_.push_back({where, b, place, bits});
        return values_.back();
    }
    stack_value pop() noexcept {
        const stack_value taken = values_.back();
        values_.pop_back();
        forget(taken, size());
        if (clean_ > size()) clean_ = size();
        return taken;
    }
    void shrink(std::uint32_t to) noexcept {
        while (size() > to) pop();
    }
    /// The value `i` is now in its own place.
    void place(std::uint32_t i) noexcept {
        forget(values_[i], i);
        values_[i].where = stack_value::kind::placed;
    }

    /// The value that is in an accumulator only, or `none`.
    std::uint32_t holder(std::size_t accumulator) const noexcept { return holders_[accumulator]; }
    /// The topmost value that is the local at `at`, or `none`.
    std::uint32_t pending(std::uint32_t at) const noexcept { return pending_[at / 8]; }
    std::uint32_t clean() const noexcept { return clean_; }
    void set_clean() noexcept { clean_ = size(); }

private:
    /// The bits of a value to be pushed that is the local at `at`.
    std::uint64_t linked(std::uint32_t at) {
        const std::uint32_t below = std::exchange(pending_[at / 8], size());
        if (below != none) {
            if (above_.size() <= below) above_.resize(below + 1);
            above_[below] = size();
        }
        return at | std::uint64_t{below} << 32;
    }
    void forget(const stack_value& v, std::uint32_t i) noexcept {
        if (v.where == stack_value::kind::accumulated && holders_[accumulator_of(v.bank)] == i)
            holders_[accumulator_of(v.bank)] = none;
        if (v.where != stack_value::kind::local) return;
        if (std::uint32_t& topmost = pending_[v.at() / 8]; topmost == i) {
            topmost = v.below();
            return;
        }
        values_[above_[i]].bits = v.bits;
        if (v.below() != none) above_[v.below()] = above_[i];
    }

    light_vector<stack_value> values_;
    light_vector<std::uint32_t> pending_;  ///< by local
    light_vector<std::uint32_t> above_;    ///< of values that are the same local as others above: the next one
    std::uint32_t holders_[accumulators] = {none, none, none};
    std::uint32_t bottom_ = 0, deepest_ = 0, clean_ = 0;
};

}  // namespace vitte::loader::wasm
