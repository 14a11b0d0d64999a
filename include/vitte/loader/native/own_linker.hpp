/// Our own linker as a loader uses it; what it does is in `native/link.hpp`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vitte/loader/exports.hpp>
#include <vitte/loader/link_input.hpp>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/module.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/platform/processes.hpp>

namespace vitte::loader {

namespace native {
template <sys::platform P>
class name_space;
}

/// What our own linker has loaded, in a name space of its own: imports come from the host's exports, from the libraries
/// in the process, from modules that were loaded as global ones, and from what a module needs itself.
template <sys::platform P = sys::native>
class own_linker {
public:
    own_linker();

    exports& host() noexcept;
    /// See `module_loader::provide_program`.
    result<std::size_t, load_error> provide_program()
        requires requires { typename P::images; &P::processes::executable; };
    void add_search_path(std::string folder);
    void hide_process() noexcept;

    linked link(const char* path, const load_options& options);
    /// A file that was opened or made otherwise; `path` is its name in messages, and where `$ORIGIN` is.
    linked link(const sys::basic_file<P>& file, const char* path, const load_options& options);
    /// What is in memory; `from` is the file that it comes from, if that makes two of the same content one module.
    linked link(std::span<const std::byte> bytes, const char* name, const load_options& options,
                const sys::file_info* from = nullptr);
    /// Links objects and archives into a module of their own.
    linked link(std::span<const link_input> inputs, const link_options& options);

    /// See `module_loader::write_perf_map`.
    static result<void> write_perf_map();

private:
    std::shared_ptr<native::name_space<P>> space_;
};

}  // namespace vitte::loader
