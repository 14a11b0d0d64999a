/// Which symbol an address is in: the functions and data of one module, by address, for backtraces and profilers.
/// `symbol_table` looks up names.
#pragma once

#include <algorithm>
#include <bit>
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
        entries_.push_back({address, symbol.size, names_.size(), local});
        names_.insert(names_.end(), name.begin(), name.end());
        names_.push_back(0);
    }

    /// By address; of several at one, the largest last, and global ones behind local ones.
    void sort() {
        std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
            if (a.address != b.address) return a.address < b.address;
            return a.size != b.size ? a.size < b.size : a.local && !b.local;
        });
        leaves_ = std::bit_ceil(entries_.size());
        reach_.assign(2 * leaves_, 0);
        for (std::size_t i = 0; i < entries_.size(); ++i) reach_[leaves_ + i] = entries_[i].end();
        for (std::size_t i = leaves_; i-- > 1;) reach_[i] = std::max(reach_[2 * i], reach_[2 * i + 1]);
    }

    /// The symbol that `address` is in: the last that begins at or before it and ends behind it. Without one, the one
    /// before it if that has no size, as in assembly. Null if there is neither.
    const entry* find(std::uintptr_t address) const noexcept {
        auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                      [](std::uintptr_t a, const entry& e) { return a < e.address; });
        if (after == entries_.begin()) return nullptr;
        const entry& before = *--after;
        const entry* const around = last_that_reaches(static_cast<std::size_t>(after - entries_.begin()), address);
        return around != nullptr ? around : before.size == 0 ? &before : nullptr;
    }

    const char* name(const entry& of) const noexcept { return names_.data() + of.name; }
    std::span<const entry> entries() const noexcept { return entries_; }

private:
    /// The last up to entry `index` that ends behind `address`, or null.
    const entry* last_that_reaches(std::size_t index, std::uintptr_t address) const noexcept {
        std::size_t at = leaves_ + index;
        while (reach_[at] <= address) {
            while (at % 2 == 0) at /= 2;  // a left half: there is nothing before it in the same whole
            if (at == 1) return nullptr;
            --at;
        }
        while (at < leaves_) at = 2 * at + (reach_[2 * at + 1] > address);
        return &entries_[at - leaves_];
    }

    std::vector<entry> entries_;
    std::vector<char> names_;
    /// The highest ends: of each entry from `leaves_` on, and before that of the two halves that each number has.
    std::vector<std::uintptr_t> reach_;
    std::size_t leaves_ = 0;
};

}  // namespace vitte::loader::native
