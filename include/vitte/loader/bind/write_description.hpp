/// Writes a model of what a library offers as JSON, for scripts and other programs:
///
///     {"library": "libz.so.1",
///      "functions": [{"name": "crc32", "type": "u64(u64, str, u32)"}, ...],
///      "variables": [{"name": "counter", "type": "i32"}, ...],
///      "constants": [{"name": "ZLIB_VERSION", "value": "1.2.13"}, {"name": "Z_OK", "type": "i32", "value": 0}, ...],
///      "types": [{"name": "z_stream_s", "size": 112, "type": "{ptr next_in, u32 avail_in, ...}"}, ...],
///      "enumerations": [{"name": "color", "type": "u32", "values": {"red": 0, ...}}, ...]}
///
/// Types are texts of the ffi (`loader/ffi/signature.hpp`); what it has no text for has no "type".
#pragma once

#include <vitte/core/json/writer.hpp>
#include <vitte/loader/bind/type_text.hpp>

namespace vitte::loader::bind {

namespace detail {

template <json::output Output>
void write_type(json::writer<Output>& to, const std::string& text) {
    if (!text.empty()) to.name("type").value(std::string_view(text));
    to.end_object();
}

template <json::output Output>
void write_enumeration(json::writer<Output>& to, const library& of, type_id id, type_writer& texts) {
    to.begin_object().name("name").value(std::string_view(of[id].name)).name("values").begin_object();
    for (const enumerator& e : of[id].enumerators) to.name(e.name).value(e.value);
    to.end_object();
    write_type(to, texts.text_of(id));
}

template <json::output Output>
void write_constant(json::writer<Output>& to, const library& of, const constant& c) {
    to.begin_object().name("name").value(std::string_view(c.name)).name("value");
    if (const auto* const text = std::get_if<std::string>(&c.value))
        to.value(std::string_view(*text));
    else if (const auto* const number = std::get_if<double>(&c.value))
        to.value(*number);
    else if (const auto bits = std::get<std::uint64_t>(c.value);
             of[c.type].encoding == dwarf::base_encoding::signed_integer ||
             of[c.type].encoding == dwarf::base_encoding::signed_char)
        to.value(static_cast<std::int64_t>(bits));
    else
        to.value(bits);
    write_type(to, c.type == no_value ? std::string() : type_text(of, c.type));
}

}  // namespace detail

/// The description of `of`, as `json::writer::finish` returns.
template <json::output Output>
result<void> write_description(const library& of, Output& output) {
    json::writer to(output, 2);
    detail::type_writer texts(of);
    to.begin_object().name("library").value(std::string_view(of.name));
    to.name("functions").begin_array();
    for (const symbol& f : of.functions) {
        to.begin_object().name("name").value(std::string_view(f.name));
        detail::write_type(to, texts.text_of_function(f.type));
    }
    to.end_array().name("variables").begin_array();
    for (const symbol& v : of.variables) {
        to.begin_object().name("name").value(std::string_view(v.name));
        detail::write_type(to, v.type == no_value ? std::string() : type_text(of, v.type));
    }
    to.end_array().name("constants").begin_array();
    for (const constant& c : of.constants) detail::write_constant(to, of, c);
    to.end_array().name("types").begin_array();
    for (type_id id = 0; id < of.types.size(); ++id) {
        const type& t = of[id];
        const bool is_record = t.kind == type_kind::structure || t.kind == type_kind::union_;
        if (!is_record || !t.complete || t.name.empty()) continue;
        to.begin_object().name("name").value(std::string_view(t.name)).name("size").value(t.size);
        detail::write_type(to, texts.text_of(id));
    }
    to.end_array().name("enumerations").begin_array();
    for (type_id id = 0; id < of.types.size(); ++id)
        if (of[id].kind == type_kind::enumeration) detail::write_enumeration(to, of, id, texts);
    to.end_array().end_object();
    return to.finish();
}

}  // namespace vitte::loader::bind
