/// Destructors of the static objects of modules (Itanium C++ ABI, 3.3.6): a module registers them when its objects have
/// been made, and asks for them to be run when it is finalised.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native {

/// One list in a program, since the ABI gives the two functions no other place for it. Safe from several threads at
/// once.
template <sys::platform P = sys::native>
class exit_functions {
public:
    /// `__cxa_atexit`: `function(argument)` is called before the module that `dso_handle` stands for goes, or at exit.
    /// Returns -1 if there is no memory for that.
    static int add(void (*function)(void*), void* argument, void* dso_handle) noexcept {
        auto* const made = new (std::nothrow) entry{function, argument, dso_handle, 0, nullptr};
        if (made == nullptr) return -1;
        const sys::scoped_lock guard(lock_);
        if (!std::exchange(at_exit_, true)) std::atexit([] { run(nullptr); });
        made->number = ++count_;
        run_in_progress* by = runs_;
        while (by != nullptr && !by->wanted.has(*made)) by = by->outer;
        entry*& newest = by == nullptr ? rest_ : by->left;
        made->next = std::exchange(newest, made);
        return 0;
    }
    /// `__aeabi_atexit`, the same with arguments in another order (C++ ABI for the Arm Architecture, 4.4.5).
    static int add_aeabi(void* argument, void (*function)(void*), void* dso_handle) noexcept {
        return add(function, argument, dso_handle);
    }
    /// `__cxa_finalize`: calls what the module has registered, the last first; everything if `dso_handle` is null. What
    /// is registered meanwhile is called next. Takes time in proportion to the number of all functions.
    static void run(void* dso_handle) noexcept {
        if (dso_handle == nullptr) run_all({0, ~std::uintptr_t{0}, true});
        else run_all({reinterpret_cast<std::uintptr_t>(dso_handle), 1, false});
    }
    /// The same for all that lies in `size` bytes from `begin` on, which are about to go, or was registered for them.
    static void run_within(std::uintptr_t begin, std::size_t size) noexcept { run_all({begin, size, true}); }

private:
    struct entry {
        void (*function)(void*);
        void *argument, *dso_handle;
        std::uint64_t number;  ///< grows with each that is added
        entry* next;           ///< the one before it in the same list
    };
    /// Those whose handle, or also whose function, is within some bytes.
    struct selection {
        std::uintptr_t begin, size;
        bool by_function;

        bool has(const entry& e) const noexcept {
            return reinterpret_cast<std::uintptr_t>(e.dso_handle) - begin < size ||
                   (by_function && reinterpret_cast<std::uintptr_t>(e.function) - begin < size);
        }
    };
    /// A run takes what it wants out of all lists at once. A later one, which may come from a function that is being
    /// called, takes from earlier ones, and what is added belongs to the last that wants it.
    struct run_in_progress {
        selection wanted;
        run_in_progress* outer;
        entry* left;
    };

    static void run_all(selection wanted) noexcept {
        run_in_progress mine{wanted, nullptr, nullptr};
        begin(mine);
        while (entry* const next = take(mine)) {
            next->function(next->argument);
            delete next;
        }
    }
    static void begin(run_in_progress& mine) noexcept {
        const sys::scoped_lock guard(lock_);
        mine.left = taken_out(rest_, mine.wanted);
        for (run_in_progress* r = runs_; r != nullptr; r = r->outer)
            mine.left = merged(mine.left, taken_out(r->left, mine.wanted));
        mine.outer = std::exchange(runs_, &mine);
    }
    /// The next to be called; null at the end of the run.
    static entry* take(run_in_progress& mine) noexcept {
        const sys::scoped_lock guard(lock_);
        if (entry* const next = mine.left) return mine.left = next->next, next;
        run_in_progress** place = &runs_;
        while (*place != &mine) place = &(*place)->outer;
        *place = mine.outer;
        return nullptr;
    }
    static entry* taken_out(entry*& from, const selection& wanted) noexcept {
        entry *first = nullptr, **last = &first;
        for (entry** place = &from; *place != nullptr;)
            if (wanted.has(**place)) {
                *last = *place;
                last = &(*last)->next;
                *place = (*place)->next;
            } else {
                place = &(*place)->next;
            }
        *last = nullptr;
        return first;
    }
    static entry* merged(entry* a, entry* b) noexcept {
        entry *first = nullptr, **last = &first;
        while (a != nullptr && b != nullptr) {
            entry*& newer = a->number > b->number ? a : b;
            *last = newer;
            last = &newer->next;
            newer = newer->next;
        }
        *last = a != nullptr ? a : b;
        return first;
    }

    static inline sys::basic_mutex<P> lock_;
    static inline entry* rest_ = nullptr;  ///< what no run wants, the newest first
    static inline run_in_progress* runs_ = nullptr;
    static inline std::uint64_t count_ = 0;
    static inline bool at_exit_ = false;
};

}  // namespace vitte::loader::native
