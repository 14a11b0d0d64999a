#include <boost/test/unit_test.hpp>
#include <string>

#include "../../support/canvas.hpp"
#include "../../support/stride.hpp"
#include "../../support/walk_dwarf.hpp"

namespace {
namespace bind = vitte::loader::bind;
namespace dwarf = vitte::loader::dwarf;
using dwarf::attribute;
using dwarf::form;
using dwarf::tag;
using vitte::byte_order;
using vitte::errc;
using vitte::loader::encoding;
using vitte::loader::part;

/// Debug information that a test writes entry by entry.
struct writer {
    std::uint16_t version = 5;
    bool wide = false;  // offsets of 64 bits
    std::uint8_t address_size = 8;
    byte_order order = byte_order::little;
    canvas kinds{{true, order}, 0}, info{{true, order}, 0}, strings{{true, order}, 0};

    writer(std::uint16_t v, bool w, std::uint8_t a, byte_order o)
        : version(v), wide(w), address_size(a), order(o), kinds({w, o}, 0), info({w, o}, 0), strings({w, o}, 0) {}

    static canvas& leb(canvas& to, std::uint64_t number) {
        std::byte digits[10];
        const std::size_t length = vitte::encode_leb128(number, digits);
        to.bytes.insert(to.bytes.end(), digits, digits + length);
        return to;
    }
    writer& kind(std::uint64_t code, tag t, bool children, std::initializer_list<std::pair<attribute, form>> all) {
        leb(leb(kinds, code), static_cast<std::uint64_t>(t)).put8(kinds.bytes.size(), children);
        for (const auto& [name, how] : all)
            leb(leb(kinds, static_cast<std::uint64_t>(name)), static_cast<std::uint64_t>(how));
        kinds.put16(kinds.bytes.size(), 0);
        return *this;
    }
    writer& offset(std::uint64_t value) { return info.word(info.bytes.size(), value), *this; }
    writer& address(std::uint64_t value) {
        if (address_size == 8)
            info.put(info.bytes.size(), value);
        else
            info.put32(info.bytes.size(), value);
        return *this;
    }
    writer& u8(unsigned value) { return info.put8(info.bytes.size(), value), *this; }
    writer& u16(unsigned value) { return info.put16(info.bytes.size(), value), *this; }
    writer& u32(std::uint64_t value) { return info.put32(info.bytes.size(), value), *this; }
    writer& number(std::uint64_t value) { return leb(info, value), *this; }
    writer& text(std::string_view value) {
        info.text(info.bytes.size(), value);
        return u8(0);
    }
    /// A unit's header without its length, which `end` writes.
    writer& begin() {
        if (wide) u32(0xffffffff);
        offset(0).u16(version);
        if (version == 5) u8(1).u8(address_size);
        offset(0);
        return version < 5 ? u8(address_size) : *this;
    }
    writer& end() {
        const std::size_t at = wide ? 4 : 0;
        info.word(at, info.bytes.size() - at - (wide ? 8 : 4));
        leb(kinds, 0);
        return *this;
    }
    dwarf::sections sections() const {
        dwarf::sections made;
        made.form = {true, order};
        made.abbreviations = part{kinds.bytes};
        made.info = part{info.bytes};
        made.strings = part{strings.bytes};
        return made;
    }
    std::uint32_t here() const { return static_cast<std::uint32_t>(info.bytes.size()); }
};

/// `int f(struct node* of)`, where a node is a number, three bits and the next node.
writer list_library(std::uint16_t version, bool wide, std::uint8_t address_size, byte_order order) {
    writer w(version, wide, address_size, order);
    w.strings.text(0, "node").put8(4, 0).text(5, "next").put8(9, 0);
    w.kind(1, tag::compile_unit, true, {{attribute::name, form::string}});
    w.kind(2, tag::base_type, false,
           {{attribute::name, form::string}, {attribute::byte_size, form::data1}, {attribute::encoding, form::data1}});
    w.kind(3, tag::structure_type, true, {{attribute::name, form::strp}, {attribute::byte_size, form::udata}});
    w.kind(4, tag::member, false,
           {{attribute::name, form::string},
            {attribute::type, form::ref4},
            {attribute::data_member_location, form::data1}});
    w.kind(5, tag::member, false,
           {{attribute::name, form::string},
            {attribute::type, form::ref4},
            {attribute::bit_size, form::data1},
            {attribute::data_bit_offset, form::data2}});
    w.kind(6, tag::member, false,
           {{attribute::name, form::strp},
            {attribute::type, form::ref_udata},
            {attribute::data_member_location, form::data1}});
    w.kind(7, tag::pointer_type, false, {{attribute::byte_size, form::data1}, {attribute::type, form::ref4}});
    w.kind(9, tag::subprogram, true,
           {{attribute::external, form::flag},
            {attribute::name, form::string},
            {attribute::prototyped, form::flag},
            {attribute::type, form::ref4},
            {attribute::low_pc, form::addr}});
    w.kind(12, tag::formal_parameter, false, {{attribute::name, form::string}, {attribute::type, form::ref4}});
    const std::uint8_t p = address_size;
    w.begin().number(1).text("list.c");
    const std::uint32_t number = w.here();
    w.number(2).text("int").u8(4).u8(5);
    const std::uint32_t node = w.here();
    w.number(3).offset(0).number(2u * p).number(4).text("value").u32(number).u8(0);
    w.number(5).text("bits").u32(number).u8(3).u16(32);
    const std::uint32_t pointer_at = w.here() + 1 + (wide ? 8 : 4) + 1 + 1 + 1;
    w.number(6).offset(5).number(pointer_at).u8(p).number(0);
    BOOST_TEST_REQUIRE(w.here() == pointer_at);
    w.number(7).u8(p).u32(node);
    w.number(9).u8(1).text("f").u8(1).u32(number).address(0x1234).number(12).text("of").u32(pointer_at).number(0);
    return std::move(w.number(0).end());
}

std::vector<std::string> lines_of(const dwarf::sections& in) {
    std::vector<std::string> made;
    const auto done = dwarf::for_each_unit(
        in.info, in.form.order, false, [&](dwarf::unit unit) -> vitte::result<void, vitte::loader::parse_error> {
            VITTE_TRY(const auto kinds, dwarf::abbreviation_table::read(in.abbreviations, unit.abbreviations_at));
            dwarf::entry_reader entries(unit, kinds);
            for (;;) {
                VITTE_TRY(const bool more, entries.next());
                if (!more) return {};
                std::string line(entries.current().depth, ' ');
                line += std::to_string(static_cast<unsigned>(entries.current().tag));
                VITTE_CHECK(entries.attributes([&](attribute name, const dwarf::value& v) {
                    if (name != attribute::name) return;
                    line += ' ';
                    line += dwarf::text_in(v, unit, in, nullptr).value_or("?");
                }));
                made.push_back(line);
            }
        });
    if (!done) made.push_back(done.error().reason);
    return made;
}

bind::library bound(const dwarf::sections& in, const char* function) {
    bind::debug_entries entries;
    BOOST_TEST_REQUIRE(entries.add(in, nullptr).has_value());
    entries.finish();
    bind::detail::collector from(entries, in.form.order);
    bind::library made;
    made.functions.push_back({function, from.function_type(function, 0)});
    made.types = from.take();
    return made;
}

const char* reason_of(const writer& w) {
    bind::debug_entries entries;
    const auto done = entries.add(w.sections(), nullptr);
    return done ? "" : done.error().reason;
}

/// A unit whose outermost entry has what `more` writes in it.
template <class More>
writer small_unit(More&& more) {
    writer w(5, false, 8, byte_order::little);
    w.kind(1, tag::compile_unit, true, {});
    more(w, true);
    w.begin().number(1);
    more(w, false);
    return std::move(w.number(0).end());
}
}  // namespace

BOOST_AUTO_TEST_SUITE(dwarf_format)

BOOST_AUTO_TEST_CASE(reads_every_version_size_and_order) {
    for (const unsigned version : {2u, 3u, 4u, 5u})
        for (const bool wide : {false, true})
            for (const std::uint8_t address_size : {std::uint8_t{4}, std::uint8_t{8}})
                for (const byte_order order : {byte_order::little, byte_order::big}) {
                    const writer w = list_library(static_cast<std::uint16_t>(version), wide, address_size, order);
                    const std::vector<std::string> expected{"17 list.c",  " 36 int",   " 19 node",
                                                            "  13 value", "  13 bits", "  13 next",
                                                            " 15",        " 46 f",     "  5 of"};
                    const auto got = lines_of(w.sections());
                    BOOST_TEST(got == expected, boost::test_tools::per_element());
                    const bind::library made = bound(w.sections(), "f");
                    const bind::type& f = made[made.functions[0].type];
                    BOOST_TEST_REQUIRE(f.members.size() == 1u);
                    BOOST_TEST(made[f.target].name == "int");
                    const bind::type& node = made[made[f.members[0].type].target];
                    BOOST_TEST(node.name == "node");
                    BOOST_TEST(node.size == 2u * address_size);
                    BOOST_TEST_REQUIRE(node.members.size() == 3u);
                    BOOST_TEST(node.members[1].bit_offset == 32u);
                    BOOST_TEST(node.members[1].bit_size == 3u);
                    BOOST_TEST(node.members[2].bit_offset == 8u * address_size);
                    BOOST_TEST(node.members[2].type == f.members[0].type);
                }
}

BOOST_AUTO_TEST_CASE(a_header_has_types_before_their_uses_and_asserts_their_places) {
    const writer w = list_library(5, false, 8, byte_order::little);
    const std::string header = bind::header_of(bound(w.sections(), "f"), "list", "list.so\n#error");
    const auto at = [&](std::string_view text) { return header.find(text); };
    BOOST_TEST(at("list.so?#error") != header.npos);
    BOOST_TEST(at("struct node;") < at("struct node {"));
    BOOST_TEST(at("    int value;\n    int bits : 3;\n    struct node *next;\n};\n") != header.npos);
    BOOST_TEST(at("static_assert(sizeof(struct node) == 16);") != header.npos);
    BOOST_TEST(at("static_assert(offsetof(struct node, next) == 8);") != header.npos);
    BOOST_TEST(at("offsetof(struct node, bits)") == header.npos);
    BOOST_TEST(at("    int (*f)(struct node *of) = nullptr;") != header.npos);
    BOOST_TEST(at("from.find(\"f\")") != header.npos);
}

BOOST_AUTO_TEST_CASE(names_of_a_library_cannot_write_code) {
    BOOST_TEST(bind::detail::safe_name("a; int b") == "a__int_b");
    BOOST_TEST(bind::detail::safe_name("class") == "class_");
    BOOST_TEST(bind::detail::safe_name("9lives") == "_9lives");
    BOOST_TEST(bind::detail::safe_name("a::b") == "a_b");
    BOOST_TEST(bind::detail::safe_name("x\n#include") == "x__include");
}

BOOST_AUTO_TEST_CASE(damage_is_survived) {
    for (const unsigned version : {4u, 5u}) {
        writer w = list_library(static_cast<std::uint16_t>(version), false, 8, byte_order::little);
        const auto look = [](const dwarf::sections& in) {
            walk_dwarf(in);
            bind_dwarf(in);
        };
        damage(w.info.bytes, [&](std::span<const std::byte> changed) {
            dwarf::sections in = w.sections();
            in.info = part{changed};
            look(in);
        });
        damage(w.kinds.bytes, [&](std::span<const std::byte> changed) {
            dwarf::sections in = w.sections();
            in.abbreviations = part{changed};
            look(in);
        });
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused) {
    const auto unit = [](auto&& change) {
        writer w = list_library(5, false, 8, byte_order::little);
        change(w);
        return std::string(reason_of(w));
    };
    BOOST_TEST(unit([](writer&) {}) == "");
    BOOST_TEST(unit([](writer& w) { w.info.put32(0, 0xfffffff0); }) == "its length is a reserved number");
    BOOST_TEST(unit([](writer& w) { w.info.put32(0, 0xfff); }) == "reaches past the end of its section");
    BOOST_TEST(unit([](writer& w) { w.info.put16(4, 6); }) == "its version is not 2 to 5");
    BOOST_TEST(unit([](writer& w) { w.info.put8(6, 9); }) == "its type is not known");
    BOOST_TEST(unit([](writer& w) { w.info.put32(8, 0xffff); }) == "lie outside their section");
    BOOST_TEST(unit([](writer& w) { w.info.put8(12, 99); }) == "its abbreviation does not exist");
    BOOST_TEST(unit([](writer& w) { w.kinds.put8(4, 0x7f); }) == "a form is not known");
    BOOST_TEST(unit([](writer& w) { w.kinds.bytes.resize(8); }) == "a number is cut off or too large");
}

BOOST_AUTO_TEST_CASE(attributes_without_bytes_cannot_be_many) {
    writer w(5, false, 8, byte_order::little);
    writer::leb(writer::leb(w.kinds, 1), 0x11).put8(w.kinds.bytes.size(), 0);
    for (int i = 0; i < 300; ++i) writer::leb(writer::leb(w.kinds, 0x3f), 0x19);
    w.kinds.put16(w.kinds.bytes.size(), 0);
    w.begin().number(1).end();
    BOOST_TEST(reason_of(w) == std::string("an entry has more attributes than there are"));
}

BOOST_AUTO_TEST_CASE(abbreviations_may_have_any_order_and_gaps) {
    writer w(5, false, 8, byte_order::little);
    w.kind(900, tag::base_type, false, {{attribute::name, form::string}});
    w.kind(7, tag::compile_unit, true, {});
    w.kind(8, tag::typedef_, false, {});
    w.begin().number(7).number(900).text("a").number(8).number(0).end();
    BOOST_TEST(lines_of(w.sections()) == (std::vector<std::string>{"17", " 36 a", " 22"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(types_that_contain_themselves_end) {
    // A pointer to itself, a typedef of itself, and two constants of each other.
    const writer w = small_unit([](writer& to, bool kinds) {
        if (kinds) {
            to.kind(2, tag::pointer_type, false, {{attribute::type, form::ref4}});
            to.kind(3, tag::typedef_, false, {{attribute::name, form::string}, {attribute::type, form::ref4}});
            to.kind(4, tag::const_type, false, {{attribute::type, form::ref4}});
            to.kind(5, tag::subprogram, true,
                    {{attribute::external, form::flag_present},
                     {attribute::name, form::string},
                     {attribute::type, form::ref4}});
            to.kind(6, tag::formal_parameter, false, {{attribute::type, form::ref4}});
            return;
        }
        const std::uint32_t pointer = to.here();
        to.number(2).u32(pointer);
        const std::uint32_t alias = to.here();
        to.number(3).text("t").u32(alias);
        const std::uint32_t constant = to.here();
        to.number(4).u32(constant + 5).number(4).u32(constant);
        to.number(5).text("f").u32(pointer).number(6).u32(alias).number(6).u32(constant).number(0);
    });
    const bind::library made = bound(w.sections(), "f");
    BOOST_TEST(made[made.functions[0].type].members.size() == 2u);
    BOOST_TEST(bind::header_of(made, "n", "s").find("*f)(") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(deep_nesting_costs_no_stack) {
    constexpr std::size_t levels = 100'000 / (stride * stride);
    const writer w = small_unit([](writer& to, bool kinds) {
        if (kinds) {
            to.kind(2, tag::structure_type, true,
                    {{attribute::name, form::string}, {attribute::byte_size, form::data1}});
            to.kind(3, tag::pointer_type, false, {{attribute::type, form::ref4}});
            to.kind(5, tag::subprogram, false,
                    {{attribute::external, form::flag_present},
                     {attribute::name, form::string},
                     {attribute::type, form::ref4}});
            return;
        }
        const std::uint32_t first = to.here();
        for (std::size_t i = 0; i < levels; ++i) to.number(2).text("s").u8(1);
        for (std::size_t i = 0; i < levels; ++i) to.number(0);
        std::uint32_t target = first;
        for (std::size_t i = 0; i < levels; ++i) {
            const std::uint32_t now = to.here();
            to.number(3).u32(target);
            target = now;
        }
        to.number(5).text("f").u32(target);
    });
    const bind::library made = bound(w.sections(), "f");
    BOOST_TEST(made.types.size() < 100u);
}

BOOST_AUTO_TEST_CASE(functions_of_functions_are_given_up_where_they_get_many) {
    // Each takes two of the one before.
    const auto declared = [](unsigned levels) {
        const writer w = small_unit([&](writer& to, bool kinds) {
            if (kinds) {
                to.kind(2, tag::subroutine_type, true, {});
                to.kind(3, tag::formal_parameter, false, {{attribute::type, form::ref4}});
                to.kind(4, tag::pointer_type, false, {{attribute::type, form::ref4}});
                to.kind(5, tag::subprogram, true,
                        {{attribute::external, form::flag_present}, {attribute::name, form::string}});
                return;
            }
            std::uint32_t before = to.here();
            to.number(2).number(0);
            for (unsigned i = 0; i < levels; ++i) {
                const std::uint32_t pointer = to.here();
                to.number(4).u32(before);
                before = to.here();
                to.number(2).number(3).u32(pointer).number(3).u32(pointer).number(0);
            }
            const std::uint32_t pointer = to.here();
            to.number(4).u32(before).number(5).text("f").number(3).u32(pointer).number(0);
        });
        return bind::header_of(bound(w.sections(), "f"), "n", "s");
    };
    BOOST_TEST(declared(3).find("unknown_type") == std::string::npos);
    BOOST_TEST(declared(24).find("unknown_type") != std::string::npos);
    BOOST_TEST(declared(24).size() < 65536u);
}

/// A structure of `members`, behind `void`, of which the first two types are made.
bind::type structure_of(std::vector<bind::member> members, std::uint64_t size) {
    bind::type made;
    made.kind = bind::type_kind::structure;
    made.size = size;
    made.members = std::move(members);
    return made;
}
bind::type integer_of_size(std::uint64_t size) {
    bind::type made;
    made.kind = bind::type_kind::base;
    made.size = size;
    made.encoding = dwarf::base_encoding::signed_integer;
    return made;
}

BOOST_AUTO_TEST_CASE(names_of_members_add_none_to_a_text) {
    bind::library made;
    made.address_size = sizeof(void*);
    made.types = {{}, integer_of_size(4)};
    made.types.push_back(structure_of({{"x, {i8 q", 1, 0, 0, 0}, {"y", 1, 32, 0, 0}, {"z}", 1, 64, 0, 0}}, 12));
    BOOST_TEST(bind::type_text(made, 2) == "{i32, i32 y, i32}");
    // As the text would be read, there are two members, where the first two say they are.
    made.types.push_back(integer_of_size(8));
    made.types.push_back(structure_of({{"x, {i8 q", 1, 0, 0, 0}, {"y", 1, 64, 0, 0}, {"z}", 3, 128, 0, 0}}, 24));
    BOOST_TEST(bind::type_text(made, 4).empty());
}

BOOST_AUTO_TEST_CASE(structures_in_structures_are_written_once_each) {
    bind::library made;
    made.address_size = sizeof(void*);
    made.types = {{}, integer_of_size(4), integer_of_size(1)};
    // Most are packed; each has the one before behind a byte.
    made.types.push_back(structure_of({{"c", 2, 0, 0, 0}, {"v", 1, 8, 0, 0}}, 5));
    for (bind::type_id i = 3; i < 30; ++i) {
        const std::uint64_t size = made[i].size;
        made.types.push_back(
            structure_of({{"c", 2, 0, 0, 0}, {"v", i, 8, 0, 0}, {"w", 1, 8 + 8 * size, 0, 0}}, size + 5));
    }
    BOOST_TEST(bind::type_text(made, 30).find("packed {i8 c, packed {i8 c, ") != std::string::npos);
    // Each has the one before three times: the text would be of 3^20 parts.
    const auto from = static_cast<bind::type_id>(made.types.size());
    made.types.push_back(structure_of({{"v", 1, 0, 0, 0}}, 4));
    for (bind::type_id i = from; i < from + 20; ++i) {
        const std::uint64_t size = made[i].size;
        made.types.push_back(
            structure_of({{"a", i, 0, 0, 0}, {"b", i, 8 * size, 0, 0}, {"c", i, 16 * size, 0, 0}}, 3 * size));
    }
    BOOST_TEST(!bind::type_text(made, from + 3).empty());
    BOOST_TEST(bind::type_text(made, from + 20).empty());
    BOOST_TEST(bind::compare(made, made).empty());
}

BOOST_AUTO_TEST_CASE(sizes_whose_bits_cannot_be_counted) {
    bind::library made;
    for (const std::uint64_t size : {std::uint64_t{1} << 61, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        made.types = {{}, integer_of_size(size)};
        made.types.push_back(structure_of({{"a", 1, 0, 3, 0}, {"b", 1, 64, 0, 0}}, size));
        BOOST_TEST(bind::header_of(made, "n", "s").find("struct") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(names_of_what_has_none_stay_short) {
    bind::library made;
    made.types = {{}};
    constexpr bind::type_id levels = sizeof(void*) == 8 ? 3000 : 200;
    const std::string name(400, 'x');
    for (bind::type_id i = 1; i < levels; ++i) made.types.push_back(structure_of({{name, i + 1, 0, 0, 0}}, 4));
    made.types.push_back(integer_of_size(4));
    BOOST_TEST(bind::header_of(made, "n", "s").size() < levels * 8000u);
}

BOOST_AUTO_TEST_CASE(compressed_sections_are_the_callers) {
    const auto header = [](std::initializer_list<unsigned> all) {
        std::vector<std::byte> made;
        for (const unsigned b : all) made.push_back(static_cast<std::byte>(b));
        return made;
    };
    const encoding wide{true, byte_order::little}, narrow{false, byte_order::big};
    const auto modern = header({1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xaa});
    const auto read = dwarf::detail::read_compressed(part{modern}, false, wide);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((read->how == dwarf::compressed::method::zlib));
    BOOST_TEST(read->size == 9u);
    BOOST_TEST(read->stored.size() == 1u);
    const auto big = header({0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 1, 0xaa, 0xbb});
    BOOST_TEST(dwarf::detail::read_compressed(part{big}, false, narrow)->size == 256u);
    const auto old = header({'Z', 'L', 'I', 'B', 0, 0, 0, 0, 0, 0, 0, 7, 0xaa});
    BOOST_TEST(dwarf::detail::read_compressed(part{old}, true, wide)->size == 7u);
    BOOST_TEST(dwarf::detail::read_compressed(part{old}, true, narrow)->size == 7u);
    BOOST_TEST((dwarf::detail::read_compressed(part{modern}, true, wide).error().code == errc::malformed));
    BOOST_TEST((dwarf::detail::read_compressed(part{std::span(modern).first(23)}, false, wide).error().code ==
                errc::end_of_input));
}

BOOST_AUTO_TEST_SUITE_END()
