/// The dynamic symbol table of an image in memory: lookup by name and version through the GNU or the SysV hash table.
/// Every index that comes out of the image is held against a limit, so that a hostile table cannot lead outside it.
#pragma once

#include <cstring>
#include <vector>
#include <vitte/loader/format/elf/hash.hpp>
#include <vitte/loader/native/records.hpp>

namespace vitte::loader::native {

/// A name with its hashes, made once and looked up in many tables.
struct symbol_name {
    const char* text;
    std::size_t length;
    std::uint32_t gnu_hash;

    /// In one pass.
    explicit symbol_name(const char* name) noexcept : text(name), gnu_hash(elf::gnu_hash({})) {
        for (; *name != 0; ++name) gnu_hash = elf::gnu_hash(gnu_hash, *name);
        length = static_cast<std::size_t>(name - text);
    }
    std::uint32_t sysv_hash() const noexcept { return elf::sysv_hash({text, length}); }
};

/// A version index of an image, resolved: its name, and the library it is needed from (null if it is defined here).
struct version_name {
    const char* name = nullptr;
    const char* library = nullptr;
};

/// The 32-bit words of a hash table in memory.
struct memory_words {
    static constexpr bool wide = form.wide;
    const std::uint32_t* data = nullptr;

    std::uint32_t operator()(std::uint64_t i) const noexcept { return data[i]; }
    std::uint64_t bloom(std::uint64_t i) const noexcept {
        return load<native::word>(reinterpret_cast<const std::byte*>(data + i), byte_order::native);
    }
};
/// The words of DT_HASH, which have 64 bits where the psABI says so; none of the numbers in them needs as many.
struct sysv_memory_words : memory_words {
    std::uint32_t operator()(std::uint64_t i) const noexcept {
        constexpr std::uint64_t step = machine::sysv_hash_word / 4;
        return data[i * step + (byte_order::native == byte_order::big ? step - 1 : 0)];
    }
};

/// Pointers into an image. They are valid, and so are the counts, before the table is used.
struct symbol_table {
    std::uintptr_t base = 0;  ///< what is added to a symbol's value unless it is absolute
    const symbol_entry* symbols = nullptr;
    std::uint32_t symbol_limit = 0;  ///< no valid index is this large
    const char* strings = nullptr;
    std::uint64_t string_size = 0;                      ///< the last byte is NUL
    elf::gnu_hash_table<memory_words> gnu_hash;         ///< valid, or without words
    elf::sysv_hash_table<sysv_memory_words> sysv_hash;  ///< valid, or without words
    const std::uint16_t* versions = nullptr;            ///< DT_VERSYM: `symbol_limit` entries are readable
    std::vector<version_name> version_names;            ///< by version index

    /// The string at `offset`, or "" if it lies outside.
    const char* string(std::uint64_t offset) const noexcept { return offset < string_size ? strings + offset : ""; }
    const char* name(const symbol_entry& symbol) const noexcept { return string(symbol.name); }

    /// The address of a symbol that is defined, not thread-local, and no IFUNC; of an IFUNC that of its resolver.
    std::uintptr_t address_of(const symbol_entry& symbol) const noexcept {
        const auto value = static_cast<std::uintptr_t>(symbol.value);
        return symbol.section == elf::section_absolute ? value : base + value;
    }

    /// The version that symbol `index` has or needs; both members are null if it has none.
    version_name version_of(std::uint32_t index) const noexcept {
        if (versions == nullptr) return {};
        const auto version = static_cast<std::uint16_t>(versions[index] & ~elf::version_hidden);
        return version < version_names.size() ? version_names[version] : version_name{};
    }

    /// Whether `wanted` may be defined: a quick no for most names that are not.
    bool may_define(const symbol_name& wanted) const noexcept {
        return gnu_hash.words == 0 || gnu_hash.may_have(wanted.gnu_hash);
    }

    /// The definition of `wanted`, or null. With a version, only that one or an unversioned base definition matches;
    /// without, the default version does.
    const symbol_entry* find(const symbol_name& wanted, const char* version = nullptr) const noexcept {
        const auto matches = [&](std::uint32_t index) { return match(index, wanted, version); };
        const std::uint32_t index = gnu_hash.words != 0    ? gnu_hash.find(wanted.gnu_hash, symbol_limit, matches)
                                    : sysv_hash.words != 0 ? sysv_hash.find(wanted.sysv_hash(), symbol_limit, matches)
                                                           : 0;
        return index == 0 ? nullptr : symbols + index;
    }

private:
    bool match(std::uint32_t index, const symbol_name& wanted, const char* version) const noexcept {
        const symbol_entry& symbol = symbols[index];
        if (!symbol.defined() || symbol.name >= string_size || string_size - symbol.name <= wanted.length ||
            std::memcmp(strings + symbol.name, wanted.text, wanted.length + 1) != 0)
            return false;
        if (versions == nullptr) return true;
        const std::uint16_t has = versions[index];
        if (version == nullptr) return (has & elf::version_hidden) == 0;
        const auto number = static_cast<std::uint16_t>(has & ~elf::version_hidden);
        if (number <= 1) return true;
        const char* const name_here = number < version_names.size() ? version_names[number].name : nullptr;
        return name_here != nullptr && std::strcmp(name_here, version) == 0;
    }
};

}  // namespace vitte::loader::native
