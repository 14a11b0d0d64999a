/// An ELF file as checked views of its bytes; see `format/elf.hpp`.
#pragma once

#include <optional>

#include <vitte/loader/format/elf/header.hpp>
#include <vitte/loader/format/elf/relr.hpp>

namespace vitte::loader::elf {

using bytes = std::span<const std::byte>;

using loader::part;
using loader::string_table;

/// A symbol table with the strings of its names.
struct symbol_view {
    table<symbol> entries;
    string_table strings;

    result<std::string_view, parse_error> name(const symbol& of) const noexcept { return strings.at(of.name); }
};

/// A symbol's version: empty name if it has none.
struct symbol_version {
    std::string_view name;
    std::string_view library;  ///< where an undefined symbol is wanted from
    bool hidden = false;       ///< `name@version`, not the default `name@@version`
};

/// A note (gABI chapter 5, "Note Section").
struct note {
    std::string_view name;  ///< who defines the type, such as "GNU"
    std::uint32_t type;
    elf::bytes description;
};

/// The packed relative relocations of a file.
struct relative_view {
    part words;
    encoding form;

    template <class Visit>
    bool for_each(Visit&& visit) const {
        const std::size_t w = form.word_size();
        return for_each_relative(words.bytes.size() / w, w,
                                 [&](std::size_t i) { return form.word(words.bytes.data() + i * w); }, visit);
    }
    std::size_t size() const {
        std::size_t count = 0;
        for_each([&](std::uint64_t) { return ++count, true; });
        return count;
    }
};

/// A whole ELF file. Views point into the bytes that were given, which must stay.
class file {
public:
    /// Checks the header, the segment table and the section table: each lies inside the file, loadable segments ascend
    /// and do not overlap. What they point to is checked when it is asked for.
    static result<file, parse_error> parse(elf::bytes whole) noexcept;

    const elf::header& header() const noexcept { return header_; }
    const table<segment>& segments() const noexcept { return segments_; }
    /// All sections, the null section 0 included.
    const table<elf::section>& sections() const noexcept { return sections_; }

    result<std::string_view, parse_error> name(const elf::section& of) const noexcept {
        return section_names_.at(of.name);
    }
    /// Whether its name begins with `text`: unlike `name` it takes no longer for long names.
    bool is_named(const elf::section& of, std::string_view text) const noexcept {
        return section_names_.begins(of.name, text);
    }
    /// The bytes of a section; none for SHT_NOBITS.
    result<part, parse_error> content(const elf::section& of) const noexcept {
        if (of.type == section_type::no_bits) return part{};
        return slice(of.offset, of.size, "section");
    }
    result<part, parse_error> content(const segment& of) const noexcept {
        return slice(of.offset, of.file_size, "segment");
    }
    /// The bytes at a memory address, as far as loadable segments have them in the file.
    result<part, parse_error> at_address(std::uint64_t address, std::uint64_t size, const char* reading) const noexcept;

    std::optional<segment> find(segment_type wanted) const noexcept {
        for (const segment s : segments_)
            if (s.type == wanted) return s;
        return std::nullopt;
    }
    std::optional<elf::section> find(section_type wanted) const noexcept {
        for (const elf::section s : sections_)
            if (s.type == wanted) return s;
        return std::nullopt;
    }

    /// The symbols of a section of type `symbols` or `dynamic_symbols`.
    result<symbol_view, parse_error> symbols(const elf::section& of) const noexcept;
    /// The relocations of a section of type `relocations` or `relocations_with_addend`.
    result<table<relocation>, parse_error> relocations(const elf::section& of) const noexcept {
        return records<relocation>(of,
                                   relocation::size_in(header_.form, of.type == section_type::relocations_with_addend));
    }
    result<relative_view, parse_error> relative_relocations(const elf::section& of) const noexcept {
        VITTE_TRY(const part words, content(of));
        return relative_view{words, header_.form};
    }

    /// All bytes of the file.
    elf::bytes whole() const noexcept { return whole_; }

    /// Calls `visit(const note&)` for every note, in segments or, in an object without any, in sections.
    template <class Visit>
    result<void, parse_error> for_each_note(Visit&& visit) const;
    /// The GNU build id; empty if there is none.
    result<elf::bytes, parse_error> build_id() const {
        elf::bytes id;
        VITTE_CHECK(for_each_note([&](const note& n) {
            constexpr std::uint32_t gnu_build_id = 3;
            if (n.name == "GNU" && n.type == gnu_build_id) id = n.description;
        }));
        return id;
    }

private:
    result<part, parse_error> slice(std::uint64_t offset, std::uint64_t size, const char* reading) const noexcept {
        return part{whole_}.sub(offset, size, reading);
    }
    template <class T>
    result<table<T>, parse_error> records(const elf::section& of, std::size_t stride) const noexcept {
        VITTE_TRY(const part found, content(of));
        if ((of.entry_size != 0 && of.entry_size != stride) || of.size % stride != 0)
            return malformed("section", "its records have an unknown size", of.offset);
        return table<T>(found.bytes, stride, header_.form);
    }
    result<void, parse_error> read_tables() noexcept;
    result<void, parse_error> check_segments() const noexcept;
    template <class Visit>
    result<void, parse_error> notes_in(part of, std::uint64_t alignment, Visit&& visit) const;

    elf::bytes whole_;
    elf::header header_{};
    table<segment> segments_;
    table<elf::section> sections_;
    string_table section_names_;
};

inline result<file, parse_error> file::parse(elf::bytes whole) noexcept {
    file made;
    made.whole_ = whole;
    VITTE_TRY(made.header_,
              elf::header::read(whole.first(whole.size() < header::longest ? whole.size() : header::longest)));
    if (made.header_.type != file_type::relocatable && made.header_.type != file_type::executable &&
        made.header_.type != file_type::shared_object)
        return malformed("ELF header", "neither an object nor an executable", 16, errc::not_supported);
    VITTE_CHECK(made.read_tables());
    VITTE_CHECK(made.check_segments());
    return made;
}

/// Counts of 0xffff and more stand in section 0 (gABI chapter 4, "ELF Header").
inline result<void, parse_error> file::read_tables() noexcept {
    const encoding e = header_.form;
    std::uint64_t segment_count = header_.segment_count, section_count = header_.section_count;
    std::uint32_t names = header_.names_index;
    const std::size_t stride = elf::section::size_in(e);
    if (header_.sections_at != 0) {
        VITTE_TRY(const part first, slice(header_.sections_at, stride, "section header table"));
        const auto zero = elf::section::decode(first.bytes.data(), e, stride);
        if (section_count == 0) section_count = zero.size;
        if (names == section_extended) names = zero.link;
        if (segment_count == 0xffff) segment_count = zero.info;
        if (section_count > whole_.size() / stride)
            return malformed("section header table", "reaches past the end of the file", header_.sections_at,
                             errc::end_of_input);
        VITTE_TRY(const part all, slice(header_.sections_at, section_count * stride, "section header table"));
        sections_ = table<elf::section>(all.bytes, stride, e);
    }
    if (header_.segments_at != 0) {
        VITTE_TRY(const part all,
                  slice(header_.segments_at, segment_count * segment::size_in(e), "program header table"));
        segments_ = table<segment>(all.bytes, segment::size_in(e), e);
    }
    if (names == 0 || sections_.empty()) return {};
    if (names >= sections_.size())
        return malformed("ELF header", "the section of section names does not exist", 0);
    const elf::section strings = sections_[names];
    if (strings.type != section_type::strings)
        return malformed("section header table", "the section of section names is not a string table",
                         header_.sections_at);
    VITTE_TRY(const part content_of_names, content(strings));
    section_names_ = string_table(content_of_names);
    return {};
}

inline result<void, parse_error> file::check_segments() const noexcept {
    std::uint64_t end = 0, at = header_.segments_at;
    for (const segment s : segments_) {
        if (s.type == segment_type::load) {
            if (const char* const fault = load_segment_fault(s, whole_.size(), end))
                return malformed("program header", fault, at);
            if (s.memory_size != 0) end = s.address + s.memory_size;
        } else if (s.type == segment_type::dynamic || s.type == segment_type::note) {
            VITTE_CHECK(content(s));
        }
        at += segment::size_in(header_.form);
    }
    return {};
}

inline result<part, parse_error> file::at_address(std::uint64_t address, std::uint64_t size,
                                                  const char* reading) const noexcept {
    for (const segment s : segments_)
        if (s.type == segment_type::load && address >= s.address && address - s.address < s.file_size) {
            if (size > s.file_size - (address - s.address))
                return malformed(reading, "reaches past its segment", s.offset + (address - s.address));
            return slice(s.offset + (address - s.address), size, reading);
        }
    return malformed(reading, "lies outside the loadable segments", 0);
}

inline result<symbol_view, parse_error> file::symbols(const elf::section& of) const noexcept {
    VITTE_TRY(const table<symbol> entries, records<symbol>(of, symbol::size_in(header_.form)));
    if (of.link >= sections_.size() || sections_[of.link].type != section_type::strings)
        return malformed("symbol table", "its string table does not exist", of.offset);
    VITTE_TRY(const part strings, content(sections_[of.link]));
    return symbol_view{entries, string_table(strings)};
}

/// Name size, description size, type, then both texts, each padded to the alignment: 4, or 8 for 8-aligned notes.
template <class Visit>
result<void, parse_error> file::notes_in(part of, std::uint64_t alignment, Visit&& visit) const {
    const std::uint64_t pad = alignment == 8 ? 8 : 4, size = of.bytes.size();
    for (std::uint64_t at = 0; at < size;) {
        if (size - at < 12) return malformed("note", "ends inside its header", of.offset + at, errc::end_of_input);
        const std::byte* const start = of.bytes.data() + at;
        const std::uint64_t name_size = header_.form.u32(start), description_size = header_.form.u32(start + 4);
        const std::uint64_t description_at = (at + 12 + name_size + pad - 1) & ~(pad - 1);
        if (description_at > size || description_size > size - description_at)
            return malformed("note", "reaches past its segment", of.offset + at, errc::end_of_input);
        std::string_view name(reinterpret_cast<const char*>(start + 12), static_cast<std::size_t>(name_size));
        if (name.ends_with('\0')) name.remove_suffix(1);
        visit(note{
            name, header_.form.u32(start + 8),
            of.bytes.subspan(static_cast<std::size_t>(description_at), static_cast<std::size_t>(description_size))});
        at = (description_at + description_size + pad - 1) & ~(pad - 1);
    }
    return {};
}

template <class Visit>
result<void, parse_error> file::for_each_note(Visit&& visit) const {
    for (const segment s : segments_)
        if (s.type == segment_type::note) {
            VITTE_TRY(const part found, content(s));
            VITTE_CHECK(notes_in(found, s.alignment, visit));
        }
    if (!segments_.empty()) return {};
    for (const elf::section s : sections_)
        if (s.type == section_type::note) {
            VITTE_TRY(const part found, content(s));
            VITTE_CHECK(notes_in(found, s.alignment, visit));
        }
    return {};
}

}  // namespace vitte::loader::elf
