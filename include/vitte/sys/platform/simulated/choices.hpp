/// Where a simulation takes its decisions from: a seed, or all that there are, one run after another.
#pragma once

#include <vector>
#include <vitte/core/xoshiro.hpp>

namespace vitte::sys {

/// Decides what is left open: which thread goes on, which sleeper is woken, what a crash leaves on the disk.
class choices {
public:
    /// A number below `n`, which is not 0.
    virtual unsigned choose(unsigned n) = 0;

protected:
    ~choices() = default;
};

/// The same seed decides in the same way.
class seeded_choices final : public choices {
public:
    explicit seeded_choices(std::uint64_t seed) noexcept : random_(seed) {}
    unsigned choose(unsigned n) override { return n == 1 ? 0 : static_cast<unsigned>(random_.below(n)); }

private:
    xoshiro256 random_;
};

/// Every sequence of decisions, depth first: `all_choices all; do { simulation world(all); ... } while (all.next());`.
/// What is run must decide nothing on its own.
class all_choices final : public choices {
public:
    unsigned choose(unsigned n) override {
        if (n == 1) return 0;
        if (at_ == path_.size()) path_.push_back({0, n});
        return path_[at_++].taken;
    }
    /// Prepares for the next run; false if there is none.
    bool next() {
        while (!path_.empty() && path_.back().taken + 1 == path_.back().of) path_.pop_back();
        at_ = 0;
        if (path_.empty()) return false;
        ++path_.back().taken;
        return true;
    }

private:
    struct decision {
        unsigned taken, of;
    };
    std::vector<decision> path_;
    std::size_t at_ = 0;
};

}  // namespace vitte::sys
