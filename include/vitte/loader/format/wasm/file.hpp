/// `wasm::file`: a WebAssembly module (core specification, 5.5) as its sections.
#pragma once

#include <vitte/loader/format/wasm/entries.hpp>
#include <vitte/loader/format/wasm/module_limits.hpp>

namespace vitte::loader::wasm {

/// Section ids (5.5.2).
enum class section : std::uint8_t {
    custom,
    type,
    import,
    function,
    table,
    memory,
    global,
    exports,
    start,
    element,
    code,
    data,
    data_count,
    tag
};
inline constexpr std::size_t section_kinds = 14;

constexpr const char* name_of(section id) noexcept {
    constexpr const char* names[] = {"custom section",     "type section",    "import section", "function section",
                                     "table section",      "memory section",  "global section", "export section",
                                     "start section",      "element section", "code section",   "data section",
                                     "data count section", "tag section"};
    return names[static_cast<unsigned>(id)];
}

/// The types of a recursion group: functions only.
struct type_entry {
    function_type function;
    std::uint32_t group = 0;  ///< index of the first type of its group
    std::uint64_t offset = 0;
};
struct custom_section {
    std::string_view name;
    bytes content;
    std::uint64_t offset = 0;  ///< of `content`
};

/// A module's bytes, which must stay while views of them are used. `for_each_` decode a section and call `visit` with
/// each entry, as `visit(entry)`; they fail at what does not follow the format, with its offset.
class file {
public:
    /// Whether `whole` starts like a WebAssembly module, of whatever version.
    static bool is_module(bytes whole) noexcept {
        return whole.size() >= 4 && load<std::uint32_t>(whole.data(), byte_order::little) == magic;
    }

    /// Checks the preamble, and order and size of the sections. `long_sizes` is as in `cursor`. What exceeds `most`
    /// is `errc::too_large`, here or when it is decoded.
    static result<file, parse_error> parse(bytes whole, bool long_sizes = true,
                                           const module_limits& most = {}) noexcept;

    bytes whole() const noexcept { return whole_; }
    bool has(section id) const noexcept { return present_[static_cast<unsigned>(id)]; }
    /// A section's content; empty if it is not there.
    cursor content(section id) const noexcept { return sections_[static_cast<unsigned>(id)]; }
    /// The number that a section starts with: of its entries, or what the data count section says.
    std::uint32_t count(section id) const noexcept {
        cursor in = content(id);
        return has(id) ? in.u32(name_of(id)) : 0;
    }

    template <class Visit>
    result<void, parse_error> for_each_type(Visit&& visit) const;
    template <class Visit>
    result<void, parse_error> for_each_import(Visit&& visit) const {
        return for_each(section::import, read_import, visit);
    }
    /// Type indices.
    template <class Visit>
    result<void, parse_error> for_each_function(Visit&& visit) const {
        return for_each(
            section::function, [](cursor& in) noexcept { return in.u32("function type index"); }, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_table(Visit&& visit) const {
        return for_each(section::table, read_table, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_memory(Visit&& visit) const {
        return for_each(
            section::memory, [](cursor& in) noexcept { return memory_type{read_limits(in, "memory type")}; }, visit);
    }
    /// Type indices.
    template <class Visit>
    result<void, parse_error> for_each_tag(Visit&& visit) const {
        return for_each(section::tag, read_tag_type, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_global(Visit&& visit) const {
        return for_each(section::global, read_global, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_export(Visit&& visit) const {
        return for_each(section::exports, read_export, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_element(Visit&& visit) const {
        return for_each(section::element, read_element, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_code(Visit&& visit) const {
        return for_each(section::code, read_code, visit);
    }
    template <class Visit>
    result<void, parse_error> for_each_data(Visit&& visit) const {
        return for_each(section::data, read_data, visit);
    }
    /// The index of the start function; asked for only if the section is there.
    result<std::uint32_t, parse_error> start() const noexcept {
        cursor in = content(section::start);
        const std::uint32_t index = in.u32("start section");
        VITTE_CHECK(ended(in, section::start));
        return index;
    }

    /// Calls `visit(const custom_section&)`. Their names have been checked.
    template <class Visit>
    void for_each_custom(Visit&& visit) const {
        cursor in(whole_.subspan(8), 8);
        while (!in.at_end()) {
            const auto id = static_cast<section>(in.byte("section"));
            cursor part = in.part(in.u32("section"), "section");
            if (id != section::custom) continue;
            const auto name = part.name("custom section");
            const std::uint64_t from = part.offset();
            visit(custom_section{name, part.take(part.remaining(), "custom section"), from});
        }
    }

private:
    static constexpr std::uint32_t magic = 0x6d736100;

    static result<void, parse_error> ended(const cursor& in, section id) noexcept {
        VITTE_CHECK(in.status());
        if (!in.at_end()) return malformed(name_of(id), "section size mismatch: bytes are left over", in.offset());
        return {};
    }
    template <class Read, class Visit>
    result<void, parse_error> for_each(section id, Read read, Visit&& visit) const {
        if (!has(id)) return {};
        cursor in = content(id);
        const std::uint32_t n = in.count(name_of(id));
        if (n > most(id)) refuse_size(in, name_of(id), in.offset());
        for (std::uint32_t i = 0; i < n && in.ok(); ++i) {
            const std::uint64_t from = in.offset();
            auto entry = read(in);
            if (exceeds(entry)) refuse_size(in, name_of(id), from);
            if (in.ok()) visit(entry);
        }
        return ended(in, id);
    }
    static void refuse_size(cursor& in, const char* reading, std::uint64_t at) noexcept {
        in.refuse(reading, "more than the engine allows", at, errc::too_large);
    }
    std::uint32_t most(section id) const noexcept {
        switch (id) {
            case section::import: return limits_.imports;
            case section::function: return limits_.functions;
            case section::table: return limits_.tables;
            case section::memory: return limits_.memories;
            case section::tag: return limits_.tags;
            case section::global: return limits_.globals;
            case section::exports: return limits_.exports;
            case section::element: return limits_.element_segments;
            case section::data: return limits_.data_segments;
            default: return UINT32_MAX;
        }
    }
    static bool exceeds(const auto&) noexcept { return false; }
    bool exceeds(const element_entry& entry) const noexcept { return entry.size > limits_.elements; }
    bool exceeds(const code_entry& entry) const noexcept { return entry.body.remaining() > limits_.body_bytes; }
    bool exceeds(const function_type& type) const noexcept {
        return type.parameters.size > limits_.parameters || type.results.size > limits_.results;
    }
    static function_type read_type(cursor& in) noexcept;

    bytes whole_;
    module_limits limits_;
    cursor sections_[section_kinds];
    bool present_[section_kinds] = {};
};

inline result<file, parse_error> file::parse(bytes whole, bool long_sizes, const module_limits& most) noexcept {
    // The place of each section among the others.
    constexpr std::uint8_t order[section_kinds] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
    file made;
    made.whole_ = whole;
    made.limits_ = most;
    if (whole.size() > most.module_bytes)
        return malformed("module", "more bytes than the engine allows", most.module_bytes, errc::too_large);
    cursor in(whole, 0, long_sizes);
    if (in.fixed<std::uint32_t>("magic number") != magic && in.ok())
        return malformed("magic number", "magic header not detected", 0);
    if (in.fixed<std::uint32_t>("version") != 1 && in.ok()) return malformed("version", "unknown binary version", 4);
    unsigned last = 0;
    while (!in.at_end()) {
        const std::uint64_t from = in.offset();
        const std::uint8_t id = in.byte("section");
        if (id >= section_kinds) return malformed("section", "malformed section id", from);
        cursor content = in.part(in.u32("section"), name_of(static_cast<section>(id)));
        VITTE_CHECK(in.status());
        if (id == 0) {
            content.name("custom section name");
            VITTE_CHECK(content.status());
            continue;
        }
        if (order[id] <= last)
            return malformed(name_of(static_cast<section>(id)), "unexpected content after last section", from);
        last = order[id];
        made.sections_[id] = content;
        made.present_[id] = true;
    }
    VITTE_CHECK(in.status());
    if (made.count(section::function) != made.count(section::code))
        return malformed("code section", "function and code section have inconsistent lengths",
                         made.content(section::code).offset());
    if (made.has(section::data_count)) {
        cursor counted = made.content(section::data_count);
        const std::uint64_t from = counted.offset();
        if (counted.u32("data count section") != made.count(section::data))
            return malformed("data count section", "data count and data section have inconsistent lengths", from);
        VITTE_CHECK(ended(counted, section::data_count));
    }
    return made;
}

/// A composite type; those of garbage collection are told apart from what is wrong.
inline function_type file::read_type(cursor& in) noexcept {
    const std::uint64_t from = in.offset();
    std::uint8_t code = in.byte("type");
    if (code == 0x4f) {  // sub final, without supertypes: the type itself
        if (in.u32("type") != 0)
            in.refuse("type", "subtypes are not supported (garbage collection)", from, errc::not_supported);
        code = in.byte("type");
    }
    function_type made;
    if (code == 0x50 || code == 0x5e || code == 0x5f) {
        in.refuse("type", "subtypes, structures and arrays are not supported (garbage collection)", from,
                  errc::not_supported);
    } else if (code != 0x60) {
        in.refuse("type", "integer representation too long or unknown type form", from);
    } else {
        made.parameters = read_type_list(in);
        made.results = read_type_list(in);
    }
    return made;
}

template <class Visit>
result<void, parse_error> file::for_each_type(Visit&& visit) const {
    if (!has(section::type)) return {};
    cursor in = content(section::type);
    const std::uint32_t groups = in.count("type section");
    std::uint32_t index = 0;
    for (std::uint32_t i = 0; i < groups && in.ok(); ++i) {
        std::uint32_t members = 1;
        const bool recursive = in.peek() == 0x4e;
        if (recursive) {
            in.byte("type");
            members = in.count("recursion group");
        }
        const std::uint32_t group = index;
        for (std::uint32_t k = 0; k < members && in.ok(); ++k, ++index) {
            const std::uint64_t from = in.offset();
            const type_entry entry{read_type(in), group, from};
            if (index >= limits_.types || index >= type_index::limit || exceeds(entry.function))
                refuse_size(in, "type", from);
            if (in.ok()) visit(entry);
        }
    }
    return ended(in, section::type);
}

}  // namespace vitte::loader::wasm
