/// JSON (RFC 8259): `json::read` for a document in memory, `json::writer` for text, `json::write` for one into the
/// other. Strict, without recursion, the same on every target.
#pragma once

#include <vitte/core/growing_array.hpp>
#include <vitte/core/json/document.hpp>
#include <vitte/core/json/writer.hpp>

namespace vitte::json {

/// Writes `what`, with all that is in it, as the next value of `to`, numbers as they stand in their text; those of TOML
/// by their value, and its dates and times as strings. Besides what
/// the output refuses, `errc::out_of_memory` is kept for `finish`: 4 bytes are needed for each level.
template <output Output>
void write(writer<Output>& to, value what) noexcept {
    const detail::tree& tree = *what.tree_;
    const std::uint32_t end = tree.behind(what.index_);
    growing_array<std::uint32_t> open;
    bool is_name = false;
    for (std::uint32_t i = what.index_; i < end; ++i) {
        const detail::node& n = tree.nodes()[i];
        if (is_name) {
            to.name(tree.string(n));
            is_name = false;
            continue;
        }
        const value here(&tree, i);
        switch (here.kind()) {
            case kind::null: to.null(); break;
            case kind::boolean: to.value(n.kind == detail::node_kind::yes); break;
            case kind::number:
                if (!tree.is_toml || n.kind == detail::node_kind::long_number)
                    to.raw(here.number_text());
                else if (n.kind == detail::node_kind::natural)
                    to.value(n.bits);
                else if (n.kind == detail::node_kind::negative)
                    to.value(static_cast<std::int64_t>(n.bits));
                else
                    to.value(std::bit_cast<double>(n.bits));
                break;
            case kind::moment: to.value(here.moment_text()); break;
            case kind::string: to.value(tree.string(n)); break;
            case kind::array:
            case kind::object:
                n.kind == detail::node_kind::object ? to.begin_object() : to.begin_array();
                std::uint32_t index = i;
                if (!open.push_back(std::move(index))) return to.refuse(errc::out_of_memory);
        }
        const auto in_object = [&] { return tree.nodes()[open.back()].kind == detail::node_kind::object; };
        for (; open.size() != 0 && tree.behind(open.back()) == i + 1; open.pop_back())
            in_object() ? to.end_object() : to.end_array();
        is_name = open.size() != 0 && in_object();
    }
}

}  // namespace vitte::json
