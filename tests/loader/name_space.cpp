// Modules that need each other, and where they are found; loads from memory; scopes; many loads from several threads.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vitte/loader/format/ld_cache.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/sys/library.hpp>
#include <vitte/sys/process/capture.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
using vitte::loader::load_options;
using vitte::loader::module_loader;
using strings = std::vector<std::string>;

strings events;
void note_event(const char* what) { events.emplace_back(what); }
void ignore_event(const char*) {}

module_loader host() {
    events.clear();
    module_loader made;
    made.provide("host_event", note_event);
    return made;
}
/// In threads, too, where the test framework must not be asked.
std::string part(const std::string& name) {
    static const std::string folder = fixture("parts/");
    return folder + name;
}

template <class Loaded>
int value(Loaded& m, const char* name) {
    BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
    const auto function = (*m)->template function_pointer<int()>(name);
    BOOST_REQUIRE(function.has_value());
    return (*function)();
}
bool mapped(const char* name) { return text_of("/proc/self/maps").find(name) != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(name_space)

BOOST_AUTO_TEST_CASE(what_a_module_needs_is_loaded_before_and_goes_after_it) {
    auto loader = host();
    auto a = loader.load(part("libpart_a.so").c_str());
    BOOST_TEST(value(a, "a_value") == 111);
    a->unload();
    const strings expected{"+c", "+b", "+a", "-a", "-b", "-c"};
    BOOST_TEST(events == expected, boost::test_tools::per_element());
    BOOST_TEST(!mapped("libpart_"));
}

const ability inherited_run_path{"a linker that makes DT_RPATH", [] { return !text_of(part("libpart_d.so")).empty(); }};
BOOST_AUTO_TEST_CASE(an_inherited_run_path_holds_for_needs_of_needs, *needs(inherited_run_path)) {
    auto loader = host();
    auto d = loader.load(part("libpart_d.so").c_str());
    BOOST_TEST(value(d, "d_value") == 110'001);
}

/// "name (libc6,x86-64) => path" in the words of ldconfig.
std::vector<std::pair<std::string, std::string>> listed_libraries() {
    namespace sys = vitte::sys;
    std::vector<std::pair<std::string, std::string>> all;
    const auto said = sys::capture(sys::command("/sbin/ldconfig").arguments({"-p"}));
    if (!said) return all;
    std::istringstream lines{std::string(said->output_text())};
    for (std::string name, kind, arrow, path; std::getline(lines >> name >> kind >> arrow >> std::ws, path);)
        if (kind == "(libc6,x86-64)") all.emplace_back(name, path);
    return all;
}
const ability library_cache{"ldconfig with libraries for x86-64", [] { return !listed_libraries().empty(); }};
BOOST_AUTO_TEST_CASE(the_systems_cache_is_read_as_ldconfig_reads_it, *needs(own_kernel) * needs(library_cache)) {
    const std::string bytes = text_of("/etc/ld.so.cache");
    const auto cache = vitte::loader::ld_cache::parse(std::as_bytes(std::span(bytes)));
    BOOST_REQUIRE(cache.has_value());
    std::map<std::string, strings> ours, theirs;
    for (const auto& [name, path] : listed_libraries()) theirs[name].push_back(path);
    for (const auto& [name, paths] : theirs)
        cache->find(name, vitte::loader::elf::machine::x86_64, [&, &found = ours[name]](std::string_view path) {
            found.emplace_back(path);
            return false;
        });
    BOOST_TEST((ours == theirs));
    BOOST_TEST(ours.contains("libc.so.6"));
}

BOOST_AUTO_TEST_CASE(a_library_that_is_nowhere_is_named_with_who_needs_it) {
    auto loader = host();
    auto f = loader.load(part("libpart_f.so").c_str());
    BOOST_REQUIRE(!f);
    BOOST_TEST((f.error().code == errc::not_found));
    BOOST_TEST(f.error().message().find("libpart_c.so") != std::string::npos);
    BOOST_TEST(f.error().message().find("libpart_f.so") != std::string::npos);
    BOOST_TEST(!mapped("libpart_"));
    BOOST_TEST(events.empty());
    loader.add_search_path(part("deep"));
    auto found = loader.load(part("libpart_f.so").c_str());
    BOOST_TEST(value(found, "f_value") == 1001);
}

BOOST_AUTO_TEST_CASE(a_load_that_fails_leaves_what_was_there) {
    auto loader = host();
    auto c = loader.load(part("deep/libpart_c.so").c_str());
    auto failed = loader.load(part("libpart_i.so").c_str());
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().symbol == "nowhere_value");
    BOOST_TEST(value(c, "c_value") == 1);
    BOOST_TEST((events == strings{"+c"}));
    c->unload();
    BOOST_TEST((events == strings{"+c", "-c"}));
    BOOST_TEST(!mapped("libpart_"));
}

template <class Machine>
constexpr bool has_thread_locals = Machine::has_thread_locals;
const ability thread_local_modules{"thread-local storage of modules on this machine",
                                   [] { return has_thread_locals<vitte::loader::native::machine>; }};
BOOST_AUTO_TEST_CASE(what_thread_local_objects_call_stays_until_their_threads_end,
                     *needs(threads) * needs(thread_local_modules)) {
    for (const bool lazy : {false, true}) {
        std::optional<module_loader> loader(host());
        auto late = loader->load(part("liblate.so").c_str(), {.lazy = lazy});
        BOOST_REQUIRE_MESSAGE(late.has_value(), (late ? "" : late.error().message()));
        const auto say_later = *(*late)->function_pointer<void(int*)>("say_later");
        vitte::sys::event said, unloaded;
        int word = 0;
        auto thread = vitte::sys::start_thread([&] {
            say_later(&word);
            said.set();
            unloaded.wait();
        });
        said.wait();
        late->unload();
        loader.reset();
        BOOST_TEST((events == strings{"+c", "-c"}));
        BOOST_TEST(word == 0);
        BOOST_TEST((mapped("liblate.so") && mapped("libpart_c.so")));
        unloaded.set();
        static_cast<void>(thread->join());
        BOOST_TEST(word == 1);
        BOOST_TEST((!mapped("liblate.so") && !mapped("libpart_c.so")));
    }
}

BOOST_AUTO_TEST_CASE(modules_that_need_each_other_come_and_go_together) {
    auto loader = host();
    {
        auto a = loader.load(part("libcycle_a.so").c_str());
        BOOST_TEST(value(a, "cycle_a_value") == 3);
        BOOST_TEST(events.size() == 2u);
        auto h = loader.load(part("libpart_h.so").c_str());
        BOOST_TEST(value(h, "h_value") == 6);
        a->unload();
        BOOST_TEST(events.size() == 3u);
        BOOST_TEST(value(h, "h_value") == 6);
    }
    BOOST_TEST(events.size() == 6u);
    BOOST_TEST(!mapped("libcycle_"));
}

BOOST_AUTO_TEST_CASE(a_module_is_loaded_once_and_goes_with_its_last_user) {
    auto loader = host();
    auto first = loader.load(part("libpart_b.so").c_str()), second = loader.load(part("libpart_b.so").c_str());
    BOOST_REQUIRE((first.has_value() && second.has_value()));
    BOOST_TEST(first->find("b_value") == second->find("b_value"));
    auto a = loader.load(part("libpart_a.so").c_str());
    BOOST_TEST(value(a, "a_value") == 111);
    BOOST_TEST((events == strings{"+c", "+b", "+a"}));
    first->unload();
    second->unload();
    BOOST_TEST(value(a, "a_value") == 111);
    BOOST_TEST(events.size() == 3u);
    a->unload();
    BOOST_TEST(events.back() == "-c");
}

BOOST_AUTO_TEST_CASE(loaders_do_not_see_each_others_modules) {
    auto one = host(), other = host();
    auto mine = one.load(part("libpart_b.so").c_str()), theirs = other.load(part("libpart_b.so").c_str());
    BOOST_REQUIRE((mine.has_value() && theirs.has_value()));
    BOOST_TEST(mine->find("b_value") != theirs->find("b_value"));
    BOOST_TEST((events == strings{"+c", "+b", "+c", "+b"}));
}

BOOST_AUTO_TEST_CASE(only_global_modules_are_seen_by_later_ones, *needs(own_kernel)) {
    const std::string c = part("deep/libpart_c.so"), g = part("libpart_g.so");
    {
        auto loader = host();
        auto local = loader.load(c.c_str());
        BOOST_REQUIRE(local.has_value());
        auto failed = loader.load(g.c_str());
        BOOST_REQUIRE(!failed);
        BOOST_TEST(failed.error().symbol == "c_value");
    }
    auto loader = host();
    auto global = loader.load(c.c_str(), {.global = true});
    auto bound = loader.load(g.c_str());
    BOOST_TEST(value(bound, "g_value") == 3);
    global->unload();  // but stays as long as the other is bound to it
    BOOST_TEST(value(bound, "g_value") == 3);
    BOOST_TEST((events == strings{"+c", "+g"}));
    bound->unload();
    BOOST_TEST((events == strings{"+c", "+g", "-g", "-c"}));
}

BOOST_AUTO_TEST_CASE(weak_definitions_are_one_in_what_is_loaded_together) {
    auto loader = host();
    auto a = loader.load(part("libpart_a.so").c_str());
    BOOST_REQUIRE(a.has_value());
    auto b = loader.load(part("libpart_b.so").c_str());
    BOOST_REQUIRE(b.has_value());
    const auto of_a = *(*a)->function_pointer<int*()>("common_address"),
               of_b = *(*b)->function_pointer<int*()>("common_address");
    BOOST_TEST(of_a() == of_b());
    BOOST_TEST(*of_a() == 100);
    int mine = 7;
    auto other = host();
    other.provide_symbol("common_number", &mine);
    auto bound = other.load(part("libpart_a.so").c_str());
    BOOST_REQUIRE(bound.has_value());
    BOOST_TEST((*(*bound)->function_pointer<int*()>("common_address"))() == &mine);
}

BOOST_AUTO_TEST_CASE(large_relocated_data_is_what_the_file_says) {
    auto loader = host();
    const auto m = loader.load(fixture("libwide.so").c_str());
    BOOST_TEST(value(m, "wide_sum") == 42);
    std::string short_one = text_of(fixture("libwide.so"));
    const auto from_memory = loader.load(std::as_bytes(std::span(short_one)), "wide");
    BOOST_TEST(value(from_memory, "wide_sum") == 42);
    short_one.resize(short_one.size() / 2);
    BOOST_TEST(!loader.load(std::as_bytes(std::span(short_one)), "short").has_value());
}

BOOST_AUTO_TEST_CASE(a_module_from_memory_is_the_one_from_its_file) {
    const std::string bytes = text_of(fixture("libroomy.so"));
    module_loader loader;
    auto m = loader.load(std::as_bytes(std::span(bytes)), "roomy");
    BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
    BOOST_TEST((*(*m)->function_pointer<int(int)>("last_of_room"))(2) == 2);
    auto empty = loader.load(std::span<const std::byte>(), "nothing");
    BOOST_REQUIRE(!empty);
    BOOST_TEST(empty.error().message() == "nothing: copying the module to sealed memory: it is empty");
}

BOOST_AUTO_TEST_CASE(a_module_from_an_open_file_is_the_one_from_its_path, *needs(shared_memory)) {
    const std::string path = fixture("libroomy.so"), bytes = text_of(path);
    module_loader loader;
    std::optional<vitte::loader::module> from_file, from_memory;
    {
        const auto file = vitte::sys::file::open(path.c_str());
        auto m = loader.load(*file, path.c_str());
        BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
        from_file = std::move(*m);
        auto sealed = vitte::sys::shared_memory::create(bytes.size());
        std::memcpy(vitte::sys::view::map(sealed->file(), bytes.size())->bytes().data(), bytes.data(), bytes.size());
        if (seals.present())
            BOOST_TEST(sealed->seal(static_cast<unsigned>(vitte::sys::memory_seal::content)).has_value());
        auto other = loader.load(sealed->file(), "sealed");
        BOOST_REQUIRE_MESSAGE(other.has_value(), (other ? "" : other.error().message()));
        from_memory = std::move(*other);
    }
    for (const auto* m : {&*from_file, &*from_memory})
        BOOST_TEST(reinterpret_cast<int (*)(int)>((*m)->find("last_of_room"))(2) == 2);
    BOOST_TEST(from_file->find("last_of_room") != from_memory->find("last_of_room"));
}

BOOST_AUTO_TEST_CASE(name_spaces_are_as_many_as_one_likes) {
    std::vector<module_loader> loaders(100);
    std::vector<vitte::loader::module> modules;
    std::set<const void*> places;
    for (auto& loader : loaders) {
        loader.provide("host_event", ignore_event);
        auto m = loader.load(part("libpart_a.so").c_str());
        BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
        places.insert(m->find("a_value"));
        modules.push_back(std::move(*m));
    }
    BOOST_TEST(places.size() == loaders.size());
    BOOST_TEST(reinterpret_cast<int (*)()>(modules.back().find("a_value"))() == 111);
    modules.clear();
    BOOST_TEST(!mapped("libpart_"));
}

BOOST_AUTO_TEST_CASE(what_was_verified_is_what_is_loaded) {
    const std::string bytes = text_of(fixture("libroomy.so"));
    const text_file file("verified.so", bytes);
    module_loader loader;
    auto refused = loader.load(file.path(), {.verify = [](std::span<const std::byte>) { return false; }});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::permission_denied));
    bool same = false;
    auto m = loader.load(file.path(), {.verify = [&](std::span<const std::byte> seen) {
                             same = seen.size() == bytes.size() && std::memcmp(seen.data(), bytes.data(), seen.size()) == 0;
                             const text_file changed("verified.so", std::string(bytes.size(), 'x'));
                             return true;
                         }});
    BOOST_TEST(same);
    BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
    BOOST_TEST((*(*m)->function_pointer<int(int)>("last_of_room"))(2) == 2);
}

BOOST_AUTO_TEST_CASE(what_a_module_needs_is_verified_as_it_is) {
    auto loader = host();
    strings asked;
    bool same = true;
    const auto verify = [&](const vitte::loader::file_to_verify& file) {
        const std::string there = text_of(file.path);
        same = same && file.bytes.size() == there.size() &&
               std::memcmp(file.bytes.data(), there.data(), there.size()) == 0;
        const auto name = [](const char* path) {
            return path == nullptr ? "nobody" : std::string(vitte::sys::path_view(path).name());
        };
        asked.push_back(name(file.path) + " for " + name(file.needed_by));
        return true;
    };
    auto a = loader.load(part("libpart_a.so").c_str(), {.verify = verify});
    BOOST_TEST(value(a, "a_value") == 111);
    const strings all{"libpart_a.so for nobody", "libpart_b.so for libpart_a.so", "libpart_c.so for libpart_b.so"};
    BOOST_TEST(asked == all, boost::test_tools::per_element());
    BOOST_TEST(same);
    auto b = loader.load(part("libpart_b.so").c_str(), {.verify = verify});  // itself, but not what is loaded already
    BOOST_TEST(value(b, "b_value") == 11);
    BOOST_TEST((asked.size() == 4 && asked.back() == "libpart_b.so for nobody"));
    int times = 0;
    auto other = host();
    auto simple =
        other.load(part("libpart_a.so").c_str(), {.verify = [&](std::span<const std::byte>) { return ++times != 0; }});
    BOOST_TEST(value(simple, "a_value") == 111);
    BOOST_TEST(times == 3);
}

BOOST_AUTO_TEST_CASE(a_library_that_is_refused_is_named_and_leaves_nothing) {
    auto loader = host();
    auto refused = loader.load(part("libpart_a.so").c_str(), {.verify = [](const vitte::loader::file_to_verify& file) {
                                   return std::string_view(file.path).find("libpart_c") == std::string_view::npos;
                               }});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::permission_denied));
    BOOST_TEST(vitte::sys::path_view(refused.error().module).name() == "libpart_c.so");
    BOOST_TEST(refused.error().message().ends_with("libpart_b.so needs"), refused.error().message());
    BOOST_TEST(!mapped("memfd:"));
    BOOST_TEST(events.empty());
    auto accepted = loader.load(part("libpart_a.so").c_str());
    BOOST_TEST(value(accepted, "a_value") == 111);
    BOOST_TEST((events == strings{"+c", "+b", "+a"}));
}

BOOST_AUTO_TEST_CASE(a_library_that_was_verified_is_the_one_that_is_loaded) {
    const std::string bytes = text_of(part("deep/libpart_c.so"));
    std::string foreign = bytes;
    foreign.replace(18, 2, "\x34\x12");  // for another machine: it is passed over, and nobody is asked about it
    const text_file passed_over("libpart_c.so", foreign);
    const scratch folder;
    const text_file file(SCRATCH "/libpart_c.so", bytes);
    auto loader = host();
    loader.add_search_path(".");
    loader.add_search_path(SCRATCH);
    strings asked;
    auto f = loader.load(part("libpart_f.so").c_str(), {.verify = [&](const vitte::loader::file_to_verify& seen) {
                             asked.emplace_back(seen.path);
                             if (seen.needed_by == nullptr) return true;
                             std::FILE* const changed = std::fopen(seen.path, "r+b");
                             std::fwrite(std::string(bytes.size(), 'x').data(), 1, bytes.size(), changed);
                             return std::fclose(changed) == 0;
                         }});
    BOOST_TEST(value(f, "f_value") == 1001);
    BOOST_TEST((asked == strings{part("libpart_f.so"), SCRATCH "/libpart_c.so"}));
    BOOST_TEST(text_of(file.path()) == std::string(bytes.size(), 'x'));
}

/// Whether this machine's linker knows options that the fixtures are linked with.
const ability options_of_gnu_ld{"a linker with the options -z of GNU ld",
                                [] { return !text_of(part("libof_program.so")).empty(); }};
BOOST_AUTO_TEST_CASE(a_module_linked_with_nodelete_is_never_stopped_or_unmapped, *needs(options_of_gnu_ld)) {
    const int* number = nullptr;
    {
        auto loader = host();
        for (int round = 0; round < 2; ++round) {
            auto m = loader.load(part("libstays.so").c_str());
            BOOST_TEST(value(m, "stays_value") == 41);
            int* const there = (*(*m)->function_pointer<int*()>("common_address"))();
            BOOST_TEST(*there == 40 + round);
            *there = 41;
            number = there;
        }
    }
    BOOST_TEST((events == strings{"+kept", "+stays"}));
    BOOST_TEST((mapped("libstays.so") && mapped("libkept.so")));
    BOOST_TEST(*number == 41);
}

BOOST_AUTO_TEST_CASE(a_module_linked_with_initfirst_is_started_before_its_needs, *needs(options_of_gnu_ld)) {
    auto loader = host();
    loader.load(part("libfirst.so").c_str())->unload();
    BOOST_TEST((events == strings{"+first", "+kept", "-kept", "-first"}));
}

BOOST_AUTO_TEST_CASE(a_module_linked_with_interpose_comes_before_others_of_its_load, *needs(options_of_gnu_ld)) {
    auto loader = host();
    auto m = loader.load(part("libbehind.so").c_str());
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(*(*(*m)->function_pointer<int*()>("common_address"))() == 2);
}

BOOST_AUTO_TEST_CASE(a_module_linked_with_global_is_seen_by_later_ones, *needs(options_of_gnu_ld)) {
    auto loader = host();
    auto seen = loader.load(part("libseen.so").c_str());
    auto m = loader.load(part("libsees.so").c_str());
    BOOST_TEST(value(m, "sees_value") == 40 + 1 + 41);
}

BOOST_AUTO_TEST_CASE(modules_linked_for_other_ways_of_loading_are_refused, *needs(options_of_gnu_ld)) {
    auto loader = host();
    for (const char* const name : {"libof_program.so", "libgroup.so", "libfilter.so"}) {
        auto m = loader.load(part(name).c_str());
        BOOST_TEST((!m && m.error().code == errc::not_supported), name);
    }
    BOOST_TEST(events.empty());
}

const ability default_libraries{"glibc's libresolv outside the process", [] {
                                    return !text_of(part("libapart.so")).empty() && !mapped("libresolv");
                                }};
BOOST_AUTO_TEST_CASE(a_module_linked_with_nodefaultlib_gets_nothing_from_the_systems_folders,
                     *needs(default_libraries)) {
    auto loader = host();
    auto m = loader.load(part("libapart.so").c_str());
    BOOST_REQUIRE(!m);
    BOOST_TEST((m.error().code == errc::not_found), m.error().message());
}

/// What `fork` and then `quick_exit` in the child say.
strings events_of_a_child() {
    events.clear();
    const pid_t child = ::fork();
    if (child == 0) std::quick_exit(static_cast<int>(events.size()));
    int status = 0;
    BOOST_REQUIRE((child > 0 && ::waitpid(child, &status, 0) == child));
    events.push_back(WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "killed");
    return events;
}
BOOST_AUTO_TEST_CASE(the_c_library_calls_nothing_of_a_module_that_has_gone, *needs(own_kernel)) {
    auto loader = host();
    auto m = loader.load(part("libforks.so").c_str());
    BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
    const strings called{"prepare", "parent", "2"};
    BOOST_TEST(events_of_a_child() == called, boost::test_tools::per_element());
    m->unload();
    const bool stays = mapped("libforks.so");  // as it has to where the C library cannot forget functions
    BOOST_TEST(events_of_a_child() == (stays ? called : strings{"0"}), boost::test_tools::per_element());
}

template <class P>
constexpr bool tells_images = requires { typename P::images; };
const ability told_libraries{"a dynamic linker that tells what it has loaded", [] {
                                 return tells_images<vitte::sys::native> && vitte::sys::library::program().has_value();
                             }};
BOOST_AUTO_TEST_CASE(a_library_of_the_process_stays_while_modules_are_bound_to_it, *needs(told_libraries)) {
    for (const bool lazy : {false, true}) {
        std::optional<vitte::sys::library> library(*vitte::sys::library::open(fixture(VITTE_PLAIN_LIBRARY).c_str()));
        module_loader loader;
        auto m = loader.load(part("libborrows.so").c_str(), {.lazy = lazy});
        BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
        const auto four_times = *(*m)->function_pointer<int(int)>("four_times");
        if (lazy) BOOST_TEST(four_times(5) == 20);
        library.reset();
        BOOST_TEST(four_times(10) == 40);
        m->unload();
        BOOST_TEST(!mapped(VITTE_PLAIN_LIBRARY));
    }
}

BOOST_AUTO_TEST_CASE(functions_are_bound_lazily_after_a_library_of_the_process_has_gone, *needs(told_libraries)) {
    auto loader = host();
    std::optional<vitte::sys::library> library(*vitte::sys::library::open(fixture(VITTE_PLAIN_LIBRARY).c_str()));
    auto c = loader.load(part("deep/libpart_c.so").c_str(), {.global = true});
    auto g = loader.load(part("libpart_g.so").c_str(), {.lazy = true});
    library.reset();
    BOOST_TEST(!mapped(VITTE_PLAIN_LIBRARY));
    BOOST_TEST(value(g, "g_value") == 3);
}

const ability absolute_symbols{"a linker with --defsym",
                               [] { return !text_of(part("libasks_number.so")).empty(); }};
BOOST_AUTO_TEST_CASE(absolute_symbols_are_numbers_whoever_has_loaded_their_library,
                     *needs(told_libraries) * needs(absolute_symbols)) {
    const std::string path = part("libabsolute.so");
    for (const bool by_process : {false, true}) {
        module_loader loader;
        std::optional<vitte::sys::library> library;
        std::optional<vitte::loader::module> own;
        if (by_process) library = std::move(*vitte::sys::library::open(path.c_str()));
        else own = std::move(*loader.load(path.c_str(), {.global = true}));
        auto m = loader.load(part("libasks_number.so").c_str());
        BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
        const char* const number = (*(*m)->function_pointer<const char*()>("asked_number"))();
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(number) == 0x1234u);
    }
}

BOOST_AUTO_TEST_CASE(a_fifo_in_the_place_of_a_module_is_refused_without_waiting, *needs(own_kernel)) {
    const scratch folder;
    const std::string fifo = SCRATCH "/libpart_c.so";
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const bool verifies : {false, true}) {
        auto loader = host();
        loader.add_search_path(SCRATCH);
        load_options options;
        if (verifies) options.verify = [](std::span<const std::byte>) { return true; };
        for (const std::string& path : {part("libpart_f.so"), fifo}) {
            auto m = loader.load(path.c_str(), options);
            BOOST_REQUIRE(!m);
            BOOST_TEST(m.error().module == fifo);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_module_can_be_kept_from_the_process) {
    auto loader = host();
    int number = 0;
    loader.provide_symbol("host_number", &number);
    loader.hide_process();
    auto m = loader.load(fixture("libtables.so").c_str());
    BOOST_REQUIRE(!m);
    BOOST_TEST(m.error().symbol == "environ");
}

/// What a test does when a module tells something, in the thread that starts or stops it.
std::function<void(std::string_view)> when_told;
void tell(const char* what) { when_told(what); }
module_loader telling_host(std::function<void(std::string_view)> then) {
    when_told = std::move(then);
    module_loader made;
    made.provide("host_event", tell);
    return made;
}
/// So that others mostly wait for this thread; nothing goes wrong if they come too late.
void give_others_time() { vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(20'000'000)); }
/// Long enough for every machine: only what is never set lasts so long.
bool comes(vitte::sys::event& what) { return what.wait_until(vitte::sys::deadline::after(20'000'000'000)); }

BOOST_AUTO_TEST_CASE(others_load_and_bind_while_initialisers_and_finalisers_run, *needs(threads)) {
    vitte::sys::event begun, done;
    int waits = 0;
    auto loader = telling_host([&](std::string_view what) {
        if (what != "+b" && what != "-b") return;
        begun.set();
        waits += comes(done);
    });
    const load_options lazy{.lazy = true};
    auto c = loader.load(part("deep/libpart_c.so").c_str(), {.global = true});
    auto g = loader.load(part("libpart_g.so").c_str(), lazy);
    auto again = loader.load(part("libpart_g.so").c_str(), lazy);
    BOOST_REQUIRE((c.has_value() && g.has_value() && again.has_value()));
    int good = 0;
    auto other = vitte::sys::start_thread([&] {
        for (int round = 0; round < 2; ++round) {
            begun.wait();
            begun.reset();
            if (round == 0) good += (*(*g)->function_pointer<int()>("g_value"))() == 3;  // binds c_value now
            auto cycle = loader.load(part("libcycle_a.so").c_str());
            good += cycle.has_value() && (*(*cycle)->function_pointer<int()>("cycle_a_value"))() == 3;
            cycle->unload();
            good += !mapped("libcycle_");
            done.set();
        }
    });
    auto b = loader.load(part("libpart_b.so").c_str());
    BOOST_TEST(value(b, "b_value") == 11);
    done.reset();
    b->unload();
    static_cast<void>(other->join());
    BOOST_TEST(waits == 2);
    BOOST_TEST(good == 5);
    BOOST_TEST(!mapped("libpart_b"));
}

BOOST_AUTO_TEST_CASE(what_another_thread_starts_has_been_started_when_a_load_of_it_ends, *needs(threads)) {
    vitte::sys::event begun;
    std::atomic<bool> started = false;
    auto loader = telling_host([&](std::string_view what) {
        if (what != "+c") return;
        begun.set();
        give_others_time();
        started = true;
    });
    std::atomic<int> early = 0, loaded = 0;
    const auto load = [&](const char* name) {
        begun.wait();
        auto m = loader.load(part(name).c_str());
        loaded += m.has_value();
        early += !started;
    };
    auto same = vitte::sys::start_thread([&] { load("deep/libpart_c.so"); });
    auto user = vitte::sys::start_thread([&] { load("libpart_a.so"); });
    auto c = loader.load(part("deep/libpart_c.so").c_str());
    static_cast<void>(same->join()), static_cast<void>(user->join());
    BOOST_TEST(c.has_value());
    BOOST_TEST(loaded == 2);
    BOOST_TEST(early == 0);
}

/// The initialisers of each load the other.
BOOST_AUTO_TEST_CASE(threads_whose_initialisers_need_each_other_do_not_wait_for_ever, *needs(threads)) {
    vitte::sys::event c_begins, alone_begins;
    std::atomic<int> together = 0, nested = 0;
    module_loader* loading = nullptr;
    auto loader = telling_host([&](std::string_view what) {
        if (what != "+c" && what != "+alone") return;
        const bool is_c = what == "+c";
        (is_c ? c_begins : alone_begins).set();
        together += comes(is_c ? alone_begins : c_begins);
        auto m = loading->load(part(is_c ? "libalone.so" : "deep/libpart_c.so").c_str());
        nested += m.has_value();
    });
    loading = &loader;
    bool good = false;
    auto other = vitte::sys::start_thread([&] {
        auto alone = loader.load(part("libalone.so").c_str());
        good = alone.has_value();
    });
    auto c = loader.load(part("deep/libpart_c.so").c_str());
    static_cast<void>(other->join());
    BOOST_TEST((c.has_value() && good));
    BOOST_TEST(together == 2);
    BOOST_TEST(nested == 2);
}

BOOST_AUTO_TEST_CASE(what_is_being_stopped_keeps_what_it_needs, *needs(threads)) {
    vitte::sys::event stopping, unloaded;
    vitte::sys::mutex lock;
    strings told;
    auto loader = telling_host([&](std::string_view what) {
        {
            const vitte::sys::scoped_lock guard(lock);
            told.emplace_back(what);
        }
        if (what != "-a") return;
        stopping.set();
        static_cast<void>(comes(unloaded));
    });
    auto b = loader.load(part("libpart_b.so").c_str()), a = loader.load(part("libpart_a.so").c_str());
    BOOST_REQUIRE((a.has_value() && b.has_value()));
    auto other = vitte::sys::start_thread([&] {
        stopping.wait();
        b->unload();
        {
            const vitte::sys::scoped_lock guard(lock);
            told.emplace_back("unloaded");
        }
        unloaded.set();
    });
    a->unload();
    static_cast<void>(other->join());
    BOOST_TEST((told == strings{"+c", "+b", "+a", "-a", "unloaded", "-b", "-c"}));
    BOOST_TEST(!mapped("libpart_"));
}

BOOST_AUTO_TEST_CASE(a_finaliser_that_loads_its_own_module_gets_the_same_one) {
    strings told;
    const void* place = nullptr;
    bool is_same = false;
    module_loader* loading = nullptr;
    std::optional<vitte::loader::module> kept;
    auto loader = telling_host([&](std::string_view what) {
        told.emplace_back(what);
        if (what != "-a" || told.size() > 8) return;
        for (int round = 0; round < 2; ++round) {
            auto m = loading->load(part("libpart_a.so").c_str());
            is_same = m.has_value() && m->find("a_value") == place;
            if (kept) kept->unload();
            kept = std::move(*m);
        }
    });
    loading = &loader;
    {
        auto a = loader.load(part("libpart_a.so").c_str());
        BOOST_REQUIRE(a.has_value());
        place = a->find("a_value");
    }
    BOOST_TEST(is_same);
    BOOST_TEST(told == (strings{"+c", "+b", "+a", "-a", "-b", "-c"}), boost::test_tools::per_element());
    // It stays mapped with what it needs until it is unloaded; others get a new one.
    BOOST_TEST(reinterpret_cast<int (*)()>(kept->find("a_value"))() == 111);
    {
        auto fresh = loader.load(part("libpart_b.so").c_str());
        BOOST_TEST(value(fresh, "b_value") == 11);
        BOOST_TEST((told.size() == 8 && told.back() == "+b"));
    }
    kept->unload();
    BOOST_TEST(told.size() == 10u);
    BOOST_TEST(!mapped("libpart_"));
}

BOOST_AUTO_TEST_CASE(what_a_module_registers_after_its_finalisers_runs_before_it_is_unmapped) {
    const std::string path = part("libagain.so");
    strings told;
    module_loader* loading = nullptr;
    std::optional<vitte::loader::module> kept;
    auto loader = telling_host([&](std::string_view what) {
        told.emplace_back(what);
        if (told.size() == 1) kept = std::move(*loading->load(path.c_str()));
    });
    loading = &loader;
    loader.load(path.c_str())->unload();
    BOOST_REQUIRE(kept.has_value());
    BOOST_TEST((*kept->function_pointer<int()>("call_at_end"))() == 0);
    kept->unload();
    BOOST_TEST(told == (strings{"stop", "end"}), boost::test_tools::per_element());
    BOOST_TEST(!mapped("libagain.so"));
}

const ability unwinding_of_c{"exceptions through functions of C", [] {
#if defined(__arm__)
                                 return false;
#else
                                 return true;
#endif
                             }};
BOOST_AUTO_TEST_CASE(a_load_whose_initialiser_throws_is_undone, *needs(unwinding_of_c)) {
    strings told;
    bool throws = true;
    auto loader = telling_host([&](std::string_view what) {
        told.emplace_back(what);
        if (what == "+b" && throws) throw 7;
    });
    const auto load = [&] { return loader.load(part("libpart_a.so").c_str()); };
    BOOST_CHECK_EXCEPTION(static_cast<void>(load()), int, [](int e) { return e == 7; });
    BOOST_TEST((told == strings{"+c", "+b", "-b", "-c"}));
    BOOST_TEST(!mapped("libpart_"));
    throws = false;
    auto a = load();
    BOOST_TEST(value(a, "a_value") == 111);
}

BOOST_AUTO_TEST_CASE(who_waits_for_an_initialiser_that_throws_fails, *needs(threads) * needs(unwinding_of_c)) {
    vitte::sys::event begun;
    std::atomic<bool> throws = true;
    auto loader = telling_host([&](std::string_view what) {
        if (what != "+c" || !throws.exchange(false)) return;
        begun.set();
        give_others_time();
        throw 7;
    });
    std::string reason;
    auto other = vitte::sys::start_thread([&] {
        begun.wait();
        auto b = loader.load(part("libpart_b.so").c_str());
        if (!b) reason = b.error().message();
    });
    BOOST_CHECK_THROW(static_cast<void>(loader.load(part("deep/libpart_c.so").c_str())), int);
    static_cast<void>(other->join());
    BOOST_TEST((reason.empty() || reason.find("libpart_c.so") != std::string::npos), reason);
    BOOST_TEST(!mapped("libpart_"));
}

/// Each with a thread-local variable and destructors, some in a name space of their own, some in a common one.
BOOST_AUTO_TEST_CASE(ten_thousand_loads_leave_nothing, *needs(threads)) {
    constexpr int count = 4, loads = 2500;
    module_loader common;
    common.provide("host_event", ignore_event);
    const auto load_all = [&](int which) {
        module_loader own;
        own.provide("host_event", ignore_event);
        module_loader& loader = which % 2 == 0 ? common : own;
        int good = 0;
        for (int i = 0; i < loads; ++i) {
            auto a = loader.load(part("libpart_a.so").c_str());
            if (!a || (*(*a)->function_pointer<int()>("a_value"))() != 111) continue;
            auto t = loader.load(fixture("libthread_local.so").c_str());
            if constexpr (vitte::loader::native::machine::has_thread_locals)
                good += t.has_value() && *static_cast<int*>(t->find("per_thread")) == 3;
            else
                good += t.error().code == errc::not_supported;
        }
        return good;
    };
    const auto lines = [] {
        const std::string maps = text_of("/proc/self/maps");
        return std::count(maps.begin(), maps.end(), '\n');
    };
    load_all(0);
    const auto before = lines();
    std::vector<vitte::sys::basic_thread<int>> all;
    for (int i = 0; i < count; ++i) all.push_back(std::move(*vitte::sys::start_thread([&, i] { return load_all(i); })));
    for (auto& t : all) BOOST_TEST(*t.join() == loads);
    BOOST_TEST(!mapped("libpart_"));
    BOOST_TEST(!mapped("libthread_local"));
    BOOST_TEST(lines() <= before + 4 * count);  // stacks and heaps of threads, with their guards
}

BOOST_AUTO_TEST_SUITE_END()
