/// What the bytes of a module say of it, before anything of it runs.
#pragma once

#include <algorithm>
#include <string>
#include <vector>
#include <vitte/loader/dependencies/folder.hpp>
#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/format/wasm.hpp>
#include <vitte/loader/signature.hpp>

namespace vitte::loader {

/// For people and for calls: nothing here is a promise about what is loaded.
struct module_description {
    const char* kind = "native";                ///< "WebAssembly", "container"
    std::string name = {}, version = {};        ///< empty if it does not say
    std::vector<exported_symbol> exports = {};  ///< functions, by name; none if the format's are not known here

    /// The type of an export, such as "i32(i32, i32)"; empty if it is not known.
    std::string_view signature_of(std::string_view function) const noexcept {
        const auto found = std::lower_bound(exports.begin(), exports.end(), function,
                                            [](const exported_symbol& a, std::string_view b) { return a.name < b; });
        return found != exports.end() && found->name == function ? std::string_view(found->signature)
                                                                 : std::string_view();
    }
};

namespace detail {

/// As `signature::parse` reads it; empty for types that it does not have.
inline std::string signature_text(const wasm::function_type& type) {
    const auto list = [](const wasm::type_list& types) {
        std::string made;
        bool good = true;
        types.for_each([&](wasm::value_type t) {
            const char* const name = t == wasm::i32   ? "i32"
                                     : t == wasm::i64 ? "i64"
                                     : t == wasm::f32 ? "f32"
                                     : t == wasm::f64 ? "f64"
                                                      : nullptr;
            good = good && name != nullptr;
            if (good) (made += made.empty() ? "" : ", ") += name;
        });
        return good ? made : "?";
    };
    const std::string parameters = list(type.parameters), results = list(type.results);
    const std::string made = (results.empty() ? "void" : results) + "(" + parameters + ")";
    return signature::parse(made) ? made : std::string();
}

inline result<void, parse_error> describe_webassembly(std::span<const std::byte> bytes, module_description& to) {
    std::vector<std::string> types;
    std::vector<std::uint32_t> functions;
    VITTE_TRY(const wasm::file file, wasm::file::parse(bytes));
    VITTE_CHECK(file.for_each_type([&](const wasm::type_entry& t) { types.push_back(signature_text(t.function)); }));
    VITTE_CHECK(file.for_each_import([&](const wasm::import_entry& e) {
        if (e.kind == wasm::external_kind::function) functions.push_back(e.type_index);
    }));
    VITTE_CHECK(file.for_each_function([&](std::uint32_t type) { functions.push_back(type); }));
    return file.for_each_export([&](const wasm::export_entry& e) {
        if (e.kind != wasm::external_kind::function) return;
        const std::uint32_t type = e.index < functions.size() ? functions[e.index] : UINT32_MAX;
        to.exports.push_back({std::string(e.name), type < types.size() ? types[type] : std::string()});
    });
}

inline result<void, parse_error> describe_elf(std::span<const std::byte> bytes, module_description& to) {
    VITTE_TRY(const elf::file file, elf::file::parse(bytes));
    VITTE_TRY(const auto dynamic, elf::dynamic_view::read(file));
    const elf::symbol_view& symbols = dynamic.symbols();
    for (std::size_t i = 0; i < symbols.entries.size(); ++i) {
        const elf::symbol one = symbols.entries[i];
        if (one.binding() == elf::symbol_binding::local || !one.defined() || one.type() != elf::symbol_type::function)
            continue;
        VITTE_TRY(const std::string_view name, symbols.name(one));
        to.exports.push_back({std::string(name)});
    }
    return {};
}

}  // namespace detail

/// What can be read of `file`; what cannot is left out, and told when the module is loaded.
inline module_description describe_module(std::span<const std::byte> file) {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    module_description made;
    if (vitb::is_container(file)) {
        made.kind = "container";
        if (auto told = describe_container(file)) {
            made.name = std::move(told->who.name);
            made.version = std::move(told->who.version);
            made.exports = std::move(told->symbols.exports);
        }
        const auto parsed = vitb::container::parse(file);
        const auto code = parsed && made.exports.empty() ? parsed->find(vitb::kind::code) : std::nullopt;
        if (code)
            if (const auto content = vitb::content(*code, most))
                static_cast<void>(detail::describe_webassembly(content->span(), made));
    } else if (wasm::file::is_module(file)) {
        made.kind = "WebAssembly";
        static_cast<void>(detail::describe_webassembly(file, made));
    } else {
        static_cast<void>(detail::describe_elf(file, made));
    }
    std::sort(made.exports.begin(), made.exports.end(),
              [](const exported_symbol& a, const exported_symbol& b) { return a.name < b.name; });
    return made;
}

}  // namespace vitte::loader
