/// All symbols of the objects that are linked together: which definition counts (gABI chapter 4, "Symbol Table"), which
/// COMDAT group is kept, and what is still undefined.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include <vitte/loader/native/definition.hpp>
#include <vitte/loader/native/object/input.hpp>

namespace vitte::loader::native::object {

/// What a symbol's `value` is before addresses are known. Ordered: a later kind wins over an earlier one.
enum class symbol_state : std::uint8_t {
    undefined,
    discarded,  ///< local, in a section that does not come into the image
    foreign,    ///< defined outside; `value` is its address, or the offset in its block
    weak,       ///< defined in a section, at the offset `value`
    common,     ///< to be put somewhere zeroed, aligned to `value`
    defined,    ///< like `weak`
    absolute,   ///< `value` is an address
    made,       ///< by the linker, at the offset `value` of the image
};

/// Words that the GOT has for a symbol.
enum class slot_kind : std::uint8_t { address, resolved, tls_pair, tls_word, tls_descriptor };

struct symbol {
    std::string_view name;
    std::uint64_t value = 0, size = 0;
    std::uint32_t object = 0, section = 0;    ///< where it is defined
    std::uint32_t slots[5] = {};              ///< by slot_kind: one more than the word of the GOT; 0 if there is none
    definition outside;                       ///< of a foreign symbol
    symbol_state state = symbol_state::undefined;
    elf::symbol_type type = elf::symbol_type::none;
    elf::symbol_visibility visibility = elf::symbol_visibility::standard;
    bool local = false;
    bool wanted = false;  ///< some reference is not weak
    bool asked = false;   ///< nobody outside defines it

    bool in_section() const noexcept { return state == symbol_state::weak || state == symbol_state::defined; }
    /// Whether it is in the image, so that code of the image reaches it.
    bool in_image() const noexcept {
        return in_section() || state == symbol_state::common || state == symbol_state::made;
    }
    bool hidden() const noexcept {
        return visibility == elf::symbol_visibility::hidden || visibility == elf::symbol_visibility::internal;
    }
    bool is_thread_local() const noexcept { return type == elf::symbol_type::tls; }
    bool indirect() const noexcept { return type == elf::symbol_type::gnu_ifunc && in_section(); }
};

class symbol_set {
public:
    /// Enters the symbols of the next object, which becomes number `objects().size()`, and drops its groups that an
    /// earlier object has brought already. Fails if a symbol is defined twice.
    result<void, load_error> add(input&& object) {
        objects_.push_back(std::move(object));
        const auto number = static_cast<std::uint32_t>(objects_.size() - 1);
        VITTE_CHECK(drop_duplicate_groups(objects_.back()));
        return enter_symbols(objects_.back(), number);
    }

    std::vector<input>& objects() noexcept { return objects_; }
    const std::vector<input>& objects() const noexcept { return objects_; }
    std::vector<symbol>& all() noexcept { return all_; }
    const std::vector<symbol>& all() const noexcept { return all_; }

    /// The number of the global symbol `name`, entered now if nobody has named it yet.
    std::uint32_t number_of(std::string_view name) {
        const auto [at, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(all_.size()));
        if (is_new) all_.emplace_back().name = name;
        return at->second;
    }
    const symbol* find(std::string_view name) const noexcept {
        const auto at = numbers_.find(name);
        return at == numbers_.end() ? nullptr : &all_[at->second];
    }

    /// Takes a symbol that has become wanted while it was undefined, or common; false if there is none left.
    bool next_wanted(std::uint32_t& number) noexcept {
        if (wanted_.empty()) return false;
        number = wanted_.back();
        wanted_.pop_back();
        return true;
    }

private:
    result<void, load_error> drop_duplicate_groups(input& object) {
        VITTE_CHECK(object.for_each_comdat([&](std::string_view signature, std::span<const std::uint32_t> members) {
            if (groups_.insert(signature).second) return;
            for (const std::uint32_t member : members) object.sections()[member].part = image_part::none;
        }));
        for (section& s : object.sections())  // what was there before groups: the name of the section is the signature
            if (s.live() && s.name.starts_with(".gnu.linkonce.") && !groups_.insert(s.name).second)
                s.part = image_part::none;
        return {};
    }

    result<void, load_error> enter_symbols(input& object, std::uint32_t number) {
        const std::size_t count = object.symbol_count();
        object.symbol_numbers.resize(count);
        for (std::size_t i = 0; i < count; ++i) {
            const elf::symbol from = object.symbol(i);
            VITTE_TRY(const std::string_view name, object.symbol_name(from));
            VITTE_TRY(const std::uint32_t in, object.section_of(i));
            symbol made = described(object, number, from, in);
            made.name = name;
            if (name == "__gnu_lto_slim")
                return refuse_input(object.name(), errc::not_supported,
                                    "intermediate code of GCC, not machine code: compile without -flto, or with "
                                    "-ffat-lto-objects");
            if (made.local) {
                object.symbol_numbers[i] = static_cast<std::uint32_t>(all_.size());
                if (from.type() == elf::symbol_type::section && in < object.sections().size())
                    made.name = object.sections()[in].name;
                all_.push_back(made);
                continue;
            }
            if (const std::size_t version = name.find("@@"); version != name.npos && in != input::no_section)
                made.name = name.substr(0, version);  // .symver: the default version is what the name alone means
            object.symbol_numbers[i] = number_of(made.name);
            VITTE_CHECK(merge(object.symbol_numbers[i], made, from.binding() != elf::symbol_binding::weak));
        }
        return {};
    }

    /// What symbol `from` of an object is, for itself.
    static symbol described(const input& object, std::uint32_t number, const elf::symbol& from, std::uint32_t in) {
        symbol made;
        made.value = from.value;
        made.size = from.size;
        made.object = number;
        made.section = in;
        made.type = from.type();
        made.visibility = from.visibility();
        made.local = from.binding() == elf::symbol_binding::local;
        const bool strong = made.local || from.binding() == elf::symbol_binding::global;
        if (in == input::absolute) made.state = symbol_state::absolute;
        else if (in == input::common) made.state = symbol_state::common;
        else if (in == input::no_section) made.state = symbol_state::undefined;
        else if (object.sections()[in].live()) made.state = strong ? symbol_state::defined : symbol_state::weak;
        else made.state = made.local ? symbol_state::discarded : symbol_state::undefined;
        if (!made.in_section()) made.section = 0;
        else if ((object.sections()[in].header.flags & detail::flag_tls) != 0) made.type = elf::symbol_type::tls;
        return made;
    }

    result<void, load_error> merge(std::uint32_t number, const symbol& with, bool strong) {
        symbol& old = all_[number];
        const auto visibility = most_hidden(old.visibility, with.visibility);
        const bool strong_twice = old.state >= symbol_state::defined && with.state >= symbol_state::defined;
        if (strong_twice) return twice(old, with);
        const bool commons = old.state == symbol_state::common && with.state == symbol_state::common;
        if (commons) {
            old.size = std::max(old.size, with.size);
            old.value = std::max(old.value, with.value);
        } else if (with.state > old.state) {
            const bool wanted = old.wanted;
            old = with;
            old.wanted = wanted;
            if (old.state == symbol_state::common) wanted_.push_back(number);
        } else if (with.state == symbol_state::undefined && strong && !old.wanted) {
            old.wanted = true;
            if (old.state == symbol_state::undefined) wanted_.push_back(number);
        }
        if (old.state == symbol_state::undefined && old.type == elf::symbol_type::none) old.type = with.type;
        old.visibility = visibility;
        return {};
    }

    /// gABI: the most constraining visibility of all counts. Internal is 1, hidden 2, protected 3, default 0.
    static elf::symbol_visibility most_hidden(elf::symbol_visibility a, elf::symbol_visibility b) noexcept {
        if (a == elf::symbol_visibility::standard) return b;
        if (b == elf::symbol_visibility::standard) return a;
        return a < b ? a : b;
    }

    unexpected<load_error> twice(const symbol& first, const symbol& second) const {
        const auto where = [&](const symbol& s) {
            const input& in = objects_[s.object];
            return s.in_section() ? in.place(s.section, s.value) : in.name();
        };
        auto e =
            refuse(errc::already_exists, "linking", "defined in " + where(first) + " and again in " + where(second));
        e.error().symbol = first.name;
        return e;
    }

    std::vector<input> objects_;
    std::vector<symbol> all_;
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::unordered_set<std::string_view> groups_;
    std::vector<std::uint32_t> wanted_;
};

}  // namespace vitte::loader::native::object
