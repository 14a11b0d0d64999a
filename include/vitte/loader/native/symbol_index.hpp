/// Which symbol an address is in: the functions and data of one module, by address, for backtraces and profilers.
/// `symbol_table` looks up names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <vitte/loader/format/elf/file.hpp>

namespace vitte::loader::native {

/// Filled with `add`, put in order once by `sort`, then read, from several threads if need be. Owns all its names.
class symbol_index {
public:
    struct entry {
        std::uintptr_t address;
        std::uint64_t size;  ///< 0 if the symbol does not tell
        std::size_t name;
        std::uintptr_t reach;  ///< the highest end of this symbol and of all before it
        bool local;

        std::uintptr_t end() const noexcept { return address + static_cast<std::uintptr_t>(size); }
    };

    /// Takes in `symbol` at `address` if it is a defined function or object, or a global label.
    template <class Symbol>
    void add(const Symbol& symbol, std::uintptr_t address, std::string_view name) {
        using elf::symbol_type;
        const bool local = symbol.binding() == elf::symbol_binding::local;
        const symbol_type type = symbol.type();
        if (!symbol.defined() || name.empty() || symbol.size > ~std::uintptr_t{0} - address) return;
        if (type != symbol_type::function && type != symbol_type::object && type != symbol_type::gnu_ifunc &&
            (type != symbol_type::none || local))
            return;
        entries_.push_back({address, symbol.size, names_.size(), 0, local});
        names_.insert(names_.end(), name.begin(), name.end());
        names_.push_back(0);
    }

    /// By address; of several at one, the largest last, and global ones behind local ones.
    void sort() {
        std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
            if (a.address != b.address) return a.address < b.address;
            return a.size != b.size ? a.size < b.size : a.local && !b.local;
        });
        std::uintptr_t reach = 0;
        for (entry& e : entries_) e.reach = reach = std::max(reach, e.end());
    }

    /// The symbol that `address` is in: the last that begins at or before it and ends behind it. Without one, the one
    /// before it if that has no size, as in assembly. Null if there is neither.
    const entry* find(std::uintptr_t address) const noexcept {
        auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                      [](std::uintptr_t a, const entry& e) { return a < e.address; });
        if (after == entries_.begin()) return nullptr;
        const entry& before = *--after;
        for (auto at = after; at->reach > address; --at) {
            if (at->end() > address) return &*at;
            if (at == entries_.begin()) break;
        }
        return before.size == 0 ? &before : nullptr;
    }

    const char* name(const entry& of) const noexcept { return names_.data() + of.name; }
    std::span<const entry> entries() const noexcept { return entries_; }

private:
    std::vector<entry> entries_;
    std::vector<char> names_;
};

}  // namespace vitte::loader::native
