/// Where everything goes: sections by rights, the GOT, thunks behind the code that needs them, COMMON symbols, and the
/// block of thread-local storage. What the GOT and the thunks need is counted before, so that nothing is set aside in
/// vain.
#pragma once

#include <bit>
#include <vitte/loader/native/object/frames.hpp>

namespace vitte::loader::native::object {

/// Code that reaches itself and the thunks at its end.
struct chunk {
    std::vector<std::uint32_t> thunks;                          ///< the words of the GOT that they jump through
    std::unordered_map<std::uint32_t, std::uint32_t> thunk_of;  ///< by symbol: one more than the index in `thunks`
    std::uint64_t offset = 0;                                   ///< of the thunks, in the image
};
/// What is in one or two words of the GOT. The module's own entry for `__tls_get_addr` has no symbol.
struct got_entry {
    static constexpr std::uint32_t no_symbol = 0xffffffff;
    std::uint32_t symbol, word;
    slot_kind kind;
};
/// A stretch of the image.
struct extent {
    std::uint64_t offset = 0, size = 0;
    std::uint64_t end() const noexcept { return offset + size; }
};

class layout {
public:
    /// What displacements of 32 bits can span.
    static constexpr std::uint64_t limit = std::uint64_t{1} << 31;

    explicit layout(symbol_set& symbols) : symbols_(symbols) {
        for (input& object : symbols.objects()) {
            const auto number = static_cast<std::uint32_t>(&object - symbols.objects().data());
            for (std::uint32_t i = 0; i < object.sections().size(); ++i) {
                const section& s = object.sections()[i];
                if (!s.live()) continue;
                of(s.part).push_back({number, i});
                if (is_identifier(s.name)) bounds_.try_emplace(s.name);
            }
        }
        if (!bounds_.empty())
            for (auto& places : places_) gather_named(places);
    }

    /// Divides the code so that no chunk is larger than `most`, if its sections allow that.
    void divide_code(std::uint64_t most) {
        std::uint64_t filled = 0;
        chunks.emplace_back();
        for (const place& p : of(image_part::text)) {
            section& s = at(p);
            const std::uint64_t more = std::min(s.header.size, most);
            if (filled != 0 && more > most - filled) {
                filled = 0;
                chunks.emplace_back();
            }
            filled += more;
            s.chunk = static_cast<std::uint32_t>(chunks.size() - 1);
        }
    }

    /// The word of the GOT with what `kind` says about symbol `number`: made if there is none yet.
    std::uint32_t want_word(std::uint32_t number, slot_kind kind) {
        std::uint32_t& known = symbols_.all()[number].slots[static_cast<std::size_t>(kind)];
        if (known == 0) known = add_entry(number, kind) + 1;
        return known - 1;
    }
    void want_module_words() {
        if (module_word == 0) module_word = add_entry(got_entry::no_symbol, slot_kind::tls_pair) + 1;
    }
    void want_thunk(std::uint32_t in, std::uint32_t number, slot_kind kind) {
        std::uint32_t& known = chunks[in].thunk_of[number];
        if (known != 0) return;
        chunks[in].thunks.push_back(want_word(number, kind));
        known = static_cast<std::uint32_t>(chunks[in].thunks.size());
    }

    /// Whether the linker defines `name` itself.
    bool makes(std::string_view name) const noexcept {
        return name == "__dso_handle" || name == "_GLOBAL_OFFSET_TABLE_" || name == tls_base ||
               bounds_of(name) != nullptr;
    }
    /// The start of the block, which local-dynamic code of TLS descriptors names.
    static constexpr std::string_view tls_base = "_TLS_MODULE_BASE_";

    /// Gives everything its offset. Fails if that is more than code can span.
    template <class Machine>
    result<void, load_error> place_all(std::uint64_t page);

    /// The offset of a symbol that the linker makes.
    std::uint64_t offset_of_made(std::string_view name) const noexcept {
        if (const extent* const in = bounds_of(name)) return name.starts_with("__start_") ? in->offset : in->end();
        return name == "__dso_handle" ? 0 : got.offset;
    }

    struct place {
        std::uint32_t object, section;
    };
    std::vector<place>& of(image_part part) noexcept { return places_[static_cast<std::size_t>(part)]; }
    section& at(const place& p) noexcept { return symbols_.objects()[p.object].sections()[p.section]; }

    std::vector<chunk> chunks;
    std::vector<got_entry> entries;
    std::uint32_t words = 0;          ///< of the GOT
    std::uint32_t module_word = 0;    ///< one more than the first of the two words; 0 if there are none
    bool needs_static_block = false;  ///< thread-local storage must be at the same distance in all threads
    extent text, rodata, frames, relro, data, got;
    extent tls;  ///< the block's size, and where its initial content is
    std::uint64_t tls_image_size = 0, tls_alignment = 1, alignment = 1, size = 0;

private:
    std::uint32_t add_entry(std::uint32_t number, slot_kind kind) {
        entries.push_back({number, words, kind});
        const bool two = kind == slot_kind::tls_pair || kind == slot_kind::tls_descriptor;
        return std::exchange(words, words + (two ? 2 : 1));
    }

    static bool is_identifier(std::string_view name) noexcept {
        const auto fits = [](char c) {
            return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        };
        return !name.empty() && std::all_of(name.begin(), name.end(), fits);
    }
    const extent* bounds_of(std::string_view name) const noexcept {
        const std::size_t prefix = name.starts_with("__start_") ? 8 : name.starts_with("__stop_") ? 7 : 0;
        const auto found = prefix == 0 ? bounds_.end() : bounds_.find(name.substr(prefix));
        return found == bounds_.end() ? nullptr : &found->second;
    }

    /// Moves `end` past `bytes` bytes at a multiple of `align`, whose offset is returned; nothing if that is too far.
    bool take(std::uint64_t bytes, std::uint64_t align, std::uint64_t& end, std::uint64_t& offset) const noexcept {
        if (align > limit || bytes > limit) return false;
        offset = (end + std::max<std::uint64_t>(align, 1) - 1) & ~(std::max<std::uint64_t>(align, 1) - 1);
        end = offset + bytes;
        return end <= limit;
    }
    /// Sections that C can name stand together, so that `__start_` and `__stop_` hold all of a name.
    void gather_named(std::vector<place>& places) {
        const auto key = [&](const place& p) {
            const std::string_view name = at(p).name;
            return bounds_.contains(name) ? name : std::string_view();
        };
        std::stable_sort(places.begin(), places.end(), [&](const place& a, const place& b) { return key(a) < key(b); });
    }
    bool place_one(section& s, std::uint64_t align, std::uint64_t& end);
    bool place_part(image_part part, std::uint64_t& end);
    bool place_text(std::size_t thunk_size, std::uint64_t& end);
    bool place_tls(std::uint64_t& end);
    bool place_common(std::uint64_t& end, bool of_threads);

    symbol_set& symbols_;
    std::vector<place> places_[static_cast<std::size_t>(image_part::none)];
    std::unordered_map<std::string_view, extent> bounds_;  ///< of sections that C can name
};

inline bool layout::place_one(section& s, std::uint64_t align, std::uint64_t& end) {
    if (!take(s.size(), align, end, s.offset)) return false;
    alignment = std::max(alignment, align);
    if (const auto bounds = bounds_.find(s.name); bounds != bounds_.end()) {
        if (bounds->second.size == 0) bounds->second.offset = s.offset;
        bounds->second.size = s.offset + s.size() - bounds->second.offset;
    }
    return true;
}

inline bool layout::place_part(image_part part, std::uint64_t& end) {
    const bool gap_would_end_it = part == image_part::frames;
    for (const place& p : of(part))
        if (!place_one(at(p), gap_would_end_it ? 1 : at(p).header.alignment, end)) return false;
    return true;
}

inline bool layout::place_text(std::size_t thunk_size, std::uint64_t& end) {
    auto next = of(image_part::text).begin();
    const auto last = of(image_part::text).end();
    for (std::uint32_t i = 0; i < chunks.size(); ++i) {
        for (; next != last && at(*next).chunk == i; ++next)
            if (!place_one(at(*next), at(*next).header.alignment, end)) return false;
        if (!take(chunks[i].thunks.size() * thunk_size, 16, end, chunks[i].offset)) return false;
    }
    return true;
}

/// Offsets of these sections are within the block; its initial content stands in the image at `tls.offset`.
inline bool layout::place_tls(std::uint64_t& end) {
    std::uint64_t block = 0;
    for (const image_part part : {image_part::tls_data, image_part::tls_bss}) {
        for (const place& p : of(part)) {
            section& s = at(p);
            if (!take(s.size(), s.header.alignment, block, s.offset)) return false;
            tls_alignment = std::max(tls_alignment, s.header.alignment);
        }
        if (part == image_part::tls_data) tls_image_size = block;
    }
    if (!place_common(block, true)) return false;
    tls.size = block;
    alignment = std::max(alignment, tls_alignment);
    return take(tls_image_size, tls_alignment, end, tls.offset);
}

inline bool layout::place_common(std::uint64_t& end, bool of_threads) {
    for (symbol& s : symbols_.all()) {
        if (s.state != symbol_state::common || s.is_thread_local() != of_threads) continue;
        if (!std::has_single_bit(s.value)) return false;
        (of_threads ? tls_alignment : alignment) = std::max(of_threads ? tls_alignment : alignment, s.value);
        if (!take(s.size, s.value, end, s.value)) return false;
    }
    return true;
}

template <class Machine>
result<void, load_error> layout::place_all(std::uint64_t page) {
    std::uint64_t end = 0;
    alignment = page;
    const auto begin = [&](extent& e) { return take(0, page, end, e.offset); };
    const auto finish = [&](extent& e) { e.size = end - e.offset; };
    bool done = begin(text) && place_text(Machine::thunk_size, end);
    finish(text);
    done = done && begin(rodata) && place_part(image_part::rodata, end);
    done = done && take(0, 8, end, frames.offset) && place_part(image_part::frames, end);
    finish(frames);
    std::uint64_t terminator = 0;
    done = done && (frames.size == 0 || take(4, 1, end, terminator));
    finish(rodata);
    done = done && begin(relro) && take(std::uint64_t{words} * sizeof(word), sizeof(word), end, got.offset);
    finish(got);
    done = done && place_tls(end) && place_part(image_part::relro, end);
    finish(relro);
    done = done && begin(data) && place_part(image_part::data, end) && place_part(image_part::bss, end) &&
           place_common(end, false);
    finish(data);
    if (!done)
        return refuse(errc::too_large, "laying out", "the objects need more than 2 GiB, or an alignment that is none");
    size = std::max(page, (end + page - 1) & ~(page - 1));
    return {};
}

}  // namespace vitte::loader::native::object
