/// A relocatable object as debuggers need it to find the code that was made of it: a copy that says where each section
/// is in memory, with its debug information and unwind tables relocated.
#pragma once

#include <string>
#include <vector>
#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/native/debugger/debug_relocations.hpp>
#include <vitte/loader/native/segments.hpp>
#include <vitte/loader/native/symbol_index.hpp>

namespace vitte::loader::native::debugger {

/// Where an object's linker has put its sections and symbols. Linkers that know more have a class with the same
/// members.
struct section_places {
    std::span<const std::uintptr_t> addresses;  ///< by section index; 0, or the end, where nothing is loaded

    /// The address of a section; 0 if it is not loaded.
    std::uintptr_t section(std::size_t index) const noexcept { return index < addresses.size() ? addresses[index] : 0; }
    /// The address of byte `offset` of a section that is loaded; linkers may take bytes out.
    std::uintptr_t byte(std::size_t index, std::uint64_t offset) const noexcept {
        return section(index) + static_cast<std::uintptr_t>(offset);
    }
    /// The address of a symbol that no section of the object has, by its index in the symbol table: an undefined or
    /// a common one. False if it is not known.
    bool symbol(std::size_t, std::uintptr_t&) const noexcept { return false; }
};

namespace detail {
inline unexpected<load_error> bad_object(const parse_error& e) {
    return refuse(e.code, "copying an object for debuggers", std::string(e.reading) + ": " + e.reason, e.offset);
}

/// The sections of symbols, also of those whose number does not fit into a symbol (SHT_SYMTAB_SHNDX).
class section_numbers {
public:
    section_numbers() noexcept = default;
    section_numbers(const elf::file& file, std::size_t symbol_table) noexcept {
        for (const elf::section s : file.sections())
            if (s.type == elf::section_type::symbol_section_indices && s.link == symbol_table)
                extended_ = file.content(s).value_or(elf::part{}).bytes;
    }
    /// 0 if there is none.
    std::size_t operator()(const elf::symbol& symbol, std::size_t index) const noexcept {
        if (symbol.section < elf::section_reserved) return symbol.section;
        if (symbol.section != elf::section_extended || index >= extended_.size() / 4) return 0;
        return form.u32(extended_.data() + index * 4);
    }

private:
    elf::bytes extended_;
};

template <class Places>
class object_copier {
public:
    object_copier(const elf::file& file, const Places& places)
        : file_(file), places_(places), copy_(file.whole().begin(), file.whole().end()) {}

    result<std::vector<std::byte>, load_error> run() {
        for (std::size_t i = 1; i < file_.sections().size(); ++i) place(i);
        for (std::size_t i = 1; i < file_.sections().size(); ++i) {
            const elf::section relocations = file_.sections()[i];
            if (relocations.type != elf::section_type::relocations_with_addend || !wanted(relocations.info)) continue;
            VITTE_CHECK(relocate(relocations));
            put_in_header(i, 4, static_cast<std::uint32_t>(elf::section_type::null));  // it is done
        }
        return std::move(copy_);
    }

private:
    static constexpr std::uint64_t is_loaded = 2, is_compressed = 0x800;  // SHF_ALLOC, SHF_COMPRESSED
    static constexpr std::size_t flags_at = 8, address_at = 8 + sizeof(word);

    template <class T>
    void put_in_header(std::size_t section, std::size_t at, T value) noexcept {
        const auto header =
            static_cast<std::size_t>(file_.header().sections_at) + section * elf::section::size_in(form);
        store(copy_.data() + header + at, value, form.order);
    }
    /// Sections that are not loaded, such as those of groups that another object has, must not seem to be.
    void place(std::size_t i) noexcept {
        const elf::section section = file_.sections()[i];
        if ((section.flags & is_loaded) == 0) return;
        if (const word address = places_.section(i); address != 0)
            put_in_header(i, address_at, address);
        else
            put_in_header(i, flags_at, static_cast<word>(section.flags & ~is_loaded));
    }
    /// Debug information, and unwind tables that are loaded. What is compressed is left to the debugger.
    bool wanted(std::size_t target) const noexcept {
        if (target == 0 || target >= file_.sections().size()) return false;
        const elf::section section = file_.sections()[target];
        if (section.type == elf::section_type::no_bits || (section.flags & is_compressed) != 0) return false;
        return (section.flags & is_loaded) == 0 ||
               (places_.section(target) != 0 && file_.name(section).value_or("") == ".eh_frame");
    }

    result<void, load_error> relocate(const elf::section& relocations) {
        const auto fault = [](const parse_error& e) { return bad_object(e); };
        const elf::section target = file_.sections()[relocations.info];
        const auto content = file_.content(target);
        if (!content) return fault(content.error());
        const auto entries = file_.relocations(relocations);
        if (!entries) return fault(entries.error());
        if (relocations.link >= file_.sections().size())
            return bad("its symbol table does not exist", relocations.offset);
        const auto symbols = file_.symbols(file_.sections()[relocations.link]);
        if (!symbols) return fault(symbols.error());
        relocation_bytes_ += relocations.size;
        if (relocation_bytes_ > file_.whole().size()) return bad("sections of relocations overlap", relocations.offset);
        if (std::exchange(numbered_, relocations.link) != relocations.link)
            section_of_ = section_numbers(file_, relocations.link);
        const std::string_view name = file_.name(target).value_or("");
        const bool zero_ends = name == ".debug_ranges" || name == ".debug_loc";
        const std::span place =
            std::span(copy_).subspan(static_cast<std::size_t>(content->offset), content->bytes.size());
        const std::uint64_t base = places_.section(relocations.info);
        for (const elf::relocation r : *entries) {
            const debug_relocation* const how = find(r.type);
            if (how == nullptr)
                return refuse(errc::not_supported, action,
                              "relocation type " + std::to_string(r.type) + " in " + std::string(name),
                              relocations.offset);
            if (r.symbol >= symbols->entries.size() && r.symbol != 0)
                return bad("a relocation names a symbol that does not exist", relocations.offset);
            if (r.offset > place.size() || how->bytes > place.size() - r.offset)
                return bad("a relocation lies outside its section", relocations.offset);
            std::uint64_t address = 0, result = zero_ends ? 1 : 0;
            if (r.symbol == 0 || address_of(symbols->entries[r.symbol], r.symbol, address))
                result = address + static_cast<std::uint64_t>(r.addend);
            if (!apply_debug_relocation(*how, place.subspan(static_cast<std::size_t>(r.offset)), result,
                                        base + r.offset, form.order))
                return bad("a relocated number does not fit", content->offset + r.offset);
        }
        return {};
    }

    /// False if the symbol is nowhere: undefined, or in a section that was not loaded.
    bool address_of(const elf::symbol& symbol, std::size_t index, std::uint64_t& address) {
        const std::size_t section = section_of_(symbol, index);
        address = symbol.value;
        if (symbol.section == elf::section_absolute || symbol.type() == elf::symbol_type::tls) return true;
        if (section == 0 || section >= file_.sections().size()) {
            std::uintptr_t there = 0;
            const bool known = places_.symbol(index, there);
            address = there;
            return known;
        }
        if (places_.section(section) == 0) return (file_.sections()[section].flags & is_loaded) == 0;
        address = places_.byte(section, symbol.value);
        return true;
    }

    static const debug_relocation* find(std::uint32_t type) noexcept {
        for (const debug_relocation& r : debug_relocations(machine::number))
            if (r.type == type) return &r;
        return nullptr;
    }
    static unexpected<load_error> bad(const char* reason, std::uint64_t offset) {
        return refuse(errc::malformed, action, reason, offset);
    }
    static constexpr const char* action = "copying an object for debuggers";

    const elf::file& file_;
    const Places& places_;
    std::vector<std::byte> copy_;
    std::uint64_t relocation_bytes_ = 0;
    std::uint32_t numbered_ = 0;  ///< the symbol table that `section_of_` is about
    section_numbers section_of_;
};

inline result<elf::file, load_error> parse_object(std::span<const std::byte> bytes) {
    const auto file = elf::file::parse(bytes);
    if (!file) return bad_object(file.error());
    const elf::header& header = file->header();
    if (header.type != elf::file_type::relocatable || header.machine != machine::number ||
        header.form.wide != form.wide || header.form.order != form.order)
        return refuse(errc::not_supported, "copying an object for debuggers",
                      std::string("not a relocatable object for ") + machine::name, 16);
    return *file;
}
}  // namespace detail

/// The copy of the object `bytes` for debuggers. Fails if it is malformed, or has debug information that refers to
/// addresses in an unknown way.
template <class Places = section_places>
result<std::vector<std::byte>, load_error> copy_for_debuggers(std::span<const std::byte> bytes, const Places& places) {
    VITTE_TRY(const elf::file file, detail::parse_object(bytes));
    if (debug_relocations(machine::number).empty())
        return refuse(errc::not_supported, "copying an object for debuggers",
                      std::string("relocations of debug information are not known for ") + machine::name);
    return detail::object_copier<Places>(file, places).run();
}

/// The symbols of the object `bytes` by address, for backtraces and profilers, added to `index`. Fails as
/// `copy_for_debuggers` does.
template <class Places = section_places>
result<void, load_error> index_object(std::span<const std::byte> bytes, const Places& places, symbol_index& index) {
    VITTE_TRY(const elf::file file, detail::parse_object(bytes));
    for (std::size_t t = 1; t < file.sections().size(); ++t) {
        if (file.sections()[t].type != elf::section_type::symbols) continue;
        const auto symbols = file.symbols(file.sections()[t]);
        if (!symbols) return detail::bad_object(symbols.error());
        const detail::section_numbers section_of(file, t);
        for (std::size_t i = 0; i < symbols->entries.size(); ++i) {
            const elf::symbol symbol = symbols->entries[i];
            const std::size_t section = section_of(symbol, i);
            if (places.section(section) != 0)
                index.add(symbol, places.byte(section, symbol.value), symbols->name(symbol).value_or(""));
        }
    }
    return {};
}

}  // namespace vitte::loader::native::debugger
