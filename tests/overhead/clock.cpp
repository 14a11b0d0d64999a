#include <time.h>

#include <vitte/sys/time.hpp>

#include "pair.hpp"

namespace {
volatile long long seen;
}

int main(int argc, char** argv) {
    return run_pair(argc, argv, [] { seen = vitte::sys::monotonic_time(); },
        [] {
            timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            seen = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
        });
}
