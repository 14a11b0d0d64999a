// Locks of ours against the standard library's: uncontended, contended, passed to and fro.
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>
#include <vector>

#include <vitte/sys/thread.hpp>

#include "row.hpp"

namespace {
using namespace vitte::sys;

/// Nanoseconds per call of `work(i)` in `threads` threads, `times` calls each.
template <class Work>
double in_threads(unsigned threads, int times, Work work) {
    latch ready(threads + 1);
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            ready.arrive_and_wait();
            for (int k = 0; k < times; ++k) work(i);
        });
    const std::int64_t start = monotonic_time();  // before they begin: this thread may be the last to run
    ready.arrive_and_wait();
    for (auto& t : running) t.join();
    return static_cast<double>(monotonic_time() - start) / (static_cast<double>(times) * threads);
}

/// What a lock protects: enough work that the lock is held for a moment.
struct protected_data {
    alignas(64) std::uint64_t values[4] = {};
    void touch() {
        for (std::uint64_t& v : values) v = v * 3 + 1;
    }
};

template <class Lock>
double uncontended() {
    static Lock lock;
    return bench::nanoseconds([] {
        lock.lock();
        __asm__ volatile("" ::: "memory");
        lock.unlock();
    }, 1'000'000);
}

template <class Lock>
double contended(unsigned threads) {
    static Lock lock;
    static protected_data data;
    return in_threads(threads, 200'000, [](unsigned) {
        lock.lock();
        data.touch();
        lock.unlock();
    });
}

template <class Lock>
double readers(unsigned threads) {
    static Lock lock;
    static protected_data data;
    return in_threads(threads, 200'000, [](unsigned) {
        lock.lock_shared();
        __asm__ volatile("" : : "r"(data.values[0]) : "memory");
        lock.unlock_shared();
    });
}

template <class Semaphore>
double semaphore_ping_pong() {
    static Semaphore ping(0), pong(0);
    return in_threads(2, 50'000, [](unsigned i) {
        if (i == 0) ping.release(), pong.acquire();
        else ping.acquire(), pong.release();
    });
}

template <class Mutex, class Condition>
double condition_ping_pong() {
    static Mutex lock;
    static Condition changed;
    static unsigned turn = 0;
    return in_threads(2, 50'000, [](unsigned i) {
        std::unique_lock guard(lock);
        changed.wait(guard, [&] { return turn == i; });
        turn = 1 - i;
        changed.notify_one();
    });
}
}  // namespace

int main() {
    const unsigned cpus = hardware_concurrency();
    bench::compare("mutex, before the first thread", "std::mutex", 0.75, 15, uncontended<mutex>,
                   uncontended<std::mutex>);
    std::thread([] {}).detach();  // one that is joined would leave the process alone again
    bench::compare("mutex, lock and unlock", "std::mutex", 0.70, 15, uncontended<mutex>, uncontended<std::mutex>);
    bench::compare("mutex, as many threads as CPUs", "std::mutex", 1.0, 15, [&] { return contended<mutex>(cpus); },
                   [&] { return contended<std::mutex>(cpus); });
    bench::compare(
        "mutex, twice as many threads as CPUs", "std::mutex", 1.0, 15, [&] { return contended<mutex>(2 * cpus); },
        [&] { return contended<std::mutex>(2 * cpus); });
    bench::compare("shared mutex, one reader", "std::shared_mutex", 1.0, 15, [] { return readers<shared_mutex>(1); },
                   [] { return readers<std::shared_mutex>(1); });
    bench::compare(
        "shared mutex, a reader per CPU", "std::shared_mutex", 1.0, 15, [&] { return readers<shared_mutex>(cpus); },
        [&] { return readers<std::shared_mutex>(cpus); });
    bench::compare("semaphore, ping-pong", "std::binary_semaphore", 1.0, 15, semaphore_ping_pong<binary_semaphore>,
                   semaphore_ping_pong<std::binary_semaphore>);
    bench::compare("condition variable, ping-pong", "std::condition_variable", 1.0, 15,
                   condition_ping_pong<mutex, condition_variable>,
                   condition_ping_pong<std::mutex, std::condition_variable>);
}
