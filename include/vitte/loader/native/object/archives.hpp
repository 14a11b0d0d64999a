/// The archives of a link: who defines which symbol, so that a member is taken when it is needed, and only then.
#pragma once

#include <vitte/loader/format/ar.hpp>
#include <vitte/loader/native/object/symbols.hpp>

namespace vitte::loader::native::object {

class archive_set {
public:
    /// Learns what the archive in `file`, which must stay, defines. The first archive that defines a symbol is asked.
    result<void, load_error> add(const std::string& name, elf::bytes file) {
        auto parsed = ar::archive::parse(file);
        if (!parsed) return refuse_input(name, parsed.error());
        const auto number = static_cast<std::uint32_t>(archives_.size());
        archives_.push_back({name, *parsed, {}});
        const auto learn = [&](std::string_view symbol, std::uint64_t offset) {
            definitions_.try_emplace(symbol, location{number, offset});
        };
        auto done = parsed->has_index() ? parsed->for_each_symbol(learn)
                                        : parsed->for_each_member([&](const ar::member& m) {
                                              return learn_from(m, learn), true;
                                          });
        if (!done) return refuse_input(name, done.error());
        return {};
    }

    /// Takes members into `symbols` until nothing that is wanted can be had from here.
    result<void, load_error> take_wanted(symbol_set& symbols) {
        for (std::uint32_t number = 0; symbols.next_wanted(number);) {
            const symbol& s = symbols.all()[number];
            if (s.state != symbol_state::undefined) continue;
            const auto at = definitions_.find(s.name);
            if (at == definitions_.end()) continue;
            const location from = at->second;
            archive& in = archives_[from.archive];
            if (!in.taken.insert(from.offset).second) continue;
            auto member = in.content.member_at(from.offset);
            if (!member) return refuse_input(in.name, member.error());
            VITTE_TRY(auto object, input::parse(member_name(in.name, *member), member->content));
            VITTE_CHECK(symbols.add(std::move(object)));
        }
        return {};
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
    struct archive {
        std::string name;
        ar::archive content;
        std::unordered_set<std::uint64_t> taken;  ///< offsets of members
    };
    struct location {
        std::uint32_t archive;
        std::uint64_t offset;  ///< of the member's header
    };

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
    std::unordered_map<std::string_view, location> definitions_;
};

}  // namespace vitte::loader::native::object
