/// Makes a model of what a header declares from clang's syntax tree, as `-ast-dump=json` writes it; see
/// `bind/model.hpp`. The tree is whatever the header and clang make it: nothing in it is trusted.
#pragma once

#include <optional>
#include <vitte/core/json.hpp>
#include <vitte/loader/bind/exports.hpp>
#include <vitte/loader/bind/record_layout.hpp>
#include <vitte/loader/bind/type_spelling.hpp>

namespace vitte::loader::bind {

namespace detail {

template <class Visit>
void for_each_member(json::value of, Visit&& visit) {
    if (of.kind() != json::kind::object) return;
    const auto all = of.members();
    for (const json::member m : *all) visit(m.name, m.value);
}
template <class Visit>
void for_each_inside(json::value of, Visit&& visit) {
    const json::value inner = of.find("inner");
    if (!inner || inner.kind() != json::kind::array) return;
    const auto all = inner.elements();
    for (const json::value v : *all)
        if (v.kind() == json::kind::object) visit(v);
}
inline std::string_view json_text(json::value of, std::string_view name) {
    const json::value found = of.find(name);
    if (!found || found.kind() != json::kind::string) return {};
    return *found.get<std::string_view>();
}
inline bool json_flag(json::value of, std::string_view name) {
    const json::value found = of.find(name);
    return found && found.kind() == json::kind::boolean && *found.get<bool>();
}

/// The number of the first constant expression inside; nothing if clang has not worked out any.
inline std::optional<std::uint64_t> constant_in(json::value of, unsigned depth = 0) {
    if (json_text(of, "kind") == "ConstantExpr") {
        const std::string_view digits = json_text(of, "value");
        const bool negative = digits.starts_with('-');
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data() + negative, digits.data() + digits.size(), number);
        if (error == std::errc() && end == digits.data() + digits.size()) return negative ? 0 - number : number;
    }
    std::optional<std::uint64_t> found;
    if (depth < deepest_type)
        for_each_inside(of, [&](json::value v) {
            if (!found) found = constant_in(v, depth + 1);
        });
    return found;
}

}  // namespace detail

/// Which files are the header: itself, and those in the folder beside it that is called as it is without its suffix.
class header_files {
public:
    explicit header_files(std::string_view path)
        : path_(path),
          folder_(std::string(path.substr(0, path.rfind('.') == path.npos ? path.size() : path.rfind('.'))) + '/') {}
    bool has(std::string_view file) const { return file == path_ || file.starts_with(folder_); }

private:
    std::string path_, folder_;
};

/// Declarations of a translation unit, one after the other. For one thread at a time.
class declarations {
public:
    explicit declarations(header_files own) : own_(std::move(own)) {}

    /// The next declaration at the top. Fails if it lacks what all declarations have.
    result<void, json::read_error> add(json::value declaration) {
        read_place(declaration.find("loc"), 0);
        const bool is_own = own_.has(file_);
        VITTE_CHECK(read(declaration, unnamed_, is_own));
        detail::for_each_member(declaration, [&](std::string_view name, json::value of) {
            if (name != "loc") read_place(of, 0);
        });
        return {};
    }

    /// Structures that `#pragma pack` has packed, of which the tree does not tell how: names of their types in C. How
    /// they are aligned must be known for `finish`, in this order; what is 0 is not known.
    const std::vector<std::string>& packed_types() const { return packed_types_; }

    /// What the header declares; with `exports`, only those of them, and what of the header is not among them is only
    /// named. `to` is the library.
    void finish(const std::vector<std::uint64_t>& alignments, const std::vector<exported_symbol>* exports,
                library& to) {
        lay_out(alignments);
        to.from_header = true;
        take_symbols(exports, to);
        add_remarks(to);
        to.types = types_.take();
        keep_reachable(to);
    }

    /// The base type that `spelling` is, for `constants`; `no_value` if it is none.
    type_id number_type(std::string_view spelling) {
        const type_id id = detail::spelling_reader(spelling, types_, names_, unnamed_).whole();
        type_id at = id;
        for (unsigned steps = 0; steps < deepest_type; ++steps) {
            const type& t = types_[at];
            if (t.kind == type_kind::base) return at;
            if (t.kind != type_kind::alias && t.kind != type_kind::enumeration && !type_table::is_qualifier(t.kind))
                break;
            if (t.kind == type_kind::enumeration && t.target == no_value)
                return types_.base(t.size == 8 ? "long long" : "int", t.size, dwarf::base_encoding::signed_integer);
            at = t.target;
        }
        return no_value;
    }

private:
    struct declared {
        type_id type = no_value;
        bool is_own = false, is_inline = false;
    };
    struct record {
        detail::record_request request;
        std::size_t packed_index = SIZE_MAX;  ///< in `packed_types_`
        bool is_whole = true;
    };
    /// A place names its file only if it is not that of the place before, in the order of the text.
    void read_place(json::value of, unsigned depth) {
        if (!of || depth == 500) return;
        if (of.kind() == json::kind::array) {
            const auto all = of.elements();
            for (const json::value v : *all) read_place(v, depth + 1);
        }
        detail::for_each_member(of, [&](std::string_view name, json::value v) {
            if (name == "file" && v.kind() == json::kind::string)
                file_ = *v.get<std::string_view>();
            else if (name != "includedFrom")
                read_place(v, depth + 1);
        });
    }

    type_id type_of(json::value of, const detail::unnamed_types& unnamed) {
        const json::value type = of.find("type");
        if (!type) return types_.unknown();
        std::string_view spelling = detail::json_text(type, "qualType");
        // What it stands for is an expression.
        if (spelling.find("typeof") != spelling.npos) spelling = detail::json_text(type, "desugaredQualType");
        return detail::spelling_reader(spelling, types_, names_, unnamed).whole();
    }

    result<void, json::read_error> read(json::value of, detail::unnamed_types& unnamed, bool is_own) {
        VITTE_TRY(const auto kind, of.get<std::string_view>("kind"));
        if (kind == "RecordDecl") {
            VITTE_CHECK(read_record(of, unnamed, is_own, 0));
        } else if (kind == "EnumDecl") {
            VITTE_CHECK(read_enumeration(of, unnamed, is_own));
        } else if (kind == "TypedefDecl") {
            VITTE_CHECK(read_alias(of, is_own));
        } else if (kind == "FunctionDecl" || kind == "VarDecl") {
            VITTE_CHECK(read_symbol(of, kind == "FunctionDecl", is_own));
        }
        return {};
    }

    /// The type that a declaration of a tag is of, a new one if it has no name.
    type_id declare(json::value of, std::size_t tag, detail::unnamed_types& unnamed) {
        if (const std::string_view name = detail::json_text(of, "name"); !name.empty())
            return detail::tagged_type(types_, names_, tag, name);
        type made;
        made.kind = detail::tag_kinds[tag];
        made.complete = false;
        const type_id id = types_.named_function(std::move(made));
        unnamed.last[tag] = id;
        by_number_.emplace(detail::json_text(of, "id"), id);
        return id;
    }
    void add_own(type_id id, bool is_own) {
        if (is_own) own_types_.push_back(id);
    }

    result<void, json::read_error> read_record(json::value of, detail::unnamed_types& outer, bool is_own,
                                               unsigned depth) {
        VITTE_TRY(const auto word, of.get<std::string_view>("tagUsed"));
        const std::size_t tag = word == "union" ? 1 : 0;
        const type_id id = declare(of, tag, outer);
        add_own(id, is_own);
        if (!detail::json_flag(of, "completeDefinition") || types_[id].complete || depth == deepest_type) return {};
        record made;
        made.request.id = id;
        std::vector<member> members;
        detail::unnamed_types unnamed;
        result<void, json::read_error> inside;
        detail::for_each_inside(of, [&](json::value v) {
            const std::string_view kind = detail::json_text(v, "kind");
            if (kind == "RecordDecl" && inside) inside = read_record(v, unnamed, is_own, depth + 1);
            if (kind == "EnumDecl" && inside) inside = read_enumeration(v, unnamed, is_own);
            if (kind == "FieldDecl") read_member(v, unnamed, made, members);
            if (kind == "PackedAttr") made.request.how.packed = true;
            if (kind == "AlignedAttr") made.request.how.aligned = asked_alignment(v);
            if (kind == "MaxFieldAlignmentAttr") made.packed_index = packed_types_.size();
        });
        VITTE_CHECK(inside);
        if (made.packed_index != SIZE_MAX)
            packed_types_.push_back(types_[id].name.empty() ? "" : std::string(word) + ' ' + types_[id].name);
        type& t = types_[id];
        t.alignment = static_cast<std::uint32_t>(made.request.how.aligned);
        t.members = std::move(members);
        t.complete = true;
        records_.push_back(std::move(made));
        return {};
    }
    /// Without a number, it is what is most on the machine.
    static std::size_t asked_alignment(json::value of) {
        const auto asked = detail::constant_in(of);
        const std::uint64_t number = asked ? *asked : ffi::facts_of(ffi::native_abi).max_alignment;
        return number <= ffi::max_alignment ? static_cast<std::size_t>(number) : 0;
    }
    void read_member(json::value of, const detail::unnamed_types& unnamed, record& in, std::vector<member>& to) {
        member made;
        made.name = detail::json_text(of, "name");
        made.type = type_of(of, unnamed);
        detail::for_each_inside(of, [&](json::value v) {
            const std::string_view kind = detail::json_text(v, "kind");
            if (kind == "AlignedAttr") made.alignment = static_cast<std::uint32_t>(asked_alignment(v));
            if (kind == "PackedAttr") in.is_whole = false;
        });
        const bool is_bit_field = detail::json_flag(of, "isBitfield");
        if (is_bit_field) {
            const auto width = detail::constant_in(of);
            if (!width || *width > 128) in.is_whole = false;
            made.bit_size = static_cast<std::uint32_t>(width.value_or(0));
        }
        in.request.is_bit_field.push_back(is_bit_field);
        to.push_back(std::move(made));
    }

    result<void, json::read_error> read_enumeration(json::value of, detail::unnamed_types& outer, bool is_own) {
        const type_id id = declare(of, 2, outer);
        add_own(id, is_own);
        std::vector<enumerator> all;
        bool is_packed = false, is_negative = false;
        std::uint64_t next = 0, most = 0;
        std::int64_t least = 0;
        detail::for_each_inside(of, [&](json::value v) {
            const std::string_view kind = detail::json_text(v, "kind");
            if (kind == "PackedAttr") is_packed = true;
            if (kind != "EnumConstantDecl") return;
            if (const auto told = detail::constant_in(v)) next = *told;
            const auto number = static_cast<std::int64_t>(next);
            // Unsigned 64 bits are told by the type of the enumerator.
            const json::value its_type = v.find("type");
            const bool is_unsigned = its_type && detail::json_text(its_type, "qualType").starts_with("unsigned");
            if (number < 0 && !is_unsigned)
                is_negative = true, least = std::min(least, number);
            else
                most = std::max(most, next);
            all.push_back({std::string(detail::json_text(v, "name")), number});
            ++next;
        });
        if (all.empty()) return {};
        const json::value fixed = of.find("fixedUnderlyingType");
        type_id target = no_value;
        if (fixed)
            target = detail::spelling_reader(detail::json_text(fixed, "qualType"), types_, names_, unnamed_).whole();
        const auto fits = [&](unsigned bits) {
            return is_negative ? most < std::uint64_t{1} << (bits - 1) && least >= -(std::int64_t{1} << (bits - 1))
                               : most >> bits == 0;
        };
        std::uint64_t size = is_packed && fits(8) ? 1 : is_packed && fits(16) ? 2 : fits(32) ? 4 : 8;
        if (target == no_value) {
            using enum dwarf::base_encoding;
            const bool is_long = ffi::facts_of(ffi::native_abi).long_size == 8;
            const std::string_view name = size == 1   ? "char"
                                          : size == 2 ? "short"
                                          : size == 4 ? "int"
                                          : is_long   ? "long"
                                                      : "long long";
            target = types_.base((is_negative ? size == 1 ? "signed " : "" : "unsigned ") + std::string(name), size,
                                 is_negative ? size == 1 ? signed_char : signed_integer
                                 : size == 1 ? unsigned_char
                                             : unsigned_integer);
        }
        type& t = types_[id];
        t.enumerators = std::move(all);
        t.target = target;
        t.size = types_.size_of(target);
        t.complete = true;
        return {};
    }

    result<void, json::read_error> read_alias(json::value of, bool is_own) {
        VITTE_TRY(const auto name, of.get<std::string_view>("name"));
        // A structure without a name is called by the alias.
        type_id target = no_value;
        bool is_direct = false;
        type made;
        detail::for_each_inside(of, [&](json::value v) {
            if (detail::json_text(v, "kind") == "AlignedAttr")
                made.alignment = static_cast<std::uint32_t>(asked_alignment(v));
            const json::value owned = v.find("ownedTagDecl");
            const auto found = owned ? by_number_.find(detail::json_text(owned, "id")) : by_number_.end();
            if (found != by_number_.end()) is_direct = true, target = found->second;
        });
        if (!is_direct) target = type_of(of, unnamed_);
        const bool names_last = is_direct && !records_.empty() && records_.back().request.id == target;
        if (names_last && records_.back().packed_index != SIZE_MAX && packed_types_.back().empty())
            packed_types_.back() = name;
        made.kind = type_kind::alias;
        made.name = name;
        made.target = target;
        const auto [at, added] = names_.aliases.emplace(made.name, no_value);
        if (added) at->second = types_.add(std::move(made));
        add_own(at->second, is_own);
        return {};
    }

    result<void, json::read_error> read_symbol(json::value of, bool is_function, bool is_own) {
        VITTE_TRY(const auto name, of.get<std::string_view>("name"));
        std::string_view symbol = detail::json_text(of, "mangledName");
        // Mach-O has a '_' before names; of one that is told by a label, clang marks that there is none.
        if (symbol.starts_with('\x01') || (symbol.starts_with('_') && symbol.substr(1) == name))
            symbol.remove_prefix(1);
        if (symbol.empty()) symbol = name;
        const bool is_static = detail::json_text(of, "storageClass") == "static";
        if (!is_function && is_static) return {};
        if (const json::value tls = of.find("tls"); tls && !is_function) return {};
        auto& all = is_function ? functions_ : variables_;
        const auto [at, added] = all.emplace(symbol, declared());
        declared& to = at->second;
        to.is_own = to.is_own || is_own;
        to.is_inline = to.is_inline || is_static;
        type_id id = type_of(of, unnamed_);
        if (is_function && types_[id].kind == type_kind::function) {
            type made = types_[id];
            if (made.unprototyped && !added) return {};
            std::size_t i = 0;
            detail::for_each_inside(of, [&](json::value v) {
                if (detail::json_text(v, "kind") == "ParmVarDecl" && i < made.members.size())
                    made.members[i++].name = detail::json_text(v, "name");
            });
            id = types_.named_function(std::move(made));
        } else if (is_function) {
            id = no_value;
            if (is_own) not_told_.emplace_back(symbol);
        }
        to.type = id;
        return {};
    }

    void lay_out(const std::vector<std::uint64_t>& alignments) {
        detail::record_layout layout(types_);
        for (record& r : records_) {
            type& t = types_[r.request.id];
            if (r.packed_index != SIZE_MAX) {
                const std::uint64_t pack = r.packed_index < alignments.size() ? alignments[r.packed_index] : 0;
                r.is_whole = r.is_whole && pack != 0 && pack <= 16;
                r.request.how.pack = r.is_whole ? static_cast<std::size_t>(pack) : 0;
            }
            if (!r.is_whole || !layout.lay_out(r.request)) {
                if (!t.name.empty() && is_own_type(r.request.id)) not_laid_out_.push_back(t.name);
                t.complete = false;
                t.members.clear();
                continue;
            }
            std::size_t i = 0;
            std::erase_if(t.members, [&](const member& m) { return r.request.is_bit_field[i++] && m.name.empty(); });
        }
    }
    bool is_own_type(type_id id) const {
        return std::find(own_types_.begin(), own_types_.end(), id) != own_types_.end();
    }

    void take_symbols(const std::vector<exported_symbol>* exports, library& to) {
        const auto take = [](std::map<std::string, declared, std::less<>>& from, const std::string& name,
                             std::vector<symbol>& into) {
            const auto found = from.find(name);
            const bool known = found != from.end() && !found->second.is_inline;
            into.push_back({name, known ? found->second.type : no_value});
            if (found != from.end()) found->second.is_own = false;
        };
        if (exports != nullptr)
            for (const exported_symbol& s : *exports)
                s.is_function ? take(functions_, s.name, to.functions) : take(variables_, s.name, to.variables);
        for (const bool is_function : {true, false})
            for (const auto& [name, what] : is_function ? functions_ : variables_) {
                if (!what.is_own) continue;
                if (what.is_inline)
                    inline_.push_back(name);
                else if (exports != nullptr)
                    missing_.push_back(name);
                else if (what.type != no_value)
                    (is_function ? to.functions : to.variables).push_back({name, what.type});
            }
    }
    void add_remarks(library& to) {
        const auto add = [&](const char* what, std::vector<std::string>& names) {
            if (!names.empty()) to.remarks.push_back({what, std::move(names)});
        };
        add("The header declares, and the library does not have", missing_);
        add("Functions that only the header has, inline", inline_);
        add("Functions whose types cannot be expressed", not_told_);
        add("Structures whose layout cannot be expressed", not_laid_out_);
    }

    /// Leaves the types that symbols, constants and the header's own declarations need.
    void keep_reachable(library& of) const {
        std::vector<type_id> renamed(of.types.size(), no_value), order{no_value};
        std::vector<bool> seen(of.types.size());
        seen[no_value] = true;
        const auto visit = [&](type_id id) {
            if (!seen[id]) seen[id] = true, order.push_back(id);
        };
        for (const symbol& s : of.functions) visit(s.type);
        for (const symbol& s : of.variables) visit(s.type);
        for (const constant& c : of.constants) visit(c.type);
        for (const type_id id : own_types_) visit(id);
        for (std::size_t i = 1; i < order.size(); ++i) {
            const type& t = of.types[order[i]];
            visit(t.target);
            for (const member& m : t.members) visit(m.type);
        }
        std::sort(order.begin(), order.end());
        std::vector<type> kept;
        for (const type_id id : order) {
            renamed[id] = static_cast<type_id>(kept.size());
            kept.push_back(std::move(of.types[id]));
        }
        for (type& t : kept) {
            t.target = renamed[t.target];
            for (member& m : t.members) m.type = renamed[m.type];
        }
        for (symbol& s : of.functions) s.type = renamed[s.type];
        for (symbol& s : of.variables) s.type = renamed[s.type];
        for (constant& c : of.constants) c.type = renamed[c.type];
        of.types = std::move(kept);
    }

    header_files own_;
    std::string file_;
    type_table types_;
    detail::named_types names_;
    detail::unnamed_types unnamed_;
    std::map<std::string, type_id, std::less<>> by_number_;  ///< types without names, by clang's numbers
    std::map<std::string, declared, std::less<>> functions_, variables_;
    std::vector<record> records_;  ///< after those that they are made of
    std::vector<type_id> own_types_;
    std::vector<std::string> packed_types_, missing_, inline_, not_told_, not_laid_out_;
};

}  // namespace vitte::loader::bind
