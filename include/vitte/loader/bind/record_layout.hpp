/// Where members of structures and unions stand that are known only by their types, by the layouts of the ffi; see
/// `bind/declarations.hpp`.
#pragma once

#include <deque>
#include <vitte/loader/bind/type_table.hpp>
#include <vitte/loader/ffi/type.hpp>

namespace vitte::loader::bind::detail {

/// What a declaration says of a structure or union besides its members.
struct record_request {
    type_id id = no_value;
    ffi::packing how;
    std::vector<bool> is_bit_field;  ///< of each member; those without names are members here, too
};

/// For this machine's ABI. Records come after those that they are made of.
class record_layout {
public:
    explicit record_layout(type_table& types) : types_(types) {}

    /// Gives the members their places and the whole its size; false if that cannot be told: one of them has no size.
    bool lay_out(const record_request& of) {
        type& t = types_[of.id];
        if (t.members.size() > most_members) return false;
        std::vector<ffi::field> fields;
        std::vector<std::size_t> field_of(t.members.size());
        std::deque<ffi::type> own;
        ffi::packing how = of.how;
        const bool overlaid = t.kind == type_kind::union_;
        const auto end_of = [&]() -> std::uint64_t {
            if (fields.empty() || overlaid) return 0;
            const auto whole = ffi::record_of(ffi::kind::structure, fields, ffi::native_abi, how);
            return whole ? fields.back().end() : max_bits;
        };
        for (std::size_t i = 0; i < t.members.size();) {
            if (!of.is_bit_field[i]) {
                const ffi::type* const measured = keep(own, measure(t.members[i].type, 0));
                if (measured == nullptr) return false;
                field_of[i] = fields.size();
                fields.push_back({measured, 0, {}, t.members[i].alignment});
                ++i;
                continue;
            }
            const std::uint64_t first = 8 * end_of();
            std::uint64_t bit = first;
            for (; i < t.members.size() && of.is_bit_field[i] && (bit == first || !overlaid); ++i)
                if (!place_bits(t.members[i], bit, how) || bit > max_bits) return false;
            if (bit == first) continue;
            const auto bytes =
                ffi::array_of(ffi::scalar(ffi::kind::u8), static_cast<std::size_t>((bit - first + 7) / 8));
            if (!bytes) return false;
            fields.push_back({keep(own, *bytes), 0, {}, 0});
        }
        const auto whole =
            ffi::record_of(overlaid ? ffi::kind::union_ : ffi::kind::structure, fields, ffi::native_abi, how);
        if (!whole) return false;
        for (std::size_t i = 0; i < t.members.size(); ++i)
            if (!of.is_bit_field[i]) t.members[i].bit_offset = 8 * fields[field_of[i]].offset;
        t.size = whole->size;
        ffi::type& made = records_[of.id];
        made.kind = ffi::kind::structure;
        made.size = whole->size;
        made.alignment = made.natural_alignment = whole->alignment;
        return true;
    }

private:
    static constexpr std::size_t most_members = 16384;
    static constexpr std::uint64_t max_bits = 8 * std::uint64_t{ffi::max_size};

    static const ffi::type* keep(std::deque<ffi::type>& in, const ffi::type& t) {
        return t.size == 0 && t.kind != ffi::kind::array ? nullptr : &in.emplace_back(t);
    }
    /// System V's rule: a bit-field lies in one unit of its type, unless it is packed. Goes on behind it.
    bool place_bits(member& m, std::uint64_t& bit, ffi::packing& how) {
        const ffi::type unit = measure(m.type, 0);
        if (unit.size == 0 || m.alignment != 0 || m.bit_size > 8 * unit.size) return false;
        std::uint64_t alignment = unit.alignment;
        if (how.pack != 0 && how.pack < alignment) alignment = how.pack;
        const bool ends_unit = m.bit_size == 0;
        if (how.packed && !ends_unit) alignment = 1;
        const std::uint64_t step = how.packed && !ends_unit ? 1 : 8 * alignment;
        if (ends_unit || bit % step + m.bit_size > 8 * unit.size) bit = (bit + step - 1) / step * step;
        m.bit_offset = bit;
        bit += m.bit_size;
#if defined(__arm__) || defined(__aarch64__)
        constexpr bool unnamed_count = true;
#else
        constexpr bool unnamed_count = false;
#endif
        if ((!m.name.empty() || unnamed_count) && alignment > how.aligned)
            how.aligned = static_cast<std::size_t>(alignment);
        return true;
    }

    static ffi::type opaque(std::uint64_t size, std::uint64_t alignment) {
        ffi::type made;
        made.kind = ffi::kind::structure;
        made.size = static_cast<std::size_t>(size);
        made.alignment = made.natural_alignment = static_cast<std::size_t>(alignment);
        return made;
    }
    /// As a member; of size 0 if it cannot be one.
    ffi::type measure(type_id id, unsigned depth) {
        const type& t = types_[id];
        if (depth == deepest_type) return {};
        switch (t.kind) {
            case type_kind::pointer: return ffi::scalar(ffi::kind::pointer);
            case type_kind::base: return measure_base(t);
            case type_kind::enumeration:
                return t.complete ? ffi::scalar(ffi::integer_of(static_cast<std::size_t>(t.size), false)) : ffi::type();
            case type_kind::vector: return t.size == 16 ? ffi::scalar(ffi::kind::vector128) : opaque(t.size, t.size);
            case type_kind::array: {
                ffi::type element = measure(t.target, depth + 1);
                element.depth = 0, element.parts = 1;
                const auto made =
                    ffi::array_of(element, t.count > ffi::max_size ? ffi::max_size : static_cast<std::size_t>(t.count));
                if (!made || t.count > ffi::max_size) return {};
                ffi::type whole = t.count == 0 ? *made : opaque(made->size, made->alignment);
                whole.element = &ffi::scalar(ffi::kind::u8);  // not the one that ends here
                return whole;
            }
            case type_kind::alias: {
                ffi::type made = measure(t.target, depth + 1);
                if (t.alignment != 0) made.alignment = made.natural_alignment = t.alignment;
                return made;
            }
            case type_kind::constant:
            case type_kind::changing: return measure(t.target, depth + 1);
            case type_kind::structure:
            case type_kind::union_: {
                const auto found = records_.find(id);
                return found == records_.end() ? ffi::type() : found->second;
            }
            default: return {};
        }
    }
    static ffi::type measure_base(const type& t) {
        using enum dwarf::base_encoding;
        const bool is_long = t.name.find("long double") != t.name.npos;
        if (t.encoding == floating && (is_long || t.size <= 8))
            return ffi::scalar(is_long ? ffi::kind::long_double : t.size == 4 ? ffi::kind::f32 : ffi::kind::f64);
        if (t.encoding == complex_float)
            return ffi::scalar(is_long       ? ffi::kind::complex_long_double
                               : t.size == 8 ? ffi::kind::complex_f32
                                             : ffi::kind::complex_f64);
        const ffi::kind integer = ffi::integer_of(static_cast<std::size_t>(t.size), false);
        return integer == ffi::kind::nothing ? opaque(t.size, t.size) : ffi::scalar(integer);
    }

    type_table& types_;
    std::map<type_id, ffi::type> records_;
};

}  // namespace vitte::loader::bind::detail
