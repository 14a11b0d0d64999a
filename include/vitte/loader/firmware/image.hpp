/// Links a relocatable object of Thumb-2 code (ELF32, `EM_ARM`, M profile) on a microcontroller: into memory that the
/// caller gives, without a heap; its code is copied there, or stays where the object is. Unlike `native/object`, which
/// links many objects and archives for a process, with pages, threads and unwinding, it takes one (`ld -r` makes one of
/// many) and a few kilobytes. It is pure computation, with the addresses given as numbers, so that any machine can run
/// it; for what calls the code see `loader/firmware.hpp`.
#pragma once

#include <type_traits>
#include <vitte/loader/firmware/relocation.hpp>
#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/format/elf/unknown_section.hpp>

namespace vitte::loader::firmware {

/// Where what is never written, code and constants, is when it runs. What is written is always in memory.
enum class code_place : unsigned char {
    memory,  ///< a copy
    flash,   ///< in the object itself, which must have been settled: see `firmware/settle.hpp`
};

/// A function or an object that the firmware offers to modules.
class offered {
public:
    template <class T>
    offered(const char* name, T* what) noexcept
        : offered(name, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(what)), std::is_function_v<T>) {}
    /// What is at a known address.
    constexpr offered(const char* name, std::uint32_t address, bool is_code) noexcept
        : name_(name), address_(is_code ? address & ~std::uint32_t{1} : address), is_code_(is_code) {}

    constexpr std::string_view name() const noexcept { return name_; }
    constexpr std::uint32_t address() const noexcept { return address_; }
    constexpr bool is_code() const noexcept { return is_code_; }

private:
    const char* name_;
    std::uint32_t address_;
    bool is_code_;
};

/// Bytes of memory that an object takes, and what its address must be a multiple of.
struct memory_need {
    std::uint32_t size, alignment;
};
/// Where the memory and the object are as the module sees them.
struct addresses {
    std::uint32_t memory, file;
};

namespace detail {

/// The address of each section, in the first bytes of a module's memory.
class placements {
public:
    static constexpr std::uint32_t nowhere = 0xffffffff;

    placements() noexcept = default;
    explicit placements(std::span<std::byte> of) noexcept : at_(of.data()) {}
    std::uint32_t operator[](std::size_t section) const noexcept {
        return load<std::uint32_t>(at_ + 4 * section, byte_order::little);
    }
    void set(std::size_t section, std::uint32_t address) const noexcept {
        store(at_ + 4 * section, address, byte_order::little);
    }

private:
    std::byte* at_ = nullptr;
};

/// What a symbol is.
struct meaning {
    std::uint32_t address = 0;
    bool is_code = false;      ///< of Thumb instructions: T in AAELF32
    bool is_absent = false;    ///< weak, and nobody defines it
    bool is_constant = false;  ///< the same number wherever the object is
};

/// A relocation and where it is.
struct site {
    std::uint32_t section;
    elf::section header;  ///< of that section
    elf::relocation relocation;
    const firmware::rule& rule;
    bool has_addend;      ///< or else it is in the field
    std::uint64_t from;   ///< where in the file the field is
    std::uint64_t entry;  ///< where in the file the relocation is

    std::int64_t addend(const std::byte* at) const noexcept {
        return has_addend ? relocation.addend : addend_in(rule.field, at);
    }
};

/// An object whose header and sections have been checked.
class object {
public:
    enum class home : unsigned char { none, memory, file };

    static result<object, parse_error> parse(elf::bytes file) noexcept {
        object made;
        VITTE_TRY(made.file_, elf::file::parse(file));
        const elf::header& h = made.file_.header();
        if (h.type != elf::file_type::relocatable || h.form.wide || h.form.order != byte_order::little ||
            h.machine != elf::machine::arm)
            return malformed("ELF header", "not a relocatable object for 32-bit Arm", 16, errc::not_supported);
        for (std::uint32_t i = 0; i < made.sections().size(); ++i) VITTE_CHECK(made.check(i));
        return made;
    }

    elf::bytes bytes() const noexcept { return file_.whole(); }
    const table<elf::section>& sections() const noexcept { return file_.sections(); }
    const elf::symbol_view& symbols() const noexcept { return symbols_; }
    std::string_view name(std::size_t section) const noexcept {
        return file_.name(sections()[section]).value_or(std::string_view());
    }
    /// `settle` tells that it was there by an entry point, which objects have none of.
    bool is_settled() const noexcept { return file_.header().entry != 0; }
    /// Where the section headers are.
    std::size_t table_offset() const noexcept { return static_cast<std::size_t>(file_.header().sections_at); }

    home home_of(const elf::section& s, code_place code) const noexcept {
        if ((s.flags & elf::flag_alloc) == 0 || (s.flags & elf::flag_exclude) != 0) return home::none;
        if (file_.is_named(s, ".ARM.ex")) return home::none;  // for unwinding, which nobody does
        return stays(s, code) ? home::file : home::memory;
    }
    /// The same of one that is loaded.
    static bool stays(const elf::section& s, code_place code) noexcept {
        return code == code_place::flash && (s.flags & elf::flag_write) == 0 && s.type != elf::section_type::no_bits;
    }

    /// How many veneers there can be.
    std::size_t veneers(code_place code, std::size_t offers) const noexcept {
        if (code == code_place::flash) return 0;
        std::size_t count = 0;
        for (const elf::symbol s : symbols_.entries) count += !s.defined() && s.name != 0;
        return count < offers ? count : offers;
    }
    /// Calls `visit(index, section, offset)` for what comes into memory, by ascending offsets: after the addresses of
    /// sections and the veneers what is executed, what is only read, what is written, and what begins as zeros.
    template <class Visit>
    result<memory_need, parse_error> lay_out(code_place code, std::size_t veneers, Visit&& visit) const noexcept {
        constexpr std::uint64_t most = std::uint64_t{1} << 28;
        std::uint64_t end = 4 * std::uint64_t{sections().size()} + veneer_size * std::uint64_t{veneers}, alignment = 8;
        for (unsigned part = 0; part < 4; ++part)
            for (std::size_t i = 0; i < sections().size(); ++i) {
                const elf::section s = sections()[i];
                if (home_of(s, code) != home::memory || part_of(s) != part) continue;
                const std::uint64_t a = s.alignment < 4 ? 4 : s.alignment;
                if (alignment < a) alignment = a;
                end = (end + a - 1) & ~(a - 1);
                if (end > most || s.size > most - end)
                    return malformed("section", "the object is too large", s.offset, errc::too_large);
                visit(i, s, static_cast<std::uint32_t>(end));
                end += s.size;
            }
        return memory_need{static_cast<std::uint32_t>(end), static_cast<std::uint32_t>(alignment)};
    }

    /// What symbol `index` is, given where sections are. Fails if it is nowhere; of one that nobody offers with where
    /// its name stands.
    result<meaning, parse_error> resolve(std::uint32_t index, const placements& at,
                                         std::span<const offered> offers) const noexcept {
        constexpr const char* what = "symbol";
        if (index >= symbols_.entries.size()) return malformed("relocation", "its symbol does not exist", 0);
        const elf::symbol s = symbols_.entries[index];
        const std::uint64_t name_at = names_offset_ + s.name;
        if (s.section == elf::section_absolute) return meaning{static_cast<std::uint32_t>(s.value), false, false, true};
        if (!s.defined()) {
            if (index == 0) return meaning{0, false, false, true};
            for (const offered& o : offers)
                if (symbols_.strings.is(s.name, o.name())) return meaning{o.address(), o.is_code()};
            if (s.binding() == elf::symbol_binding::weak) return meaning{0, false, true, true};
            return malformed(what, "it is needed, and not offered", name_at, errc::not_found);
        }
        if (s.type() == elf::symbol_type::tls || s.type() == elf::symbol_type::gnu_ifunc)
            return malformed(what, "neither a function nor an object", name_at, errc::not_supported);
        if (s.section >= sections().size())
            return malformed(what,
                             s.section == elf::section_common ? "a common one: compile with -fno-common"
                                                              : "its section does not exist",
                             name_at, s.section == elf::section_common ? errc::not_supported : errc::malformed);
        if (at[s.section] == placements::nowhere)
            return malformed(what, "it is in a section that is not loaded, or at no known address", name_at);
        const auto value = static_cast<std::uint32_t>(s.value);
        const bool is_code = s.type() == elf::symbol_type::function && (value & 1) != 0;
        const std::uint32_t offset = is_code ? value - 1 : value;
        if (offset > sections()[s.section].size) return malformed(what, "outside its section", name_at);
        return meaning{at[s.section] + offset, is_code};
    }

    /// Calls `visit(const site&)` for all relocations that do something to sections that are loaded.
    template <class Visit>
    result<void, parse_error> for_each_relocation(code_place code, Visit&& visit) const {
        using elf::section_type;
        std::uint64_t left = bytes().size();
        for (const elf::section s : sections()) {
            if (s.type != section_type::relocations && s.type != section_type::relocations_with_addend) continue;
            if (s.info >= sections().size())
                return malformed("relocations", "they are for a section that does not exist", s.offset);
            const elf::section of = sections()[s.info];
            if (home_of(of, code) == home::none) continue;
            if (of.type == section_type::no_bits || s.link != symbols_index_ || s.link == 0 || s.size > left)
                return malformed("relocations", "not for this section and these symbols", s.offset);
            left -= s.size;
            VITTE_TRY(const auto all, file_.relocations(s));
            for (std::size_t i = 0; i < all.size(); ++i) {
                const elf::relocation r = all[i];
                const rule* const found = rule_by_type.find(r.type);
                const std::uint64_t from = of.offset + r.offset;
                if (found == nullptr)
                    return malformed("relocation", "its type is not for modules of a microcontroller", from,
                                     errc::not_supported);
                if (found->about == subject::nothing) continue;
                if (r.offset > of.size || size_of(found->field) > of.size - r.offset)
                    return malformed("relocation", "outside its section", from);
                const bool with_addend = s.type == section_type::relocations_with_addend;
                VITTE_CHECK(visit(site{s.info, of, r, *found, with_addend, from,
                                       s.offset + i * elf::relocation::size_in(file_.header().form, with_addend)}));
            }
        }
        return {};
    }

    /// Relocates the field at `at`, which is then at the address `place`.
    static fit relocate(const site& s, const meaning& is, std::uint32_t place, std::byte* at) noexcept {
        if (s.rule.about == subject::branch && is.is_absent && size_of(s.rule.field) == 4)
            return replace_instruction(at, 0xffffffff, wide_nop), fit::fits;
        const std::uint32_t made = (is.address + static_cast<std::uint32_t>(s.addend(at))) | (is.is_code ? 1u : 0u);
        return insert(s.rule.field, at, s.rule.from == origin::place ? made - place : made);
    }

private:
    static unsigned part_of(const elf::section& s) noexcept {
        if ((s.flags & elf::flag_execute) != 0) return 0;
        return s.type == elf::section_type::no_bits ? 3 : (s.flags & elf::flag_write) != 0 ? 2 : 1;
    }
    result<void, parse_error> check(std::uint32_t index) noexcept {
        constexpr const char* what = "section";
        const elf::section s = sections()[index];
        if (s.type == elf::section_type::symbols) {
            if (symbols_index_ != 0) return malformed(what, "two symbol tables", s.offset);
            VITTE_TRY(symbols_, file_.symbols(s));
            names_offset_ = sections()[s.link].offset;
            symbols_index_ = index;
        }
        const auto is_loaded = [&](std::uint32_t i) {
            return i < sections().size() && home_of(sections()[i], code_place::memory) != home::none;
        };
        if (const char* const why = elf::why_not_linked(s, index, is_loaded))
            return malformed(what, why, s.offset, errc::not_supported);
        if (home_of(s, code_place::memory) == home::none) return {};
        constexpr std::uint64_t both = elf::flag_write | elf::flag_execute, most_of_alignment = 4096;
        if ((s.flags & both) == both)
            return malformed(what, "writable and executable at once", s.offset, errc::not_supported);
        if ((s.flags & (elf::flag_tls | elf::flag_compressed)) != 0)
            return malformed(what, "thread-local or compressed", s.offset, errc::not_supported);
        if ((s.alignment & (s.alignment - 1)) != 0 || s.alignment > most_of_alignment)
            return malformed(what, "its alignment is no power of two up to 4096", s.offset);
        VITTE_CHECK(file_.content(s));
        return {};
    }

    elf::file file_;
    elf::symbol_view symbols_;
    std::uint32_t symbols_index_ = 0;
    std::uint64_t names_offset_ = 0;
};

}  // namespace detail

/// An object that has been linked. It refers to the file and the memory, which must stay as long as its code may run.
/// Its functions may be called from several threads at once.
class image {
public:
    image() noexcept = default;

    /// What `link` needs. Fails with what is wrong with the object; `offers` is how many symbols will be offered.
    static result<memory_need, parse_error> need(elf::bytes file, code_place code, std::size_t offers) noexcept {
        VITTE_TRY(const auto object, detail::object::parse(file));
        return object.lay_out(code, object.veneers(code, offers), [](auto&&...) {});
    }

    /// Links `file`, an object in one piece, into `memory`, which is at `at.memory` for its code. For calls that do not
    /// reach what the firmware offers there are veneers. Fails with `errc::too_large` if there is less memory than
    /// `need` says, `errc::invalid_argument` if it or the file is not aligned, `errc::not_found` at the name of a
    /// symbol that is needed and not offered, `errc::out_of_range` if something is too far away for an instruction,
    /// `errc::not_supported` for what these modules cannot have, code that stays in flash and would have to be changed
    /// among that, and `errc::malformed`. What `memory` holds then is unspecified. Takes time in proportion to the
    /// object's relocations, times what is offered.
    static result<image, parse_error> link(elf::bytes file, code_place code, std::span<std::byte> memory, addresses at,
                                           std::span<const offered> offers) noexcept {
        image made;
        VITTE_TRY(made.object_, detail::object::parse(file));
        if (code == code_place::memory && made.object_.is_settled())
            return malformed("ELF header", "the object was settled: its code is to stay in flash", 24,
                             errc::not_supported);
        made.code_ = code;
        made.at_ = at;
        VITTE_CHECK(made.place(memory, offers.size()));
        VITTE_CHECK(
            made.object_.for_each_relocation(code, [&](const detail::site& s) { return made.relocate(s, offers); }));
        return made;
    }

    /// The address of a global symbol, for a function with bit 0 set; 0 if there is none.
    std::uint32_t symbol(std::string_view name) const noexcept {
        for (std::uint32_t i = 0; i < object_.symbols().entries.size(); ++i) {
            const elf::symbol s = object_.symbols().entries[i];
            if (s.binding() == elf::symbol_binding::local || !s.defined() ||
                !object_.symbols().strings.is(s.name, name))
                continue;
            const auto found = object_.resolve(i, placements_, {});
            return found ? found->address | (found->is_code ? 1u : 0u) : 0;
        }
        return 0;
    }
    /// Calls `visit(name, address, size)` for each section that was loaded, such as a debugger is told them.
    template <class Visit>
    void for_each_section(Visit&& visit) const {
        for (std::size_t i = 0; i < object_.sections().size(); ++i)
            if (placements_[i] != detail::placements::nowhere)
                visit(object_.name(i), placements_[i], static_cast<std::uint32_t>(object_.sections()[i].size));
    }
    /// Calls `visit(address)` for each function in sections of `type`, which are arrays of pointers in memory, such as
    /// `init_array`, in their order.
    template <class Visit>
    void for_each_function(elf::section_type type, Visit&& visit) const {
        for (std::size_t i = 0; i < object_.sections().size(); ++i) {
            const elf::section s = object_.sections()[i];
            if (s.type != type || object_.home_of(s, code_) != detail::object::home::memory) continue;
            const std::byte* const from = memory_.data() + (placements_[i] - at_.memory);
            for (std::size_t word = 0; word + 4 <= s.size; word += 4)
                visit(load<std::uint32_t>(from + word, byte_order::little));
        }
    }
    /// What of the memory is in use.
    std::span<std::byte> memory() const noexcept { return memory_; }

private:
    using home = detail::object::home;

    result<void, parse_error> place(std::span<std::byte> memory, std::size_t offers) noexcept {
        const std::size_t veneers = object_.veneers(code_, offers), count = object_.sections().size();
        VITTE_TRY(const memory_need need, object_.lay_out(code_, veneers, [](auto&&...) {}));
        if (need.size > memory.size()) return malformed("object", "there is too little memory", 0, errc::too_large);
        if (at_.memory % need.alignment != 0)
            return malformed("object", "the memory is not aligned", 0, errc::invalid_argument);
        memory_ = memory.first(need.size);
        __builtin_memset(memory_.data(), 0, memory_.size());
        placements_ = detail::placements(memory_);
        veneers_ = veneers_end_ = 4 * count;
        veneers_limit_ = veneers_ + veneers * veneer_size;
        for (std::size_t i = 0; i < count; ++i) {
            const elf::section s = object_.sections()[i];
            const bool stays = object_.home_of(s, code_) == home::file;
            placements_.set(i, stays ? at_.file + static_cast<std::uint32_t>(s.offset) : detail::placements::nowhere);
            if (stays && s.alignment > 1 && placements_[i] % s.alignment != 0)
                return malformed("section", "not aligned where it stays", s.offset, errc::invalid_argument);
        }
        VITTE_CHECK(object_.lay_out(code_, veneers, [&](std::size_t i, const elf::section& s, std::uint32_t offset) {
            placements_.set(i, at_.memory + offset);
            if (s.type != elf::section_type::no_bits && s.size != 0)
                __builtin_memcpy(memory_.data() + offset, object_.bytes().data() + s.offset,
                                 static_cast<std::size_t>(s.size));
        }));
        for (std::size_t i = 0; i < count; ++i) {
            const elf::section s = object_.sections()[i];
            if (s.address != 0 && placements_[i] != detail::placements::nowhere && s.address != placements_[i])
                return malformed("section", "it was settled for another address", s.offset, errc::invalid_argument);
        }
        return {};
    }

    result<void, parse_error> relocate(const detail::site& s, std::span<const offered> offers) noexcept {
        VITTE_TRY(const detail::meaning is, object_.resolve(s.relocation.symbol, placements_, offers));
        const std::uint32_t start = placements_[s.section],
                            to = start + static_cast<std::uint32_t>(s.relocation.offset);
        if (object_.stays(s.header, code_)) {
            std::byte changed[4];
            const std::byte* const stays = object_.bytes().data() + s.from;
            const std::size_t size = size_of(s.rule.field);
            __builtin_memcpy(changed, stays, size);
            if (object_.relocate(s, is, to, changed) != fit::fits || __builtin_memcmp(changed, stays, size) != 0)
                return malformed("relocation", "what stays in flash would have to change: settle the object", s.from,
                                 errc::not_supported);
            return {};
        }
        std::byte* const at = memory_.data() + (to - at_.memory);
        if (object_.relocate(s, is, to, at) == fit::fits) return {};
        constexpr std::uint32_t ahead = 4;  // the CPU's PC
        const std::uint32_t veneer = s.rule.about != subject::branch
                                         ? 0
                                         : veneer_to(is.address + static_cast<std::uint32_t>(s.addend(at)) + ahead);
        if (veneer == 0 || insert(s.rule.field, at, veneer - ahead - to) != fit::fits)
            return malformed("relocation", "too far away", s.from, errc::out_of_range);
        return {};
    }
    /// The address of a veneer; 0 if there is no room for one more.
    std::uint32_t veneer_to(std::uint32_t target) noexcept {
        std::size_t at = veneers_;
        for (; at < veneers_end_; at += veneer_size)
            if (load<std::uint32_t>(memory_.data() + at + veneer_size - 4, byte_order::little) == (target | 1))
                return at_.memory + static_cast<std::uint32_t>(at);
        if (at == veneers_limit_) return 0;
        write_veneer(memory_.data() + at, target);
        veneers_end_ += veneer_size;
        return at_.memory + static_cast<std::uint32_t>(at);
    }

    detail::object object_;
    code_place code_ = code_place::memory;
    addresses at_{};
    std::span<std::byte> memory_;
    detail::placements placements_;
    std::size_t veneers_ = 0, veneers_end_ = 0, veneers_limit_ = 0;
};

}  // namespace vitte::loader::firmware
