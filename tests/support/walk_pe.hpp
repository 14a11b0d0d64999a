// Reads everything that the PE and COFF views offer, for tests and fuzzing: what matters is that each byte is looked
// at.
#pragma once

#include <vitte/loader/format/pe.hpp>
#include <vitte/loader/format/pe/names.hpp>

/// How many things were read, over all tables.
inline std::size_t walk_pe(std::span<const std::byte> bytes) {
    namespace pe = vitte::loader::pe;
    const auto file = pe::file::parse(bytes);
    if (!file) return 0;
    std::size_t seen = 1;
    for (const pe::section s : file->sections()) {
        seen += file->name(s).has_value() + file->content(s).has_value();
        if (const auto relocations = file->relocations(s))
            for (const pe::relocation r : *relocations)
                seen += !relocation_name(file->header().machine, r.type).empty();
    }
    file->for_each_symbol([&](const pe::symbol& s, std::size_t) { seen += file->name(s).has_value() && s.defined(); });
    const auto count = [&](const auto&...) { ++seen; };
    seen += pe::for_each_needed(*file, count).has_value();
    seen += pe::for_each_import(*file, count).has_value() + pe::for_each_base_relocation(*file, count).has_value();
    seen += pe::for_each_certificate(*file, count).has_value();
    seen += pe::read_code_view(*file).has_value() + pe::read_tls(*file).has_value();
    const auto exports = pe::export_table::read(*file);
    if (!exports) return seen;
    for (std::size_t i = 0; i < exports->size(); ++i) seen += exports->at(i).has_value();
    for (std::size_t i = 0; i < exports->name_count(); ++i)
        if (const auto name = exports->name(i); name && i < 200) seen += exports->find(name->name).has_value();
    return seen;
}
