/// The archives of a link: who defines which symbol, so that a member is taken when it is needed, and only then.
#pragma once

#include <set>

#include <vitte/loader/format/ar.hpp>
#include <vitte/loader/native/object/symbols.hpp>

namespace vitte::loader::native::object {

/// Members are taken in the order of GNU ld where all archives are in one group (`--start-group`): it goes through the
/// index of an archive again and again until that has nothing more, and so through all archives. A member is taken if
/// it defines what is undefined then, other than weakly, or what is common, as data of its own.
class archive_set {
public:
    /// Learns what the archive in `file`, which must stay, defines.
    result<void, load_error> add(const std::string& name, elf::bytes file) {
        auto parsed = ar::archive::parse(file);
        if (!parsed) return refuse_input(name, parsed.error());
        const auto number = static_cast<std::uint32_t>(archives_.size());
        const auto begin = static_cast<std::uint32_t>(entries_.size());
        archives_.push_back({name, *parsed, begin, begin});
        const auto learn = [&](std::string_view symbol, std::uint64_t offset) {
            const auto place = static_cast<std::uint32_t>(entries_.size());
            const auto [first, is_new] = definitions_.try_emplace(symbol, place);
            entries_.push_back({symbol, number, offset, is_new ? none : std::exchange(first->second, place)});
        };
        auto done = parsed->has_index() ? parsed->for_each_symbol(learn)
                                        : parsed->for_each_member([&](const ar::member& m) {
                                              return learn_from(m, learn), true;
                                          });
        if (!done) return refuse_input(name, done.error());
        archives_.back().end = static_cast<std::uint32_t>(entries_.size());
        return {};
    }

    /// Takes members into `symbols` until nothing that is wanted can be had from here.
    result<void, load_error> take_wanted(symbol_set& symbols) {
        for (std::uint32_t at = none;;) {
            for (std::uint32_t number = 0; symbols.next_wanted(number);) offer(symbols.all()[number].name);
            if (offered_.empty()) return {};
            at = next_after(at);
            const entry& e = entries_[at];
            const symbol* const s = symbols.find(e.symbol);
            const bool common = s->state == symbol_state::common;
            if (!common && s->state != symbol_state::undefined) continue;
            archive& in = archives_[e.archive];
            if (in.taken.contains(e.offset)) continue;
            if (common && in.is_known_without(e)) continue;
            auto member = in.content.member_at(e.offset);
            if (!member) return refuse_input(in.name, member.error());
            VITTE_TRY(auto object, input::parse(member_name(in.name, *member), member->content));
            if (common && !in.has_data(object, e)) continue;
            in.taken.insert(e.offset);
            VITTE_CHECK(symbols.add(std::move(object)));
        }
    }

    /// Takes every member of the archive in `file` into `symbols`.
    static result<void, load_error> take_all(const std::string& name, elf::bytes file, symbol_set& symbols) {
        auto parsed = ar::archive::parse(file);
        if (!parsed) return refuse_input(name, parsed.error());
        result<void, load_error> done;
        auto read = parsed->for_each_member([&](const ar::member& m) {
            auto object = input::parse(member_name(name, m), m.content);
            if (object) done = symbols.add(std::move(*object));
            else done = unexpected(std::move(object).error());
            return done.has_value();
        });
        if (!read) return refuse_input(name, read.error());
        return done;
    }

private:
    /// An entry of an index; they are numbered through all archives.
    struct entry {
        std::string_view symbol;
        std::uint32_t archive;
        std::uint64_t offset;    ///< of the member's header
        std::uint32_t previous;  ///< of the same symbol, or `none`
    };
    struct archive {
        std::string name;
        ar::archive content;
        std::uint32_t begin, end;                      ///< its entries
        std::unordered_set<std::uint64_t> taken = {};  ///< offsets of members
        /// Of members that were looked into for a symbol that is common: what data they define.
        std::unordered_map<std::uint64_t, std::unordered_set<std::string_view>> data = {};

        bool is_known_without(const entry& e) const {
            const auto known = data.find(e.offset);
            return known != data.end() && !known->second.contains(e.symbol);
        }
        /// Whether the member `object` defines the symbol as data: as GNU ld has it, neither weakly nor as a function.
        bool has_data(const input& object, const entry& e) {
            const auto [known, is_new] = data.try_emplace(e.offset);
            for (std::size_t i = 0; is_new && i < object.symbol_count(); ++i) {
                const elf::symbol s = object.symbol(i);
                if (s.binding() == elf::symbol_binding::global && s.defined() && s.section != elf::section_common &&
                    s.type() != elf::symbol_type::function)
                    if (const auto spelled = object.symbol_name(s)) known->second.insert(*spelled);
            }
            return known->second.contains(e.symbol);
        }
    };
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// `symbol` has become undefined or common: all members that define it may be taken for it.
    void offer(std::string_view symbol) {
        const auto last = definitions_.find(symbol);
        if (last == definitions_.end()) return;
        for (std::uint32_t at = last->second; at != none; at = entries_[at].previous) offered_.insert(at);
    }
    /// The entry that is looked at after entry `at`, and not offered any more: one behind it in the same archive, or
    /// one before it there, or one of the next archive that has any. There is one.
    std::uint32_t next_after(std::uint32_t at) {
        auto next = at == none ? offered_.begin() : offered_.upper_bound(at);
        if (const archive& here = archives_[at == none ? 0 : entries_[at].archive];
            next == offered_.end() || *next >= here.end)
            if (const auto again = offered_.lower_bound(here.begin); again != offered_.end() && *again < here.end)
                next = again;
        if (next == offered_.end()) next = offered_.begin();
        const std::uint32_t found = *next;
        offered_.erase(next);
        return found;
    }
    static std::string member_name(const std::string& archive, const ar::member& m) {
        return archive + "(" + std::string(m.name) + ")";
    }

    /// What is not an object is nobody's definition.
    template <class Learn>
    static void learn_from(const ar::member& m, Learn& learn) {
        const auto object = input::parse({}, m.content);
        if (!object) return;
        for (std::size_t i = 0; i < object->symbol_count(); ++i) {
            const elf::symbol s = object->symbol(i);
            const auto name = object->symbol_name(s);
            if (name && s.defined() && s.binding() != elf::symbol_binding::local && s.section != elf::section_common)
                learn(*name, m.offset);
        }
    }

    std::vector<archive> archives_;
    std::vector<entry> entries_;
    std::unordered_map<std::string_view, std::uint32_t> definitions_;  ///< the last entry of each symbol
    std::set<std::uint32_t> offered_;                                  ///< entries that may be wanted
};

}  // namespace vitte::loader::native::object
