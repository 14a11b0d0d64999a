// Calls by types that are known only at run time, and callbacks, against libffi; what a direct call takes is on stderr.
#include <cstring>
#include <string>

#if __has_include(<ffi.h>)
#include <ffi.h>
#define HAS_PEER
#endif

#include <vitte/loader/ffi/callback.hpp>
#include <vitte/loader/ffi/signature.hpp>

#include "row.hpp"

namespace {
namespace ours = vitte::loader::ffi;

struct point {
    double x, y;
};
[[gnu::noipa]] std::int32_t add(std::int32_t a, std::int32_t b) { return a + b; }
[[gnu::noipa]] double multiply(double a, double b) { return a * b; }
[[gnu::noipa]] void* move_on(void* p, std::uint64_t by, std::int32_t sign) {
    return static_cast<char*>(p) + (sign < 0 ? -by : by);
}
[[gnu::noipa]] point mirrored(point p) { return {p.y, p.x}; }
[[gnu::noipa]] double mixed(std::int32_t a, double b, std::int64_t c, float d, void* e, std::uint8_t f, double g,
                            std::int64_t h, std::int16_t i, std::int64_t j) {
    return a + b + static_cast<double>(c) + d + (e == nullptr) + f + g + static_cast<double>(h) + i +
           static_cast<double>(j);
}

constexpr int calls = 20000, rounds = 41;

#if defined(HAS_PEER)
template <class T>
ffi_type* peer_type() {
    if constexpr (std::is_same_v<T, point>) {
        static ffi_type* members[] = {&ffi_type_double, &ffi_type_double, nullptr};
        static ffi_type made{0, 0, FFI_TYPE_STRUCT, members};
        return &made;
    } else if constexpr (std::is_same_v<T, double>)
        return &ffi_type_double;
    else if constexpr (std::is_same_v<T, float>)
        return &ffi_type_float;
    else if constexpr (std::is_pointer_v<T>)
        return &ffi_type_pointer;
    else if constexpr (sizeof(T) == 1)
        return &ffi_type_uint8;
    else if constexpr (sizeof(T) == 2)
        return &ffi_type_sint16;
    else if constexpr (sizeof(T) == 4)
        return &ffi_type_sint32;
    else
        return &ffi_type_sint64;
}
#endif

template <class R, class... Args>
void shape(const char* name, const char* text, R (*function)(Args...), Args... given) {
    ours::type_pool pool;
    const auto type = *ours::read_function_type(text, pool);
    const auto plan = *ours::make_plan(type);
    const void* const addresses[] = {&given...};
    alignas(16) std::byte result[16];
    const auto answer = [](auto* returned) {
        R made{};
        if constexpr (std::is_same_v<R, point>) made = {1, 2};
        std::memcpy(returned, &made, sizeof made);
    };
    const auto callback = *ours::make_callback(type, [=](const void* const*, void* returned) { answer(returned); });
    R (*volatile pointer)(Args...) = function;
    R (*volatile entered)(Args...) = callback.template as<R(Args...)>();

    const auto we_call = [&] {
        return bench::nanoseconds([&] { ours::call(plan, reinterpret_cast<const void*>(function), addresses, result); },
                                  calls);
    };
    const auto we_are_called = [&] { return bench::nanoseconds([&] { static_cast<void>(entered(given...)); }, calls); };
    std::fprintf(stderr, "%s: a direct call takes %.2f ns\n", name,
                 bench::nanoseconds([&] { static_cast<void>(pointer(given...)); }, 10 * calls));
    const std::string call_claim = std::string("dynamic call ") + name,
                      callback_claim = std::string("callback ") + name;
#if defined(HAS_PEER)
    ffi_cif cif;
    ffi_type* types[] = {peer_type<Args>()...};
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, sizeof...(Args), peer_type<R>(), types);
    bench::compare(call_claim.c_str(), "libffi", 0.5, rounds, we_call, [&] {
        return bench::nanoseconds([&] { ffi_call(&cif, FFI_FN(function), result, const_cast<void**>(addresses)); },
                                  calls);
    });
    void* code = nullptr;
    auto* const closure = static_cast<ffi_closure*>(ffi_closure_alloc(sizeof(ffi_closure), &code));
    ffi_prep_closure_loc(
        closure, &cif,
        [](ffi_cif*, void* returned, void**, void*) {
            if constexpr (std::is_integral_v<R>)
                *static_cast<ffi_arg*>(returned) = 0;
            else
                decltype(answer)()(returned);
        },
        nullptr, code);
    R (*volatile peer)(Args...) = reinterpret_cast<R (*)(Args...)>(code);
    bench::compare(callback_claim.c_str(), "libffi", 0.6, rounds, we_are_called,
                   [&] { return bench::nanoseconds([&] { static_cast<void>(peer(given...)); }, calls); });
    ffi_closure_free(closure);
#else
    bench::missing(call_claim.c_str(), "libffi", we_call(), 0.5);
    bench::missing(callback_claim.c_str(), "libffi", we_are_called(), 0.6);
#endif
}
}  // namespace

int main() {
    int here = 0;
    shape("i32(i32,i32)", "i32(i32,i32)", add, 3, 4);
    shape("f64(f64,f64)", "f64(f64,f64)", multiply, 3.0, 4.0);
    shape("ptr(ptr,u64,i32)", "ptr(ptr,u64,i32)", move_on, static_cast<void*>(&here), std::uint64_t{8}, 1);
    shape("{f64,f64}({f64,f64})", "{f64,f64}({f64,f64})", mirrored, point{1, 2});
    shape("10 mixed", "f64(i32,f64,i64,f32,ptr,u8,f64,i64,i16,i64)", mixed, 1, 2.0, std::int64_t{3}, 4.0f,
          static_cast<void*>(&here), std::uint8_t{5}, 6.0, std::int64_t{7}, std::int16_t{8}, std::int64_t{9});
}
