/// The structures of a 64-bit ELF image as they lie in memory, in the byte order of this machine (System V gABI,
/// chapters 4 and 5; GNU extensions). For files of any class and byte order see `format/elf.hpp`.
#pragma once

#include <cstdint>

namespace vitte::loader::native {

struct dynamic_entry {
    std::int64_t tag;
    std::uint64_t value;
};

struct symbol_entry {
    std::uint32_t name;
    std::uint8_t info;
    std::uint8_t other;
    std::uint16_t section;
    std::uint64_t value;
    std::uint64_t size;

    constexpr unsigned type() const noexcept { return info & 0xf; }
    constexpr unsigned binding() const noexcept { return info >> 4; }
    constexpr bool defined() const noexcept { return section != 0; }
};
static_assert(sizeof(symbol_entry) == 24);

struct relocation_entry {
    std::uint64_t offset;
    std::uint64_t info;
    std::int64_t addend;

    constexpr std::uint32_t type() const noexcept { return static_cast<std::uint32_t>(info); }
    constexpr std::uint32_t symbol() const noexcept { return static_cast<std::uint32_t>(info >> 32); }
};
static_assert(sizeof(relocation_entry) == 24);

struct program_header {
    std::uint32_t type;
    std::uint32_t flags;
    std::uint64_t offset;
    std::uint64_t address;
    std::uint64_t physical_address;
    std::uint64_t file_size;
    std::uint64_t memory_size;
    std::uint64_t alignment;
};
static_assert(sizeof(program_header) == 56);

struct version_definition {
    std::uint16_t revision, flags, index, count;
    std::uint32_t hash, auxiliary, next;
};
struct version_definition_name {
    std::uint32_t name, next;
};
struct version_need {
    std::uint16_t revision, count;
    std::uint32_t file, auxiliary, next;
};
struct version_need_name {
    std::uint32_t hash;
    std::uint16_t flags, index;
    std::uint32_t name, next;
};

/// Symbol types and bindings that linking has to tell apart.
inline constexpr unsigned symbol_tls = 6, symbol_ifunc = 10, binding_local = 0, binding_weak = 2;
/// Bit of a version index: the definition is not the default one.
inline constexpr std::uint16_t version_hidden = 0x8000;

}  // namespace vitte::loader::native
