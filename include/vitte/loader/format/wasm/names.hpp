/// What custom sections tell people: names of functions (core specification, 7.4.1), and who produced the module
/// (tool conventions, "producers").
#pragma once

#include <vitte/loader/format/wasm/file.hpp>

namespace vitte::loader::wasm {

/// The content of the custom section `name`, the first one; empty if there is none.
inline custom_section find_custom(const file& of, std::string_view name) noexcept {
    custom_section found;
    of.for_each_custom([&](const custom_section& s) {
        if (s.name == name && found.name.empty()) found = s;
    });
    return found;
}

/// Calls `visit(index, name)` for every function that the name section names, in ascending order.
template <class Visit>
result<void, parse_error> for_each_function_name(const file& of, Visit&& visit) {
    constexpr std::uint8_t functions = 1;
    const custom_section names = find_custom(of, "name");
    cursor in(names.content, names.offset);
    while (!in.at_end()) {
        const std::uint8_t id = in.byte("name section");
        cursor part = in.part(in.u32("name section"), "name section");
        if (id != functions) continue;
        const std::uint32_t n = part.count("function names");
        for (std::uint32_t i = 0; i < n && part.ok(); ++i) {
            const std::uint32_t index = part.u32("function name");
            const std::string_view name = part.name("function name");
            if (part.ok()) visit(index, name);
        }
        VITTE_CHECK(part.status());
    }
    return in.status();
}
/// The module's own name; empty if it has none.
inline std::string_view module_name(const file& of) noexcept {
    const custom_section names = find_custom(of, "name");
    cursor in(names.content, names.offset);
    if (in.at_end() || in.byte("name section") != 0) return {};
    return in.part(in.u32("name section"), "name section").name("module name");
}

/// Calls `visit(field, name, version)`: field is "language", "processed-by" or "sdk".
template <class Visit>
result<void, parse_error> for_each_producer(const file& of, Visit&& visit) {
    const custom_section producers = find_custom(of, "producers");
    if (producers.content.empty()) return {};
    cursor in(producers.content, producers.offset);
    const std::uint32_t fields = in.count("producers section");
    for (std::uint32_t i = 0; i < fields && in.ok(); ++i) {
        const std::string_view field = in.name("producers section");
        const std::uint32_t n = in.count("producers section");
        for (std::uint32_t k = 0; k < n && in.ok(); ++k) {
            const std::string_view name = in.name("producer"), version = in.name("producer version");
            if (in.ok()) visit(field, name, version);
        }
    }
    return in.status();
}

}  // namespace vitte::loader::wasm
