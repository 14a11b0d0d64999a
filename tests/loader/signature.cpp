#include <boost/test/unit_test.hpp>

#include <string>

#include <vitte/loader/signature.hpp>

namespace {
using vitte::loader::signature;
using vitte::loader::value_type;
static_assert(signature::parse("void()").has_value());
}  // namespace

BOOST_AUTO_TEST_SUITE(signature_)

BOOST_AUTO_TEST_CASE(reads_every_type) {
    const auto s = signature::parse(" f64( i8,u8,i16,u16 ,i32,u32,i64,u64,f32,f64,ptr,str ) ");
    BOOST_REQUIRE(s.has_value());
    BOOST_TEST((s->result_type() == value_type::f64));
    BOOST_REQUIRE(s->parameters().size() == 12u);
    for (std::size_t i = 0; i < 12; ++i) BOOST_TEST((s->parameters()[i] == static_cast<value_type>(i + 1)));
}

BOOST_AUTO_TEST_CASE(says_where_a_text_is_wrong) {
    const auto at = [](const char* text) { return signature::parse(text).error().offset; };
    BOOST_TEST(at("") == 0u);
    BOOST_TEST(at("int(i64)") == 0u);
    BOOST_TEST(at("i64") == 3u);
    BOOST_TEST(at("i64(") == 4u);
    BOOST_TEST(at("i64(i64") == 7u);
    BOOST_TEST(at("i64(i64,)") == 8u);
    BOOST_TEST(at("i64(void)") == 4u);
    BOOST_TEST(at("i64(i8, void )") == 8u);
    BOOST_TEST(at("i64(i8,i8 x)") == 10u);
    BOOST_TEST(at("i64()x") == 5u);
    std::string many = "i8(i8";
    for (int i = 0; i < 16; ++i) many += ",i8";
    BOOST_TEST(signature::parse(many + ")").error().reason == std::string("more than 16 parameters"));
    BOOST_TEST(at((many.substr(0, many.size() - 3) + ", i8)").c_str()) == many.size() - 1);
}

BOOST_AUTO_TEST_SUITE_END()
