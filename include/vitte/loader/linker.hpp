/// The two linkers behind `module_loader`: ours, and the OS's. Each turns a path into a module body or says why not.
#pragma once

#include <memory>
#include <utility>
#include <vitte/loader/module.hpp>
#include <vitte/loader/native/own_linker.hpp>
#include <vitte/sys/library.hpp>

namespace vitte::loader {

/// Hands the module to the OS's own linker, with its search rules and its binding.
template <sys::platform P = sys::native>
class os_linker {
public:
    static linked link(const char* path) {
        auto library = sys::basic_library<P>::open(path);
        if (!library) return refuse(library.error(), "loading with the OS's linker");
        return std::make_unique<body>(std::move(*library));
    }

private:
    class body final : public detail::module_body {
    public:
        explicit body(sys::basic_library<P>&& library) noexcept : library_(std::move(library)) {}
        void* symbol(const char* name) const noexcept override {
            auto found = library_.symbol(name);
            return found ? *found : nullptr;
        }

    private:
        sys::basic_library<P> library_;
    };
};

}  // namespace vitte::loader

#if defined(VITTE_SEPARATE)
extern template class vitte::loader::own_linker<>;
#else
#include <vitte/loader/native/link.hpp>
#endif
