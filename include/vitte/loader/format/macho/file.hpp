/// A Mach-O file of one machine as checked views of its bytes; see `format/macho.hpp`.
#pragma once

#include <optional>

#include <vitte/loader/format/macho/records.hpp>

namespace vitte::loader::macho {

struct header {
    encoding form;
    macho::machine machine;
    std::uint32_t subtype;
    file_type type;
    std::uint32_t command_count, commands_size, flags;

    constexpr std::size_t size() const noexcept { return form.wide ? 32 : 28; }
};

/// A load command: its bytes include type and size, and are at least 8.
struct load_command {
    command type;
    part content;
};

/// A library that is needed, or, as the id of a library, the library itself.
struct library {
    command kind;  ///< needed, weak_needed, reexported, upward_needed, lazy_needed, or id
    std::string_view name;
    version current, compatible;
};

struct build_version {
    macho::platform platform;
    version minimum, sdk;
};

/// A symbol table with the strings of its names.
struct symbol_view {
    table<symbol> entries;
    string_table strings;

    /// Name 0 is the empty one.
    result<std::string_view, parse_error> name(const symbol& of) const noexcept {
        return of.name == 0 ? std::string_view() : strings.at(of.name);
    }
};

/// A whole file. Views point into the bytes that were given, which must stay. It may be read from several threads.
class file {
public:
    /// Checks the header, the load commands, segments and sections: all lie inside the file. What other commands point
    /// to is checked when it is asked for. `offset` is added to the places that errors tell: a slice's in its file.
    static result<file, parse_error> parse(std::span<const std::byte> whole, std::uint64_t offset = 0) noexcept;

    const macho::header& header() const noexcept { return header_; }
    const part& whole() const noexcept { return whole_; }

    /// Calls `visit(const load_command&)` for every load command, in order.
    template <class Visit>
    void for_each_command(Visit&& visit) const {
        std::size_t at = 0;
        for (std::uint32_t i = 0; i < header_.command_count; ++i) {
            const load_command found = command_at(at);
            visit(found);
            at += found.content.bytes.size();
        }
    }
    /// The first command of a type.
    std::optional<load_command> find(command wanted) const {
        std::optional<load_command> found;
        for_each_command([&](const load_command& c) {
            if (c.type == wanted && !found) found = c;
        });
        return found;
    }
    /// Calls `visit(const segment&)` for every segment, in order.
    template <class Visit>
    void for_each_segment(Visit&& visit) const {
        for_each_command([&](const load_command& c) {
            if (c.type == segment_command()) visit(segment_of(c));
        });
    }
    /// The address of the header in memory, from which entry point and exports are counted: that of segment __TEXT.
    std::uint64_t base() const {
        std::uint64_t address = 0;
        for_each_segment([&](const segment& s) {
            if (s.name == "__TEXT") address = s.address;
        });
        return address;
    }

    /// The symbol table; empty if there is none.
    result<symbol_view, parse_error> symbols() const;
    /// The relocations of a section of an object.
    result<table<relocation>, parse_error> relocations(const section& of) const noexcept {
        const std::uint64_t size = 8 * std::uint64_t{of.relocation_count};
        VITTE_TRY(const part found, whole_.sub(of.relocations_at, size, "relocations"));
        return table<relocation>(found.bytes, 8, header_.form);
    }
    /// The part of the file that a command of the kind `linkedit_data_command` points to; empty if there is none.
    result<part, parse_error> linked_data(command wanted, const char* reading) const {
        const auto found = find(wanted);
        return found ? pointed_to(*found, 8, reading) : part{};
    }
    /// The part of the file that byte `field` of LC_DYLD_INFO points to; empty if there is none.
    result<part, parse_error> dyld_info(std::size_t field, const char* reading) const {
        auto info = find(command::dyld_info_only);
        if (!info) info = find(command::dyld_info);
        return info ? pointed_to(*info, field, reading) : part{};
    }
    /// The part of the file whose offset and size stand at byte `field` of a command.
    result<part, parse_error> pointed_to(const load_command& of, std::size_t field,
                                         const char* reading) const noexcept {
        VITTE_TRY(const part fields, of.content.sub(field, 8, reading, "its load command is too short"));
        return whole_.sub(header_.form.u32(fields.bytes.data()), header_.form.u32(fields.bytes.data() + 4), reading);
    }

    /// Calls `visit(const library&)` for every library that is needed, in the order in which symbols count them from 1.
    template <class Visit>
    result<void, parse_error> for_each_needed(Visit&& visit) const;
    /// What a library calls itself; nothing if this is none.
    result<std::optional<library>, parse_error> id() const {
        const auto found = find(command::id);
        if (!found) return std::nullopt;
        VITTE_TRY(const library made, library_of(*found));
        return made;
    }
    /// Calls `visit(std::string_view)` for every folder in which `@rpath` is looked for.
    template <class Visit>
    result<void, parse_error> for_each_rpath(Visit&& visit) const {
        return for_each_of([](command c) { return c == command::rpath; },
                           [&](const load_command& c) -> result<void, parse_error> {
                               VITTE_TRY(const std::string_view path, string_in(c, "run path"));
                               visit(path);
                               return {};
                           });
    }
    /// Calls `visit(const build_version&)` for every platform that the file is for.
    template <class Visit>
    result<void, parse_error> for_each_platform(Visit&& visit) const;
    /// The 16 bytes of LC_UUID; empty if there is none.
    result<std::span<const std::byte>, parse_error> uuid() const {
        const auto found = find(command::uuid);
        if (!found) return std::span<const std::byte>();
        VITTE_TRY(const part id, found->content.sub(8, 16, "UUID", "its load command is too short"));
        return id.bytes;
    }
    /// Where a program begins, as an address in memory; nothing if this is none.
    result<std::optional<std::uint64_t>, parse_error> entry() const;

private:
    command segment_command() const noexcept { return header_.form.wide ? command::segment_64 : command::segment; }
    load_command command_at(std::size_t at) const noexcept {
        const std::byte* const start = commands_.bytes.data() + at;
        return {static_cast<command>(header_.form.u32(start)),
                {commands_.bytes.subspan(at, header_.form.u32(start + 4)), commands_.offset + at}};
    }
    segment segment_of(const load_command& of) const noexcept;
    result<void, parse_error> check_commands() const noexcept;
    result<void, parse_error> check_segment(const load_command& of) const noexcept;
    /// Calls `visit`, which may fail, for every command of a type that is wanted.
    template <class Wanted, class Visit>
    result<void, parse_error> for_each_of(Wanted&& wanted, Visit&& visit) const {
        result<void, parse_error> done;
        for_each_command([&](const load_command& c) {
            if (done && wanted(c.type)) done = visit(c);
        });
        return done;
    }
    /// The string whose offset in the command is at its byte 8 (`lc_str`).
    result<std::string_view, parse_error> string_in(const load_command& of, const char* reading) const noexcept {
        VITTE_TRY(const part field, of.content.sub(8, 4, reading, "its load command is too short"));
        return string_table(of.content).at(header_.form.u32(field.bytes.data()));
    }
    result<library, parse_error> library_of(const load_command& of) const noexcept {
        VITTE_TRY(const part fields, of.content.sub(0, 24, "library", "its load command is too short"));
        VITTE_TRY(const std::string_view name, string_in(of, "library"));
        const std::byte* const at = fields.bytes.data();
        return library{of.type, name, {header_.form.u32(at + 16)}, {header_.form.u32(at + 20)}};
    }

    part whole_, commands_;
    macho::header header_{};
};

inline result<file, parse_error> file::parse(std::span<const std::byte> whole, std::uint64_t offset) noexcept {
    constexpr const char* what = "Mach-O header";
    file made;
    made.whole_ = {whole, offset};
    encoding e;
    const std::uint32_t magic = whole.size() < 4 ? 0 : e.u32(whole.data());
    switch (magic) {
        case 0xfeedface: e = {false, byte_order::little}; break;
        case 0xfeedfacf: e = {true, byte_order::little}; break;
        case 0xcefaedfe: e = {false, byte_order::big}; break;
        case 0xcffaedfe: e = {true, byte_order::big}; break;
        default: return malformed(what, "not a Mach-O file", offset);
    }
    macho::header& h = made.header_;
    h.form = e;
    VITTE_TRY(const part found, made.whole_.sub(0, h.size(), what));
    const std::byte* const at = found.bytes.data();
    h.machine = static_cast<macho::machine>(e.u32(at + 4));
    h.subtype = e.u32(at + 8);
    h.type = static_cast<file_type>(e.u32(at + 12));
    h.command_count = e.u32(at + 16);
    h.commands_size = e.u32(at + 20);
    h.flags = e.u32(at + 24);
    VITTE_TRY(made.commands_, made.whole_.sub(h.size(), h.commands_size, "load commands"));
    VITTE_CHECK(made.check_commands());
    return made;
}

inline result<void, parse_error> file::check_commands() const noexcept {
    constexpr const char* what = "load command";
    std::uint64_t at = 0;
    for (std::uint32_t i = 0; i < header_.command_count; ++i) {
        VITTE_TRY(const part start, commands_.sub(at, 8, what, "lies outside the load commands"));
        const std::uint32_t size = header_.form.u32(start.bytes.data() + 4);
        if (size < 8 || size % 4 != 0) return malformed(what, "an impossible size", start.offset + 4);
        VITTE_TRY(const part content, commands_.sub(at, size, what, "reaches past the load commands"));
        const load_command found{static_cast<command>(header_.form.u32(start.bytes.data())), content};
        if (found.type == segment_command()) {
            VITTE_CHECK(check_segment(found));
        }
        at += size;
    }
    return {};
}

/// Name, four words, two protections, number of sections, flags; then the sections.
inline result<void, parse_error> file::check_segment(const load_command& of) const noexcept {
    constexpr const char* what = "segment";
    const std::size_t fixed = header_.form.wide ? 72 : 56;
    VITTE_TRY(const part fields, of.content.sub(0, fixed, what, "its load command is too short"));
    const std::uint32_t count = header_.form.u32(fields.bytes.data() + fixed - 8);
    VITTE_CHECK(of.content.sub(fixed, std::uint64_t{count} * section::size_in(header_.form), what,
                               "its load command is too short for its sections"));
    const segment found = segment_of(of);
    const std::uint64_t limit = header_.form.wide ? ~std::uint64_t{0} : 0xffff'ffff;
    if (found.file_size != 0) {
        VITTE_CHECK(whole_.sub(found.offset, found.file_size, what));
    }
    if (found.memory_size > limit - found.address)
        return malformed(what, "lies outside the address space", of.content.offset);
    if (found.file_size > found.memory_size)
        return malformed(what, "larger in the file than in memory", of.content.offset);
    std::uint64_t at = of.content.offset + fixed;
    for (const section s : found.sections) {
        const bool in_file = !s.zero_fill() && found.file_size != 0;
        if (in_file && !whole_.sub(s.offset, s.size, "section"))
            return malformed("section", "reaches past the end of the file", at, errc::end_of_input);
        if (s.address < found.address || s.address - found.address > found.memory_size ||
            s.size > found.memory_size - (s.address - found.address))
            return malformed("section", "lies outside its segment", at);
        at += section::size_in(header_.form);
    }
    return {};
}

inline segment file::segment_of(const load_command& of) const noexcept {
    const encoding e = header_.form;
    const std::size_t w = e.word_size(), fixed = 24 + 4 * w + 16;
    const std::byte* const at = of.content.bytes.data();
    const std::byte* const after = at + 24 + 4 * w;
    return {text_in_field(at + 8, 16),
            e.word(at + 24),
            e.word(at + 24 + w),
            e.word(at + 24 + 2 * w),
            e.word(at + 24 + 3 * w),
            e.u32(after),
            e.u32(after + 4),
            e.u32(after + 12),
            {of.content.bytes.subspan(fixed, e.u32(after + 8) * section::size_in(e)), section::size_in(e), e}};
}

inline result<symbol_view, parse_error> file::symbols() const {
    const encoding e = header_.form;
    const auto found = find(command::symbols);
    if (!found) return symbol_view{};
    VITTE_TRY(const part fields, found->content.sub(8, 16, "symbol table", "its load command is too short"));
    const std::byte* const at = fields.bytes.data();
    const std::size_t stride = symbol::size_in(e);
    VITTE_TRY(const part entries, whole_.sub(e.u32(at), std::uint64_t{e.u32(at + 4)} * stride, "symbol table"));
    VITTE_TRY(const part strings, whole_.sub(e.u32(at + 8), e.u32(at + 12), "string table"));
    return symbol_view{table<symbol>(entries.bytes, stride, e), string_table(strings)};
}

template <class Visit>
result<void, parse_error> file::for_each_needed(Visit&& visit) const {
    const auto wanted = [](command c) {
        return c == command::needed || c == command::weak_needed || c == command::reexported ||
               c == command::upward_needed || c == command::lazy_needed;
    };
    return for_each_of(wanted, [&](const load_command& c) -> result<void, parse_error> {
        VITTE_TRY(const library made, library_of(c));
        visit(made);
        return {};
    });
}

/// LC_BUILD_VERSION begins with the platform; older commands, which are for one each, have only the versions.
template <class Visit>
result<void, parse_error> file::for_each_platform(Visit&& visit) const {
    const auto platform_of = [](command c) -> std::optional<platform> {
        switch (c) {
            case command::build_version: return platform{};
            case command::version_min_macos: return platform::macos;
            case command::version_min_ios: return platform::ios;
            case command::version_min_tvos: return platform::tvos;
            case command::version_min_watchos: return platform::watchos;
            default: return std::nullopt;
        }
    };
    const auto wanted = [&](command c) { return platform_of(c).has_value(); };
    return for_each_of(wanted, [&](const load_command& c) -> result<void, parse_error> {
        const bool named = c.type == command::build_version;
        VITTE_TRY(const part fields,
                  c.content.sub(8, named ? 12 : 8, "build version", "its load command is too short"));
        const auto number = [&](std::size_t at) { return header_.form.u32(fields.bytes.data() + at); };
        visit(named ? build_version{static_cast<platform>(number(0)), {number(4)}, {number(8)}}
                    : build_version{*platform_of(c.type), {number(0)}, {number(4)}});
        return {};
    });
}

/// LC_MAIN tells it as an offset in the file, LC_UNIXTHREAD as the program counter in
/// the registers of the first thread, where each machine has it elsewhere.
inline result<std::optional<std::uint64_t>, parse_error> file::entry() const {
    constexpr const char* what = "entry point";
    constexpr const char* too_short = "its load command is too short";
    const encoding e = header_.form;
    if (const auto found = find(command::main)) {
        VITTE_TRY(const part field, found->content.sub(8, 8, what, too_short));
        return base() + e.u64(field.bytes.data());
    }
    const auto thread = find(command::unix_thread);
    if (!thread) return std::nullopt;
    std::size_t counter = 0;  // its place after type, size, flavor and count
    switch (header_.machine) {
        case machine::i386: counter = 10 * 4; break;
        case machine::x86_64: counter = 16 * 8; break;
        case machine::arm: counter = 15 * 4; break;
        case machine::aarch64: counter = 32 * 8; break;
        case machine::powerpc:
        case machine::powerpc64: counter = 0; break;
        default: return std::nullopt;
    }
    VITTE_TRY(const part field, thread->content.sub(16 + counter, e.word_size(), what, too_short));
    return e.word(field.bytes.data());
}

}  // namespace vitte::loader::macho
