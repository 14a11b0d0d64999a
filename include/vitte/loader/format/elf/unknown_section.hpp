/// Which sections of objects a linker may not pass over if it does not know them (gABI chapter 4, "Rules for Linking
/// Unrecognized Sections").
#pragma once

#include <vitte/loader/format/elf/records.hpp>

namespace vitte::loader::elf {

/// Whether the linkers here know what to do with a section of an object.
constexpr bool is_known(section_type type) noexcept {
    switch (type) {
        case section_type::null:
        case section_type::program:
        case section_type::symbols:
        case section_type::strings:
        case section_type::relocations_with_addend:
        case section_type::note:
        case section_type::no_bits:
        case section_type::relocations:
        case section_type::init_array:
        case section_type::fini_array:
        case section_type::preinit_array:
        case section_type::group:
        case section_type::symbol_section_indices: return true;
        default: return false;
    }
}

/// Returns why an object with the section `s` cannot be linked, or null. `is_loaded(index)` returns whether a section
/// comes into memory; it gets any index. Sections of unknown types are refused if they say so themselves, if they
/// relocate a section that is loaded, or if they are loaded and their type is no system's or machine's. Others are
/// linked as their flags say.
template <class IsLoaded>
constexpr const char* why_not_linked(const section& s, std::uint32_t index, IsLoaded&& is_loaded) noexcept {
    if ((s.flags & flag_nonconforming) != 0) return "is for linkers that know it (SHF_OS_NONCONFORMING)";
    if (is_known(s.type)) return nullptr;
    const bool is_of_system = s.type >= section_type_of_system;
    if ((!is_of_system || (s.flags & flag_info_link) != 0) && is_loaded(s.info))
        return s.type == section_type::compact_relocations
                   ? "has relocations in the form CREL: compile without -Wa,--crel"
                   : "has relocations of an unknown form";
    return !is_of_system && is_loaded(index) ? "is of an unknown type" : nullptr;
}

}  // namespace vitte::loader::elf
