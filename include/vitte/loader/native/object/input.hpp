/// A relocatable object whose tables have been checked: sections, symbols, groups and relocations, with room for what
/// the linker decides about them. Nothing here depends on other objects.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/format/elf/unknown_section.hpp>
#include <vitte/loader/native/segments.hpp>

namespace vitte::loader::native::object {

/// A reader's complaint about the object `name`.
inline unexpected<load_error> refuse_input(std::string_view name, const parse_error& cause) {
    return refuse(cause.code, "reading", std::string(name) + ": " + cause.reading + ": " + cause.reason, cause.offset);
}
inline unexpected<load_error> refuse_input(std::string_view name, errc code, const std::string& reason) {
    return refuse(code, "reading", std::string(name) + ": " + reason);
}

/// Which part of the image a section becomes, in the order of the image: parts with the same rights are neighbours.
enum class image_part : std::uint8_t { text, rodata, frames, relro, data, bss, tls_data, tls_bss, none };

/// `total` bytes of a section have been taken out when its byte `at` is reached.
struct cut {
    std::uint64_t at, total;
};
/// Bytes of a section that are there but mean nothing.
struct range {
    std::uint64_t begin, end;
};

struct section {
    std::string_view name;
    elf::section header;
    elf::bytes content;             ///< in the file; empty for SHT_NOBITS
    std::uint32_t relocations = 0;  ///< the section with its relocations; 0 if there are none
    image_part part = image_part::none;
    std::uint32_t chunk = 0;   ///< of code, whose thunks its branches use
    std::uint64_t offset = 0;  ///< in the image, or in the block of thread-local storage
    std::vector<cut> cuts;
    std::vector<range> dead;  ///< records of `.eh_frame`, ascending

    /// Whether it comes into the image.
    bool live() const noexcept { return part != image_part::none; }
    std::uint64_t removed_before(std::uint64_t at) const noexcept {
        const auto after = std::upper_bound(cuts.begin(), cuts.end(), at,
                                            [](std::uint64_t value, const cut& c) { return value < c.at; });
        return after == cuts.begin() ? 0 : after[-1].total;
    }
    /// Where byte `at` of the file's section is in the image.
    std::uint64_t place_of(std::uint64_t at) const noexcept { return offset + at - removed_before(at); }
    std::uint64_t size() const noexcept { return header.size - (cuts.empty() ? 0 : cuts.back().total); }
    bool is_dead(std::uint64_t at) const noexcept {
        const auto after = std::upper_bound(dead.begin(), dead.end(), at,
                                            [](std::uint64_t value, const range& r) { return value < r.begin; });
        return after != dead.begin() && at < after[-1].end;
    }
    /// The file's bytes without those that have been taken out, as they stand in the image.
    void copy_to(std::byte* to) const noexcept {
        std::uint64_t from = 0, removed = 0;
        const auto copy_until = [&](std::uint64_t end) {
            if (from == end) return;
            __builtin_memcpy(to + (from - removed), content.data() + from, static_cast<std::size_t>(end - from));
        };
        for (const cut& c : cuts) {
            copy_until(c.at - (c.total - removed));
            from = c.at;
            removed = c.total;
        }
        copy_until(content.size());
    }
};

class input {
public:
    static constexpr std::uint32_t no_section = 0, absolute = 0xffffffff, common = 0xfffffffe;

    /// Checks `file`, which must stay; `name` is for messages, such as "libz.a(inflate.o)".
    static result<input, load_error> parse(std::string name, elf::bytes file);

    const std::string& name() const noexcept { return name_; }
    elf::bytes file() const noexcept { return file_.whole(); }
    std::vector<section>& sections() noexcept { return sections_; }
    const std::vector<section>& sections() const noexcept { return sections_; }

    /// By the index of the symbol: its number in the symbol_set.
    std::vector<std::uint32_t> symbol_numbers;

    std::size_t symbol_count() const noexcept { return symbols_.entries.size(); }
    elf::symbol symbol(std::size_t index) const noexcept { return symbols_.entries[index]; }
    result<std::string_view, load_error> symbol_name(const elf::symbol& of) const {
        auto found = symbols_.name(of);
        return found ? result<std::string_view, load_error>(*found) : refuse_input(name_, found.error());
    }
    /// The section that symbol `index` is defined in: a valid index, `no_section`, `absolute` or `common`.
    result<std::uint32_t, load_error> section_of(std::size_t index) const {
        const std::uint32_t in = symbol(index).section;
        if (in == elf::section_absolute) return absolute;
        if (in == elf::section_common || in == machine_common) return common;
        std::uint32_t number = in;
        if (in == elf::section_extended && index < extended_.size() / 4)
            number = form.u32(extended_.data() + 4 * index);
        else if (in >= elf::section_reserved)
            return refuse_input(name_, errc::malformed, "symbol " + std::to_string(index) + " is in no section");
        if (number >= sections_.size())
            return refuse_input(name_, errc::malformed,
                                "symbol " + std::to_string(index) + " is in a section that does not exist");
        return number;
    }

    /// The relocations of section `index`, by ascending offset.
    result<std::vector<elf::relocation>, load_error> relocations(std::uint32_t index) const {
        std::vector<elf::relocation> made;
        if (sections_[index].relocations == 0) return made;
        const auto table = file_.relocations(sections_[sections_[index].relocations].header);
        if (!table) return refuse_input(name_, table.error());
        made.reserve(table->size());
        for (const elf::relocation r : *table) {
            if (r.symbol >= symbol_count())
                return refuse_input(name_, errc::malformed,
                                    "a relocation of " + std::string(sections_[index].name) + " has symbol " +
                                        std::to_string(r.symbol) + ", which does not exist");
            if (r.offset > sections_[index].header.size)
                return refuse_input(name_, errc::malformed,
                                    "a relocation lies outside " + std::string(sections_[index].name));
            made.push_back(r);
        }
        const auto before = [](const elf::relocation& a, const elf::relocation& b) { return a.offset < b.offset; };
        if (!std::is_sorted(made.begin(), made.end(), before)) std::stable_sort(made.begin(), made.end(), before);
        return made;
    }

    /// Calls `visit(signature, members)` for each COMDAT group; `members` is a view of 32-bit section numbers.
    template <class Visit>
    result<void, load_error> for_each_comdat(Visit&& visit) const;

    /// A place for messages, as linkers write it: `libz.a(inflate.o):(.text+0x1a)`.
    std::string place(std::uint32_t in, std::uint64_t offset) const {
        constexpr char digits[] = "0123456789abcdef";
        std::string hex;
        do hex.insert(hex.begin(), digits[offset & 15]);
        while ((offset >>= 4) != 0);
        return name_ + ":(" + std::string(sections_[in].name) + "+0x" + hex + ")";
    }

private:
    /// SHN_X86_64_LCOMMON: common symbols of the medium code model.
    static constexpr std::uint32_t machine_common =
        machine::number == elf::machine::x86_64 ? 0xff02u : std::uint32_t{elf::section_common};

    input(std::string name, elf::bytes file) : name_(std::move(name)), names_left_(64 * std::uint64_t{file.size()}) {}
    /// Names are compared and hashed: not too many may be parts of a long one.
    result<void, load_error> count_name(std::string_view name, const char* reading) {
        const auto taken = names_left_.take(name.size(), reading);
        return taken ? result<void, load_error>() : refuse_input(name_, taken.error());
    }
    result<void, load_error> check_header() const;
    result<void, load_error> read_sections();
    result<void, load_error> read_symbols(std::uint32_t table);
    result<void, load_error> attach(std::uint32_t index, const elf::section& of);

    std::string name_;
    elf::file file_;
    std::vector<section> sections_;
    elf::symbol_view symbols_;
    elf::bytes extended_;  ///< SHT_SYMTAB_SHNDX
    std::uint64_t relocation_bytes_ = 0;
    text_budget names_left_;
};

namespace detail {
using elf::flag_alloc, elf::flag_compressed, elf::flag_exclude, elf::flag_execute, elf::flag_group, elf::flag_tls,
    elf::flag_write;

/// `name` itself, or with a suffix after a dot.
inline bool is_kind(std::string_view name, std::string_view kind) noexcept {
    return name.starts_with(kind) && (name.size() == kind.size() || name[kind.size()] == '.');
}

/// gABI chapter 4, "Special Sections"; what the linker knows to be constant after relocation is sealed.
inline image_part part_of(const elf::section& of, std::string_view name) noexcept {
    const bool zeroes = of.type == elf::section_type::no_bits;
    if ((of.flags & flag_alloc) == 0 || (of.flags & flag_exclude) != 0) return image_part::none;
    if ((of.flags & flag_tls) != 0) return zeroes ? image_part::tls_bss : image_part::tls_data;
    if ((of.flags & flag_execute) != 0) return image_part::text;
    if (name == ".eh_frame") return image_part::frames;
    for (const std::string_view kind : {".init_array", ".fini_array", ".ctors", ".dtors"})
        if (is_kind(name, kind)) return image_part::relro;  // compilers need not say that they are written
    if ((of.flags & flag_write) == 0) return image_part::rodata;
    for (const std::string_view kind : {".data.rel.ro", ".bss.rel.ro"})
        if (is_kind(name, kind)) return image_part::relro;
    return zeroes ? image_part::bss : image_part::data;
}
}  // namespace detail

inline result<input, load_error> input::parse(std::string name, elf::bytes file) {
    input made(std::move(name), file);
    const std::string_view start(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4));
    if (start == "BC\xC0\xDE" || start == "\xDE\xC0\x17\x0B")
        return refuse_input(made.name_, errc::not_supported, "LLVM bitcode, not machine code: compile without -flto");
    auto parsed = elf::file::parse(file);
    if (!parsed) return refuse_input(made.name_, parsed.error());
    made.file_ = *parsed;
    VITTE_CHECK(made.check_header());
    VITTE_CHECK(made.read_sections());
    return made;
}

inline result<void, load_error> input::check_header() const {
    const elf::header& h = file_.header();
    if (h.type != elf::file_type::relocatable)
        return refuse_input(name_, errc::not_supported,
                            "not a relocatable object: shared objects are loaded, not linked");
    if (h.form.wide != form.wide || h.form.order != form.order || h.machine != machine::number)
        return refuse_input(name_, errc::not_supported,
                            "compiled for machine " + std::to_string(static_cast<unsigned>(h.machine)) +
                                ", this program is for " + machine::name);
    return {};
}

inline result<void, load_error> input::read_sections() {
    std::uint32_t index = 0, table = 0;
    sections_.resize(file_.sections().size());
    for (const elf::section header : file_.sections()) {
        section& made = sections_[index++];
        auto name = file_.name(header);
        if (!name) return refuse_input(name_, name.error());
        VITTE_CHECK(count_name(*name, "names of sections"));
        made.name = *name;
        made.header = header;
        made.part = detail::part_of(header, made.name);
        if (!made.live() && header.type != elf::section_type::symbols) continue;
        auto content = file_.content(header);
        if (!content) return refuse_input(name_, content.error());
        made.content = content->bytes;
        if (header.type == elf::section_type::symbols && std::exchange(table, index - 1) != 0)
            return refuse_input(name_, errc::malformed, "two symbol tables");
        const auto unfit = [&](errc code, const char* why) {
            return refuse_input(name_, code, std::string(made.name) + " " + why);
        };
        if ((header.flags & detail::flag_compressed) != 0) return unfit(errc::not_supported, "is compressed");
        constexpr auto both = detail::flag_write | detail::flag_execute;
        if (made.live() && (header.flags & both) == both)
            return unfit(errc::not_supported, "is writable and executable at once, which is refused");
        if ((header.alignment & (header.alignment - 1)) != 0)
            return unfit(errc::malformed, "has an alignment that is not a power of two");
    }
    if (table != 0) {
        VITTE_CHECK(read_symbols(table));
    }
    index = 0;
    for (const section& s : sections_) {
        VITTE_CHECK(attach(index++, s.header));
    }
    return {};
}

inline result<void, load_error> input::read_symbols(std::uint32_t table) {
    auto found = file_.symbols(sections_[table].header);
    if (!found) return refuse_input(name_, found.error());
    symbols_ = *found;
    for (const elf::symbol s : symbols_.entries) {
        VITTE_TRY(const std::string_view name, symbol_name(s));
        VITTE_CHECK(count_name(name, "names of symbols"));
    }
    return {};
}

/// What section `of`, number `index`, says about others.
inline result<void, load_error> input::attach(std::uint32_t index, const elf::section& of) {
    if (of.type == elf::section_type::symbol_section_indices) {
        auto content = file_.content(of);
        if (!content) return refuse_input(name_, content.error());
        extended_ = content->bytes;
    }
    const std::string_view name = sections_[index].name;
    const auto is_loaded = [&](std::uint32_t i) { return i < sections_.size() && sections_[i].live(); };
    if (const char* const why = elf::why_not_linked(of, index, is_loaded))
        return refuse_input(name_, errc::not_supported, std::string(name) + " " + why);
    if (name == ".note.GNU-stack" && (of.flags & detail::flag_execute) != 0)
        return refuse_input(name_, errc::not_supported, "wants an executable stack, which is refused");
    if (name == ".preinit_array" && sections_[index].live())
        return refuse_input(name_, errc::not_supported, ".preinit_array is for programs");
    if ((name == ".init" || name == ".fini") && sections_[index].live() && of.size != 0)
        return refuse_input(name_, errc::not_supported,
                            std::string(name) + " is a part of a function that only start-up files complete");
    const bool with_addend = of.type == elf::section_type::relocations_with_addend;
    if (!with_addend && of.type != elf::section_type::relocations) return {};
    if (of.info >= sections_.size())
        return refuse_input(name_, errc::malformed, std::string(name) + " relocates a section that does not exist");
    section& target = sections_[of.info];
    if (!target.live()) return {};
    if (with_addend != machine::has_addends)
        return refuse_input(name_, errc::malformed,
                            std::string(name) + " is not the kind of relocations of " + machine::name);
    if (target.relocations != 0)
        return refuse_input(name_, errc::malformed, std::string(target.name) + " has two sections of relocations");
    if (target.header.type == elf::section_type::no_bits && of.size != 0)
        return refuse_input(name_, errc::malformed, std::string(target.name) + " has relocations, but no content");
    target.relocations = index;
    relocation_bytes_ += of.size;
    if (relocation_bytes_ > file_.whole().size())
        return refuse_input(name_, errc::malformed, "sections of relocations overlap");
    return {};
}

template <class Visit>
result<void, load_error> input::for_each_comdat(Visit&& visit) const {
    std::size_t grouped = 0;
    for (const section& s : sections_) {
        if (s.header.type != elf::section_type::group) continue;
        auto content = file_.content(s.header);
        if (!content) return refuse_input(name_, content.error());
        constexpr std::uint32_t comdat = 1;
        if (content->bytes.size() / 4 > sections_.size() + 1)
            return refuse_input(name_, errc::malformed, "a section group is too large");
        if (content->bytes.size() < 4 || s.header.info >= symbol_count())
            return refuse_input(name_, errc::malformed, "a section group without a signature");
        if ((form.u32(content->bytes.data()) & comdat) == 0) continue;
        std::vector<std::uint32_t> words(content->bytes.size() / 4);
        for (std::size_t i = 0; i < words.size(); ++i) words[i] = form.u32(content->bytes.data() + 4 * i);
        const elf::symbol signature = symbol(s.header.info);
        VITTE_TRY(auto name, symbol_name(signature));
        if (signature.type() == elf::symbol_type::section) {
            VITTE_TRY(const std::uint32_t in, section_of(s.header.info));
            if (in < sections_.size()) name = sections_[in].name;
        }
        grouped += words.size() - 1;
        for (const std::uint32_t member : std::span(words).subspan(1))
            if (member >= sections_.size() || grouped > sections_.size())
                return refuse_input(name_, errc::malformed,
                                    "a section group has a section that does not exist, or that others have");
        visit(name, std::span<const std::uint32_t>(words).subspan(1));
    }
    return {};
}

}  // namespace vitte::loader::native::object
