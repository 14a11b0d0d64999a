/// What the host program offers to every module it loads: functions and data by name.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader {

/// A table of host exports. Reading it from several threads is safe as long as none adds to it.
class exports {
public:
    /// Offers `address` under `name`, in place of what was offered under it before.
    void provide(const char* name, const void* address) {
        const native::symbol_name wanted(name);
        const auto at = position(wanted);
        if (at != entries_.end() && at->is(wanted)) at->address = address;
        else entries_.insert(at, entry{wanted.gnu_hash, name, address});
    }

    /// Whether `wanted` is offered; its address is then in `address`.
    bool find(const native::symbol_name& wanted, std::uintptr_t& address) const noexcept {
        if (entries_.empty()) return false;
        const auto at = const_cast<exports*>(this)->position(wanted);
        if (at == entries_.end() || !at->is(wanted)) return false;
        address = reinterpret_cast<std::uintptr_t>(at->address);
        return true;
    }

    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::uint32_t hash;
        std::string name;
        const void* address;

        bool is(const native::symbol_name& wanted) const noexcept {
            return hash == wanted.gnu_hash && name.compare(0, std::string::npos, wanted.text, wanted.length) == 0;
        }
    };
    /// Where `wanted` stands or would stand: entries ascend by hash, then by name.
    std::vector<entry>::iterator position(const native::symbol_name& wanted) noexcept {
        return std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                [](const entry& e, const native::symbol_name& w) {
                                    if (e.hash != w.gnu_hash) return e.hash < w.gnu_hash;
                                    return e.name.compare(0, std::string::npos, w.text, w.length) < 0;
                                });
    }

    std::vector<entry> entries_;
};

}  // namespace vitte::loader
