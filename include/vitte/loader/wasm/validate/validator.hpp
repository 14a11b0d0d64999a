/// Validates function bodies (core specification 3.0, 3.4 and its appendix "Validation Algorithm") and drives the
/// translation of what is reachable, in one pass over the bytes.
#pragma once

#include <deque>
#include <vitte/loader/wasm/translate/translator.hpp>

namespace vitte::loader::wasm {

/// One function after the other, of one module. `Sink` is a `translator`, or has its functions.
template <class Sink>
class function_validator {
public:
    function_validator(const module_data& module, Sink& sink) : module_(module), sink_(sink) {}

    /// Checks the body of function `index`, whose translation goes to `made`.
    result<void, parse_error> validate(const code_entry& code, std::uint32_t index, body& made);

private:
    enum class construct : std::uint8_t { function, block, loop, if_, else_, try_table };
    struct control {
        label target;
        construct kind;
        bool unreachable = false;  ///< the rest of the block is
        bool live;                 ///< the block was reached, so that the sink knows of it
        std::uint32_t height = 0;
        std::uint32_t initialized = 0;
        std::uint32_t table = 0;  ///< the last `br_table` that goes there
        value_types parameters, results;

        value_types branch_types() const noexcept { return kind == construct::loop ? parameters : results; }
    };
    static constexpr value_type bank_types[] = {i32, i64, f32, f64, v128};

    // Errors
    [[gnu::cold]] void refuse(const char* reason, errc code = errc::invalid_argument) noexcept {
        in_.refuse(reading_, reason, at_, code);
    }
    [[gnu::cold]] void mismatch() noexcept { refuse("type mismatch"); }
    bool require(bool condition, const char* reason) noexcept {
        if (!condition) [[unlikely]]
            refuse(reason);
        return condition;
    }
    void require_feature(bool allowed) noexcept {
        if (!allowed) refuse("illegal opcode: its proposal is not enabled", errc::malformed);
    }

    // The operand stack
    void push(value_type type) {
        stack_.push_back(type);
        limit_stack();
    }
    void push(value_types types) {
        stack_.append(types.data(), types.data() + types.size());
        limit_stack();
    }
    void limit_stack() noexcept {
        if (stack_.size() > module_.options.limits.values) [[unlikely]]
            refuse("more values on the stack than the engine allows", errc::too_large);
    }
    value_type pop() {
        if (stack_.size() == controls_.back().height) [[unlikely]] {
            if (!controls_.back().unreachable) mismatch();
            return unknown;
        }
        const value_type top = stack_.back();
        stack_.pop_back();
        return top;
    }
    value_type pop(value_type expected) {
        const value_type found = pop();
        if (found != expected && !module_.matches(found, expected)) [[unlikely]]
            mismatch();
        return found;
    }
    void pop(value_types types) {
        for (std::size_t i = types.size(); i-- > 0;) pop(types[i]);
    }
    value_type pop_reference() {
        const value_type found = pop();
        if (found != unknown && !found.is_reference()) mismatch();
        return found;
    }
    /// Whether a branch may take `types` from the stack as it is.
    void peek(value_types types) {
        const std::size_t height = controls_.back().height;
        std::size_t at = stack_.size();
        for (std::size_t i = types.size(); i-- > 0;) {
            if (at == height) {
                if (!controls_.back().unreachable) mismatch();
                return;
            }
            if (!module_.matches(stack_[--at], types[i])) return mismatch();
        }
    }
    bool live() const noexcept { return !controls_.back().unreachable && controls_.back().live && in_.ok(); }
    void make_unreachable() {
        stack_.resize(controls_.back().height);
        controls_.back().unreachable = true;
    }

    // Parts of the instructions
    void read_locals(light_vector<value_type>& all);
    template <class Type>
    void check_type(Type type) {
        const type_fault found = fault_of(type, module_.types.size(), module_.options.allowed);
        if (found.reason != nullptr) refuse(found.reason, found.code);
    }
    std::uint32_t local_index() {
        const std::uint32_t index = in_.u32("local index");
        require(index < locals_.size(), "unknown local");
        return in_.ok() ? index : 0;
    }
    template <class All>
    std::uint32_t index_in(const All& all, const char* reading, const char* unknown_reason) {
        const std::uint32_t index = in_.u32(reading);
        require(index < all.size(), unknown_reason);
        return index;
    }
    control& label_at(std::uint32_t depth) {
        if (!require(depth < controls_.size(), "unknown label")) return controls_.back();
        return controls_[controls_.size() - 1 - depth];
    }
    const table_entry* table_index(std::uint32_t& index) {
        index = index_in(module_.tables, "table index", "unknown table");
        return in_.ok() ? &module_.tables[index] : nullptr;
    }
    const memory_type* memory_index(std::uint32_t& index) {
        index = module_.options.allowed.multiple_memories ? in_.u32("memory index") : in_.byte("memory index");
        if (!module_.options.allowed.multiple_memories && index != 0) refuse("zero byte expected", errc::malformed);
        require(index < module_.memories.size(), "unknown memory");
        return in_.ok() ? &module_.memories[index] : nullptr;
    }
    struct memory_argument {
        std::uint32_t memory = 0;
        std::uint64_t offset = 0;
        value_type address = i32;
    };
    memory_argument read_memory_argument(std::uint32_t natural);

    // Instructions
    void instruction(std::uint8_t opcode);
    void numeric(std::uint32_t opcode);
    void variables(std::uint8_t opcode);
    void memory_access(std::uint8_t opcode);
    void references(std::uint8_t opcode);
    void calls(std::uint8_t opcode);
    void branches(std::uint8_t opcode);
    void branch_table();
    void select(bool typed);
    void open(construct kind);
    void try_table();
    void else_();
    void end();
    bool read_block_type(value_types& parameters, value_types& results);
    void enter(construct kind, value_types parameters, value_types results);
    void extended(std::uint32_t opcode);
    void bulk_memory(std::uint32_t opcode);
    void bulk_table(std::uint32_t opcode);
    void vector(std::uint32_t opcode);
    void lane(std::uint8_t& to, unsigned lanes) {
        to = in_.byte("lane index");
        require(to < lanes, "invalid lane index");
    }

    const module_data& module_;
    Sink& sink_;
    cursor in_;
    std::uint64_t at_ = 0, all_locals_ = 0;
    std::uint32_t tables_ = 0;               ///< `br_table` instructions so far
    const char* reading_ = "function body";  ///< the instruction, where its name is known
    light_vector<value_type> stack_, locals_;
    light_vector<control> controls_;
    light_vector<bool> initialized_;               ///< by local; those without a default are not at first
    light_vector<std::uint32_t> initializations_;  ///< locals in the order of their first writing
    std::deque<value_type> singles_;              ///< results of blocks that have one
};

}  // namespace vitte::loader::wasm
