/// `module_loader`, the one entrance to loading: it opens a file, has it linked by our own linker, by the OS's or by
/// the format that knows it, and hands out a `module`.
#pragma once

#include <algorithm>
#include <concepts>
#include <new>
#include <optional>
#include <vitte/loader/linker.hpp>
#include <vitte/loader/module_format.hpp>
#include <vitte/loader/native/machine.hpp>
#include <vitte/loader/native/mapped_modules.hpp>
#include <vitte/loader/native/without_waiting.hpp>
#include <vitte/loader/os_linked.hpp>

namespace vitte::loader {

/// Loads modules and offers them the host's functions. Each loader is a name space of its own: its modules are not seen
/// by those of others. Loading and unloading is safe from several threads at once, as long as nothing is provided,
/// added or set meanwhile, and no library of the process is closed while a module is being loaded or linked, or binds a
/// function lazily. Libraries that modules are bound to may be closed at any other time. The modules that it has loaded
/// may outlive it. It moves; one that was moved from can only be destroyed or assigned to.
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

    /// Nothing is loaded or linked from now on, neither by its path nor from memory nor for another module, that
    /// `verify` does not accept; see `load_options::verify`, which is asked besides. It may run in several threads at
    /// once if modules are loaded so. `verify_all(std::ref(policy))`, see `signature_policy.hpp`.
    void verify_all(file_verifier verify) { verify_all_ = std::move(verify); }

    /// Loads the module at `path` (UTF-8) and what it needs and is not in the process. A native module of this file
    /// that is loaded already is the same one, also if it is a part of a container; one that is verified, or in a
    /// container, if its content is the same, too. Its initialisers do not run again, but have ended when this returns,
    /// also if another thread has begun them. Only threads whose initialisers would wait for each other do not wait. No
    /// lock is held while initialisers and finalisers run. Of WebAssembly each load is an instance of its own, of code
    /// that is compiled once.
    result<module, load_error> load(const char* path, const load_options& options = {}) {
        return checked(options, [&](const load_options& all) { return named(path, link(path, all)); });
    }
    /// Loads a module from memory, which may go as soon as this returns. `name` stands for it in messages.
    result<module, load_error> load(std::span<const std::byte> bytes, const char* name,
                                    const load_options& options = {}) {
        return checked(options, [&](const load_options& all) { return named(name, link(bytes, name, all)); });
    }
    /// Loads a module from an open file, such as a sealed one in memory, which may be closed as soon as this returns.
    result<module, load_error> load(const sys::basic_file<P>& file, const char* name,
                                    const load_options& options = {}) {
        return checked(options, [&](const load_options& all) { return named(name, link(file, name, all)); });
    }

    /// Links relocatable objects and archives into one module in memory, with our own linker: what a static linker and
    /// `load` would do together. Of an archive those members are taken that define what is undefined, or initialise
    /// what is common, in the order of GNU ld where all archives stand behind the objects in one group; what is still
    /// undefined then is asked from the host's exports, the process's libraries and global modules. Compile objects
    /// with -fPIC.
    result<module, load_error> link(std::span<const link_input> inputs, const link_options& options = {}) {
        return checked(options, [&](const link_options& all) {
            return named(inputs.empty() ? "no objects" : inputs.front().name.c_str(), own_.link(inputs, all));
        });
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

    /// What `use` returns for `options` whose verifier asks that of all loads, too.
    template <class Options, class Use>
    result<module, load_error> checked(const Options& options, Use&& use) {
        if (!verify_all_) return use(options);
        Options both = options;
        both.verify = [this, &options](const file_to_verify& file) -> result<void, load_error> {
            VITTE_CHECK(verify_all_(file));
            return options.verify ? options.verify(file) : result<void, load_error>();
        };
        return use(both);
    }

    static result<module, load_error> named(const char* name, linked body) {
        if (body) return module(name, std::move(*body));
        if (body.error().module.empty()) body.error().module = name;
        return unexpected(std::move(body).error());
    }

    /// What formats use of this loader.
    class context final : public link_context {
    public:
        context(basic_module_loader& of, const load_options& options, const sys::file_info* file) noexcept
            : of_(of), options_(options), file_(file) {}

        const exports& host() const noexcept override { return of_.own_.host(); }
        const load_options& options() const noexcept override { return options_; }
        linked link_native(std::span<const std::byte> image, const char* name) const override {
            if (!options_.verify) return of_.own_.link(image, name, options_, file_);
            load_options rest = options_;
            rest.verify = [this](const file_to_verify& f) -> result<void, load_error> {
                return f.needed_by == nullptr ? result<void, load_error>() : options_.verify(f);
            };
            return of_.own_.link(image, name, rest, file_);
        }
        bool has_os_linker() const noexcept override { return of_.foreign_ != nullptr; }
        linked link_with_os(const char* path) const override { return of_.foreign_(path); }
        const module_format* recognizing(std::span<const std::byte> head) const noexcept override {
            return of_.format_of(head);
        }
        const module_format* understanding(std::string_view language) const noexcept override {
            for (const auto& format : of_.formats_)
                if (format->understands(language)) return format.get();
            return nullptr;
        }

    private:
        basic_module_loader& of_;
        const load_options& options_;
        const sys::file_info* file_;  ///< that the module is in, if it is not in memory
    };

    /// By its first bytes, or else by its name.
    const module_format* format_of(std::span<const std::byte> bytes, std::string_view name = {}) const noexcept {
        const auto head = bytes.first(std::min(bytes.size(), module_format::head_size));
        for (const auto& format : formats_)
            if (format->recognizes(head)) return format.get();
        for (const auto& format : formats_)
            if (format->recognizes_name(name)) return format.get();
        return nullptr;
    }
    linked link(const char* path, const load_options& options) {
        if (formats_.empty()) return foreign_ == nullptr ? own_.link(path, options) : link_foreign(path, options);
        const auto file = sys::basic_file<P>::open(path, native::without_waiting);
        if (file) return link(*file, path, options, foreign_ != nullptr);
        // The OS's linker also takes names that it searches for.
        return foreign_ == nullptr ? refuse(file.error(), "opening") : link_foreign(path, options);
    }
    linked link(std::span<const std::byte> bytes, const char* name, const load_options& options) {
        const module_format* const format = format_of(bytes, name);
        if (format == nullptr) return own_.link(bytes, name, options);
        const auto read = [&](std::span<std::byte> to) {
            std::memcpy(to.data(), bytes.data(), to.size());
            return result<std::size_t>(to.size());
        };
        return link_as(*format, bytes.size(), nullptr, read, name, options);
    }
    /// The OS's linker reads the file itself, perhaps other bytes than those that were verified: it gets a copy then.
    linked link_foreign(const char* path, const load_options& options) const {
        if (!options.verify) return foreign_(path);
        const auto file = sys::basic_file<P>::open(path, native::without_waiting);
        return file ? link_foreign(*file, path, options) : refuse(file.error(), "opening");
    }
    linked link_foreign(const sys::basic_file<P>& file, const char* path, const load_options& options) const {
        if (!options.verify) return foreign_(path);
        if constexpr (requires { typename P::directories; }) {
            const auto facts = file.info();
            if (!facts) return refuse(facts.error(), "opening");
            const auto link = [&](std::span<const std::byte> image) {
                return detail::os_linked_body<P>::make(image, foreign_);
            };
            return with_copy(
                facts->size, [&](std::span<std::byte> to) { return file.read_at(to, 0); }, path, options, link);
        } else {
            return refuse(errc::not_supported, "verifying", "there are no files for the OS's linker");
        }
    }
    linked link(const sys::basic_file<P>& file, const char* name, const load_options& options, bool foreign = false) {
        const module_format* format = nullptr;
        if (!formats_.empty()) {
            std::byte head[module_format::head_size];
            const auto got = file.read_at(head, 0);
            if (!got) return refuse(got.error(), "reading");
            format = format_of(std::span<const std::byte>(head, *got), name);
        }
        if (format == nullptr) return foreign ? link_foreign(file, name, options) : own_.link(file, name, options);
        const auto facts = file.info();
        if (!facts) return refuse(facts.error(), "opening");
        return link_as(
            *format, facts->size, &*facts, [&](std::span<std::byte> to) { return file.read_at(to, 0); }, name, options);
    }
    template <class Read>
    linked link_as(const module_format& format, std::uint64_t size, const sys::file_info* from, Read&& read,
                   const char* name, const load_options& options) {
        return with_copy(size, std::forward<Read>(read), name, options, [&](std::span<const std::byte> bytes) {
            return format.link(bytes, name, context(*this, options, from));
        });
    }
    /// What `link` makes of a copy of `size` bytes that `read(std::span<std::byte>)` fills: what is verified is used.
    template <class Read, class Link>
    static linked with_copy(std::uint64_t size, Read&& read, const char* name, const load_options& options,
                            Link&& link) {
        constexpr const char* action = "reading";
        if (size > PTRDIFF_MAX) return refuse(errc::too_large, action, "it does not fit into memory");
        const std::unique_ptr<std::byte[]> copy(new (std::nothrow) std::byte[static_cast<std::size_t>(size)]);
        if (copy == nullptr) return refuse(errc::out_of_memory, action, "it does not fit into memory");
        const std::span<std::byte> bytes(copy.get(), static_cast<std::size_t>(size));
        const result<std::size_t> got = read(bytes);
        if (!got) return refuse(got.error(), action);
        if (*got != size) return refuse(errc::end_of_input, action, "the file became shorter");
        VITTE_CHECK(verified({bytes, name, nullptr, options.name}, options));
        return link(bytes);
    }

    linked (*foreign_)(const char*) = nullptr;
    std::vector<std::shared_ptr<const module_format>> formats_;
    file_verifier verify_all_;
    own_linker<P> own_;
};
using module_loader = basic_module_loader<>;

}  // namespace vitte::loader
