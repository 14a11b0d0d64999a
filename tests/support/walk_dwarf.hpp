// Reads everything that the views of debug information offer, and binds it, for tests and fuzzing: what matters is that
// each byte is looked at.
#pragma once

#include <vitte/loader/bind/collect.hpp>
#include <vitte/loader/bind/compare.hpp>
#include <vitte/loader/bind/write_description.hpp>
#include <vitte/loader/bind/write_header.hpp>

/// How many things were read.
inline std::size_t walk_dwarf(const vitte::loader::dwarf::sections& in, bool split = false) {
    namespace dwarf = vitte::loader::dwarf;
    std::size_t seen = 0;
    const auto walk = [&](dwarf::unit unit) -> vitte::result<void, vitte::loader::parse_error> {
        VITTE_TRY(const auto kinds, dwarf::abbreviation_table::read(in.abbreviations, unit.abbreviations_at));
        VITTE_CHECK(dwarf::read_bases(unit, kinds, split));
        dwarf::entry_reader entries(unit, kinds);
        for (;;) {
            VITTE_TRY(const bool more, entries.next());
            if (!more) return {};
            ++seen;
            VITTE_CHECK(entries.attributes([&](dwarf::attribute, const dwarf::value& v) {
                seen += dwarf::text_in(v, unit, in, &in).has_value() + dwarf::address_in(v, unit, in).has_value() +
                        dwarf::constant_in(v).has_value() + dwarf::reference_in(v, unit).has_value() + !v.bytes.empty();
            }));
        }
    };
    seen += dwarf::for_each_unit(in.info, in.form.order, false, walk).has_value();
    return seen + dwarf::for_each_unit(in.types, in.form.order, true, walk).has_value();
}

/// How long a header is that binds every function there is, of `in` as it is and as its own supplementary file.
inline std::size_t bind_dwarf(const vitte::loader::dwarf::sections& in) {
    namespace bind = vitte::loader::bind;
    bind::debug_entries entries;
    static_cast<void>(entries.add(in, &in));
    entries.finish();
    bind::detail::collector from(entries, in.form.order);
    bind::library made;
    for (std::uint32_t i = 0; i < entries.size() && i < 1000; ++i)
        if (entries[i].tag == vitte::loader::dwarf::tag::subprogram)
            made.functions.push_back(
                {std::string(entries[i].name), from.function_type(entries[i].name, entries[i].address)});
    made.types = from.take();
    vitte::json::growing_output text;
    return bind::header_of(made, "hostile", "a library").size() + bind::compare(made, made).size() +
           bind::write_description(made, text).has_value();
}
