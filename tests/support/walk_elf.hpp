// Reads everything that the ELF views offer, for tests and fuzzing: what matters is that each byte is looked at.
#pragma once

#include <vitte/loader/format/elf.hpp>

/// How many things were read, over all tables.
inline std::size_t walk_elf(std::span<const std::byte> bytes) {
    namespace elf = vitte::loader::elf;
    const auto file = elf::file::parse(bytes);
    if (!file) return 0;
    std::size_t seen = 1;
    for (const elf::segment s : file->segments()) seen += file->content(s).has_value();
    for (const elf::section s : file->sections()) {
        seen += file->name(s).has_value();
        if (const auto symbols = file->symbols(s))
            for (const elf::symbol symbol : symbols->entries) seen += symbols->name(symbol).has_value();
        if (const auto relocations = file->relocations(s))
            for (const elf::relocation r : *relocations) seen += r.type != 0;
        if (const auto relative = file->relative_relocations(s)) seen += relative->size();
    }
    seen += file->build_id().has_value();
    const auto dynamic = elf::dynamic_view::read(*file);
    if (!dynamic) return seen;
    static_cast<void>(dynamic->for_each_needed([&](std::string_view name) { seen += name.size(); }));
    seen += dynamic->string(elf::tag::soname).has_value() + dynamic->relative_relocations().size();
    for (const elf::relocation r : dynamic->relocations()) seen += r.type != 0;
    for (const elf::relocation r : dynamic->plt_relocations()) seen += r.type != 0;
    const std::size_t limit = dynamic->symbols().entries.size() < 200 ? dynamic->symbols().entries.size() : 200;
    for (std::size_t i = 0; i < limit; ++i) {
        const auto version = dynamic->version_of(i);
        if (const auto name = dynamic->symbols().name(dynamic->symbols().entries[i]))
            seen += (dynamic->find(*name) != 0) + (dynamic->find(*name, version.name) != 0);
    }
    return seen;
}
