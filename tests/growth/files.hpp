// What several kinds of files are made of.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../support/canvas.hpp"

namespace growth {

inline constexpr vitte::loader::encoding wide{true, vitte::byte_order::little};

inline std::string_view text_of(const canvas& c) {
    return {reinterpret_cast<const char*>(c.bytes.data()), c.bytes.size()};
}
/// Where `text` stands, behind all that was there.
inline std::size_t append(canvas& c, std::string_view text) {
    const std::size_t at = c.bytes.size();
    const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
    c.bytes.insert(c.bytes.end(), bytes, bytes + text.size());
    return at;
}
/// The header of an ELF file for x86_64, of type 1 (object) or 3 (library), without sections and segments.
inline canvas elf_file(unsigned type) {
    canvas c(wide, 64);
    c.text(0,
           "\x7f"
           "ELF\x02\x01\x01")
        .put16(16, type)
        .put16(18, 62)
        .put32(20, 1);
    return c.put16(52, 64).put16(54, 56).put16(58, 64);
}

/// A library that is one writable segment, with its dynamic table at its end; and more segments, which share the first
/// page of the file.
struct library {
    canvas file = elf_file(3);
    std::string names = std::string(1, '\0');  ///< the dynamic string table
    std::vector<std::pair<std::uint64_t, std::uint64_t>> tags;
    std::size_t segments;

    explicit library(std::size_t more_segments = 0) : segments(1 + more_segments) {
        file.bytes.resize(64 + 56 * (segments + 1));
    }
    std::size_t name(std::string_view text) {
        const std::size_t at = names.size();
        names += text;
        names += '\0';
        return at;
    }
    void tag(std::uint64_t tag, std::uint64_t value) { tags.emplace_back(tag, value); }
    /// Where `size` bytes are that nothing else has.
    std::size_t room(std::size_t size) {
        const std::size_t at = (file.bytes.size() + 7) & ~std::size_t{7};
        file.bytes.resize(at + size);
        return at;
    }
    /// Room for `count` symbols behind the null symbol: the dynamic symbol table.
    std::size_t symbol_table(std::size_t count) {
        const std::size_t at = room(24 * (count + 1));
        tag(6, at);
        tag(11, 24);
        return at;
    }
    void symbol(std::size_t table, std::size_t i, std::size_t name, bool defined) {
        const std::size_t at = table + 24 * i;
        file.put32(at, name).put8(at + 4, 0x11).put16(at + 6, defined ? 1 : 0).word(at + 8, defined ? 64 : 0);
    }
    /// A GNU hash table with one bucket, in which all `count` symbols have the hash `hash`.
    void one_bucket(std::size_t count, std::uint32_t hash) {
        const std::size_t at = room(28 + 4 * count);
        tag(0x6ffffef5, at);
        file.put32(at, 1).put32(at + 4, 1).put32(at + 8, 1).word(at + 16, ~std::uint64_t{0}).put32(at + 24, 1);
        for (std::size_t i = 0; i < count; ++i) file.put32(at + 28 + 4 * i, i + 1 == count ? hash | 1 : hash & ~1u);
    }
    /// As many versions as symbols, which are all called as the name at `name`.
    void versions(std::size_t count, std::size_t name) {
        const std::size_t indices = room(2 * (count + 1)), records = room(28 * count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = records + 28 * i;
            const auto number = static_cast<unsigned>(2 + i);
            file.put16(indices + 2 * (i + 1), number).put16(at, 1).put16(at + 4, number).put16(at + 6, 1);
            file.put32(at + 12, 20).put32(at + 16, i + 1 == count ? 0 : 28).put32(at + 20, name);
        }
        tag(0x6ffffff0, indices);
        tag(0x6ffffffc, records);
        tag(0x6ffffffd, count);
    }
    /// As many records of needed versions, of which each is also the first version of the one before.
    void overlapping_versions(std::size_t count) {
        const std::size_t records = room(16 * count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = records + 16 * i;
            file.put16(at, 1).put16(at + 2, 0xffff).put32(at + 8, 16).put32(at + 12, i + 2 < count ? 16 : 0);
        }
        tag(0x6ffffffe, records);
        tag(0x6fffffff, count);
    }
    /// Where segment `i` begins in memory.
    std::uint64_t address(std::size_t i) const { return i == 0 ? 0 : std::uint64_t{0x1000000} + 0x1000 * i; }
    canvas finished() {
        if (std::none_of(tags.begin(), tags.end(), [](const auto& t) { return t.first == 6; })) symbol_table(0);
        tag(5, append(file, names));
        tag(10, names.size());
        const std::size_t size = 16 * (tags.size() + 1), at = room(size);
        for (std::size_t i = 0; i < tags.size(); ++i)
            file.word(at + 16 * i, tags[i].first).word(at + 16 * i + 8, tags[i].second);
        file.word(32, 64).put16(56, static_cast<unsigned>(segments + 1));
        for (std::size_t i = 0; i < segments; ++i)
            segment(64 + 56 * i, 1, 0, address(i), i == 0 ? file.bytes.size() : 64);
        segment(64 + 56 * segments, 2, at, at, size);
        return std::move(file);
    }

private:
    void segment(std::size_t at, unsigned type, std::size_t offset, std::uint64_t address, std::size_t size) {
        file.put32(at, type).put32(at + 4, 6).word(at + 8, offset).word(at + 16, address).word(at + 32, size);
        file.word(at + 40, size).word(at + 48, type == 1 ? 4096 : 8);
    }
};

}  // namespace growth
