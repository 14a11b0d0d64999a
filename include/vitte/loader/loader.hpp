/// `module_loader`, the one entrance to loading: it opens a file, has it linked by our own linker or by the OS's, and
/// hands out a `module`.
#pragma once

#include <vitte/loader/exports.hpp>
#include <vitte/loader/linker.hpp>
#include <vitte/loader/module.hpp>

namespace vitte::loader {

/// Loads modules and offers them the host's functions. One loader is used from one thread at a time; the modules it
/// has loaded are independent of it.
template <sys::platform P = sys::native>
class basic_module_loader {
public:
    /// Links with our own linker, which also works in static programs, binds to host exports and really unmaps; with
    /// the OS's where ours has nothing to do with, on Windows and macOS.
    basic_module_loader() noexcept {
        if constexpr (!native::machine::supported && requires { typename P::libraries; }) foreign_ = os_linker<P>::link;
    }
    /// Links with `foreign` instead, such as `os_linker<>::link`. A program that never names the OS's linker does not
    /// contain it: static programs would not link without a warning otherwise.
    explicit basic_module_loader(linked (*foreign)(const char* path)) noexcept : foreign_(foreign) {}

    /// Offers a host function to every module that is loaded from now on. Host exports win over the process's
    /// libraries.
    template <class Signature>
        requires std::is_function_v<Signature>
    void provide(const char* name, Signature* function) {
        exports_.provide(name, reinterpret_cast<const void*>(function));
    }
    /// Offers host data, or anything else with an address.
    void provide_symbol(const char* name, const void* address) { exports_.provide(name, address); }

    /// Loads the module at `path` (UTF-8). The own linker does not load its dependencies: they must be in the process.
    result<module, load_error> load(const char* path) {
        auto body = foreign_ == nullptr ? own_.link(path, exports_) : foreign_(path);
        if (!body) {
            body.error().module = path;
            return unexpected(std::move(body).error());
        }
        return module(path, std::move(*body));
    }

private:
    linked (*foreign_)(const char*) = nullptr;
    exports exports_;
    own_linker<P> own_;
};
using module_loader = basic_module_loader<>;

}  // namespace vitte::loader
