/// Chained fixups, which tell the dynamic linker what to change in a newer image: in each page the pointers to change
/// are a list, each tells what it becomes and where the next one is; see `format/macho.hpp`.
#pragma once

#include <vitte/loader/format/macho/file.hpp>

namespace vitte::loader::macho {

/// A symbol that pointers are bound to.
struct chained_import {
    std::string_view name;
    std::int32_t library;  ///< from 1 on, or a special number
    bool weak_import;      ///< it may be missing
    std::int64_t addend;
};

/// A pointer that is bound to an import, or moves with the image.
struct fixup {
    std::uint64_t address;
    bool bind;
    std::uint32_t import;  ///< its index if `bind`
};

namespace detail {
/// How a format of pointers (DYLD_CHAINED_PTR_...) says where the next one is, and what this one is.
struct chain_format {
    std::uint16_t number;
    std::uint8_t size, stride, next_at, next_bits, bind_at, import_bits;
};
inline constexpr chain_format chain_formats[] = {
    {1, 8, 8, 51, 11, 62, 16},   // arm64e
    {2, 8, 4, 51, 12, 63, 24},   // 64 bits
    {3, 4, 4, 26, 5, 31, 20},    // 32 bits
    {6, 8, 4, 51, 12, 63, 24},   // 64 bits, relative to the image
    {7, 8, 4, 51, 11, 62, 16},   // arm64e, kernel
    {9, 8, 8, 51, 11, 62, 16},   // arm64e, user
    {10, 8, 4, 51, 11, 62, 16},  // arm64e, firmware
    {12, 8, 8, 51, 11, 62, 24},  // arm64e, user, more imports
};
}  // namespace detail

/// The chained fixups of an image (<mach-o/fixup-chains.h>).
class chained_fixups {
public:
    /// Reads its header. Without LC_DYLD_CHAINED_FIXUPS it is empty.
    static result<chained_fixups, parse_error> read(const file& of);

    /// Whether the image has chained fixups, even if there is nothing to fix.
    bool present() const noexcept { return !all_.bytes.empty(); }
    std::size_t import_count() const noexcept { return imports_.bytes.size() / import_stride_; }
    /// Import `index`, below `import_count()`.
    result<chained_import, parse_error> import(std::size_t index) const noexcept;
    /// Calls `visit(const fixup&)` for every pointer on a chain.
    template <class Visit>
    result<void, parse_error> for_each(Visit&& visit) const;

private:
    static constexpr const char* reading = "chained fixups";
    static constexpr const char* cut_off = "reach past their end";

    /// How much there may be of it in all: tables and pages that overlap would take forever.
    struct room {
        std::size_t starts, pointers;
    };
    template <class Visit>
    result<void, parse_error> walk_segment(const segment& in, std::uint64_t starts_at, room& left, Visit&& visit) const;
    template <class Visit>
    result<void, parse_error> walk_chain(const segment& in, const detail::chain_format& format, std::uint64_t begin,
                                         std::uint64_t end, room& left, Visit&& visit) const;

    file file_;
    part all_, imports_;
    string_table names_;
    std::uint64_t starts_at_ = 0;
    std::uint32_t import_format_ = 0;
    std::size_t import_stride_ = 1;
};

inline result<chained_fixups, parse_error> chained_fixups::read(const file& of) {
    const encoding e = of.header().form;
    chained_fixups made;
    made.file_ = of;
    VITTE_TRY(made.all_, of.linked_data(command::chained_fixups, reading));
    if (!made.present()) return made;
    VITTE_TRY(const part header, made.all_.sub(0, 28, reading, cut_off));
    const auto number = [&](std::size_t at) { return e.u32(header.bytes.data() + at); };
    made.starts_at_ = number(4);
    made.import_format_ = number(20);
    if (number(24) != 0)
        return malformed(reading, "compressed names are not supported", header.offset + 24, errc::not_supported);
    constexpr std::size_t strides[] = {0, 4, 8, 16};  // by format: plain, with an addend, with one of 64 bits
    if (made.import_format_ == 0 || made.import_format_ >= std::size(strides))
        return malformed(reading, "imports of an unknown format", header.offset + 20, errc::not_supported);
    made.import_stride_ = strides[made.import_format_];
    VITTE_TRY(made.imports_,
              made.all_.sub(number(8), std::uint64_t{number(16)} * made.import_stride_, reading, cut_off));
    const std::uint64_t names_at = number(12);
    if (names_at > made.all_.bytes.size()) return malformed(reading, cut_off, header.offset + 12, errc::end_of_input);
    VITTE_TRY(const part names, made.all_.sub(names_at, made.all_.bytes.size() - names_at, reading));
    made.names_ = string_table(names);
    return made;
}

/// Library (8 bits), whether it is weak (1), where the name is (23); or the same of 16, 1, 15 unused and 32 bits.
inline result<chained_import, parse_error> chained_fixups::import(std::size_t index) const noexcept {
    VITTE_ASSERT(index < import_count());
    const encoding e = file_.header().form;
    const std::byte* const at = imports_.bytes.data() + index * import_stride_;
    chained_import made{};
    std::uint64_t name = 0;
    if (import_format_ == 3) {
        const std::uint64_t bits = e.u64(at);
        made.library = static_cast<std::uint16_t>(bits);
        if (made.library > 0xfff0) made.library -= 0x10000;
        made.weak_import = ((bits >> 16) & 1) != 0;
        name = bits >> 32;
        made.addend = static_cast<std::int64_t>(e.u64(at + 8));
    } else {
        const std::uint32_t bits = e.u32(at);
        made.library = static_cast<std::uint8_t>(bits);
        if (made.library > 0xf0) made.library -= 0x100;
        made.weak_import = ((bits >> 8) & 1) != 0;
        name = bits >> 9;
        if (import_format_ == 2) made.addend = static_cast<std::int32_t>(e.u32(at + 4));
    }
    VITTE_TRY(made.name, names_.at(name));
    return made;
}

/// The number of segments, and for each where its chains begin is told; 0 if it has none.
template <class Visit>
result<void, parse_error> chained_fixups::for_each(Visit&& visit) const {
    if (!present()) return {};
    const encoding e = file_.header().form;
    VITTE_TRY(const part header, all_.sub(starts_at_, 4, reading, cut_off));
    const std::uint32_t count = e.u32(header.bytes.data());
    VITTE_TRY(const part offsets, all_.sub(starts_at_ + 4, 4 * std::uint64_t{count}, reading, cut_off));
    room left{all_.bytes.size() / 2, file_.whole().bytes.size() / 4};
    std::uint32_t index = 0;
    result<void, parse_error> done;
    file_.for_each_segment([&](const segment& s) {
        if (!done || index == count) return;
        const std::uint32_t offset = e.u32(offsets.bytes.data() + 4 * index++);
        if (offset != 0) done = walk_segment(s, starts_at_ + offset, left, visit);
    });
    if (done && index < count) return malformed(reading, "for more segments than there are", header.offset);
    return done;
}

/// Size, page size, pointer format, the segment's place, a limit, and for each page where its first chain begins. On 32
/// bits a page may have several, which follow the pages.
template <class Visit>
result<void, parse_error> chained_fixups::walk_segment(const segment& in, std::uint64_t starts_at, room& left,
                                                       Visit&& visit) const {
    constexpr unsigned none = 0xffff, several = 0x8000, last = 0x8000;
    const encoding e = file_.header().form;
    VITTE_TRY(const part header, all_.sub(starts_at, 22, reading, cut_off));
    const std::byte* const at = header.bytes.data();
    const std::uint64_t page_size = e.u16(at + 4), pages = e.u16(at + 20);
    const detail::chain_format* format = nullptr;
    for (const detail::chain_format& known : detail::chain_formats)
        if (known.number == e.u16(at + 6)) format = &known;
    if (format == nullptr)
        return malformed(reading, "pointers of an unknown format", header.offset + 6, errc::not_supported);
    const auto start = [&](std::uint64_t index) -> result<unsigned, parse_error> {
        VITTE_TRY(const part found, all_.sub(starts_at + 22 + 2 * index, 2, reading, cut_off));
        if (left.starts-- == 0) return malformed(reading, "segments share a table of pages", found.offset);
        return unsigned{e.u16(found.bytes.data())};
    };
    for (std::uint64_t page = 0; page < pages; ++page) {
        const std::uint64_t begin = page * page_size, end = begin + page_size;
        VITTE_TRY(unsigned first, start(page));
        if (first == none) continue;
        if (format->size == 8 || (first & several) == 0) {
            VITTE_CHECK(walk_chain(in, *format, begin + first, end, left, visit));
            continue;
        }
        std::uint64_t index = first & ~several;
        do {
            VITTE_TRY(first, start(index++));
            VITTE_CHECK(walk_chain(in, *format, begin + (first & ~last), end, left, visit));
        } while ((first & last) == 0);
    }
    return {};
}

template <class Visit>
result<void, parse_error> chained_fixups::walk_chain(const segment& in, const detail::chain_format& format,
                                                     std::uint64_t begin, std::uint64_t end, room& left,
                                                     Visit&& visit) const {
    const encoding e{format.size == 8, file_.header().form.order};
    const auto bits = [](std::uint64_t of, unsigned at, unsigned count) {
        return (of >> at) & ((std::uint64_t{1} << count) - 1);
    };
    for (std::uint64_t at = begin;;) {
        if (at >= end) return malformed(reading, "a chain leaves its page", in.offset + at);
        if (at > in.file_size || format.size > in.file_size - at)
            return malformed(reading, "a chain leaves its segment", in.offset + at);
        if (left.pointers-- == 0) return malformed(reading, "more pointers than the file has room for", in.offset + at);
        VITTE_TRY(const part found, file_.whole().sub(in.offset + at, format.size, reading));
        const std::uint64_t pointer = e.word(found.bytes.data());
        const bool bind = bits(pointer, format.bind_at, 1) != 0;
        const auto import = bind ? static_cast<std::uint32_t>(bits(pointer, 0, format.import_bits)) : 0;
        if (bind && import >= import_count()) return malformed(reading, "an import does not exist", found.offset);
        visit(fixup{in.address + at, bind, import});
        const std::uint64_t next = bits(pointer, format.next_at, format.next_bits) * format.stride;
        if (next == 0) return {};
        at += next;
    }
}

}  // namespace vitte::loader::macho
