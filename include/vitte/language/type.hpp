/// Types of Vitte.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/language/source.hpp>

namespace vitte::language {

/// A type: those of the language itself have names here; forms and tuples are numbers behind them, in a `type_table`.
enum class type : std::uint32_t {
    none,  ///< not known, or wrong and reported
    unit,
    never,
    boolean,
    character,
    i8,
    i16,
    i32,
    i64,
    isize,
    u8,
    u16,
    u32,
    u64,
    usize,
    f32,
    f64,
    text,
    first_composite,
};

struct type_name {
    std::string_view name;
    type of;
};

/// All names of the types of the language; the first of each type is that of messages.
inline constexpr type_name type_names[] = {{"unit", type::unit},      {"never", type::never}, {"bool", type::boolean},
                                           {"char", type::character}, {"i8", type::i8},       {"i16", type::i16},
                                           {"i32", type::i32},        {"int", type::i64},     {"isize", type::isize},
                                           {"u8", type::u8},          {"u16", type::u16},     {"u32", type::u32},
                                           {"u64", type::u64},        {"usize", type::usize}, {"f32", type::f32},
                                           {"f64", type::f64},        {"i64", type::i64},     {"void", type::unit},
                                           {"rune", type::character}, {"string", type::text}, {"str", type::text}};

constexpr type type_called(std::string_view name) noexcept {
    for (const type_name& t : type_names)
        if (t.name == name) return t.of;
    return type::none;
}
constexpr std::string_view name_of(type t) noexcept {
    if (t >= type::first_composite) return "list";
    for (const type_name& known : type_names)
        if (known.of == t) return known.name;
    return "?";
}

constexpr bool is_signed(type t) noexcept { return t >= type::i8 && t <= type::isize; }
constexpr bool is_integer(type t) noexcept { return t >= type::i8 && t <= type::usize; }
constexpr bool is_float(type t) noexcept { return t == type::f32 || t == type::f64; }
constexpr bool is_number(type t) noexcept { return is_integer(t) || is_float(t); }

/// Returns the size in bits of a scalar type; 0 of `unit` and `never`, which have no value.
constexpr unsigned bits_of(type t) noexcept {
    switch (t) {
        case type::boolean: return 1;
        case type::i8:
        case type::u8: return 8;
        case type::i16:
        case type::u16: return 16;
        case type::i64:
        case type::u64:
        case type::f64: return 64;
        case type::none:
        case type::unit:
        case type::never: return 0;
        default: return 32;
    }
}

/// Smallest and largest value of an integer type, as the 64 bits of an `i64` or `u64`.
constexpr std::uint64_t lowest(type t) noexcept { return is_signed(t) ? ~std::uint64_t{0} << (bits_of(t) - 1) : 0; }
constexpr std::uint64_t greatest(type t) noexcept {
    return ~std::uint64_t{0} >> (64 - bits_of(t) + (is_signed(t) ? 1 : 0));
}

/// A part of a form or tuple.
struct field {
    std::string name;
    span where;
    type of = type::none;
    std::uint32_t initial =
        0;  ///< number of the constant that it has if it is not written, plus 1; 0: it must be written
};

/// The forms, tuples and picks of a program. A value of a form or tuple is the scalars of its fields, one after the
/// other: its slots. That of a pick is the number of its case, and then the slots of all cases, those of others than
/// its own being 0. A case is a field whose type has what it carries as fields.
class type_table {
public:
    /// A form or tuple that has more is refused.
    static constexpr std::size_t most_slots = 1000;

    enum class kind : std::uint8_t { form, tuple, pick, list };
    struct composite {
        kind is;
        std::string name;
        span where;
        std::vector<field> fields;
        std::vector<type> slots = {};
        bool too_large = false;
    };

    static constexpr bool has(type t) noexcept { return t >= type::first_composite; }
    composite& at(type t) noexcept { return all_[index(t)]; }
    const composite& at(type t) const noexcept { return all_[index(t)]; }

    type add(kind is, std::string name, span where) {
        all_.push_back({is, std::move(name), where, {}});
        return last();
    }
    bool is(type t, kind what) const noexcept { return has(t) && at(t).is == what; }
    /// The tuple of these types, which is one and the same each time. Its slots are known if those of its parts are.
    type tuple(const std::vector<type>& of) {
        const auto [found, is_new] = tuples_.try_emplace(of);
        if (!is_new) return found->second;
        constexpr std::size_t longest = 200;
        composite made{kind::tuple, "(", {}, {}};
        for (std::size_t i = 0; i < of.size(); ++i) {
            const std::string part = name(of[i]);
            made.name += (i == 0 ? "" : ", ") + (made.name.size() + part.size() < longest ? part : "...");
            made.fields.push_back({std::to_string(i), {}, of[i]});
        }
        made.name += ')';
        all_.push_back(std::move(made));
        lay_out(last());
        return found->second = last();
    }
    /// The list of this type; its element is its only field, and its slot the address of what it has.
    type list(type of) {
        const auto [found, is_new] = lists_.try_emplace(of);
        if (!is_new) return found->second;
        const std::string element = name(of);
        all_.push_back({kind::list, '[' + (element.size() < 200 ? element : "...") + ']', {}, {{"", {}, of}}});
        lay_out(last());
        return found->second = last();
    }
    type element(type of) const noexcept { return at(of).fields[0].of; }
    /// Whether what it is the address of counts its owners.
    static constexpr bool is_counted(type slot) noexcept { return slot == type::text || has(slot); }
    /// Bytes of a scalar in a list.
    static constexpr std::uint32_t size_of(type slot) noexcept { return !has(slot) && bits_of(slot) == 64 ? 8 : 4; }
    std::uint32_t element_size(type of) const {
        std::uint32_t size = 0;
        for (const type slot : slots(element(of))) size += size_of(slot);
        return size;
    }
    /// Field number of the field that is called so, or the number of fields.
    std::size_t find_field(type t, std::string_view called) const noexcept {
        const auto& all = at(t).fields;
        return static_cast<std::size_t>(
            std::find_if(all.begin(), all.end(), [&](const field& f) { return f.name == called; }) - all.begin());
    }
    std::string name(type t) const { return has(t) ? at(t).name : std::string(name_of(t)); }

    /// The types of the scalars of a value.
    std::vector<type> slots(type t) const {
        if (has(t)) return at(t).slots;
        return bits_of(t) == 0 ? std::vector<type>() : std::vector<type>{t};
    }
    std::uint32_t slot_count(type t) const noexcept {
        return has(t) ? static_cast<std::uint32_t>(at(t).slots.size()) : bits_of(t) != 0;
    }
    /// The first slot of a field, counted from that of the whole.
    std::uint32_t offset(type t, std::size_t of_field) const noexcept {
        std::uint32_t before = is(t, kind::pick);
        for (std::size_t i = 0; i < of_field; ++i) before += slot_count(at(t).fields[i].of);
        return before;
    }
    /// Finds the slots of a form or tuple whose fields have theirs.
    void lay_out(type t) {
        composite& c = at(t);
        c.slots.clear();
        if (c.is == kind::list) return c.slots.push_back(t);
        if (c.is == kind::pick) c.slots.push_back(type::u32);
        for (const field& f : c.fields) {
            const auto more = slots(f.of);
            c.slots.insert(c.slots.end(), more.begin(), more.end());
            c.too_large = c.slots.size() > most_slots || (has(f.of) && at(f.of).too_large);
            if (c.too_large) return c.slots.clear();
        }
    }
    std::size_t size() const noexcept { return all_.size(); }
    static constexpr type numbered(std::size_t i) noexcept {
        return static_cast<type>(static_cast<std::size_t>(type::first_composite) + i);
    }
    static constexpr std::size_t index(type t) noexcept {
        return static_cast<std::size_t>(t) - static_cast<std::size_t>(type::first_composite);
    }

private:
    type last() const noexcept { return numbered(all_.size() - 1); }
    std::vector<composite> all_;
    std::map<std::vector<type>, type> tuples_;
    std::map<type, type> lists_;
};

}  // namespace vitte::language
