// A loader with a policy: whatever it loads, on whatever way, is what was signed, also while somebody changes the file.
#include <atomic>
#include <cstring>
#include <thread>
#include <vitte/loader/container.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/object/machine.hpp>
#include <vitte/loader/wasm/format.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/signers.hpp"
#include "../support/stride.hpp"
#include "../support/text_files.hpp"
#include "../support/wasm_builder.hpp"

#if __has_include(<sys/wait.h>) && (defined(__unix__) || defined(__APPLE__))
#include <sys/stat.h>
#endif

namespace {
using namespace signers_test;
using vitte::errc;

const signer ann(1), eve(9);

module_loader host() {
    module_loader made;
    made.provide<int(int)>("host_twice", [](int n) { return 2 * n; });
    made.provide<void(const char*)>("host_event", [](const char*) {});
    made.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));  // static programs export none
    return made;
}
const signature_policy& trusting_ann() {
    static const signature_policy made = [] {
        signature_policy p;
        p.trust("**", {ann.open()});
        return p;
    }();
    return made;
}
std::string said(const vitte::result<vitte::loader::module, load_error>& loaded) {
    return loaded ? "" : loaded.error().message();
}
void write(const std::string& path, std::string_view content) {
    BOOST_REQUIRE(vitte::sys::write(path.c_str(), std::as_bytes(std::span(content))).has_value());
}
/// The file at `path`, and beside it what `by` signs it as.
void write_signed(const std::string& path, const std::string& content, const signer& by, const std::string& name) {
    write(path, content);
    write(path + ".minisig", by.detached(std::as_bytes(std::span(content)), "file:" + name));
}

/// Its function "run" returns `number`, which is less than 64.
std::string returning(int number) {
    using namespace wasm_test;
    const code made = wasm_test::module({make_section(1, list({type({}, {i32})})), make_section(3, list({bytes({0})})),
                                         make_section(7, list({exported("run", 0, 0)})),
                                         make_section(10, list({body(bytes({0x41, number}))}))});
    return {reinterpret_cast<const char*>(made.data()), made.size()};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(signed_modules)

BOOST_AUTO_TEST_CASE(every_way_into_a_loader) {
    const scratch folder;
    const std::string path = SCRATCH "/libcounter.so", content = text_of(fixture("libcounter.so"));
    const auto bytes = std::as_bytes(std::span(content));
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    write(path, content);
    const auto opened = vitte::sys::file::open(path.c_str());
    BOOST_REQUIRE(opened.has_value());
    const std::string why = ": verifying: it is not signed: there is no ";
    BOOST_TEST(said(loader.load(path.c_str())) == path + why + path + ".minisig");
    BOOST_TEST(said(loader.load(bytes, "bytes")) == "bytes" + why + "bytes.minisig");
    BOOST_TEST(said(loader.load(*opened, "opened")) == "opened" + why + "opened.minisig");
    const link_input inputs[] = {link_input::file(path)};
    if (native::object::supported) BOOST_TEST(said(loader.link(inputs)) == path + why + path + ".minisig");

    write_signed(path, content, eve, "libcounter.so");
    BOOST_TEST(said(loader.load(path.c_str())) ==
               path + ": verifying: no key that the policy trusts has signed it as it is");
    write_signed(path, content, ann, "libcounter.so");
    auto good = loader.load(path.c_str());
    BOOST_TEST(said(good) == "");
    BOOST_TEST((*good->function_pointer<int()>("counter_value"))() == 42);
    BOOST_TEST(said(loader.load(path.c_str(), {.name = "libcounter.so"})) == "");
    BOOST_TEST(said(loader.load(path.c_str(), {.name = "libother.so"})).find("libother.so is wanted") !=
               std::string::npos);
    BOOST_TEST(said(loader.load(bytes, path.c_str())) == "");
    BOOST_TEST(said(loader.load(*opened, path.c_str())) == "");
    // What the program asks besides.
    BOOST_TEST(said(loader.load(path.c_str(), {.verify = [](auto) { return false; }})) ==
               path + ": verifying: the program refuses what is in it");
    bool asked = false;
    BOOST_TEST(said(loader.load(SCRATCH "/libcounter.so", {.verify = [&](auto) { return asked = true; }})) == "");
    BOOST_TEST(asked);
    // A signed module in another one's place, with its signature.
    const std::string other = SCRATCH "/libother.so";
    write(other, content);
    write(other + ".minisig", text_of(path + ".minisig"));
    BOOST_TEST(said(loader.load(other.c_str())).find("does not end so") != std::string::npos);

    loader.add_format(wasm::format());
    const std::string module = SCRATCH "/run.wasm";
    write(module, returning(1));
    BOOST_TEST(said(loader.load(module.c_str())) == module + why + module + ".minisig");
    write_signed(module, returning(1), ann, "run.wasm");
    BOOST_TEST(said(loader.load(module.c_str())) == "");
    BOOST_TEST(said(loader.load(path.c_str())) == "");
}

BOOST_AUTO_TEST_CASE(containers) {
    const scratch folder;
    module_loader loader;
    loader.add_format(container_format());
    loader.add_format(wasm::format());
    loader.verify_all(std::ref(trusting_ann()));
    const std::string code = returning(7), path = SCRATCH "/image.vitmod";
    const file plain = container_of("image", "1.0.0", std::as_bytes(std::span(code)));
    BOOST_TEST(said(loader.load(plain, "image")) == "image: verifying: it is not signed: there is no signature inside");
    const file good = ann.container(eve.container(plain));
    write(path, {reinterpret_cast<const char*>(good.data()), good.size()});
    const auto made = loader.load(path.c_str());
    BOOST_TEST(said(made) == "");
    BOOST_TEST((*made->function<int()>("run"))().value() == 7);
    BOOST_TEST(said(loader.load(good, "anything", {.name = "image"})) == "");
    BOOST_TEST(said(loader.load(good, "anything")).find("does not end so") != std::string::npos);
    BOOST_TEST(said(loader.load(path.c_str(), {.name = "sound"})).find("sound is wanted") != std::string::npos);
    BOOST_TEST(said(loader.load(eve.container(plain), "image")).find("no key that") != std::string::npos);
}

#if defined(__x86_64__) && defined(__linux__)
/// What the native part of a container needs is verified as what any module needs.
BOOST_AUTO_TEST_CASE(what_a_part_of_a_container_needs) {
    const scratch folder;
    auto loader = host();
    loader.add_format(container_format());
    loader.verify_all(std::ref(trusting_ann()));
    loader.add_search_path(SCRATCH);
    const std::string image = text_of(fixture("parts/libpart_b.so")),
                      needed = text_of(fixture("parts/deep/libpart_c.so"));
    const file meta = bytes_of(R"({"name": "b", "version": "1.0.0"})");
    vitb::writer entries;
    entries.add(vitb::kind::meta, meta).value();
    entries.add(vitb::kind::natv, std::as_bytes(std::span(image)), vitb::compression::none, "x86_64-linux").value();
    const auto whole = entries.finish().value();
    const file good = ann.container({whole.span().begin(), whole.span().end()});
    write_signed(SCRATCH "/libpart_c.so", needed, eve, "libpart_c.so");
    BOOST_TEST(said(loader.load(good, "b")).find("no key that the policy trusts") != std::string::npos);
    write_signed(SCRATCH "/libpart_c.so", needed, ann, "libpart_c.so");
    BOOST_TEST(said(loader.load(good, "b")) == "");
}
#endif

BOOST_AUTO_TEST_CASE(what_a_module_needs_is_signed_too) {
    const scratch folder;
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    for (const std::string part : {"libpart_a.so", "libpart_b.so", "deep/libpart_c.so"}) {
        const std::string name = part.substr(part.find('/') + 1);
        write_signed(SCRATCH "/" + name, text_of(fixture("parts/" + part)), ann, name);
    }
    loader.add_search_path(SCRATCH);
    const auto all = [&] { return said(loader.load(SCRATCH "/libpart_a.so", {.name = "libpart_a.so"})); };
    BOOST_TEST(all() == "");
    write(SCRATCH "/libpart_c.so.minisig", "");
    BOOST_TEST(all().find("libpart_c.so: verifying: no key that") != std::string::npos);
    BOOST_TEST(vitte::sys::directory::current().remove(SCRATCH "/libpart_c.so.minisig").has_value());
    BOOST_TEST(all().find("libpart_b.so needs") != std::string::npos);
}

#if __has_include(<sys/wait.h>) && (defined(__unix__) || defined(__APPLE__))
/// Whoever may put files there cannot hold a load up, and with it, where it is for a needed library, all others.
BOOST_AUTO_TEST_CASE(fifos_in_the_place_of_files) {
    const scratch folder;
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    loader.add_search_path(SCRATCH);
    for (const std::string part : {"libpart_a.so", "libpart_b.so"})
        write_signed(SCRATCH "/" + part, text_of(fixture("parts/" + part)), ann, part);
    const auto fifo = [](const std::string& path) { BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0); };
    fifo(SCRATCH "/alone.so");
    fifo(SCRATCH "/libpart_c.so");
    write(SCRATCH "/other.so",
          "\x7f"
          "ELF");
    fifo(SCRATCH "/other.so.minisig");
    const link_input inputs[] = {link_input::file(SCRATCH "/alone.so")};
    BOOST_TEST(!loader.link(inputs));
    for (const bool with_formats : {false, true}) {
        if (with_formats) loader.add_format(container_format());
        for (const char* const path : {SCRATCH "/alone.so", SCRATCH "/libpart_a.so", SCRATCH "/other.so"})
            BOOST_TEST(said(loader.load(path)) != "");
    }
    BOOST_TEST(!module_loader().load(SCRATCH "/alone.so"));
}
#endif

/// A library that has been accepted under its name does not stand for another one that is made a link to it.
BOOST_AUTO_TEST_CASE(links_to_libraries_that_are_loaded) {
    const scratch folder;
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    loader.add_search_path(SCRATCH);
    for (const std::string part : {"libpart_a.so", "libpart_b.so", "deep/libpart_c.so", "libpart_h.so"}) {
        const std::string name = part.substr(part.find('/') + 1);
        write_signed(SCRATCH "/" + name, text_of(fixture("parts/" + part)), ann, name);
    }
    const auto first = loader.load(SCRATCH "/libpart_a.so");
    BOOST_TEST(said(first) == "");
    const auto here = vitte::sys::directory::current();
    for (const std::string end : {"", ".minisig"})
        BOOST_REQUIRE(here.link((SCRATCH "/libpart_c.so" + end).c_str(), here, (SCRATCH "/libcycle_a.so" + end).c_str())
                          .has_value());
    const std::string why = said(loader.load(SCRATCH "/libpart_h.so"));
    BOOST_TEST(why.find("it is signed as libpart_c.so, and loaded from a path") != std::string::npos, why);
    // One that is accepted under both names is there once.
    int asked = 0;
    auto careless = host();
    careless.verify_all([&](const file_to_verify&) { return ++asked != 0; });
    careless.add_search_path(SCRATCH);
    const auto loaded = careless.load(SCRATCH "/libpart_a.so");
    BOOST_TEST(said(loaded) == "");
    const auto as_link = careless.load(SCRATCH "/libcycle_a.so"), as_file = careless.load(SCRATCH "/libpart_c.so");
    BOOST_TEST(asked == 5);
    BOOST_TEST(as_link->find("common_number") == as_file->find("common_number"));
}

/// Whoever may sign one library cannot have it called like another one, which others may not sign.
BOOST_AUTO_TEST_CASE(what_a_library_calls_itself_is_not_believed) {
    const scratch folder;
    signature_policy policy;
    policy.trust("libpart_*.so", {ann.open()});
    policy.trust("*", {eve.open()});
    auto loader = host();
    loader.verify_all(std::ref(policy));
    loader.add_search_path(SCRATCH);
    const std::string needed = text_of(fixture("parts/deep/libpart_c.so"));
    write_signed(SCRATCH "/libpart_b.so", text_of(fixture("parts/libpart_b.so")), ann, "libpart_b.so");
    write_signed(SCRATCH "/harmless.so", needed, eve, "harmless.so");  // its DT_SONAME is libpart_c.so
    const auto first = loader.load(SCRATCH "/harmless.so");
    BOOST_TEST(said(first) == "");
    BOOST_TEST(said(loader.load(SCRATCH "/libpart_b.so")).find("there is no library libpart_c.so") !=
               std::string::npos);
    write_signed(SCRATCH "/libpart_c.so", needed, eve, "libpart_c.so");
    BOOST_TEST(said(loader.load(SCRATCH "/libpart_b.so")).find("by 0 of the keys that may") != std::string::npos);
    write_signed(SCRATCH "/libpart_c.so", needed, ann, "libpart_c.so");
    const auto with_its_own = loader.load(SCRATCH "/libpart_b.so");
    BOOST_TEST(said(with_its_own) == "");
    // What was accepted under the name that is needed is that, whatever it is a copy of.
    const auto again = loader.load(SCRATCH "/libpart_c.so");
    BOOST_TEST(said(again) == "");
    BOOST_TEST(again->find("common_number") != first->find("common_number"));
}

/// As it is without a policy, as long as nobody has changed it.
BOOST_AUTO_TEST_CASE(what_is_loaded_twice_is_one) {
    const scratch folder;
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    const std::string path = SCRATCH "/libcounter.so";
    std::string content = text_of(fixture("libcounter.so"));
    write_signed(path, content, ann, "libcounter.so");
    const auto first = loader.load(path.c_str()), second = loader.load(path.c_str());
    BOOST_TEST(said(first) + said(second) == "");
    (*first->function_pointer<int(int)>("counter_add"))(8);
    BOOST_TEST((*second->function_pointer<int()>("counter_value"))() == 50);
    const std::string greeting = "hello from a module";
    content.replace(content.find(greeting), greeting.size(), "another one is here");
    const auto opened = vitte::sys::file::open(path.c_str(), vitte::sys::open_mode::read_write);
    BOOST_REQUIRE(opened->write_at(std::as_bytes(std::span(content)), 0).has_value());  // the same file
    BOOST_TEST(said(loader.load(path.c_str())).find("no key that the policy trusts") != std::string::npos);
    write(path + ".minisig", ann.detached(std::as_bytes(std::span(content)), "file:libcounter.so"));
    const auto third = loader.load(path.c_str());
    BOOST_TEST(said(third) == "");
    BOOST_TEST((*third->function_pointer<int()>("counter_value"))() == 42);
}

const ability dynamic_linker{"a dynamic linker in this program",
                             [] { return vitte::sys::library::program().has_value(); }};
BOOST_AUTO_TEST_CASE(the_linker_of_the_os, *needs(dynamic_linker)) {
    const scratch folder;
    const std::string path = SCRATCH "/libplain.so", content = text_of(fixture(VITTE_PLAIN_LIBRARY));
    write(path, content);
    for (const bool with_formats : {false, true}) {
        module_loader loader(os_linker<>::link);
        loader.verify_all(std::ref(trusting_ann()));
        if (with_formats) loader.add_format(container_format());
        BOOST_TEST(said(loader.load(fixture(VITTE_PLAIN_LIBRARY).c_str())).find("it is not signed") !=
                   std::string::npos);
        write_signed(path, content, eve, "libplain.so");
        BOOST_TEST(said(loader.load(path.c_str())).find("no key that the policy trusts") != std::string::npos);
        write_signed(path, content, ann, "libplain.so");
        const auto good = loader.load(path.c_str());
        BOOST_TEST(said(good) == "");
        BOOST_TEST((*good->function_pointer<int(int)>("plain_twice"))(4) == 8);
    }
}

namespace {
/// Loads `path` again and again while somebody rewrites, cuts and replaces it: with `bad`, and with another module that
/// was signed. `runs_as_signed(module)` tells what was loaded.
template <class Check>
void race(module_loader& loader, const std::string& path, const std::string& name, const std::string& good,
          const std::string& bad, Check runs_as_signed) {
    const std::string other = SCRATCH "/other.so", spare = SCRATCH "/spare";
    write_signed(path, good, ann, name);
    write_signed(other, bad, ann, "other.so");
    const std::string good_signature = text_of(path + ".minisig"), other_signature = text_of(other + ".minisig");
    std::atomic<bool> ends = false;
    std::thread attacker([&] {
        const auto put = [](const std::string& to, const std::string& content) {
            static_cast<void>(vitte::sys::write(to.c_str(), std::as_bytes(std::span(content))));
        };
        const auto folder = vitte::sys::directory::open(SCRATCH);
        const auto put_over = [&](const std::string& content) {
            put(spare, content);
            static_cast<void>(folder->rename("spare", path.substr(path.rfind('/') + 1).c_str()));
        };
        for (unsigned round = 0; !ends; ++round) {
            if (round % 4 == 0) {
                const auto opened = vitte::sys::file::open(path.c_str(), vitte::sys::open_mode::read_write);
                if (opened) {
                    static_cast<void>(opened->write_at(std::as_bytes(std::span(bad)), 0));
                    static_cast<void>(opened->write_at(std::as_bytes(std::span(good)), 0));
                    static_cast<void>(opened->resize(good.size() / 2));
                }
            }
            if (round % 4 == 1) put_over(bad);
            if (round % 4 == 2) put_over(good.substr(0, good.size() - 1));
            if (round % 4 == 3) {
                put(path + ".minisig", other_signature);
                put_over(bad);
                put(path + ".minisig", good_signature);
            }
            put_over(good);
        }
    });
    const int rounds = stride == 1 ? 10000 : 1000;  // of each kind
    int loaded = 0, refused = 0, wrong = 0;
    for (int i = 0; i < rounds; ++i) {
        auto made = loader.load(path.c_str());
        made ? ++loaded : ++refused;
        if (made) wrong += !runs_as_signed(*made);
    }
    ends = true;
    attacker.join();
    BOOST_TEST_MESSAGE(name << ": " << loaded << " loaded, " << refused << " refused");
    BOOST_TEST(wrong == 0);
    const auto after = loader.load(path.c_str());  // each round ends with what was signed
    BOOST_TEST((after && runs_as_signed(*after)));
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_shared_object_that_somebody_changes_meanwhile) {
    const scratch folder;
    auto loader = host();
    loader.verify_all(std::ref(trusting_ann()));
    const std::string good = text_of(fixture("libcounter.so"));
    const std::string greeting = "hello from a module", other = "another one is here";
    std::string bad = good;
    bad.replace(bad.find(greeting), greeting.size(), other);
    race(loader, SCRATCH "/libcounter.so", "libcounter.so", good, bad, [&](const vitte::loader::module& m) {
        return *static_cast<const char* const*>(m.find("greeting")) == greeting;
    });
}

BOOST_AUTO_TEST_CASE(a_webassembly_module_that_somebody_changes_meanwhile) {
    const scratch folder;
    module_loader loader;
    loader.add_format(wasm::format());
    loader.verify_all(std::ref(trusting_ann()));
    race(loader, SCRATCH "/run.wasm", "run.wasm", returning(1), returning(2), [](const vitte::loader::module& m) {
        const auto run = m.function<int()>("run");
        return run.has_value() && (*run)() == 1;
    });
}

BOOST_AUTO_TEST_SUITE_END()
