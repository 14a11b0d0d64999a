/// What threads see of each other's stores ([intro.races], [atomics.order]): a load need not give the newest value, and
/// plain data that two threads touch must be ordered by release and acquire. Without fences and consume.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>
#include <vitte/sys/platform/simulated/choices.hpp>

namespace vitte::sys {

/// Which stores a load may give, and what happens before what, by vector clocks. Threads have numbers below `most`.
class memory_model {
public:
    static constexpr unsigned most = 16;
    /// For each thread, up to which of its steps something is known.
    struct moment {
        std::array<std::uint32_t, most> steps{};
        void join(const moment& other) noexcept {
            for (unsigned i = 0; i < most; ++i)
                if (steps[i] < other.steps[i]) steps[i] = other.steps[i];
        }
    };
    /// Who touched plain data when.
    struct accesses {
        unsigned writer = 0;
        std::uint32_t written = 0;
        moment read;
    };

    explicit memory_model(choices& from) noexcept : from_(from) {}

    void fork(unsigned parent, unsigned child) noexcept {
        now_[child].join(now_[parent]);
        step(parent);
        step(child);
    }
    void join(unsigned parent, unsigned child) noexcept { now_[parent].join(now_[child]); }

    /// `newest` is the value that is there.
    std::uint64_t load(unsigned thread, const void* address, std::uint64_t newest, bool acquire) {
        step(thread);
        location& of = at(address, newest);
        const std::size_t last = of.stores.size() - 1;
        // What was not new becomes visible in a finite time ([intro.progress]): the next time.
        const std::size_t oldest = of.stale[thread] ? last : oldest_visible(of, thread);
        const std::size_t taken = last - from_.choose(static_cast<unsigned>(last - oldest + 1));
        of.stale[thread] = taken != last;
        see(of.stores[taken], thread, acquire);
        return of.stores[taken].value;
    }
    void store(unsigned thread, const void* address, std::uint64_t before, std::uint64_t value, bool release) {
        step(thread);
        add(at(address, before), thread, value, release ? now_[thread] : moment());
    }
    /// A load of the newest value and a store in one step; goes on with its release sequence.
    void exchange(unsigned thread, const void* address, std::uint64_t before, std::uint64_t value, bool acquire,
                  bool release) {
        step(thread);
        location& of = at(address, before);
        see(of.stores.back(), thread, acquire);
        moment released = of.stores.back().released;
        if (release) released.join(now_[thread]);
        add(of, thread, value, released);
    }
    /// Another object begins at `address`.
    void forget(const void* address) { locations_.erase(address); }

    /// Whether a read, a write, of plain data is ordered with all others.
    bool read(unsigned thread, accesses& of) noexcept {
        step(thread);
        of.read.steps[thread] = now_[thread].steps[thread];
        return of.written <= now_[thread].steps[of.writer];
    }
    bool write(unsigned thread, accesses& of) noexcept {
        step(thread);
        bool ordered = of.written <= now_[thread].steps[of.writer];
        for (unsigned i = 0; i < most; ++i) ordered = ordered && of.read.steps[i] <= now_[thread].steps[i];
        of.writer = thread;
        of.written = now_[thread].steps[thread];
        return ordered;
    }

private:
    struct stored {
        std::uint64_t value;
        moment released;  ///< what who acquires it knows
        moment seen;      ///< when each thread stored or loaded it; 0 if it has not
    };
    struct location {
        std::vector<stored> stores;
        std::array<bool, most> stale{};  ///< whether a thread's last load gave an old value
    };
    static constexpr std::size_t kept = 8;

    void step(unsigned thread) noexcept { ++now_[thread].steps[thread]; }
    location& at(const void* address, std::uint64_t value) {
        location& found = locations_[address];
        if (found.stores.empty()) found.stores.push_back({value, {}, {}});
        return found;
    }
    void add(location& to, unsigned thread, std::uint64_t value, const moment& released) {
        if (to.stores.size() == kept) to.stores.erase(to.stores.begin());
        to.stores.push_back({value, released, {}});
        to.stores.back().seen.steps[thread] = now_[thread].steps[thread];
        to.stale[thread] = false;
    }
    void see(stored& what, unsigned thread, bool acquire) noexcept {
        if (what.seen.steps[thread] == 0) what.seen.steps[thread] = now_[thread].steps[thread];
        if (acquire) now_[thread].join(what.released);
    }
    /// The newest store that somebody saw in a step that happened before ([intro.races], coherence).
    std::size_t oldest_visible(const location& of, unsigned thread) const noexcept {
        for (std::size_t i = of.stores.size() - 1; i != 0; --i)
            for (unsigned t = 0; t < most; ++t) {
                const std::uint32_t when = of.stores[i].seen.steps[t];
                if (when != 0 && when <= now_[thread].steps[t]) return i;
            }
        return 0;
    }

    choices& from_;
    std::array<moment, most> now_{};
    std::unordered_map<const void*, location> locations_;
};

}  // namespace vitte::sys
