#include <vitte/loader/function.hpp>

#include "pair.hpp"

[[gnu::noipa]] long next(long n) { return n + 1; }

/// A function that may be native or not, as one who has both would write it. Others could change it at any call.
struct either {
    long (*native)(long);
    bool (*foreign)(void*, long, long&);
    void* context;
} by_hand{next, nullptr, nullptr};
vitte::loader::function<long(long)> ours({reinterpret_cast<void*>(next)});

int main(int argc, char** argv) {
    long n = 0;
    const int ended = run_pair(argc, argv,
        [&] { n = *ours(n); },
        [&] {
            if (by_hand.foreign != nullptr) [[unlikely]] {
                long answer = 0;
                if (!by_hand.foreign(by_hand.context, n, answer)) std::abort();
                n = answer;
            } else {
                n = by_hand.native(n);
            }
        });
    return n == 0 ? 2 : ended;
}
