/// `module_loader`, the one entrance to loading: it opens a file, has it linked by our own linker, by the OS's or by
/// the format that knows it, and hands out a `module`.
#pragma once

#include <algorithm>
#include <concepts>
#include <new>
#include <optional>
#include <vitte/loader/linker.hpp>
#include <vitte/loader/module_format.hpp>

namespace vitte::loader {

/// Loads modules and offers them the host's functions. Each loader is a name space of its own: its modules are not seen
/// by those of others. Loading and unloading is safe from several threads at once, as long as nothing is provided,
/// added or set meanwhile; the modules that it has loaded may outlive it. It moves; one that was moved from can only be
/// destroyed or assigned to.
template <sys::platform P = sys::native>
class basic_module_loader {
public:
    /// Links with our own linker, which also works in static programs, binds to host exports and really unmaps; with
    /// the OS's where ours has nothing to do with, on Windows and macOS.
    basic_module_loader() {
        if constexpr (!native::machine::supported && requires { typename P::libraries; }) foreign_ = os_linker<P>::link;
    }
    /// Links what is loaded by its path with `foreign` instead, such as `os_linker<>::link`; what is loaded from memory
    /// or from an open file, and objects, are linked with ours all the same. A program that never names the OS's linker
    /// does not contain it: static programs would not link without a warning otherwise.
    explicit basic_module_loader(linked (*foreign)(const char* path)) : foreign_(foreign) {}
    basic_module_loader(basic_module_loader&&) noexcept = default;
    basic_module_loader& operator=(basic_module_loader&&) noexcept = default;

    /// Offers a host function to every module that is loaded from now on. Host exports win over the process's
    /// libraries. WebAssembly modules import it from "env", if its type can be theirs: pointers and references to
    /// objects, as parameters, take handles of what is shared with their store (see `arrives`). Functions whose results
    /// are handles are defined in a store.
    template <class Signature>
        requires(std::is_function_v<Signature> && std::is_same_v<Signature, detail::native_t<Signature>>)
    void provide(const char* name, Signature* function) {
        offer<Signature>(name, function);
    }
    /// The same with pointers that cross as they are: `provide<void(unchecked<const char*>)>("log", log)`.
    template <class Signature>
        requires(std::is_function_v<Signature> && !std::is_same_v<Signature, detail::native_t<Signature>>)
    void provide(const char* name, detail::native_t<Signature>* function) {
        offer<Signature>(name, function);
    }
    /// Offers host data, or anything else with an address.
    void provide_symbol(const char* name, const void* address) { own_.host().provide(name, address); }
    /// Offers all functions and data of this program that are in its file, but for thread-local ones, for static
    /// programs, which export none: what it was linked with is then there for modules, too. What was provided otherwise
    /// comes first. Returns how many were added, none the second time; `errc::not_found` if the program was stripped.
    result<std::size_t, load_error> provide_program() { return own_.provide_program(); }
    /// Looks for what modules need in `folder`, too, after their own DT_RPATH and before the system's folders.
    void add_search_path(std::string folder) { own_.add_search_path(std::move(folder)); }
    /// Binds modules to host exports and to each other only, not to the libraries of this process.
    void hide_process() noexcept { own_.hide_process(); }

    /// Modules of this format are loaded from now on, besides native ones; of several formats the first that recognizes
    /// a file has it. `add_format(wasm::format())`, see `wasm/format.hpp`.
    template <std::derived_from<module_format> Format>
    void add_format(Format format) {
        formats_.push_back(std::make_shared<Format>(std::move(format)));
    }

    /// Loads the module at `path` (UTF-8) and what it needs and is not in the process. A native module that is loaded
    /// already is the same one, unless it is to be verified; its initialisers do not run again, but have ended when
    /// this returns, also if another thread has begun them. Only threads whose initialisers would wait for each other
    /// do not wait. No lock is held while initialisers and finalisers run.
    result<module, load_error> load(const char* path, const load_options& options = {}) {
        return named(path, link(path, options));
    }
    /// Loads a module from memory, which may go as soon as this returns. `name` stands for it in messages.
    result<module, load_error> load(std::span<const std::byte> bytes, const char* name,
                                    const load_options& options = {}) {
        if (const module_format* const format = format_of(bytes))
            return named(name, link_as(*format, bytes.size(),
                                       [&](std::span<std::byte> to) {
                                           std::memcpy(to.data(), bytes.data(), to.size());
                                           return result<std::size_t>(to.size());
                                       },
                                       name, options));
        return named(name, own_.link(bytes, name, options));
    }
    /// Loads a module from an open file, such as a sealed one in memory, which may be closed as soon as this returns.
    result<module, load_error> load(const sys::basic_file<P>& file, const char* name,
                                    const load_options& options = {}) {
        return named(name, link(file, name, options));
    }

    /// Links relocatable objects and archives into one module in memory, with our own linker: what a static linker and
    /// `load` would do together. Of an archive those members are taken that define what is undefined, or initialise
    /// what is common, in the order of GNU ld where all archives stand behind the objects in one group; what is still
    /// undefined then is asked from the host's exports, the process's libraries and global modules. Compile objects
    /// with -fPIC.
    result<module, load_error> link(std::span<const link_input> inputs, const link_options& options = {}) {
        return named(inputs.empty() ? "no objects" : inputs.front().name.c_str(), own_.link(inputs, options));
    }

    /// The symbol that `address` is in, among all modules that vitte has put into this process; see
    /// `module::address_to_symbol`. Safe from several threads at once, but not in signal handlers; nothing if no module
    /// is there.
    static std::optional<symbol_location> address_to_symbol(const void* address) {
        native::mapped_module* const in = native::mapped_modules::hold(address);
        if (in == nullptr) return std::nullopt;
        symbol_location found;
        const bool located = in->locate(reinterpret_cast<std::uintptr_t>(address), found);
        in->release();
        return located ? std::optional(found) : std::nullopt;
    }
    /// Lists the functions of all linked objects from now on, in every loader, in `/tmp/perf-PID.map`, so that Linux's
    /// `perf` can name them. Of shared objects it reads the files. Nobody but this user and root reads the new file.
    /// Fails if somebody else has put something at its name. A child that is forked lists what it links in a file of
    /// its own, or nowhere if that cannot be made.
    static result<void> write_perf_map() { return own_linker<P>::write_perf_map(); }

private:
    template <class Signature>
    void offer(const char* name, detail::native_t<Signature>* function) {
        static_assert(!crossing<Signature>::names_handles, "native modules have no handles: define it in a store");
        const typed_call* typed = nullptr;
        if constexpr (crossing<Signature>::offerable) typed = &crossing<Signature>::erased;
        own_.host().provide(name, reinterpret_cast<const void*>(function), typed);
    }

    static result<module, load_error> named(const char* name, linked body) {
        if (body) return module(name, std::move(*body));
        if (body.error().module.empty()) body.error().module = name;
        return unexpected(std::move(body).error());
    }

    const module_format* format_of(std::span<const std::byte> bytes) const noexcept {
        const auto head = bytes.first(std::min(bytes.size(), module_format::head_size));
        for (const auto& format : formats_)
            if (format->recognizes(head)) return format.get();
        return nullptr;
    }
    linked link(const char* path, const load_options& options) {
        if (formats_.empty()) return foreign_ == nullptr ? own_.link(path, options) : link_foreign(path, options);
        const auto file = sys::basic_file<P>::open(path);
        if (file) return link(*file, path, options, foreign_ != nullptr);
        // The OS's linker also takes names that it searches for.
        return foreign_ == nullptr ? refuse(file.error(), "opening") : link_foreign(path, options);
    }
    linked link_foreign(const char* path, const load_options& options) const {
        if (!options.verify) return foreign_(path);
        return refuse(errc::not_supported, "verifying", "the OS's linker reads the file itself, perhaps other bytes");
    }
    linked link(const sys::basic_file<P>& file, const char* name, const load_options& options, bool foreign = false) {
        const module_format* format = nullptr;
        if (!formats_.empty()) {
            std::byte head[module_format::head_size];
            const auto got = file.read_at(head, 0);
            if (!got) return refuse(got.error(), "reading");
            format = format_of(std::span<const std::byte>(head, *got));
        }
        if (format == nullptr) return foreign ? link_foreign(name, options) : own_.link(file, name, options);
        const auto facts = file.info();
        if (!facts) return refuse(facts.error(), "opening");
        return link_as(
            *format, facts->size, [&](std::span<std::byte> to) { return file.read_at(to, 0); }, name, options);
    }
    /// Links a copy of `size` bytes that `read(std::span<std::byte>)` makes: what is verified is what is used.
    template <class Read>
    linked link_as(const module_format& format, std::uint64_t size, Read&& read, const char* name,
                   const load_options& options) {
        constexpr const char* action = "reading";
        if (size > PTRDIFF_MAX) return refuse(errc::too_large, action, "it does not fit into memory");
        const std::unique_ptr<std::byte[]> copy(new (std::nothrow) std::byte[static_cast<std::size_t>(size)]);
        if (copy == nullptr) return refuse(errc::out_of_memory, action, "it does not fit into memory");
        const std::span<std::byte> bytes(copy.get(), static_cast<std::size_t>(size));
        const result<std::size_t> got = read(bytes);
        if (!got) return refuse(got.error(), action);
        if (*got != size) return refuse(errc::end_of_input, action, "the file became shorter");
        VITTE_CHECK(verified({bytes, name}, options));
        return format.link(bytes, name, own_.host());
    }

    linked (*foreign_)(const char*) = nullptr;
    std::vector<std::shared_ptr<const module_format>> formats_;
    own_linker<P> own_;
};
using module_loader = basic_module_loader<>;

}  // namespace vitte::loader
