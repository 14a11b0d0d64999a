/// Functions and types of a library's model as texts of the ffi, whose grammar stands in `loader/ffi/signature.hpp`.
#pragma once

#include <map>
#include <string>
#include <vitte/loader/bind/model.hpp>
#include <vitte/loader/ffi/signature.hpp>

namespace vitte::loader::bind {

namespace detail {

/// Keeps the texts of structures that it has written: others may be made of them often.
class type_writer {
public:
    explicit type_writer(const library& of) noexcept : of_(of) {}

    std::string text_of(type_id id) {
        begin();
        return write(id, 0) ? text_ : std::string();
    }
    std::string text_of_function(type_id id) {
        const type& t = of_[id];
        begin();
        if (t.kind != type_kind::function || t.unprototyped || !write_passed(t.target, false)) return {};
        text_ += '(';
        for (const member& parameter : t.members) {
            if (&parameter != t.members.data()) text_ += ", ";
            if (!write_passed(parameter.type, true)) return {};
        }
        text_ += t.variadic ? (t.members.empty() ? "...)" : ", ...)") : ")";
        return text_;
    }

private:
    static constexpr unsigned most_levels = 32;            // as many as the ffi reads
    static constexpr std::size_t most_text = 65536;        // structures in structures may be as many as one likes

    void begin() {
        text_.clear();
        beyond_ = false;
    }
    type_id plain(type_id id, bool* is_constant = nullptr) const noexcept {
        for (unsigned i = 0; i < most_levels; ++i) {
            const type_kind k = of_[id].kind;
            if (k == type_kind::constant && is_constant != nullptr) *is_constant = true;
            if (k != type_kind::alias && k != type_kind::constant && k != type_kind::changing) break;
            id = of_[id].target;
        }
        return id;
    }
    /// A parameter, or a result. What points to constant characters is a text; as a parameter also to constant bytes.
    bool write_passed(type_id id, bool is_parameter) {
        const type& t = of_[plain(id)];
        if (t.kind == type_kind::pointer) {
            bool is_constant = false;
            const type& to = of_[plain(t.target, &is_constant)];
            using enum dwarf::base_encoding;
            const bool is_character = to.encoding == signed_char || to.encoding == unsigned_char;
            const bool is_text = is_constant && to.kind == type_kind::base && to.size == 1 && is_character &&
                                 (is_parameter || to.name == "char");
            return add(is_text ? "str" : "ptr");
        }
        return write(id, 0);
    }
    bool write(type_id id, unsigned level) {
        id = plain(id);
        const type& t = of_[id];
        if (level > most_levels || text_.size() > most_text) return beyond_ = true, false;
        switch (t.kind) {
            case type_kind::nothing: return add("void");
            case type_kind::pointer: return add("ptr");
            case type_kind::base: return add(scalar(t));
            case type_kind::enumeration: {
                const type& of = of_[plain(t.target)];
                const bool is_signed = of.encoding == dwarf::base_encoding::signed_integer;
                return add(integer(t.size, is_signed));
            }
            case type_kind::vector: return add(t.size == 16 ? "v128" : "");
            case type_kind::array: text_ += '[' + std::to_string(t.count) + ']'; return write(t.target, level + 1);
            case type_kind::structure:
            case type_kind::union_: return t.complete && write_known_record(id, level);
            default: return false;
        }
    }
    /// What is beyond a limit here may be written elsewhere.
    bool write_known_record(type_id id, unsigned level) {
        if (const auto known = records_.find(id); known != records_.end()) return add(known->second);
        const std::size_t begin = text_.size();
        const bool written = write_record(of_[id], level);
        if (written || !beyond_) records_.emplace(id, written ? text_.substr(begin) : std::string());
        return written;
    }
    bool write_record(const type& t, unsigned level) {
        if (t.alignment != 0) text_ += "aligned(" + std::to_string(t.alignment) + ") ";
        const std::size_t begin = text_.size();
        if (!write_members(t, level)) return false;
        if (is_laid_out_as(t, std::string_view(text_).substr(begin))) return true;
        text_.insert(begin, "packed ");
        return is_laid_out_as(t, std::string_view(text_).substr(begin));
    }
    bool write_members(const type& t, unsigned level) {
        text_ += t.kind == type_kind::union_ ? "union {" : "{";
        for (const member& m : t.members) {
            if (&m != t.members.data()) text_ += ", ";
            if (m.bit_size != 0) return false;
            if (m.alignment != 0) text_ += "alignas(" + std::to_string(m.alignment) + ") ";
            if (!write(m.type, level + 1)) return false;
            if (ffi::detail::is_name(m.name)) text_ += ' ' + m.name;
        }
        text_ += '}';
        beyond_ = beyond_ || text_.size() > most_text;
        return !t.members.empty() && !beyond_;
    }
    /// What the ffi of this machine makes of the text; of machines with other addresses that is not known.
    bool is_laid_out_as(const type& t, std::string_view text) const {
        if (of_.address_size != sizeof(void*)) return true;
        ffi::type_pool pool;
        const auto read = ffi::read_type(text, pool);
        if (!read || (*read)->fields.size() != t.members.size()) return false;
        if (t.alignment == 0 && (*read)->size != t.size) return false;
        for (std::size_t i = 0; i < t.members.size(); ++i)
            if (t.kind == type_kind::structure && (*read)->fields[i].offset * 8 != t.members[i].bit_offset)
                return false;
        return true;
    }
    static std::string integer(std::uint64_t size, bool is_signed) {
        if (size != 1 && size != 2 && size != 4 && size != 8) return {};
        return (is_signed ? 'i' : 'u') + std::to_string(8 * size);
    }
    static std::string scalar(const type& t) {
        using enum dwarf::base_encoding;
        const bool is_long = t.name.find("long double") != t.name.npos;
        switch (t.encoding) {
            case boolean: return t.size == 1 ? "bool" : "";
            case signed_integer:
            case signed_char: return integer(t.size, true);
            case unsigned_integer:
            case unsigned_char:
            case utf: return integer(t.size, false);
            case floating: return t.size == 4 ? "f32" : t.size == 8 ? "f64" : is_long ? "long_double" : "";
            case complex_float:
                return t.size == 8    ? "complex_f32"
                       : t.size == 16 ? "complex_f64"
                       : is_long      ? "complex_long_double"
                                      : "";
            default: return {};
        }
    }
    bool add(std::string_view word) {
        text_ += word;
        return !word.empty();
    }

    const library& of_;
    std::string text_;
    std::map<type_id, std::string> records_;  ///< empty if there is none
    bool beyond_ = false;                     ///< a limit
};

}  // namespace detail

/// The type `id` of `of` as the ffi reads it, such as "{i32 x, i32 y}"; empty if the ffi has none of the kind: with
/// bit-fields, empty, laid out otherwise than C does, of other numbers. Thread-safe.
inline std::string type_text(const library& of, type_id id) { return detail::type_writer(of).text_of(id); }

/// The same of a function: "u64(u64, str, u32)". Pointers to constant characters are texts, other ones `ptr`. Empty
/// also for what debug information does not know, and for functions whose parameters were not declared.
inline std::string signature_text(const library& of, const symbol& f) {
    return detail::type_writer(of).text_of_function(f.type);
}

}  // namespace vitte::loader::bind
