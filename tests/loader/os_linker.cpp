// The OS's own linker, bare and behind the loader's interface.
#include <vitte/loader/loader.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/text_files.hpp"

namespace {
using vitte::errc;
const char* const plain = VITTE_PLAIN_LIBRARY;
const ability dynamic_linker{"a dynamic linker in this program",
                             [] { return vitte::sys::library::program().has_value(); }};
}  // namespace

BOOST_AUTO_TEST_SUITE(os_linker, *needs(dynamic_linker))

BOOST_AUTO_TEST_CASE(a_library_offers_its_symbols) {
    auto library = vitte::sys::library::open(fixture(plain).c_str());
    BOOST_REQUIRE(library.has_value());
    BOOST_TEST(*static_cast<int*>(*library->symbol("plain_number")) == 5);
    const auto twice = reinterpret_cast<int (*)(int)>(*library->symbol("plain_twice"));
    BOOST_TEST(twice(21) == 42);
    BOOST_TEST((library->symbol("plain_thrice").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_no_library_is_an_error) {
    BOOST_TEST((vitte::sys::library::open("libno-such-library.so").error().code == errc::not_found));
    BOOST_TEST(!vitte::sys::library::open(vectors("blake3.tsv").c_str()).has_value());
}

BOOST_AUTO_TEST_CASE(the_loader_gives_it_the_same_interface) {
    vitte::loader::module_loader loader(vitte::loader::os_linker<>::link);
    auto m = loader.load(fixture(plain).c_str());
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST((*(*m)->function_pointer<int(int)>("plain_twice"))(4) == 8);
    BOOST_TEST((m->symbol("plain_thrice").error().code == errc::not_found));
    bool asked = false;
    auto verified = loader.load(fixture(plain).c_str(), {.verify = [&](auto) { return asked = true; }});
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST((asked && (*(*verified)->function_pointer<int(int)>("plain_twice"))(4) == 8));
    const auto refused = loader.load(fixture(plain).c_str(), {.verify = [](auto) { return false; }});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::permission_denied));
    auto missing = loader.load("libno-such-library.so");
    BOOST_REQUIRE(!missing);
    BOOST_TEST(missing.error().message().find("libno-such-library.so") != std::string::npos);
}

/// What is verified is what is loaded, whatever becomes of the file.
BOOST_AUTO_TEST_CASE(it_gets_what_was_verified) {
    const text_file on_disk("plain_copy", text_of(fixture(plain)));
    vitte::loader::module_loader loader(vitte::loader::os_linker<>::link);
    vitte::loader::load_options options;
    options.verify = [&](const vitte::loader::file_to_verify& file) {
        std::FILE* const rewritten = std::fopen(on_disk.path(), "wb");
        std::fwrite("XXXXXXXX", 1, 8, rewritten);
        std::fclose(rewritten);
        return file.bytes.size() > 8 && file.path == std::string(on_disk.path());
    };
    const auto m = loader.load(on_disk.path(), options);
    BOOST_REQUIRE_MESSAGE(m.has_value(), (m ? "" : m.error().message()));
    BOOST_TEST((*m->function_pointer<int(int)>("plain_twice"))(4) == 8);
    BOOST_TEST(!loader.load(on_disk.path(), options).has_value());
    const auto missing = loader.load("libno-such-library.so", options);
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
