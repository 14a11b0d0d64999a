// A firmware with a mutex, a timer and a region of memory: no heap, no exceptions, no RTTI, less than 16 KiB.
#include <vitte/core/timer_wheel.hpp>
#include <vitte/sys/memory/region.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace sys = vitte::sys;

static sys::mutex mutex;

int main() {
    auto region = sys::region::reserve(1000);
    if (!region || !region->commit(0, region->size())) return 1;
    region->data()[999] = std::byte{7};

    const std::int64_t start = sys::monotonic_time();
    const sys::scoped_lock hold(mutex);
    if (mutex.try_lock_until(sys::deadline::after(2'000'000))) return 2;
    if (sys::monotonic_time() - start < 2'000'000) return 3;

    const auto milliseconds = [start] {
        return static_cast<std::uint64_t>((sys::monotonic_time() - start) / 1'000'000);
    };
    vitte::timer_wheel timers;
    vitte::timer alarm;
    timers.add(alarm, milliseconds() + 5);
    for (bool rang = false; !rang;) timers.advance(milliseconds(), [&](vitte::timer&) { rang = true; });
    return sys::print("hello from bare metal\n") ? 0 : 4;
}
