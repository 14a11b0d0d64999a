// One row of a bench: our figure and a peer's, measured in turns in the same run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <vitte/sys/time.hpp>

namespace bench {

/// Nanoseconds that `work` takes, which may be run `times` times in a row to get above the clock's resolution.
template <class Work>
double nanoseconds(Work&& work, int times = 1) {
    const std::int64_t start = vitte::sys::monotonic_time();
    for (int i = 0; i < times; ++i) work();
    return static_cast<double>(vitte::sys::monotonic_time() - start) / times;
}

inline double median(std::vector<double> of) {
    std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
    return of[of.size() / 2];
}

inline void row(const char* claim, double ours, double peer, const char* peer_name, double goal, double ratio) {
    std::printf("%s\t%.1f\t%.1f\t%s\t%.2f\t%.2f\t%s\n", claim, ours, peer, peer_name, ratio, goal,
                ratio <= goal ? "ok" : "short");
    std::fflush(stdout);
}

/// claim, ours, peer, peer's name, ratio, goal, verdict; figures in nanoseconds.
inline void row(const char* claim, double ours, double peer, const char* peer_name, double goal) {
    row(claim, ours, peer, peer_name, goal, ours / peer);
}

/// The medians of rounds, and of their ratios, in which a noise that lasts longer than a round cancels.
inline void row(const char* claim, const std::vector<double>& ours, const std::vector<double>& peer,
                const char* peer_name, double goal) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / peer[i]);
    row(claim, median(ours), median(peer), peer_name, goal, median(std::move(ratios)));
}

/// The row of a claim whose peer is not installed.
inline void missing(const char* claim, const char* peer_name, double ours, double goal) {
    std::printf("%s\t%.1f\t\t%s\t\t%.2f\tmissing\n", claim, ours, peer_name, goal);
}

/// Runs the two in turns, each first every other time. Each measures one round itself and returns its nanoseconds, so
/// that clean-up is not counted.
template <class Ours, class Peer>
void compare(const char* claim, const char* peer_name, double goal, int rounds, Ours&& ours, Peer&& peer) {
    std::vector<double> mine, theirs;
    for (int i = 0; i < rounds + 3; ++i) {
        const bool we_begin = i % 2 == 0;
        double a = we_begin ? ours() : 0;
        const double b = peer();
        if (!we_begin) a = ours();
        if (i < 3) continue;
        mine.push_back(a);
        theirs.push_back(b);
    }
    row(claim, median(std::move(mine)), median(std::move(theirs)), peer_name, goal);
}

}  // namespace bench
