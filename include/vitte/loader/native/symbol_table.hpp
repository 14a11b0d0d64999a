/// The dynamic symbol table of an image in memory: lookup by name and version through the GNU or the SysV hash table.
/// Every index that comes out of the image is held against a limit, so that a hostile table cannot lead outside it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <vitte/loader/native/layout.hpp>

namespace vitte::loader::native {

/// A name with its hashes, made once and looked up in many tables.
struct symbol_name {
    const char* text;
    std::size_t length;
    std::uint32_t gnu_hash;

    explicit symbol_name(const char* name) noexcept : text(name), length(0), gnu_hash(5381) {
        for (; text[length] != 0; ++length) gnu_hash = gnu_hash * 33 + static_cast<unsigned char>(text[length]);
    }
    /// The hash of DT_HASH (gABI, "Hash Table").
    std::uint32_t sysv_hash() const noexcept {
        std::uint32_t hash = 0;
        for (std::size_t i = 0; i < length; ++i) {
            hash = (hash << 4) + static_cast<unsigned char>(text[i]);
            const std::uint32_t high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }
};

/// A version index of an image, resolved: its name, and the library it is needed from (null if it is defined here).
struct version_name {
    const char* name = nullptr;
    const char* library = nullptr;
};

/// Pointers into an image. They are valid, and so are the counts, before the table is used.
struct symbol_table {
    std::uintptr_t base = 0;                   ///< what is added to a symbol's value
    const symbol_entry* symbols = nullptr;
    std::uint32_t symbol_limit = 0;            ///< no valid index is this large
    const char* strings = nullptr;
    std::uint64_t string_size = 0;             ///< the last byte is NUL
    const std::uint32_t* gnu_hash = nullptr;   ///< validated by `gnu_hash_fits`
    std::uint64_t gnu_hash_words = 0;          ///< 32-bit words readable from `gnu_hash`
    const std::uint32_t* sysv_hash = nullptr;
    std::uint64_t sysv_hash_words = 0;
    const std::uint16_t* versions = nullptr;   ///< DT_VERSYM: `symbol_limit` entries are readable
    std::vector<version_name> version_names;   ///< by version index

    /// The string at `offset`, or "" if it lies outside.
    const char* string(std::uint64_t offset) const noexcept { return offset < string_size ? strings + offset : ""; }
    const char* name(const symbol_entry& symbol) const noexcept { return string(symbol.name); }

    /// The version that symbol `index` has or needs; both members are null if it has none.
    version_name version_of(std::uint32_t index) const noexcept {
        if (versions == nullptr) return {};
        const auto version = static_cast<std::uint16_t>(versions[index] & ~version_hidden);
        return version < version_names.size() ? version_names[version] : version_name{};
    }

    /// The definition of `wanted`, or null. With a version, only that one or an unversioned base definition matches;
    /// without, the default version does.
    const symbol_entry* find(const symbol_name& wanted, const char* version = nullptr) const noexcept {
        if (gnu_hash != nullptr) return find_gnu(wanted, version);
        return sysv_hash != nullptr ? find_sysv(wanted, version) : nullptr;
    }

private:
    const symbol_entry* match(std::uint32_t index, const symbol_name& wanted, const char* version) const noexcept {
        const symbol_entry& symbol = symbols[index];
        if (!symbol.defined() || symbol.name >= string_size || string_size - symbol.name <= wanted.length ||
            std::memcmp(strings + symbol.name, wanted.text, wanted.length + 1) != 0)
            return nullptr;
        if (versions == nullptr) return &symbol;
        const std::uint16_t has = versions[index];
        if (version == nullptr) return (has & version_hidden) == 0 ? &symbol : nullptr;
        const auto number = static_cast<std::uint16_t>(has & ~version_hidden);
        if (number <= 1) return &symbol;
        const char* name_here = number < version_names.size() ? version_names[number].name : nullptr;
        return name_here != nullptr && std::strcmp(name_here, version) == 0 ? &symbol : nullptr;
    }

    /// GNU hash: words are bucket count, first hashed symbol, Bloom words, Bloom shift; then Bloom filter, buckets and
    /// one chain word per hashed symbol, whose lowest bit ends the chain.
    const symbol_entry* find_gnu(const symbol_name& wanted, const char* version) const noexcept {
        const std::uint32_t buckets = gnu_hash[0], first = gnu_hash[1], bloom_words = gnu_hash[2], shift = gnu_hash[3];
        const std::uint32_t hash = wanted.gnu_hash;
        std::uint64_t bloom;
        std::memcpy(&bloom, gnu_hash + 4 + 2 * std::uint64_t{(hash / 64) & (bloom_words - 1)}, sizeof bloom);
        if (((bloom >> (hash % 64)) & (bloom >> ((hash >> (shift & 31)) % 64)) & 1) == 0) return nullptr;
        const std::uint64_t bucket_at = 4 + 2 * std::uint64_t{bloom_words};
        const std::uint64_t chain_at = bucket_at + buckets;
        for (std::uint64_t i = gnu_hash[bucket_at + hash % buckets]; i >= first && i < symbol_limit; ++i) {
            const std::uint64_t word = chain_at + (i - first);
            if (word >= gnu_hash_words) return nullptr;
            const std::uint32_t link = gnu_hash[word];
            if ((link | 1) == (hash | 1))
                if (const auto* found = match(static_cast<std::uint32_t>(i), wanted, version)) return found;
            if ((link & 1) != 0) return nullptr;
        }
        return nullptr;
    }

    const symbol_entry* find_sysv(const symbol_name& wanted, const char* version) const noexcept {
        const std::uint32_t buckets = sysv_hash[0], chains = sysv_hash[1];
        const std::uint32_t* const chain = sysv_hash + 2 + buckets;
        std::uint32_t i = sysv_hash[2 + wanted.sysv_hash() % buckets];
        for (std::uint32_t steps = 0; i != 0 && i < chains && i < symbol_limit && steps < chains; i = chain[i], ++steps)
            if (const auto* found = match(i, wanted, version)) return found;
        return nullptr;
    }
};

/// Whether `words` 32-bit words hold the header, the Bloom filter and the buckets that a GNU hash table announces.
inline bool gnu_hash_fits(const std::uint32_t* table, std::uint64_t words) noexcept {
    if (words < 4 || table[0] == 0 || table[2] == 0 || (table[2] & (table[2] - 1)) != 0) return false;
    return 4 + 2 * std::uint64_t{table[2]} + table[0] <= words;
}

/// Whether `words` 32-bit words hold the buckets and chains that a SysV hash table announces.
inline bool sysv_hash_fits(const std::uint32_t* table, std::uint64_t words) noexcept {
    return words >= 2 && table[0] != 0 && 2 + std::uint64_t{table[0]} + table[1] <= words;
}

}  // namespace vitte::loader::native
