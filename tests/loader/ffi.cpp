// Functions compiled by this compiler, called with types that are known only at run time.
#include <cstring>
#include <string>
#include <vector>

#include <vitte/loader/ffi.hpp>

#include "../support/needs.hpp"

namespace {
using vitte::errc;
using vitte::loader::call;
using vitte::loader::signature;
using vitte::loader::value;

std::string seen;
extern "C" std::int64_t subtract(std::int64_t a, std::int64_t b) { return a - b; }
extern "C" double hypotenuse2(double a, double b) { return a * a + b * b; }
extern "C" float half(float a) { return a / 2; }
extern "C" std::int8_t small(std::int8_t a, std::uint16_t b) { return static_cast<std::int8_t>(a + b); }
extern "C" std::uint64_t length(const char* text) { return std::strlen(text); }
extern "C" const char* second_half(const char* text) { return text + std::strlen(text) / 2; }
extern "C" void nothing(void* p) { *static_cast<int*>(p) = 5; }
extern "C" double mixed(std::int32_t a, float b, std::int64_t c, double d, std::uint8_t e, double f, std::int64_t g,
                        std::int64_t h, std::int64_t i, std::int64_t j, double k, double l, double m, double n,
                        double o, float p) {
    seen.clear();
    for (const double v : {double(a), double(b), double(c), d, double(e), f, double(g), double(h), double(i), double(j),
                           k, l, m, n, o, double(p)})
        seen += std::to_string(static_cast<int>(v)) + " ";
    return d + p;
}

extern "C" double numbers_first(double a, double b, double c, double d, double e, double f, double g, double h, float i,
                                std::uint32_t j, std::int64_t k, float l) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * double(i) + 10 * double(j) + 11 * double(k) +
           12 * double(l);
}

template <class Function>
value called(Function* f, const char* type, std::vector<value> arguments) {
    const auto made = call(reinterpret_cast<const void*>(f), *signature::parse(type), arguments);
    BOOST_REQUIRE(made.has_value());
    return *made;
}
value i(std::int64_t v) { return value::of(v); }

extern "C" void nobody() {}
const ability dynamic_calls{"calls of functions whose types are known at run time", [] {
    return call(reinterpret_cast<const void*>(nobody), *signature::parse("void()"), {}).has_value();
}};
}  // namespace

BOOST_AUTO_TEST_SUITE(ffi, *needs(dynamic_calls))

BOOST_AUTO_TEST_CASE(passes_and_returns_each_kind) {
    BOOST_TEST(called(subtract, "i64(i64,i64)", {i(3), i(5)}).as_signed() == -2);
    BOOST_TEST(called(hypotenuse2, "f64(f64,f64)", {value::of(3.0), value::of(4.0)}).as_double() == 25.0);
    BOOST_TEST(called(half, "f32(f32)", {value::of(5.0f)}).as_float() == 2.5f);
    BOOST_TEST(called(length, "u64(str)", {value::of("seven..")}).bits == 7u);
    BOOST_TEST(called(second_half, "str(str)", {value::of("lefthalf")}).as_string() == std::string("half"));
    int written = 0;
    called(nothing, "void(ptr)", {value::of(static_cast<const void*>(&written))});
    BOOST_TEST(written == 5);
}

BOOST_AUTO_TEST_CASE(narrow_integers_wrap_and_extend) {
    BOOST_TEST(called(small, "i8(i8,u16)", {i(-1), i(0)}).as_signed() == -1);
    BOOST_TEST(called(small, "i8(i8,u16)", {i(256 + 100), i(65536 + 100)}).as_signed() == -56);
    BOOST_TEST(called(subtract, "u32(i64,i64)", {i(3), i(5)}).bits == 0xfffffffeu);
}

BOOST_AUTO_TEST_CASE(integers_fit_by_their_sign_and_size) {
    using vitte::loader::fits;
    using type = vitte::loader::value_type;
    const std::uint64_t minus_five = 0 - std::uint64_t{5};
    for (const type t : {type::i8, type::i16, type::i32, type::i64}) {
        BOOST_TEST((fits(t, minus_five, true) && fits(t, 5, false)));
        BOOST_TEST((!fits(t, minus_five, false) && !fits(t, 5, true)));
    }
    for (const type t : {type::u8, type::u16, type::u32, type::u64})
        BOOST_TEST((fits(t, 5, false) && !fits(t, minus_five, true)));
    BOOST_TEST((fits(type::i8, 127, false) && !fits(type::i8, 128, false) && !fits(type::u8, 256, false)));
    BOOST_TEST((fits(type::u64, minus_five, false) && !fits(type::u32, minus_five, false)));
    for (const type t : {type::f32, type::f64, type::nothing}) BOOST_TEST((!fits(t, 0, false) && !fits(t, 5, false)));
    for (const type t : {type::pointer, type::string}) BOOST_TEST((fits(t, 5, false) && !fits(t, minus_five, true)));
}

BOOST_AUTO_TEST_CASE(arguments_beyond_the_registers_go_on_the_stack) {
    const auto n = [](double v) { return value::of(v); };
    const value r = called(mixed, "f64(i32,f32,i64,f64,u8,f64,i64,i64,i64,i64,f64,f64,f64,f64,f64,f32)",
                           {i(-1), value::of(2.0f), i(3), n(4), i(5), n(6), i(7), i(8), i(9), i(10), n(11), n(12),
                            n(13), n(14), n(15), value::of(16.0f)});
    BOOST_TEST(seen == "-1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 ");
    BOOST_TEST(r.as_double() == 20.0);
}

BOOST_AUTO_TEST_CASE(numbers_that_overflow_leave_the_integer_registers_in_place) {
    const auto n = [](double v) { return value::of(v); };
    const value r = called(
        numbers_first, "f64(f64,f64,f64,f64,f64,f64,f64,f64,f32,u32,i64,f32)",
        {n(1), n(2), n(3), n(4), n(5), n(6), n(7), n(8), value::of(9.0f), i(0xf0000000), i(11), value::of(12.0f)});
    BOOST_TEST(r.as_double() == 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81 + 10 * 4026531840.0 + 121 + 144);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
    const auto type = *signature::parse("f64(f64,f64)");
    const auto refused = [&](std::vector<value> arguments) {
        return call(reinterpret_cast<const void*>(hypotenuse2), type, arguments).error().code == errc::invalid_argument;
    };
    BOOST_TEST(refused({value::of(1.0)}));
    BOOST_TEST(refused({value::of(1.0), i(2)}));
    BOOST_TEST(refused({value::of(1.0), value::of(2.0f)}));
}

BOOST_AUTO_TEST_SUITE_END()
