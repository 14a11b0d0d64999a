// Uses libraries by nothing but texts that say what their functions are: by_signature [--program] zlib|sqlite|png FILE.
// What they have to say goes to the output; see use.cpp.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <vitte/loader/ffi/callback.hpp>
#include <vitte/loader/ffi/function.hpp>
#include <vitte/loader/ffi/signature.hpp>
#include <vitte/loader/loader.hpp>

#include "picture.h"

namespace {
namespace ffi = vitte::loader::ffi;
using vitte::loader::module;
ffi::type_pool pool;

const ffi::function_type& type(const char* text) {
    const auto read = ffi::read_function_type(text, pool);
    if (!read) std::printf("%s: %s\n", text, read.error().reason), std::exit(1);
    return **pool.keep(*read);
}

/// Calls the function `name` of `of`, whose type is `text`.
template <class Result, class... Args>
Result call(const module& of, const char* text, const char* name, Args... arguments) {
    const auto found = of.symbol(name);
    if (!found) std::printf("%s\n", found.error().message().c_str()), std::exit(1);
    const auto function = ffi::function::prepare(type(text), *found);
    auto returned = function->template operator()<Result>(arguments...);
    if (!returned) std::printf("%s %s: %s\n", name, text, message(returned.error().code)), std::exit(1);
    if constexpr (!std::is_void_v<Result>) return *returned;
}
template <class T>
const T& at(const void* const* arguments, std::size_t i) {
    return *static_cast<const T*>(arguments[i]);
}

/// A stream that is packed in small pieces, and unpacked through another, as z_stream has its members; memory comes from
/// callbacks of ours.
int use_zlib(const module& m) {
    struct stream {
        const void* next_in;
        unsigned available_in;
        unsigned long total_in;
        void* next_out;
        unsigned available_out;
        unsigned long total_out;
        const char* message;
        void *state, *allocate, *free, *opaque;
        int kind;
        unsigned long check, reserved;
    };
    int alive = 0, allocated = 0;
    const auto allocate = ffi::make_callback(type("ptr(ptr, uint, uint)"), [&](const void* const* arguments, void* returned) {
        ++alive, ++allocated;
        void* const made = std::calloc(at<unsigned>(arguments, 1), at<unsigned>(arguments, 2));
        std::memcpy(returned, &made, sizeof made);
    });
    const auto free = ffi::make_callback(type("void(ptr, ptr)"), [&](const void* const* arguments, void*) {
        --alive;
        std::free(at<void*>(arguments, 1));
    });
    std::string text;
    for (int i = 0; i < 20000; ++i) text += std::to_string(i * i % 977) + " ";
    std::vector<char> packed(text.size()), unpacked(text.size() + 1);
    const auto make = [&] {
        stream s{};
        s.allocate = allocate->address(), s.free = free->address();
        return s;
    };
    stream in = make();
    int wrong = call<int>(m, "int(ptr, int, str, int)", "deflateInit_", &in, 6, "1.2.11", int{sizeof in});
    in.next_out = packed.data();
    in.available_out = static_cast<unsigned>(packed.size());
    for (std::size_t done = 0; done < text.size();) {
        const std::size_t piece = std::min<std::size_t>(1000, text.size() - done);
        in.next_in = text.data() + done;
        in.available_in = static_cast<unsigned>(piece);
        done += piece;
        const bool last = done == text.size();
        if (call<int>(m, "int(ptr, int)", "deflate", &in, last ? 4 : 0) != (last ? 1 : 0)) wrong = 1;
    }
    wrong |= call<int>(m, "int(ptr)", "deflateEnd", &in);
    stream out = make();
    wrong |= call<int>(m, "int(ptr, str, int)", "inflateInit_", &out, "1.2.11", int{sizeof out});
    out.next_in = packed.data();
    out.available_in = static_cast<unsigned>(in.total_out);
    out.next_out = unpacked.data();
    out.available_out = static_cast<unsigned>(unpacked.size());
    const int end = call<int>(m, "int(ptr, int)", "inflate", &out, 4);
    wrong |= call<int>(m, "int(ptr)", "inflateEnd", &out);
    const bool same = out.total_out == text.size() && std::memcmp(unpacked.data(), text.data(), text.size()) == 0;
    const auto sum = call<unsigned long>(m, "ulong(ulong, str, uint)", "crc32", 0ul, "123456789", 9u);
    std::printf("%d %d %s %s %d %s %08lx\n", wrong, end, same ? "same" : "different",
                in.total_out < text.size() / 2 ? "smaller" : "larger", alive, allocated > 4 ? "ours" : "its own", sum);
    return wrong;
}

/// A database with a function of ours, asked by a statement and by a callback.
int use_sqlite(const module& m) {
    void *db = nullptr, *statement = nullptr;
    int wrong = call<int>(m, "int(str, ptr)", "sqlite3_open", ":memory:", &db);
    int called = 0;
    const auto half = ffi::make_callback(type("void(ptr, int, ptr)"), [&](const void* const* arguments, void*) {
        ++called;
        void* const first = *at<void**>(arguments, 2);
        const double value = call<double>(m, "f64(ptr)", "sqlite3_value_double", first);
        call<void>(m, "void(ptr, f64)", "sqlite3_result_double", at<void*>(arguments, 0), value / 2);
    });
    void* const none = nullptr;
    wrong |= call<int>(m, "int(ptr, str, int, int, ptr, ptr, ptr, ptr)", "sqlite3_create_function", db, "half", 1, 1, none,
                       half->address(), none, none);
    const auto run = [&](const char* text, void* each) {
        wrong |= call<int>(m, "int(ptr, str, ptr, ptr, ptr)", "sqlite3_exec", db, text, each, none, none);
    };
    run("create table t(a integer primary key, b real)", none);
    wrong |= call<int>(m, "int(ptr, str, int, ptr, ptr)", "sqlite3_prepare_v2", db, "insert into t values(?, ?)", -1, &statement, none);
    for (int i = 1; i <= 100; ++i) {
        wrong |= call<int>(m, "int(ptr, int, i64)", "sqlite3_bind_int64", statement, 1, std::int64_t{i});
        wrong |= call<int>(m, "int(ptr, int, f64)", "sqlite3_bind_double", statement, 2, i * 1.5);
        if (call<int>(m, "int(ptr)", "sqlite3_step", statement) != 101) wrong |= 1;  // SQLITE_DONE
        wrong |= call<int>(m, "int(ptr)", "sqlite3_reset", statement);
    }
    wrong |= call<int>(m, "int(ptr)", "sqlite3_finalize", statement);
    const auto print = ffi::make_callback(type("int(ptr, int, ptr, ptr)"), [](const void* const* arguments, void* returned) {
        char** const values = at<char**>(arguments, 2);
        for (int i = 0; i < at<int>(arguments, 1); ++i) std::printf("%s ", values[i]);
        const int go_on = 0;
        std::memcpy(returned, &go_on, sizeof go_on);
    });
    run("select count(*), sum(a), sum(half(b)) from t", print->address());
    wrong |= call<int>(m, "int(ptr)", "sqlite3_close", db);
    std::printf("%d %d\n", called, wrong);
    return wrong;
}

/// The picture of picture.h as a file, of which the output is all bytes.
int use_png(const module& m) {
    struct image {
        void* opaque;
        std::uint32_t version, width, height, format, flags, colours, warning;
        char message[64];
    };
    static unsigned char pixels[PICTURE_HEIGHT][PICTURE_WIDTH][3];
    draw_picture(pixels);
    image described{nullptr, 1, PICTURE_WIDTH, PICTURE_HEIGHT, 2, 0, 0, 0, {}};
    std::vector<char> made(PICTURE_WIDTH * PICTURE_HEIGHT * 3 + 4096);
    std::size_t size = made.size();
    void* const none = nullptr;
    const int good = call<int>(m, "int(ptr, ptr, ptr, int, ptr, ptrdiff_t, ptr)", "png_image_write_to_memory", &described,
                               made.data(), &size, 0, &pixels[0][0][0], std::ptrdiff_t{0}, none);
    for (std::size_t i = 0; i < size && good == 1; ++i) std::printf("%02x", static_cast<unsigned char>(made[i]));
    std::puts("");
    return good == 1 ? 0 : 1;
}
/// Complex numbers, which GSL's functions take and return as structures.
int use_gsl(const module& m) {
    struct complex {
        double of[2];
    };
    const auto print = [](complex z) { std::printf("%g%+gi ", z.of[0], z.of[1]); };
    const char* const binary = "{[2]f64}({[2]f64}, {[2]f64})";
    const auto product = call<complex>(m, binary, "gsl_complex_mul", complex{{1, 2}}, complex{{3, 4}});
    const auto quotient = call<complex>(m, binary, "gsl_complex_div", product, complex{{1, 2}});
    const auto root = call<complex>(m, "{[2]f64}({[2]f64})", "gsl_complex_sqrt", complex{{-4, 0}});
    const double coefficients[] = {1, 2, 3};
    const auto value =
        call<complex>(m, "{[2]f64}(ptr, int, {[2]f64})", "gsl_poly_complex_eval", &coefficients[0], 3, complex{{0, 1}});
    print(product), print(quotient), print(root), print(value);
    std::printf("%g\n", call<double>(m, "f64({[2]f64})", "gsl_complex_abs", quotient));
    return 0;
}
}  // namespace

int main(int argc, char** argv) {
    vitte::loader::module_loader loader;
    const bool program = argc == 4 && std::string_view(argv[1]) == "--program";
    if (argc != 3 && !program) return 2;
    if (program && !loader.provide_program()) return 2;
    auto loaded = loader.load(argv[argc - 1]);
    if (!loaded) return std::printf("refused: %s\n", loaded.error().message().c_str()), 1;
    const std::string_view what = argv[argc - 2];
    return what == "zlib"     ? use_zlib(*loaded)
           : what == "sqlite" ? use_sqlite(*loaded)
           : what == "gsl"    ? use_gsl(*loaded)
                              : use_png(*loaded);
}
