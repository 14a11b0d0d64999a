/// What a linked Mach-O file exports: a trie, in which names that begin alike share their beginning; see
/// `format/macho.hpp`. Objects have none: their external symbols that are defined are what they export.
#pragma once

#include <array>

#include <vitte/core/bytes.hpp>
#include <vitte/loader/format/macho/file.hpp>

namespace vitte::loader::macho {

/// An exported symbol (EXPORT_SYMBOL_FLAGS_...).
struct exported {
    std::string_view name;
    std::uint64_t flags;
    std::uint64_t address;          ///< from the start of the image; absolute if `absolute()`; 0 if reexported
    std::uint64_t resolver;         ///< what finds the address at run time, of an export that has it; else 0
    std::uint64_t library;          ///< of a reexported symbol: the number of the library, from 1 on; else 0
    std::string_view library_name;  ///< of a reexported symbol: its name there, empty if it is the same

    constexpr bool is_thread_local() const noexcept { return (flags & 3) == 1; }
    constexpr bool absolute() const noexcept { return (flags & 3) == 2; }
    constexpr bool weak_definition() const noexcept { return (flags & 4) != 0; }
    constexpr bool reexported() const noexcept { return (flags & 8) != 0; }
    constexpr bool has_resolver() const noexcept { return (flags & 16) != 0; }
};

/// The trie. Each node has the size of its symbol's facts (0: there is no symbol), these, the number of children, and
/// for each the text on the way to it and its place.
class export_trie {
public:
    /// Finds it in LC_DYLD_EXPORTS_TRIE or LC_DYLD_INFO. Without it is empty.
    static result<export_trie, parse_error> read(const file& of) {
        export_trie made;
        VITTE_TRY(made.part_, of.linked_data(command::exports_trie, reading));
        if (made.empty()) {
            VITTE_TRY(made.part_, of.dyld_info(40, reading));
        }
        return made;
    }

    bool empty() const noexcept { return part_.bytes.empty(); }

    /// The symbol `name`; `errc::not_found` if there is none. Takes time in proportion to the length of the name and to
    /// the size of the trie at most.
    result<exported, parse_error> find(std::string_view name) const {
        std::string_view left = name;
        std::uint64_t at = 0;
        text_budget texts(part_.bytes.size());  // on a way without circles no text is met twice
        for (std::size_t step = 0; !empty() && step <= name.size(); ++step) {
            VITTE_TRY(node here, node_at(at));
            if (left.empty() && here.facts != 0) return symbol(here, name, texts);
            bool found = false;
            for (; here.children != 0 && !found; --here.children) {
                VITTE_TRY(const edge way, next_edge(here, texts));
                found = !way.text.empty() && left.starts_with(way.text);
                if (found) left.remove_prefix(way.text.size()), at = way.to;
            }
            if (!found) break;
        }
        return malformed(reading, "the name is not among them", part_.offset, errc::not_found);
    }

    /// Calls `visit(const exported&)` for every symbol, in the order of the trie. Names are put together in `buffer`:
    /// `errc::name_too_long` if one does not fit, `errc::not_supported` if more than 500 nodes are on the way to one.
    /// Takes time in proportion to the size of the trie, besides what `visit` does with names.
    template <class Visit>
    result<void, parse_error> for_each(std::span<char> buffer, Visit&& visit) const;

private:
    static constexpr const char* reading = "exports";
    struct node {
        std::uint64_t facts, facts_at;  ///< how many bytes, and where
        std::uint64_t at;               ///< of the next child
        unsigned children;              ///< how many are left
    };
    struct edge {
        std::string_view text;
        std::uint64_t to;
    };

    /// A number or a text at `at`, which then is the place after it.
    result<std::uint64_t, parse_error> number(std::uint64_t& at) const noexcept {
        VITTE_TRY(const part rest, from(at));
        const auto decoded = decode_leb128<std::uint64_t>(rest.bytes);
        if (!decoded) return malformed(reading, "a number is cut off or too large", rest.offset, decoded.error().code);
        at += decoded->length;
        return decoded->value;
    }
    result<std::string_view, parse_error> text(std::uint64_t& at, text_budget& texts) const noexcept {
        VITTE_TRY(const part rest, from(at));
        VITTE_TRY(const std::string_view found, string_table(rest).at(0));
        VITTE_CHECK(texts.take(found.size(), reading, rest.offset));
        at += found.size() + 1;
        return found;
    }
    result<part, parse_error> from(std::uint64_t at) const noexcept {
        if (at >= part_.bytes.size()) return malformed(reading, "the trie leads outside itself", part_.offset);
        return part_.sub(at, part_.bytes.size() - at, reading);
    }
    result<node, parse_error> node_at(std::uint64_t at) const noexcept {
        node made{};
        VITTE_TRY(made.facts, number(at));
        made.facts_at = at;
        VITTE_CHECK(part_.sub(at, made.facts, reading, "a symbol's facts are cut off"));
        at += made.facts;
        VITTE_TRY(const part children, part_.sub(at, 1, reading, "a node is cut off"));
        made.children = std::to_integer<unsigned>(children.bytes[0]);
        made.at = at + 1;
        return made;
    }
    result<edge, parse_error> next_edge(node& of, text_budget& texts) const noexcept {
        edge made{};
        VITTE_TRY(made.text, text(of.at, texts));
        VITTE_TRY(made.to, number(of.at));
        return made;
    }
    result<exported, parse_error> symbol(const node& of, std::string_view name, text_budget& texts) const noexcept {
        exported made{name, 0, 0, 0, 0, {}};
        std::uint64_t at = of.facts_at;
        VITTE_TRY(made.flags, number(at));
        if (made.reexported()) {
            VITTE_TRY(made.library, number(at));
            VITTE_TRY(made.library_name, text(at, texts));
        } else {
            VITTE_TRY(made.address, number(at));
            if (made.has_resolver()) {
                VITTE_TRY(made.resolver, number(at));
            }
        }
        if (at != of.facts_at + of.facts)
            return malformed(reading, "a symbol's facts have another size", part_.offset + of.facts_at);
        return made;
    }

    part part_;
};

template <class Visit>
result<void, parse_error> export_trie::for_each(std::span<char> buffer, Visit&& visit) const {
    if (empty()) return {};
    struct step {
        node here;
        std::size_t length;  // of the name up to here
    };
    std::array<step, 500> way;
    std::size_t depth = 0, nodes_left = part_.bytes.size() / 2;  // each has two bytes at least, if the trie is no maze
    text_budget texts(part_.bytes.size());
    const auto enter = [&](std::uint64_t at, std::size_t length) -> result<void, parse_error> {
        if (nodes_left-- == 0) return malformed(reading, "the trie has a loop", part_.offset + at);
        if (depth == way.size()) return malformed(reading, "nested too deep", part_.offset + at, errc::not_supported);
        VITTE_TRY(const node here, node_at(at));
        if (here.facts != 0) {
            VITTE_TRY(const exported found, symbol(here, {buffer.data(), length}, texts));
            visit(found);
        }
        way[depth++] = {here, length};
        return {};
    };
    VITTE_CHECK(enter(0, 0));
    while (depth != 0) {
        auto& [here, length] = way[depth - 1];
        if (here.children == 0) {
            --depth;
            continue;
        }
        --here.children;
        VITTE_TRY(const edge next, next_edge(here, texts));
        if (next.text.size() > buffer.size() - length)
            return malformed(reading, "a name is too long", part_.offset + here.at, errc::name_too_long);
        next.text.copy(buffer.data() + length, next.text.size());
        VITTE_CHECK(enter(next.to, length + next.text.size()));
    }
    return {};
}

}  // namespace vitte::loader::macho
