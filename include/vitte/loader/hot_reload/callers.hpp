/// Who is inside a version of a module: what callers write and who unmaps it reads.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vitte/core/atomic.hpp>

namespace vitte::loader::detail {

/// A number of this thread that no other one has while it lives, and not 0: where it keeps `errno`, which every C
/// library knows without a call of the OS, in static programs, too ([cerrno.syn]: it is the thread's own).
inline std::uintptr_t thread_mark() noexcept { return reinterpret_cast<std::uintptr_t>(&errno); }

/// A call marks a place of its own, which is one locked instruction to come and none to go. Threads come to the same
/// place again, in a cache line of its own. More calls at once than there are places are only counted.
class callers {
public:
    using place = atomic<std::uintptr_t>;
    static constexpr std::size_t places = 32;

    place* enter(std::uintptr_t who) noexcept {
        place& mine = places_[first_of(who)].who;
        std::uintptr_t nobody = 0;
        if (mine.compare_exchange_strong_seq_cst(nobody, who)) [[likely]]
            return &mine;
        return enter_other(who);
    }
    void leave(place* which) noexcept {
        if (which == &others_.who) [[unlikely]]
            which->fetch_sub_release(1);
        else
            which->store_release(0);
    }
    /// Whether one of the calls at places of their own is that thread's.
    bool has(std::uintptr_t who) const noexcept {
        for (const line& one : places_)
            if (one.who.load_relaxed() == who) return true;
        return false;
    }
    /// Whether nobody is inside, once nobody new comes: calls within calls end before those that they are in.
    bool none() const noexcept {
        for (const line& one : places_)
            if (one.who.load_seq_cst() != 0) return false;
        return others_.who.load_seq_cst() == 0;
    }

private:
    struct alignas(64) line {
        place who;
    };

    /// Fibonacci hashing: threads keep what is theirs at distances of pages.
    static std::size_t first_of(std::uintptr_t who) noexcept {
        return static_cast<std::uint32_t>(static_cast<std::uint32_t>(who >> 4) * 2654435769u) >> 27;
    }
    [[gnu::noinline]] place* enter_other(std::uintptr_t who) noexcept {
        for (std::size_t i = 1; i < places; ++i) {
            place& next = places_[(first_of(who) + i) % places].who;
            std::uintptr_t nobody = 0;
            if (next.load_relaxed() == 0 && next.compare_exchange_strong_seq_cst(nobody, who)) return &next;
        }
        others_.who.fetch_add_seq_cst(1);
        return &others_.who;
    }

    line places_[places];
    line others_;
};

}  // namespace vitte::loader::detail
