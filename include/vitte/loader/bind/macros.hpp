/// Macros of a header that stand for numbers and texts: which there are, and what clang makes of them; see
/// `bind/model.hpp`. Only their names are put into the source that clang is asked with.
#pragma once

#include <set>
#include <vitte/loader/bind/declarations.hpp>

namespace vitte::loader::bind {

/// The macros that a header defines, from what the preprocessor says (`-E -dD`), line by line.
class macro_names {
public:
    explicit macro_names(header_files own) : own_(std::move(own)) {}

    void add_line(std::string_view line) {
        if (line.starts_with("# ")) return read_marker(line);
        const bool undefined = line.starts_with("#undef ");
        if (!is_own_ || (!undefined && !line.starts_with("#define "))) return;
        line.remove_prefix(undefined ? 7 : 8);
        const std::size_t end = std::min(line.find_first_not_of(letters), line.size());
        const std::string_view name = line.substr(0, end);
        const bool is_object = end < line.size() && line[end] == ' ' && is_expression(line.substr(end + 1));
        if (undefined || !is_object || name.size() > 512)
            defined_.erase(std::string(name));
        else if (!is_reserved(name) && defined_.insert(std::string(name)).second)
            order_.emplace_back(name);
    }
    /// In the order of the header.
    std::vector<std::string> take() {
        std::erase_if(order_, [&](const std::string& name) { return defined_.erase(name) == 0; });
        return std::move(order_);
    }

private:
    static constexpr const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    /// `# 12 "file.h" 1 3`
    void read_marker(std::string_view line) {
        const std::size_t begin = line.find('"'), end = line.rfind('"');
        if (begin == line.npos || end == begin) return;
        std::string file;
        for (std::size_t i = begin + 1; i < end; ++i) {
            if (line[i] == '\\' && i + 1 < end) ++i;
            file += line[i];
        }
        is_own_ = own_.has(file);
    }
    static bool is_reserved(std::string_view name) {
        return name.empty() ||
               (name.size() > 1 && name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z')));
    }
    /// Whether it may be one: what would be more than an expression, or could not end, is not asked about.
    static bool is_expression(std::string_view body) {
        int open = 0;
        char quote = 0;
        for (std::size_t i = 0; i < body.size(); ++i) {
            const char c = body[i];
            if (quote != 0) {
                if (c == '\\')
                    ++i;
                else if (c == quote)
                    quote = 0;
                continue;
            }
            if (c == '"' || c == '\'') quote = c;
            if (c == ';' || c == '{' || c == '}' || c == '#' || c == '@') return false;
            if (c == '(') ++open;
            if (c == ')' && --open < 0) return false;
        }
        return open == 0 && quote == 0 && body.find_first_not_of(" \t\r") != body.npos && body.size() < 4096;
    }

    header_files own_;
    bool is_own_ = false;
    std::set<std::string> defined_;
    std::vector<std::string> order_;
};

/// A source of C that asks for the values of macros and the alignments of types, to be compiled behind the header.
inline std::string questions(const std::vector<std::string>& macros, const std::vector<std::string>& types) {
    std::string made;
    for (std::size_t i = 0; i < types.size(); ++i)
        if (!types[i].empty())
            made += "enum { vitte_alignment_" + std::to_string(i) + " = _Alignof(" + types[i] + ") };\n";
    for (std::size_t i = 0; i < macros.size(); ++i) {
        const std::string number = std::to_string(i) + " = (" + macros[i] + ")";
        made += "static const __auto_type vitte_value_" + number + ";\nenum { vitte_number_" + number + " };\n";
    }
    return made;
}

/// Reads what clang's syntax tree says of `questions`; what it does not know has no answer.
class answers {
public:
    answers(std::size_t macros, std::size_t types) : alignments(types), macros_(macros) {}

    void add(json::value declaration) {
        const auto kind = detail::json_text(declaration, "kind");
        if (kind == "EnumDecl")
            detail::for_each_inside(declaration, [&](json::value of) { add_number(of); });
        else if (kind == "VarDecl")
            add_value(declaration);
    }
    /// The constants of `names`, in their order.
    std::vector<constant> constants(const std::vector<std::string>& names, declarations& types) const {
        std::vector<constant> made;
        for (std::size_t i = 0; i < names.size() && i < macros_.size(); ++i) {
            const answer& a = macros_[i];
            constant c{names[i], no_value, {}};
            if (a.text) {
                c.value = *a.text;
            } else {
                c.type = types.number_type(a.type);
                if (c.type == no_value || (!a.real && !a.number)) continue;
                if (a.real)
                    c.value = *a.real;
                else
                    c.value = *a.number;
            }
            made.push_back(std::move(c));
        }
        return made;
    }

    std::vector<std::uint64_t> alignments;  ///< of the types; 0 if not known

private:
    struct answer {
        std::string type;
        std::optional<std::uint64_t> number;
        std::optional<double> real;
        std::optional<std::string> text;
    };
    /// The number behind `prefix`, below `end`.
    static std::optional<std::size_t> number_of(std::string_view name, std::string_view prefix, std::size_t end) {
        if (!name.starts_with(prefix)) return {};
        std::size_t made = 0;
        const auto [at, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), made);
        return error == std::errc() && at == name.data() + name.size() && made < end ? std::optional(made)
                                                                                     : std::nullopt;
    }
    void add_number(json::value of) {
        const auto number = detail::constant_in(of);
        const std::string_view name = detail::json_text(of, "name");
        if (const auto i = number_of(name, "vitte_alignment_", alignments.size()); i && number)
            alignments[*i] = *number;
        if (const auto i = number_of(name, "vitte_number_", macros_.size()); i && number) macros_[*i].number = *number;
    }
    void add_value(json::value of) {
        const auto i = number_of(detail::json_text(of, "name"), "vitte_value_", macros_.size());
        const json::value type = of.find("type");
        if (!i || !type || detail::json_flag(of, "isInvalid")) return;
        macros_[*i].type = detail::json_text(type, "qualType");
        detail::for_each_inside(of, [&](json::value v) { read_literal(v, macros_[*i], false, 0); });
    }
    /// In parentheses, and behind a sign. Of other expressions clang does not tell a value that is no integer.
    static void read_literal(json::value of, answer& to, bool negative, unsigned depth) {
        const std::string_view kind = detail::json_text(of, "kind"), value = detail::json_text(of, "value");
        if (depth == 64) return;
        if (kind == "UnaryOperator") {
            const std::string_view sign = detail::json_text(of, "opcode");
            if (sign != "-" && sign != "+") return;
            negative = negative != (sign == "-");
        } else if (kind == "FloatingLiteral") {
            if (!is_decimal(value)) return;
            const double number = decimal_to_double(value);
            if (number - number == 0 && to.type.find("long double") == std::string::npos)
                to.real = negative ? -number : number;
        } else if (kind == "StringLiteral") {
            to.text = unescaped(value);
        } else if (kind != "ParenExpr" &&
                   (kind != "ImplicitCastExpr" || detail::json_text(of, "castKind") != "ArrayToPointerDecay")) {
            return;
        }
        detail::for_each_inside(of, [&](json::value v) { read_literal(v, to, negative, depth + 1); });
    }
    /// What is beyond all doubles clang writes as "+Inf".
    static bool is_decimal(std::string_view text) {
        return !text.empty() && text[0] >= '0' && text[0] <= '9' &&
               text.find_first_not_of("0123456789.eE+-") == text.npos;
    }
    /// What clang wrote as a literal of C, with the escapes that it uses; nothing if it is of wide characters.
    static std::optional<std::string> unescaped(std::string_view literal) {
        if (literal.size() < 2 || literal.front() != '"' || literal.back() != '"') return {};
        literal = literal.substr(1, literal.size() - 2);
        std::string made;
        for (std::size_t i = 0; i < literal.size(); ++i) {
            if (literal[i] != '\\') {
                made += literal[i];
                continue;
            }
            if (++i == literal.size()) return {};
            constexpr std::string_view known = "abfnrtv\\\"'?", mean = "\a\b\f\n\r\t\v\\\"'?";
            if (const std::size_t at = known.find(literal[i]); at != known.npos) {
                made += mean[at];
                continue;
            }
            unsigned byte = 0, digits = 0;
            for (; digits < 3 && i < literal.size() && literal[i] >= '0' && literal[i] <= '7'; ++digits, ++i)
                byte = 8 * byte + static_cast<unsigned>(literal[i] - '0');
            if (digits == 0 || byte > 255) return {};
            made += static_cast<char>(byte);
            --i;
        }
        return made;
    }

    std::vector<answer> macros_;
};

}  // namespace vitte::loader::bind
