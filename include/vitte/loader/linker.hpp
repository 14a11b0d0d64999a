/// The two linkers behind `module_loader`: ours, and the OS's. Each turns a path into a module body or says why not.
#pragma once

#include <vitte/loader/exports.hpp>
#include <vitte/loader/module.hpp>
#include <vitte/loader/native/exit_functions.hpp>
#include <vitte/loader/native/image.hpp>
#include <vitte/loader/native/process_scope.hpp>
#include <vitte/sys/library.hpp>

namespace vitte::loader {

using linked = result<std::unique_ptr<detail::module_body>, load_error>;

/// Links with `native::image`: imports come from the host's exports, then from the libraries in the process.
template <sys::platform P = sys::native>
class own_linker {
public:
    linked link(const char* path, const exports& host) {
        auto file = sys::basic_file<P>::open(path);
        if (!file) return native::refuse(file.error(), "opening");
        process_.refresh();
        sys::cpu_capabilities cpu;
        if constexpr (requires { typename P::images; }) cpu = P::images::cpu();
        auto scope = [&](const native::symbol_name& name, const char* version, std::uintptr_t& address) {
            return host.find(name, address) || find_runtime(name, address) ||
                   process_.find(name, version, cpu, address);
        };
        auto image = native::image<P>::load(*file, scope, cpu);
        if (!image) {
            if (image.error().code == errc::not_found) image.error().searched = searched(host);
            return unexpected(std::move(image).error());
        }
        return std::make_unique<body>(std::move(*image));
    }

private:
    class body final : public detail::module_body {
    public:
        explicit body(native::image<P>&& image) noexcept : image_(std::move(image)) {}
        /// Not every compiler's start-up files ask for what the module has registered.
        ~body() override {
            image_.finalize();
            native::exit_functions<P>::run_within(image_.begin(), image_.size());
        }
        void* symbol(const char* name) const noexcept override { return image_.symbol(name); }

    private:
        native::image<P> image_;
    };

    /// What the C++ ABI asks of a runtime so that destructors of static objects run at unload. Static programs export
    /// none, and that of musl runs them at exit only.
    static bool find_runtime(const native::symbol_name& name, std::uintptr_t& address) {
        const std::string_view wanted(name.text, name.length);
        if (wanted == "__cxa_atexit") address = reinterpret_cast<std::uintptr_t>(&native::exit_functions<P>::add);
        else if (wanted == "__aeabi_atexit")
            address = reinterpret_cast<std::uintptr_t>(&native::exit_functions<P>::add_aeabi);
        else if (wanted == "__cxa_finalize")
            address = reinterpret_cast<std::uintptr_t>(&native::exit_functions<P>::run);
        else return false;
        return true;
    }

    std::string searched(const exports& host) const {
        std::string text = std::to_string(host.size()) + " host exports";
        const std::string libraries = process_.names();
        return libraries.empty() ? text + " (a static program has no libraries)" : text + ", " + libraries;
    }

    native::process_scope<P> process_;
};

/// Hands the module to the OS's own linker, with its search rules and its binding.
template <sys::platform P = sys::native>
class os_linker {
public:
    static linked link(const char* path) {
        auto library = sys::basic_library<P>::open(path);
        if (!library) return native::refuse(library.error(), "loading with the OS's linker");
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
