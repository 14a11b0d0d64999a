/// The words in which a CPU's psABI describes static relocations: whose address is meant, relative to what, and into
/// which bits it goes. Each CPU has a table of rules in them; `relocate.hpp` follows it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <vitte/core/endian.hpp>
#include <vitte/loader/format/elf/constants.hpp>

namespace vitte::loader::native::object {

/// What a relocation is about.
enum class subject : std::uint8_t {
    unknown,
    nothing,         ///< a hint that may be ignored
    symbol,          ///< the symbol's address
    branch,          ///< the same, or a thunk that jumps there
    size,            ///< the symbol's size
    got,             ///< the GOT's word with the symbol's address
    got_base,        ///< the GOT itself
    tls_pair,        ///< the two words of the GOT that `__tls_get_addr` wants for the symbol
    tls_module,      ///< the same for the start of the module's block
    tls_word,        ///< the word of the GOT with the symbol's distance from the thread pointer
    tls_descriptor,  ///< the two words of the GOT with a function and what it is given
    tls_offset,      ///< where the symbol is within the module's block, as `__tls_get_addr` wants it
    thread_offset,   ///< the symbol's distance from the thread pointer
    upper_half,      ///< what the relocation at the symbol's address comes to, of which this has the lower bits
    alignment,       ///< bytes to be taken out so that what follows is aligned
};

/// What is subtracted.
enum class origin : std::uint8_t {
    zero,
    place,  ///< where the relocation stands
    page,   ///< the 4 KiB page of the place, from that of the subject
    got,    ///< the GOT
    got_page,
};

/// One type of relocation. `Field` names bits of an instruction or of data.
template <class Field>
struct rule {
    std::uint16_t type;
    subject about;
    origin from;
    Field field;
};

/// How putting a value into a field ended.
enum class fit : std::uint8_t { fits, out_of_range, misaligned, outside };

/// Rules by type in constant time.
template <class Field, std::size_t Count, std::size_t Limit>
class rule_index {
public:
    constexpr explicit rule_index(const rule<Field> (&rules)[Count]) noexcept : rules_(rules) {
        for (std::size_t i = 0; i < Count; ++i) at_[rules[i].type] = static_cast<std::uint8_t>(i + 1);
    }
    /// The rule of `type`; null if it is not known.
    constexpr const rule<Field>* find(std::uint32_t type) const noexcept {
        return type >= Limit || at_[type] == 0 ? nullptr : rules_ + (at_[type] - 1);
    }

private:
    static_assert(Count < 256);
    const rule<Field>* rules_;
    std::array<std::uint8_t, Limit> at_{};
};

/// Whether `value` is a signed, an unsigned, or either kind of number of `bits` bits, which are fewer than 64.
constexpr bool fits_signed(std::int64_t value, unsigned bits) noexcept {
    return value >= -(std::int64_t{1} << (bits - 1)) && value < std::int64_t{1} << (bits - 1);
}
constexpr bool fits_unsigned(std::int64_t value, unsigned bits) noexcept {
    return value >= 0 && value < std::int64_t{1} << bits;
}
constexpr bool fits_either(std::int64_t value, unsigned bits) noexcept {
    return fits_signed(value, bits) || fits_unsigned(value, bits);
}

/// Replaces the bits `mask` of the little-endian word at `at`.
template <class Word>
constexpr void replace_bits(std::byte* at, Word mask, Word bits) noexcept {
    const Word old = load<Word>(at, byte_order::little);
    store<Word>(at, static_cast<Word>((old & ~mask) | (bits & mask)), byte_order::little);
}

}  // namespace vitte::loader::native::object
