/// The two hash tables by which dynamic symbols are found: DT_GNU_HASH and DT_HASH (gABI, "Hash Table"). The searches
/// are written once, for tables in a file of any byte order and for tables in memory.
#pragma once

#include <cstdint>
#include <string_view>

namespace vitte::loader::elf {

/// The hash of a name that begins with one of `hash`, and goes on with `next`.
constexpr std::uint32_t gnu_hash(std::uint32_t hash, char next) noexcept {
    return hash * 33 + static_cast<unsigned char>(next);
}
constexpr std::uint32_t gnu_hash(std::string_view name) noexcept {
    std::uint32_t hash = 5381;
    for (const char c : name) hash = gnu_hash(hash, c);
    return hash;
}

constexpr std::uint32_t sysv_hash(std::string_view name) noexcept {
    std::uint32_t hash = 0;
    for (const char c : name) {
        hash = (hash << 4) + static_cast<unsigned char>(c);
        const std::uint32_t high = hash & 0xf0000000;
        hash = (hash ^ (high >> 24)) & ~high;
    }
    return hash;
}

/// DT_GNU_HASH: four words, a Bloom filter of `bloom_words` class-sized words, the buckets, and one word per hashed
/// symbol, whose lowest bit ends a chain. `Words` answers `u32 operator()(i)`, the i-th 32-bit word, and
/// `u64 bloom(i)`, the class-sized Bloom word that starts there, both only for words below `words`; `wide` is its
/// class.
template <class Words>
struct gnu_hash_table {
    Words word;
    std::uint64_t words = 0;  ///< how many 32-bit words can be read

    /// Whether header, filter and buckets fit. The searches below must not be called otherwise.
    constexpr bool valid() const noexcept {
        return words >= 4 && word(0) != 0 && word(2) != 0 && (word(2) & (word(2) - 1)) == 0 && chains() <= words;
    }

    /// Where header, filter and buckets end, and the words of the symbols begin.
    constexpr std::uint64_t chains() const noexcept { return buckets() + word(0); }

    /// What the Bloom filter says: false if no symbol has this hash.
    constexpr bool may_have(std::uint32_t hash) const noexcept {
        const unsigned bits = word.wide ? 64 : 32;
        const std::uint64_t filter = word.bloom(4 + per_bloom() * ((hash / bits) & (word(2) - 1)));
        return ((filter >> (hash % bits)) & (filter >> ((hash >> (word(3) & 31)) % bits)) & 1) != 0;
    }

    /// The first symbol index below `limit` whose hash is that of the name and for which `matches(index)`; 0 if none.
    template <class Matches>
    constexpr std::uint32_t find(std::uint32_t hash, std::uint32_t limit, Matches&& matches) const {
        if (!may_have(hash)) return 0;
        const std::uint32_t first = word(1);
        std::uint64_t at = chains() - first;
        for (std::uint64_t i = word(buckets() + hash % word(0)); i >= first && i < limit; ++i) {
            if (at + i >= words) return 0;
            const std::uint32_t link = word(at + i);
            if ((link | 1) == (hash | 1) && matches(static_cast<std::uint32_t>(i)))
                return static_cast<std::uint32_t>(i);
            if ((link & 1) != 0) return 0;
        }
        return 0;
    }

    /// One more than the highest symbol index in the table, or 0 if the last chain does not end.
    constexpr std::uint64_t symbol_count() const noexcept {
        const std::uint32_t first = word(1);
        std::uint64_t highest = 0;
        for (std::uint64_t i = buckets(); i < chains(); ++i)
            if (word(i) > highest) highest = word(i);
        if (highest < first) return first;
        for (std::uint64_t i = highest; chains() + (i - first) < words; ++i)
            if ((word(chains() + (i - first)) & 1) != 0) return i + 1;
        return 0;
    }

private:
    constexpr std::uint64_t per_bloom() const noexcept { return word.wide ? 2 : 1; }
    constexpr std::uint64_t buckets() const noexcept { return 4 + per_bloom() * word(2); }
};

/// DT_HASH: bucket count, chain count, buckets, chains. `Words` answers `u32 operator()(i)`.
template <class Words>
struct sysv_hash_table {
    Words word;
    std::uint64_t words = 0;

    constexpr bool valid() const noexcept { return words >= 2 && word(0) != 0 && size() <= words; }
    /// Of the whole table, in words.
    constexpr std::uint64_t size() const noexcept { return 2 + std::uint64_t{word(0)} + word(1); }
    constexpr std::uint32_t symbol_count() const noexcept { return word(1); }

    /// As for `gnu_hash_table`. A chain that runs in a circle ends after as many steps as there are symbols.
    template <class Matches>
    constexpr std::uint32_t find(std::uint32_t hash, std::uint32_t limit, Matches&& matches) const {
        const std::uint32_t buckets = word(0), chains = word(1);
        std::uint32_t i = word(2 + hash % buckets);
        for (std::uint32_t steps = 0; i != 0 && i < chains && i < limit && steps < chains; ++steps) {
            if (matches(i)) return i;
            i = word(2 + std::uint64_t{buckets} + i);
        }
        return 0;
    }
};

}  // namespace vitte::loader::elf
