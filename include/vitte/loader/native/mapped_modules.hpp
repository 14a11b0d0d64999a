/// The modules that our own linker has in this program, for what the ABI gives no other place than one per program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vitte/core/growing_array.hpp>
#include <vitte/loader/native/process_library.hpp>
#include <vitte/loader/symbol_location.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native {

class mapped_module;
struct let_go {
    void operator()(mapped_module* module) const noexcept;
};
/// One holder of a module.
template <class Module>
using held = std::unique_ptr<Module, let_go>;

/// An image in memory, listed from its making to its end. It lives until the last of its holders lets go: whoever
/// loaded it, modules that are bound to it, threads that will call its destructors.
class mapped_module {
public:
    mapped_module() noexcept = default;
    mapped_module(const mapped_module&) = delete;
    mapped_module& operator=(const mapped_module&) = delete;

    sys::loaded_image facts{};  ///< as the OS's linker would tell
    std::uintptr_t begin = 0;   ///< its first byte
    std::size_t size = 0;
    const std::byte* frame_header = nullptr;  ///< PT_GNU_EH_FRAME, or null

    /// What is at `address` in it; false if it does not know.
    virtual bool locate(std::uintptr_t address, symbol_location& to) const {
        static_cast<void>(address), static_cast<void>(to);
        return false;
    }
    bool contains(std::uintptr_t address) const noexcept { return address - begin < size; }
    void retain() noexcept { __atomic_fetch_add(&holders_, 1, __ATOMIC_RELAXED); }
    /// Whether somebody holds it besides the caller.
    bool is_held() const noexcept { return __atomic_load_n(&holders_, __ATOMIC_ACQUIRE) > 1; }
    /// Says that it must never be stopped or unmapped.
    void stay() noexcept { __atomic_store_n(&stays_, true, __ATOMIC_RELEASE); }
    bool stays() const noexcept { return __atomic_load_n(&stays_, __ATOMIC_ACQUIRE); }
    /// Holds `other` as long as this lives.
    void keep(mapped_module& other) noexcept;
    void keep(held_library&& library) noexcept {
        if (library != nullptr && !libraries_.push_back(std::move(library))) static_cast<void>(library.release());
    }
    /// Unmaps it if nobody else holds it.
    void release() noexcept {
        if (__atomic_fetch_sub(&holders_, 1, __ATOMIC_ACQ_REL) == 1) delete this;
    }

protected:
    virtual ~mapped_module() = default;

private:
    friend class mapped_modules;
    /// Not if the last holder has just let go.
    bool retain_living() noexcept {
        std::uint32_t seen = __atomic_load_n(&holders_, __ATOMIC_RELAXED);
        while (seen != 0)
            if (__atomic_compare_exchange_n(&holders_, &seen, seen + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                return true;
        return false;
    }
    mapped_module *next_ = nullptr, *previous_ = nullptr;
    std::uint32_t holders_ = 1;
    bool stays_ = false;
    growing_array<held<mapped_module>> kept_;
    growing_array<held_library> libraries_;
};

inline void let_go::operator()(mapped_module* module) const noexcept { module->release(); }

inline void mapped_module::keep(mapped_module& other) noexcept {
    other.retain();
    held<mapped_module> one(&other);
    if (!kept_.push_back(std::move(one))) static_cast<void>(one.release());
}

/// Safe from several threads at once.
class mapped_modules {
public:
    static void add(mapped_module& which) noexcept {
        const sys::scoped_lock guard(lock);
        which.next_ = first;
        if (first != nullptr) first->previous_ = &which;
        first = &which;
    }
    static void remove(mapped_module& which) noexcept {
        const sys::scoped_lock guard(lock);
        (which.previous_ == nullptr ? first : which.previous_->next_) = which.next_;
        if (which.next_ != nullptr) which.next_->previous_ = which.previous_;
    }
    /// Calls `visit(module)` for each until one returns true; whether one did. No module comes or goes meanwhile.
    template <class Visit>
    static bool any(Visit visit) {
        const sys::scoped_lock guard(lock);
        for (mapped_module* m = first; m != nullptr; m = m->next_)
            if (visit(*m)) return true;
        return false;
    }
    /// The module that `address` is in, held for the caller, who releases it; or null.
    static mapped_module* hold(const void* address) noexcept {
        mapped_module* found = nullptr;
        any([&](mapped_module& m) {
            if (!m.contains(reinterpret_cast<std::uintptr_t>(address))) return false;
            if (m.retain_living()) found = &m;
            return true;
        });
        return found;
    }

private:
    static inline constinit sys::mutex lock;
    static inline constinit mapped_module* first = nullptr;
};

}  // namespace vitte::loader::native
