/// What `own_linker` does: a file, a copy of bytes or objects become modules of its name space.
#pragma once

#include <cstring>
#include <vitte/loader/native/name_space.hpp>
#include <vitte/loader/native/object/link.hpp>
#include <vitte/loader/native/own_linker.hpp>
#include <vitte/loader/native/program_symbols.hpp>
#include <vitte/loader/native/sealed_copy.hpp>

namespace vitte::loader::native {

/// A shared object that its name space has loaded.
template <sys::platform P>
class shared_body final : public loader::detail::module_body {
public:
    explicit shared_body(std::shared_ptr<name_space<P>> space) noexcept : space_(std::move(space)) {}
    ~shared_body() override {
        if (loaded != nullptr) space_->unload(loaded);
    }
    void* symbol(const char* name) const noexcept override { return loaded->symbol(name); }
    bool locate(std::uintptr_t address, symbol_location& to) const override { return loaded->locate(address, to); }

    shared_object<P>* loaded = nullptr;

private:
    std::shared_ptr<name_space<P>> space_;
};

/// Objects and archives that were linked.
template <sys::platform P>
class object_body final : public loader::detail::module_body {
public:
    explicit object_body(std::shared_ptr<name_space<P>> space) noexcept : space_(std::move(space)) {}
    ~object_body() override {
        if (image_ != nullptr && !image_->stays()) image_->stop();
        if (image_ != nullptr && image_->stays()) {
            static_cast<void>(image_.release());
            space_->stay();
            return;
        }
        image_.reset();
        for (shared_object<P>* const used : used_) space_->unload(used);
    }
    result<void, load_error> link(std::span<const link_input> inputs, const link_options& options) {
        if constexpr (object::supported) {
            const auto bound = [&](auto& scope) { return object::link<P>(inputs, scope, options); };
            std::vector<const char*> libraries;
            VITTE_TRY(image_, space_->with_scope(bound, used_, libraries));
            for (const char* const path : libraries) image_->keep(hold_library<P>(path));
            return image_->start(space_->cpu());
        } else {
            return refuse(errc::not_supported, "linking", std::string("objects cannot be linked on ") + machine::name);
        }
    }
    void* symbol(const char* name) const noexcept override { return image_->symbol(name); }
    bool locate(std::uintptr_t address, symbol_location& to) const override { return image_->locate(address, to); }

private:
    std::shared_ptr<name_space<P>> space_;
    std::vector<shared_object<P>*> used_;  ///< modules that it is bound to
    held<object::image<P>> image_;
};

template <sys::platform P>
linked link_file(const std::shared_ptr<name_space<P>>& space, const sys::basic_file<P>& file, const char* path,
                 const load_options& options, const origin* from = nullptr) {
    auto made = std::make_unique<shared_body<P>>(space);
    VITTE_TRY(made->loaded, space->load(file, path, options, from));
    return made;
}
/// `from` is the file that the copy is of, if any.
template <sys::platform P>
linked link_copy(const std::shared_ptr<name_space<P>>& space, const sealed<P>& copy, const char* path,
                 const load_options& options, const sys::file_info* from) {
    if (!copy) return unexpected(copy.error());
    VITTE_CHECK(verified(*copy, path, nullptr, options));
    if (from == nullptr) return link_file(space, copy->file(), path, options);
    VITTE_TRY(const origin of, origin_of(*copy, *from));
    return link_file(space, copy->file(), path, options, &of);
}

}  // namespace vitte::loader::native

namespace vitte::loader {

template <sys::platform P>
own_linker<P>::own_linker() : space_(std::make_shared<native::name_space<P>>()) {}
template <sys::platform P>
exports& own_linker<P>::host() noexcept {
    return space_->host;
}
template <sys::platform P>
result<std::size_t, load_error> own_linker<P>::provide_program()
    requires requires { typename P::images; &P::processes::executable; }
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
    auto file = sys::basic_file<P>::open(path, native::without_waiting);
    if (!file) return refuse(file.error(), "opening");
    return link(*file, path, options);
}
template <sys::platform P>
linked own_linker<P>::link(const sys::basic_file<P>& file, const char* path, const load_options& options) {
    if (!options.verify) return native::link_file(space_, file, path, options);
    const auto facts = file.info();
    if (!facts) return refuse(facts.error(), "opening");
    return native::link_copy(space_, native::sealed_copy<P>(file, *facts), path, options, &*facts);
}
template <sys::platform P>
linked own_linker<P>::link(std::span<const std::byte> bytes, const char* name, const load_options& options,
                           const sys::file_info* from) {
    const auto read = [&](std::span<std::byte> to) {
        std::memcpy(to.data(), bytes.data(), bytes.size());
        return result<std::size_t>(bytes.size());
    };
    return native::link_copy(space_, native::sealed_copy<P>(bytes.size(), read), name, options, from);
}
template <sys::platform P>
linked own_linker<P>::link(std::span<const link_input> inputs, const link_options& options) {
    auto made = std::make_unique<native::object_body<P>>(space_);
    VITTE_CHECK(made->link(inputs, options));
    return made;
}

}  // namespace vitte::loader
