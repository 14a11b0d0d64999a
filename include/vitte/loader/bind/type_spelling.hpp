/// Types as clang spells them, such as "void (*)(struct point *, const char *, ...)"; see `bind/declarations.hpp`.
#pragma once

#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vitte/loader/bind/type_table.hpp>
#include <vitte/loader/ffi/type.hpp>

namespace vitte::loader::bind::detail {

/// The structures, unions and enumerations, in this order, that have no name: the last one is what a declaration right
/// behind it means.
struct unnamed_types {
    type_id last[3] = {no_value, no_value, no_value};
};

/// What names stand for, in the two spaces that C has.
struct named_types {
    std::map<std::string, type_id, std::less<>> aliases, tags[3];
};

inline constexpr type_kind tag_kinds[] = {type_kind::structure, type_kind::union_, type_kind::enumeration};
/// The index in `tag_kinds` of "struct", "union" or "enum"; 3 of others.
inline std::size_t tag_of(std::string_view word) {
    constexpr std::string_view words[] = {"struct", "union", "enum"};
    return static_cast<std::size_t>(std::find(words, words + 3, word) - words);
}

/// The type that `name` is the tag of, which need not have been declared yet.
inline type_id tagged_type(type_table& types, named_types& names, std::size_t tag, std::string_view name) {
    const auto [at, added] = names.tags[tag].emplace(name, no_value);
    if (!added) return at->second;
    type made;
    made.kind = tag_kinds[tag];
    made.name = name;
    made.complete = false;
    return at->second = types.add(std::move(made));
}

/// Reads one spelling. Takes time in proportion to it, times how deep declarators stand inside each other.
class spelling_reader {
public:
    spelling_reader(std::string_view text, type_table& types, named_types& names, const unnamed_types& unnamed)
        : text_(text), types_(types), names_(names), unnamed_(unnamed) {}

    /// An unknown type if something in it is not known.
    type_id whole() {
        type_id made = text_.size() > longest ? no_value : type_at();
        skip_spaces();
        return good_ && at_ == text_.size() ? made : types_.unknown();
    }

private:
    static constexpr std::size_t longest = 65536;

    static bool is_in_name(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
    }
    void skip_spaces() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    char next() {
        skip_spaces();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (next() != c) return false;
        ++at_;
        return true;
    }
    type_id refuse() {
        good_ = false;
        at_ = text_.size();
        return no_value;
    }
    /// The word that stands next; empty if there is none.
    std::string_view peek_word() {
        skip_spaces();
        std::size_t end = at_;
        while (end < text_.size() && is_in_name(text_[end])) ++end;
        return text_.substr(at_, end - at_);
    }
    /// What stands in parentheses, with those inside; nothing if they do not end.
    std::string_view in_parentheses() {
        if (next() != '(') return refuse(), std::string_view();
        const std::size_t begin = at_ + 1;
        for (unsigned open = 0; at_ < text_.size();) {
            const char c = text_[at_++];
            if (c == '(') ++open;
            if (c == ')' && --open == 0) return text_.substr(begin, at_ - 1 - begin);
        }
        return refuse(), std::string_view();
    }

    type_id type_at() {
        if (++depth_ > deepest_type) return refuse();
        const type_id base = specifiers();
        const type_id made = good_ ? declarator(base) : base;
        --depth_;
        return made;
    }

    struct words {
        unsigned shorts = 0, longs = 0;
        bool is_signed = false, is_unsigned = false, is_complex = false, any = false;
        std::string_view main;  ///< "char", "int", "float", "double" ...
    };
    type_id specifiers() {
        words of;
        type_id made = no_value;
        bool found = false, is_constant = false, is_changing = false;
        std::uint64_t vector = 0;
        for (;;) {
            const std::string_view word = peek_word();
            if (word.empty()) break;
            const std::size_t tag = tag_of(word);
            if (word == "const")
                is_constant = true;
            else if (word == "volatile")
                is_changing = true;
            else if (word == "restrict" || word == "__restrict") {
            } else if (word == "__attribute__") {
                if (!attribute(&vector)) return refuse();
                continue;
            } else if (word == "_Atomic") {
                at_ += word.size();
                if (next() != '(') continue;
                ++at_;
                made = type_at();
                found = true;
                if (!accept(')')) return refuse();
                continue;
            } else if (found || (of.any && !is_word_of_number(word)))
                break;
            else if (tag < 3) {
                at_ += word.size();
                made = tagged(tag);
                found = true;
                continue;
            } else if (is_word_of_number(word)) {
                take(of, word);
            } else {
                const auto alias = names_.aliases.find(word);
                if (alias == names_.aliases.end()) return refuse();
                made = alias->second;
                found = true;
            }
            at_ += word.size();
        }
        if (!found) made = number(of);
        if (vector != 0) made = types_.derived(type_kind::vector, made, vector * types_.size_of(made));
        if (is_constant) made = types_.qualified(type_kind::constant, made);
        if (is_changing) made = types_.qualified(type_kind::changing, made);
        return made;
    }
    /// Skips an attribute; of one that makes vectors, `elements` is how many there are.
    bool attribute(std::uint64_t* elements) {
        at_ += std::string_view("__attribute__").size();
        std::string_view inside = in_parentheses();
        constexpr std::string_view begin = "(__vector_size__(", end = " * sizeof(";
        const bool is_plain = inside.find("vector") == inside.npos;
        if (is_plain || !good_) return good_;
        if (elements == nullptr || !inside.starts_with(begin)) return false;
        inside.remove_prefix(begin.size());
        const auto [digits, error] = std::from_chars(inside.data(), inside.data() + inside.size(), *elements);
        inside.remove_prefix(static_cast<std::size_t>(digits - inside.data()));
        return error == std::errc() && inside.starts_with(end) && *elements <= 65536;
    }
    static bool is_word_of_number(std::string_view w) {
        constexpr std::string_view all[] = {"void",   "char",       "short",     "int",      "long",
                                            "signed", "unsigned",   "float",     "double",   "_Bool",
                                            "bool",   "_Complex",   "__int128",  "_Float16", "__fp16",
                                            "__bf16", "__float128", "_Float128", "__bf16"};
        return std::find(std::begin(all), std::end(all), w) != std::end(all);
    }
    static void take(words& of, std::string_view w) {
        of.any = true;
        if (w == "short")
            ++of.shorts;
        else if (w == "long")
            ++of.longs;
        else if (w == "signed")
            of.is_signed = true;
        else if (w == "unsigned")
            of.is_unsigned = true;
        else if (w == "_Complex")
            of.is_complex = true;
        else
            of.main = w;
    }
    type_id integer(std::string name, std::size_t size, const words& of, bool is_character = false) {
        using enum dwarf::base_encoding;
        const bool negative = is_character && !of.is_signed
                                  ? ffi::facts_of(ffi::native_abi).char_is_signed && !of.is_unsigned
                                  : !of.is_unsigned;
        if (of.is_unsigned) name.insert(0, "unsigned ");
        if (is_character && of.is_signed) name.insert(0, "signed ");
        return types_.base(name, size,
                           is_character ? negative ? signed_char : unsigned_char
                           : negative   ? signed_integer
                                        : unsigned_integer);
    }
    type_id number(const words& of) {
        using enum dwarf::base_encoding;
        const ffi::abi_facts& says = ffi::facts_of(ffi::native_abi);
        if (!of.any) return refuse();
        if (of.main == "void") return no_value;
        if (of.main == "_Bool" || of.main == "bool") return types_.base("_Bool", 1, boolean);
        if (of.main == "char") return integer("char", 1, of, true);
        if (of.main == "__int128") return integer("__int128", 16, of);
        if (of.main == "float" || of.main == "double") {
            std::string name = of.longs != 0 ? "long double" : std::string(of.main);
            const std::size_t size = of.main == "float" ? 4 : of.longs == 0 ? 8 : says.long_double_size;
            if (of.is_complex) return types_.base("_Complex " + name, 2 * size, complex_float);
            return types_.base(name, size, floating);
        }
        if (of.main == "__float128" || of.main == "_Float128") return types_.base("_Float128", 16, floating);
        if (!of.main.empty() && of.main != "int") return refuse();
        if (of.shorts != 0) return integer("short", 2, of);
        if (of.longs == 1) return integer("long", says.long_size, of);
        if (of.longs == 2) return integer("long long", 8, of);
        return integer("int", 4, of);
    }
    /// Behind "struct" and so on: a name, or "(unnamed struct at FILE:1:2)", also behind "outer::".
    type_id tagged(std::size_t tag) {
        std::string_view name = peek_word();
        for (; !name.empty(); name = peek_word()) {
            at_ += name.size();
            if (!text_.substr(at_).starts_with("::")) return tagged_type(types_, names_, tag, name);
            at_ += 2;
        }
        if (next() != '(' || unnamed_.last[tag] == no_value) return refuse();
        // The name of the file may have anything in it: the end is a ')' behind two numbers.
        for (std::size_t end = text_.find(')', at_); end != text_.npos; end = text_.find(')', end + 1))
            if (ends_with_place(text_.substr(at_, end - at_))) {
                at_ = end + 1;
                return unnamed_.last[tag];
            }
        return refuse();
    }
    static bool ends_with_place(std::string_view text) {
        for (int numbers = 0; numbers < 2; ++numbers) {
            const std::size_t colon = text.find_last_not_of("0123456789");
            if (colon == text.npos || colon + 1 == text.size() || text[colon] != ':') return false;
            text = text.substr(0, colon);
        }
        return true;
    }

    /// Without a name: what stands behind the specifiers.
    type_id declarator(type_id base) {
        if (++depth_ > deepest_type) return refuse();
        while (accept('*')) base = qualified_pointer(types_.derived(type_kind::pointer, base, 0));
        if (next() == '(' && is_group()) {
            const std::size_t begin = at_ + 1;
            const std::size_t end = begin + in_parentheses().size();
            base = suffixes(base);
            const std::size_t behind = at_;
            if (good_) at_ = begin, base = declarator(base);
            if (good_ && (skip_spaces(), at_ != end)) refuse();
            if (good_) at_ = behind;
        } else {
            base = suffixes(base);
        }
        --depth_;
        return base;
    }
    /// Whether the parenthesis holds a declarator, not parameters.
    bool is_group() const {
        const std::size_t inside = text_.find_first_not_of(' ', at_ + 1);
        return inside != text_.npos && (text_[inside] == '*' || text_[inside] == '(' || text_[inside] == '[');
    }
    type_id qualified_pointer(type_id made) {
        for (;;) {
            const std::string_view word = peek_word();
            if (word == "const")
                made = types_.qualified(type_kind::constant, made);
            else if (word == "volatile")
                made = types_.qualified(type_kind::changing, made);
            else if (word != "restrict" && word != "__restrict" && word != "_Nullable" && word != "_Nonnull" &&
                     word != "_Null_unspecified")
                return made;
            at_ += word.size();
        }
    }
    type_id suffixes(type_id base) {
        if (++depth_ > deepest_type) return refuse();
        if (accept('[')) {
            std::uint64_t count = 0;
            const auto [digits, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), count);
            if (error == std::errc::result_out_of_range) return refuse();
            at_ = static_cast<std::size_t>(digits - text_.data());
            if (!accept(']')) return refuse();
            base = types_.derived(type_kind::array, suffixes(base), count);
        } else if (next() == '(') {
            ++at_;
            type made = parameters();
            if (!good_) return no_value;
            made.target = suffixes(base);
            base = types_.function(std::move(made));
        }
        while (good_ && peek_word() == "__attribute__")
            if (!attribute(nullptr)) return refuse();
        --depth_;
        return base;
    }
    type parameters() {
        type made;
        made.kind = type_kind::function;
        made.unprototyped = accept(')');
        if (made.unprototyped) return made;
        do {
            skip_spaces();
            if (text_.substr(at_).starts_with("...")) {
                at_ += 3;
                made.variadic = true;
                break;
            }
            member parameter;
            parameter.type = as_passed(type_at());
            if (!good_) return made;
            made.members.push_back(std::move(parameter));
        } while (accept(','));
        if (!accept(')')) refuse();
        if (made.members.size() == 1 && made.members[0].type == no_value) made.members.clear();
        return made;
    }
    /// Arrays and functions are passed as pointers.
    type_id as_passed(type_id id) {
        type_id at = id;
        for (unsigned steps = 0; types_[at].kind == type_kind::alias && steps < deepest_type; ++steps)
            at = types_[at].target;
        if (types_[at].kind == type_kind::array) return types_.derived(type_kind::pointer, types_[at].target, 0);
        if (types_[at].kind == type_kind::function) return types_.derived(type_kind::pointer, id, 0);
        return id;
    }

    std::string_view text_;
    type_table& types_;
    named_types& names_;
    const unnamed_types& unnamed_;
    std::size_t at_ = 0;
    unsigned depth_ = 0;
    bool good_ = true;
};

}  // namespace vitte::loader::bind::detail
