/// Which of a package's versions may be chosen, for the resolver.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vitte::loader::resolve {

/// A set of what a package may become: nothing at all (0), or one of its versions (from 1 on, in their order). Sets
/// that meet in an operation are of the same package.
class choice_set {
public:
    static constexpr std::size_t nothing = 0;

    choice_set() = default;
    /// With none, or all, of `count` members.
    choice_set(std::size_t count, bool full) : first_(0), count_(count), more_(count > 64 ? (count - 1) / 64 : 0) {
        if (!full) return;
        for (std::size_t i = 0; i <= more_.size(); ++i) {
            const std::size_t left = count - 64 * i;
            word(i) = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        }
    }

    void add(std::size_t member) noexcept { word(member / 64) |= std::uint64_t{1} << member % 64; }
    bool has(std::size_t member) const noexcept { return (word(member / 64) >> member % 64 & 1) != 0; }
    /// How many it could have.
    std::size_t universe() const noexcept { return count_; }
    std::size_t size() const noexcept {
        std::size_t made = 0;
        for (std::size_t i = 0; i <= more_.size(); ++i) made += static_cast<std::size_t>(std::popcount(word(i)));
        return made;
    }
    bool is_empty() const noexcept { return size() == 0; }
    bool is_full() const noexcept { return size() == count_; }

    bool is_within(const choice_set& other) const noexcept {
        for (std::size_t i = 0; i <= more_.size(); ++i)
            if ((word(i) & ~other.word(i)) != 0) return false;
        return true;
    }
    bool meets(const choice_set& other) const noexcept {
        for (std::size_t i = 0; i <= more_.size(); ++i)
            if ((word(i) & other.word(i)) != 0) return true;
        return false;
    }
    friend bool operator==(const choice_set&, const choice_set&) = default;

    friend choice_set operator&(choice_set a, const choice_set& b) {
        for (std::size_t i = 0; i <= a.more_.size(); ++i) a.word(i) &= b.word(i);
        return a;
    }
    friend choice_set operator|(choice_set a, const choice_set& b) {
        for (std::size_t i = 0; i <= a.more_.size(); ++i) a.word(i) |= b.word(i);
        return a;
    }
    friend choice_set operator~(const choice_set& a) {
        choice_set made(a.count_, true);
        for (std::size_t i = 0; i <= a.more_.size(); ++i) made.word(i) &= ~a.word(i);
        return made;
    }

private:
    std::uint64_t& word(std::size_t i) noexcept { return i == 0 ? first_ : more_[i - 1]; }
    std::uint64_t word(std::size_t i) const noexcept { return i == 0 ? first_ : more_[i - 1]; }

    std::uint64_t first_ = 0;
    std::size_t count_ = 0;
    std::vector<std::uint64_t> more_;
};

}  // namespace vitte::loader::resolve
