/// The dynamic table of a mapped image, validated: what has to be relocated, bound, initialised and finalised
/// (gABI chapter 5, "Dynamic Section"). All pointers it yields are readable for the size that goes with them.
#pragma once

#include <vitte/loader/native/segments.hpp>
#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader::native {

struct dynamic_info {
    symbol_table symbols;
    std::span<const relocation_entry> relocations, plt_relocations;
    std::span<const std::uint64_t> relative_words;  ///< DT_RELR
    std::span<const std::uintptr_t> initializers, finalizers;
    std::uint64_t init = 0, fini = 0;               ///< file addresses of DT_INIT and DT_FINI; 0 if there is none
    std::vector<const char*> needed;
    const char* soname = nullptr;
};

namespace detail {

enum tag : std::int64_t {
    needed = 1, plt_size = 2, hash = 4, strings = 5, symbols = 6, rela = 7, rela_size = 8, rela_entry = 9,
    strings_size = 10, symbol_entry_size = 11, init = 12, fini = 13, soname = 14, rel = 17, plt_kind = 20,
    text_relocations = 22, plt = 23, init_array = 25, fini_array = 26, init_array_size = 27, fini_array_size = 28,
    flags = 30, relr_size = 35, relr = 36, relr_entry = 37, low_tags = 38,
    gnu_hash = 0x6ffffef5, version_indices = 0x6ffffff0, definitions = 0x6ffffffc, definition_count = 0x6ffffffd,
    needs = 0x6ffffffe, need_count = 0x6fffffff,
};

/// The values of the dynamic table by tag; 0 where a tag does not occur.
struct tag_values {
    std::uint64_t low[low_tags] = {};
    std::uint64_t gnu_hash = 0, version_indices = 0, definitions = 0, definition_count = 0, needs = 0, need_count = 0;

    void set(std::int64_t tag, std::uint64_t value) noexcept {
        if (tag >= 0 && tag < low_tags) low[tag] = value;
        else if (tag == detail::gnu_hash) gnu_hash = value;
        else if (tag == detail::version_indices) version_indices = value;
        else if (tag == detail::definitions) definitions = value;
        else if (tag == detail::definition_count) definition_count = value;
        else if (tag == detail::needs) needs = value;
        else if (tag == detail::need_count) need_count = value;
    }
};

inline unexpected<load_error> bad_dynamic(const char* what) {
    return refuse(errc::malformed, "reading the dynamic table", what);
}

/// An array that the table describes by address and size; empty if the size is 0.
template <class T, class P>
result<std::span<const T>, load_error> table(const segments<P>& image, std::uint64_t address, std::uint64_t bytes,
                                             const char* what) {
    if (bytes == 0) return std::span<const T>();
    const T* first = bytes % sizeof(T) == 0 ? image.template array<T>(address, bytes) : nullptr;
    if (first == nullptr) return bad_dynamic(what);
    return std::span<const T>(first, static_cast<std::size_t>(bytes / sizeof(T)));
}

inline void name_version(symbol_table& symbols, std::uint16_t index, const char* name, const char* library) {
    index = static_cast<std::uint16_t>(index & ~version_hidden);
    if (index >= symbols.version_names.size()) symbols.version_names.resize(std::size_t{index} + 1);
    symbols.version_names[index] = {name, library};
}

/// Fills `version_names` from DT_VERDEF and DT_VERNEED. `array` answers for every structure that is about to be read.
/// The chains are bounded by the counts that the table gives, and each step goes forward.
template <class Array>
bool read_versions(symbol_table& symbols, const tag_values& tags, Array&& array) {
    std::uint64_t at = tags.definitions;
    for (std::uint64_t n = 0; at != 0 && n < tags.definition_count; ++n) {
        const auto* definition = array(static_cast<const version_definition*>(nullptr), at);
        if (definition == nullptr) return false;
        const auto* name = array(static_cast<const version_definition_name*>(nullptr), at + definition->auxiliary);
        if (name == nullptr) return false;
        name_version(symbols, definition->index, symbols.string(name->name), nullptr);
        if (definition->next == 0) break;
        at += definition->next;
    }
    at = tags.needs;
    for (std::uint64_t n = 0; at != 0 && n < tags.need_count; ++n) {
        const auto* need = array(static_cast<const version_need*>(nullptr), at);
        if (need == nullptr) return false;
        std::uint64_t name_at = at + need->auxiliary;
        for (unsigned k = 0; k < need->count; ++k) {
            const auto* name = array(static_cast<const version_need_name*>(nullptr), name_at);
            if (name == nullptr) return false;
            name_version(symbols, name->index, symbols.string(name->name), symbols.string(need->file));
            if (name->next == 0) break;
            name_at += name->next;
        }
        if (need->next == 0) break;
        at += need->next;
    }
    return true;
}

template <class P>
result<void, load_error> read_symbols(dynamic_info& info, const segments<P>& image, const tag_values& tags) {
    symbol_table& symbols = info.symbols;
    symbols.base = image.base();
    symbols.string_size = tags.low[detail::strings_size];
    symbols.strings = image.template array<char>(tags.low[detail::strings], symbols.string_size);
    if (symbols.string_size == 0 || symbols.strings == nullptr || symbols.strings[symbols.string_size - 1] != 0)
        return bad_dynamic("the string table is missing, outside the segments, or without an end");
    const std::uint64_t room = image.readable(tags.low[detail::symbols]) / sizeof(symbol_entry);
    symbols.symbols = image.template array<symbol_entry>(tags.low[detail::symbols], sizeof(symbol_entry));
    if (symbols.symbols == nullptr || tags.low[detail::symbol_entry_size] != sizeof(symbol_entry))
        return bad_dynamic("the symbol table is missing, outside the segments, or of an unknown form");
    symbols.symbol_limit = room > 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(room);

    if (tags.gnu_hash != 0) {
        symbols.gnu_hash_words = image.readable(tags.gnu_hash) / 4;
        symbols.gnu_hash = image.template array<std::uint32_t>(tags.gnu_hash, 4);
        if (symbols.gnu_hash == nullptr || !gnu_hash_fits(symbols.gnu_hash, symbols.gnu_hash_words))
            return bad_dynamic("the GNU hash table does not fit its segment");
    } else if (tags.low[detail::hash] != 0) {
        symbols.sysv_hash_words = image.readable(tags.low[detail::hash]) / 4;
        symbols.sysv_hash = image.template array<std::uint32_t>(tags.low[detail::hash], 4);
        if (symbols.sysv_hash == nullptr || !sysv_hash_fits(symbols.sysv_hash, symbols.sysv_hash_words))
            return bad_dynamic("the hash table does not fit its segment");
    }
    if (tags.version_indices != 0) {
        const std::uint64_t indices = image.readable(tags.version_indices) / 2;
        symbols.versions = image.template array<std::uint16_t>(tags.version_indices, 2);
        if (symbols.versions == nullptr) return bad_dynamic("the version table is outside the segments");
        if (indices < symbols.symbol_limit) symbols.symbol_limit = static_cast<std::uint32_t>(indices);
    }
    const auto array = [&]<class T>(const T*, std::uint64_t at) { return image.template array<T>(at, sizeof(T)); };
    if (!read_versions(symbols, tags, array)) return bad_dynamic("a version record is outside the segments");
    return {};
}

template <class P>
result<void, load_error> read_tables(dynamic_info& info, const segments<P>& image, const tag_values& tags) {
    const auto& t = tags.low;
    if (t[text_relocations] != 0 || (t[flags] & 4) != 0)
        return refuse(errc::not_supported, "reading the dynamic table",
                      "relocations in executable pages are refused: compile with -fPIC");
    if (t[rel] != 0 || (t[plt] != 0 && t[plt_kind] != rela))
        return bad_dynamic("relocations without addends, which this machine does not use");
    if (t[rela] != 0 && t[rela_entry] != sizeof(relocation_entry)) return bad_dynamic("relocations of an unknown form");
    if (t[relr] != 0 && t[relr_entry] != 8) return bad_dynamic("relative relocations of an unknown form");
    VITTE_TRY(info.relocations, table<relocation_entry>(image, t[rela], t[rela_size], "the relocation table is misplaced"));
    VITTE_TRY(info.plt_relocations, table<relocation_entry>(image, t[plt], t[plt_size], "the PLT relocation table is misplaced"));
    VITTE_TRY(info.relative_words, table<std::uint64_t>(image, t[relr], t[relr_size], "the RELR table is misplaced"));
    VITTE_TRY(info.initializers, table<std::uintptr_t>(image, t[init_array], t[init_array_size], "the initialiser array is misplaced"));
    VITTE_TRY(info.finalizers, table<std::uintptr_t>(image, t[fini_array], t[fini_array_size], "the finaliser array is misplaced"));
    info.init = t[detail::init];
    info.fini = t[detail::fini];
    if ((info.init != 0 && image.executable(info.init) == 0) || (info.fini != 0 && image.executable(info.fini) == 0))
        return bad_dynamic("the initialiser or finaliser is not executable");
    return {};
}
}  // namespace detail

/// Reads and validates the dynamic table of `image`.
template <class P>
result<dynamic_info, load_error> read_dynamic(const segments<P>& image) {
    const program_header* header = image.find(segment_kind::dynamic);
    if (header == nullptr) return detail::bad_dynamic("there is none: the file is not dynamically linked");
    const auto count = static_cast<std::size_t>(header->memory_size / sizeof(dynamic_entry));
    const auto* entries = image.template array<dynamic_entry>(header->address, count * sizeof(dynamic_entry));
    if (entries == nullptr) return detail::bad_dynamic("it is outside the segments");
    const std::span all(entries, count);

    detail::tag_values tags;
    for (const dynamic_entry& entry : all) {
        if (entry.tag == 0) break;
        tags.set(entry.tag, entry.tag == detail::text_relocations ? 1 : entry.value);
    }
    dynamic_info info;
    VITTE_CHECK(detail::read_symbols(info, image, tags));
    VITTE_CHECK(detail::read_tables(info, image, tags));
    for (const dynamic_entry& entry : all) {
        if (entry.tag == 0) break;
        if (entry.tag == detail::needed) info.needed.push_back(info.symbols.string(entry.value));
        if (entry.tag == detail::soname) info.soname = info.symbols.string(entry.value);
    }
    return info;
}

}  // namespace vitte::loader::native
