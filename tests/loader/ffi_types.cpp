// Descriptions of C types: from texts, from C++'s own types, and how they are laid out.
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string>
#include <vitte/loader/ffi/described.hpp>
#include <vitte/loader/ffi/signature.hpp>

#include "../support/outcome.hpp"

namespace {
namespace ffi = vitte::loader::ffi;
using ffi::abi_kind, ffi::function_type_of, ffi::kind, ffi::type_of;
using vitte::errc;

constexpr abi_kind all_abis[]{abi_kind::sysv_x86_64,   abi_kind::win64,       abi_kind::win64_gnu,
                              abi_kind::aapcs64,       abi_kind::apple_arm64, abi_kind::aapcs32_hard,
                              abi_kind::riscv64_lp64d, abi_kind::s390x,       abi_kind::other};

template <class T>
std::string written(const T& t) {
    std::string text(ffi::write_text(t, {}), ' ');
    ffi::write_text(t, text);
    return text;
}
/// What is written of the function type that was read, or why it was refused.
std::string rewritten(std::string_view text, abi_kind abi = abi_kind::sysv_x86_64) {
    ffi::type_pool pool;
    const auto made = ffi::read_function_type(text, pool, abi);
    return made ? written(*made) : made.error().message().c_str();
}
/// "size alignment offset..." of the type that was read.
std::string laid_out(std::string_view text, abi_kind abi) {
    ffi::type_pool pool;
    const auto made = ffi::read_type(text, pool, abi);
    if (!made) return made.error().message().c_str();
    std::string numbers = std::to_string((*made)->size) + " " + std::to_string((*made)->alignment);
    for (const ffi::field& f : (*made)->fields) numbers += " " + std::to_string(f.offset);
    return numbers;
}
std::string repeated(std::string_view text, std::size_t times) {
    std::string made;
    while (times-- != 0) made += text;
    return made;
}

struct point {
    float x, y;
};
enum class color : short { red };
struct inner {
    char text[3];
    color c;
};
struct outer {
    inner in[2][3];
    const char* name;
    void* p;
    bool b;
    point at;
    unsigned long n;
    long double big;
};
union number {
    int whole;
    double real;
    inner other;
};
struct holder {
    point one;
    number two;
};
struct __attribute__((packed)) tight {
    char c;
    int i;
};
#pragma pack(push, 2)
struct half_tight {
    char c;
    double d;
};
#pragma pack(pop)
struct alignas(32) wide {
    char c;
    int i;
};
struct member_aligned {
    int c;
    alignas(16) int i;
};
// Vectors as s390x's ABI has them are there from z13 on.
#if !defined(__s390x__) || defined(__VX__)
#define HAS_VECTORS
using int_vector __attribute__((vector_size(16))) = int;
using byte_vector __attribute__((vector_size(16))) = signed char;
struct vectors {
    char c;
    int_vector a;
    byte_vector b;
};
#endif
__extension__ typedef _Complex double complex;
struct twelve {
    char a;
    short b;
    int c;
    long d;
    long long e;
    float f;
    double g;
    void* h;
    char i[5];
    wchar_t j;
    std::size_t k;
    point l;
};
struct thirteen {
    char a, b, c, d, e, f, g, h, i, j, k, l, m;
};
using callback = int (*)(void*, const char*);
}  // namespace

template <>
struct vitte::loader::ffi::described<number> {
    using members = ffi::members<&number::whole, &number::real, &number::other>;
};
template <>
struct vitte::loader::ffi::described<member_aligned> {
    using members = ffi::members<&member_aligned::c, &member_aligned::i>;
    static constexpr std::size_t aligned[]{0, 16};
};
template <>
struct vitte::loader::ffi::described<tight> {
    using members = ffi::members<&tight::c, &tight::i>;
    static constexpr packing how{.packed = true};
};
template <>
struct vitte::loader::ffi::described<thirteen> {
    using members =
        ffi::members<&thirteen::a, &thirteen::b, &thirteen::c, &thirteen::d, &thirteen::e, &thirteen::f, &thirteen::g,
                     &thirteen::h, &thirteen::i, &thirteen::j, &thirteen::k, &thirteen::l, &thirteen::m>;
};

namespace {
// C++ types and texts give the same descriptions, at compile time.
static_assert(function_type_of<int(const char*, double)>() == function_type_of<"i32(str, f64)">());
static_assert(function_type_of<void(point, ...) noexcept>() == function_type_of<"void({f32 x, f32 y}, ...)">());
static_assert(
    function_type_of<number(holder, tight, half_tight)>() ==
    function_type_of<"union{i32, f64, {[3]char, i16}}"
                     "({{f32, f32}, union{int, f64, {[3]char, i16}}}, packed {char, i32}, pack(2) {char, f64})">());
static_assert(function_type_of<wide(complex, member_aligned)>() ==
              function_type_of<"aligned(32) {char, int}(complex_f64, {int, alignas(16) int})">());
#if defined(HAS_VECTORS)
static_assert(function_type_of<int_vector(vectors)>() == function_type_of<"v128({char, v128, v128})">());
#endif
static_assert(type_of<outer>().fields[0].of->element->count == 3);
static_assert(function_type_of<void(bool, signed char, unsigned char, short, unsigned short, int, unsigned, long long,
                                    unsigned long long, float, color, std::nullptr_t, callback, int&, const int)>() ==
              function_type_of<"void(bool,i8,u8,i16,u16,i32,u32,i64,u64,f32,i16,ptr,ptr,ptr,i32)">());
static_assert(function_type_of<void(char, long, unsigned long, std::size_t, std::ptrdiff_t, std::uintptr_t, wchar_t,
                                    long double)>() ==
              function_type_of<"void(char,long,ulong,size_t,ptrdiff_t,uintptr_t,wchar_t,long_double)">());
static_assert(type_of<thirteen>().fields.size() == 13);
static_assert(!(function_type_of<int(int)>() == function_type_of<int(int, ...)>()));
static_assert(!(function_type_of<int(point)>() == function_type_of<int(double)>()));
static_assert(!(function_type_of<int(tight)>() == function_type_of<"i32({char, i32})">()));

// And what is read at compile time for another ABI is laid out for that one.
static_assert(function_type_of<"void({char, long})", abi_kind::win64>().parameters[0]->size == 8);
static_assert(function_type_of<"void({char, long})", abi_kind::aapcs64>().parameters[0]->size == 16);

template <class T, class... Offsets>
void stands_at(Offsets... offsets) {
    const ffi::type& t = type_of<T>();
    BOOST_TEST(t.size == sizeof(T));
    BOOST_TEST(t.alignment == alignof(T));
    BOOST_REQUIRE(t.fields.size() == sizeof...(offsets));
    const std::size_t expected[]{offsets...};
    for (std::size_t i = 0; i < sizeof...(offsets); ++i) BOOST_TEST(t.fields[i].offset == expected[i]);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(ffi_types)

BOOST_AUTO_TEST_CASE(offsets_are_those_of_this_compiler) {
    stands_at<point>(offsetof(point, x), offsetof(point, y));
    stands_at<inner>(offsetof(inner, text), offsetof(inner, c));
    stands_at<outer>(offsetof(outer, in), offsetof(outer, name), offsetof(outer, p), offsetof(outer, b),
                     offsetof(outer, at), offsetof(outer, n), offsetof(outer, big));
    stands_at<number>(0u, 0u, 0u);
    stands_at<holder>(offsetof(holder, one), offsetof(holder, two));
    stands_at<tight>(offsetof(tight, c), offsetof(tight, i));
    stands_at<half_tight>(offsetof(half_tight, c), offsetof(half_tight, d));
    stands_at<wide>(offsetof(wide, c), offsetof(wide, i));
    stands_at<member_aligned>(offsetof(member_aligned, c), offsetof(member_aligned, i));
#if defined(HAS_VECTORS)
    stands_at<vectors>(offsetof(vectors, c), offsetof(vectors, a), offsetof(vectors, b));
#endif
    stands_at<twelve>(offsetof(twelve, a), offsetof(twelve, b), offsetof(twelve, c), offsetof(twelve, d),
                      offsetof(twelve, e), offsetof(twelve, f), offsetof(twelve, g), offsetof(twelve, h),
                      offsetof(twelve, i), offsetof(twelve, j), offsetof(twelve, k), offsetof(twelve, l));
}

BOOST_AUTO_TEST_CASE(what_this_machine_says_is_what_its_compiler_says) {
    const ffi::abi_facts &says = ffi::facts_of(ffi::native_abi), &compiler = ffi::facts_of(abi_kind::other);
    BOOST_TEST(says.pointer == compiler.pointer);
    BOOST_TEST(says.long_size == compiler.long_size);
    BOOST_TEST(says.wchar_size == compiler.wchar_size);
    BOOST_TEST(says.wchar_is_signed == compiler.wchar_is_signed);
    BOOST_TEST(says.char_is_signed == compiler.char_is_signed);
    BOOST_TEST((says.long_double == compiler.long_double));
    BOOST_TEST(says.long_double_size == compiler.long_double_size);
    BOOST_TEST(says.long_double_alignment == compiler.long_double_alignment);
    BOOST_TEST(says.align64 == compiler.align64);
    BOOST_TEST(says.max_alignment == compiler.max_alignment);
    BOOST_TEST(says.big_endian == compiler.big_endian);
}

// Figures of gcc and clang; tests/oracles/layouts.py asks them about random types.
BOOST_AUTO_TEST_CASE(layouts_are_those_of_each_abi) {
    using enum abi_kind;
    for (const abi_kind abi : all_abis) {
        BOOST_TEST(laid_out("{u8, u32, u16}", abi) == "12 4 0 4 8");
        BOOST_TEST(laid_out("packed {u8, u32, u16}", abi) == "7 1 0 1 5");
        BOOST_TEST(laid_out("pack(2) {u8, u32, u16}", abi) == "8 2 0 2 6");
        BOOST_TEST(laid_out("aligned(16) packed {u8, u32}", abi) == "16 16 0 1");
        BOOST_TEST(laid_out("union {[5]u8, u16}", abi) == "6 2 0 0");
        BOOST_TEST(laid_out("{u8, alignas(64) u8, u8}", abi) == "128 64 0 64 65");
        BOOST_TEST(laid_out("{u32 n, [0]u16 rest}", abi) == "4 4 0 4");
        BOOST_TEST(laid_out("[7]{u16, u8}", abi) == "28 2");
    }
    const struct {
        abi_kind abi;
        const char *long_and_pointer, *extended, *complex, *vector, *wchar;
    } known[]{
        {sysv_x86_64, "24 8 0 8 16", "32 16 0 16", "48 16 0 16", "32 16 0 16", "8 4 0 4"},
        {win64, "16 8 0 4 8", "16 8 0 8", "24 8 0 8", "32 16 0 16", "4 2 0 2"},
        {win64_gnu, "16 8 0 4 8", "32 16 0 16", "48 16 0 16", "32 16 0 16", "4 2 0 2"},
        {aapcs64, "24 8 0 8 16", "32 16 0 16", "48 16 0 16", "32 16 0 16", "8 4 0 4"},
        {apple_arm64, "24 8 0 8 16", "16 8 0 8", "24 8 0 8", "32 16 0 16", "8 4 0 4"},
        {aapcs32_hard, "12 4 0 4 8", "16 8 0 8", "24 8 0 8", "24 8 0 8", "8 4 0 4"},
        {riscv64_lp64d, "24 8 0 8 16", "32 16 0 16", "48 16 0 16", "32 16 0 16", "8 4 0 4"},
        {s390x, "24 8 0 8 16", "24 8 0 8", "40 8 0 8", "24 8 0 8", "8 4 0 4"},
    };
    for (const auto& k : known) {
        BOOST_TEST(laid_out("{char, long, ptr}", k.abi) == k.long_and_pointer);
        BOOST_TEST(laid_out("{char, long_double}", k.abi) == k.extended);
        BOOST_TEST(laid_out("{char, complex_long_double}", k.abi) == k.complex);
        BOOST_TEST(laid_out("{char, v128}", k.abi) == k.vector);
        BOOST_TEST(laid_out("{char, wchar_t}", k.abi) == k.wchar);
    }
    // Microsoft's compiler packs nothing below what it asks for.
    BOOST_TEST(laid_out("packed {u8, aligned(4) {u16}}", win64) == "8 4 0 4");
    BOOST_TEST(laid_out("packed {u8, aligned(4) {u16}}", win64_gnu) == "5 1 0 1");
    BOOST_TEST(laid_out("pack(1) {u8, alignas(4) u16}", win64) == "8 4 0 4");
    BOOST_TEST(laid_out("pack(1) {u8, alignas(4) u16}", sysv_x86_64) == "3 1 0 1");
    BOOST_TEST(laid_out("packed {u8, alignas(4) u16}", sysv_x86_64) == "8 4 0 4");
}

BOOST_AUTO_TEST_CASE(the_natural_alignment_is_without_what_the_whole_asks_for) {
    ffi::type_pool pool;
    const auto natural = [&](const char* text) { return (*ffi::read_type(text, pool))->natural_alignment; };
    BOOST_TEST(natural("aligned(16) {i32, i32}") == 4u);
    BOOST_TEST(natural("{alignas(16) i32, i32}") == 16u);
    BOOST_TEST(natural("{aligned(16) {i32}}") == 16u);
    BOOST_TEST(natural("packed aligned(16) {i32}") == 1u);
}

BOOST_AUTO_TEST_CASE(names_of_integers_depend_on_the_abi) {
    const char* const text =
        "void(char,short,ushort,int,uint,long,ulong,size_t,ssize_t,ptrdiff_t,intptr_t,uintptr_t,"
        "wchar_t,long_double,complex_long_double)";
    BOOST_TEST(
        rewritten(text, abi_kind::sysv_x86_64) ==
        "void(i8, i16, u16, i32, u32, i64, u64, u64, i64, i64, i64, u64, i32, long_double, complex_long_double)");
    BOOST_TEST(rewritten(text, abi_kind::win64) ==
               "void(i8, i16, u16, i32, u32, i32, u32, u64, i64, i64, i64, u64, u16, f64, complex_f64)");
    BOOST_TEST(rewritten(text, abi_kind::aapcs32_hard) ==
               "void(u8, i16, u16, i32, u32, i32, u32, u32, i32, i32, i32, u32, u32, f64, complex_f64)");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_the_same_for_equal_texts) {
    BOOST_TEST(rewritten("  i32 ( ptr,f64 , { i32 a,f32 } ,... ) ") == "i32(ptr, f64, {i32 a, f32}, ...)");
    BOOST_TEST(rewritten("void()") == "void()");
    BOOST_TEST(rewritten("void(...)") == "void(...)");
    BOOST_TEST(rewritten("void(...,i32)") == "void(..., i32)");
    BOOST_TEST(rewritten("i32(str,...,i32,{u8})") == "i32(str, ..., i32, {u8})");
    BOOST_TEST(rewritten("aligned( 8 )pack(4)packed union{[2] [ 3 ]u8 union,alignas(2)u8 alignas}()") ==
               "packed pack(4) aligned(8) union{[2][3]u8 union, alignas(2) u8 alignas}()");
    BOOST_TEST(rewritten("void(aligned(8) {u8}, aligned(4) {u8}, u8)") == "void(aligned(8) {u8}, aligned(4) {u8}, u8)");
    BOOST_TEST(rewritten("void(bool,complex_f32,complex_f64,v128,str)") ==
               "void(bool, complex_f32, complex_f64, v128, str)");
    const ffi::field strange{&ffi::scalar(kind::i32), 0, "a}, {"};
    ffi::field members[]{strange};
    BOOST_TEST(written(*ffi::record_of(kind::structure, members)) == "{i32}");
    // As much as there is room for.
    char four[5] = "????";
    BOOST_TEST(ffi::write_text(function_type_of<"i32(ptr)">(), std::span(four, 3)) == 8u);
    BOOST_TEST(four == std::string("i32?"));
}

BOOST_AUTO_TEST_CASE(variable_arguments_are_those_behind_the_dots) {
    ffi::type_pool pool;
    const auto printf = *ffi::read_function_type("i32(str, ..., i32, f64)", pool);
    BOOST_TEST(printf.variadic);
    BOOST_TEST(printf.fixed == 1u);
    BOOST_TEST(printf.parameters.size() == 3u);
    const auto plain = *ffi::read_function_type("i32(str, i32, f64)", pool);
    BOOST_TEST(!plain.variadic);
    BOOST_TEST(plain.fixed == 3u);
    BOOST_TEST(!(plain == printf));
}

BOOST_AUTO_TEST_CASE(there_may_be_many_parameters) {
    const std::string text = "void(i8" + repeated(", f64", 2000) + ")";
    BOOST_TEST(rewritten(text) == text);
}

BOOST_AUTO_TEST_CASE(members_have_their_names) {
    ffi::type_pool pool;
    std::string text = "{i32 first, f64, ptr _third3}";
    const ffi::type& t = **ffi::read_type(text, pool);
    text.assign(text.size(), '?');
    BOOST_TEST(t.fields[0].name == "first");
    BOOST_TEST(t.fields[1].name == "");
    BOOST_TEST(t.fields[2].name == "_third3");
    BOOST_TEST((t == **ffi::read_type("{i32, f64 other, ptr}", pool)));
}

BOOST_AUTO_TEST_CASE(wrong_texts_are_refused_where_they_are_wrong) {
    const struct {
        const char *text, *said;
    } wrong[]{
        {"", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 0"},
        {"  i33()", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 2"},
        {"struct()", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 0"},
        {"i32", "a '(' is missing after the result type at byte 3"},
        {"i32(", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 4"},
        {"i32(i32", "a ',' or ')' is missing after a parameter at byte 7"},
        {"i32(i32 name)", "a ',' or ')' is missing after a parameter at byte 8"},
        {"i32(i32}, i32, i32)", "a ',' or ')' is missing after a parameter at byte 7"},
        {"i32(i32,)", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 8"},
        {"i32() x", "there is text after the ')' at byte 6"},
        {"i32(i32, void)", "a parameter cannot be void at byte 9"},
        {"i32([2]i32)", "a parameter cannot be an array: C passes a pointer at byte 4"},
        {"[2]i32()", "a function cannot return an array at byte 0"},
        {"i32(..., ...)", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 9"},
        {"i32(i32...)", "a ',' or ')' is missing after a parameter at byte 7"},
        {"i32(..., f32)", "a variable argument cannot be f32: C passes f64 at byte 9"},
        {"i32(..., i32, u16)", "a variable argument cannot be smaller than i32: C passes that at byte 14"},
        {"i32(..., bool)", "a variable argument cannot be smaller than i32: C passes that at byte 9"},
        {"i32({})", "a record without members: C and C++ disagree about its size at byte 4"},
        {"i32(packed union{})", "a record without members: C and C++ disagree about its size at byte 4"},
        {"i32({i32)", "a ',' or '}' is missing after a member at byte 8"},
        {"i32({i32 a b})", "a ',' or '}' is missing after a member at byte 11"},
        {"i32({i32,,i8})", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 9"},
        {"i32({i32 4})", "a ',' or '}' is missing after a member at byte 9"},
        {"i32({u8, void})", "a member cannot be void at byte 9"},
        {"i32({u8, u32:3})", "bit-fields are not described: where they stand differs between compilers at byte 12"},
        {"i32({u8, u32 flags : 3})",
         "bit-fields are not described: where they stand differs between compilers at byte 19"},
        {"i32({[0]u8})", "an array without elements can only be the last member of a structure with others at byte 4"},
        {"i32({u8, [0]u8, u8})",
         "an array without elements can only be the last member of a structure with others at byte 4"},
        {"i32(union{u8, [0]u8})",
         "an array without elements can only be the last member of a structure with others at byte 4"},
        {"i32({u8, [2][0]u8})", "an array's element has no size at byte 9"},
        {"i32({[2]void})", "an array's element has no size at byte 5"},
        {"i32({[]u8})", "a number is needed at byte 6"},
        {"i32({[-1]u8})", "a number is needed at byte 6"},
        {"i32({[2u8})", "a ']' is missing after a number at byte 7"},
        {"i32(packed i32)", "a '{' is missing at byte 11"},
        {"i32(union packed {i32})", "a '{' is missing at byte 10"},
        {"i32(pack {i32})", "a '(' is missing before a number at byte 9"},
        {"i32(pack(3) {i32})", "the packing is not 1, 2, 4, 8 or 16 at byte 4"},
        {"i32(pack(32) {i32})", "the packing is not 1, 2, 4, 8 or 16 at byte 4"},
        {"i32(aligned(12) {i32})", "the alignment is no power of two up to 2^28 at byte 4"},
        {"i32(aligned(536870912) {i32})", "the alignment is no power of two up to 2^28 at byte 4"},
        {"i32({alignas(7) i32})", "the alignment is no power of two up to 2^28 at byte 4"},
        {"i32({alignas(8 i32})", "a ')' is missing after a number at byte 15"},
        {"i32(alignas(8) i32)", "a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 4"},
        {"i32({[2147483648]u8})", "the number is larger than 2 GiB at byte 6"},
        {"i32({[99999999999999999999999999]u8})", "the number is larger than 2 GiB at byte 6"},
        {"i32({[1073741824]u16})", "larger than 2 GiB at byte 5"},
        {"i32({[65536][65536][65536][65536][65536]u8})", "larger than 2 GiB at byte 26"},
        {"i32({[2147483647]u8, u8})", "larger than 2 GiB at byte 4"},
        {"i32({u16, [2147483646]u8})", "larger than 2 GiB at byte 4"},
        {"i32({u16, alignas(268435456) [2147483647]u8})", "larger than 2 GiB at byte 4"},
        {"i32({u16, [2147483645]u8})", "larger than 2 GiB at byte 4"},
    };
    for (const auto& w : wrong) {
        BOOST_TEST_CONTEXT(w.text) BOOST_TEST(rewritten(w.text) == "signature: " + std::string(w.said));
    }
    BOOST_TEST(laid_out("i32()", abi_kind::s390x) == "signature: there is text after the type at byte 3");
    BOOST_TEST(laid_out("[2147483647]u8", abi_kind::s390x) == "2147483647 1");
    const std::string with_nul("i32(\0)", 6);
    BOOST_TEST(rewritten(with_nul) == "signature: a type is needed, such as i32, ptr, [4]u8 or {f64, f64} at byte 4");
}

BOOST_AUTO_TEST_CASE(types_are_nested_no_deeper_than_the_limit) {
    const auto nested = [](const char* open, const char* close, std::size_t depth) {
        return "i32({" + repeated(open, depth - 1) + "u8" + repeated(close, depth - 1) + "})";
    };
    BOOST_TEST(rewritten(nested("{", "}", ffi::max_depth)) == nested("{", "}", ffi::max_depth));
    BOOST_TEST(rewritten(nested("[1]", "", ffi::max_depth)) == nested("[1]", "", ffi::max_depth));
    BOOST_TEST(rewritten(nested("{", "}", ffi::max_depth + 1)) == "signature: types are nested too deep at byte 36");
    BOOST_TEST(rewritten(nested("[1]", "", ffi::max_depth + 1)) == "signature: types are nested too deep at byte 98");
    BOOST_TEST(rewritten(repeated("{", 100000)) == "signature: types are nested too deep at byte 32");
    BOOST_TEST(rewritten(repeated("[1]", 100000)) == "signature: types are nested too deep at byte 96");
}

BOOST_AUTO_TEST_CASE(types_that_share_parts_are_no_larger_than_the_limit) {
    // Each union is made of the one before, twice: a walk through the 32nd would take 2^32 steps.
    ffi::type types[ffi::max_depth];
    ffi::field members[ffi::max_depth][2];
    const ffi::type* last = &ffi::scalar(kind::u8);
    for (std::size_t i = 0; i < ffi::max_depth; ++i) {
        for (ffi::field& f : members[i]) f.of = last;
        const auto made = ffi::record_of(kind::union_, members[i]);
        if (!made) {
            BOOST_TEST(made.error().reason == std::string("made of too many types"));
            BOOST_TEST((made.error().code == errc::too_large));
            BOOST_TEST(i == 15u);
            return;
        }
        types[i] = *made;
        last = &types[i];
    }
    BOOST_TEST(false);
}

BOOST_AUTO_TEST_CASE(a_pool_takes_no_more_than_its_limit) {
    for (std::size_t limit = 0; limit < 3000; limit += 97) {
        ffi::type_pool pool(limit);
        std::size_t kept = 0;
        while (const auto made = pool.keep(ffi::scalar(kind::i64))) {
            BOOST_TEST((**made == ffi::scalar(kind::i64)));
            ++kept;
        }
        BOOST_TEST(kept <= limit / sizeof(ffi::type));
        BOOST_TEST(kept + 3 >= limit / sizeof(ffi::type) * 3 / 4);
        volatile std::size_t most = SIZE_MAX;  // of which the compiler does not warn
        BOOST_TEST(why(pool.make<char>(most)) == vitte::message(errc::too_large));
        BOOST_TEST(why(pool.make<ffi::field>(most / sizeof(ffi::field))) == vitte::message(errc::too_large));
    }
    ffi::type_pool boundless(SIZE_MAX);
    BOOST_TEST(boundless.make<char>(100).has_value());
    volatile std::size_t most = SIZE_MAX;
    BOOST_TEST(why(boundless.make<char>(most)) == vitte::message(errc::too_large));
    BOOST_TEST(why(boundless.make<char>(most / 2)) == vitte::message(errc::too_large));
    ffi::type_pool tiny(64);
    const auto refused = ffi::read_function_type("void({i8, i8, i8, i8, i8, i8})", tiny);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(what_a_pool_keeps_stays_where_it_is) {
    ffi::type_pool pool;
    const ffi::type* const first = *pool.keep(ffi::scalar(kind::f32));
    const std::string_view name = *pool.keep_text("name");
    for (int i = 0; i < 1000; ++i) BOOST_TEST(pool.make<ffi::field>(5).has_value());
    const std::span<char> large = *pool.make<char>(100000);
    large.back() = 'x';
    ffi::type_pool moved = std::move(pool);
    pool = ffi::type_pool();
    BOOST_TEST((*first == ffi::scalar(kind::f32)));
    BOOST_TEST(name == "name");
    BOOST_TEST(pool.keep_text("other")->size() == 5u);
}

BOOST_AUTO_TEST_CASE(text_is_read_the_same_at_compile_time_and_at_run_time) {
    static constexpr char text[] = "{[2]{u8, f64}, ptr p}(union{i32, f32}, aligned(16) {i8 a}, ..., i64, {str})";
    ffi::type_pool pool;
    BOOST_TEST((*ffi::read_function_type(text, pool) == function_type_of<text>()));
    BOOST_TEST(written(function_type_of<text>()) == rewritten(text, ffi::native_abi));
    BOOST_TEST(function_type_of<text>().result->fields[1].name == "p");
    BOOST_TEST((ffi::read_function_type(text, pool, abi_kind::aapcs32_hard)->abi == abi_kind::aapcs32_hard));
    BOOST_TEST(
        written(function_type_of<double(outer, ...)>()) ==
        rewritten("f64({[2][3]{[3]char, i16}, str, ptr, bool, {f32, f32}, ulong, long_double}, ...)", ffi::native_abi));
}

BOOST_AUTO_TEST_SUITE_END()
