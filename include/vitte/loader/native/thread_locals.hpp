/// Thread-local storage of the modules that our own linker loads (Drepper, "ELF Handling For Thread-Local Storage"):
/// module numbers of our own, a block per module and thread that is made when it is asked for first, and the
/// destructors of thread-local objects (Itanium C++ ABI, 3.3.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>
#include <vitte/loader/native/machine.hpp>
#include <vitte/sys/platform/processes.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native {

/// What general-dynamic code hands to `__tls_get_addr`, from two words of its GOT.
struct tls_index {
    std::uintptr_t module, offset;
};

/// The initial content of a module's block. `image` must stay readable and may change until the first access. The block
/// begins `skew` bytes, less than the alignment, behind an aligned address, as its segment does in the file.
struct tls_template {
    const std::byte* image = nullptr;
    std::size_t image_size = 0, size = 0, alignment = 1, skew = 0;

    void fill(std::byte* block) const noexcept {
        if (image_size != 0) std::memcpy(block, image, image_size);
        std::memset(block + image_size, 0, size - image_size);
    }
};

}  // namespace vitte::loader::native

extern "C" {

/// A thread's blocks: pointers to them stand before this, that of module -2 next but one. `lowest` is the module of the
/// first. The layout is known to `entries/`, in assembly.
struct vitte_thread_blocks {
    std::uintptr_t lowest;

    std::byte*& of(std::uintptr_t module) const noexcept {
        return const_cast<std::byte**>(reinterpret_cast<std::byte* const*>(this))[static_cast<std::intptr_t>(module)];
    }
};
inline constexpr vitte_thread_blocks vitte_no_thread_blocks{~std::uintptr_t{0}};
#if defined(__ELF__) && defined(__PIC__) && !defined(__PIE__)
[[gnu::tls_model("initial-exec"), gnu::visibility("hidden")]]
#elif defined(__ELF__)
[[gnu::tls_model("local-exec"), gnu::visibility("hidden")]]
#endif
inline thread_local constinit const vitte_thread_blocks* vitte_current_thread_blocks = &vitte_no_thread_blocks;
}

namespace vitte::loader::native {

/// All thread-local blocks of all modules in the program. Safe from several threads at once.
class thread_locals {
public:
    /// A new module's number as its GOT holds it: with the sign bit set, which no number of the OS's linker has.
    static std::uintptr_t add(const tls_template& content) {
        const sys::scoped_lock guard(lock);
        std::size_t index = 0;
        while (index < modules().size() && modules()[index].used) ++index;
        if (index == modules().size()) modules().emplace_back();
        modules()[index] = {content, 0, true};
        return number_of(index);
    }
    /// From now on every thread has the module's block `offset` bytes from its thread pointer. False if one has it
    /// elsewhere already.
    static bool make_static(std::uintptr_t module, std::intptr_t offset) noexcept {
        const sys::scoped_lock guard(lock);
        for (thread* t = threads; t != nullptr; t = t->next)
            if (module >= t->blocks->lowest && t->blocks->of(module) != nullptr) return false;
        known(module).static_offset = offset;
        return true;
    }
    /// Where that is; 0 if each thread has it somewhere else.
    static std::intptr_t static_offset(std::uintptr_t module) noexcept {
        const sys::scoped_lock guard(lock);
        return is_own(module) ? known(module).static_offset : 0;
    }
    static tls_template content(std::uintptr_t module) noexcept {
        const sys::scoped_lock guard(lock);
        return known(module).content;
    }
    /// Whether the number is one of ours and not of the OS's linker.
    static bool is_own(std::uintptr_t module) noexcept { return static_cast<std::intptr_t>(module) < 0; }
    /// Frees the blocks that threads have of the module; none of its code may run any more.
    static void remove(std::uintptr_t module) noexcept {
        const sys::scoped_lock guard(lock);
        for (thread* t = threads; t != nullptr; t = t->next)
            if (module >= t->blocks->lowest) drop(known(module), std::exchange(t->blocks->of(module), nullptr));
        known(module).used = false;
    }

    /// `__tls_get_addr`: the address in this thread. Modules of the OS's linker are handed on to its own function.
    /// There is nobody to tell if memory runs out, so that ends the program.
    static void* address(const tls_index* of) noexcept {
        const vitte_thread_blocks* const mine = vitte_current_thread_blocks;
        if (of->module < mine->lowest) [[unlikely]]
            return first_address(of);
        std::byte* const block = mine->of(of->module);
        if (block == nullptr) [[unlikely]]
            return first_address(of);
        return block + of->offset + machine::tls_bias;
    }
    [[gnu::noinline]] static void* first_address(const tls_index* of) noexcept {
        if (!is_own(of->module)) return foreign_address(of);
        return make_block(of->module) + of->offset + machine::tls_bias;
    }

    /// The `__tls_get_addr` of the OS's linker, for variables of its libraries.
    static inline void* (*foreign)(const tls_index*) = nullptr;

    /// Calls `function(argument)` when this thread ends; the last first. False if there is no memory for that.
    /// `release(owner)` is called after it.
    static bool at_thread_exit(void (*function)(void*), void* argument, void (*release)(void*), void* owner) noexcept {
        auto* const made = new (std::nothrow) destructor{function, argument, release, owner, nullptr};
        thread* const mine = made == nullptr ? nullptr : this_thread();
        if (mine == nullptr) return delete made, false;
        made->next = std::exchange(mine->destructors, made);
        return true;
    }
    /// Runs what this thread has registered for `owner` now, which is about to go.
    static void run_destructors(void* owner) noexcept {
        if (thread* const mine = current) run_destructors(*mine, owner);
    }

private:
    struct module {
        tls_template content;
        std::intptr_t static_offset = 0;
        bool used = false;
    };
    struct destructor {
        void (*function)(void*);
        void* argument;
        void (*release)(void*);
        void* owner;
        destructor* next;
    };
    struct thread {
        vitte_thread_blocks* blocks;
        destructor* destructors;
        thread *next, *previous;
    };
    /// Runs when its thread ends.
    struct at_end {
        ~at_end() {
            if (current != nullptr) end_thread(std::exchange(current, nullptr));
        }
    };

    static void* foreign_address(const tls_index* of) noexcept {
        if (const auto ask = __atomic_load_n(&foreign, __ATOMIC_RELAXED)) return ask(of);
        stop("a thread-local variable of a library that this program does not have");
    }
    [[noreturn]] static void stop(const char* why) noexcept {
        std::fprintf(stderr, "vitte: thread-local storage: %s\n", why);
        std::abort();
    }

    /// This thread's entry, made if it is the first time; null without memory.
    static thread* this_thread() noexcept {
        if (current != nullptr) return current;
        auto* const made = new (std::nothrow) thread{};
        if (made == nullptr) return nullptr;
        made->blocks = const_cast<vitte_thread_blocks*>(&vitte_no_thread_blocks);
        const sys::scoped_lock guard(lock);
        made->next = threads;
        if (threads != nullptr) threads->previous = made;
        threads = made;
        // No member: ld for Windows finds the code that begins and ends a thread-local one in each unit.
        [[maybe_unused]] static thread_local at_end marker;
        return current = made;
    }
    static void end_thread(thread* ending) noexcept {
        while (ending->destructors != nullptr) {
            current = ending;  // a destructor may use thread-local objects and register others
            run_destructors(*ending, nullptr);
            current = nullptr;
        }
        if (is_first_thread()) {
            current = ending;  // destructors of static objects use what it has
            return;
        }
        vitte_current_thread_blocks = &vitte_no_thread_blocks;
        const sys::scoped_lock guard(lock);
        (ending->previous == nullptr ? threads : ending->previous->next) = ending->next;
        if (ending->next != nullptr) ending->next->previous = ending->previous;
        for (std::uintptr_t m = ending->blocks->lowest; m < number_of(0) + 1; ++m)
            drop(known(m), ending->blocks->of(m));
        free_blocks(ending->blocks);
        delete ending;
    }
    /// Whether the program ends with this thread; not every platform tells.
    template <class P = sys::native>
    static bool is_first_thread() noexcept {
        if constexpr (requires { P::processes::own_id(); })
            return P::threads::id() == P::processes::own_id();
        else
            return false;
    }
    static void run_destructors(thread& of, const void* owner) noexcept {
        for (destructor** at = &of.destructors; *at != nullptr;) {
            if (owner != nullptr && (*at)->owner != owner) {
                at = &(*at)->next;
                continue;
            }
            destructor* const next = std::exchange(*at, (*at)->next);
            next->function(next->argument);
            next->release(next->owner);
            delete next;
            at = &of.destructors;  // it may have registered another
        }
    }

    /// Numbers go down from -2, so that none is as high as `lowest` of a thread without blocks.
    static std::uintptr_t number_of(std::size_t index) noexcept { return ~index - 1; }
    static module& known(std::uintptr_t number) noexcept { return modules()[~(number + 1)]; }

    /// A block of module `number` in this thread, which has none yet.
    static std::byte* make_block(std::uintptr_t number) noexcept {
        thread* const mine = this_thread();
        if (mine == nullptr) stop("out of memory");
        const sys::scoped_lock guard(lock);
        if (number < mine->blocks->lowest) grow(*mine);
        const module& of = known(number);
        return mine->blocks->of(number) = of.static_offset != 0 ? thread_pointer() + of.static_offset : filled(of);
    }
    static void grow(thread& mine) noexcept {
        const std::size_t count = modules().size() + 8;
        auto* const memory =
            static_cast<std::byte**>(std::calloc(1, before(count) * sizeof(std::byte*) + sizeof(vitte_thread_blocks)));
        if (memory == nullptr) stop("out of memory");
        auto* const made = new (memory + before(count)) vitte_thread_blocks{number_of(count - 1)};
        for (std::uintptr_t m = mine.blocks->lowest; m < number_of(0) + 1; ++m) made->of(m) = mine.blocks->of(m);
        free_blocks(std::exchange(mine.blocks, made));
        vitte_current_thread_blocks = made;
    }
    static std::byte* filled(const module& of) noexcept {
        const tls_template& t = of.content;
        void* const made = ::operator new(t.skew + t.size, std::align_val_t(t.alignment), std::nothrow);
        if (made == nullptr) stop("out of memory");
        std::byte* const block = static_cast<std::byte*>(made) + t.skew;
        t.fill(block);
        return block;
    }
    static void drop(const module& of, std::byte* block) noexcept {
        if (block != nullptr && of.static_offset == 0)
            ::operator delete(block - of.content.skew, std::align_val_t(of.content.alignment));
    }
    /// How many pointers stand before the head of `count` blocks.
    static std::size_t before(std::size_t count) noexcept { return count + 1; }
    static void free_blocks(vitte_thread_blocks* blocks) noexcept {
        if (blocks == &vitte_no_thread_blocks) return;
        std::free(reinterpret_cast<std::byte**>(blocks) - before(~(blocks->lowest + 1) + 1));
    }

    /// Never destroyed: threads may end after the program's static objects.
    static std::vector<module>& modules() {
        static auto* const all = new std::vector<module>;
        return *all;
    }
    static inline constinit sys::mutex lock;
    static inline constinit thread* threads = nullptr;
    static inline thread_local constinit thread* current = nullptr;

public:
    /// What initial-exec accesses are relative to.
    static std::byte* thread_pointer() noexcept {
#if defined(__ELF__)
        return static_cast<std::byte*>(__builtin_thread_pointer());
#else
        return nullptr;
#endif
    }
};

}  // namespace vitte::loader::native
