// Objects of real compilers, made beside this test at several levels of optimisation, linked in memory and used.
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <vitte/core/leb128.hpp>
#include <vitte/loader/format/dwarf.hpp>
#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/object/link.hpp>
#include <vitte/sys/library.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
using vitte::loader::link_input;
using vitte::loader::module;
using vitte::loader::module_loader;
namespace object = vitte::loader::native::object;

std::vector<std::string> events;
void note_event(const char* what) { events.emplace_back(what); }
int twice(int n) { return 2 * n; }
constexpr auto per_element = boost::test_tools::per_element();

module_loader host() {
    module_loader made;
    made.provide("host_event", note_event);
    made.provide("host_twice", twice);
#if !defined(__GLIBC__)
    BOOST_TEST(made.provide_program().has_value());  // a static one, which exports nothing
#endif
    return made;
}

std::string built(const std::string& name) { return file_in("VITTE_LINKED", name); }
std::vector<std::string> variants() {
    std::istringstream words(VITTE_VARIANTS);
    return {std::istream_iterator<std::string>(words), {}};
}
/// The objects `names`, as they were made for `variant`.
std::vector<link_input> inputs(const std::vector<std::string>& names, const std::string& variant = {}) {
    std::vector<link_input> made;
    for (const std::string& name : names)
        made.push_back(link_input::file(built(name + (variant.empty() ? "" : "-" + variant) + ".o")));
    return made;
}
template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "" : r.error().message();
}
/// A message without the folders of files.
std::string without_folders(std::string text) {
    const std::string folder = built("");
    for (std::size_t at; (at = text.find(folder)) != text.npos;) text.erase(at, folder.size());
    return text.substr(0, text.find("; searched"));
}
template <class Signature, class... Arguments>
auto call(const module& in, const char* name, Arguments... arguments) {
    auto function = in.function_pointer<Signature>(name);
    BOOST_REQUIRE_MESSAGE(function.has_value(), why(function));
    return (*function)(arguments...);
}
std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// What linking `text` as the file `name` ends with, without running anything of it; everything outside is defined.
std::string only_link(const std::string& text, const std::string& name = "x.o") {
    auto scope = [](const vitte::loader::native::symbol_name& wanted, const char*,
                    vitte::loader::native::definition& found) {
        if (std::string_view(wanted.text) == "counted")
            found = {0, 1};  // thread-local
        else
            found = {reinterpret_cast<std::uintptr_t>(&twice)};
        return true;
    };
    const link_input in[] = {link_input::bytes(name, bytes_of(text)).whole()};
    return why(object::link<vitte::sys::native>(in, scope));
}

/// `text` after `change(name, type, flags)` has seen each section of the object.
template <class Change>
std::string with_sections(std::string text, Change&& change) {
    using vitte::loader::native::word;
    namespace elf = vitte::loader::elf;
    const std::string before = text;
    const auto file = elf::file::parse(bytes_of(before));
    BOOST_REQUIRE(file.has_value());
    char* header = text.data() + file->header().sections_at;
    for (const elf::section s : file->sections()) {
        auto type = static_cast<std::uint32_t>(s.type);
        auto flags = static_cast<word>(s.flags);
        change(file->name(s).value_or(""), type, flags);
        std::memcpy(header + 4, &type, sizeof type);
        std::memcpy(header + 8, &flags, sizeof flags);
        header += elf::section::size_in(vitte::loader::native::form);
    }
    return text;
}

void c_module(const std::vector<link_input>& objects) {
    events.clear();
    auto loader = host();
    auto linked = loader.link(objects);
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const module& m = *linked;
    const std::vector<std::string> started{"101", "102", "ctors", "constructor"};
    BOOST_TEST(events == started, per_element);
    BOOST_TEST(call<int()>(m, "chosen") == 2);
    BOOST_TEST(call<int()>(m, "call_chosen") == 2);
    BOOST_TEST(call<int()>(m, "has_maybe") == 0);
    BOOST_TEST(call<int(int)>(m, "call_host", 5) == 11);
    BOOST_TEST(call<int(int)>(m, "use_hidden", 5) == 6);
    BOOST_TEST(m.find("hidden_sum") == nullptr);
    BOOST_TEST(std::string(call<const char*(int)>(m, "nth_name", 2)) == "two");
    BOOST_TEST(call<int(int)>(m, "grow", 3) == 8);
    BOOST_TEST(call<int(int)>(m, "classify", 1) == 8);
    BOOST_TEST(call<int(int)>(m, "classify", 5) == 'o');
    BOOST_TEST(call<int(int)>(m, "classify", 6) == 61);
    BOOST_TEST(call<double(double)>(m, "half", 5.0) == 2.5);
    BOOST_TEST(call<int(int)>(m, "set_common", 77) == 77);
    BOOST_TEST(*static_cast<int*>(m.find("common_number")) == 77);
    BOOST_TEST(call<int*()>(m, "place_of_common") == m.find("common_number"));
    char* const block = call<char*()>(m, "block");
    BOOST_TEST(block == m.find("common_block"));
    BOOST_TEST((block[0] == 0 && block[4095] == 0));  // the larger of both
    BOOST_TEST(call<int()>(m, "registered") == 3);
    BOOST_TEST(call<int(int)>(m, "sum_of_all", 5) == (5 + 1) + 10 * 5 + (5 - 2));
    BOOST_TEST(call<int(int)>(m, "indirect", 5) == 15);
    BOOST_TEST(call<int(int)>(m, "call_indirect", 6) == 18);
    BOOST_TEST(call<int()>(m, "same_pointer") == 1);
    BOOST_TEST(call<std::uintptr_t()>(m, "place_of_aligned") % 65'536 == 0u);
    BOOST_TEST(call<int()>(m, "register_at_exit") == 0);
    events.clear();
    linked->unload();
    const std::vector<std::string> stopped{"atexit", "destructor", "dtors", "destructor 101"};
    BOOST_TEST(events == stopped, per_element);
}

void c_module(const std::string& variant) { c_module(inputs({"parts_a", "parts_b"}, variant)); }

void thread_local_variables(const std::string& variant) {
    auto loader = host();
    auto linked = loader.link(inputs({"parts_a", "parts_b"}, variant));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const module& m = *linked;
    BOOST_TEST(call<int()>(m, "count") == 11);
    BOOST_TEST(call<int()>(m, "count") == 12);
    BOOST_TEST(call<int()>(m, "count_locally") == 42);
    BOOST_TEST(call<int()>(m, "sum_of_zeroed") == 0);
    BOOST_TEST(call<int()>(m, "sum_of_zeroed") == 100);
    BOOST_TEST(call<int*()>(m, "place_of_counted") == m.find("counted"));
    BOOST_TEST(std::string(call<const char*()>(m, "in_thread")) == "one per thread");
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(m.find("zeroed_in_threads")) % 64 == 0u);
    int there[3] = {};
    std::thread([&] {
        there[0] = call<int()>(m, "count");
        there[1] = call<int()>(m, "count_locally");
        there[2] = call<int()>(m, "sum_of_zeroed");
    }).join();
    BOOST_TEST(there[0] == 11);
    BOOST_TEST(there[1] == 42);
    BOOST_TEST(there[2] == 0);
    BOOST_TEST(call<int()>(m, "count") == 13);
}

void cxx_module(const std::string& variant) {
    events.clear();
    auto loader = host();
    auto linked = loader.link(inputs({"classes_a", "classes_b"}, variant));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const module& m = *linked;
    BOOST_TEST(events.back() == "static made");
    BOOST_TEST(call<int(int)>(m, "area_of_square", 7) == 49);
    BOOST_TEST(call<int*()>(m, "unified_in_a") == call<int*()>(m, "unified_in_b"));
    BOOST_TEST(call<int*()>(m, "inline_in_a") == call<int*()>(m, "inline_in_b"));
    BOOST_TEST(call<int()>(m, "next_in_a") == 1);
    BOOST_TEST(call<int()>(m, "next_in_b") == 2);
    BOOST_TEST(call<int(int)>(m, "catch_failure", 0) == 0);
    BOOST_TEST(call<int(int)>(m, "catch_failure", 9) == -9);
    BOOST_TEST(call<int(int)>(m, "catch_failure", 300) == 300);
    events.clear();
    int caught = 0;
    try {
        call<int(int)>(m, "pass_on", 8);
    } catch (int n) {
        caught = n;
    }
    BOOST_TEST(caught == 8);
    const std::vector<std::string> unwound{"frame entered", "frame left"};
    BOOST_TEST(events == unwound, per_element);
    events.clear();
    BOOST_TEST(std::string(call<const char*()>(m, "touch_thread")) == "thread gone");
    linked->unload();
    const std::vector<std::string> gone{"thread made", "thread gone", "static gone"};
    BOOST_TEST(events == gone, per_element);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(objects)

BOOST_AUTO_TEST_CASE(c_objects_are_linked_initialised_called_and_finalised) {
    for (const std::string& v : variants()) BOOST_TEST_CONTEXT(v) c_module(v);
}

BOOST_AUTO_TEST_CASE(initialisers_in_sections_that_are_not_writable_run) {
    const auto sealed = [](const char* name) {
        return with_sections(text_of(built(name)), [](std::string_view section, std::uint32_t&, auto& flags) {
            for (const char* const kind : {".init_array", ".fini_array", ".ctors", ".dtors"})
                if (section.starts_with(kind)) flags &= static_cast<std::uintptr_t>(~vitte::loader::elf::flag_write);
        });
    };
    const std::string a = sealed("parts_a-O2.o"), b = sealed("parts_b-O2.o");
    c_module({link_input::bytes("parts_a.o", bytes_of(a)), link_input::bytes("parts_b.o", bytes_of(b))});
}

BOOST_AUTO_TEST_CASE(sections_of_unknown_types_are_linked_by_the_rules_of_the_gabi) {
    constexpr std::uint32_t crel = 0x40000014, of_nobody = 0x50000000, of_system = 0x6abcdef0, of_machine = 0x7abcdef0;
    const std::string whole = text_of(built("parts_a-O0.o"));
    const auto linked_as = [&](std::string_view wanted, std::uint32_t as, std::uintptr_t more = 0) {
        bool seen = false;
        const std::string text = with_sections(whole, [&](std::string_view name, std::uint32_t& type, auto& flags) {
            if (name == wanted) type = as == 0 ? type : as, flags |= more, seen = true;
        });
        BOOST_TEST(seen);
        const std::string message = only_link(text);
        return message.find("x.o: " + std::string(wanted) + " ") == message.npos ? message : "refused by name";
    };
    for (const std::uint32_t type : {crel, of_nobody, of_system, of_machine})
        BOOST_TEST(linked_as(".rela.text", type, vitte::loader::elf::flag_info_link) == "refused by name");
    BOOST_TEST(linked_as(".data", of_nobody) == "refused by name");
    for (const std::uint32_t type : {of_system, of_machine}) BOOST_TEST(linked_as(".data", type) == "");
    for (const std::uint32_t type : {of_nobody, of_system}) BOOST_TEST(linked_as(".comment", type) == "");
    for (const std::uint32_t type : {0u, of_system})
        BOOST_TEST(linked_as(".comment", type, vitte::loader::elf::flag_nonconforming) == "refused by name");
}

const ability debug_information{"an object with debug information for this machine",
                                [] { return !text_of(fixture("placed.o")).empty(); }};
BOOST_AUTO_TEST_CASE(debug_information_with_relocations_of_any_form_is_not_read, *needs(debug_information)) {
    constexpr std::uint32_t crel = 0x40000014;
    for (const bool compact : {false, true}) {
        bool seen = false;
        const std::string text = with_sections(
            text_of(fixture("placed.o")), [&](std::string_view name, std::uint32_t& type, auto&) {
                if (name == ".rela.debug_info") type = compact ? crel : type, seen = true;
            });
        BOOST_TEST(seen);
        const auto file = vitte::loader::elf::file::parse(bytes_of(text));
        BOOST_REQUIRE(file.has_value());
        using plain = vitte::result<std::span<const std::byte>, vitte::loader::parse_error>;
        const auto found = vitte::loader::dwarf::find_sections(
            *file, [](const vitte::loader::dwarf::compressed&) { return plain(std::span<const std::byte>()); });
        BOOST_TEST((!found && found.error().code == vitte::errc::not_supported));
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_the_function_of_start_up_files_are_refused) {
    const std::string message = only_link(text_of(built("piece.o")), "piece.o");
    BOOST_TEST(message.find("piece.o: .init is a part of a function") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(thread_local_variables_are_one_per_thread) {
    for (const std::string& v : variants()) BOOST_TEST_CONTEXT(v) thread_local_variables(v);
}

BOOST_AUTO_TEST_CASE(cxx_objects_share_what_both_have_and_throw_through_each_other_and_the_host) {
    for (const std::string& v : variants()) BOOST_TEST_CONTEXT(v) cxx_module(v);
}

/// Threads of an emulator cannot be reached, which have to be given their storage, too.
template <class P>
constexpr bool reaches_threads = requires { typename P::every_thread; };
const ability every_thread{"a way to reach every thread", [] { return reaches_threads<vitte::sys::native>; }};
BOOST_AUTO_TEST_CASE(code_with_thread_local_variables_at_a_fixed_distance, *needs(own_kernel) * needs(every_thread)) {
    c_module("ie");
    thread_local_variables("ie");
    cxx_module("ie");
#if defined(__GLIBC__)
    c_module("pie");
    thread_local_variables("pie");
#endif
}

BOOST_AUTO_TEST_CASE(nothing_is_writable_and_executable_and_unloading_unmaps, *needs(own_kernel)) {
    auto loader = host();
    auto linked = loader.link(inputs({"parts_a", "parts_b"}, "O2"));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const std::string maps = text_of("/proc/self/maps");
    BOOST_TEST(maps.find("rwx") == std::string::npos);
    const void* const code = *linked->symbol("chosen");
    const void* const constant = call<const char*(int)>(*linked, "nth_name", 1);
    const auto is = [](const void* at, vitte::sys::access wanted) {
        const auto found = vitte::sys::protection(at);
        return found.has_value() ? *found == wanted : found.error().code == errc::not_supported;
    };
    BOOST_TEST(is(code, vitte::sys::access::read_execute));
    BOOST_TEST(is(constant, vitte::sys::access::read));
    BOOST_TEST(is(linked->find("common_number"), vitte::sys::access::read_write));
    linked->unload();
    BOOST_TEST(is(code, vitte::sys::access::none));
}

BOOST_AUTO_TEST_CASE(addresses_tell_their_symbols) {
    auto loader = host();
    auto linked = loader.link(inputs({"parts_a", "parts_b"}, "Os"));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    for (const char* const name : {"chosen", "nth_name", "registered"}) {
        const char* const start = static_cast<const char*>(linked->find(name));
        const auto found = linked->address_to_symbol(start + 1);
        BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
        BOOST_TEST(std::string(found->name) == name);
        BOOST_TEST(found->offset == 1u);
        BOOST_TEST(found->module == built("parts_a-Os.o"));
    }
}

BOOST_AUTO_TEST_CASE(members_of_archives_are_taken_if_they_are_needed) {
    auto loader = host();
    const auto archive = link_input::file(built("libmembers.a")), user = link_input::file(built("needs_first.o"));
    for (const auto& order : {std::vector{user, archive}, std::vector{archive, user}}) {
        auto linked = loader.link(order);
        BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
        BOOST_TEST(call<int()>(*linked, "use_first") == 42);
        BOOST_TEST(linked->find("second") != nullptr);
        BOOST_TEST(linked->find("unused") == nullptr);
    }
    auto whole = loader.link(std::vector{user, link_input(archive).whole()});
    BOOST_REQUIRE(!whole.has_value());
    BOOST_TEST(whole.error().symbol == "nobody_defines_this");
    BOOST_TEST(without_folders(whole.error().references).starts_with("libmembers.a(member_unused.o):(.text"));
}

BOOST_AUTO_TEST_CASE(members_of_archives_are_taken_in_the_order_of_gnu_ld) {
    auto loader = host();
    auto linked = loader.link(
        std::vector{link_input::file(built("needs_archive.o")), link_input::file(built("liborder.a"))});
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    BOOST_TEST(call<int()>(*linked, "use_common") == 42);
    BOOST_TEST(call<int()>(*linked, "use_order") == 2);  // behind who needs it, as the index is being gone through
}

BOOST_AUTO_TEST_CASE(an_archive_without_an_index_is_searched_by_what_its_members_say) {
    const auto content = [](const char* name) { return text_of(built(name)); };
    std::string archive = "!<arch>\n";
    for (const char* const name : {"member_unused.o", "member_first.o", "member_second_with_a_long_name.o"}) {
        std::string number = std::to_string(content(name).size() + 40), length = name;
        number.resize(10, ' ');
        length.resize(40, '\0');
        archive += "#1/40           0           0     0     644     " + number + "`\n" + length + content(name);
        if (archive.size() % 2 != 0) archive += '\n';
    }
    auto loader = host();
    auto linked = loader.link(std::vector{link_input::file(built("needs_first.o")),
                                          link_input::bytes("bsd.a", bytes_of(archive))});
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    BOOST_TEST(call<int()>(*linked, "use_first") == 42);
}

BOOST_AUTO_TEST_CASE(what_is_defined_twice_is_named_with_both_places) {
    const std::string text = text_of(built("twice.o"));
    auto loader = host();
    auto linked =
        loader.link(std::vector{link_input::bytes("a.o", bytes_of(text)), link_input::bytes("b.o", bytes_of(text))});
    BOOST_REQUIRE(!linked.has_value());
    BOOST_TEST((linked.error().code == errc::already_exists));
    BOOST_TEST(
        linked.error().message() ==
        "a.o: linking symbol 'defined_twice': defined in a.o:(.data.twice+0x0) and again in b.o:(.data.twice+0x0)");
}

BOOST_AUTO_TEST_CASE(what_nobody_defines_is_named_with_who_refers_to_it) {
    module_loader loader;
    auto linked = loader.link(inputs({"undefined"}));
    BOOST_REQUIRE(!linked.has_value());
    BOOST_TEST((linked.error().code == errc::not_found));
    BOOST_TEST(
        without_folders(linked.error().message()) ==
        "undefined.o: linking symbol 'nobody': nothing defines it: provide it, or link the object or archive that "
        "does; the same goes for 'nobody_either'; referenced by undefined.o:(.data.places+0x0), "
        "undefined.o:(.data.places+0x8), undefined.o:(.data.places+0x10) and 1 more");
    BOOST_TEST(linked.error().searched.starts_with("0 host exports"));
    static int nobody = 5;
    loader.provide_symbol("nobody", &nobody);
    loader.provide_symbol("nobody_either", &events);
    linked = loader.link(inputs({"undefined"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    BOOST_TEST(**static_cast<int**>(linked->find("places")) == 5);
}

BOOST_AUTO_TEST_CASE(global_modules_are_bound_to_and_kept) {
    events.clear();
    auto loader = host();
    BOOST_TEST((loader.link(inputs({"uses_counter"})).error().code == errc::not_found));
    auto counter = loader.load(fixture("libcounter.so").c_str(), {.global = true});
    BOOST_REQUIRE_MESSAGE(counter.has_value(), why(counter));
    auto linked = loader.link(inputs({"uses_counter"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    counter->unload();
    BOOST_TEST(call<int()>(*linked, "twice_the_counter") == 84);
    BOOST_TEST(events.back() == "start");
    linked->unload();
    BOOST_TEST(events.back() == "stop");
}

const ability handles_of_modules{"a C library that takes back what modules have registered", [] {
#if defined(__GLIBC__)
                                      return true;
#else
                                      return false;
#endif
                                 }};
BOOST_AUTO_TEST_CASE(the_c_library_calls_nothing_of_objects_that_have_gone,
                     *needs(own_kernel) * needs(handles_of_modules)) {
    auto loader = host();
    auto linked = loader.link(inputs({"forks"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const auto events_of_a_fork = [] {
        events.clear();
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        BOOST_REQUIRE((child > 0 && ::waitpid(child, nullptr, 0) == child));
        return events;
    };
    BOOST_TEST(events_of_a_fork() == (std::vector<std::string>{"prepare", "parent"}), per_element);
    linked->unload();
    BOOST_TEST(events_of_a_fork().empty());
}

template <class P>
constexpr bool tells_images = requires { typename P::images; };
const ability told_libraries{"a dynamic linker that tells what it has loaded", [] {
                                 return tells_images<vitte::sys::native> && vitte::sys::library::program().has_value();
                             }};
BOOST_AUTO_TEST_CASE(a_library_of_the_process_stays_while_objects_are_bound_to_it, *needs(told_libraries)) {
    std::optional<vitte::sys::library> library(*vitte::sys::library::open(fixture(VITTE_PLAIN_LIBRARY).c_str()));
    module_loader loader;
    auto linked = loader.link(inputs({"borrows"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    library.reset();
    BOOST_TEST(call<int(int)>(*linked, "four_times", 10) == 40);
}

BOOST_AUTO_TEST_CASE(branches_go_further_than_they_reach) {
    auto loader = host();
    auto linked = loader.link(inputs({"far"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    BOOST_TEST(call<int(int)>(*linked, "call_over", 20) == 41);
    const auto distance = reinterpret_cast<std::intptr_t>(linked->find("beyond")) -
                          reinterpret_cast<std::intptr_t>(linked->find("call_over"));
    BOOST_TEST(distance > 0x8000000);
}

BOOST_AUTO_TEST_CASE(more_sections_than_an_elf_header_can_count) {
    auto loader = host();
    auto linked = loader.link(inputs({"many"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    call<void()>(*linked, "f0");
    call<void()>(*linked, "f65999");
    BOOST_TEST(linked->find("f65999") != linked->find("f65998"));
}

BOOST_AUTO_TEST_CASE(code_without_fpic_works_or_is_refused_in_words) {
    auto loader = host();
    auto linked = loader.link(inputs({"fixed"}));
    if (linked) BOOST_TEST(call<int(int)>(*linked, "number_at", 2) == 4);
    else {
        BOOST_TEST((linked.error().code == errc::out_of_range));
        BOOST_TEST(linked.error().symbol != "");  // a compiler may have its own name for the place of numbers
        BOOST_TEST(linked.error().message().find("fixed.o:(.text") != std::string::npos);
        BOOST_TEST(linked.error().message().find("compile with -fPIC") != std::string::npos);
    }
}

#if defined(__riscv)
BOOST_AUTO_TEST_CASE(padding_is_taken_out_until_code_is_aligned) {
    auto loader = host();
    auto linked = loader.link(inputs({"aligned"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(linked->find("aligned_code")) % 64 == 0u);
    BOOST_TEST(call<int()>(*linked, "before_padding") == 17);
    BOOST_TEST(call<int()>(*linked, "aligned_code") == 17);
    const auto* const distance = static_cast<const std::int32_t*>(linked->find("distance_over"));
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(distance) % 32 == 0u);
    BOOST_TEST(*distance ==
               reinterpret_cast<const char*>(distance) - static_cast<const char*>(linked->find("before_padding")));
}
#endif

#if defined(__GLIBC__)
BOOST_AUTO_TEST_CASE(instructions_are_what_another_linker_makes_of_them) {
    namespace elf = vitte::loader::elf;
    auto loader = host();
    auto linked = loader.link(inputs({"encodings", "numbers"}));
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    const auto* const begin = static_cast<const unsigned char*>(linked->find("encodings"));
    const auto* const end = static_cast<const unsigned char*>(linked->find("encodings_end"));
    const std::string theirs = text_of(built("encodings.elf"));
    const auto file = elf::file::parse(bytes_of(theirs));
    BOOST_REQUIRE(file.has_value());
    std::span<const std::byte> text;
    for (const elf::section s : file->sections())
        if (file->name(s).value_or("") == ".text") text = file->content(s).value_or(elf::part{}).bytes;
    BOOST_REQUIRE(text.size() >= static_cast<std::size_t>(end - begin));
    BOOST_REQUIRE(end - begin > 100);
    for (std::ptrdiff_t i = 0; i < end - begin; ++i)
        BOOST_TEST(static_cast<unsigned>(begin[i]) == std::to_integer<unsigned>(text[static_cast<std::size_t>(i)]),
                   "byte " << i);
}
#endif

namespace {
/// Whether `low` to `high`, which are what a psABI allows, fit into `into`, and `step` more on either side does not.
template <class Cpu>
void reaches(typename Cpu::field into, std::int64_t low, std::int64_t high, std::int64_t step = 1) {
    std::byte place[8] = {};
    const auto fits = [&](std::int64_t value) { return Cpu::insert(into, place, value) == object::fit::fits; };
    BOOST_TEST_CONTEXT("field " << static_cast<int>(into)) {
        BOOST_TEST(fits(low));
        BOOST_TEST(fits(high));
        BOOST_TEST(!fits(low - step));
        BOOST_TEST(!fits(high + step));
    }
}
constexpr std::int64_t bit(unsigned n) { return std::int64_t{1} << n; }
}  // namespace

BOOST_AUTO_TEST_CASE(values_that_do_not_fit_are_noticed) {
    using x86 = object::x86_64::field;
    reaches<object::x86_64>(x86::bits8, -bit(7), bit(8) - 1);
    reaches<object::x86_64>(x86::bits16, -bit(15), bit(16) - 1);
    reaches<object::x86_64>(x86::signed32, -bit(31), bit(31) - 1);
    reaches<object::x86_64>(x86::unsigned32, 0, bit(32) - 1);
    using arm = object::aarch64::field;
    reaches<object::aarch64>(arm::bits16, -bit(15), bit(16) - 1);
    reaches<object::aarch64>(arm::bits32, -bit(31), bit(32) - 1);
    reaches<object::aarch64>(arm::adr, -bit(20), bit(20) - 1);
    reaches<object::aarch64>(arm::adrp, -bit(32), bit(32) - 1);
    reaches<object::aarch64>(arm::low12_checked, 0, bit(12) - 1);
    reaches<object::aarch64>(arm::high12, 0, bit(24) - 1);
    reaches<object::aarch64>(arm::load64_checked, 0, bit(12) - 8, 8);
    reaches<object::aarch64>(arm::load64_of_15, 0, bit(15) - 8, 8);
    reaches<object::aarch64>(arm::word14, -bit(15), bit(15) - 4, 4);
    reaches<object::aarch64>(arm::word19, -bit(20), bit(20) - 4, 4);
    reaches<object::aarch64>(arm::word26, -bit(27), bit(27) - 4, 4);
    reaches<object::aarch64>(arm::group0, 0, bit(16) - 1);
    reaches<object::aarch64>(arm::group1, 0, bit(32) - 1);
    reaches<object::aarch64>(arm::group2, 0, bit(48) - 1);
    reaches<object::aarch64>(arm::signed0, -bit(16), bit(16) - 1);
    reaches<object::aarch64>(arm::signed1, -bit(32), bit(32) - 1);
    reaches<object::aarch64>(arm::signed2, -bit(48), bit(48) - 1);
    using risc = object::riscv64::field;
    reaches<object::riscv64>(risc::bits32, -bit(31), bit(32) - 1);
    reaches<object::riscv64>(risc::signed32, -bit(31), bit(31) - 1);
    reaches<object::riscv64>(risc::b_type, -bit(12), bit(12) - 2, 2);
    reaches<object::riscv64>(risc::j_type, -bit(20), bit(20) - 2, 2);
    reaches<object::riscv64>(risc::cb_type, -bit(8), bit(8) - 2, 2);
    reaches<object::riscv64>(risc::cj_type, -bit(11), bit(11) - 2, 2);
    reaches<object::riscv64>(risc::u_type, -bit(31) - 0x800, bit(31) - 0x801);

    std::byte place[8] = {};
    BOOST_TEST((object::aarch64::insert(arm::word26, place, 2) == object::fit::misaligned));
    BOOST_TEST((object::aarch64::insert(arm::load128, place, 8) == object::fit::misaligned));
    BOOST_TEST((object::riscv64::insert(risc::j_type, place, 1) == object::fit::misaligned));
    BOOST_TEST((object::x86_64::insert(x86::signed32, std::span(place).first(3), 0) == object::fit::outside));
    BOOST_TEST((object::aarch64::insert(arm::adr, std::span(place).first(3), 0) == object::fit::outside));
    BOOST_TEST((object::riscv64::insert(risc::u_and_i_type, std::span(place).first(7), 0) == object::fit::outside));
}

BOOST_AUTO_TEST_CASE(numbers_of_variable_length_keep_their_length) {
    using field = object::riscv64::field;
    std::byte place[] = {std::byte{0x80}, std::byte{0x80}, std::byte{0x80}, std::byte{0x00}, std::byte{0xff}};
    const auto number = [&] { return vitte::decode_leb128<std::uint64_t>(place)->value; };
    BOOST_TEST((object::riscv64::insert(field::set_leb128, place, 123'456) == object::fit::fits));
    BOOST_TEST((object::riscv64::insert(field::subtract_leb128, place, 123'400) == object::fit::fits));
    BOOST_TEST(number() == 56u);
    BOOST_TEST(vitte::decode_leb128<std::uint64_t>(place)->length == 4u);
    BOOST_TEST(std::to_integer<int>(place[4]) == 0xff);
    BOOST_TEST((object::riscv64::insert(field::set_leb128, std::span(place).subspan(4), 1) == object::fit::outside));
}

BOOST_AUTO_TEST_CASE(what_is_not_an_object_is_refused_in_words) {
    const auto says = [](const std::string& text, const char* expected) {
        const std::string message = only_link(text);
        BOOST_TEST(message.find(expected) != std::string::npos, message);
        BOOST_TEST(message.find("x.o") != std::string::npos, message);
    };
    says("int main() { return 0; }", "not an ELF file");
    says("", "not an ELF file");
    says("BC\xC0\xDE" "....", "compile without -flto");
    says("!<thin>\n", "thin");
    says(text_of(fixture("libcounter.so")), "shared objects are loaded, not linked");
    std::string other = text_of(built("twice.o"));
    other[18] = 0x34;
    other[19] = 0x12;
    says(other, "compiled for machine 4660");
    auto loader = host();
    BOOST_TEST(why(loader.link({})).find("there is nothing to link") != std::string::npos);
    auto absent = loader.link(std::vector{link_input::file("no/such/file.o")});
    BOOST_REQUIRE(!absent.has_value());
    BOOST_TEST((absent.error().code == errc::not_found));
    BOOST_TEST(absent.error().message().find("no/such/file.o: open") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(relocations_do_not_move_records_of_frames) {
    namespace elf = vitte::loader::elf;
    std::string text = text_of(built("classes_a-O2.o"));
    const auto file = elf::file::parse(bytes_of(text));
    BOOST_REQUIRE(file.has_value());
    std::size_t relocations = 0;
    for (const elf::section s : file->sections())
        if (file->name(s).value_or("") == ".rela.eh_frame") relocations = static_cast<std::size_t>(s.offset);
    BOOST_REQUIRE(relocations != 0);
    for (const std::uint64_t place : {0u, 4u}) {  // the length of the first record, and that it is a common one
        std::memcpy(&text[relocations], &place, sizeof place);
        const std::string message = only_link(text);
        BOOST_TEST(message.find("a record of frames that would end elsewhere") != std::string::npos, message);
    }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error) {
    const std::string whole = text_of(built("classes_a-O2.o"));
    BOOST_REQUIRE(only_link(whole) == "");
    for (std::size_t length = 0; length < whole.size(); length += length < 256 ? 1 : 31)
        BOOST_TEST(only_link(whole.substr(0, length)) != "", "truncated to " << length << " bytes");
}

BOOST_AUTO_TEST_CASE(every_flipped_byte_is_an_error_or_harmless) {
    for (const char* const name : {"classes_a-O2.o", "parts_a-O2.o", "aligned.o", "libmembers.a"}) {
        std::string bytes = text_of(built(name));
        const std::string before = only_link(bytes, name);
        BOOST_REQUIRE_MESSAGE(before.empty(), before);
        std::size_t refused = 0;
        unsigned bit = 0;
        for (std::size_t at = 0; at < bytes.size(); at += stride) {
            char& byte = bytes[at];
            const char flip = static_cast<char>(1 << (bit++ % 8)), all = byte;
            if (all == 0 && bit % 5 != 0) continue;
            byte = static_cast<char>(byte ^ flip);
            refused += only_link(bytes, name) != "";
            byte = static_cast<char>(~all);
            refused += only_link(bytes, name) != "";
            byte = all;
        }
        BOOST_TEST(refused * stride > 20u);
    }
}

namespace {
const ability zlib{"libz.a of a distribution", [] { return !text_of(VITTE_LIBZ_A).empty(); }};
const ability sqlite{"libsqlite3.a of a distribution", [] { return !text_of(VITTE_LIBSQLITE3_A).empty(); }};
const ability lua{"liblua5.4.a of a distribution", [] { return !text_of(VITTE_LIBLUA5_4_A).empty(); }};
}  // namespace

BOOST_AUTO_TEST_CASE(zlib_compresses, *needs(zlib)) {
    auto loader = host();
    auto linked = loader.link(std::vector{link_input::file(VITTE_LIBZ_A).whole()});
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    using transform = int(unsigned char*, unsigned long*, const unsigned char*, unsigned long);
    std::string text;
    for (int i = 0; i < 3000; ++i) text += std::to_string(i * i % 997);
    std::vector<unsigned char> packed(text.size()), back(text.size());
    unsigned long size = packed.size(), back_size = back.size();
    BOOST_TEST(call<transform>(*linked, "compress", packed.data(), &size,
                               reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 0);
    BOOST_TEST(size < text.size() / 2);
    BOOST_TEST(call<transform>(*linked, "uncompress", back.data(), &back_size, packed.data(), size) == 0);
    BOOST_TEST(std::string(back.begin(), back.end()) == text);
}

BOOST_AUTO_TEST_CASE(sqlite_answers_a_query, *needs(sqlite)) {
    auto loader = host();
    auto linked = loader.link(std::vector{link_input::file(VITTE_LIBSQLITE3_A).whole()});
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    void* database = nullptr;
    BOOST_REQUIRE(call<int(const char*, void**)>(*linked, "sqlite3_open", ":memory:", &database) == 0);
    std::string sum;
    const auto take = [](void* to, int, char** values, char**) {
        return static_cast<std::string*>(to)->append(values[0]), 0;
    };
    using row = int(void*, int, char**, char**);
    BOOST_TEST(call<int(void*, const char*, row*, void*, char**)>(
                   *linked, "sqlite3_exec", database,
                   "create table t(a); insert into t values (1), (20), (300); select sum(a) from t", take, &sum,
                   nullptr) == 0);
    BOOST_TEST(sum == "321");
    BOOST_TEST(call<int(void*)>(*linked, "sqlite3_close", database) == 0);
}

BOOST_AUTO_TEST_CASE(lua_runs_a_script_if_streams_are_near, *needs(lua)) {
    auto loader = host();
    const auto archive = link_input::file(VITTE_LIBLUA5_4_A).whole();
    auto alone = loader.link(std::vector{archive});  // compiled for programs: it depends on where the C library is
    if (!alone) BOOST_TEST(why(alone).find("R_X86_64_PC32 does not reach it") != std::string::npos, why(alone));
    auto linked = loader.link(std::vector{link_input::file(built("streams.o")), archive});
    BOOST_REQUIRE_MESSAGE(linked.has_value(), why(linked));
    void* const state = call<void*()>(*linked, "luaL_newstate");
    call<void(void*)>(*linked, "luaL_openlibs", state);
    const char* const script = "local s = 0; for i = 1, 100 do s = s + i end; return pcall(error) and 0 or s";
    BOOST_TEST(call<int(void*, const char*)>(*linked, "luaL_loadstring", state, script) == 0);
    BOOST_TEST(call<int(void*, int, int, int, std::intptr_t, void*)>(*linked, "lua_pcallk", state, 0, 1, 0,
                                                                     std::intptr_t{0}, nullptr) == 0);
    BOOST_TEST(call<long long(void*, int, int*)>(*linked, "lua_tointegerx", state, -1, nullptr) == 5050);
    call<void(void*)>(*linked, "lua_close", state);
}

BOOST_AUTO_TEST_SUITE_END()
