// The engine as small machines have it: all tests of the engine, and that what is left out is refused.
#define VITTE_WASM_SMALL 1
#include "engine.cpp"
#include "handles.cpp"

BOOST_AUTO_TEST_CASE(vectors_are_refused_with_the_place) {
    const code constant = bytes({0xfd, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    const code types = make_section(1, list({type({}, {})})), functions = make_section(3, list({bytes({0})}));
    const struct {
        code bytes;
        std::uint64_t offset;
    } modules[] = {
        {module({types, functions, make_section(10, list({body(constant + bytes({0x1a}))}))}), 23},
        {module({types, functions, make_section(10, list({body(bytes({0x02, 0x7b, 0x00, 0x0b, 0x1a}))}))}), 23},
        {module({make_section(1, list({type({0x7b}, {})}))}), 11},
        {module({make_section(6, list({bytes({0x7b, 0}) + constant + bytes({0x0b})}))}), 13},
        {module({make_section(6, list({bytes({i32, 0}) + constant + bytes({0x0b})}))}), 13},
    };
    for (const auto& m : modules) {
        const auto refused = wasm::compiled_module::compile(m.bytes);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == errc::not_supported));
        BOOST_TEST(std::string(refused.error().reason) == "this build of the engine has no vectors");
        BOOST_TEST(refused.error().offset == m.offset);
    }
}
BOOST_AUTO_TEST_CASE(small_machines_guard_no_memories) {
    BOOST_TEST(!wasm::store::guards());
    BOOST_TEST((wasm::store::create({.guard_memories = true}).error().code == errc::not_supported));
}
