/// Types of C functions as texts: `i32(ptr, f64, {i32, f32}, ...)`, read at run time and at compile time, and written.
/// `loader::signature` is for functions of modules of any kind, which have no structures.
///
///     function   = type "(" [ parameters ] ")"
///     parameters = type { "," type } [ "," variable ] | variable
///     variable   = "..." { "," type }                      the types are those of one call's variable arguments
///     type       = scalar | array | record
///     scalar     = "void" | "bool" | "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64"
///                | "long_double" | "complex_f32" | "complex_f64" | "complex_long_double" | "ptr" | "str" | "v128"
///                | "char" | "short" | "ushort" | "int" | "uint" | "long" | "ulong" | "size_t" | "ssize_t"
///                | "ptrdiff_t" | "intptr_t" | "uintptr_t" | "wchar_t"
///     array      = "[" number "]" type                     [2][3]i32 is C's i32[2][3]; [0] is a flexible array member
///     record     = { packing } [ "union" ] "{" member { "," member } "}"
///     packing    = "packed" | "pack(" number ")" | "aligned(" number ")"
///     member     = [ "alignas(" number ")" ] type [ name ]
///
/// Spaces may stand between the parts, and must between a type and a name. The second half of the scalars stands for
/// the integers that they are on the ABI. `packed` and `aligned` are GNU C's attributes, `pack` is `#pragma pack`,
/// `alignas` is C's.
#pragma once

#include <vitte/loader/ffi/type_pool.hpp>

namespace vitte::loader::ffi {

namespace detail {

constexpr bool begins_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_in_name(char c) noexcept { return begins_name(c) || (c >= '0' && c <= '9'); }
constexpr bool is_name(std::string_view name) noexcept {
    if (name.empty() || !begins_name(name[0])) return false;
    for (const char c : name)
        if (!is_in_name(c)) return false;
    return true;
}

/// The integer that C calls `name`, or `nothing`.
constexpr kind integer_named(std::string_view name, const abi_facts& says) noexcept {
    const struct {
        std::string_view name;
        std::size_t size;
        bool is_signed;
    } integers[]{
        {"char", 1, says.char_is_signed},
        {"short", 2, true},
        {"ushort", 2, false},
        {"int", 4, true},
        {"uint", 4, false},
        {"long", says.long_size, true},
        {"ulong", says.long_size, false},
        {"size_t", says.pointer, false},
        {"ssize_t", says.pointer, true},
        {"ptrdiff_t", says.pointer, true},
        {"intptr_t", says.pointer, true},
        {"uintptr_t", says.pointer, false},
        {"wchar_t", says.wchar_size, says.wchar_is_signed},
    };
    for (const auto& i : integers)
        if (i.name == name) return integer_of(i.size, i.is_signed);
    return kind::nothing;
}

/// Reads a text into `Pool`, which makes arrays as `type_pool` does. Names are views of the text.
template <class Pool>
class signature_reader {
public:
    constexpr signature_reader(std::string_view text, Pool& pool, abi_kind abi) noexcept
        : text_(text), pool_(pool), abi_(abi) {}

    constexpr result<function_type, parse_error> function() noexcept {
        function_type made;
        made.abi = abi_;
        VITTE_TRY(made.result, type_at(0));
        if (made.result->kind == kind::array) return fault("a function cannot return an array", 0);
        VITTE_CHECK(expect('(', "a '(' is missing after the result type"));
        VITTE_TRY(const std::span<const type*> parameters, make<const type*>(items()));
        std::size_t count = 0;
        if (!accept(')')) {
            do {
                skip_spaces();
                if (!made.variadic && accept("...")) {
                    made.variadic = true;
                    made.fixed = count;
                    continue;
                }
                VITTE_TRY(parameters[count], parameter(made.variadic));
                ++count;
            } while (accept(','));
            VITTE_CHECK(expect(')', "a ',' or ')' is missing after a parameter"));
        }
        if (!made.variadic) made.fixed = count;
        made.parameters = parameters.first(count);
        VITTE_CHECK(end("there is text after the ')'"));
        return made;
    }
    constexpr result<const type*, parse_error> whole_type() noexcept {
        VITTE_TRY(const type* const made, type_at(0));
        VITTE_CHECK(end("there is text after the type"));
        return made;
    }

private:
    constexpr unexpected<parse_error> fault(const char* reason, std::size_t position,
                                            errc code = errc::malformed) const noexcept {
        return malformed("signature", reason, position, code);
    }
    constexpr void skip_spaces() noexcept {
        while (position_ < text_.size() && text_[position_] == ' ') ++position_;
    }
    constexpr bool accept(char wanted) noexcept { return accept(std::string_view(&wanted, 1)); }
    constexpr bool accept(std::string_view wanted) noexcept {
        skip_spaces();
        if (!text_.substr(position_).starts_with(wanted)) return false;
        position_ += wanted.size();
        return true;
    }
    constexpr result<void, parse_error> expect(char wanted, const char* reason) noexcept {
        if (!accept(wanted)) return fault(reason, position_);
        return {};
    }
    constexpr result<void, parse_error> end(const char* reason) noexcept {
        skip_spaces();
        if (position_ != text_.size()) return fault(reason, position_);
        return {};
    }
    /// The name that stands next; empty if there is none.
    constexpr std::string_view word() noexcept {
        skip_spaces();
        std::size_t end = position_;
        if (end < text_.size() && begins_name(text_[end]))
            while (end < text_.size() && is_in_name(text_[end])) ++end;
        return text_.substr(position_, end - position_);
    }
    constexpr bool accept_word(std::string_view wanted) noexcept {
        const bool accepted = word() == wanted;
        if (accepted) position_ += wanted.size();
        return accepted;
    }
    constexpr result<std::size_t, parse_error> number() noexcept {
        skip_spaces();
        const std::size_t begin = position_;
        std::size_t made = 0;
        for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
            made = 10 * made + static_cast<std::size_t>(text_[position_] - '0');
            if (made > max_size) return fault("the number is larger than 2 GiB", begin, errc::too_large);
        }
        if (position_ == begin) return fault("a number is needed", begin);
        return made;
    }
    constexpr result<std::size_t, parse_error> number_in_parentheses() noexcept {
        VITTE_CHECK(expect('(', "a '(' is missing before a number"));
        VITTE_TRY(const std::size_t made, number());
        VITTE_CHECK(expect(')', "a ')' is missing after a number"));
        return made;
    }
    /// How many parts the list that begins here has at most.
    constexpr std::size_t items() const noexcept {
        std::size_t count = 1, depth = 0;
        for (std::size_t i = position_; i < text_.size(); ++i) {
            const char c = text_[i];
            if (depth == 0 && c == '}') break;
            if (depth == 0 && c == ',') ++count;
            if (c == '{') ++depth;
            if (c == '}') --depth;
        }
        return count;
    }
    template <class T>
    constexpr result<std::span<T>, parse_error> make(std::size_t count) noexcept {
        const auto made = pool_.template make<T>(count);
        if (!made) return fault(message(made.error().code), position_, made.error().code);
        return *made;
    }
    constexpr result<const type*, parse_error> kept(const result<type, parse_error>& made,
                                                    std::size_t position) noexcept {
        if (!made) return fault(made.error().reason, position, made.error().code);
        VITTE_TRY(const std::span<type> place, make<type>(1));
        place[0] = *made;
        return place.data();
    }

    constexpr result<const type*, parse_error> parameter(bool variable) noexcept {
        skip_spaces();
        const std::size_t begin = position_;
        VITTE_TRY(const type* const made, type_at(0));
        if (made->kind == kind::nothing) return fault("a parameter cannot be void", begin);
        if (made->kind == kind::array) return fault("a parameter cannot be an array: C passes a pointer", begin);
        if (variable && made->kind == kind::f32) return fault("a variable argument cannot be f32: C passes f64", begin);
        if (variable && made->is_scalar() && made->size < 4)
            return fault("a variable argument cannot be smaller than i32: C passes that", begin);
        return made;
    }
    constexpr result<const type*, parse_error> type_at(std::size_t depth) noexcept {
        skip_spaces();
        const std::size_t begin = position_;
        const auto next = [this] { return position_ == text_.size() ? '\0' : text_[position_]; };
        const std::string_view name = word();
        const kind known = kind_named(name);
        if (is_scalar(known)) {
            position_ += name.size();
            return &scalar(known, abi_);
        }
        if (const kind integer = integer_named(name, facts_of(abi_)); integer != kind::nothing) {
            position_ += name.size();
            return &scalar(integer, abi_);
        }
        const bool is_array = next() == '[';
        if (!is_array && next() != '{' && name != "union" && name != "packed" && name != "pack" && name != "aligned")
            return fault("a type is needed, such as i32, ptr, [4]u8 or {f64, f64}", begin);
        if (depth == max_depth) return fault("types are nested too deep", begin, errc::too_large);
        return is_array ? array(depth + 1, begin) : record(depth + 1, begin);
    }
    constexpr result<const type*, parse_error> array(std::size_t depth, std::size_t begin) noexcept {
        accept('[');
        VITTE_TRY(const std::size_t count, number());
        VITTE_CHECK(expect(']', "a ']' is missing after a number"));
        VITTE_TRY(const type* const element, type_at(depth));
        return kept(array_of(*element, count), begin);
    }
    constexpr result<const type*, parse_error> record(std::size_t depth, std::size_t begin) noexcept {
        packing how;
        for (;;) {
            if (accept_word("packed")) {
                how.packed = true;
            } else if (accept_word("pack")) {
                VITTE_TRY(how.pack, number_in_parentheses());
            } else if (accept_word("aligned")) {
                VITTE_TRY(how.aligned, number_in_parentheses());
            } else {
                break;
            }
        }
        const kind what = accept_word("union") ? kind::union_ : kind::structure;
        VITTE_CHECK(expect('{', "a '{' is missing"));
        VITTE_TRY(const std::span<field> members, make<field>(items()));
        std::size_t count = 0;
        if (!accept('}')) {
            do VITTE_CHECK(member(members[count++], depth));
            while (accept(','));
            VITTE_CHECK(expect('}', "a ',' or '}' is missing after a member"));
        }
        return kept(record_of(what, members.first(count), abi_, how), begin);
    }
    constexpr result<void, parse_error> member(field& made, std::size_t depth) noexcept {
        if (accept_word("alignas")) {
            VITTE_TRY(made.aligned, number_in_parentheses());
        }
        skip_spaces();
        const std::size_t begin = position_;
        VITTE_TRY(made.of, type_at(depth));
        if (made.of->kind == kind::nothing) return fault("a member cannot be void", begin);
        made.name = word();
        position_ += made.name.size();
        if (accept(':'))
            return fault("bit-fields are not described: where they stand differs between compilers", position_ - 1);
        return {};
    }

    std::string_view text_;
    Pool& pool_;
    abi_kind abi_;
    std::size_t position_ = 0;
};

/// Writes a text as far as there is room, and counts all of it.
class signature_writer {
public:
    constexpr explicit signature_writer(std::span<char> to) noexcept : to_(to) {}

    constexpr std::size_t size() const noexcept { return size_; }
    constexpr void text(std::string_view t) noexcept {
        for (const char c : t) {
            if (size_ < to_.size()) to_[size_] = c;
            ++size_;
        }
    }
    constexpr void number(std::size_t n) noexcept { text(vitte::detail::digits(n).c_str()); }
    constexpr void asked(const char* word, std::size_t n) noexcept {
        if (n == 0) return;
        text(word), text("("), number(n), text(") ");
    }
    constexpr void write(const type& t) noexcept {
        if (t.is_scalar()) return text(name_of(t.kind));
        if (t.kind == kind::array) {
            text("["), number(t.count), text("]");
            return write(*t.element);
        }
        if (t.how.packed) text("packed ");
        asked("pack", t.how.pack);
        asked("aligned", t.how.aligned);
        text(t.kind == kind::union_ ? "union{" : "{");
        for (const field& f : t.fields) {
            if (&f != t.fields.data()) text(", ");
            asked("alignas", f.aligned);
            write(*f.of);
            if (is_name(f.name)) text(" "), text(f.name);
        }
        text("}");
    }
    constexpr void write(const function_type& f) noexcept {
        write(*f.result);
        text("(");
        for (std::size_t i = 0; i <= f.parameters.size(); ++i) {
            if (f.variadic && i == f.fixed) text(i == 0 ? "..." : ", ...");
            if (i == f.parameters.size()) break;
            if (i != 0 || (f.variadic && f.fixed == 0)) text(", ");
            write(*f.parameters[i]);
        }
        text(")");
    }

private:
    std::span<char> to_;
    std::size_t size_ = 0;
};

}  // namespace detail

/// Reads the type of a function. What it is made of is in `pool`, a copy of its members' names, too. The error has the
/// byte where what is wrong begins; it is `errc::too_large` beyond a limit of types or of the pool, and
/// `errc::invalid_argument` for types that cannot be laid out.
inline result<function_type, parse_error> read_function_type(std::string_view text, type_pool& pool,
                                                             abi_kind abi = native_abi) noexcept {
    const auto copy = pool.keep_text(text);
    if (!copy) return malformed("signature", message(copy.error().code), 0, copy.error().code);
    return detail::signature_reader(*copy, pool, abi).function();
}
/// The same for a type.
inline result<const type*, parse_error> read_type(std::string_view text, type_pool& pool,
                                                  abi_kind abi = native_abi) noexcept {
    const auto copy = pool.keep_text(text);
    if (!copy) return malformed("signature", message(copy.error().code), 0, copy.error().code);
    return detail::signature_reader(*copy, pool, abi).whole_type();
}

/// Writes a type or the type of a function as a text that gives the same type again when it is read, the same text for
/// equal texts whatever their spaces are. Members' names are left out where they are no names of C. Writes as much as
/// `to` has room for, without a NUL, and returns how long the whole is.
constexpr std::size_t write_text(const type& t, std::span<char> to) noexcept {
    detail::signature_writer writer(to);
    writer.write(t);
    return writer.size();
}
constexpr std::size_t write_text(const function_type& f, std::span<char> to) noexcept {
    detail::signature_writer writer(to);
    writer.write(f);
    return writer.size();
}

/// A text as a template argument.
template <std::size_t Size>
struct literal {
    char characters[Size] = {};

    consteval literal(const char (&text)[Size]) noexcept {
        for (std::size_t i = 0; i < Size; ++i) characters[i] = text[i];
    }
    constexpr std::string_view view() const noexcept { return {characters, Size - 1}; }
};

namespace detail {
/// What a text needs at most.
struct text_needs {
    std::size_t types = 0, fields = 0, parameters = 0;

    constexpr explicit text_needs(std::string_view text) noexcept {
        std::size_t depth = 0;
        for (const char c : text) {
            if (c == '{' || c == '[') ++types;
            if (c == '{') ++fields, ++depth;
            if (c == '}' && depth != 0) --depth;
            if (c == '(' && depth == 0) ++parameters;
            if (c == ',') ++(depth == 0 ? parameters : fields);
        }
    }
};

template <class T, std::size_t Room>
struct fixed_array {
    T items[Room == 0 ? 1 : Room] = {};
    std::size_t taken = 0;

    constexpr result<std::span<T>> make(std::size_t count) noexcept {
        if (count > Room - taken) return fail(errc::too_large, "describe a type");
        return std::span<T>(items + std::exchange(taken, taken + count), count);
    }
};

/// A signature that was read at compile time; all of it is constant.
template <literal Text, abi_kind Abi>
class compiled_signature {
    static constexpr text_needs needs{Text.view()};

public:
    template <class T>
    constexpr result<std::span<T>> make(std::size_t count) noexcept {
        if constexpr (std::is_same_v<T, type>)
            return types_.make(count);
        else if constexpr (std::is_same_v<T, field>)
            return fields_.make(count);
        else
            return parameters_.make(count);
    }

    constexpr compiled_signature() noexcept : made(signature_reader(Text.view(), *this, Abi).function()) {}

private:
    fixed_array<type, needs.types> types_;
    fixed_array<field, needs.fields> fields_;
    fixed_array<const type*, needs.parameters> parameters_;

public:
    result<function_type, parse_error> made;
};
template <literal Text, abi_kind Abi>
inline constexpr compiled_signature<Text, Abi> compiled{};

/// Does not compile when it is reached: the compiler shows the arguments of `right`.
void wrong_text();
constexpr const function_type& right(const result<function_type, parse_error>& made, const char*, std::uint64_t) {
    if (!made) wrong_text();
    return *made;
}
template <literal Text, abi_kind Abi>
constexpr const function_type& compiled_function_type() noexcept {
    const auto& made = compiled<Text, Abi>.made;
    return made ? right(made, "", 0) : right(made, made.error().reason, made.error().offset);
}
}  // namespace detail

/// The type that `Text` says, read at compile time, such as `function_type_of<"i32(ptr, f64)">()`. A text that is wrong
/// does not compile; the compiler shows why, and at which byte.
template <literal Text, abi_kind Abi = native_abi>
constexpr const function_type& function_type_of() noexcept {
    constexpr const function_type& made = detail::compiled_function_type<Text, Abi>();
    return made;
}

}  // namespace vitte::loader::ffi
