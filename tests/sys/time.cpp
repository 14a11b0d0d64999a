#include <ctime>

#include "../support/needs.hpp"
#include <vitte/sys/time/chrono.hpp>
#include <vitte/sys/time/cycles.hpp>

namespace {
using namespace vitte::sys;
static_assert(monotonic_clock::is_steady && !wall_clock::is_steady);
#if defined(__cpp_lib_chrono) && __cpp_lib_chrono >= 201907L
static_assert(std::chrono::is_clock_v<monotonic_clock>);
#endif

template <auto Count>
concept counts_as_seconds = requires { typename std::integral_constant<std::int64_t, operator""_s(Count)>; };
template <auto Count>
concept counts_as_nanoseconds = requires { typename std::integral_constant<std::int64_t, operator""_ns(Count)>; };
static_assert(9'223'372'036_s == 9'223'372'036'000'000'000 && 9'223'372'036'854'775'807_ns == INT64_MAX);
static_assert(counts_as_seconds<9'223'372'036ull> && !counts_as_seconds<9'223'372'037ull>);
static_assert(!counts_as_seconds<18'446'744'073'709'551'615ull> && !counts_as_seconds<9'223'372'036'854'775'808ull>);
static_assert(counts_as_nanoseconds<9'223'372'036'854'775'807ull>);
static_assert(!counts_as_nanoseconds<9'223'372'036'854'775'808ull>);
}  // namespace

BOOST_AUTO_TEST_SUITE(time_)

BOOST_AUTO_TEST_CASE(clocks_tell_what_they_say) {
    std::int64_t last = monotonic_time();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t now = monotonic_time();
        BOOST_REQUIRE(now >= last);
        last = now;
    }
    // What is read in between may be read late.
    const std::int64_t second = std::time(nullptr), wall = wall_time() / 1'000'000'000;
    BOOST_TEST((second - 1 <= wall && wall <= std::time(nullptr) + 1));
    const std::int64_t before = monotonic_time(), boot = boot_time(), coarse = coarse_time(), after = monotonic_time();
    BOOST_TEST(boot >= before - 1'000'000'000);
    BOOST_TEST((before - 100_ms < coarse && coarse <= after));
}

BOOST_AUTO_TEST_CASE(cpu_clocks_stand_still_while_a_thread_sleeps, *needs(cpu_clock)) {
    const std::int64_t thread_start = thread_cpu_time(), process_start = process_cpu_time();
    this_thread::sleep_until(deadline::after(50_ms));
    BOOST_TEST(thread_cpu_time() - thread_start < 40_ms);
    const deadline end = deadline::after(60_s);
    while ((thread_cpu_time() == thread_start || process_cpu_time() == process_start) && deadline::after(0) < end) {}
    BOOST_TEST(thread_cpu_time() > thread_start);
    BOOST_TEST(process_cpu_time() > process_start);
}

BOOST_AUTO_TEST_CASE(calibrated_cycles_follow_the_clock) {
    const auto clock = cycle_clock::calibrate(20_ms);
    BOOST_TEST(clock.nanoseconds_per_cycle() > 0);
    this_thread::sleep_until(deadline::after(50_ms));
    const std::int64_t before = monotonic_time(), now = clock.now(), after = monotonic_time();
    BOOST_TEST((before - 5_ms < now && now < after + 5_ms));
    const double rough = cycle_clock::calibrate(0).nanoseconds_per_cycle();
    BOOST_TEST((rough > 0 && rough < 1e9));
}

BOOST_AUTO_TEST_CASE(deadlines_do_not_overflow) {
    BOOST_TEST(deadline::after(INT64_MAX).is_never());
    const auto before = deadline::after(-5), at_clock = deadline_at(monotonic_clock::now()), after = deadline::after(0);
    BOOST_TEST((before <= at_clock && at_clock <= after));
    BOOST_TEST((deadline_after(std::chrono::hours(1)) > deadline::after(59 * 60_s)));
    BOOST_TEST((deadline_after(std::chrono::hours::max()) == deadline::never()));
    const deadline at_once = deadline_after(std::chrono::hours::min());
    BOOST_TEST((at_once <= deadline::after(0)));
    BOOST_TEST((deadline_after(std::chrono::duration<double>(1e300)) == deadline::never()));
}

BOOST_AUTO_TEST_CASE(deadlines_in_units_of_any_ratio_do_not_overflow) {
    const auto is_after = [](auto duration, std::int64_t nanoseconds) {
        const deadline before = deadline::after(nanoseconds), made = deadline_after(duration);
        return before <= made && made <= deadline::after(nanoseconds + 1);
    };
    using acpi_ticks = std::chrono::duration<std::int64_t, std::ratio<1, 3'579'545>>;
    using samples = std::chrono::duration<std::uint64_t, std::ratio<1, 44'100>>;
    using odd = std::chrono::duration<std::int64_t, std::ratio<1'000'000'007, 998'244'353>>;
    const std::int64_t day = 86'400;
    BOOST_TEST(is_after(acpi_ticks(3'579'545 * day), day * 1_s));
    BOOST_TEST(is_after(acpi_ticks(3'579'545 * 300 * day), 300 * day * 1_s));
    BOOST_TEST(is_after(acpi_ticks(1), 279));
    BOOST_TEST(is_after(samples(std::uint64_t{44'100} * 36'500 * day + 1), 36'500 * day * 1_s + 22'675));
    BOOST_TEST(is_after(odd(998'244'353), 1'000'000'007 * 1_s));
    BOOST_TEST(is_after(std::chrono::duration<std::int64_t, std::pico>(1'000'000'001), 1'000'000));
    BOOST_TEST(is_after(std::chrono::duration<float>(0.5f), 500_ms));
    BOOST_TEST((deadline_after(samples(UINT64_MAX)) == deadline::never()));
    const deadline at_once = deadline_after(acpi_ticks(INT64_MIN));
    BOOST_TEST((at_once <= deadline::after(0)));
}

BOOST_AUTO_TEST_SUITE_END()
