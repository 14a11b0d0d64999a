/// A loaded module, whatever it is made of and whoever linked it.
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include <vitte/core/result.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/symbol_location.hpp>

namespace vitte::loader {

namespace detail {
/// What every back end offers of a loaded module. Its destructor runs the module's finalisers and unmaps it.
class module_body {
public:
    virtual ~module_body() = default;
    /// The address of an exported symbol, or null.
    virtual void* symbol(const char* name) const noexcept = 0;
    /// What is at `address`; false if that is not in the module, or the back end does not know where the module is.
    virtual bool locate(std::uintptr_t address, symbol_location& to) const {
        static_cast<void>(address), static_cast<void>(to);
        return false;
    }
};
}  // namespace detail

/// Owns a loaded module; moving it keeps the module in place. What was taken from it, functions and addresses, is valid
/// until it is unloaded or destroyed. Lookup is safe from several threads at once; unloading is not.
class module {
public:
    module(std::string path, std::unique_ptr<detail::module_body> body) noexcept
        : path_(std::move(path)), body_(std::move(body)) {}

    /// Typed access reads like that of a pointer: `m->function<int(int)>("f")`.
    module* operator->() noexcept { return this; }
    const module* operator->() const noexcept { return this; }

    const std::string& path() const noexcept { return path_; }
    explicit operator bool() const noexcept { return body_ != nullptr; }

    /// The address of the exported symbol `name`. Fails with `errc::not_found` if the module does not define it, and
    /// with `errc::bad_handle` after `unload`.
    result<void*, load_error> symbol(const char* name) const {
        if (void* const found = find(name)) return found;
        if (body_ == nullptr) return missing(errc::bad_handle, name, "the module is not loaded any more");
        return missing(errc::not_found, name, "the module does not export it");
    }

    /// The address of the exported symbol `name`, or null: for exports that a module may have or not. Allocates
    /// nothing.
    void* find(const char* name) const noexcept { return body_ == nullptr ? nullptr : body_->symbol(name); }

    /// The exported function `name` as a pointer of type `Signature`, which is the caller's promise: a C function
    /// carries no type that could be checked.
    template <class Signature>
        requires std::is_function_v<Signature>
    result<Signature*, load_error> function(const char* name) const {
        return symbol(name).transform([](void* address) { return reinterpret_cast<Signature*>(address); });
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
    unexpected<load_error> missing(errc code, const char* name, const char* reason) const {
        load_error e;
        e.code = code;
        e.module = path_;
        e.action = "looking up";
        e.symbol = name;
        e.reason = reason;
        return unexpected(std::move(e));
    }

    std::string path_;
    std::unique_ptr<detail::module_body> body_;
};

}  // namespace vitte::loader
