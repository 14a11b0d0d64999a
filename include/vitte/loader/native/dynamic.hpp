/// The dynamic table of a mapped image, validated: what has to be relocated, bound, initialised and finalised
/// (gABI chapter 5, "Dynamic Section"). All pointers it yields are readable for the size that goes with them.
#pragma once

#include <vitte/loader/format/elf/versions.hpp>
#include <vitte/loader/native/segments.hpp>
#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader::native {

/// From one file address up to another.
struct address_range {
    std::uint64_t begin, end;
};

struct dynamic_info {
    symbol_table symbols;
    std::span<const relocation_entry> relocations, plt_relocations;
    std::span<const word> relative_words;  ///< DT_RELR
    std::span<const std::uintptr_t> initializers, finalizers;
    std::uint64_t init = 0, fini = 0;  ///< file addresses of DT_INIT and DT_FINI; 0 if there is none
    std::uint64_t plt_got = 0;         ///< file address of DT_PLTGOT, or 0
    bool bind_now = false;             ///< nothing is to be bound lazily
    bool symbolic = false;             ///< its own definitions come before all others
    std::uint64_t flags_1 = 0;         ///< DT_FLAGS_1
    std::vector<const char*> needed;
    const char *soname = nullptr, *run_path = nullptr;
    bool run_path_is_inherited = false;  ///< DT_RPATH: holds for what its dependencies need, too
    /// Which tables that are read after they were checked lie where relocations could change them, and must not. What
    /// is missing here is held against its limits at each reading, or when all is relocated.
    std::vector<address_range> fixed;

    bool has_flag_1(std::uint64_t bit) const noexcept { return (flags_1 & bit) != 0; }
};

namespace detail {

/// The values of the dynamic table by tag; 0 where a tag does not occur.
class tag_values {
public:
    void set(elf::tag tag, std::uint64_t value) noexcept {
        if (std::uint64_t* const place = place_of(tag)) *place = value;
    }
    std::uint64_t operator[](elf::tag tag) const noexcept {
        const std::uint64_t* const place = const_cast<tag_values*>(this)->place_of(tag);
        return place == nullptr ? 0 : *place;
    }

private:
    std::uint64_t* place_of(elf::tag tag) noexcept {
        const auto number = static_cast<std::int64_t>(tag);
        if (number >= 0 && number < 38) return &low_[number];
        if (tag == elf::tag::gnu_hash) return &gnu_hash_;
        constexpr auto first = static_cast<std::int64_t>(elf::tag::version_indices);
        return number >= first && number < first + 16 ? &version_[number - first] : nullptr;
    }
    std::uint64_t low_[38] = {}, gnu_hash_ = 0, version_[16] = {};
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

/// Fills `version_names` from DT_VERDEF and DT_VERNEED, whose records have `room` bytes at most; false if a record
/// cannot be read.
template <class BytesAt>
bool read_versions(symbol_table& symbols, const elf::version_chains& chains, std::uint64_t room, BytesAt&& bytes_at) {
    const auto name_version = [&](std::uint16_t index, std::uint32_t name, std::uint32_t library) {
        index = static_cast<std::uint16_t>(index & ~elf::version_hidden);
        if (index >= symbols.version_names.size()) symbols.version_names.resize(std::size_t{index} + 1);
        symbols.version_names[index] = {symbols.string(name), library == 0 ? nullptr : symbols.string(library)};
    };
    return elf::for_each_version(chains, room, form, bytes_at, name_version) == 0;
}

template <class P>
result<void, load_error> read_symbols(dynamic_info& info, const segments<P>& image, const tag_values& tags) {
    using elf::tag;
    symbol_table& symbols = info.symbols;
    symbols.base = image.base();
    symbols.string_size = tags[tag::strings_size];
    symbols.strings = image.template array<char>(tags[tag::strings], symbols.string_size);
    if (symbols.string_size == 0 || symbols.strings == nullptr || symbols.strings[symbols.string_size - 1] != 0)
        return bad_dynamic("the string table is missing, outside the segments, or without an end");
    const std::uint64_t room = image.readable(tags[tag::symbols]) / sizeof(symbol_entry);
    symbols.symbols = image.template array<symbol_entry>(tags[tag::symbols], sizeof(symbol_entry));
    if (symbols.symbols == nullptr || tags[tag::symbol_entry] != sizeof(symbol_entry))
        return bad_dynamic("the symbol table is missing, outside the segments, or of an unknown form");
    symbols.symbol_limit = room > 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(room);

    const auto words = [&](std::uint64_t address) { return image.template array<std::uint32_t>(address, 4); };
    if (const std::uint64_t at = tags[tag::gnu_hash]; at != 0) {
        symbols.gnu_hash = {{words(at)}, image.readable(at) / 4};
        if (symbols.gnu_hash.word.data == nullptr || !symbols.gnu_hash.valid())
            return bad_dynamic("the GNU hash table does not fit its segment");
    } else if (const std::uint64_t old = tags[tag::hash]; old != 0) {
        symbols.sysv_hash = {{{words(old)}}, image.readable(old) / machine::sysv_hash_word};
        if (symbols.sysv_hash.word.data == nullptr || !symbols.sysv_hash.valid())
            return bad_dynamic("the hash table does not fit its segment");
    }
    if (const std::uint64_t at = tags[tag::version_indices]; at != 0) {
        const std::uint64_t indices = image.readable(at) / 2;
        symbols.versions = image.template array<std::uint16_t>(at, 2);
        if (symbols.versions == nullptr) return bad_dynamic("the version table is outside the segments");
        if (indices < symbols.symbol_limit) symbols.symbol_limit = static_cast<std::uint32_t>(indices);
    }
    const elf::version_chains chains{tags[tag::version_definitions], tags[tag::version_definition_count],
                                     tags[tag::version_needs], tags[tag::version_need_count]};
    if (!read_versions(symbols, chains, image.size(),
                       [&](std::uint64_t at, std::size_t size) { return image.template array<std::byte>(at, size); }))
        return bad_dynamic("a version record is outside the segments");
    return {};
}

template <class P>
result<void, load_error> read_tables(dynamic_info& info, const segments<P>& image, const tag_values& tags) {
    using elf::tag;
    constexpr std::uint64_t flag_text_relocations = 4;
    if (tags[tag::text_relocations] != 0 || (tags[tag::flags] & flag_text_relocations) != 0)
        return refuse(errc::not_supported, "reading the dynamic table",
                      "relocations in executable pages are refused: compile with -fPIC");
    constexpr tag own = machine::has_addends ? tag::rela : tag::rel,
                  other = machine::has_addends ? tag::rel : tag::rela;
    constexpr tag own_size = machine::has_addends ? tag::rela_size : tag::rel_size;
    constexpr tag own_entry = machine::has_addends ? tag::rela_entry : tag::rel_entry;
    if (tags[other] != 0 || (tags[tag::plt] != 0 && tags[tag::plt_kind] != static_cast<std::uint64_t>(own)))
        return bad_dynamic(machine::has_addends ? "relocations without addends, which this machine does not use"
                                                : "relocations with addends, which this machine does not use");
    if (tags[own] != 0 && tags[own_entry] != sizeof(relocation_entry))
        return bad_dynamic("relocations of an unknown form");
    if (tags[tag::relr] != 0 && tags[tag::relr_entry] != sizeof(word))
        return bad_dynamic("relative relocations of an unknown form");
    const auto read = [&]<class T>(std::span<const T>& to, tag at, tag size,
                                   const char* what) -> result<void, load_error> {
        VITTE_TRY(to, table<T>(image, tags[at], tags[size], what));
        return {};
    };
    VITTE_CHECK(read(info.relocations, own, own_size, "the relocation table is misplaced"));
    VITTE_CHECK(read(info.plt_relocations, tag::plt, tag::plt_size, "the PLT relocation table is misplaced"));
    // Some linkers count those of the PLT to the others, too, behind which they stand.
    const auto end = [](const auto& span) { return span.data() + span.size(); };
    if (end(info.plt_relocations) == end(info.relocations) && info.plt_relocations.size() <= info.relocations.size())
        info.relocations = info.relocations.first(info.relocations.size() - info.plt_relocations.size());
    VITTE_CHECK(read(info.relative_words, tag::relr, tag::relr_size, "the RELR table is misplaced"));
    VITTE_CHECK(read(info.initializers, tag::init_array, tag::init_array_size, "the initialiser array is misplaced"));
    VITTE_CHECK(read(info.finalizers, tag::fini_array, tag::fini_array_size, "the finaliser array is misplaced"));
    constexpr std::uint64_t flag_symbolic = 2, flag_now = 8;
    info.flags_1 = tags[tag::flags_1];
    info.symbolic = tags[tag::symbolic] != 0 || (tags[tag::flags] & flag_symbolic) != 0;
    info.bind_now = tags[tag::bind_now] != 0 || (tags[tag::flags] & flag_now) != 0 || info.has_flag_1(elf::flag_1_now);
    info.plt_got = tags[tag::plt_got];
    info.init = tags[tag::init];
    info.fini = tags[tag::fini];
    if ((info.init != 0 && image.executable(info.init) == 0) || (info.fini != 0 && image.executable(info.fini) == 0))
        return bad_dynamic("the initialiser or finaliser is not executable");
    return {};
}
/// Refuses a module that was linked to be loaded in another way. The other flags that GNU ld can set are honoured, or
/// ask for nothing: `$ORIGIN` is always known, and nobody dumps modules.
inline result<void, load_error> check_flags(const dynamic_info& info) {
    constexpr const char* action = "reading the dynamic table";
    if (info.has_flag_1(elf::flag_1_no_open))
        return refuse(errc::not_supported, action, "only programs may load it at their start (-z nodlopen)");
    if (info.has_flag_1(elf::flag_1_group))
        return refuse(errc::not_supported, action, "it looks up symbols only in what it needs (-Bgroup)");
    return {};
}
/// Most modules have none: linkers put all tables but the dynamic one into a segment that is only read.
template <class P>
void note_fixed_tables(dynamic_info& info, const segments<P>& image) {
    const auto note = [&](const void* first, std::uint64_t bytes) {
        const std::uint64_t at = reinterpret_cast<word>(first) - image.base();
        if (bytes != 0 && image.segment_of(at, elf::segment_writable) != nullptr)
            info.fixed.push_back({at, at + bytes});
    };
    const symbol_table& symbols = info.symbols;
    note(symbols.strings, symbols.string_size);
    if (symbols.gnu_hash.words != 0) note(symbols.gnu_hash.word.data, 4 * symbols.gnu_hash.chains());
    if (symbols.sysv_hash.words != 0)
        note(symbols.sysv_hash.word.data, machine::sysv_hash_word * symbols.sysv_hash.size());
    note(info.relocations.data(), info.relocations.size_bytes());
    note(info.plt_relocations.data(), info.plt_relocations.size_bytes());
    note(info.relative_words.data(), info.relative_words.size_bytes());
}
}  // namespace detail

/// Reads and validates the dynamic table of `image`.
template <class P>
result<dynamic_info, load_error> read_dynamic(const segments<P>& image) {
    const elf::segment* header = image.find(elf::segment_type::dynamic);
    if (header == nullptr) return detail::bad_dynamic("there is none: the file is not dynamically linked");
    const auto count = static_cast<std::size_t>(header->memory_size / sizeof(dynamic_entry));
    const auto* entries = image.template array<dynamic_entry>(header->address, count * sizeof(dynamic_entry));
    if (entries == nullptr) return detail::bad_dynamic("it is outside the segments");
    const std::span all(entries, count);

    detail::tag_values tags;
    for (const dynamic_entry& entry : all) {
        if (entry.tag() == elf::tag::null) break;
        const bool is_mark = entry.tag() == elf::tag::text_relocations || entry.tag() == elf::tag::symbolic ||
                             entry.tag() == elf::tag::bind_now;
        tags.set(entry.tag(), is_mark ? 1 : entry.value);
    }
    dynamic_info info;
    VITTE_CHECK(detail::read_symbols(info, image, tags));
    VITTE_CHECK(detail::read_tables(info, image, tags));
    VITTE_CHECK(detail::check_flags(info));
    detail::note_fixed_tables(info, image);
    for (const dynamic_entry& entry : all) {
        if (entry.tag() == elf::tag::null) break;
        if (entry.tag() == elf::tag::needed) info.needed.push_back(info.symbols.string(entry.value));
        if (entry.tag() == elf::tag::filter)
            return refuse(errc::not_supported, "reading the dynamic table", "its symbols are another library's (-F)");
        if (entry.tag() == elf::tag::soname) info.soname = info.symbols.string(entry.value);
        if (entry.tag() == elf::tag::runpath) info.run_path = info.symbols.string(entry.value);
        if (entry.tag() == elf::tag::rpath && tags[elf::tag::runpath] == 0) {
            info.run_path = info.symbols.string(entry.value);
            info.run_path_is_inherited = true;
        }
    }
    return info;
}

}  // namespace vitte::loader::native
