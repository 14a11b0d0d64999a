/// A shared object mapped, relocated and initialised by our own linker, without the OS's. Works in a fully static
/// program. Thread-local storage is refused until it is supported.
#pragma once

#include <vitte/loader/native/relocate.hpp>

namespace vitte::loader::native {

/// A module in memory. Destruction runs its finalisers and unmaps it. Lookup is safe from several threads at once.
template <sys::platform P = sys::native>
class image {
public:
    /// Maps, relocates and initialises the shared object in `file`. Undefined symbols are asked from `scope`. On
    /// failure nothing of the module has run, except IFUNC resolvers, and nothing stays mapped.
    template <class Scope>
    static result<image, load_error> load(const sys::basic_file<P>& file, Scope& scope, cpu_capabilities cpu = {}) {
        image made;
        VITTE_TRY(made.segments_, segments<P>::map(file));
        if (const auto* tls = made.segments_.find(elf::segment_type::tls); tls != nullptr && tls->memory_size != 0)
            return refuse(errc::not_supported, "checking the segments",
                          "the module has thread-local storage, which this linker does not support yet: load it with "
                          "the OS's linker");
        VITTE_TRY(made.info_, read_dynamic(made.segments_));
        VITTE_CHECK(relocator<P, Scope>(made.segments_, made.info_, scope, cpu).run());
        VITTE_CHECK(made.check_calls(made.info_.initializers));
        VITTE_CHECK(made.check_calls(made.info_.finalizers));
        VITTE_CHECK(made.segments_.seal());
        made.cpu_ = cpu;
        made.initialize();
        return made;
    }

    image(image&& other) noexcept { swap(other); }
    image& operator=(image&& other) noexcept {
        image moved(std::move(other));
        swap(moved);
        return *this;
    }
    ~image() { finalize(); }

    /// The address of the exported symbol `name` (its default version, or the given one), or null.
    void* symbol(const char* name, const char* version = nullptr) const noexcept {
        const symbol_entry* found = info_.symbols.find(symbol_name(name), version);
        if (found == nullptr || found->type() == elf::symbol_type::tls) return nullptr;
        const std::uintptr_t address = segments_.base() + static_cast<word>(found->value);
        if (found->type() != elf::symbol_type::gnu_ifunc) return reinterpret_cast<void*>(address);
        if (segments_.executable(found->value) == 0) return nullptr;
        return reinterpret_cast<void*>(machine::call_resolver(address, cpu_.hwcap, cpu_.hwcap2));
    }

    /// Runs the module's finalisers now; nothing of it may run any more. Doing so again does nothing.
    void finalize() {
        using function = void (*)();
        if (!std::exchange(initialized_, false)) return;
        for (std::size_t i = info_.finalizers.size(); i-- > 0;)
            if (is_call(info_.finalizers[i])) reinterpret_cast<function>(info_.finalizers[i])();
        if (info_.fini != 0) reinterpret_cast<function>(base() + static_cast<word>(info_.fini))();
    }

    std::uintptr_t base() const noexcept { return segments_.base(); }
    std::uintptr_t begin() const noexcept { return segments_.begin(); }
    std::size_t size() const noexcept { return segments_.size(); }
    const dynamic_info& info() const noexcept { return info_; }

private:
    image() = default;

    void swap(image& other) noexcept {
        std::swap(segments_, other.segments_);
        std::swap(info_, other.info_);
        std::swap(cpu_, other.cpu_);
        std::swap(initialized_, other.initialized_);
    }

    /// 0 and -1 are skipped, as the OS's linkers do.
    static bool is_call(std::uintptr_t function) noexcept { return function != 0 && function != ~std::uintptr_t{0}; }

    result<void, load_error> check_calls(std::span<const std::uintptr_t> functions) const {
        for (const std::uintptr_t function : functions)
            if (is_call(function) && segments_.executable(function - segments_.base()) == 0)
                return refuse(errc::malformed, "checking initialisers", "one of them points outside the module's code");
        return {};
    }

    /// gABI chapter 5, "Initialization and Termination Functions"; glibc and the BSDs pass argc, argv and envp.
    void initialize() {
        using function = void (*)(int, char**, char**);
        static char* no_arguments[] = {nullptr};
        initialized_ = true;
        if (info_.init != 0)
            reinterpret_cast<function>(base() + static_cast<word>(info_.init))(0, no_arguments, no_arguments);
        for (const std::uintptr_t f : info_.initializers)
            if (is_call(f)) reinterpret_cast<function>(f)(0, no_arguments, no_arguments);
    }

    segments<P> segments_;
    dynamic_info info_;
    cpu_capabilities cpu_;
    bool initialized_ = false;
};

}  // namespace vitte::loader::native
