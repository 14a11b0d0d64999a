// One operation of ours beside the same written by hand: program WHICH TIMES runs one of the two so many times, so that
// instructions can be counted.
#pragma once

#include <cstdlib>
#include <cstring>

/// `ours` and `by_hand` are called `times` times, through a pointer that hides nothing inside them from the optimiser.
template <class Ours, class ByHand>
int run_pair(int argc, char** argv, Ours ours, ByHand by_hand) {
    if (argc != 3) return 2;
    const long times = std::atol(argv[2]);
    if (std::strcmp(argv[1], "ours") == 0)
        for (long i = 0; i < times; ++i) ours();
    else
        for (long i = 0; i < times; ++i) by_hand();
    return 0;
}
