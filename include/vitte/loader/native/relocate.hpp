/// Applies the dynamic relocations of a mapped image. What it does not define itself is asked from a scope,
/// `bool scope(const symbol_name&, const char* version, definition&, symbol_claim)`.
#pragma once

#include <algorithm>
#include <bit>
#include <deque>
#include <vitte/loader/format/elf/relr.hpp>
#include <vitte/loader/native/definition.hpp>
#include <vitte/loader/native/dynamic.hpp>
#include <vitte/loader/native/entries.hpp>
#include <vitte/loader/native/static_blocks.hpp>

namespace vitte::loader::native {

using sys::cpu_capabilities;

/// The thread-local storage of a module, if it has any.
struct module_tls {
    std::uintptr_t module = 0;      ///< its number; 0: it has none
    std::deque<tls_index> indices;  ///< what its descriptors point to
};

template <class P, class Scope>
class relocator {
public:
    relocator(segments<P>& image, const dynamic_info& info, module_tls& tls, Scope& scope, cpu_capabilities cpu,
              bool scope_first) noexcept
        : image_(image), info_(info), tls_(tls), scope_(scope), cpu_(cpu), scope_first_(scope_first) {}

    /// Everything, in the order that psABIs ask for: relative words first, IFUNC resolvers last, since they may use
    /// anything that was relocated before. Functions are bound by `binder` later if that is not null.
    result<void, load_error> run(lazily_bound* binder) {
        constexpr std::uint64_t words_per_bitmap = 16;  // or so
        image_.prepare_writes(info_.relocations.size() + words_per_bitmap * info_.relative_words.size());
        VITTE_CHECK(apply_relative_words());
        VITTE_CHECK(apply(info_.relocations, false));
        lazy_ = binder != nullptr;
        if (lazy_) {
            VITTE_CHECK(prepare_lazy_binding(*binder));
        }
        VITTE_CHECK(apply(info_.plt_relocations, false));
        if (!resolvers_pending_) return {};
        VITTE_CHECK(apply(info_.relocations, true));
        return apply(info_.plt_relocations, true);
    }
    /// One relocation that was left for later: binds it and returns what is in its slot now.
    result<std::uintptr_t, load_error> bind_slot(const relocation_entry& entry) {
        std::byte* const to = target(entry.offset);
        if (to == nullptr) return misplaced(entry.offset);
        VITTE_CHECK(apply_symbolic(to, entry, relocation_kind::jump_slot, false));
        if (resolvers_pending_) {
            VITTE_CHECK(apply_symbolic(to, entry, relocation_kind::jump_slot, true));
        }
        return get(to);
    }

private:
    static constexpr const char* action = "relocating";

    /// Where a word may be stored for file address `address`, or null. Remembers what is around the last that fitted.
    std::byte* target(std::uint64_t address) noexcept {
        if (address - window_ >= window_starts_ && !move_window(address)) return nullptr;
        return reinterpret_cast<std::byte*>(image_.base() + static_cast<word>(address));
    }
    /// To the writable segment that `address` is in, as far as none of the tables lies in it that stay as they are.
    bool move_window(std::uint64_t address) noexcept {
        const elf::segment* const segment = image_.segment_of(address, elf::segment_writable);
        if (segment == nullptr) return false;
        std::uint64_t begin = segment->address, end = begin + segment->memory_size;
        for (const address_range& table : info_.fixed)
            if (table.end <= address)
                begin = std::max(begin, table.end);
            else
                end = std::min(end, table.begin);
        if (end < address + sizeof(word)) return false;
        window_ = begin;
        window_starts_ = end - begin - (sizeof(word) - 1);
        return true;
    }
    static void put(std::byte* to, word value) noexcept { std::memcpy(to, &value, sizeof value); }
    static word get(const std::byte* from) noexcept {
        word value;
        std::memcpy(&value, from, sizeof value);
        return value;
    }
    template <class Entry>
    static word addend_of(const Entry& entry, [[maybe_unused]] const std::byte* at) noexcept {
        if constexpr (machine::has_addends)
            return entry.addend;
        else
            return get(at);
    }

    unexpected<load_error> misplaced(std::uint64_t address) const {
        const bool in_table = std::any_of(info_.fixed.begin(), info_.fixed.end(), [&](const address_range& table) {
            return address < table.end && address + sizeof(word) > table.begin;
        });
        return refuse(errc::malformed, action,
                      "a relocation of address " + std::to_string(address) +
                          (in_table ? ", where one of the tables is that the linker reads"
                                    : ", which is not in a writable segment"));
    }

    result<void, load_error> apply_relative_words() {
        result<void, load_error> done;
        elf::for_each_relative(
            info_.relative_words.size(), sizeof(word), [&](std::size_t i) { return info_.relative_words[i]; },
            [&](std::uint64_t address) { return (done = add_base(address)).has_value(); },
            [&](std::uint64_t first, std::uint64_t bits) {
                return bits == 0 || (done = add_base_to(first, static_cast<word>(bits))).has_value();
            });
        return done;
    }
    /// To the words from `first` on that have a bit; those between two that lie in one window do so, too.
    result<void, load_error> add_base_to(std::uint64_t first, word bits) {
        const auto lowest = static_cast<unsigned>(std::countr_zero(bits)),
                   count = static_cast<unsigned>(std::bit_width(bits));
        const std::uint64_t last = first + (count - 1) * sizeof(word);
        if (target(last) == nullptr) return misplaced(last);
        if (first + lowest * sizeof(word) - window_ >= window_starts_) return add_base_to_each(first, bits);
        const std::uintptr_t base = image_.base();
        std::byte* const to = reinterpret_cast<std::byte*>(base + static_cast<word>(first));
        if (bits == (~word{0} >> 1))
            for (unsigned i = 0; i < count; ++i) put(to + i * sizeof(word), get(to + i * sizeof(word)) + base);
        else
            for (word rest = bits; rest != 0; rest &= rest - 1) {
                std::byte* const one = to + static_cast<unsigned>(std::countr_zero(rest)) * sizeof(word);
                put(one, get(one) + base);
            }
        return {};
    }
    result<void, load_error> add_base_to_each(std::uint64_t first, word bits) {
        for (; bits != 0; bits &= bits - 1)
            VITTE_CHECK(add_base(first + static_cast<unsigned>(std::countr_zero(bits)) * sizeof(word)));
        return {};
    }
    result<void, load_error> add_base(std::uint64_t address) {
        std::byte* const to = target(address);
        if (to == nullptr) return misplaced(address);
        put(to, get(to) + image_.base());
        return {};
    }

    result<void, load_error> apply(std::span<const relocation_entry> entries, bool resolvers) {
        const auto* entry = entries.data();
        const auto* const end = entry + entries.size();
        for (; entry != end; ++entry) {
            if (entry->type() == machine::relative) {
                if (resolvers) continue;
                if (target(entry->offset) == nullptr) return misplaced(entry->offset);
                entry = apply_relatives(entry, end) - 1;
                continue;
            }
            const relocation_kind kind = machine::kind(entry->type());
            if (kind == relocation_kind::none) continue;
            std::byte* const to = target(entry->offset);
            if (to == nullptr) return misplaced(entry->offset);
            if (kind == relocation_kind::irelative) {
                resolvers_pending_ = true;
                if (resolvers) {
                    VITTE_CHECK(resolve_into(to, addend_of(*entry, to), 0));
                }
            } else {
                VITTE_CHECK(apply_symbolic(to, *entry, kind, resolvers));
            }
        }
        return {};
    }

    /// Applies the RELATIVE entries, most of all and all in a row, as far as they lie in the window of the first, which
    /// the entries themselves do not; four at a time, so that branches do not decide the speed. What it keeps in locals
    /// would be read again after each store.
    const relocation_entry* apply_relatives(const relocation_entry* entry, const relocation_entry* end) const noexcept {
        const std::uintptr_t base = image_.base();
        const std::uint64_t window = window_, starts = window_starts_;
        const auto fits = [=](const relocation_entry& e) {
            return static_cast<unsigned>(e.offset - window < starts) &
                   static_cast<unsigned>(e.type() == machine::relative);
        };
        const auto apply_one = [=](const relocation_entry& e) {
            std::byte* const to = reinterpret_cast<std::byte*>(base + e.offset);
            put(to, base + addend_of(e, to));
        };
        for (; end - entry >= 4 && (fits(entry[0]) & fits(entry[1]) & fits(entry[2]) & fits(entry[3])) != 0;
             entry += 4) {
            apply_one(entry[0]);
            apply_one(entry[1]);
            apply_one(entry[2]);
            apply_one(entry[3]);
        }
        for (; entry != end && fits(*entry) != 0; ++entry) apply_one(*entry);
        return entry;
    }

    /// `resolvers`: only what IFUNC resolvers of this image have to say; otherwise all but that.
    result<void, load_error> apply_symbolic(std::byte* to, const relocation_entry& entry, relocation_kind kind,
                                            bool resolvers) {
        if (kind == relocation_kind::unknown || kind == relocation_kind::copy) return unsupported(entry, kind);
        const std::uint32_t index = entry.symbol();
        if (index >= info_.symbols.symbol_limit)
            return refuse(errc::malformed, action, "symbol index " + std::to_string(index) + " does not exist");
        const symbol_entry& symbol = info_.symbols.symbols[index];
        if (kind == relocation_kind::jump_slot && lazy_ && (symbol.other & machine::variant_calls) == 0)
            return resolvers ? result<void, load_error>() : add_base(entry.offset);
        const bool is_slot = kind == relocation_kind::slot || kind == relocation_kind::jump_slot;
        const word addend = !is_slot || machine::slot_has_addend ? addend_of(entry, to) : 0;
        if (resolvers) {
            if (symbol.type() != elf::symbol_type::gnu_ifunc || !binds_to_itself(index, symbol)) return {};
            return resolve_into(to, symbol.value, addend);
        }
        definition found;
        if (binds_to_itself(index, symbol)) {
            if (symbol.type() == elf::symbol_type::gnu_ifunc)
                return resolvers_pending_ = true, result<void, load_error>();
            found = own(symbol);
        } else {
            VITTE_TRY(found, import(index, symbol));
        }
        if (is_slot || kind == relocation_kind::absolute) {
            if (found.is_thread_local()) return wrong_kind(symbol, "a thread-local variable is used like another");
            return put(to, found.address + addend), result<void, load_error>();
        }
        return apply_rare(to, symbol, kind, found, addend);
    }

    /// Whether `symbol` means this image's own definition, without a look at the scope. Strong ones do, unless rules
    /// say otherwise: that is what their makers have tested; and IFUNCs, which can be asked only when all is relocated.
    /// Weak and unique ones are meant to be one in a program (vague linkage, Itanium C++ ABI, 5.2).
    bool binds_to_itself(std::uint32_t index, const symbol_entry& symbol) const noexcept {
        if (index == 0) return true;
        if (!symbol.defined()) return false;
        return info_.symbolic || symbol.visibility() != elf::symbol_visibility::standard ||
               symbol.binding() == elf::symbol_binding::local || symbol.type() == elf::symbol_type::gnu_ifunc ||
               (symbol.binding() == elf::symbol_binding::global && !scope_first_);
    }
    definition own(const symbol_entry& symbol) const noexcept {
        const auto value = static_cast<word>(symbol.value);
        if (symbol.type() == elf::symbol_type::tls) return {value, tls_.module};
        return {symbol.defined() ? info_.symbols.address_of(symbol) : value};
    }

    result<definition, load_error> import(std::uint32_t index, const symbol_entry& symbol) {
        if (index == imported_index_) return imported_;
        const char* const name = info_.symbols.name(symbol);
        const version_name version = info_.symbols.version_of(index);
        definition found;
        const symbol_claim claim{symbol.defined(), symbol.binding() == elf::symbol_binding::gnu_unique};
        if (!scope_(symbol_name(name), version.name, found, claim)) {
            if (symbol.defined()) {
                found = own(symbol);
            } else if (symbol.binding() != elf::symbol_binding::weak) {
                auto missing =
                    refuse(errc::not_found, "binding", "nothing defines it: provide it, or load its library first");
                missing.error().symbol = name;
                if (version.name != nullptr) missing.error().version = version.name;
                if (version.library != nullptr) missing.error().library = version.library;
                return missing;
            }
        }
        imported_index_ = index;
        return imported_ = found;
    }

    /// Thread-local variables, distances and sizes.
    result<void, load_error> apply_rare(std::byte* to, const symbol_entry& symbol, relocation_kind kind,
                                        definition found, word addend) {
        const auto place = reinterpret_cast<word>(to);
        const word address = found.address + addend;
        const bool anonymous = &symbol == info_.symbols.symbols;  // then it is this module's storage that is meant
        const bool is_tls = kind == relocation_kind::tls_module || kind == relocation_kind::tls_offset ||
                            kind == relocation_kind::thread_offset || kind == relocation_kind::tls_descriptor;
        if (is_tls && anonymous) found = {0, tls_.module};
        if (is_tls && !found.is_thread_local() && (anonymous || symbol.defined() || found.address != 0))
            return wrong_kind(symbol, "it is used as a thread-local variable, which it is not");
        switch (kind) {
            case relocation_kind::tls_module: put(to, found.tls_module); return {};
            case relocation_kind::tls_offset: put(to, address - machine::tls_bias); return {};
            case relocation_kind::thread_offset: return put_thread_offset(to, symbol, found, addend);
            case relocation_kind::tls_descriptor: return put_descriptor(to, found, addend);
            case relocation_kind::distance: put(to, address - place); return {};
            case relocation_kind::size: put(to, static_cast<word>(symbol.size) + addend); return {};
            case relocation_kind::absolute_32: return put_32(to, symbol, address, std::uint64_t{address} >> 32 == 0);
            case relocation_kind::size_32:
                return put_32(to, symbol, static_cast<word>(symbol.size) + addend,
                              (std::uint64_t{symbol.size} + addend) >> 32 == 0);
            default: {  // distance_32
                const auto distance = static_cast<std::int64_t>(address - place);
                return put_32(to, symbol, address - place, distance == static_cast<std::int32_t>(distance));
            }
        }
    }
    result<void, load_error> put_32(std::byte* to, const symbol_entry& symbol, word value, bool fits) const {
        if (!fits) return wrong_kind(symbol, "its address does not fit into 32 bits: compile with -fPIC");
        const auto half = static_cast<std::uint32_t>(value);
        std::memcpy(to, &half, sizeof half);
        return {};
    }

    static std::intptr_t static_offset(const definition& of) noexcept {
        return of.static_offset != 0 ? of.static_offset : thread_locals::static_offset(of.tls_module);
    }
    /// Initial-exec: the module of the variable must have its block at a fixed place. This one's gets its content when
    /// all is relocated.
    result<void, load_error> put_thread_offset(std::byte* to, const symbol_entry& symbol, const definition& found,
                                               word addend) {
        if (thread_locals::is_own(found.tls_module) && static_offset(found) == 0) {
            auto done = static_blocks<P>::adopt(found.tls_module);
            if (done && found.tls_module != tls_.module) done = static_blocks<P>::fill(found.tls_module);
            if (!done && done.error().code == errc::no_space)
                return wrong_kind(symbol,
                                  "there is no static thread-local storage left: compile the module without "
                                  "-ftls-model=initial-exec, or the program with a larger VITTE_STATIC_TLS");
            if (!done) return refuse(done.error(), "giving threads their initial-exec storage");
        }
        if (found.is_thread_local() && static_offset(found) == 0)
            return wrong_kind(symbol, "initial-exec code uses a variable that is not in static thread-local storage");
        put(to, static_cast<word>(static_offset(found)) + found.address + addend);
        return {};
    }
    result<void, load_error> put_descriptor([[maybe_unused]] std::byte* to, [[maybe_unused]] const definition& found,
                                            [[maybe_unused]] word addend) {
#if defined(VITTE_HAS_ENTRIES)
        const auto position = reinterpret_cast<std::uintptr_t>(to) - image_.base();
        if (target(position + sizeof(word)) == nullptr) return misplaced(position + sizeof(word));
        const auto put_both = [to](void (*function)() noexcept, word argument) {
            put(to, descriptor_entry(function));
            put(to + sizeof(word), argument);
        };
        if (!found.is_thread_local())
            put_both(vitte_undefined_descriptor, addend);
        else if (thread_locals::is_own(found.tls_module) && static_offset(found) != 0)
            put_both(vitte_static_descriptor, static_cast<word>(static_offset(found)) + found.address + addend);
        else {
            tls_.indices.push_back({found.tls_module, found.address + addend - machine::tls_bias});
            put_both(vitte_dynamic_descriptor, reinterpret_cast<word>(&tls_.indices.back()));
        }
        return {};
#else
        return refuse(errc::not_supported, action, std::string("TLS descriptors of ") + machine::name);
#endif
    }

    result<void, load_error> prepare_lazy_binding([[maybe_unused]] lazily_bound& binder) {
#if defined(VITTE_HAS_ENTRIES)
        std::byte* const module = target(info_.plt_got + entries::got_module * sizeof(word));
        std::byte* const entry = target(info_.plt_got + entries::got_entry * sizeof(word));
        if (module == nullptr || entry == nullptr) return misplaced(info_.plt_got);
        put(module, reinterpret_cast<word>(&binder));
        put(entry, lazy_entry());
#endif
        return {};
    }

    result<void, load_error> resolve_into(std::byte* to, std::uint64_t resolver, word addend) {
        if (image_.executable(resolver) == 0)
            return refuse(errc::malformed, action,
                          "an IFUNC resolver at address " + std::to_string(resolver) + ", which is not executable");
        put(to, ask_resolver(image_.base() + static_cast<word>(resolver), cpu_) + addend);
        return {};
    }

    unexpected<load_error> wrong_kind(const symbol_entry& symbol, const char* reason) const {
        auto e = refuse(errc::not_supported, action, reason);
        e.error().symbol = info_.symbols.name(symbol);
        return e;
    }
    static unexpected<load_error> unsupported(const relocation_entry& entry, relocation_kind kind) {
        if (kind == relocation_kind::copy)
            return refuse(errc::malformed, action, "a COPY relocation, which only executables may have");
        return refuse(errc::not_supported, action,
                      "relocation type " + std::to_string(entry.type()) + " of " + machine::name + " is unknown");
    }

    segments<P>& image_;
    const dynamic_info& info_;
    module_tls& tls_;
    Scope& scope_;
    cpu_capabilities cpu_;
    bool scope_first_;                              ///< see `load_options`
    std::uint64_t window_ = 0, window_starts_ = 0;  ///< a word may be stored from any of so many addresses on
    std::uint32_t imported_index_ = 0;              ///< the last that was imported, and what was found
    definition imported_;
    bool resolvers_pending_ = false, lazy_ = false;
};

}  // namespace vitte::loader::native
