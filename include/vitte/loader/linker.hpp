/// The two linkers behind `module_loader`: ours, and the OS's. Each turns a path into a module body or says why not.
#pragma once

#include <vitte/loader/module.hpp>
#include <vitte/loader/native/name_space.hpp>
#include <vitte/loader/native/object/link.hpp>
#include <vitte/loader/native/program_symbols.hpp>
#include <vitte/loader/native/sealed_copy.hpp>
#include <vitte/sys/library.hpp>

namespace vitte::loader {

/// What our own linker has loaded, in a name space of its own: imports come from the host's exports, from the libraries
/// in the process, from modules that were loaded as global ones, and from what a module needs itself.
template <sys::platform P = sys::native>
class own_linker {
    using name_space = native::name_space<P>;
    using object = native::shared_object<P>;

public:
    own_linker();

    exports& host() noexcept;
    /// See `module_loader::provide_program`.
    result<std::size_t, load_error> provide_program()
        requires requires { typename P::images; };
    void add_search_path(std::string folder);
    void hide_process() noexcept;

    linked link(const char* path, const load_options& options);
    /// A file that was opened or made otherwise; `path` is its name in messages, and where `$ORIGIN` is.
    linked link(const sys::basic_file<P>& file, const char* path, const load_options& options);
    linked link(std::span<const std::byte> bytes, const char* name, const load_options& options);
    /// Links objects and archives into a module of their own.
    linked link(std::span<const link_input> inputs, const link_options& options);

    /// See `module_loader::write_perf_map`.
    static result<void> write_perf_map();

private:
    linked map(const native::sealed<P>& copy, const char* path, const load_options& options);
    linked map(const sys::basic_file<P>& file, const char* path, const load_options& options);

    class body final : public detail::module_body {
    public:
        explicit body(std::shared_ptr<name_space> space) noexcept : space_(std::move(space)) {}
        ~body() override {
            if (loaded != nullptr) space_->unload(loaded);
        }
        void* symbol(const char* name) const noexcept override { return loaded->symbol(name); }
        bool locate(std::uintptr_t address, symbol_location& to) const override { return loaded->locate(address, to); }

        object* loaded = nullptr;

    private:
        std::shared_ptr<name_space> space_;
    };

    class object_body final : public detail::module_body {
    public:
        explicit object_body(std::shared_ptr<name_space> space) noexcept : space_(std::move(space)) {}
        ~object_body() override {
            if (image_ != nullptr) image_->stop();
            image_.reset();
            for (object* const used : used_) space_->unload(used);
        }
        result<void, load_error> link(std::span<const link_input> inputs, const link_options& options) {
            if constexpr (native::object::supported) {
                const auto bound = [&](auto& scope) { return native::object::link<P>(inputs, scope, options); };
                VITTE_TRY(image_, space_->with_scope(bound, used_));
                return image_->start(space_->cpu());
            } else {
                return refuse(errc::not_supported, "linking",
                              std::string("objects cannot be linked on ") + native::machine::name);
            }
        }
        void* symbol(const char* name) const noexcept override { return image_->symbol(name); }
        bool locate(std::uintptr_t address, symbol_location& to) const override { return image_->locate(address, to); }

    private:
        std::shared_ptr<name_space> space_;
        std::vector<object*> used_;  ///< modules that it is bound to
        native::held<native::object::image<P>> image_;
    };

    std::shared_ptr<name_space> space_;
};

template <sys::platform P>
own_linker<P>::own_linker() : space_(std::make_shared<name_space>()) {}
template <sys::platform P>
exports& own_linker<P>::host() noexcept {
    return space_->host;
}
template <sys::platform P>
result<std::size_t, load_error> own_linker<P>::provide_program()
    requires requires { typename P::images; }
{
    return native::provide_program<P>(space_->host);
}
template <sys::platform P>
void own_linker<P>::add_search_path(std::string folder) {
    space_->search.add(std::move(folder));
}
template <sys::platform P>
void own_linker<P>::hide_process() noexcept {
    space_->sees_process = false;
}
template <sys::platform P>
result<void> own_linker<P>::write_perf_map() {
    return native::module_record<P>::write_perf_map();
}

template <sys::platform P>
linked own_linker<P>::link(const char* path, const load_options& options) {
    auto file = sys::basic_file<P>::open(path);
    if (!file) return refuse(file.error(), "opening");
    return link(*file, path, options);
}
template <sys::platform P>
linked own_linker<P>::link(const sys::basic_file<P>& file, const char* path, const load_options& options) {
    if (!options.verify) return map(file, path, options);
    const auto facts = file.info();
    if (!facts) return refuse(facts.error(), "opening");
    return map(native::sealed_copy<P>(file, *facts), path, options);
}
template <sys::platform P>
linked own_linker<P>::link(std::span<const std::byte> bytes, const char* name, const load_options& options) {
    const auto read = [&](std::span<std::byte> to) {
        std::memcpy(to.data(), bytes.data(), bytes.size());
        return result<std::size_t>(bytes.size());
    };
    return map(native::sealed_copy<P>(bytes.size(), read), name, options);
}
template <sys::platform P>
linked own_linker<P>::link(std::span<const link_input> inputs, const link_options& options) {
    auto made = std::make_unique<object_body>(space_);
    VITTE_CHECK(made->link(inputs, options));
    return made;
}
template <sys::platform P>
linked own_linker<P>::map(const native::sealed<P>& copy, const char* path, const load_options& options) {
    if (!copy) return unexpected(copy.error());
    VITTE_CHECK(native::verified(*copy, path, nullptr, options));
    return map(copy->file(), path, options);
}
template <sys::platform P>
linked own_linker<P>::map(const sys::basic_file<P>& file, const char* path, const load_options& options) {
    auto made = std::make_unique<body>(space_);
    VITTE_TRY(made->loaded, space_->load(file, path, options));
    return made;
}

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
#endif
