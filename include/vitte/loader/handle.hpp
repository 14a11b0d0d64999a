/// Objects of the host as modules that are not native see them: by handles, which are looked up in a table and compared
/// with a type and a generation whenever they come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>
#include <vitte/core/atomic.hpp>
#include <vitte/core/result.hpp>
#include <vitte/loader/trap.hpp>

namespace vitte::loader {

/// Types whose objects can have handles. They may be incomplete where a handle is only passed on.
template <class T>
concept shareable = std::is_object_v<T> && !std::is_volatile_v<T>;

/// Names an object of type `T` to modules, or none, if it is null. It is a number: copying it makes no second object,
/// and to have it says nothing about whether the object is still shared. What it names, the table that made it knows.
template <shareable T>
class handle {
public:
    constexpr handle() noexcept = default;
    /// Of an object that may be changed, as one that may not.
    template <class Changeable>
        requires std::is_same_v<T, const Changeable>
    constexpr handle(handle<Changeable> of) noexcept : bits_(of.bits()) {}
    /// Any 64 bits, such as those of a reference in a table or global: they are checked where they are looked up.
    static constexpr handle from_bits(std::uint64_t bits) noexcept {
        handle made;
        made.bits_ = bits;
        return made;
    }

    constexpr std::uint64_t bits() const noexcept { return bits_; }
    constexpr explicit operator bool() const noexcept { return bits_ != 0; }
    friend constexpr bool operator==(handle, handle) noexcept = default;

private:
    std::uint64_t bits_ = 0;
};

/// A pointer that crosses as it is. Whatever reference a module gives in its place is taken for an address, so that a
/// module which gives another one has the host read or write anywhere: for modules that are trusted as native ones are.
template <class Pointer>
    requires std::is_pointer_v<Pointer>
class unchecked {
public:
    constexpr unchecked() noexcept = default;
    constexpr unchecked(Pointer to) noexcept : to_(to) {}
    constexpr operator Pointer() const noexcept { return to_; }

private:
    Pointer to_ = nullptr;
};

namespace detail {

/// The addresses of these stand for a type and its `const` form, also where there is no RTTI. They are not constant
/// themselves: linkers may make one of constants that are alike.
template <class T>
inline constinit char type_marks[2] = {};
template <class T>
const void* type_mark() noexcept {
    return &type_marks<std::remove_const_t<T>>[std::is_const_v<T>];
}

/// Where tables get generations from, a block at a time. None is given twice in a process, so that handles that are
/// stale, of another table or made up differ from all that are good. DLLs and libraries that hide their symbols have
/// generations of their own, see `handle_table`.
class generations {
public:
    static constexpr unsigned bits = 43, block = 64;
    static constexpr std::size_t blocks =
        sizeof(std::size_t) > 4 ? static_cast<std::size_t>((std::uint64_t{1} << bits) / block) : SIZE_MAX;

    /// Gives the first generation of a new block in `first`; false if all have been given. From any thread.
    static bool take(std::uint64_t& first) noexcept {
        std::size_t next = given.load_relaxed();
        do
            if (next == blocks) return false;
        while (!given.compare_exchange_relaxed(next, next + 1));
        first = std::uint64_t{next} * block;
        return true;
    }

    static inline constinit atomic<std::size_t> given{0};  ///< blocks
};

}  // namespace detail

/// The objects that a store shares with its modules. It does not own them. One thread at a time uses it.
///
/// A handle's bits are the index of its slot, the generation, and the highest bit, which no address of a program has.
///
/// A DLL, or a library that hides its symbols, counts generations for itself: a handle of one's table may be that of
/// another object in another's table, and an object that one of them shares can be of another type to the others.
class handle_table {
public:
    static constexpr unsigned index_bits = 20;

    handle_table() noexcept = default;
    /// The objects move; the other table has none then, and the limit 0.
    handle_table(handle_table&& other) noexcept { swap(other); }
    handle_table& operator=(handle_table&& other) noexcept {
        handle_table(std::move(other)).swap(*this);
        return *this;
    }

    /// For at most `limit` objects at once, and no more than 2^20. Of those that are there none goes.
    void set_limit(std::size_t limit) noexcept { limit_ = limit < most ? limit : most; }

    /// Makes a handle of `object`. Fails with `errc::out_of_handles` if the limit is reached, or if all generations of
    /// this process have been used: 2^43, or 2^38 where addresses have 32 bits.
    template <shareable T>
    result<handle<T>> add(T& object) {
        const std::uint64_t made =
            insert(const_cast<std::remove_const_t<T>*>(std::addressof(object)), detail::type_mark<T>());
        if (made == 0) return fail(errc::out_of_handles, "share object");
        return handle<T>::from_bits(made);
    }
    /// What `wanted` names goes to `object`, null if it is null. Else why it names nothing: `invalid_handle` if this
    /// table has not made it or the object was removed, `handle_type_mismatch` if the object has another type, or is
    /// `const` and `T` is not.
    template <shareable T>
    trap_code find(handle<T> wanted, T*& object) const noexcept {
        object = nullptr;
        if (!wanted) return trap_code::none;
        const slot* const found = at(wanted.bits());
        if (found == nullptr) return trap_code::invalid_handle;
        if (found->type != detail::type_mark<T>() && found->type != detail::type_mark<std::remove_const_t<T>>())
            return trap_code::handle_type_mismatch;
        object = static_cast<T*>(found->object);
        return trap_code::none;
    }
    /// Takes the object out, and makes all copies of its handle stale. Null if it has none of this type.
    template <shareable T>
    T* remove(handle<T> wanted) noexcept {
        T* object;
        if (find(wanted, object) == trap_code::none && object != nullptr) free(index_of(wanted.bits()));
        return object;
    }

private:
    struct slot {
        std::uint64_t bits = 0;  ///< of the one handle that names it now; 0 if it is free
        union {
            void* object = nullptr;
            std::size_t next_free;
        };
        const void* type = nullptr;
    };
    static constexpr std::size_t most = std::size_t{1} << index_bits;
    static constexpr std::uint64_t mark = std::uint64_t{1} << 63;
    static_assert(index_bits + detail::generations::bits == 63);

    static std::size_t index_of(std::uint64_t bits) noexcept { return static_cast<std::size_t>(bits & (most - 1)); }
    const slot* at(std::uint64_t bits) const noexcept {
        const std::size_t index = index_of(bits);
        return index < slots_.size() && slots_[index].bits == bits ? &slots_[index] : nullptr;
    }
    /// The new handle's bits, or 0.
    std::uint64_t insert(void* object, const void* type) {
        if (count_ >= limit_) return 0;
        const std::size_t index = free_ != most ? free_ : slots_.size();
        if (generation_ % detail::generations::block == 0 && !detail::generations::take(generation_)) return 0;
        if (index == slots_.size())
            slots_.emplace_back();
        else
            free_ = slots_[index].next_free;
        slot& made = slots_[index];
        made.bits = mark | generation_++ << index_bits | index;
        made.object = object;
        made.type = type;
        ++count_;
        return made.bits;
    }
    void free(std::size_t index) noexcept {
        slots_[index].bits = 0;
        slots_[index].next_free = std::exchange(free_, index);
        --count_;
    }
    void swap(handle_table& other) noexcept {
        std::swap(slots_, other.slots_);
        std::swap(limit_, other.limit_);
        std::swap(count_, other.count_);
        std::swap(free_, other.free_);
        std::swap(generation_, other.generation_);
    }

    std::vector<slot> slots_;
    std::size_t limit_ = 0, count_ = 0, free_ = most;
    std::uint64_t generation_ = 0;  ///< the next one; a multiple of a block if there is none left
};

}  // namespace vitte::loader
