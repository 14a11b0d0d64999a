// Reads everything that the Mach-O views offer, for tests and fuzzing: what matters is that each byte is looked at.
#pragma once

#include <vitte/loader/format/macho.hpp>
#include <vitte/loader/format/macho/names.hpp>

inline std::size_t walk_macho_file(const vitte::loader::part& bytes) {
    namespace macho = vitte::loader::macho;
    const auto file = macho::file::parse(bytes.bytes, bytes.offset);
    if (!file) return 0;
    std::size_t seen = 1;
    const auto count = [&](const auto&...) { ++seen; };
    file->for_each_command(count);
    file->for_each_segment([&](const macho::segment& segment) {
        seen += segment.name.size();
        for (const macho::section s : segment.sections) {
            seen += s.name.size() + s.segment.size();
            if (const auto relocations = file->relocations(s))
                for (const macho::relocation r : *relocations) seen += r.external;
        }
    });
    if (const auto symbols = file->symbols())
        for (const macho::symbol s : symbols->entries) seen += symbols->name(s).has_value();
    seen += file->for_each_needed(count).has_value() + file->for_each_rpath(count).has_value();
    seen += file->for_each_platform(count).has_value() + file->id().has_value() + file->uuid().has_value();
    seen += file->entry().has_value() + macho::read_code_signature(*file).has_value();
    seen += macho::for_each_binding(*file, count).has_value() + macho::for_each_rebase(*file, count).has_value();
    if (const auto fixups = macho::chained_fixups::read(*file)) {
        for (std::size_t i = 0; i < fixups->import_count(); ++i) seen += fixups->import(i).has_value();
        seen += fixups->for_each(count).has_value();
    }
    if (const auto trie = macho::export_trie::read(*file)) {
        static char buffer[4096];
        seen += trie->for_each(buffer,
                               [&](const macho::exported& e) {
                                   seen += e.name.size() > 200 || trie->find(e.name).has_value();
                               })
                    .has_value();
    }
    return seen;
}

/// How many things were read, over all tables of all slices.
inline std::size_t walk_macho(std::span<const std::byte> bytes) {
    const auto several = vitte::loader::macho::universal::parse(bytes);
    if (!several) return walk_macho_file({bytes});
    std::size_t seen = 1;
    for (const auto slice : several->slices())
        if (const auto content = several->content(slice)) seen += walk_macho_file(*content);
    return seen;
}
