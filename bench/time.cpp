// Clocks against clock_gettime, timers against libuv's.
#include <time.h>

#include <vector>

#if __has_include(<uv.h>)
#include <uv.h>
#endif

#include <vitte/core/timer_wheel.hpp>
#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/time/cycles.hpp>

#include "row.hpp"

namespace {
using namespace vitte::sys;
constexpr int reads = 200'000;
volatile std::int64_t seen;

template <class Read>
double each(Read read) {
    return bench::nanoseconds([&] { seen = read(); }, reads);
}
std::int64_t by_hand() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

constexpr std::size_t pending = 10'000;

/// Random expiries, the same for both.
std::vector<std::uint64_t> expiries() {
    vitte::xoshiro256 random(1);
    std::vector<std::uint64_t> made(pending);
    for (auto& e : made) e = 1 + random.below(60'000);
    return made;
}

void compare_timers() {
    static const auto when = expiries();
    static vitte::timer_wheel wheel;
    static std::vector<vitte::timer> timers(pending);
    const auto ours = [] {
        return bench::nanoseconds([] {
            for (std::size_t i = 0; i < pending; ++i) wheel.add(timers[i], when[i]);
            for (std::size_t i = 0; i < pending; ++i) wheel.cancel(timers[i]);
        }) / pending;
    };
#if __has_include(<uv.h>)
    static std::vector<uv_timer_t> handles(pending);
    for (auto& h : handles) uv_timer_init(uv_default_loop(), &h);
    const auto peer = [] {
        return bench::nanoseconds([] {
            for (std::size_t i = 0; i < pending; ++i) uv_timer_start(&handles[i], [](uv_timer_t*) {}, when[i], 0);
            for (std::size_t i = 0; i < pending; ++i) uv_timer_stop(&handles[i]);
        }) / pending;
    };
    bench::compare("timer, add and cancel among 10k", "libuv", 0.05, 30, ours, peer);
#else
    bench::missing("timer, add and cancel among 10k", "libuv", ours(), 0.05);
#endif
}
}  // namespace

int main() {
    const auto clock = cycle_clock::calibrate();
    const auto theirs = [] { return each(by_hand); };
    bench::compare(
        "clock, monotonic", "clock_gettime", 1.02, 40, [] { return each([] { return monotonic_time(); }); }, theirs);
    bench::compare(
        "clock, coarse", "clock_gettime", 0.5, 40, [] { return each([] { return coarse_time(); }); }, theirs);
    bench::compare(
        "clock, calibrated cycles", "clock_gettime", 0.5, 40, [&] { return each([&] { return clock.now(); }); },
        theirs);
    compare_timers();
}
