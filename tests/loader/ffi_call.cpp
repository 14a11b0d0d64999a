// Functions of the C library and of this compiler, called and implemented by types that are known only at run time. See
// also ffi/generated.py, which makes thousands of types.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>
#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif
#if defined(_WIN32)
#include <windows.h>
#endif
#if defined(__linux__)
#include <pthread.h>
#include <sys/mman.h>
#include <unwind.h>
#endif

#include <vitte/core/address_sanitizer.hpp>
#include <vitte/loader/ffi/callback.hpp>
#include <vitte/loader/ffi/function.hpp>
#include <vitte/loader/ffi/signature.hpp>

#include "../support/needs.hpp"

namespace {
namespace ffi = vitte::loader::ffi;
using vitte::errc;

ffi::type_pool pool;
const ffi::function_type& type(const char* text) {
    const auto read = ffi::read_function_type(text, pool);
    BOOST_REQUIRE(read.has_value());
    return **pool.keep(*read);
}
template <class Function>
ffi::function prepared(const char* text, Function* function) {
    auto made = ffi::function::prepare(type(text), reinterpret_cast<const void*>(function));
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}
template <class Callable>
ffi::callback called_back(const char* text, Callable callable) {
    auto made = ffi::make_callback(type(text), std::move(callable));
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}
/// Argument `i` of a callback.
template <class T>
const T& at(const void* const* arguments, std::size_t i) {
    return *static_cast<const T*>(arguments[i]);
}

struct pair_of_doubles {
    double x, y;
};
struct large {
    std::int64_t of[5];
};
/// Goes through integer registers on x86-64, where `long double` alone goes through memory: the members of a member
/// are merged with each other first.
union number_or_record {
    long double number;
    struct {
        float first;
        std::uint32_t second;
        std::int64_t third;
    } record;
};
extern "C" pair_of_doubles mirrored(pair_of_doubles p) { return {p.y, p.x}; }
extern "C" large reversed(large l) {
    std::reverse(std::begin(l.of), std::end(l.of));
    return l;
}
extern "C" std::int64_t third_of(number_or_record of, std::int64_t more) { return of.record.third + more; }
extern "C" int sets_errno(int to) { return errno = to, -1; }
extern "C" std::int64_t sum_of(int count, ...) {
    va_list rest;
    va_start(rest, count);
    std::int64_t sum = 0;
    for (int i = 0; i < count; ++i) sum += va_arg(rest, std::int64_t);
    va_end(rest);
    return sum;
}
extern "C" void throws(int what) {
    if (what != 0) throw std::runtime_error("from a callee");
}

const ability dynamic_calls{"calls of functions whose types are known at run time", [] { return ffi::can_call; }};
const ability callbacks{
    "callbacks",
    [] { return ffi::make_callback(ffi::function_type_of<void()>(), [](const void* const*, void*) {}).has_value(); }};
}  // namespace

BOOST_AUTO_TEST_SUITE(ffi_call, *needs(dynamic_calls))

BOOST_AUTO_TEST_CASE(structures_are_passed_and_returned_by_value) {
    const auto mirror = prepared("{f64, f64}({f64, f64})", mirrored);
    const pair_of_doubles made = *mirror.operator()<pair_of_doubles>(pair_of_doubles{1, 2});
    BOOST_TEST((made.x == 2 && made.y == 1));
    const auto reverse = prepared("{[5]i64}({[5]i64})", reversed);
    const large given{{1, 2, 3, 4, 5}};
    large returned{};
    const void* const arguments[] = {&given};
    reverse.call(arguments, &returned);
    BOOST_TEST((returned.of[0] == 5 && returned.of[4] == 1 && given.of[0] == 1));
}

BOOST_AUTO_TEST_CASE(members_of_a_union_are_classified_one_by_one, *needs(callbacks)) {
    const char* const text = "i64(union{long_double, {f32, u32, i64}}, i64)";
    number_or_record given{};
    given.record = {1.5f, 2, 40};
    const std::int64_t more = 2;
    const void* const passed[] = {&given, &more};
    std::int64_t sum = 0;
    prepared(text, third_of).call(passed, &sum);
    BOOST_TEST(sum == 42);
    const auto back = called_back(text, [](const void* const* arguments, void* returned) {
        const std::int64_t got = third_of(at<number_or_record>(arguments, 0), at<std::int64_t>(arguments, 1));
        std::memcpy(returned, &got, sizeof got);
    });
    BOOST_TEST(reinterpret_cast<decltype(&third_of)>(back.address())(given, more) == 42);
}

struct alignas(64) aligned_number {
    float value;
};
struct alignas(16) aligned_word {
    std::int64_t value;
};
extern "C" std::int64_t sum_of_aligned(std::int64_t first, aligned_word word, aligned_number number) {
    return first + word.value + static_cast<std::int64_t>(number.value);
}

BOOST_AUTO_TEST_CASE(arguments_are_aligned_as_their_types_are, *needs(callbacks)) {
    const char* const text = "i64(i64, aligned(16) {i64}, aligned(64) {f32})";
    const std::int64_t first = 1;
    const aligned_word word{2};
    const aligned_number number{39.0f};
    const void* const passed[] = {&first, &word, &number};
    std::int64_t sum = 0;
    prepared(text, sum_of_aligned).call(passed, &sum);
    BOOST_TEST(sum == 42);
    const auto back = called_back(text, [](const void* const* arguments, void* returned) {
        const bool aligned = reinterpret_cast<std::uintptr_t>(arguments[1]) % alignof(aligned_word) == 0 &&
                             reinterpret_cast<std::uintptr_t>(arguments[2]) % alignof(aligned_number) == 0;
        const std::int64_t got = aligned
                                     ? sum_of_aligned(at<std::int64_t>(arguments, 0), at<aligned_word>(arguments, 1),
                                                      at<aligned_number>(arguments, 2))
                                     : -1;
        std::memcpy(returned, &got, sizeof got);
    });
    BOOST_TEST(reinterpret_cast<decltype(&sum_of_aligned)>(back.address())(first, word, number) == 42);
}

// The sanitizer writes to what is taken from a stack before anybody else does.
#if defined(__linux__) && !defined(VITTE_ADDRESS_SANITIZER)
/// A thread's stack ends in a guard page, behind which others' memory is.
BOOST_AUTO_TEST_CASE(a_stack_that_is_too_small_ends_in_its_guard_page, *needs(threads)) {
    constexpr std::size_t behind = 512 * 1024, stack = 64 * 1024;
    const auto hole = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (hole > 16 * 1024 || static_cast<std::size_t>(PTHREAD_STACK_MIN) > stack) return;
    void* const all = mmap(nullptr, behind + hole + stack, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BOOST_TEST_REQUIRE(all != MAP_FAILED);
    auto* const bytes = static_cast<unsigned char*>(all);
    BOOST_TEST_REQUIRE(mprotect(bytes + behind, hole, PROT_NONE) == 0);
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGSEGV, SIG_DFL);
        pthread_attr_t how;
        pthread_attr_init(&how);
        pthread_attr_setstack(&how, bytes + behind + hole, stack);
        pthread_t thread;
        static const ffi::function large_argument = prepared(
            "void({[122880]u8})", +[] {});
        pthread_create(
            &thread, &how,
            [](void*) -> void* {
                static unsigned char argument[122880];
                const void* const passed[] = {argument};
                std::memset(argument, 1, sizeof argument);
                large_argument.call(passed, nullptr);
                return nullptr;
            },
            nullptr);
        pthread_join(thread, nullptr);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    BOOST_TEST(std::all_of(bytes, bytes + behind, [](unsigned char b) { return b == 0; }));
    munmap(all, behind + hole + stack);
}
#endif

BOOST_AUTO_TEST_CASE(functions_of_the_c_library) {
    const auto divided = *prepared("{int, int}(int, int)", static_cast<std::div_t (*)(int, int)>(std::div))
                              .
                              operator()<std::div_t>(17, 5);
    BOOST_TEST((divided.quot == 3 && divided.rem == 2));
    const auto long_divided = *prepared("{long, long}(long, long)", std::ldiv).operator()<std::ldiv_t>(-17L, 5L);
    BOOST_TEST((long_divided.quot == -3 && long_divided.rem == -2));
    const auto power = prepared("f64(f64, f64)", static_cast<double (*)(double, double)>(std::pow));
    BOOST_TEST(*power.operator()<double>(2.0, 10.0) == 1024.0);
    const auto root = prepared("f32(f32)", static_cast<float (*)(float)>(std::sqrt));
    BOOST_TEST(*root.operator()<float>(2.25f) == 1.5f);
    char* end = nullptr;
    const auto read = prepared("long_double(str, ptr)", std::strtold);
    BOOST_TEST((*read.operator()<long double>("0x1.8p1x", &end) == 3.0L && *end == 'x'));
}

BOOST_AUTO_TEST_CASE(variable_arguments) {
    char text[64];
    const auto print = prepared("int(ptr, size_t, str, ..., int, f64, str, i64)", std::snprintf);
    const int length = *print.operator()<int>(static_cast<char*>(text), sizeof text, "%d %.2f %s %lld", -7, 2.5,
                                              "words", std::int64_t{1} << 40);
    BOOST_TEST(text == std::string("-7 2.50 words 1099511627776"));
    BOOST_TEST(length == 27);
    const auto sum = prepared("i64(int, ..., i64, i64, i64, i64, i64, i64, i64, i64, i64)", sum_of);
    const auto n = [](std::int64_t v) { return v; };
    BOOST_TEST(*sum.operator()<std::int64_t>(9, n(1), n(2), n(3), n(4), n(5), n(6), n(7), n(8), n(9)) == 45);
}

BOOST_AUTO_TEST_CASE(errno_is_as_the_function_left_it) {
    const auto set = prepared("i32(i32)", sets_errno);
    const int to = ERANGE;
    const void* const arguments[] = {&to};
    std::int32_t returned = 0;
    errno = 0;
    set.call(arguments, &returned);
    const int after = errno;
    BOOST_TEST(after == ERANGE);
    BOOST_TEST(returned == -1);
}

BOOST_AUTO_TEST_CASE(errno_passes_through_callbacks, *needs(callbacks)) {
    const auto set = called_back("void(i32)", [](const void* const* arguments, void*) {
        if (const int to = at<int>(arguments, 0); to != 0) errno = to;
    });
    errno = ENOENT;
    set.as<void(int)>()(0);
    const int kept = errno;
    set.as<void(int)>()(ERANGE);
    const int left = errno;
    BOOST_TEST(kept == ENOENT);
    BOOST_TEST(left == ERANGE);
}

#if defined(_WIN32)
BOOST_AUTO_TEST_CASE(the_last_error_is_as_the_function_left_it, *needs(callbacks)) {
    const auto set = prepared("void(u32)", SetLastError);
    const auto get = prepared("u32()", GetLastError);
    BOOST_TEST_REQUIRE(set(std::uint32_t{1234}).has_value());
    BOOST_TEST(*get.operator()<std::uint32_t>() == 1234u);
    const auto back = called_back("void(u32)", [](const void* const* arguments, void*) {
        if (const auto to = at<std::uint32_t>(arguments, 0); to != 0) SetLastError(to);
    });
    SetLastError(5);
    back.as<void(std::uint32_t)>()(0);
    const DWORD kept = GetLastError();
    back.as<void(std::uint32_t)>()(6);
    const DWORD left = GetLastError();
    BOOST_TEST(kept == 5u);
    BOOST_TEST(left == 6u);
    // What fails leaves its own.
    const auto remove = prepared("i32(str)", DeleteFileA);
    SetLastError(0);
    const char* const name = "Z:\\no\\such\\file";
    const void* const passed[] = {&name};
    std::int32_t returned = 1;
    remove.call(passed, &returned);
    const DWORD said = GetLastError();
    BOOST_TEST((returned == 0 && (said == ERROR_PATH_NOT_FOUND || said == ERROR_FILE_NOT_FOUND)));
}
#endif

BOOST_AUTO_TEST_CASE(types_are_checked) {
    const auto power = prepared("f64(f64, f64)", static_cast<double (*)(double, double)>(std::pow));
    BOOST_TEST((power.operator()<double>(2.0, 1).error().code == errc::invalid_argument));
    BOOST_TEST((power.operator()<double>(2.0).error().code == errc::invalid_argument));
    BOOST_TEST((power.operator()<float>(2.0, 1.0).error().code == errc::invalid_argument));
    auto* const address = reinterpret_cast<void*>(mirrored);
    const auto& text = type("{f64, f64}({f64, f64})");
    BOOST_REQUIRE((ffi::typed<pair_of_doubles(pair_of_doubles)>(text, address).has_value()));
    BOOST_TEST(((*ffi::typed<pair_of_doubles(pair_of_doubles)>(text, address))({1, 2}).x == 2));
    BOOST_TEST((ffi::typed<pair_of_doubles(double)>(text, address).error().code == errc::invalid_argument));
    BOOST_TEST((ffi::typed<large(pair_of_doubles)>(text, address).error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_planned_is_refused) {
    const std::string huge = "void({[" + std::to_string(ffi::max_frame + 1) + "]u8})";
    BOOST_TEST((ffi::make_plan(type(huge.c_str())).error().code == errc::too_large));
    ffi::function_type other = type("void()");
    other.abi = ffi::abi_kind::other;
    BOOST_TEST((ffi::make_plan(other).error().code == errc::not_supported));
    const ffi::type array = *ffi::array_of(ffi::scalar(ffi::kind::i32), 2);
    const ffi::type* const parameters[] = {&array};
    ffi::function_type bare = type("void()");
    bare.parameters = parameters;
    BOOST_TEST((ffi::make_plan(bare).error().code == errc::invalid_argument));
    // GCC passes it in a register, clang in memory.
    BOOST_TEST((ffi::make_plan(type("void({i32, [0]f32})")).error().code == errc::not_supported));
}

#if defined(__cpp_exceptions)
BOOST_AUTO_TEST_CASE(exceptions_of_a_callee_pass) {
    const auto thrower = prepared("void(i32)", throws);
    BOOST_TEST(thrower(0).has_value());
    BOOST_CHECK_THROW(static_cast<void>(thrower(1)), std::runtime_error);
}
#endif

BOOST_AUTO_TEST_CASE(sorts_by_a_callback, *needs(callbacks)) {
    std::vector<std::int32_t> numbers;
    for (std::int32_t i = 0; i < 1000; ++i) numbers.push_back((i * 7919) % 1009);
    int compared = 0;
    const auto compare = called_back("i32(ptr, ptr)", [&](const void* const* arguments, void* returned) {
        ++compared;
        const std::int32_t a = *at<const std::int32_t*>(arguments, 0), b = *at<const std::int32_t*>(arguments, 1);
        const std::int32_t order = (a > b) - (a < b);
        std::memcpy(returned, &order, sizeof order);
    });
    const auto sort =
        prepared("void(ptr, size_t, size_t, ptr)",
                 static_cast<void (*)(void*, std::size_t, std::size_t, int (*)(const void*, const void*))>(std::qsort));
    BOOST_TEST(sort(numbers.data(), numbers.size(), sizeof numbers[0], compare.address()).has_value());
    BOOST_TEST(std::is_sorted(numbers.begin(), numbers.end()));
    BOOST_TEST(compared >= 999);
}

BOOST_AUTO_TEST_CASE(thousands_live_at_once_each_with_its_state, *needs(callbacks)) {
    const auto& type = ffi::function_type_of<std::int64_t(std::int64_t)>();
    std::vector<ffi::callback> made;
    for (std::int64_t i = 0; i < 10000; ++i)
        made.push_back(*ffi::make_callback(type, [i](const void* const* arguments, void* returned) {
            const std::int64_t sum = at<std::int64_t>(arguments, 0) + i;
            std::memcpy(returned, &sum, sizeof sum);
        }));
    for (std::size_t i = 0; i < made.size(); i += 3) made[i] = ffi::callback();
    for (std::size_t i = 0; i < made.size(); i += 3)
        made[i] = *ffi::make_callback(type, [i](const void* const*, void* returned) {
            const std::int64_t mine = -static_cast<std::int64_t>(i);
            std::memcpy(returned, &mine, sizeof mine);
        });
    int wrong = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
        const auto n = static_cast<std::int64_t>(i);
        wrong += made[i].as<std::int64_t(std::int64_t)>()(1) != (i % 3 == 0 ? -n : n + 1);
    }
    BOOST_TEST(wrong == 0);
    ffi::callback moved = std::move(made[4]);
    BOOST_TEST(made[4].address() == nullptr);
    BOOST_TEST(moved.as<std::int64_t(std::int64_t)>()(2) == 6);
}

BOOST_AUTO_TEST_CASE(entries_are_never_writable, *needs(callbacks) * needs(protection_query)) {
    const auto made = called_back("void()", [](const void* const*, void*) {});
    BOOST_TEST((vitte::sys::protection(made.address()).value() == vitte::sys::access::read_execute));
}

#if defined(VITTE_HAS_OWN_ENTRIES)
/// An OS that allows no new code.
struct without_new_code : vitte::sys::native {
    struct memory : vitte::sys::native::memory {
        static vitte::result<void> protect(void*, std::size_t, vitte::sys::access) noexcept {
            return vitte::fail(errc::permission_denied, "mprotect");
        }
        static vitte::result<void*> map_file(void*, std::size_t, vitte::sys::access, file_handle,
                                             std::uint64_t) noexcept {
            return vitte::fail(errc::permission_denied, "mmap");
        }
    };
};

BOOST_AUTO_TEST_CASE(without_new_code_there_are_some_in_the_program, *needs(callbacks)) {
    struct numbered : ffi::detail::callback_head {
        std::intptr_t number;
    };
    using entries = ffi::detail::basic_entries<without_new_code>;
    std::vector<numbered> made(ffi::detail::own_entries + 1);
    std::vector<void*> taken;
    for (numbered& n : made) {
        n.number = static_cast<std::intptr_t>(taken.size());
        n.vectors = 0;
        n.run = [](ffi::detail::callback_head* self, std::byte* frame, std::byte*) noexcept -> std::uintptr_t {
            std::memcpy(frame, &static_cast<numbered*>(self)->number, sizeof(std::intptr_t));
            return 0;
        };
        const auto entry = entries::take(n);
        if (entry)
            taken.push_back(*entry);
        else
            BOOST_TEST((entry.error().code == errc::permission_denied));
    }
    BOOST_TEST(taken.size() == ffi::detail::own_entries);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < taken.size(); ++i)
        wrong += reinterpret_cast<std::intptr_t (*)()>(taken[i])() != made[i].number;
    BOOST_TEST(wrong == 0u);
    entries::give_back(taken[7]);
    BOOST_TEST(entries::take(made.back()).value() == taken[7]);
    made.back().number = -5;
    BOOST_TEST(reinterpret_cast<std::intptr_t (*)()>(taken[7])() == -5);
}
#endif

#if defined(__unix__) && defined(__cpp_exceptions)
/// How a child ends that does `work`.
template <class Work>
int signal_of(Work work) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        std::signal(SIGILL, SIG_DFL);
        std::signal(SIGTRAP, SIG_DFL);
        work();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

BOOST_AUTO_TEST_CASE(an_exception_out_of_a_callback_ends_the_program, *needs(callbacks)) {
    const auto throwing =
        called_back("void(i32)", [](const void* const* arguments, void*) { throws(at<int>(arguments, 0)); });
    const auto call = [&](int what) {
        try {
            throwing.as<void(int)>()(what);
        } catch (...) {
        }
    };
    BOOST_TEST(signal_of([&] { call(0); }) == 0);
    BOOST_TEST(signal_of([&] { std::set_terminate(std::abort), call(1); }) == SIGABRT);
}

BOOST_AUTO_TEST_CASE(a_callback_that_is_gone_ends_the_program, *needs(callbacks)) {
    const int ended = signal_of([] {
        auto made = called_back("void()", [](const void* const*, void*) {});
        auto* const kept = made.as<void()>();
        made = ffi::callback();
        kept();
    });
    BOOST_TEST((ended == SIGILL || ended == SIGTRAP));
}
#endif

#if defined(__linux__) && defined(__cpp_exceptions) && !defined(__arm__)
[[gnu::noinline]] int calls_it(int (*it)(int)) { return it(1) + 1; }

BOOST_AUTO_TEST_CASE(stacks_are_walked_through_calls_and_callbacks, *needs(callbacks)) {
    struct search {
        bool found;
    } searched{false};
    const auto walk = called_back("int(int)", [&](const void* const*, void* returned) {
        _Unwind_Backtrace(
            [](_Unwind_Context* frame, void* into) {
                auto* const function = _Unwind_FindEnclosingFunction(reinterpret_cast<void*>(_Unwind_GetIP(frame) - 1));
                if (function == reinterpret_cast<void*>(calls_it)) static_cast<search*>(into)->found = true;
                return _URC_NO_REASON;
            },
            &searched);
        std::memset(returned, 0, sizeof(int));
    });
    const auto call = prepared("int(ptr)", calls_it);
    BOOST_TEST(*call.operator()<int>(walk.address()) == 1);
    BOOST_TEST(searched.found);
}
#endif

BOOST_AUTO_TEST_CASE(any_thread_may_call_and_make_them, *needs(callbacks) * needs(threads)) {
    std::atomic<int> calls{0};
    const auto count =
        called_back("void(i32)", [&](const void* const* arguments, void*) { calls += at<std::int32_t>(arguments, 0); });
    std::vector<vitte::sys::thread<void>> running;
    for (int i = 0; i < 4; ++i)
        running.push_back(*vitte::sys::start_thread([&] {
            for (std::int32_t k = 0; k < 200; ++k) {
                count.as<void(std::int32_t)>()(1);
                auto own = ffi::make_callback(ffi::function_type_of<std::int32_t()>(),
                                              [k](const void* const*, void* to) { std::memcpy(to, &k, sizeof k); });
                calls += own->as<std::int32_t()>()() == k ? 1 : 100000;
            }
        }));
    for (auto& t : running) static_cast<void>(t.join());
    BOOST_TEST(calls == 4 * 400);
}

BOOST_AUTO_TEST_CASE(variadic_callbacks_and_other_abis_are_refused) {
    const auto nothing = [](const void* const*, void*) {};
    BOOST_TEST((ffi::make_callback(type("void(i32, ..., i32)"), nothing).error().code == errc::not_supported));
    ffi::function_type other = type("void()");
    other.abi = ffi::abi_kind::other;
    BOOST_TEST((ffi::make_callback(other, nothing).error().code == errc::not_supported));
}

BOOST_AUTO_TEST_SUITE_END()
