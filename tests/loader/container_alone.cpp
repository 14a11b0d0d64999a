// Containers without a `module_loader`, as a microcontroller has them: WebAssembly alone, in a context of the program.
#include <vitte/loader/container.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/wasm/format.hpp>

#include "../support/hex.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte::loader;
using vitte::errc;
using module_t = vitte::loader::module;

class only_webassembly final : public link_context {
public:
    const exports& host() const noexcept override { return host_; }
    const load_options& options() const noexcept override { return options_; }
    linked link_native(std::span<const std::byte>, const char*) const override {
        return refuse(errc::not_supported, "linking", "there is no linker");
    }
    bool has_os_linker() const noexcept override { return false; }
    linked link_with_os(const char*) const override { return refuse(errc::not_supported, "linking", "nor another"); }
    const module_format* recognizing(std::span<const std::byte> head) const noexcept override {
        return format_.recognizes(head) ? &format_ : nullptr;
    }
    const module_format* understanding(std::string_view) const noexcept override { return nullptr; }

private:
    exports host_;
    load_options options_;
    wasm::format format_;
};

/// Exports "add" of two i32, followed by `filling` bytes that mean nothing.
std::string adder(std::size_t filling) {
    using namespace wasm_test;
    const code made = wasm_test::module(
        {make_section(1, list({type({i32, i32}, {i32})})), make_section(3, list({bytes({0})})),
         make_section(7, list({exported("add", 0, 0)})),
         make_section(10, list({body(bytes({0x20, 0, 0x20, 1, 0x6a}))})), custom("filling", code(filling))});
    return {reinterpret_cast<const char*>(made.data()), made.size()};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(containers_alone)

BOOST_AUTO_TEST_CASE(webassembly_is_taken_where_there_is_nothing_else) {
    const only_webassembly context;
    const std::string code = adder(500),
                      symbols = R"json({"exports": [{"name": "add", "signature": "i32(i32, i32)"}]})json";
    for (const auto by : {vitb::compression::none, vitb::compression::deflate, vitb::compression::lz4}) {
        vitb::writer to;
        BOOST_REQUIRE(to.add(vitb::kind::code, bytes_of(code), by).has_value());
        BOOST_REQUIRE(to.add(vitb::kind::natv, bytes_of("ELF"), by, "m68k-linux-gnu").has_value());
        BOOST_REQUIRE(to.add(vitb::kind::scpt, bytes_of("return 1"), by, "lua").has_value());
        BOOST_REQUIRE(to.add(vitb::kind::symb, bytes_of(symbols), by).has_value());
        const auto file = to.finish();
        BOOST_REQUIRE(file.has_value());
        BOOST_TEST((file->size() < code.size()) == (by != vitb::compression::none));
        auto body = container_format().link(*file, "adder", context);
        BOOST_REQUIRE_MESSAGE(body.has_value(), (body ? "" : body.error().message()));
        const module_t made("adder", std::move(*body));
        const auto add = made.function<int(int, int)>("add");
        BOOST_REQUIRE(add.has_value());
        BOOST_TEST(*(*add)(40, 2) == 42);
        // Its own types are what is checked.
        BOOST_TEST((made.function<double(int, int)>("add").error().code == errc::invalid_argument));
        BOOST_TEST(made.function<unsigned(int, int)>("add").has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_else_there_is_is_refused) {
    const only_webassembly context;
    const std::string here = std::string(host_target.machine) + "-" + std::string(host_target.system);
    vitb::writer to;
    BOOST_REQUIRE(to.add(vitb::kind::natv, bytes_of("ELF"), vitb::compression::none, here).has_value());
    BOOST_REQUIRE(to.add(vitb::kind::scpt, bytes_of("return 1"), vitb::compression::none, "lua").has_value());
    const auto file = to.finish();
    BOOST_REQUIRE(file.has_value());
    const auto refused = container_format().link(*file, "natives", context);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::not_supported));
    const std::string said = refused.error().message();
    BOOST_TEST(said.find("NATV " + here + ": linking: ") != std::string::npos, said);
    BOOST_TEST(said.find("SCPT lua: linking: the loader has no format for this language") != std::string::npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
