// Runs the same function in several threads of ours at once.
#pragma once

#include <vector>

#include <vitte/sys/thread.hpp>

/// Calls `work(i)` in `count` threads, i from 0, which all begin together; returns when all have ended.
template <class Work>
void together(unsigned count, Work work) {
    vitte::sys::latch ready(count);
    std::vector<vitte::sys::thread<>> group;
    for (unsigned i = 0; i < count; ++i) {
        auto started = vitte::sys::start_thread([&, i] {
            ready.arrive_and_wait();
            work(i);
        });
        VITTE_ASSERT(started.has_value());
        group.push_back(std::move(*started));
    }
    for (auto& t : group) VITTE_ASSERT(t.join().has_value());
}

/// More threads than this machine has CPUs, so that some must sleep.
inline unsigned crowd() { return 2 * vitte::sys::hardware_concurrency() + 3; }
