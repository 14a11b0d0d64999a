/// Writes a model of what a library offers as a header of C++; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vitte/core/decimal.hpp>
#include <vitte/loader/bind/model.hpp>

namespace vitte::loader::bind {

namespace detail {

/// Names that C allows and C++ does not, or that headers define as macros, between spaces.
inline constexpr std::string_view reserved_names =
    " alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char char16_t char32_t "
    "char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit "
    "continue decltype default delete do double dynamic_cast else enum errno explicit export extern false final "
    "float for friend functions goto i386 if inline int linux long mutable namespace new noexcept not not_eq "
    "nullptr offsetof operator or or_eq override private protected public register reinterpret_cast requires "
    "restrict return short signed sizeof static static_assert static_cast std stderr stdin stdout struct switch "
    "template this thread_local throw true try typedef typeid typename union unix unsigned using virtual vitte "
    "void volatile wchar_t while xor xor_eq ";

inline constexpr std::size_t longest_name = 512;
/// What stands for a name of the library in C++: only characters that names have, and none that means something else.
inline std::string safe_name(std::string_view name) {
    std::string made;
    for (const char c : name.substr(0, longest_name)) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (good || c != ':' || !made.ends_with('_')) made += good ? c : '_';
    }
    if (!made.empty() && made[0] >= '0' && made[0] <= '9') made.insert(0, "_");
    return reserved_names.find(' ' + made + ' ') == std::string_view::npos ? made : made + '_';
}

class header_writer {
public:
    header_writer(const library& of, std::string_view name_space) : of_(of), space_(name_space) {}

    std::string run(std::string_view source) {
        choose_names();
        open(source);
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (of_[id].kind == type_kind::enumeration) write_enumeration(id);
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (is_record(id) && !is_foreign(id) && inline_in_[id] == none) text_ += keyword(id) + names_[id] + ";\n";
        text_ += '\n';
        for (std::unique_ptr<bool[]>& all : seen_) all = std::make_unique<bool[]>(of_.types.size());
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (inline_in_[id] == none) write_after_needs(id);
        write_constants();
        for (const remark& r : of_.remarks) write_names(r.what, r.names, "");
        write_functions();
        text_ += "}  // namespace " + space_ + "\n";
        return std::move(text_);
    }

private:
    static constexpr type_id none = UINT32_MAX;

    bool is_record(type_id id) const {
        return of_[id].kind == type_kind::structure || of_[id].kind == type_kind::union_;
    }
    bool is_named(type_id id) const {
        return is_record(id) || of_[id].kind == type_kind::alias || of_[id].kind == type_kind::enumeration;
    }
    /// What the C++ library has under the same name.
    bool is_foreign(type_id id) const { return foreign(id) != nullptr; }
    const char* foreign(type_id id) const {
        const type& t = of_[id];
        if (t.kind == type_kind::structure && t.name == "_IO_FILE") return "std::FILE";
        if (t.kind == type_kind::structure && t.name == "tm") return "std::tm";
        // Of the pointer that an argument of this type is, and of the array that it was.
        if ((t.kind == type_kind::pointer || t.kind == type_kind::array) &&
            of_[t.target].kind == type_kind::structure && of_[t.target].name == "__va_list_tag")
            return "std::va_list";
        if (t.kind == type_kind::alias &&
            (t.name == "va_list" || t.name == "__gnuc_va_list" || t.name == "__builtin_va_list"))
            return "std::va_list";
        if (t.kind == type_kind::alias && (t.name == "wchar_t" || t.name == "char16_t" || t.name == "char32_t"))
            return t.name.c_str();
        if (t.kind == type_kind::alias && t.name == "bool") return "bool";
        return nullptr;
    }

    // Names. C has a space of names for structures, unions and enumerations, and another one for the rest.

    void choose_names() {
        names_.resize(of_.types.size());
        inline_in_.assign(of_.types.size(), none);
        find_inline();
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (of_[id].kind == type_kind::alias && !is_foreign(id)) names_[id] = unused(safe_name(of_[id].name), id);
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (is_named(id) && names_[id].empty() && !of_[id].name.empty())
                names_[id] = tag_name(id, safe_name(of_[id].name));
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (of_[id].kind == type_kind::alias && is_named(target(id)) && names_[target(id)].empty() &&
                inline_in_[target(id)] == none)
                names_[target(id)] = tag_name(target(id), names_[id]);
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (is_record(id))
                for (const member& m : of_[id].members) name_inside(names_[id], m);
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (is_named(id) && names_[id].empty() && inline_in_[id] == none) names_[id] = unused("unnamed", none);
    }
    type_id target(type_id id) const { return of_[id].target; }
    /// Members without a name are written where they stand: what is inside is reached through the structure.
    void find_inline() {
        for (type_id id = 0; id < of_.types.size(); ++id)
            if (is_record(id))
                for (const member& m : of_[id].members)
                    if (m.name.empty() && m.bit_size == 0 && is_record(m.type) && of_[m.type].name.empty() &&
                        m.type != id && inline_in_[m.type] == none)
                        inline_in_[m.type] = id;
    }
    /// A type without a name is called after the member that it is of.
    void name_inside(const std::string& outer, const member& m) {
        type_id at = m.type;
        for (unsigned steps = 0; steps < 8 && !is_named(at) && target(at) != 0; ++steps) at = target(at);
        const bool is_short = !outer.empty() && outer.size() <= longest_name;
        if (is_named(at) && names_[at].empty() && inline_in_[at] == none)
            names_[at] = unused((is_short ? outer : "unnamed") + '_' + safe_name(m.name), none);
    }
    /// In C++ a type may have the name of an alias only if it is what the alias stands for.
    std::string tag_name(type_id id, const std::string& wanted) {
        if (is_foreign(id)) return wanted;
        const auto [at, added] = used_.emplace(wanted, id);
        if (added || (at->second != none && of_[at->second].kind == type_kind::alias && target(at->second) == id &&
                      tagged_.insert(wanted).second))
            return wanted;
        return unused(wanted, id);
    }
    std::string unused(const std::string& wanted, type_id by) {
        if (used_.emplace(wanted, by).second) return wanted;
        for (std::size_t& number = next_number_[wanted];;) {
            std::string made = wanted + '_' + std::to_string(2 + number++);
            if (used_.emplace(made, by).second) return made;
        }
    }

    // Types as declarations of C.

    std::string keyword(type_id id) const {
        switch (of_[id].kind) {
            case type_kind::structure: return "struct ";
            case type_kind::union_: return "union ";
            case type_kind::enumeration: return "enum ";
            default: return "";
        }
    }
    static bool is_among(std::string_view word, std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    }
    /// Names made of C's own words are C++'s, too; else what the encoding says.
    static std::string base_name(const type& t) {
        bool known = !t.name.empty();
        for (std::size_t at = 0; at < t.name.size();) {
            const std::size_t end = std::min(t.name.find(' ', at), t.name.size());
            known = known && is_among(std::string_view(t.name).substr(at, end - at),
                                      {"char", "short", "int", "long", "signed", "unsigned", "float", "double",
                                       "__int128", "wchar_t", "char16_t", "char32_t", "char8_t", "bool", "__float128"});
            at = end + 1;
        }
        if (known && t.name.size() < 64) return t.name;
        using enum dwarf::base_encoding;
        if (t.encoding == boolean && t.size == 1) return "bool";
        if (t.encoding == floating)
            return t.size == 4             ? "float"
                   : t.size == 8           ? "double"
                   : t.name == "_Float128" ? "__float128"
                                           : "long double";
        if (t.encoding == complex_float)
            return t.size == 8 ? "float _Complex" : t.size == 16 ? "double _Complex" : "long double _Complex";
        const bool is_signed = t.encoding == signed_integer || t.encoding == signed_char;
        if (t.size == 16) return is_signed ? "__int128" : "unsigned __int128";
        const char* const bits = t.size == 1 ? "8" : t.size == 2 ? "16" : t.size == 4 ? "32" : "64";
        return std::string(is_signed ? "std::int" : "std::uint") + bits + "_t";
    }
    static std::string before(const std::string& first, const std::string& rest) {
        return rest.empty() ? first : first + ' ' + rest;
    }
    /// The declaration of `inner` with a type. No deeper than types are nested, see `collect.hpp`.
    std::string declared(type_id id, const std::string& inner) const {
        const type& t = of_[id];
        if (const char* const name = foreign(id)) return before(name, inner);
        switch (t.kind) {
            case type_kind::nothing: return before("void", inner);
            case type_kind::unknown: return before("unknown_type", inner);
            case type_kind::base: return before(base_name(t), inner);
            case type_kind::pointer: {
                const type_kind to = unqualified(t.target);
                if (to == type_kind::array || to == type_kind::function) return declared(t.target, "(*" + inner + ")");
                return declared(t.target, "*" + inner);
            }
            case type_kind::constant: return qualified("const", t.target, inner);
            case type_kind::changing: return qualified("volatile", t.target, inner);
            case type_kind::array:
                return declared(t.target, inner + "[" + (t.count == 0 ? "" : std::to_string(t.count)) + "]");
            case type_kind::vector:
                return "__attribute__((vector_size(" + std::to_string(t.size) + "))) " + declared(t.target, inner);
            case type_kind::function: return declared(t.target, inner + "(" + parameters(t, false) + ")");
            case type_kind::alias: return before(names_[id] == inner ? space_ + "::" + names_[id] : names_[id], inner);
            default: return before(keyword(id) + names_[id], inner);
        }
    }
    type_kind unqualified(type_id id) const {
        for (unsigned steps = 0;
             steps < 8 && (of_[id].kind == type_kind::constant || of_[id].kind == type_kind::changing); ++steps)
            id = target(id);
        return of_[id].kind;
    }
    std::string qualified(const char* word, type_id to, const std::string& inner) const {
        const type_kind kind = unqualified(to);
        if (kind == type_kind::function) return declared(to, inner);
        if (kind == type_kind::pointer) return declared(to, before(word, inner));
        return std::string(word) + ' ' + declared(to, inner);
    }
    std::string parameters(const type& of, bool with_names) const {
        std::string made;
        for (const member& m : of.members) {
            if (!made.empty()) made += ", ";
            made += declared(m.type, with_names ? safe_name(m.name) : std::string());
        }
        if (of.variadic) made += made.empty() ? "..." : ", ...";
        return made;
    }

    // What is written.

    void open(std::string_view source) {
        std::string shown;
        for (const char c : source) shown += c >= ' ' && c < 0x7f && c != '\\' ? c : '?';
        text_ = "// What " + shown + " offers, from its " + (of_.from_header ? "header" : "debug information") +
                "; made by vitte bind. Types have the sizes that they have on the "
                "machine that it\n"
                "// is for.\n#pragma once\n\n#include <cstdarg>\n#include <cstddef>\n#include <cstdint>\n#include "
                "<cstdio>\n"
                "#include <ctime>\n#include <vitte/loader/module.hpp>\n\nnamespace " +
                space_ + " {\n\n";
        for (const type& t : of_.types)
            if (t.kind == type_kind::unknown) {
                text_ += "struct unknown_type;  // something that C does not have\n";
                return;
            }
    }
    void write_enumeration(type_id id) {
        const type& t = of_[id];
        const bool is_signed = t.target == no_value ? has_negative(t) : is_signed_base(t.target);
        const std::uint64_t size = t.size == 0 ? 4 : t.size;
        const char* const bits = size == 1 ? "8" : size == 2 ? "16" : size == 4 ? "32" : "64";
        // On the machines that there are, `int` has 32 bits: the names of `<cstdint>` are not those of the source.
        std::string underlying = t.target != no_value
                                     ? declared(t.target, "")
                                     : (is_signed ? "std::int" : "std::uint") + std::string(bits) + "_t";
        text_ += "enum " + names_[id] + " : " + underlying + " {";
        for (const enumerator& e : t.enumerators) {
            const std::string name = unused(safe_name(e.name), none);
            text_ +=
                "\n    " + name + " = " + (is_signed ? signed_text(e.value, size) : unsigned_text(e.value, size)) + ",";
        }
        text_ += t.enumerators.empty() ? "};\n" : "\n};\n";
    }
    static bool has_negative(const type& t) {
        return std::any_of(t.enumerators.begin(), t.enumerators.end(), [](const enumerator& e) { return e.value < 0; });
    }
    bool is_signed_base(type_id id) const {
        for (unsigned steps = 0; steps < 8 && of_[id].kind == type_kind::alias; ++steps) id = target(id);
        return of_[id].encoding == dwarf::base_encoding::signed_integer ||
               of_[id].encoding == dwarf::base_encoding::signed_char;
    }
    /// Some compilers write a number without its sign: it has as many bits as its type.
    static std::string signed_text(std::int64_t value, std::uint64_t size) {
        if (size < 8) {
            const unsigned unused_bits = static_cast<unsigned>(64 - 8 * size);
            value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused_bits) >> unused_bits;
        }
        return value == INT64_MIN ? "-9223372036854775807 - 1" : std::to_string(value);
    }
    static std::string unsigned_text(std::int64_t value, std::uint64_t size) {
        const std::uint64_t mask = size < 8 ? (std::uint64_t{1} << (8 * size)) - 1 : ~std::uint64_t{0};
        return std::to_string(static_cast<std::uint64_t>(value) & mask) + "u" + (size == 8 ? "ll" : "");
    }

    /// A type that must be known somewhere: whole, or, behind a pointer, only by its name.
    struct need {
        type_id id;
        bool whole;
    };
    template <class Visit>
    void for_each_need(need of, Visit&& visit) const {
        const type& t = of_[of.id];
        switch (t.kind) {
            case type_kind::alias:
                if (of.whole) visit(need{of.id, false});
                visit(need{t.target, of.whole});
                break;
            case type_kind::constant:
            case type_kind::changing: visit(need{t.target, of.whole}); break;
            case type_kind::pointer: visit(need{t.target, false}); break;
            case type_kind::array:
            case type_kind::vector: visit(need{t.target, true}); break;
            case type_kind::structure:
            case type_kind::union_:
                if (of.whole)
                    for (const member& m : t.members) visit(need{m.type, true});
                break;
            case type_kind::function:
                visit(need{t.target, false});
                for (const member& m : t.members) visit(need{m.type, false});
                break;
            default: break;
        }
    }
    /// Depth first, on a stack of its own.
    void write_after_needs(type_id id) {
        struct place {
            need of;
            bool left;
        };
        std::vector<place> stack{{{id, true}, false}};
        while (!stack.empty()) {
            const place now = stack.back();
            stack.pop_back();
            if (now.left) {
                write_type(now.of);
                continue;
            }
            bool& is_seen = seen_[now.of.whole ? 1 : 0][now.of.id];
            if (is_seen || is_foreign(now.of.id)) continue;
            is_seen = true;
            stack.push_back({now.of, true});
            for_each_need(now.of, [&](need n) { stack.push_back({n, false}); });
        }
    }

    void write_type(need of) {
        const type_id id = of.id;
        const type& t = of_[id];
        if (t.kind == type_kind::alias && !of.whole) text_ += "typedef " + declared(t.target, names_[id]) + ";\n";
        if (!is_record(id) || !of.whole || !t.complete || inline_in_[id] != none) return;
        write_record(id, 0);
        text_ += ";\nstatic_assert(sizeof(" + keyword(id) + names_[id] +
                 ") == " + std::to_string(t.size == 0 ? 1 : t.size) + ");\n";
        write_offsets(id, id, 0);
    }
    void write_offsets(type_id id, type_id of, std::uint64_t base) {
        for (const member& m : of_[of].members) {
            const std::uint64_t bit = base + m.bit_offset;
            if (m.bit_size != 0) continue;
            if (m.name.empty() && inline_in_[m.type] == of && of_[of].size != 0)
                write_offsets(id, m.type, bit);
            else if (!m.name.empty())
                text_ += "static_assert(offsetof(" + keyword(id) + names_[id] + ", " + safe_name(m.name) +
                         ") == " + std::to_string(bit / 8) + ");\n";
        }
    }

    struct size_and_alignment {
        std::uint64_t size, alignment;
    };
    /// Of a type as the compiler lays it out where nothing else was asked for. Nothing is so large that its bits could
    /// not be counted.
    size_and_alignment natural(type_id id) const {
        constexpr std::uint64_t most = std::uint64_t{1} << 48;
        const size_and_alignment said = said_of(id);
        return {std::min(said.size, most), std::min(said.alignment, most)};
    }
    size_and_alignment said_of(type_id id) const {
        std::uint64_t count = 1;
        for (unsigned steps = 0; steps < 128; ++steps) {
            const type& t = of_[id];
            switch (t.kind) {
                case type_kind::array: count *= t.count; [[fallthrough]];
                case type_kind::alias:
                case type_kind::constant:
                case type_kind::changing:
                    if (t.kind == type_kind::alias && t.alignment != 0)
                        return {count * natural(t.target).size, t.alignment};
                    id = t.target;
                    continue;
                case type_kind::structure:
                case type_kind::union_: return {count * t.size, record_alignment(id)};
                case type_kind::pointer: return {count * of_.address_size, of_.address_size};
                case type_kind::enumeration: return {count * (t.size == 0 ? 4 : t.size), t.size == 0 ? 4 : t.size};
                default: break;
            }
            const std::uint64_t size = t.size == 0 ? 1 : t.size;
            std::uint64_t alignment = t.encoding == dwarf::base_encoding::complex_float ? size / 2 : size;
            if ((alignment & (alignment - 1)) != 0) alignment = 4;  // 12 bytes of an 80-bit number
            if (of_.splits_alignment && alignment > 4 && t.kind == type_kind::base) alignment = 4;
            return {count * size, alignment};
        }
        return {count, 1};
    }
    std::uint64_t record_alignment(type_id id) const {
        const auto [at, added] = alignments_.emplace(id, 1);
        if (!added) return at->second;
        std::uint64_t most = of_[id].alignment == 0 ? 1 : of_[id].alignment;
        if (depth_ < 64) {
            ++depth_;
            if (!is_packed(id))
                for (const member& m : of_[id].members)
                    most = std::max(most, std::max<std::uint64_t>(m.alignment, natural(m.type).alignment));
            --depth_;
        }
        return alignments_[id] = most;
    }
    /// Whether members stand closer than they would, or the size is no multiple of what they need.
    bool is_packed(type_id id) const {
        const type& t = of_[id];
        for (const member& m : t.members) {
            const size_and_alignment n = natural(m.type);
            if (n.alignment == 0) continue;
            if (m.bit_size == 0 ? m.bit_offset / 8 % n.alignment != 0 || t.size % n.alignment != 0
                                : n.size != 0 && (m.bit_offset % (8 * n.size) + m.bit_size > 8 * n.size ||
                                                  t.size % n.alignment != 0))
                return true;
        }
        return false;
    }

    void write_record(type_id id, unsigned level) {
        const type& t = of_[id];
        const std::string indent(4 * (level + 1), ' ');
        const bool packed = is_packed(id);
        text_ += keyword(id);
        if (packed) text_ += "__attribute__((packed)) ";
        if (t.alignment != 0) text_ += "__attribute__((aligned(" + std::to_string(t.alignment) + "))) ";
        text_ += (inline_in_[id] != none ? "" : names_[id] + ' ') + std::string("{\n");
        std::uint64_t bit = 0;
        unsigned gaps = 0;
        for (const member& m : t.members) {
            const size_and_alignment n = natural(m.type);
            if (t.kind == type_kind::structure) {
                const std::uint64_t step = packed ? (m.alignment != 0  ? 8 * m.alignment
                                                     : m.bit_size != 0 ? 1
                                                                       : 8)
                                                  : 8 * std::max<std::uint64_t>({n.alignment, m.alignment, 1});
                std::uint64_t next = m.bit_size == 0 ? (bit + step - 1) / step * step : bit;
                if (m.bit_size != 0 && !packed && n.size != 0 && bit % (8 * n.size) + m.bit_size > 8 * n.size)
                    next = (bit + 8 * n.size - 1) / (8 * n.size) * (8 * n.size);
                if (next < m.bit_offset) write_gap(bit, m.bit_offset, indent, gaps);
                bit = m.bit_offset + (m.bit_size != 0 ? m.bit_size : 8 * n.size);
            }
            text_ += indent;
            if (m.alignment != 0) text_ += "alignas(" + std::to_string(m.alignment) + ") ";
            if (m.name.empty() && m.bit_size == 0 && inline_in_[m.type] == id && level < 32) {
                text_ += "__extension__ ";
                write_record(m.type, level + 1);
                text_ += ";\n";
                continue;
            }
            const bool open = of_[m.type].kind == type_kind::array && of_[m.type].count == 0;
            text_ += (open ? "__extension__ " : "") + declared(m.type, safe_name(m.name)) +
                     (m.bit_size != 0 ? " : " + std::to_string(m.bit_size) : "") + ";\n";
        }
        if (t.kind == type_kind::structure && t.alignment == 0) {
            const std::uint64_t a = packed ? 8 : 8 * record_alignment(id), end = (bit + a - 1) / a * a;
            if (end < 8 * t.size) write_gap(bit, 8 * t.size, indent, gaps);
        }
        text_ += std::string(4 * level, ' ') + '}';
    }
    /// Bytes, and bits up to and after them.
    void write_gap(std::uint64_t from, std::uint64_t to, const std::string& indent, unsigned& gaps) {
        if (from >= to) return;
        const auto bits = [&](std::uint64_t count) {
            if (count != 0) text_ += indent + "unsigned char : " + std::to_string(count) + ";\n";
        };
        const std::uint64_t whole_from = std::min((from + 7) / 8 * 8, to), whole_to = std::max(to / 8 * 8, whole_from);
        bits(whole_from - from);
        if (whole_to != whole_from)
            text_ += indent + "unsigned char unnamed_" + std::to_string(++gaps) + "[" +
                     std::to_string((whole_to - whole_from) / 8) + "];\n";
        bits(to - whole_to);
    }

    void write_functions() {
        text_ += "\n/// The functions of the library; those that it does not have are null.\nstruct functions {\n";
        if (!of_.name.empty() && safe_symbol(of_.name) == of_.name)
            text_ += "    static constexpr const char* library = \"" + of_.name + "\";\n\n";
        write_members_of(of_.functions, "functions");
        if (of_.variables.empty()) return;
        text_ +=
            "/// Where the variables of the library are; those that it does not have are null.\nstruct variables {\n";
        write_members_of(of_.variables, "variables");
    }
    void write_members_of(const std::vector<symbol>& all, const std::string& structure) {
        std::string bindings;
        std::vector<std::string> untyped;
        std::set<std::string> taken{"of", "library"};
        for (const symbol& s : all) {
            if (safe_symbol(s.name) != s.name) continue;
            if (s.type == no_value) {
                untyped.push_back(s.name);
                continue;
            }
            std::string name = safe_name(s.name);
            while (!taken.insert(name).second) name += '_';
            const type& t = of_[s.type];
            // An array whose end is not known is where its first element is.
            const bool open = t.kind == type_kind::array && t.count == 0;
            text_ += "    " +
                     (t.kind == type_kind::function ? declared(t.target, "(*" + name + ")(" + parameters(t, true) + ")")
                      : t.kind == type_kind::array && !open ? declared(s.type, "(*" + name + ")")
                                                            : declared(open ? t.target : s.type, "*" + name)) +
                     " = nullptr;\n";
            bindings += "        made." + name + " = reinterpret_cast<decltype(made." + name + ")>(from.find(\"" +
                        s.name + "\"));\n";
        }
        write_names(of_.from_header ? "The header does not declare" : "Debug information does not tell the types of",
                    untyped, "    ");
        text_ += "\n    /// Those of `from`, which must stay.\n    static " + structure +
                 " of([[maybe_unused]] const vitte::loader::module& from) noexcept {\n        " + structure +
                 " made;\n" + bindings + "        return made;\n    }\n};\n\n";
    }
    /// A comment with those names that cannot end it.
    void write_names(const std::string& what, const std::vector<std::string>& names, const std::string& indent) {
        std::string lines;
        for (const std::string& name : names)
            if (safe_symbol(name) == name) lines += indent + "//   " + name + '\n';
        if (!lines.empty()) text_ += indent + "// " + what + '\n' + lines;
    }
    void write_constants() {
        for (const constant& c : of_.constants) {
            // The header that has it as a macro may be included, too.
            const std::string name = unused(safe_name(c.name), none);
            text_ += "#ifndef " + name + "\ninline constexpr " + constant_text(c, name) + ";\n#endif\n";
        }
        if (!of_.constants.empty()) text_ += '\n';
    }
    std::string constant_text(const constant& c, const std::string& name) const {
        if (const auto* const text = std::get_if<std::string>(&c.value))
            return "char " + name + "[] = " + quoted(*text);
        const std::string begin = declared(c.type, name) + " = ";
        if (const auto* const number = std::get_if<double>(&c.value))
            return begin + number_text(*number) + (of_[c.type].size == 4 ? "f" : "");
        const auto bits = std::get<std::uint64_t>(c.value);
        const bool is_signed = is_signed_base(c.type);
        const std::uint64_t size = of_[c.type].size;
        return begin + (is_signed ? signed_text(static_cast<std::int64_t>(bits), size)
                                  : unsigned_text(static_cast<std::int64_t>(bits), size));
    }
    static std::string number_text(double number) {
        char made[longest_double];
        return {made, write_double(made, number)};
    }
    /// A literal of C++ in which every byte that could mean something else is a number.
    static std::string quoted(const std::string& text) {
        std::string made = "\"";
        for (const char c : text) {
            const bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?';
            const auto byte = static_cast<unsigned char>(c);
            const auto digit = [&](unsigned shift) { return static_cast<char>('0' + ((byte >> shift) & 7)); };
            if (plain)
                made += c;
            else
                made += {'\\', digit(6), digit(3), digit(0)};
        }
        return made + '"';
    }
    static std::string safe_symbol(const std::string& name) {
        std::string made;
        for (const char c : name)
            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
                c == '.' || c == '-' || c == '+')
                made += c;
        return made;
    }

    const library& of_;
    std::string space_, text_;
    std::vector<std::string> names_;
    std::vector<type_id> inline_in_;  ///< the structure in which a type without a name is written
    std::unique_ptr<bool[]> seen_[2];
    std::map<std::string, type_id> used_{{"functions", none}, {"variables", none}};
    std::set<std::string> tagged_;
    std::map<std::string, std::size_t> next_number_;
    mutable std::map<type_id, std::uint64_t> alignments_;
    mutable unsigned depth_ = 0;
};

}  // namespace detail

/// The header's text: types in an order in which they compile, with assertions of their sizes and places, and a
/// `functions` that is bound at run time. `source` is named in a comment; `name_space` must be a name of C++. Whatever
/// names the library has, the header says nothing but declarations; that they compile is only promised for what a
/// compiler has written.
inline std::string header_of(const library& of, std::string_view name_space, std::string_view source) {
    return detail::header_writer(of, name_space).run(source);
}

}  // namespace vitte::loader::bind
