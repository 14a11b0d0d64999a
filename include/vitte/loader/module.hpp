/// A loaded module, whatever it is made of and whoever linked it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vitte/loader/function.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/symbol_location.hpp>

namespace vitte::loader {

namespace detail {
/// What every back end offers of a loaded module. Its destructor runs the module's finalisers and unmaps it.
class module_body {
public:
    virtual ~module_body() = default;
    /// What it is made of, such as "WebAssembly", if that has no addresses; null for native modules.
    virtual const char* kind() const noexcept { return nullptr; }
    /// The address of an exported symbol, or null.
    virtual void* symbol(const char* name) const noexcept = 0;
    /// The exported function `name`; its target is null if there is none. Fails with a code and a reason if its type is
    /// not `types`, which are null for what no module but a native one has.
    virtual result<function_entry, load_error> function(const char* name, const signature* types) const {
        static_cast<void>(types);
        return function_entry{symbol(name)};
    }
    /// Fails with `errc::invalid_argument` if the function `name` is known to have another type in C than `asked`,
    /// which is null if that has too many parameters.
    virtual result<void, load_error> check_type(const char* name, const signature* asked) const {
        static_cast<void>(name), static_cast<void>(asked);
        return {};
    }
    /// The bytes of an exported memory, if it is not native.
    virtual std::span<std::byte> memory(const char* name) const noexcept {
        static_cast<void>(name);
        return {};
    }
    /// What is at `address`; false if that is not in the module, or the back end does not know where the module is.
    virtual bool locate(std::uintptr_t address, symbol_location& to) const {
        static_cast<void>(address), static_cast<void>(to);
        return false;
    }
};
}  // namespace detail

/// What making a module ends with.
using linked = result<std::unique_ptr<detail::module_body>, load_error>;

class module;
namespace detail {
const module_body* body_of(const module& m) noexcept;
}

/// Owns a loaded module; moving it keeps the module in place. What was taken from it, functions and addresses, is valid
/// until it is unloaded or destroyed. A native module that was linked with `-z nodelete` stays mapped to the end of the
/// program. Lookup is safe from several threads at once; unloading is not. A module that is not native runs in one
/// thread at a time, and nobody looks into its memory meanwhile.
class module {
public:
    module(std::string path, std::unique_ptr<detail::module_body> body) noexcept :path_(std::move(path)),
        body_(std::move(body)) {}

    /// Typed access reads like that of a pointer: `m->function<int(int)>("f")`.
    module* operator->() noexcept { return this; }
    const module* operator->() const noexcept { return this; }

    const std::string& path() const noexcept { return path_; }
    explicit operator bool() const noexcept { return body_ != nullptr; }

    /// The exported function `name`, of a module of any kind. Fails with `errc::not_found` if there is none, and with
    /// `errc::bad_handle` after `unload`.
    ///
    /// Of a native module, `Signature` is the caller's promise: a C function carries no type that could be checked.
    /// That of a container is checked against what the container says of its exports: `errc::invalid_argument`. Of a
    /// WebAssembly module it is `errc::invalid_argument` if the function has another type, or `Signature` one that
    /// WebAssembly does not have, whether it exports `name` or not. There, integers of up to 32 bits, `bool` and
    /// enumerations are `i32` (as in C's ABI), those of 64 are `i64`, and a `handle` or `unchecked` pointer is an
    /// external reference: not an address in the module's memory, which C has as `i32`. The result can also be a
    /// pointer to the object that a handle names. A native module has no handles: `errc::invalid_argument`, too.
    template <plain_signature Signature>
    result<loader::function<Signature>, load_error> function(const char* name) const {
        using crossing = loader::crossing<Signature>;
        const signature* types = nullptr;
        if constexpr (crossing::callable) types = &crossing::types;
        if (crossing::names_handles && body_ != nullptr && body_->kind() == nullptr)
            return missing(errc::invalid_argument, name, "it is asked for with a handle, and the module is native");
        return entry(name, types, detail::types_in_c<detail::native_t<Signature>>::address)
            .transform([](const detail::function_entry& e) { return loader::function<Signature>(e); });
    }

    /// The exported function `name` of a native module as a plain pointer, which costs nothing more than the call and
    /// can have any type, such as one with variable arguments. Fails as `symbol` does.
    template <class Signature>
        requires std::is_function_v<Signature>
    result<Signature*, load_error> function_pointer(const char* name) const {
        return symbol(name).transform([](void* address) { return reinterpret_cast<Signature*>(address); });
    }

    /// The address of the exported symbol `name`. Fails with `errc::not_found` if the module does not define it, with
    /// `errc::not_supported` if it is not native, and with `errc::bad_handle` after `unload`.
    result<void*, load_error> symbol(const char* name) const {
        if (void* const found = find(name)) return found;
        if (body_ != nullptr && body_->kind() != nullptr)
            return missing(errc::not_supported, name,
                           std::string("nothing in a ") + body_->kind() + " module has an address: use `function`");
        return absent(name);
    }

    /// The address of the exported symbol `name`, or null: for exports that a module may have or not. Null if it is not
    /// native. Allocates nothing, but for what this thread has to be given of a thread-local variable; the OS's linker
    /// may.
    void* find(const char* name) const noexcept { return body_ == nullptr ? nullptr : body_->symbol(name); }

    /// The bytes of the memory that a module exports as `name`, if it is not native; nothing if there is none. What its
    /// numbers point to is there. They may move whenever it runs.
    std::span<std::byte> memory(const char* name = "memory") const noexcept {
        return body_ == nullptr ? std::span<std::byte>() : body_->memory(name);
    }

    /// The symbol that `address` is in, for backtraces: from the file's `.symtab`, which has static functions, too, or
    /// else from its dynamic symbols. The first call reads them, which takes time and memory. Fails with
    /// `errc::not_found` if the address is not in this module or the OS's linker has loaded it.
    result<symbol_location, load_error> address_to_symbol(const void* address) const {
        symbol_location found;
        if (body_ != nullptr && body_->locate(reinterpret_cast<std::uintptr_t>(address), found)) return found;
        return missing(errc::not_found, "", "the address is not in a module that was mapped by this loader");
    }

    /// Runs the module's finalisers and unmaps it. Nothing may run in it or point into it any more.
    void unload() noexcept { body_.reset(); }

private:
    friend const detail::module_body* detail::body_of(const module& m) noexcept;

    unexpected<load_error> missing(errc code, const char* name, std::string reason) const {
        load_error e;
        e.code = code;
        e.module = path_;
        e.action = "looking up";
        e.symbol = name;
        e.reason = std::move(reason);
        return unexpected(std::move(e));
    }
    unexpected<load_error> absent(const char* name) const {
        if (body_ == nullptr) return missing(errc::bad_handle, name, "the module is not loaded any more");
        return missing(errc::not_found, name, "the module does not export it");
    }
    result<detail::function_entry, load_error> entry(const char* name, const signature* types,
                                                     const signature* in_c) const {
        if (body_ == nullptr) return absent(name);
        if (auto fits = body_->check_type(name, in_c); !fits)
            return missing(fits.error().code, name, std::move(fits.error().reason));
        auto found = body_->function(name, types);
        if (!found) return missing(found.error().code, name, std::move(found.error().reason));
        if (found->target == nullptr) return absent(name);
        return found;
    }

    std::string path_;
    std::unique_ptr<detail::module_body> body_;
};
/// What a module that is loaded consists of, for who knows its types only at run time; null after `unload`.
inline const detail::module_body* detail::body_of(const module& m) noexcept { return m.body_.get(); }

}  // namespace vitte::loader
