/// What the host program offers to every module it loads: functions and data by name.
#pragma once

#include <string>
#include <vector>

#include <vitte/loader/crossing.hpp>
#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader {

/// Something that the host offers.
struct host_export {
    std::uint32_t hash = 0;
    bool offered = false;  ///< or else the slot of the table is free
    std::string name;      ///< any, also an empty one
    const void* address = nullptr;
    const typed_call* typed = nullptr;  ///< of a function that can be offered to any module
};

/// A table of host exports. Reading it from several threads is safe as long as none adds to it.
class exports {
public:
    /// Offers `address` under `name`, in place of what was offered under it before.
    void provide(std::string_view name, const void* address, const typed_call* typed = nullptr) {
        if (2 * size_ >= slots_.size()) grow();
        host_export made{elf::gnu_hash(name), true, std::string(name), address, typed};
        host_export& place = slots_[slot_of(made.hash, name)];
        size_ += !place.offered;
        place = std::move(made);
    }
    /// The same, unless there is something under `name`.
    void provide_absent(std::string_view name, const void* address) {
        if (find(name) == nullptr) provide(name, address);
    }

    /// Whether `wanted` is offered; its address is then in `address`.
    bool find(const native::symbol_name& wanted, std::uintptr_t& address) const noexcept {
        const host_export* const found = find(wanted.gnu_hash, {wanted.text, wanted.length});
        if (found != nullptr) address = reinterpret_cast<std::uintptr_t>(found->address);
        return found != nullptr;
    }
    /// What is offered under `name`, until something else is; null if there is nothing.
    const host_export* find(std::string_view name) const noexcept { return find(elf::gnu_hash(name), name); }
    std::size_t size() const noexcept { return size_; }

private:
    const host_export* find(std::uint32_t hash, std::string_view name) const noexcept {
        if (slots_.empty()) return nullptr;
        const host_export& place = slots_[slot_of(hash, name)];
        return place.offered ? &place : nullptr;
    }
    /// Where `name` stands or would stand: at the first slot from its hash on that is its own or free.
    std::size_t slot_of(std::uint32_t hash, std::string_view name) const noexcept {
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at].offered && (slots_[at].hash != hash || slots_[at].name != name))
            at = (at + 1) & (slots_.size() - 1);
        return at;
    }
    void grow() {
        std::vector<host_export> old(slots_.empty() ? 16 : 2 * slots_.size());
        old.swap(slots_);
        for (host_export& e : old)
            if (e.offered) slots_[slot_of(e.hash, e.name)] = std::move(e);
    }

    std::vector<host_export> slots_;  ///< a power of two, at most half of them in use
    std::size_t size_ = 0;
};

}  // namespace vitte::loader
