// Real shared objects, built beside this test, loaded by our own linker and by the OS's.
#include <cstring>
#include <string>
#include <vector>

#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/loader.hpp>

#include "../support/fixtures.hpp"
#include "../support/small_module.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
using vitte::loader::module_loader;

std::vector<std::string> events;
void note_event(const char* what) { events.emplace_back(what); }
int twice(int n) { return 2 * n; }

module_loader host() {
    module_loader made;
    made.provide("host_event", note_event);
    made.provide("host_twice", twice);
    if (!vitte::sys::library::program())  // a static one exports no libc
        made.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));
    return made;
}

template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "" : r.error().message();
}

/// A module with `bytes`.
text_file module_of(const std::string& bytes) {
    static int count = 0;
    return {"loader-test-" + std::to_string(++count) + ".so", bytes};
}

using word = small_module::word;

/// Why our linker refuses `made`, or "".
std::string refusal(small_module& made) {
    module_loader loader;
    auto m = loader.load(std::as_bytes(std::span(made.file())), "made");
    if (m) static_cast<void>(m->find("some_name"));
    BOOST_TEST((m.has_value() || m.error().code == errc::malformed));
    return why(m);
}
bool is_about_tables(const std::string& reason) { return reason.find("one of the tables") != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(loader)

BOOST_AUTO_TEST_CASE(a_c_module_is_initialised_called_and_finalised) {
    events.clear();
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    BOOST_TEST(events == std::vector<std::string>{"start"}, boost::test_tools::per_element());
    BOOST_TEST((*(*m)->function_pointer<int()>("counter_value"))() == 42);
    BOOST_TEST((*(*m)->function_pointer<int(int)>("counter_add"))(8) == 50);
    BOOST_TEST((*(*m)->function_pointer<int(int)>("call_host"))(5) == 11);
    BOOST_TEST((*(*m)->function_pointer<int()>("has_optional"))() == 0);
    BOOST_TEST((*(*m)->function_pointer<unsigned long(int)>("name_length"))(2) == 5u);
    BOOST_TEST(std::string((*(*m)->function_pointer<const char*(int)>("nth_name"))(2)) == "three");
    BOOST_TEST((*(*m)->function_pointer<double(double)>("half"))(5.0) == 2.5);
    BOOST_TEST((*(*m)->function_pointer<int()>("chosen"))() == 7);
    BOOST_TEST((*(*m)->function_pointer<int()>("call_chosen"))() == 7);
    BOOST_TEST(std::string(*static_cast<const char**>(*(*m)->symbol("greeting"))) == "hello from a module");
    m->unload();
    BOOST_TEST(events.back() == "stop");
    BOOST_TEST((m->symbol("counter_value").error().code == errc::bad_handle));
}

BOOST_AUTO_TEST_CASE(a_cxx_module_runs_its_static_objects) {
    events.clear();
    auto loader = host();
    {
        auto m = loader.load(fixture("libobjects.so").c_str());
        BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
        BOOST_TEST((*(*m)->function_pointer<int(int, int, int)>("area_of"))(0, 3, 5) == 9);
        BOOST_TEST((*(*m)->function_pointer<int(int, int, int)>("area_of"))(1, 3, 5) == 15);
        BOOST_TEST((*(*m)->function_pointer<int(int, int)>("largest_of"))(3, 5) == 5);
    }
    const std::vector<std::string> expected{"constructed", "destroyed"};
    BOOST_TEST(events == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unloading_unmaps) {
    const auto mapped = [](const std::string& name) {
        return text_of("/proc/self/maps").find(name) != std::string::npos;
    };
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(mapped("libcounter.so"));
    m->unload();
    BOOST_TEST(!mapped("libcounter.so"));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_module_is_writable_and_executable) {
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(text_of("/proc/self/maps").find("rwx") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_import_is_named_with_what_was_searched) {
    module_loader loader;
    loader.provide("host_event", note_event);
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(!m);
    BOOST_TEST((m.error().code == errc::not_found));
    BOOST_TEST(m.error().symbol == "host_twice");
    BOOST_TEST(m.error().module == fixture("libcounter.so"));
    BOOST_TEST(m.error().searched.find("1 host exports") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(any_name_can_be_offered) {
    using namespace std::string_view_literals;
    vitte::loader::exports table;
    const int here[2] = {};
    for (int i = 0; i < 40; ++i)
        for (const std::string_view name : {""sv, "a"sv, "a\0b"sv}) table.provide(name, &here[i % 2]);
    BOOST_TEST(table.size() == 3u);
    for (const std::string_view name : {""sv, "a"sv, "a\0b"sv}) {
        const auto* const found = table.find(name);
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST((found->name == name && found->address == &here[1]));
    }
    BOOST_TEST(table.find("b") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_loader_moves_and_is_not_copied) {
    static_assert(!std::is_copy_constructible_v<module_loader> && !std::is_copy_assignable_v<module_loader>);
    auto first = host();
    module_loader second = std::move(first);
    const auto m = second.load(fixture("libcounter.so").c_str());
    BOOST_TEST(m.has_value(), why(m));
}

BOOST_AUTO_TEST_CASE(native_modules_have_pointers_and_no_handles) {
    using vitte::loader::unchecked;
    events.clear();
    auto loader = host();
    loader.provide<void(unchecked<const char*>)>("host_event", note_event);
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    BOOST_TEST(events == std::vector<std::string>{"start"}, boost::test_tools::per_element());
    const auto nth_name = (*m)->function<unchecked<const char*>(int)>("nth_name");
    BOOST_REQUIRE(nth_name.has_value());
    BOOST_TEST(std::string(*(*nth_name)(2)) == "three");
    const auto refused = (*m)->function<vitte::loader::handle<const char>(int)>("nth_name");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::invalid_argument));
    BOOST_TEST(refused.error().reason == "it is asked for with a handle, and the module is native");
}

BOOST_AUTO_TEST_CASE(a_missing_symbol_or_file_is_named) {
    auto loader = host();
    auto m = loader.load(fixture("libcounter.so").c_str());
    BOOST_REQUIRE(m.has_value());
    auto missing = (*m)->function_pointer<int()>("no_such_function");
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == errc::not_found));
    BOOST_TEST((*m)->find("no_such_function") == nullptr);
    BOOST_TEST((*m)->find("counter_value") == *(*m)->symbol("counter_value"));
    BOOST_TEST(missing.error().message().find("no_such_function") != std::string::npos);
    auto absent = loader.load("no/such/file.so");
    BOOST_REQUIRE(!absent);
    BOOST_TEST((absent.error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error) {
    const std::string whole = text_of(fixture("libroomy.so"));
    std::uint64_t loaded = 0;  // what lies behind is not needed
    const auto file = vitte::loader::elf::file::parse(std::as_bytes(std::span(whole)));
    BOOST_REQUIRE(file.has_value());
    for (const auto segment : file->segments())
        if (segment.type == vitte::loader::elf::segment_type::load) loaded = segment.offset + segment.file_size;
    auto loader = host();
    for (std::size_t length = 0; length < whole.size(); length += length < 1024 ? 1 : 97) {
        const text_file part = module_of(whole.substr(0, length));
        BOOST_TEST(loader.load(part.path()).has_value() == (length >= loaded), "truncated to " << length << " bytes");
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_byte_is_an_error_or_harmless) {
    std::string bytes = text_of(fixture("libtables.so"));
    auto loader = host();
    int host_number = 3;
    loader.provide_symbol("host_number", &host_number);
    loader.provide_symbol("environ", &host_number);
    const auto loads = [&] {
        const text_file file = module_of(bytes);
        return loader.load(file.path()).has_value();
    };
    BOOST_REQUIRE(loads());
    std::size_t refused = 0;
    unsigned bit = 0;
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
        char& byte = bytes[at];
        const char flip = static_cast<char>(1 << (bit++ % 8)), all = byte;
        if (all == 0 && bit % 3 != 0) continue;  // most zeros are padding
        byte = static_cast<char>(byte ^ flip);
        refused += !loads();
        byte = static_cast<char>(~all);
        refused += !loads();
        byte = all;
    }
    BOOST_TEST(refused * stride > 100u);
    BOOST_TEST(loads());
}

BOOST_AUTO_TEST_CASE(hostile_headers_are_errors) {
    namespace elf = vitte::loader::elf;
    const std::string whole = text_of(fixture("libcounter.so"));
    auto loader = host();
    const auto refused = [&](std::size_t at, std::string patch) {
        std::string changed = whole;
        changed.replace(at, patch.size(), patch);
        const text_file file = module_of(changed);
        return !loader.load(file.path()).has_value();
    };
    const auto number = [](auto value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); };
    constexpr std::uint16_t executable = 2, other_size = 16, too_many = 0xffff, other_machine = 0x1234;
    constexpr std::uint32_t all_rights = 7;
    constexpr std::uintptr_t word_of_ones = ~std::uintptr_t{0}, word_of_zeros = 0;
    constexpr bool wide = sizeof(void*) == 8;
    constexpr std::size_t table = wide ? 64 : 52, entry = wide ? 56 : 32;
    const auto bytes = std::as_bytes(std::span(whole));
    const auto file = elf::file::parse(bytes);
    BOOST_REQUIRE(file.has_value());
    std::size_t first = table;  // of the segments that are loaded
    for (const elf::segment s : file->segments()) {
        if (s.type == elf::segment_type::load) break;
        first += entry;
    }
    BOOST_TEST(refused(0, "ELF!"));
    BOOST_TEST(refused(4, wide ? "\x01" : "\x02"));                        // the other class
    BOOST_TEST(refused(5, vitte::byte_order::native == vitte::byte_order::big ? "\x01" : "\x02"));
    BOOST_TEST(refused(16, number(executable)));
    BOOST_TEST(refused(18, number(other_machine)));
    BOOST_TEST(refused(wide ? 32 : 28, number(word_of_ones)));             // program headers past the end
    BOOST_TEST(refused(wide ? 54 : 42, number(other_size)));
    BOOST_TEST(refused(wide ? 56 : 44, number(too_many)));
    BOOST_TEST(refused(first + (wide ? 4 : 24), number(all_rights)));      // writable and executable
    BOOST_TEST(refused(first + (wide ? 8 : 4), number(word_of_ones)));     // offset past the end
    BOOST_TEST(refused(first + entry + (wide ? 16 : 8), number(word_of_zeros)));  // two segments at one address
}

BOOST_AUTO_TEST_CASE(relocations_do_not_change_relocations) {
    small_module first;  // of four that are applied at a time, the first moves the second
    first.relocate(first.relocation_at(1), 0x1111'0000);
    for (word i = 1; i < 4; ++i) first.relocate(first.data + i * sizeof(word), 0);
    BOOST_TEST(is_about_tables(refusal(first)));
    small_module last;
    last.relocate(last.data, 0);
    last.relocate(last.relocation_at(2) - 4, 0);  // half of the word lies behind the table
    BOOST_TEST(is_about_tables(refusal(last)));
    small_module words;
    words.relative(words.relative_words + sizeof(word));
    words.relative(words.data);
    BOOST_TEST(is_about_tables(refusal(words)));
    small_module bitmap;
    bitmap.relative(bitmap.relative_words - 2 * sizeof(word));
    bitmap.relative(0b101);  // the word after next, which is the first of the table
    BOOST_TEST(is_about_tables(refusal(bitmap)));
}

BOOST_AUTO_TEST_CASE(relocations_do_not_change_names) {
    small_module endless;  // the name of the symbol would go on behind the segment
    endless.relocate(endless.size - sizeof(word), static_cast<word>(0x4141'4141'4141'4141));
    endless.symbol(1, endless.strings_size - 2, 0);
    endless.bind(endless.data, 1);
    BOOST_TEST(is_about_tables(refusal(endless)));
}

BOOST_AUTO_TEST_CASE(relocations_do_not_change_hash_tables) {
    for (const word at : {0u, 4u, 8u}) {
        small_module gnu, sysv;
        gnu.add_gnu_hash();
        gnu.relocate(gnu.gnu_hash + at, 0);
        BOOST_TEST(is_about_tables(refusal(gnu)));
        sysv.add_sysv_hash();
        sysv.relocate(sysv.sysv_hash + at, 0);
        BOOST_TEST(is_about_tables(refusal(sysv)));
    }
}

BOOST_AUTO_TEST_CASE(tables_may_lie_among_what_is_relocated) {
    small_module made;
    made.add_gnu_hash();
    made.relative(made.relative_words - 2 * sizeof(word));
    made.relative(0b11'0011);  // the word before the table, and two behind it
    for (const word first : {made.gnu_hash, made.relocations, made.relative_words})
        made.relocate(first - sizeof(word), first);
    made.relocate(made.gnu_hash + 20 + sizeof(word), 1);
    made.relocate(made.relocation_at(6), 2);
    made.relocate(made.size - made.strings_size - sizeof(word), 3);
    BOOST_TEST(refusal(made) == "");
}

BOOST_AUTO_TEST_CASE(a_bitmap_of_relocations_may_reach_from_one_segment_into_the_next) {
    small_module made(small_module::data);
    made.next = made.size;
    made.next_flags = 6;
    made.relative(made.size - 2 * sizeof(word));
    made.relative(0b1111);  // another one in this segment, and two in the next
    BOOST_TEST(refusal(made) == "");
}

BOOST_AUTO_TEST_CASE(a_segment_that_nobody_may_read_is_not_compared_with_its_file) {
    small_module made;
    made.next_flags = 0;
    made.symbol(1, 1, 1, made.data);
    made.add_sysv_hash();
    const text_file file = module_of(made.file());
    auto loader = host();
    auto m = loader.load(file.path());
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    const void* const at = m->find(made.name().c_str());
    BOOST_REQUIRE(at != nullptr);
    BOOST_TEST(m->address_to_symbol(at)->name == made.name());
}

BOOST_AUTO_TEST_SUITE_END()
