// Objects for microcontrollers, linked here at addresses that need not be there, and containers as they take them.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>
#include <vitte/loader/firmware.hpp>
#include <vitte/loader/firmware/settle.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/signing/container.hpp>

#include "../support/hex.hpp"
#include "../support/stride.hpp"
#include "../support/vectors/thumb_objects.hpp"

namespace {
using namespace vitte::loader;
using firmware::code_place;
using firmware::field;
using vitte::errc;
using file = std::vector<std::byte>;

constexpr std::uint32_t memory_address = 0x20001000, file_address = 0x8000;

/// An object that was linked, and its memory.
struct linked_object {
    linked_object(const file& of, code_place code, std::vector<firmware::offered> offers,
                  firmware::addresses at = {memory_address, file_address}, std::size_t less = 0)
        : object(of) {
        const auto need = firmware::image::need(object, code, offers.size());
        if (need) memory.resize(need->size < less ? 0 : need->size - less);
        image = firmware::image::link(object, code, memory, at, offers);
    }
    errc code() const { return image ? errc{} : image.error().code; }
    std::string bytes(std::uint32_t address, std::size_t size) const {
        return hex(std::span(memory).subspan(address - memory_address, size));
    }
    std::uint32_t word(std::uint32_t address) const {
        return vitte::load<std::uint32_t>(memory.data() + (address - memory_address), vitte::byte_order::little);
    }
    std::uint32_t section(std::string_view wanted) const {
        std::uint32_t found = 0;
        image->for_each_section([&](std::string_view name, std::uint32_t address, std::uint32_t) {
            if (name == wanted) found = address;
        });
        return found;
    }

    file object, memory;
    vitte::result<firmware::image, vitte::parse_error> image{vitte::malformed("", "", 0)};
};

const file relocations = unhex(relocations_object), distances = unhex(distances_object);
const std::vector<firmware::offered> near_by{{"sensor", 0x20100001, true}, {"limit", 0x1234, false}};
}  // namespace

BOOST_AUTO_TEST_CASE(fields_keep_what_is_put_into_them) {
    const std::pair<field, unsigned> all[] = {{field::word, 32},     {field::word31, 31},   {field::branch24, 25},
                                              {field::branch19, 21}, {field::branch11, 12}, {field::branch8, 9},
                                              {field::move_low, 16}, {field::move_high, 16}};
    for (const auto& [f, bits] : all) {
        const bool is_move = f == field::move_low || f == field::move_high;
        const bool is_branch = f != field::word && f != field::word31 && !is_move;
        for (unsigned bit = is_branch ? 1 : 0; bit < bits - 1; ++bit)
            for (const std::int32_t value : {std::int32_t{1} << bit, -(std::int32_t{1} << bit)}) {
                std::byte at[4] = {std::byte{0}, std::byte{0xf0}, std::byte{0}, std::byte{0xd0}};
                const auto put = static_cast<std::uint32_t>(value) << (f == field::move_high ? 16 : 0);
                BOOST_TEST((firmware::insert(f, at, put) == firmware::fit::fits));
                BOOST_TEST(firmware::addend_in(f, at) == value);
            }
        if (is_move || f == field::word) continue;
        std::byte at[4] = {};
        const std::uint32_t most = (std::uint32_t{1} << (bits - 1)) - 2;
        BOOST_TEST((firmware::insert(f, at, most) == firmware::fit::fits));
        BOOST_TEST((firmware::insert(f, at, most + 2) == firmware::fit::out_of_range));
        BOOST_TEST((firmware::insert(f, at, ~most - 1) == firmware::fit::fits));
        BOOST_TEST((firmware::insert(f, at, ~most - 3) == firmware::fit::out_of_range));
    }
}

BOOST_AUTO_TEST_CASE(relocations_come_to_what_binutils_make_of_them) {
    const linked_object made(relocations, code_place::memory, near_by);
    BOOST_REQUIRE(made.image.has_value());
    for (const linked_section& s : linked_relocations) {
        BOOST_TEST(made.section(s.name) == s.address);
        BOOST_TEST(made.bytes(s.address, std::string_view(s.bytes).size() / 2) == s.bytes, s.name);
    }
    BOOST_TEST(made.image->symbol("first") == (made.section(".text") | 1));
    BOOST_TEST(made.image->symbol("table") == made.section(".data"));
    BOOST_TEST(made.image->symbol("nobody") == 0u);
    BOOST_TEST(made.image->symbol("unwritten") == 0u);  // a local one
}

BOOST_AUTO_TEST_CASE(calls_that_do_not_reach_what_they_call_go_through_veneers) {
    const linked_object made(distances, code_place::memory, {{"sensor", 0x101, true}});
    BOOST_REQUIRE(made.image.has_value());
    // Nothing calls it. Its address in the table has bit 0 set.
    BOOST_TEST(made.word(made.image->symbol("entry") + 8) == 0x101u);

    const linked_object far(relocations, code_place::memory, {{"sensor", 0x101, true}, {"limit", 0, false}});
    BOOST_REQUIRE(far.image.has_value());
    const auto goes_to = [&](std::uint32_t offset) {
        const std::uint32_t from = far.section(".text") + offset;
        const std::byte* const at = far.memory.data() + (from - memory_address);
        return from + 4 + static_cast<std::uint32_t>(firmware::addend_in(field::branch24, at));
    };
    const std::uint32_t call = goes_to(8), jump = goes_to(20);
    BOOST_TEST(far.bytes(call, 12) == "03b40148019001bd01010000");
    BOOST_TEST(far.bytes(jump, 12) == "03b40148019001bd09010000");  // sensor + 8

    // For a third target there is no room: there are as many as symbols that are asked for and offered.
    const linked_object none(relocations, code_place::memory, {{"sensor", 0x101, true}});
    BOOST_TEST((none.code() == errc::out_of_range));
}

#if defined(__arm__)
namespace {
int function(int n) noexcept { return n; }
int object = 0;
}  // namespace
BOOST_AUTO_TEST_CASE(what_is_offered_is_code_or_not) {
    const firmware::offered code("f", function), data("o", &object);
    BOOST_TEST(code.is_code());
    BOOST_TEST(!data.is_code());
    BOOST_TEST(data.address() == reinterpret_cast<std::uintptr_t>(&object));
}
#endif

BOOST_AUTO_TEST_CASE(what_cannot_be_linked_is_refused_with_its_place) {
    const linked_object lacks(distances, code_place::memory, {{"sensors", 1, true}, {"senso", 1, true}});
    BOOST_TEST((lacks.code() == errc::not_found));
    const auto name = static_cast<std::ptrdiff_t>(lacks.image.error().offset);
    BOOST_TEST(std::string(reinterpret_cast<const char*>(distances.data() + name)) == "sensor");

    BOOST_TEST(
        (linked_object(relocations, code_place::memory, near_by, {memory_address, 0}, 1).code() == errc::too_large));
    BOOST_TEST((linked_object(relocations, code_place::memory, near_by, {memory_address + 4, 0}).code() ==
                errc::invalid_argument));
    BOOST_TEST((linked_object(distances, code_place::flash, near_by).code() == errc::not_supported));
    const auto changed = [](std::size_t at, unsigned value) {
        file made = distances;
        made[at] = static_cast<std::byte>(value);
        return linked_object(made, code_place::memory, near_by).code();
    };
    BOOST_TEST((changed(0, 'E') == errc::malformed));
    BOOST_TEST((changed(4, 2) != errc{}));                // of 64 bits
    BOOST_TEST((changed(5, 2) != errc{}));                // big-endian
    BOOST_TEST((changed(16, 2) == errc::not_supported));  // a program
    BOOST_TEST((changed(18, 3) == errc::not_supported));  // for i386
    BOOST_TEST((changed(16, 1) == errc{}));
    // The type and the flags of the relocations of code.
    const std::size_t header = 0x1f4 + 2 * 40;
    BOOST_TEST((changed(header + 7, 0x40) == errc::not_supported));
    BOOST_TEST((changed(header + 7, 0x60) == errc::not_supported));
    BOOST_TEST((changed(header + 9, 1) == errc::not_supported));
}

BOOST_AUTO_TEST_CASE(code_stays_in_flash_when_it_was_settled) {
    file object = distances;
    BOOST_REQUIRE(firmware::settle(object).has_value());
    BOOST_TEST(object.size() == distances.size());
    const linked_object in_memory(distances, code_place::memory, near_by);
    for (const std::uint32_t address : {0x8000u, 0x70004u}) {
        const linked_object made(object, code_place::flash, near_by, {memory_address, address});
        BOOST_REQUIRE(made.image.has_value());
        BOOST_TEST(made.memory.size() < in_memory.memory.size());
        const std::uint32_t run = made.image->symbol("run"), table = made.image->symbol("entry");
        BOOST_TEST(run == made.section(".text") + 1);
        BOOST_TEST(made.section(".text") > address);
        BOOST_TEST(made.section(".text") < address + object.size());
        BOOST_TEST(made.word(table) == run);
        BOOST_TEST(made.word(table + 4) == made.section(".rodata"));
        BOOST_TEST(made.word(table + 8) == 0x20100001u);
        // What the code in flash calls and reads is where the linker says it is.
        const std::byte* const code = object.data() + (made.section(".text") - address);
        BOOST_TEST(made.section(".text") + 4 + static_cast<std::uint32_t>(firmware::addend_in(field::branch24, code)) ==
                   made.section(".text.helper"));
        BOOST_TEST(made.section(".text") + 8 + vitte::load<std::uint32_t>(code + 8, vitte::byte_order::little) ==
                   made.section(".rodata"));
    }
    BOOST_TEST(
        (linked_object(object, code_place::flash, near_by, {memory_address, 0x8002}).code() == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(code_that_knows_addresses_runs_there_only) {
    // This one names what the firmware has.
    file object = relocations;
    const file before = object;
    BOOST_TEST((firmware::settle(object).error().code == errc::not_found));
    BOOST_TEST((object == before));

    object = distances;
    const firmware::addresses at{memory_address, file_address};
    BOOST_REQUIRE(firmware::settle(object, at).has_value());
    BOOST_TEST(linked_object(object, code_place::flash, near_by, at).image.has_value());
    BOOST_TEST(
        (linked_object(object, code_place::flash, near_by, {memory_address, 0x9000}).code() == errc::invalid_argument));
    BOOST_TEST((linked_object(object, code_place::flash, near_by, {memory_address + 16, file_address}).code() ==
                errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(no_object_makes_the_linker_leave_its_memory) {
    const auto attempt = [](const file& object) {
        for (const code_place code : {code_place::memory, code_place::flash})
            static_cast<void>(linked_object(object, code, near_by).code());
        file copy = object;
        static_cast<void>(firmware::settle(copy, firmware::addresses{memory_address, file_address}));
    };
    for (const file& whole : {relocations, distances}) {
        for (std::size_t size = 0; size < whole.size(); size += stride)
            attempt({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
        for (std::size_t at = 0; at < whole.size(); at += stride)
            for (const unsigned flip : {1u, 0x80u, 0xffu}) {
                file changed = whole;
                changed[at] ^= static_cast<std::byte>(flip);
                attempt(changed);
            }
    }
}

BOOST_AUTO_TEST_CASE(containers_are_taken_when_trusted_keys_have_signed_them) {
    const auto key_of = [](int number) {
        std::array<std::byte, 32> seed{};
        seed[0] = static_cast<std::byte>(number);
        return vitte::ed25519_key(seed);
    };
    const auto public_key = [&](int number) {
        return minisign::public_key{{static_cast<std::byte>(number)}, key_of(number).public_key()};
    };
    const auto signed_by = [&](const file& of, int number) {
        const auto made = signing::sign_container(of, key_of(number), public_key(number).id).value();
        return file(made.span().begin(), made.span().end());
    };
    const auto checked = [](const file& of, std::vector<minisign::public_key> keys, std::size_t threshold = 1) {
        const auto container = vitb::container::parse(of);
        return container && firmware::check(*container, keys, threshold).has_value();
    };
    vitb::writer writer;
    const std::string squeezed(1000, 'x');
    BOOST_REQUIRE(writer.add(vitb::kind::natv, distances, vitb::compression::none, "thumbv7em-none-eabi"));
    BOOST_REQUIRE(writer.add(vitb::kind::natv, relocations, vitb::compression::none, "thumbv7em-none-eabihf"));
    BOOST_REQUIRE(writer.add(vitb::kind::code, bytes_of(squeezed), vitb::compression::deflate));
    const auto written = writer.finish().value();
    const file plain(written.span().begin(), written.span().end());
    const file one = signed_by(plain, 1), two = signed_by(one, 2);

    BOOST_TEST(!checked(plain, {public_key(1)}));
    BOOST_TEST(checked(one, {public_key(1)}));
    BOOST_TEST(checked(one, {public_key(3), public_key(1)}));
    BOOST_TEST(!checked(one, {public_key(2)}));
    BOOST_TEST(!checked(one, {}));
    BOOST_TEST(!checked(one, {public_key(1)}, 0));
    BOOST_TEST(!checked(one, {public_key(1), public_key(2)}, 2));
    BOOST_TEST(!checked(one, {public_key(1), public_key(1)}, 2));  // one key, told twice
    BOOST_TEST(checked(two, {public_key(1), public_key(2)}, 2));
    BOOST_TEST(!checked(two, {{public_key(1).id, public_key(2).key}}));
    for (std::size_t bit = 0; bit < 8 * one.size(); bit += 500 * stride + 1) {
        file changed = one;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        BOOST_TEST(!checked(changed, {public_key(1)}));
    }

    const auto container = vitb::container::parse(one).value();
    const auto part = firmware::native_part(container, {"arm", "none", "eabi"});
    BOOST_TEST((part && part->size() == distances.size()));
    const auto hard = firmware::native_part(container, {"arm", "none", "eabihf"});
    BOOST_TEST((hard && hard->size() == relocations.size()));
    BOOST_TEST((firmware::native_part(container, {"riscv32", "none", ""}).error().code == errc::not_found));
    BOOST_TEST((firmware::webassembly_part(container).error().code == errc::not_supported));
}
