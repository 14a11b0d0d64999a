/// Applies the dynamic relocations of a mapped image. Symbols that the image defines bind to itself; the others are
/// asked from a scope, `bool scope(const symbol_name&, const char* version, std::uintptr_t& address)`.
#pragma once

#include <vitte/loader/format/elf/relr.hpp>
#include <vitte/loader/native/dynamic.hpp>

namespace vitte::loader::native {

using sys::cpu_capabilities;

template <class P, class Scope>
class relocator {
public:
    relocator(const segments<P>& image, const dynamic_info& info, Scope& scope, cpu_capabilities cpu) noexcept
        : image_(image), info_(info), scope_(scope), cpu_(cpu) {}

    /// Everything, in the order that psABIs ask for: relative words first, IFUNC resolvers last, since they may use
    /// anything that was relocated before.
    result<void, load_error> run() {
        VITTE_CHECK(apply_relative_words());
        VITTE_CHECK(apply(info_.relocations, false));
        VITTE_CHECK(apply(info_.plt_relocations, false));
        if (!resolvers_pending_) return {};
        VITTE_CHECK(apply(info_.relocations, true));
        return apply(info_.plt_relocations, true);
    }

private:
    static constexpr const char* action = "relocating";

    /// Where a word may be stored for file address `address`, or null. Remembers the last segment that fitted.
    std::byte* target(std::uint64_t address) noexcept {
        if (address - window_ >= window_starts_) {
            const elf::segment* const segment = image_.segment_of(address, elf::segment_writable);
            if (segment == nullptr || segment->address + segment->memory_size - address < sizeof(word)) return nullptr;
            window_ = segment->address;
            window_starts_ = segment->memory_size - (sizeof(word) - 1);
        }
        return reinterpret_cast<std::byte*>(image_.base() + static_cast<word>(address));
    }
    static void put(std::byte* to, word value) noexcept { std::memcpy(to, &value, sizeof value); }
    static word get(const std::byte* from) noexcept {
        word value;
        std::memcpy(&value, from, sizeof value);
        return value;
    }
    template <class Entry>
    static word addend_of(const Entry& entry, [[maybe_unused]] const std::byte* at) noexcept {
        if constexpr (machine::has_addends) return entry.addend;
        else return get(at);
    }

    static unexpected<load_error> misplaced(std::uint64_t address) {
        return refuse(errc::malformed, action, "a relocation of address " + std::to_string(address) +
                                                   ", which is not in a writable segment");
    }

    result<void, load_error> apply_relative_words() {
        result<void, load_error> done;
        elf::for_each_relative(
            info_.relative_words.size(), sizeof(word), [&](std::size_t i) { return info_.relative_words[i]; },
            [&](std::uint64_t address) { return (done = add_base(address)).has_value(); });
        return done;
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

    /// Applies the RELATIVE entries, most of all and all in a row, as far as they lie in the segment of the first; four
    /// at a time, so that branches do not decide the speed. What it keeps in locals would be read again after each
    /// store.
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

    result<void, load_error> apply_symbolic(std::byte* to, const relocation_entry& entry, relocation_kind kind,
                                            bool resolvers) {
        if (kind != relocation_kind::absolute && kind != relocation_kind::slot) return unsupported(entry, kind);
        const std::uint32_t index = entry.symbol();
        if (index >= info_.symbols.symbol_limit)
            return refuse(errc::malformed, action, "symbol index " + std::to_string(index) + " does not exist");
        const symbol_entry& symbol = info_.symbols.symbols[index];
        const bool adds = kind == relocation_kind::absolute || machine::slot_has_addend;
        const word addend = adds ? addend_of(entry, to) : 0;
        const bool own = symbol.defined();
        if (own && symbol.type() == elf::symbol_type::gnu_ifunc) {
            if (resolvers) return resolve_into(to, symbol.value, addend);
            resolvers_pending_ = true;
            return {};
        }
        if (resolvers) return {};
        if (symbol.type() == elf::symbol_type::tls) return unsupported(entry, relocation_kind::tls);
        std::uintptr_t address = symbol.section == elf::section_absolute
                                     ? static_cast<word>(symbol.value)
                                     : image_.base() + static_cast<word>(symbol.value);
        if (!own) {
            VITTE_TRY(address, import(index, symbol));
        }
        put(to, address + addend);
        return {};
    }

    result<std::uintptr_t, load_error> import(std::uint32_t index, const symbol_entry& symbol) {
        const char* const name = info_.symbols.name(symbol);
        const version_name version = info_.symbols.version_of(index);
        std::uintptr_t address = 0;
        if (index == 0 || scope_(symbol_name(name), version.name, address) ||
            symbol.binding() == elf::symbol_binding::weak)
            return address;
        auto missing = refuse(errc::not_found, "binding", "nothing defines it: provide it, or load its library first");
        missing.error().symbol = name;
        if (version.name != nullptr) missing.error().version = version.name;
        if (version.library != nullptr) missing.error().library = version.library;
        return missing;
    }

    result<void, load_error> resolve_into(std::byte* to, std::uint64_t resolver, word addend) {
        if (image_.executable(resolver) == 0)
            return refuse(errc::malformed, action, "an IFUNC resolver at address " + std::to_string(resolver) +
                                                       ", which is not executable");
        put(to, machine::call_resolver(image_.base() + static_cast<word>(resolver), cpu_.hwcap, cpu_.hwcap2) + addend);
        return {};
    }

    unexpected<load_error> unsupported(const relocation_entry& entry, relocation_kind kind) const {
        if (kind == relocation_kind::tls) {
            auto e = refuse(errc::not_supported, action,
                            "the module uses thread-local storage, which this linker does not support yet: load it "
                            "with the OS's linker");
            if (entry.symbol() < info_.symbols.symbol_limit)
                e.error().symbol = info_.symbols.name(info_.symbols.symbols[entry.symbol()]);
            return e;
        }
        if (kind == relocation_kind::copy)
            return refuse(errc::malformed, action, "a COPY relocation, which only executables may have");
        return refuse(errc::not_supported, action,
                      "relocation type " + std::to_string(entry.type()) + " of " + machine::name + " is unknown");
    }

    const segments<P>& image_;
    const dynamic_info& info_;
    Scope& scope_;
    cpu_capabilities cpu_;
    std::uint64_t window_ = 0, window_starts_ = 0;  ///< a word may be stored from any of so many addresses on
    bool resolvers_pending_ = false;
};

}  // namespace vitte::loader::native
