/// The records of an image in memory, read in place: laid out for the class and byte order of this machine (gABI
/// chapters 4 and 5). Fields have the names of the decoded records in `format/elf/records.hpp`.
#pragma once

#include <type_traits>

#include <vitte/loader/format/elf/records.hpp>
#include <vitte/loader/native/machine.hpp>

namespace vitte::loader::native {

/// A number of the class's size.
using word = std::uintptr_t;
inline constexpr elf::encoding form{sizeof(word) == 8, byte_order::native};

/// The marks of a symbol stand before its numbers in the wide class, and behind them in the narrow one.
struct narrow_symbol {
    std::uint32_t name, value, size;
    std::uint8_t info, other;
    std::uint16_t section;
};
using symbol_entry = std::conditional_t<form.wide, elf::symbol, elf::symbol_facts<narrow_symbol>>;
static_assert(sizeof(symbol_entry) == elf::symbol::size_in(form));

/// DT_REL: what is added stands where the result goes.
struct relocation_without_addend {
    word offset, info;

    std::uint32_t type() const noexcept { return static_cast<std::uint32_t>(form.wide ? info : info & 0xff); }
    std::uint32_t symbol() const noexcept {
        return static_cast<std::uint32_t>(info >> (form.wide ? sizeof(word) * 4 : 8));
    }
};
/// DT_RELA.
struct relocation_with_addend : relocation_without_addend {
    word addend;
};
using relocation_entry = std::conditional_t<machine::has_addends, relocation_with_addend, relocation_without_addend>;
static_assert(sizeof(relocation_entry) == elf::relocation::size_in(form, machine::has_addends));

struct dynamic_entry {
    std::make_signed_t<word> number;
    word value;

    elf::tag tag() const noexcept { return static_cast<elf::tag>(number); }
};
static_assert(sizeof(dynamic_entry) == elf::dynamic_entry::size_in(form));

}  // namespace vitte::loader::native
