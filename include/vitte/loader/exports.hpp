/// What the host program offers to every module it loads: functions and data by name.
#pragma once

#include <string>
#include <vector>

#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader {

/// A table of host exports. Reading it from several threads is safe as long as none adds to it.
class exports {
public:
    /// Offers `address` under `name`, in place of what was offered under it before.
    void provide(std::string_view name, const void* address) {
        if (2 * size_ >= slots_.size()) grow();
        entry made{elf::gnu_hash(name), std::string(name), address};
        entry& place = slots_[slot_of(made.hash, name)];
        size_ += place.name.empty();
        place = std::move(made);
    }
    /// The same, unless there is something under `name`.
    void provide_absent(std::string_view name, const void* address) {
        if (slots_.empty() || slots_[slot_of(elf::gnu_hash(name), name)].name.empty()) provide(name, address);
    }

    /// Whether `wanted` is offered; its address is then in `address`.
    bool find(const native::symbol_name& wanted, std::uintptr_t& address) const noexcept {
        if (slots_.empty()) return false;
        const entry& place = slots_[slot_of(wanted.gnu_hash, {wanted.text, wanted.length})];
        if (place.name.empty()) return false;
        address = reinterpret_cast<std::uintptr_t>(place.address);
        return true;
    }
    std::size_t size() const noexcept { return size_; }

private:
    struct entry {
        std::uint32_t hash = 0;
        std::string name;  ///< empty: the slot is free
        const void* address = nullptr;
    };

    /// Where `name` stands or would stand: at the first slot from its hash on that is its own or free.
    std::size_t slot_of(std::uint32_t hash, std::string_view name) const noexcept {
        std::size_t at = hash & (slots_.size() - 1);
        while (!slots_[at].name.empty() && (slots_[at].hash != hash || slots_[at].name != name))
            at = (at + 1) & (slots_.size() - 1);
        return at;
    }
    void grow() {
        std::vector<entry> old(slots_.empty() ? 16 : 2 * slots_.size());
        old.swap(slots_);
        for (entry& e : old)
            if (!e.name.empty()) slots_[slot_of(e.hash, e.name)] = std::move(e);
    }

    std::vector<entry> slots_;  ///< a power of two, at most half of them in use
    std::size_t size_ = 0;
};

}  // namespace vitte::loader
