/// Static relocations, in two passes: `scan` finds out what the GOT and the thunks must have, `apply` fills them in and
/// changes the code and the data, once everything has its place.
#pragma once

#include <deque>
#include <vitte/loader/format/elf/names.hpp>
#include <vitte/loader/native/entries.hpp>
#include <vitte/loader/native/object/layout.hpp>
#include <vitte/loader/native/object/relocation.hpp>

namespace vitte::loader::native::object {

/// Where the linked objects' thread-local storage is found at run time.
struct thread_block {
    std::uintptr_t module = 0;        ///< for `__tls_get_addr`
    std::intptr_t static_offset = 0;  ///< from the thread pointer, if it is the same in all threads; or 0
    std::deque<tls_index> indices;    ///< what descriptors point to
};

/// Takes out what ALIGN relocations ask for. `content` may be shortened only at these.
template <class Machine>
result<void, load_error> take_out_padding(input& object) {
    for (std::uint32_t i = 0; i < object.sections().size(); ++i) {
        section& s = object.sections()[i];
        if (!s.live() || s.relocations == 0) continue;
        VITTE_TRY(const auto relocations, object.relocations(i));
        std::uint64_t removed = 0, end = 0;
        for (const elf::relocation& r : relocations) {
            const auto* const rule = Machine::index.find(r.type);
            if (rule == nullptr || rule->about != subject::alignment) continue;
            const auto there = static_cast<std::uint64_t>(r.addend);
            if (r.offset < end || there > s.header.size - r.offset)
                return refuse_input(object.name(), errc::malformed,
                                    object.place(i, r.offset) + " aligns what is not there");
            const std::uint64_t align = std::bit_ceil(there + 1), at = r.offset - removed;
            const std::uint64_t kept = ((at + align - 1) & ~(align - 1)) - at;
            if (kept > there)
                return refuse_input(object.name(), errc::malformed, object.place(i, r.offset) + " cannot be aligned");
            removed += there - kept;
            end = r.offset + there;
            s.header.alignment = std::max(s.header.alignment, align);
            if (kept != there) s.cuts.push_back({end, removed});
        }
    }
    return {};
}

template <class Machine>
class relocator {
public:
    /// `block` is not looked at before `apply`.
    relocator(symbol_set& symbols, layout& plan, thread_block& block) noexcept
        : symbols_(symbols), plan_(plan), threads_(block) {}

    /// Finds out what is needed. `bind(symbol&)` defines an undefined symbol from outside, or returns false. Fails with
    /// `errc::not_found` if it does so for one that is referred to, and that may not be missing.
    template <class Bind>
    result<void, load_error> scan(Bind&& bind) {
        for (std::uint32_t i = 0; i < symbols_.all().size(); ++i)
            if (symbols_.all()[i].indirect()) plan_.want_thunk(0, i, slot_kind::resolved);
        VITTE_CHECK(for_each_relocation([&](input& object, std::uint32_t index, const elf::relocation& r) {
            return scan_one(object, index, r, bind);
        }));
        if (missing_.empty()) return {};
        return tell_missing();
    }

    /// Makes addresses of what symbols have been so far. `base` is where the image begins. What `resolver(word,
    /// address)` is called for must be asked for the content of that word of the GOT.
    template <class Resolver>
    void settle(std::uintptr_t base, Resolver&& resolver) {
        base_ = base;
        for (std::uint32_t i = 0; i < symbols_.all().size(); ++i) {
            symbol& s = symbols_.all()[i];
            const std::uint64_t start = s.is_thread_local() ? 0 : base;
            if (s.in_section())
                s.value = start + symbols_.objects()[s.object].sections()[s.section].place_of(s.value);
            else if (s.state == symbol_state::common)
                s.value += start;
            else if (s.state == symbol_state::made)
                s.value = s.name == layout::tls_base ? 0 : base + plan_.offset_of_made(s.name);
            else if (s.state == symbol_state::undefined)
                s.value = 0;
            if (!s.indirect()) continue;
            resolver(s.slots[static_cast<std::size_t>(slot_kind::resolved)] - 1, static_cast<std::uintptr_t>(s.value));
            s.value = thunk_address(0, i);
        }
    }

    /// Fills the GOT and the thunks, and relocates what has been copied to the image.
    result<void, load_error> apply() {
        for (const got_entry& e : plan_.entries) fill(e);
        for (const chunk& c : plan_.chunks)
            for (std::size_t i = 0; i < c.thunks.size(); ++i) {
                const std::uint64_t address = base_ + c.offset + i * Machine::thunk_size;
                Machine::write_thunk(reinterpret_cast<std::byte*>(address), address, word_address(c.thunks[i]));
            }
        return for_each_relocation(
            [&](input& object, std::uint32_t index, const elf::relocation& r) { return apply_one(object, index, r); });
    }

private:
    using rule_type = rule<typename Machine::field>;
    struct missing_symbol {
        std::uint32_t number, count;
        std::string places;
    };

    template <class Visit>
    result<void, load_error> for_each_relocation(Visit&& visit) {
        for (input& object : symbols_.objects())
            for (std::uint32_t i = 0; i < object.sections().size(); ++i) {
                const section& s = object.sections()[i];
                if (!s.live() || s.relocations == 0) continue;
                VITTE_TRY(current_, object.relocations(i));
                for (const elf::relocation& r : current_) {
                    if (!s.dead.empty() && s.is_dead(r.offset)) continue;
                    VITTE_CHECK(visit(object, i, r));
                }
            }
        return {};
    }

    static bool in_reach(const symbol& s) noexcept { return s.in_image() && !s.is_thread_local(); }
    std::uint32_t chunk_of(const symbol& s) const noexcept {
        return s.indirect() || !s.in_section() ? 0 : symbols_.objects()[s.object].sections()[s.section].chunk;
    }
    /// Whether branches from `in` to `s` go through a thunk.
    bool needs_thunk(const section& in, const symbol& s) const noexcept {
        return !s.in_image() || (s.in_section() && chunk_of(s) != in.chunk);
    }

    unexpected<load_error> refuse_one(errc code, const input& object, std::uint32_t index, const elf::relocation& r,
                                      std::string reason) const {
        const std::string_view name = elf::relocation_name(machine::number, r.type);
        auto e = refuse(code, "relocating",
                        object.place(index, r.offset) + ": " +
                            (name.empty() ? "relocation " + std::to_string(r.type) : std::string(name)) + " " + reason);
        e.error().symbol = symbols_.all()[object.symbol_numbers[r.symbol]].name;
        return e;
    }

    template <class Bind>
    result<void, load_error> scan_one(input& object, std::uint32_t index, const elf::relocation& r, Bind& bind) {
        const section& in = object.sections()[index];
        const std::uint32_t number = object.symbol_numbers[r.symbol];
        symbol& s = symbols_.all()[number];
        if (s.state == symbol_state::undefined && !s.local) {
            if (!s.asked) s.asked = !bind(s);
            if (s.asked && object.symbol(r.symbol).binding() != elf::symbol_binding::weak)
                note_missing(number, object.place(index, r.offset));
        }
        const rule_type* const rule = Machine::find(r.type, in.content, r.offset, r.addend, in_reach(s));
        if (rule == nullptr) return refuse_one(errc::not_supported, object, index, r, "is not supported");
        if (s.state == symbol_state::discarded && rule->about != subject::nothing)
            return refuse_one(
                errc::malformed, object, index, r,
                "refers to a part of the object that is not linked, since another has it or it is not loaded");
        if (rule->about >= subject::got && rule->about <= subject::tls_descriptor && r.addend != 0 &&
            !Machine::adds_to_slots)
            return refuse_one(errc::not_supported, object, index, r, "with an addend is not supported");
        switch (rule->about) {
            case subject::branch:
                if (needs_thunk(in, s)) plan_.want_thunk(in.chunk, number, slot_kind::address);
                break;
            case subject::got: plan_.want_word(number, slot_kind::address); break;
            case subject::tls_pair: plan_.want_word(number, slot_kind::tls_pair); break;
            case subject::tls_word: plan_.want_word(number, slot_kind::tls_word); [[fallthrough]];
            case subject::thread_offset:
                if (s.state == symbol_state::foreign && s.outside.static_offset == 0)
                    return refuse_one(errc::not_supported, object, index, r,
                                      "needs a fixed distance from the thread pointer, which it does not have: compile "
                                      "with -ftls-model=global-dynamic");
                plan_.needs_static_block |= s.in_image();
                break;
            case subject::tls_descriptor: plan_.want_word(number, slot_kind::tls_descriptor);
#if !defined(VITTE_HAS_ENTRIES)
                return refuse_one(errc::not_supported, object, index, r,
                                  "needs TLS descriptors, which this ABI has no functions for: compile with "
                                  "-mtls-dialect=trad");
#endif
                break;
            case subject::tls_module: plan_.want_module_words(); break;
            default: break;
        }
        return check_thread_locality(object, index, r, *rule, s);
    }

    result<void, load_error> check_thread_locality(const input& object, std::uint32_t index, const elf::relocation& r,
                                                   const rule_type& rule, const symbol& s) const {
        const bool about_threads = rule.about == subject::tls_pair || rule.about == subject::tls_word ||
                                   rule.about == subject::tls_descriptor || rule.about == subject::tls_offset ||
                                   rule.about == subject::thread_offset;
        const bool about_address =
            rule.about == subject::symbol || rule.about == subject::branch || rule.about == subject::got;
        if (about_threads && !s.is_thread_local() && s.state != symbol_state::undefined)
            return refuse_one(errc::malformed, object, index, r, "is for thread-local symbols, which it is not");
        if (about_address && s.is_thread_local() && s.state != symbol_state::undefined)
            return refuse_one(errc::malformed, object, index, r, "is not for thread-local symbols, which it is");
        return {};
    }

    void note_missing(std::uint32_t number, const std::string& place) {
        const auto [at, is_new] = missing_index_.try_emplace(number, missing_.size());
        if (is_new) missing_.push_back({number, 0, {}});
        missing_symbol& m = missing_[at->second];
        constexpr std::uint32_t most = 3;
        if (m.count++ < most) m.places += (m.places.empty() ? "" : ", ") + place;
    }
    unexpected<load_error> tell_missing() const {
        const missing_symbol& first = missing_.front();
        const symbol& s = symbols_.all()[first.number];
        std::string reason = s.hidden() ? "nothing defines it, and it is hidden: link the object that does"
                                        : "nothing defines it: provide it, or link the object or archive that does";
        if (missing_.size() > 1) {
            constexpr std::size_t most = 5;
            reason += "; the same goes for";
            for (std::size_t i = 1; i < missing_.size() && i <= most; ++i)
                reason += (i == 1 ? " '" : ", '") + std::string(symbols_.all()[missing_[i].number].name) + "'";
            if (missing_.size() > most + 1) reason += " and " + std::to_string(missing_.size() - most - 1) + " more";
        }
        auto e = refuse(errc::not_found, "linking", std::move(reason));
        e.error().symbol = s.name;
        e.error().references = first.places;
        if (first.count > 3) e.error().references += " and " + std::to_string(first.count - 3) + " more";
        return e;
    }

    std::uint64_t got_address() const noexcept { return base_ + plan_.got.offset; }
    std::uint64_t word_address(std::uint32_t index) const noexcept { return got_address() + index * sizeof(word); }
    std::uint64_t slot_address(const symbol& s, slot_kind kind) const noexcept {
        return word_address(s.slots[static_cast<std::size_t>(kind)] - 1);
    }
    std::uint64_t thunk_address(std::uint32_t in, std::uint32_t number) const noexcept {
        const chunk& c = plan_.chunks[in];
        return base_ + c.offset + (c.thunk_of.find(number)->second - 1) * Machine::thunk_size;
    }

    void fill(const got_entry& e) {
        auto* const to = reinterpret_cast<word*>(word_address(e.word));
        if (e.symbol == got_entry::no_symbol) {
            to[0] = threads_.module;
            to[1] = 0 - machine::tls_bias;
            return;
        }
        const symbol& s = symbols_.all()[e.symbol];
        const definition at = in_threads(s);
        switch (e.kind) {
            case slot_kind::address: to[0] = static_cast<word>(s.value); break;
            case slot_kind::resolved: break;
            case slot_kind::tls_pair:
                to[0] = at.tls_module;
                to[1] = at.address - machine::tls_bias;
                break;
            case slot_kind::tls_word: to[0] = static_cast<word>(at.static_offset) + at.address; break;
            case slot_kind::tls_descriptor: fill_descriptor(to, at); break;
        }
    }

    /// Where a thread-local symbol is; nowhere if nothing defines it.
    definition in_threads(const symbol& s) const noexcept {
        if (s.state == symbol_state::foreign) return s.outside;
        if (!s.in_image()) return {};
        return {static_cast<word>(s.value), threads_.module, threads_.static_offset};
    }
    void fill_descriptor([[maybe_unused]] word* to, [[maybe_unused]] const definition& at) {
#if defined(VITTE_HAS_ENTRIES)
        if (!at.is_thread_local()) {
            to[0] = descriptor_entry(vitte_undefined_descriptor);
            to[1] = 0;
        } else if (at.static_offset != 0) {
            to[0] = descriptor_entry(vitte_static_descriptor);
            to[1] = static_cast<word>(at.static_offset) + at.address;
        } else {
            threads_.indices.push_back({at.tls_module, at.address - machine::tls_bias});
            to[0] = descriptor_entry(vitte_dynamic_descriptor);
            to[1] = reinterpret_cast<word>(&threads_.indices.back());
        }
#endif
    }

    /// The address, or the number, that a relocation is about.
    std::uint64_t target(const section& in, const rule_type& rule, std::uint32_t number) const noexcept {
        const symbol& s = symbols_.all()[number];
        switch (rule.about) {
            case subject::symbol: return s.value;
            case subject::branch: return needs_thunk(in, s) ? thunk_address(in.chunk, number) : s.value;
            case subject::size: return s.size;
            case subject::got: return slot_address(s, slot_kind::address);
            case subject::got_base: return got_address();
            case subject::tls_pair: return slot_address(s, slot_kind::tls_pair);
            case subject::tls_module: return word_address(plan_.module_word - 1);
            case subject::tls_word: return slot_address(s, slot_kind::tls_word);
            case subject::tls_descriptor: return slot_address(s, slot_kind::tls_descriptor);
            case subject::tls_offset: return s.value - machine::tls_bias;
            case subject::thread_offset:
                return in_threads(s).address + static_cast<std::uint64_t>(in_threads(s).static_offset);
            default: return 0;
        }
    }
    std::uint64_t value(const section& in, const rule_type& rule, std::uint32_t number, std::int64_t addend,
                        std::uint64_t place) const noexcept {
        constexpr std::uint64_t page = ~std::uint64_t{0xfff};
        const std::uint64_t to = target(in, rule, number) + static_cast<std::uint64_t>(addend);
        switch (rule.from) {
            case origin::zero: return to;
            case origin::place: return to - place;
            case origin::page: return (to & page) - (place & page);
            case origin::got: return to - got_address();
            case origin::got_page: return to - (got_address() & page);
        }
        return to;
    }

    /// Where the file's byte `at` of section `in` stands.
    std::uint64_t place_of(const section& in, std::uint64_t at) const noexcept {
        return base_ + (in.part == image_part::tls_data ? plan_.tls.offset : 0) + in.place_of(at);
    }

    result<void, load_error> apply_one(input& object, std::uint32_t index, const elf::relocation& r) {
        const section& in = object.sections()[index];
        const std::uint32_t number = object.symbol_numbers[r.symbol];
        const symbol& s = symbols_.all()[number];
        const rule_type& rule = *Machine::find(r.type, in.content, r.offset, r.addend, in_reach(s));
        if (rule.about == subject::nothing) return {};
        const std::span<std::byte> all(reinterpret_cast<std::byte*>(place_of(in, 0)),
                                       static_cast<std::size_t>(in.size()));
        const std::uint64_t place = place_of(in, r.offset), at = place - place_of(in, 0);
        if (at > all.size()) return unfit(object, index, r, rule, s, fit::outside);
        const std::span<std::byte> memory = all.subspan(static_cast<std::size_t>(at));
        if constexpr (requires { Machine::write_nops(memory); })
            if (rule.about == subject::alignment) {
                const std::uint64_t after = place_of(in, r.offset + static_cast<std::uint64_t>(r.addend));
                return Machine::write_nops(memory.first(static_cast<std::size_t>(after - place))),
                       result<void, load_error>();
            }
        std::uint64_t bits = value(in, rule, number, r.addend, place);
        if (rule.about == subject::upper_half) {
            VITTE_TRY(bits, upper_half(object, index, r));
        }
        const fit done = Machine::insert(rule.field, memory, static_cast<std::int64_t>(bits));
        if (done != fit::fits) return unfit(object, index, r, rule, s, done);
        Machine::rewrite(r.type, all, r.offset, r.addend, in_reach(s));
        return {};
    }

    /// The value of the relocation at the address of the symbol, which is in the same section.
    result<std::uint64_t, load_error> upper_half(const input& object, std::uint32_t index,
                                                 const elf::relocation& r) const {
        const section& in = object.sections()[index];
        VITTE_TRY(const std::uint32_t where, object.section_of(r.symbol));
        const std::uint64_t offset = object.symbol(r.symbol).value;
        const auto first = relocation_at(current_, offset);
        constexpr std::ptrdiff_t most = 8;  // relocations of one instruction, which hints may belong to
        for (auto high = first; where == index && high - first < most && high != current_.end(); ++high) {
            const rule_type* const rule = Machine::index.find(high->type);
            if (high->offset != offset || rule == nullptr || rule->from != origin::place) continue;
            return value(in, *rule, object.symbol_numbers[high->symbol], high->addend, place_of(in, offset));
        }
        return refuse_one(errc::malformed, object, index, r, "has no counterpart with the upper half");
    }

    unexpected<load_error> unfit(const input& object, std::uint32_t index, const elf::relocation& r,
                                 const rule_type& rule, const symbol& s, fit how) const {
        if (how == fit::outside) return refuse_one(errc::malformed, object, index, r, "reaches past its section");
        if (how == fit::misaligned)
            return refuse_one(errc::malformed, object, index, r, "to an address that is not aligned");
        if (rule.about != subject::symbol)
            return refuse_one(errc::out_of_range, object, index, r, "does not reach its target");
        return refuse_one(errc::out_of_range, object, index, r,
                          s.in_image()
                              ? "does not reach it: compile with -fPIC"
                              : "does not reach it, since it is outside of what is linked: compile with -fPIC");
    }

    symbol_set& symbols_;
    layout& plan_;
    std::vector<missing_symbol> missing_;  ///< in the order in which they were met
    std::unordered_map<std::uint32_t, std::size_t> missing_index_;
    std::vector<elf::relocation> current_;  ///< of the section that is looked at
    std::uint64_t base_ = 0;
    thread_block& threads_;
};

}  // namespace vitte::loader::native::object
