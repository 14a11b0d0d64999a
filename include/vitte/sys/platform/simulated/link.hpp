/// What a link between two simulated hosts does to packets in one direction: it delays, loses, doubles and reorders
/// them.
#pragma once

#include <cstddef>
#include <vitte/sys/platform/simulated/choices.hpp>

namespace vitte::sys {

/// What a link is like. Fractions are from 0 to 1, and of all packets.
struct link_options {
    std::int64_t latency = 100'000;  ///< nanoseconds that each packet takes
    std::int64_t jitter = 0;         ///< nanoseconds that it may take longer; the order stays
    double loss = 0;                 ///< fraction that never arrives
    double duplication = 0;          ///< fraction that arrives twice
    double reordering = 0;           ///< fraction that takes up to four times as long, and is overtaken
    std::uint64_t bandwidth = 0;     ///< bytes of content per second; 0: any number
    std::uint64_t queue = 1 << 20;   ///< bytes that may wait for their turn; what comes then is lost
};

/// True for that fraction of all times.
inline bool happens(double fraction, choices& from) {
    constexpr unsigned steps = 1 << 20;
    return fraction > 0 && from.choose(steps) < fraction * steps;
}

/// One direction.
class simulated_link {
public:
    link_options options;
    bool is_cut = false;  ///< nothing arrives

    /// When a packet that is sent `now` arrives: at most two points in time; how many.
    unsigned send(std::size_t size, std::int64_t now, choices& from, std::int64_t (&at)[2]) {
        if (is_cut) return 0;
        std::int64_t gone = now;
        if (options.bandwidth != 0) {
            const std::int64_t begins = free_at_ > now ? free_at_ : now, takes = time_of(size);
            if (begins - now > time_of(options.queue)) return 0;
            gone = free_at_ = sum(begins, takes);
        }
        if (happens(options.loss, from)) return 0;
        at[0] = arrival(gone, from);
        if (!happens(options.duplication, from)) return 1;
        at[1] = arrival(gone, from);
        return 2;
    }

private:
    std::int64_t time_of(std::uint64_t size) const noexcept {
        const double takes = static_cast<double>(size) * 1e9 / static_cast<double>(options.bandwidth);
        return takes < 9e18 ? static_cast<std::int64_t>(takes) : INT64_MAX;
    }
    std::int64_t arrival(std::int64_t gone, choices& from) {
        const std::int64_t takes = sum(options.latency, up_to(options.jitter, from)), at = sum(gone, takes);
        if (happens(options.reordering, from)) return sum(at, up_to(sum(takes, sum(takes, takes)), from));
        last_ = at > last_ ? at : last_;
        return last_;
    }
    /// Of what is not negative; what is too late to be told never comes.
    static std::int64_t sum(std::int64_t a, std::int64_t b) noexcept { return b < INT64_MAX - a ? a + b : INT64_MAX; }
    static std::int64_t up_to(std::int64_t most, choices& from) {
        if (most <= 0) return 0;
        if (most < UINT32_MAX) return from.choose(static_cast<unsigned>(most) + 1);
        const std::int64_t step = most / UINT32_MAX + 1;
        const std::int64_t at = sum(from.choose(UINT32_MAX) * step, from.choose(static_cast<unsigned>(step)));
        return at < most ? at : most;
    }

    std::int64_t free_at_ = 0, last_ = 0;
};

}  // namespace vitte::sys
