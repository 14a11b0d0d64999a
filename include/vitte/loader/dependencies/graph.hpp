/// What was chosen for a module, and who needs whom.
#pragma once

#include <vitte/loader/dependencies/catalog.hpp>

namespace vitte::loader {

/// The versions that go together, as nodes, and what they need of each other, as edges. The first node is what was
/// asked for; the others stand by name and version.
struct module_graph {
    struct edge {
        std::size_t to;    ///< a node
        std::size_t need;  ///< which of the needs of the node that it begins at
    };
    struct node {
        known_module_pointer what;
        std::vector<edge> needs =
            {};  ///< in the order of its needs, without those that are for other targets or absent

        const dependency& need(const edge& of) const noexcept { return what->needs[of.need]; }
    };
    std::vector<node> nodes;

    /// What `from` loads with it, itself last: each behind what it needs and does not load lazily, but for cycles,
    /// which are broken where they come back to what the search has come through. In the order of needs otherwise.
    std::vector<std::size_t> loading_order(std::size_t from = 0) const {
        std::vector<std::size_t> order;
        search(
            from, [](const dependency& need) { return !need.lazy; },
            [](std::span<const step>, std::size_t) { return true; }, [&](std::size_t done) { order.push_back(done); });
        return order;
    }
    /// All that was chosen and can be reached, each behind all that it needs, loaded lazily or not, but for cycles. The
    /// other way round it is the order of unloading.
    std::vector<std::size_t> whole_order() const {
        std::vector<std::size_t> order;
        search(
            0, [](const dependency&) { return true; }, [](std::span<const step>, std::size_t) { return true; },
            [&](std::size_t done) { order.push_back(done); });
        return order;
    }
    /// A shortest way from the first node to `to`, with both; empty if there is none.
    std::vector<std::size_t> way_to(std::size_t to) const {
        std::vector<std::size_t> from(nodes.size(), nodes.size()), queue{0};
        for (std::size_t i = 0; i < queue.size() && queue[i] != to; ++i)
            for (const edge& e : nodes[queue[i]].needs)
                if (e.to != 0 && from[e.to] == nodes.size()) from[e.to] = queue[i], queue.push_back(e.to);
        std::vector<std::size_t> way;
        if (to != 0 && from[to] == nodes.size()) return way;
        for (std::size_t at = to; at != 0; at = from[at]) way.push_back(at);
        way.push_back(0);
        std::reverse(way.begin(), way.end());
        return way;
    }
    /// Cycles, at least one through each edge that comes back when the graph is searched from the first node on, but no
    /// more than `most` and no more than `most` times 1000 nodes. Each ends with the node that it begins with. One that
    /// has a lazy edge is broken when it is loaded.
    std::vector<std::vector<std::size_t>> cycles(std::size_t most = 16) const {
        std::vector<std::vector<std::size_t>> found;
        std::size_t left = most * 1000;
        search(
            0, [](const dependency&) { return true; },
            [&](std::span<const step> path, std::size_t to) {
                std::size_t begin = path.size() - 1;
                while (path[begin].node != to) --begin;
                const std::size_t length = path.size() - begin + 1;
                if (found.size() == most || length > left) return false;
                left -= length;
                auto& made = found.emplace_back();
                for (const step& one : path.subspan(begin)) made.push_back(one.node);
                made.push_back(to);
                return true;
            },
            [](std::size_t) {});
        return found;
    }
    /// "a 1.0.0 → b 2.1.0 → a 1.0.0"; of a long path what is in the middle is left out.
    std::string text_of(std::span<const std::size_t> path) const {
        std::string text;
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (i != 0) text += " → ";
            if (path.size() > 20 && i == 10) {
                text += "... → ";
                i = path.size() - 10;
            }
            text += nodes[path[i]].what->title();
        }
        return text;
    }
    /// What was chosen, without the first node, for a lock file or the like.
    std::vector<package_version> versions() const {
        std::vector<package_version> all;
        for (std::size_t i = 1; i < nodes.size(); ++i)
            all.push_back({nodes[i].what->who.name, nodes[i].what->who.version});
        return all;
    }

    /// The same without what the first node does not lead to.
    module_graph reachable() const {
        constexpr std::size_t none = SIZE_MAX;
        std::vector<std::size_t> place(nodes.size(), none);
        for (const std::size_t i : whole_order()) place[i] = 0;
        module_graph made;
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (place[i] != none) place[i] = made.nodes.size(), made.nodes.push_back(nodes[i]);
        for (node& one : made.nodes)
            for (edge& e : one.needs) e.to = place[e.to];
        return made;
    }

private:
    struct step {
        std::size_t node, next = 0;  ///< of its edges
    };
    /// Goes through what can be reached, deep first and without recursion. `comes_back(path, to)` is called for an edge
    /// that ends on the path, and ends the search if it returns false; `leave(node)` when all below a node has been
    /// seen.
    template <class Follows, class ComesBack, class Leave>
    void search(std::size_t from, Follows follows, ComesBack comes_back, Leave leave) const {
        enum : unsigned char { unseen, open, done };
        std::vector<unsigned char> state(nodes.size(), unseen);
        std::vector<step> path{{from}};
        state[from] = open;
        while (!path.empty()) {
            step& here = path.back();
            const node& of = nodes[here.node];
            if (here.next == of.needs.size()) {
                state[here.node] = done;
                leave(here.node);
                path.pop_back();
                continue;
            }
            const edge& way = of.needs[here.next++];
            if (!follows(of.need(way))) continue;
            if (state[way.to] == open && !comes_back(std::span<const step>(path), way.to)) return;
            if (state[way.to] != unseen) continue;
            state[way.to] = open;
            path.push_back({way.to});
        }
    }
};

}  // namespace vitte::loader
