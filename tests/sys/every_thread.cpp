// A call in every thread of the process.
#include <signal.h>

#include <set>

#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/every_thread.hpp>

#include "../support/needs.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;
static_assert(every_thread_facet<native::every_thread>);

/// Who was there.
struct visitors {
    mutex lock;
    std::multiset<std::uint64_t> ids;

    static void note(void* self) {
        auto& all = *static_cast<visitors*>(self);
        const scoped_lock guard(all.lock);
        all.ids.insert(native::threads::id());
    }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(every_thread)

BOOST_AUTO_TEST_CASE(each_thread_is_reached_once) {
    event go;
    std::set<std::uint64_t> expected{native::threads::id()};
    {
        std::vector<basic_thread<void>> threads;
        for (int i = 0; i < 5; ++i) {
            event started;
            std::uint64_t id = 0;
            threads.push_back(std::move(*start_thread([&, first = true]() mutable {
                if (std::exchange(first, false)) id = native::threads::id(), started.set();
                go.wait();
            })));
            started.wait();
            expected.insert(id);
        }
        for (int round = 0; round < 3; ++round) {
            visitors seen;
            BOOST_REQUIRE(native::every_thread::run(visitors::note, &seen).has_value());
            for (const std::uint64_t id : expected) BOOST_TEST(seen.ids.count(id) == 1u);
        }
        go.set();
        for (auto& t : threads) static_cast<void>(t.join());
    }
    struct sigaction now;
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal)
        BOOST_TEST((sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL), "signal " << signal);
}

BOOST_AUTO_TEST_CASE(a_thread_that_blocks_signals_is_told) {
    event ready, go;
    auto deaf = start_thread([&] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        ready.set();
        go.wait();
    });
    ready.wait();
    visitors seen;
    const auto done = native::every_thread::run(visitors::note, &seen);
    go.set();
    static_cast<void>(deaf->join());
    if (!done) BOOST_TEST((done.error().code == errc::busy));
    else BOOST_TEST_MESSAGE("an emulator's own threads block signals, too: it was passed over");
}

BOOST_AUTO_TEST_SUITE_END()
