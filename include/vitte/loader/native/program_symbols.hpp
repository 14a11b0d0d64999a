/// The symbols of the running program from its file's .symtab, for static programs, which have no dynamic ones. A
/// program that was stripped has none.
#pragma once

#include <vitte/loader/exports.hpp>
#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/native/segments.hpp>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/platform/processes.hpp>

namespace vitte::loader::native {

/// Offers all functions and data of the program, but for thread-local ones, unless `to` has something under the same
/// name. Linkers make local what is hidden, such as a whole C library: local ones are offered, too, where only one has
/// the name. Returns how many were added to `to`.
template <sys::platform P = sys::native>
result<std::size_t, load_error> provide_program(exports& to) {
    constexpr const char* action = "reading the program's own symbols";
    char path[4096];
    const auto length = P::processes::executable(path, sizeof path);
    if (!length) return refuse(length.error(), action);
    const auto mapped = sys::basic_mapping<P>::open(path);
    if (!mapped) return refuse(mapped.error(), action);
    const auto file = elf::file::parse(mapped->bytes());
    if (!file) return refuse(file.error().code, action, file.error().reason, file.error().offset);
    const auto section = file->find(elf::section_type::symbols);
    if (!section) return refuse(errc::not_found, action, "it has none: link it without -s and do not strip it");
    const auto symbols = file->symbols(*section);
    if (!symbols) return refuse(symbols.error().code, action, symbols.error().reason, symbols.error().offset);

    std::pair<bool, std::uintptr_t> program{};  // the first image, and what was added to its addresses
    P::images::for_each(
        [](void* found, const sys::loaded_image& image) {
            auto& [is_found, base] = *static_cast<std::pair<bool, std::uintptr_t>*>(found);
            if (!std::exchange(is_found, true)) base = image.base;
        },
        &program);
    const sys::cpu_capabilities cpu = P::images::cpu();
    const std::size_t before = to.size();
    std::vector<std::pair<std::string_view, std::uintptr_t>> locals;
    for (const elf::symbol s : symbols->entries) {
        const auto name = symbols->name(s);
        const bool is_file_or_section = s.type() == elf::symbol_type::file || s.type() == elf::symbol_type::section;
        if (!s.defined() || is_file_or_section || s.type() == elf::symbol_type::tls ||
            s.section >= elf::section_reserved || !name || name->empty())
            continue;
        std::uintptr_t address = program.second + static_cast<word>(s.value);
        if (s.type() == elf::symbol_type::gnu_ifunc) address = ask_resolver(address, cpu);
        if (s.binding() == elf::symbol_binding::local)
            locals.emplace_back(*name, address);
        else
            to.provide_absent(*name, reinterpret_cast<const void*>(address));
    }
    std::sort(locals.begin(), locals.end());
    for (std::size_t i = 0, next; i < locals.size(); i = next) {
        for (next = i + 1; next < locals.size() && locals[next].first == locals[i].first;) ++next;
        if (next == i + 1) to.provide_absent(locals[i].first, reinterpret_cast<const void*>(locals[i].second));
    }
    return to.size() - before;
}

}  // namespace vitte::loader::native
