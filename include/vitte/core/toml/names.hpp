/// The names in tables, for the reader of TOML.
#pragma once

#include <bit>
#include <string_view>
#include <vitte/core/growing_array.hpp>

namespace vitte::toml::detail {

inline constexpr std::uint32_t none = UINT32_MAX;

/// Tries of names, each in memory that all share, as binary tries without nodes of one branch (Morrison: "PATRICIA",
/// 1968): whoever chooses the names, one is found in a time that its own length bounds. The size of a name stands
/// before its bytes, so that none is the beginning of another. A name is known by its index, of less than 2^31.
class name_tries {
public:
    /// The index whose name it would be, if any has it; `none` if the trie is empty, which `root` says by being `none`.
    std::uint32_t nearest(std::uint32_t root, std::string_view name) const noexcept {
        while (root != none && (root & is_branch) != 0) {
            const branch& b = branches_.begin()[root & ~is_branch];
            root = b.next[side(b, name)];
        }
        return root;
    }
    /// Adds `index`, of `name`, which differs from `other`, the name of what is `nearest` to it.
    result<void> add(std::uint32_t& root, std::string_view name, std::uint32_t index, std::string_view other) noexcept {
        if (root == none) {
            root = index;
            return {};
        }
        branch made{};
        while (byte(name, made.at) == byte(other, made.at)) ++made.at;
        const unsigned differing = byte(name, made.at) ^ byte(other, made.at);
        made.bit = static_cast<unsigned char>(std::bit_floor(differing));
        std::uint32_t* from = &root;
        while ((*from & is_branch) != 0) {
            branch& b = branches_[*from & ~is_branch];
            if (b.at > made.at || (b.at == made.at && b.bit < made.bit)) break;
            from = &b.next[side(b, name)];
        }
        const unsigned its_side = side(made, name);
        made.next[its_side] = index;
        made.next[its_side ^ 1] = *from;
        *from = static_cast<std::uint32_t>(branches_.size()) | is_branch;
        return branches_.push_back(std::move(made));
    }

private:
    static constexpr std::uint32_t is_branch = std::uint32_t{1} << 31;

    struct branch {
        std::uint32_t next[2];
        std::uint32_t at;  ///< which byte it looks at
        unsigned char bit;
    };
    static unsigned byte(std::string_view name, std::uint32_t at) noexcept {
        if (at < 4) return static_cast<unsigned>(name.size() >> (24 - 8 * at)) & 0xff;
        return at - 4 < name.size() ? static_cast<unsigned char>(name[at - 4]) : 0;
    }
    static unsigned side(const branch& b, std::string_view name) noexcept { return (byte(name, b.at) & b.bit) != 0; }

    growing_array<branch> branches_;
};

}  // namespace vitte::toml::detail
