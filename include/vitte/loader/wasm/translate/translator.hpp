/// Makes internal code of one function after the other, driven by the validator, which calls it for reachable
/// instructions only.
#pragma once

#include <span>
#include <vitte/loader/wasm/translate/emitter.hpp>

namespace vitte::loader::wasm {

using value_types = std::span<const value_type>;

/// The place in the code that a block's branches go to.
struct label {
    static constexpr std::uint32_t none = ~0u;

    std::uint32_t start = none;         ///< of a loop; others are bound at their end
    std::uint32_t branches = none;      ///< the last operand that waits for it; each holds the one before
    std::uint32_t no_branch = none;     ///< of an `if`: the branch to its `else`
    std::uint32_t height = 0;           ///< values on the stack below its parameters
    std::uint32_t base = 0;             ///< the place of its first parameter or result
    std::uint32_t landing = none;       ///< code of a `br_table` that moves values and goes there; none if none move
    std::uint32_t landing_of = none;    ///< the number of that `br_table`
    std::uint32_t first_clause = none;  ///< of a `try_table`
    bool is_function = false;
};

/// One function at a time: `start`, then one call per instruction, in order, then `finish`.
class translator {
public:
    /// `size` is what the module has in bytes.
    translator(module_data& module, std::uint64_t size)
        : module_(module),
          code_(module.code, module.options.checked_memory),
          most_cells_(module.options.limits.code_bytes_for(size) / sizeof(cell)) {}

    void start(body& function, value_types parameters, value_types locals);
    void finish();

    // Values
    void constant(value_type type, std::uint64_t bits) {
        stack_.push(stack_value::kind::constant, bank_of(type), bits);
    }
    void vector_constant(std::uint64_t low, std::uint64_t high);
    void local_get(std::uint32_t index) {
        stack_.push(stack_value::kind::local, local_banks_[index], local_places_[index]);
    }
    void local_set(std::uint32_t index);
    void local_tee(std::uint32_t index) {
        local_set(index);
        local_get(index);
    }
    void global_get(std::uint32_t index, value_type type);
    void global_set(std::uint32_t index, value_type type);
    void drop() { stack_.pop(); }
    void select(value_type type);
    void numeric(std::uint32_t opcode);
    void reference_to_function(std::uint32_t index);
    void is_null();
    void check_reference();

    // Memory
    void load(std::uint8_t opcode, std::uint32_t memory, std::uint64_t offset);
    void store(std::uint8_t opcode, std::uint32_t memory, std::uint64_t offset);
    /// Calls C++ with the `operands` topmost values in their places; a result is in the first one.
    void runtime_call(handler run, unsigned operands, value_type result, std::uint32_t a = 0, std::uint32_t b = 0,
                      std::uint32_t c = 0);
    /// An instruction on vectors: `operands` values in the frame, a result in the frame, and what `extra` says.
    void vector(handler run, unsigned operands, value_type result, std::span<const std::uint32_t> extra = {});

    // Control
    void block(label& made, std::uint32_t parameters);
    void loop(label& made, std::uint32_t parameters);
    void if_(label& made, std::uint32_t parameters);
    void else_(label& of, value_types parameters, value_types results, bool reachable);
    void end(label& of, value_types results, bool reachable, bool is_if);
    void branch(label& to, value_types values);
    void branch_if(label& to, value_types values);
    /// `to(i)` is the label and the values of branch `i`; the last one is the default.
    template <class Targets>
    void branch_table(std::uint32_t count, Targets&& to);
    void branch_on_null(label& to, value_types values);
    void branch_on_non_null(label& to, value_types values);
    void return_(value_types results);
    void unreachable() { code_.emit(run<ops::unreachable>, 1, {}); }

    // Calls
    void call(std::uint32_t index);
    void call_indirect(std::uint32_t type, std::uint32_t table);
    void call_reference(std::uint32_t type);
    void tail_call(std::uint32_t index);
    void tail_call_indirect(std::uint32_t type, std::uint32_t table);
    void tail_call_reference(std::uint32_t type);

    // Exceptions
    struct clause {
        std::uint32_t tag;  ///< or `catch_clause::all`
        bool reference;
        label* to;
        value_types values;  ///< that go to the label
    };
    void try_table(label& made, std::uint32_t parameters, std::span<const clause> clauses);
    void throw_(std::uint32_t tag);
    void throw_reference();

    /// Whether the module's code is larger than allowed: branches that move many values become much code.
    bool full() const noexcept { return code_.position() > most_cells_; }
    /// Counts an instruction, for metering.
    void count() noexcept { ++counted_; }

private:
    using form = ops::form;
    /// A comparison that has not been made yet.
    struct condition {
        std::uint32_t opcode;
        form shape;
        std::uint32_t words[2];
        std::uint64_t wide;  ///< an immediate operand of 64 bits
    };

    void release(bank b);
    void settle(std::uint32_t i, bool constants);
    void flush(std::uint32_t parameters);
    void materialize(std::uint32_t count);
    void move_to(const stack_value& v, std::uint32_t to, bool last_only);
    void preserve(std::uint32_t local);
    bool in_accumulator(const stack_value& v) const noexcept;
    std::uint32_t in_frame(stack_value& v);
    void push_vector(std::uint32_t at, unsigned operand);
    void push_result(bank b, std::uint32_t at, handler kept, unsigned operand);
    void push_results(value_types results);
    void push_placed(value_types types) {
        for (const value_type t : types) stack_.push(stack_value::kind::placed, bank_of(t));
    }
    void binary(std::uint32_t opcode, stack_value a, stack_value b);
    static bool has_constant_address(const memory_row& row, const stack_value& address, std::uint64_t offset) noexcept;
    std::uint32_t emit_form(const numeric_row& row, handler run, form f, const stack_value& a, const stack_value& b);
    form choose_form(const stack_value& a, const stack_value& b) const noexcept;
    condition take_condition();
    void emit_branch(const condition& c, bool sense, label& to);
    std::uint32_t emit_branch(const condition& c, bool sense);
    void refer(label& to, std::uint32_t at, unsigned operand);
    void bind(std::uint32_t& branches);
    void bind_branch(std::uint32_t operand_at);
    bool needs_moves(const label& to, value_types values);
    void emit_moves(const label& to, value_types values);
    void branch_if(const condition& c, label& to, value_types values);
    std::uint32_t arguments(const signature& type);
    void meter();
    void count_cells(std::uint32_t at, std::uint32_t more = 0);
    /// Counts bytes that code sets or copies at once, for metering.
    void count_bytes(std::uint32_t size) noexcept { counted_ += size / execution::bytes_per_cell; }
    /// Which handlers of accesses to memory are used.
    unsigned checked() const noexcept { return !VITTE_WASM_GUARDS || module_.options.checked_memory ? 1 : 0; }

    module_data& module_;
    emitter code_;
    std::uint64_t most_cells_;
    value_stack stack_;
    body* function_ = nullptr;
    light_vector<std::uint32_t> local_places_;
    light_vector<bank> local_banks_;
    light_vector<catch_clause> waiting_;  ///< clauses of open `try_table` blocks
    std::uint32_t compare_ = label::none, compare_opcode_ = 0;
    form compare_form_ = form::ss;
    std::uint32_t vector_at_ = label::none, vector_operand_ = 0;  ///< the last instruction that wrote a vector
    std::uint32_t counted_ = 0, meter_ = label::none, poll_ = 0, tables_ = 0, zeroed_ = 0;
};

}  // namespace vitte::loader::wasm
