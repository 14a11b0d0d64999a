/// A PE image or a COFF object as checked views of its bytes; see `format/pe.hpp`.
#pragma once

#include <optional>

#include <vitte/loader/format/pe/header.hpp>

namespace vitte::loader::pe {

/// A whole file. Views point into the bytes that were given, which must stay. It may be read from several threads.
class file {
public:
    /// Checks the headers, the section table, and where symbols and strings lie: all of them lie inside the file, and
    /// the sections of an image ascend and do not overlap. What they point to is checked when it is asked for.
    static result<file, parse_error> parse(std::span<const std::byte> whole) noexcept;

    const pe::header& header() const noexcept { return header_; }
    /// What only images have; of an object, zeros.
    const image_header& image() const noexcept { return image_; }
    const table<section>& sections() const noexcept { return sections_; }
    const table<data_directory>& directories() const noexcept { return directories_; }
    std::span<const std::byte> whole() const noexcept { return whole_.bytes; }

    /// A data directory; nothing if the image has none of the kind.
    std::optional<data_directory> find(directory wanted) const noexcept {
        const auto index = static_cast<std::size_t>(wanted);
        if (index >= directories_.size() || directories_[index].address == 0) return std::nullopt;
        return directories_[index];
    }

    /// The name of a section, from the string table if it is long ("/7", or "//B" in base 64).
    result<std::string_view, parse_error> name(const section& of) const noexcept;
    /// The bytes of a section in the file; none if it is not initialised from there.
    result<part, parse_error> content(const section& of) const noexcept {
        if ((of.flags & section_uninitialized) != 0 || of.offset == 0) return part{};
        return whole_.sub(of.offset, of.file_size, "section");
    }
    /// The relocations of a section of an object.
    result<table<relocation>, parse_error> relocations(const section& of) const noexcept;

    /// `size` bytes of an image at address `rva`, as far as the file has them.
    result<part, parse_error> at(std::uint64_t rva, std::uint64_t size, const char* reading) const noexcept {
        VITTE_TRY(const part found, from(rva, reading));
        return found.sub(0, size, reading, "reaches past its section");
    }
    /// The bytes of an image from address `rva` to the end of its section in the file.
    result<part, parse_error> from(std::uint64_t rva, const char* reading) const noexcept;
    /// The text of an image at address `rva`, which a NUL ends.
    result<std::string_view, parse_error> text_at(std::uint64_t rva, const char* reading) const noexcept {
        VITTE_TRY(const part found, from(rva, reading));
        return string_table(found).at(0);
    }

    result<std::string_view, parse_error> name(const symbol& of) const noexcept {
        return of.name == 0 ? result<std::string_view, parse_error>(of.short_name) : strings_.at(of.name);
    }
    /// Calls `visit(const symbol&, std::size_t index)` for every symbol, but not for their auxiliary records.
    template <class Visit>
    void for_each_symbol(Visit&& visit) const {
        for (std::size_t i = 0; i < symbols_.size(); ++i) {
            const symbol found = symbols_[i];
            visit(found, i);
            i += found.auxiliary;
        }
    }

private:
    result<void, parse_error> read_symbols() noexcept;
    result<void, parse_error> check_sections() const noexcept;

    part whole_;
    pe::header header_{};
    image_header image_{};
    table<section> sections_;
    table<data_directory> directories_;
    table<symbol> symbols_;
    string_table strings_;
};

inline result<file, parse_error> file::parse(std::span<const std::byte> whole) noexcept {
    file made;
    made.whole_ = {whole};
    VITTE_TRY(made.header_, pe::header::read(whole));
    const pe::header& h = made.header_;
    if (h.image) {
        VITTE_TRY(made.image_, image_header::read(h.optional));
        const std::size_t fixed = made.image_.fixed_size();
        made.directories_ =
            table<data_directory>(h.optional.bytes.subspan(fixed, made.image_.directory_count * data_directory::stride),
                                  data_directory::stride, encoding());
    }
    VITTE_TRY(const part sections,
              made.whole_.sub(h.sections_at, std::uint64_t{h.section_count} * section::stride, "section table"));
    made.sections_ = table<section>(sections.bytes, section::stride, encoding());
    VITTE_CHECK(made.check_sections());
    VITTE_CHECK(made.read_symbols());
    return made;
}

/// The string table follows the symbols and begins with its own size, which counts, too.
inline result<void, parse_error> file::read_symbols() noexcept {
    if (header_.symbols_at == 0) return {};
    const std::size_t stride = header_.big ? symbol::big_stride : symbol::stride;
    const std::uint64_t size = std::uint64_t{header_.symbol_count} * stride, strings_at = header_.symbols_at + size;
    VITTE_TRY(const part symbols, whole_.sub(header_.symbols_at, size, "symbol table"));
    symbols_ = table<symbol>(symbols.bytes, stride, encoding());
    if (strings_at == whole_.bytes.size()) return {};
    VITTE_TRY(const part strings_size, whole_.sub(strings_at, 4, "string table"));
    VITTE_TRY(const part strings, whole_.sub(strings_at, encoding().u32(strings_size.bytes.data()), "string table"));
    strings_ = string_table(strings);
    return {};
}

inline result<void, parse_error> file::check_sections() const noexcept {
    std::uint64_t end = 0, at = header_.sections_at;
    for (const section s : sections_) {
        if (const auto found = content(s); !found)
            return malformed("section table", "a section reaches past the end of the file", at, errc::end_of_input);
        if (header_.image) {
            const std::uint64_t size = s.memory_size != 0 ? s.memory_size : s.file_size;
            if (s.address < end) return malformed("section table", "a section overlaps or precedes the one before", at);
            end = s.address + size;
            if (end > 0xffff'ffff) return malformed("section table", "a section lies outside the address space", at);
        }
        at += section::stride;
    }
    return {};
}

inline result<std::string_view, parse_error> file::name(const section& of) const noexcept {
    std::string_view digits = of.short_name;
    if (!digits.starts_with('/') || digits.size() == 1) return of.short_name;
    const bool base_64 = digits.starts_with("//");
    digits.remove_prefix(base_64 ? 2 : 1);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                               decimal = "0123456789";
    std::uint64_t offset = 0;
    for (const char c : digits) {
        const std::size_t digit = (base_64 ? alphabet : decimal).find(c);
        if (digit == std::string_view::npos) return of.short_name;
        offset = offset * (base_64 ? 64 : 10) + digit;
    }
    return strings_.at(offset);
}

/// With more than 65535, their number is where the address of the first one would be.
inline result<table<relocation>, parse_error> file::relocations(const section& of) const noexcept {
    std::uint64_t count = of.relocation_count, at = of.relocations_at;
    if (count == 0) return table<relocation>();
    if ((of.flags & section_more_relocations) != 0 && count == 0xffff) {
        VITTE_TRY(const part first, whole_.sub(at, relocation::stride, "relocation table"));
        count = encoding().u32(first.bytes.data());
        if (count == 0) return malformed("relocation table", "its first record does not tell how many there are", at);
        --count, at += relocation::stride;
    }
    VITTE_TRY(const part found, whole_.sub(at, count * relocation::stride, "relocation table"));
    return table<relocation>(found.bytes, relocation::stride, encoding());
}

inline result<part, parse_error> file::from(std::uint64_t rva, const char* reading) const noexcept {
    std::size_t low = 0, high = sections_.size();  // the first section above `rva` is among them
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (sections_[middle].address <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) {
        const std::uint64_t size =
            image_.headers_size < whole_.bytes.size() ? image_.headers_size : whole_.bytes.size();
        if (rva >= size) return malformed(reading, "its address is not in the image", 0);
        return whole_.sub(rva, size - rva, reading);
    }
    const section in = sections_[low - 1];
    VITTE_TRY(const part found, content(in));
    const std::uint64_t within = rva - in.address;
    if (within >= found.bytes.size())
        return malformed(reading, "its address is in no section's part of the file", in.offset);
    return found.sub(within, found.bytes.size() - within, reading);
}

}  // namespace vitte::loader::pe
