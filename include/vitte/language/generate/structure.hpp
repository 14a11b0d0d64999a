/// Control flow as WebAssembly has it: blocks, loops and ifs of a graph of basic blocks.
#pragma once

#include <vitte/language/code/ssa.hpp>

namespace vitte::language::detail {

/// What the graph of a function, its blocks in reverse postorder, says of each block. Graphs of Vitte are reducible: a
/// loop is entered at its head.
struct structure {
    std::vector<std::vector<block_id>>
        merges;                  ///< blocks that several lead to and that this one dominates next, the last one first
    std::vector<bool> is_merge;  ///< several lead to it, from before
    std::vector<bool> is_loop;   ///< something leads back to it

    explicit structure(const function& f)
        : merges(f.blocks.size()), is_merge(f.blocks.size()), is_loop(f.blocks.size()) {
        const auto leading = predecessors(f);
        const auto above = dominators(leading);
        for (block_id b = 0; b < f.blocks.size(); ++b) {
            std::size_t forward = 0;
            for (const block_id from : leading[b]) {
                if (from >= b)
                    is_loop[b] = true;
                else
                    ++forward;
            }
            is_merge[b] = forward > 1;
        }
        for (block_id b = static_cast<block_id>(f.blocks.size()); b-- > 1;)
            if (is_merge[b]) merges[above[b]].push_back(b);
    }

private:
    /// The next dominator of each block: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
    static std::vector<block_id> dominators(const std::vector<std::vector<block_id>>& leading) {
        constexpr block_id unknown = ~block_id{0};
        std::vector<block_id> above(leading.size(), unknown);
        above[0] = 0;
        for (bool changed = true; changed;) {
            changed = false;
            for (block_id b = 1; b < leading.size(); ++b) {
                block_id best = unknown;
                for (block_id from : leading[b]) {
                    if (above[from] == unknown) continue;
                    if (best == unknown) best = from;
                    while (best != from) {
                        while (best > from) best = above[best];
                        while (from > best) from = above[from];
                    }
                }
                if (above[b] != best) above[b] = best, changed = true;
            }
        }
        return above;
    }
};

}  // namespace vitte::language::detail
