// Test cases that a platform cannot run are skipped, by name and with the reason: BOOST_AUTO_TEST_CASE(name,
// *needs(threads)).
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>

#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/random.hpp>
#include <vitte/sys/thread.hpp>

/// Something that not every platform has.
struct ability {
    const char* name;
    bool (*present)();
};

inline const ability threads{"threads", [] { return vitte::sys::start_thread([] {}).has_value(); }};
inline const ability shared_memory{"shared memory", [] { return vitte::sys::shared_memory::create(1).has_value(); }};
inline const ability seals{"seals", [] {
    auto shared = vitte::sys::shared_memory::create(1);
    return shared && shared->seal(static_cast<unsigned>(vitte::sys::memory_seal::size)).has_value();
}};
inline const ability protection_query{"a query for the protection of pages", [] {
    static const char here = 0;
    return vitte::sys::protection(&here).has_value();
}};
inline const ability affinity{"affinity", [] { return vitte::sys::this_thread::affinity().has_value(); }};
inline const ability entropy{"a source of entropy", [] {
    std::byte one;
    return vitte::sys::native::random::fill(&one, 1).has_value();
}};
inline const ability cpu_clock{"a clock of CPU time", [] {
    const auto before = vitte::sys::thread_cpu_time();
    vitte::sys::this_thread::sleep_until(vitte::sys::deadline::after(20'000'000));
    return vitte::sys::thread_cpu_time() - before < 20'000'000;
}};

/// User-mode emulators lead the paths of the system, and what a child is called, elsewhere.
inline const ability own_kernel{"a kernel of its own", [] { return std::getenv("VITTE_EMULATOR") == nullptr; }};

inline auto needs(const ability& what) {
    return boost::unit_test::precondition(
        [&what](boost::unit_test::test_unit_id id) -> boost::test_tools::assertion_result {
            if (what.present()) return true;
            std::printf("skipped: %s: the platform lacks %s\n",
                        boost::unit_test::framework::get(id, boost::unit_test::TUT_ANY).full_name().c_str(), what.name);
            return false;
        });
}
