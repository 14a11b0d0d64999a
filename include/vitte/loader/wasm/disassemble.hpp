/// Function bodies in the text format's words (core specification, 6.5), one instruction a line, as they stand: for
/// people. Nothing is validated; indices are numbers.
#pragma once

#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <string>
#include <vitte/loader/format/wasm.hpp>
#include <vitte/loader/format/wasm/type_text.hpp>
#include <vitte/loader/wasm/interpret/vector_rows.hpp>

namespace vitte::loader::wasm {

namespace detail {

/// What stands behind an opcode.
enum class immediate : std::uint8_t {
    none,
    block,
    index,
    swapped,   ///< two indices, of which the text has the second one first
    optional,  ///< an index that is written unless it is 0
    optional_two,
    memory,
    labels,
    catches,
    types,
    heap,
    i32,
    i64,
    f32,
    f64,
};
struct instruction_words {
    const char* text = nullptr;
    immediate what = immediate::none;
};

/// By opcode: one byte as it is, behind 0xfc plus 0x100.
inline constexpr std::size_t scalar_opcodes = 0x112;
constexpr auto make_instruction_words() {
    struct {
        instruction_words rows[scalar_opcodes];
    } made;
    using enum immediate;
    constexpr struct {
        std::uint16_t opcode;
        instruction_words words;
    } others[] = {
        {0x00, {"unreachable", none}},
        {0x01, {"nop", none}},
        {0x02, {"block", block}},
        {0x03, {"loop", block}},
        {0x04, {"if", block}},
        {0x05, {"else", none}},
        {0x08, {"throw", index}},
        {0x0a, {"throw_ref", none}},
        {0x0b, {"end", none}},
        {0x0c, {"br", index}},
        {0x0d, {"br_if", index}},
        {0x0e, {"br_table", labels}},
        {0x0f, {"return", none}},
        {0x10, {"call", index}},
        {0x11, {"call_indirect", swapped}},
        {0x12, {"return_call", index}},
        {0x13, {"return_call_indirect", swapped}},
        {0x14, {"call_ref", index}},
        {0x15, {"return_call_ref", index}},
        {0x1a, {"drop", none}},
        {0x1b, {"select", none}},
        {0x1c, {"select", types}},
        {0x1f, {"try_table", catches}},
        {0x20, {"local.get", index}},
        {0x21, {"local.set", index}},
        {0x22, {"local.tee", index}},
        {0x23, {"global.get", index}},
        {0x24, {"global.set", index}},
        {0x25, {"table.get", optional}},
        {0x26, {"table.set", optional}},
        {0x3f, {"memory.size", optional}},
        {0x40, {"memory.grow", optional}},
        {0x41, {"i32.const", i32}},
        {0x42, {"i64.const", i64}},
        {0x43, {"f32.const", f32}},
        {0x44, {"f64.const", f64}},
        {0xd0, {"ref.null", heap}},
        {0xd1, {"ref.is_null", none}},
        {0xd2, {"ref.func", index}},
        {0xd4, {"ref.as_non_null", none}},
        {0xd5, {"br_on_null", index}},
        {0xd6, {"br_on_non_null", index}},
        {0x108, {"memory.init", swapped}},
        {0x109, {"data.drop", index}},
        {0x10a, {"memory.copy", optional_two}},
        {0x10b, {"memory.fill", optional}},
        {0x10c, {"table.init", swapped}},
        {0x10d, {"elem.drop", index}},
        {0x10e, {"table.copy", optional_two}},
        {0x10f, {"table.grow", optional}},
        {0x110, {"table.size", optional}},
        {0x111, {"table.fill", optional}},
    };
    for (const auto& o : others) made.rows[o.opcode] = o.words;
    for (std::uint32_t code = first_numeric_opcode; code < scalar_opcodes; ++code)
        if (is_numeric_opcode(code)) made.rows[code] = {numeric_row_of(code).text, none};
    for (std::size_t i = 0; i < memory_rows.size(); ++i)
        if (memory_rows[i].text != nullptr) made.rows[first_memory_opcode + i] = {memory_rows[i].text, memory};
    return made;
}
inline constexpr auto instruction_table = make_instruction_words();

/// Reads instructions, one after the other, into text.
class instruction_reader {
public:
    explicit instruction_reader(cursor& in) noexcept : in_(in) {}

    /// The next instruction; `opcode` is its first byte.
    std::string next(std::uint8_t& opcode) {
        const std::uint64_t from = in_.offset();
        opcode = in_.byte("instruction");
        if (opcode == 0xfd) return vector(in_.u32("instruction"), from);
        const std::uint64_t code = opcode == 0xfc ? std::uint64_t{0x100} + in_.u32("instruction") : opcode;
        if (code >= scalar_opcodes || instruction_table.rows[code].text == nullptr) return illegal(from);
        text_ = instruction_table.rows[code].text;
        read(instruction_table.rows[code].what);
        return std::move(text_);
    }

private:
    std::string illegal(std::uint64_t from) {
        in_.refuse("instruction", "illegal opcode", from);
        return {};
    }
    void add(std::string_view word) { (text_ += ' ') += word; }
    void add(std::uint64_t number) { add(std::to_string(number)); }
    std::uint32_t index() { return in_.u32("index"); }
    void formatted(const char* format, auto... values) {
        char to[64];
        std::snprintf(to, sizeof to, format, values...);
        add(to);
    }
    /// The locale has a point of its own, of several bytes in some.
    void decimal(double value, int digits) {
        char to[64];
        std::snprintf(to, sizeof to, "%.*g", digits, value);
        std::string made;
        for (const char* c = to; *c != 0; ++c) {
            const bool is_own = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || *c == '+' || *c == '-';
            if (is_own || !made.ends_with('.')) made += is_own ? *c : '.';
        }
        add(made);
    }

    void read(immediate what) {
        switch (what) {
            case immediate::none: return;
            case immediate::block: return block();
            case immediate::index: return add(index());
            case immediate::swapped: {
                const std::uint32_t last = index(), first = index();
                if (first != 0) add(first);
                return text_.starts_with("call") || text_.starts_with("return")
                           ? add("(type " + std::to_string(last) + ")")
                           : add(last);
            }
            case immediate::optional:
                if (const std::uint32_t i = index(); i != 0) add(i);
                return;
            case immediate::optional_two: {
                const std::uint32_t to = index(), from = index();
                if (to != 0 || from != 0) add(to), add(from);
                return;
            }
            case immediate::memory: return memory();
            case immediate::labels:
                for (std::uint64_t left = std::uint64_t{in_.count("br_table")} + 1; left != 0 && in_.ok(); --left)
                    add(index());
                return;
            case immediate::catches: return catches();
            case immediate::types:
                for (std::uint32_t left = in_.count("select"); left != 0 && in_.ok(); --left)
                    add("(result " + text_of(read_value_type(in_, "select")) + ")");
                return;
            case immediate::heap: return add(text_of(read_heap_type(in_)));
            case immediate::i32: return formatted("%" PRId32, in_.s32("i32.const"));
            case immediate::i64: return formatted("%" PRId64, in_.s64("i64.const"));
            case immediate::f32: return real(in_.fixed<std::uint32_t>("f32.const"), std::uint32_t{0x7fffff});
            case immediate::f64: return real(in_.fixed<std::uint64_t>("f64.const"), (std::uint64_t{1} << 52) - 1);
        }
    }
    template <class Bits>
    void real(Bits bits, Bits fraction) {
        using T = std::conditional_t<sizeof(Bits) == 4, float, double>;
        const T value = std::bit_cast<T>(bits);
        const char* const sign = bits >> (8 * sizeof(Bits) - 1) != 0 ? "-" : "";
        if (value != value)
            formatted("%snan:0x%" PRIx64, sign, std::uint64_t{bits & fraction});
        else
            decimal(static_cast<double>(value), sizeof(T) == 4 ? 9 : 17);
    }
    void block() {
        const std::uint8_t code = in_.byte("block type");
        if (code == 0x40) return;
        if (code >= 0x63 && code < 0x80)
            return add("(result " + text_of(read_value_type(in_, code, "block type")) + ")");
        in_.back(1);
        add("(type " + std::to_string(in_.s33("block type")) + ")");
    }
    void catches() {
        block();
        constexpr const char* kinds[] = {"(catch ", "(catch_ref ", "(catch_all ", "(catch_all_ref "};
        for (std::uint32_t left = in_.count("catch clauses"); left != 0 && in_.ok(); --left) {
            const std::uint8_t kind = in_.byte("catch clause");
            if (kind > 3) return in_.refuse("catch clause", "malformed catch clause");
            std::string clause = kinds[kind];
            if (kind < 2) clause += std::to_string(index()) + ' ';
            add(clause + std::to_string(index()) + ')');
        }
    }
    /// Bit 6 of the alignment says that a memory's index follows.
    void memory() {
        const std::uint32_t alignment = in_.u32("memory argument");
        if ((alignment & 0x40) != 0) add(index());
        const std::uint64_t offset = in_.u64("memory argument");
        if (offset != 0) add("offset=" + std::to_string(offset));
        if ((alignment & ~0x40u) >= 64) return in_.refuse("memory argument", "malformed memop flags");
        add("align=" + std::to_string(std::uint64_t{1} << (alignment & 63)));
    }
    std::string vector(std::uint32_t opcode, std::uint64_t from) {
        if (opcode >= vector_opcodes || vector_rows[opcode].shape == vector_shape::none) return illegal(from);
        const vector_row& row = vector_rows[opcode];
        text_ = row.text;
        switch (row.shape) {
            case vector_shape::constant:
                add("i32x4");
                for (int i = 0; i < 4; ++i) formatted("0x%08" PRIx32, in_.fixed<std::uint32_t>("v128.const"));
                break;
            case vector_shape::shuffle:
                for (int i = 0; i < 16; ++i) add(in_.byte("lane index"));
                break;
            case vector_shape::extract:
            case vector_shape::replace: add(in_.byte("lane index")); break;
            case vector_shape::load_whole:
            case vector_shape::store_whole: memory(); break;
            case vector_shape::load_lane:
            case vector_shape::store_lane:
                memory();
                add(in_.byte("lane index"));
                break;
            default: break;
        }
        return std::move(text_);
    }

    cursor& in_;
    std::string text_;
};

}  // namespace detail

/// Calls `line(depth, text)` for the locals and for each instruction of a function's body; `depth` is how deep in
/// blocks it stands. Fails at what is no instruction.
template <class Line>
result<void, parse_error> disassemble(const code_entry& code, Line&& line) {
    cursor in = code.body;
    std::string locals;
    for (std::uint32_t groups = in.count("locals"); groups != 0 && in.ok(); --groups) {
        const std::uint32_t count = in.u32("locals");
        const std::string type = text_of(read_value_type(in, "locals"));
        constexpr std::uint32_t most_spelled = 16;
        if (count > most_spelled)
            locals += ' ' + type + " (; " + std::to_string(count) + " times ;)";
        else
            for (std::uint32_t i = 0; i < count; ++i) locals += ' ' + type;
    }
    VITTE_CHECK(in.status());
    if (!locals.empty()) line(0u, "(local" + locals + ")");
    unsigned depth = 0;
    detail::instruction_reader reader(in);
    while (!in.at_end()) {
        std::uint8_t opcode = 0;
        const std::string text = reader.next(opcode);
        if (!in.ok()) break;
        if (opcode == 0x0b && depth == 0) continue;  // the function's own end
        if (opcode == 0x0b) --depth;
        line(opcode == 0x05 && depth != 0 ? depth - 1 : depth, text);
        if (opcode == 0x02 || opcode == 0x03 || opcode == 0x04 || opcode == 0x1f) ++depth;
    }
    return in.status();
}

}  // namespace vitte::loader::wasm
