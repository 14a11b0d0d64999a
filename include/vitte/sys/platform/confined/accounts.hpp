/// What is used up under `confined`: amounts, and the handles that are open with what may be done through them. Whoever
/// calls holds the lock of the confinement.
#pragma once

#include <vitte/sys/platform/confined/rules.hpp>

namespace vitte::sys::detail {

/// An amount that may grow up to a limit.
class account {
public:
    void limit(std::uint64_t most) noexcept { most_ = most; }
    std::uint64_t used() const noexcept { return used_; }
    /// Takes as much of `wanted` as is left; returns how much.
    std::uint64_t take_some(std::uint64_t wanted) noexcept {
        const std::uint64_t left = most_ > used_ ? most_ - used_ : 0;
        const std::uint64_t taken = wanted < left ? wanted : left;
        used_ += taken;
        return taken;
    }
    /// All or nothing.
    bool take(std::uint64_t wanted) noexcept {
        const std::uint64_t taken = take_some(wanted);
        if (taken != wanted) used_ -= taken;
        return taken == wanted;
    }
    void give_back(std::uint64_t amount) noexcept { used_ -= amount < used_ ? amount : used_; }

private:
    std::uint64_t most_ = unlimited, used_ = 0;
};

/// An open handle.
template <class Handle>
struct confined_handle {
    Handle handle{};
    grant_rights rights = grant_rights::read;
    bool is_memory = false;     ///< a shared memory object
    std::uint64_t memory = 0;   ///< bytes of it
    bool is_datagram = false;   ///< a socket that sends messages
    bool is_v6 = false;         ///< a socket of IPv6
    bool is_bound = false;      ///< a socket that was bound here
    bool is_connected = false;  ///< a socket that was connected here
    bool is_exposed = false;    ///< a socket that a failed attempt to connect may have bound to all addresses
};

/// Those that are open, in no order; looking one up takes time in proportion to their number.
template <class Handle>
class handle_table {
public:
    using entry = confined_handle<Handle>;
    static constexpr std::size_t most = 1024;

    void limit(std::uint64_t handles) noexcept { most_ = handles < most ? static_cast<std::size_t>(handles) : most; }
    /// How many are open or about to be.
    std::size_t used() const noexcept { return size_ + pending_; }
    /// Room for a handle that is about to be opened, until `opened` or `gone`.
    bool reserve() noexcept {
        if (used() >= most_) return false;
        ++pending_;
        return true;
    }
    void opened(const entry& made) noexcept {
        --pending_;
        if (entry* const old = find(made.handle))
            *old = made;  // it was closed past this table
        else
            entries_[size_++] = made;
    }
    /// Forgets a handle that is about to be closed, and counts it until `gone`; false if it is not known.
    bool closing(Handle handle, entry& was) noexcept {
        entry* const known = find(handle);
        if (known == nullptr) return false;
        was = *known;
        *known = entries_[--size_];
        ++pending_;
        return true;
    }
    void gone() noexcept { --pending_; }
    entry* find(Handle handle) noexcept {
        for (std::size_t i = 0; i < size_; ++i)
            if (entries_[i].handle == handle) return &entries_[i];
        return nullptr;
    }
    void forget_all() noexcept { size_ = 0; }

private:
    entry entries_[most] = {};
    std::size_t size_ = 0, pending_ = 0, most_ = most;
};

}  // namespace vitte::sys::detail
