/// What a shared object offers by its dynamic symbols, whose types others know; see `bind/model.hpp`.
#pragma once

#include <algorithm>
#include <string>
#include <vector>
#include <vitte/loader/bind/model.hpp>
#include <vitte/loader/format/elf.hpp>

namespace vitte::loader::bind {

/// By name, each once.
struct exported_symbol {
    std::string name;
    std::uint64_t address;
    bool is_function;  ///< otherwise a variable
};

/// Makes `to` the library that `of` is, without functions, variables and types. Returns the functions and variables
/// that it exports under C's names; fails if it has no dynamic symbols.
inline result<std::vector<exported_symbol>, parse_error> read_exports(const elf::file& of, library& to) {
    VITTE_TRY(const elf::dynamic_view dynamic, elf::dynamic_view::read(of));
    VITTE_TRY(to.name, dynamic.string(elf::tag::soname).transform([](std::string_view s) { return std::string(s); }));
    to.address_size = static_cast<std::uint8_t>(of.header().form.word_size());
    to.splits_alignment = of.header().machine == elf::machine::i386;
    std::vector<exported_symbol> made;
    text_budget texts(4 * std::uint64_t{of.whole().size()});
    for (const elf::symbol s : dynamic.symbols().entries) {
        if (s.section == elf::section_undefined || s.binding() == elf::symbol_binding::local) continue;
        const bool is_function = s.type() == elf::symbol_type::function || s.type() == elf::symbol_type::gnu_ifunc;
        // What has no section is the name of a version.
        if (!is_function && (s.type() != elf::symbol_type::object || s.section == elf::section_absolute)) continue;
        VITTE_TRY(const std::string_view name, dynamic.symbols().name(s));
        VITTE_CHECK(texts.take(name.size(), "name of a symbol"));
        // On 32-bit ARM the lowest bit says which instructions a function has.
        const bool marked = is_function && of.header().machine == elf::machine::arm;
        if (!name.empty() && !name.starts_with("_Z"))
            made.push_back({std::string(name), marked ? s.value & ~std::uint64_t{1} : s.value, is_function});
    }
    std::stable_sort(made.begin(), made.end(),
                     [](const exported_symbol& a, const exported_symbol& b) { return a.name < b.name; });
    const auto same = [](const exported_symbol& a, const exported_symbol& b) { return a.name == b.name; };
    made.erase(std::unique(made.begin(), made.end(), same), made.end());
    return made;
}

}  // namespace vitte::loader::bind
