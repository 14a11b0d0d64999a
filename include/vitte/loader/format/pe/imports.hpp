/// What an image imports, when it is loaded or when it is first called (delayed); see `format/pe.hpp`.
#pragma once

#include <vitte/loader/format/pe/file.hpp>

namespace vitte::loader::pe {

/// A library that an image imports from.
struct needed_library {
    std::string_view name;
    std::uint32_t lookups;  ///< address of the table that says what is imported
    bool delayed;
};

/// One imported function or variable.
struct imported {
    needed_library library;
    std::string_view name;  ///< empty if it is imported by ordinal
    std::uint16_t ordinal;  ///< or, with a name, where that may be in the library's names
};

namespace detail {
/// Both kinds of directory are descriptors up to an empty one: `name_at` and `lookups_at` are where theirs say that.
struct import_kind {
    pe::directory directory;
    std::size_t stride, name_at, lookups_at, slots_at;
};
inline constexpr import_kind import_kinds[] = {
    {directory::imports, 20, 12, 0, 16},
    {directory::delay_imports, 32, 4, 16, 12},
};

inline text_budget text_budget_of(const file& of) noexcept { return text_budget(4 * std::uint64_t{of.whole().size()}); }

/// Calls `visit(const needed_library&)`, which may fail.
template <class Visit>
result<void, parse_error> for_each_descriptor(const file& of, Visit&& visit) {
    constexpr const char* what = "import directory";
    text_budget texts = text_budget_of(of);
    for (const import_kind& kind : import_kinds) {
        const auto directory = of.find(kind.directory);
        if (!directory) continue;
        VITTE_TRY(const part all, of.from(directory->address, what));
        const bool delayed = kind.directory == directory::delay_imports;
        for (std::size_t at = 0;; at += kind.stride) {
            VITTE_TRY(const part found, all.sub(at, kind.stride, what, "does not end in its section"));
            const auto number = [&](std::size_t field) { return encoding().u32(found.bytes.data() + field); };
            const std::uint32_t name_at = number(kind.name_at), slots = number(kind.slots_at);
            if (name_at == 0 || slots == 0) break;
            const std::uint32_t lookups = number(kind.lookups_at) != 0 ? number(kind.lookups_at) : slots;
            // The first delayed ones, of 32 bits, had addresses that are not relative to the base.
            const auto base = delayed && (number(0) & 1) == 0 ? static_cast<std::uint32_t>(of.image().base) : 0;
            VITTE_TRY(const std::string_view name, of.text_at(name_at - base, "name of a needed library"));
            VITTE_CHECK(texts.take(name.size(), "name of a needed library"));
            VITTE_CHECK(visit(needed_library{name, lookups - base, delayed}));
        }
    }
    return {};
}
}  // namespace detail

/// Calls `visit(const needed_library&)` for every library that is imported from ("PE Format", "The .idata Section",
/// "Delay-Load Import Tables").
template <class Visit>
result<void, parse_error> for_each_needed(const file& of, Visit&& visit) {
    return detail::for_each_descriptor(of, [&](const needed_library& library) -> result<void, parse_error> {
        visit(library);
        return {};
    });
}

/// Calls `visit(const imported&)` for everything that is imported.
template <class Visit>
result<void, parse_error> for_each_import(const file& of, Visit&& visit) {
    constexpr const char* what = "import lookup table";
    const encoding e = of.image().form;
    const std::size_t stride = e.word_size();
    std::size_t left = of.whole().size() / stride;  // tables that overlap would take forever
    text_budget texts = detail::text_budget_of(of);
    return detail::for_each_descriptor(of, [&](const needed_library& library) -> result<void, parse_error> {
        VITTE_TRY(const part all, of.from(library.lookups, what));
        for (std::size_t at = 0;; at += stride) {
            VITTE_TRY(const part found, all.sub(at, stride, what, "does not end in its section"));
            const std::uint64_t entry = e.word(found.bytes.data()), by_ordinal = std::uint64_t{1} << (8 * stride - 1);
            if (entry == 0) return {};
            if (left-- == 0) return malformed(what, "overlaps another one", found.offset);
            imported made{library, {}, static_cast<std::uint16_t>(entry)};
            if ((entry & by_ordinal) == 0) {
                VITTE_TRY(const part hint, of.at(entry, 2, "name of an import"));
                made.ordinal = encoding().u16(hint.bytes.data());
                VITTE_TRY(made.name, of.text_at(entry + 2, "name of an import"));
                VITTE_CHECK(texts.take(made.name.size(), "name of an import"));
            }
            visit(made);
        }
    });
}

}  // namespace vitte::loader::pe
