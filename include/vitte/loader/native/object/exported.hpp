/// What a linked image exports: its global symbols by name, after the objects that they came from have gone.
#pragma once

#include <vitte/loader/native/object/symbols.hpp>
#include <vitte/loader/native/symbol_table.hpp>

namespace vitte::loader::native::object {

class exported {
public:
    exported() = default;
    /// Takes what is defined, and not hidden, once `settle` has made addresses of values. Symbols of threads are in the
    /// block `threads`.
    exported(const symbol_set& symbols, std::uintptr_t tls_module, std::intptr_t static_offset) {
        for (const symbol& s : symbols.all()) {
            const bool is_here = s.in_image() || s.state == symbol_state::absolute;
            if (s.local || !is_here || s.hidden() || s.state == symbol_state::made) continue;
            definition at{static_cast<std::uintptr_t>(s.value)};
            if (s.is_thread_local()) at = {at.address, tls_module, static_offset};
            entries_.push_back({elf::gnu_hash(s.name), static_cast<std::uint32_t>(names_.size()), at});
            names_.append(s.name);
            names_.push_back('\0');
        }
        std::sort(entries_.begin(), entries_.end(), [this](const entry& a, const entry& b) {
            return a.hash != b.hash ? a.hash < b.hash : std::strcmp(name(a), name(b)) < 0;
        });
    }

    /// The definition of `wanted`, or null.
    const definition* find(const native::symbol_name& wanted) const noexcept {
        auto at = std::lower_bound(entries_.begin(), entries_.end(), wanted.gnu_hash,
                                   [](const entry& e, std::uint32_t hash) { return e.hash < hash; });
        for (; at != entries_.end() && at->hash == wanted.gnu_hash; ++at)
            if (std::strcmp(name(*at), wanted.text) == 0) return &at->at;
        return nullptr;
    }

private:
    struct entry {
        std::uint32_t hash, name;
        definition at;
    };
    const char* name(const entry& e) const noexcept { return names_.c_str() + e.name; }

    std::vector<entry> entries_;  ///< ascending by hash, then by name
    std::string names_;
};

}  // namespace vitte::loader::native::object
