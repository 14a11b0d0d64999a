/// Instances of WebAssembly modules, and what links them: a store owns them and all they share.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/wasm/module/compiled_module.hpp>
#include <vitte/loader/wasm/run/invoke.hpp>
#include <vitte/loader/wasm/run/linear_memory.hpp>
#include <vitte/sys/platform/threads.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::loader::wasm {

/// Something that is exported and imported. What `item` points to, a `function`, `table`, `memory`, `global` or `tag`,
/// belongs to the store; modules of others cannot import it.
struct external {
    external_kind kind = external_kind::function;
    void* item = nullptr;

    template <class T>
    T& as() const noexcept {
        return *static_cast<T*>(item);
    }
};

/// What a store's code may use.
struct store_limits {
    std::uint64_t memory_pages = 65536;         ///< of each memory, 64 KiB each
    std::uint64_t all_memory_pages = 1 << 18;   ///< of all memories together
    std::uint64_t table_elements = 10'000'000;  ///< of all tables
    std::size_t instances = 10'000;
    std::size_t memories = 10'000;  ///< with those that the host makes, like all that follows
    std::size_t tables = 100'000;
    std::size_t globals = 1'000'000;
    std::size_t tags = 1'000'000;
    std::size_t exception_bytes = 16 << 20;  ///< of exceptions that references name
    std::size_t stack_bytes = std::size_t{1} << 20;
    std::size_t shared_objects = 1 << 16;  ///< of the host at a time, 24 bytes each; 2^20 at most
    std::uint32_t host_depth = 200;        ///< calls into WebAssembly within calls out of it
    /// Instructions, of modules that are compiled `metered`, and what is as much work as they: 64 bytes that are filled
    /// or copied, a clause that is looked at for an exception, a byte of a path of WASI.
    std::uint64_t fuel = UINT64_MAX;
    /// Memories with 32-bit addresses reserve 8 GiB of address space, most of which faults: for modules that are
    /// compiled without `checked_memory`. Installs handlers of faults for the process.
    bool guard_memories = false;
};

/// One instance of a module; it belongs to its store.
class instance {
public:
    const module_data& module() const noexcept { return *module_; }
    const std::string& name() const noexcept { return name_; }

    /// The export `name`; null if there is none.
    const external* find(std::string_view name) const noexcept {
        const auto found = exports_.find(name);
        return found == exports_.end() ? nullptr : &found->second;
    }
    /// The exported function `name`. Fails with `errc::not_found` if it is not exported, `errc::invalid_argument` if
    /// its type is another.
    template <class Signature>
    result<typed_function<Signature>, load_error> function(const char* name) const {
        return function(name, crossing<Signature>::types).transform([this](const wasm::function* f) {
            return typed_function<Signature>(*view_.execution, *f);
        });
    }
    [[gnu::cold]] result<const wasm::function*, load_error> function(const char* name,
                                                                     const loader::signature& types) const {
        const external* const found = find(name);
        if (found == nullptr || found->kind != external_kind::function)
            return missing(name, errc::not_found, "the module does not export a function of this name");
        const auto& f = found->as<wasm::function>();
        const signature wanted = detail::signature_of(types);
        if (wanted.parameters != f.description->parameters || wanted.results != f.description->results)
            return missing(name, errc::invalid_argument,
                           "its type is " + text_of(*f.description) + ", not " + text_of(wanted));
        return &f;
    }
    /// The bytes of the exported memory `name`; empty if there is none. They may move when it grows, see
    /// `linear_memory`.
    std::span<std::byte> memory(std::string_view name) const noexcept {
        const external* const found = find(name);
        if (found == nullptr || found->kind != external_kind::memory) return {};
        const auto& m = found->as<wasm::memory>();
        return {m.data, static_cast<std::size_t>(m.size)};
    }
    runtime& view() noexcept { return view_; }

private:
    template <sys::platform P>
    friend class basic_store;

    [[gnu::cold]] unexpected<load_error> missing(const char* name, errc code, std::string reason) const {
        load_error e;
        e.code = code;
        e.module = name_;
        e.action = "looking up";
        e.symbol = name;
        e.reason = std::move(reason);
        return unexpected(std::move(e));
    }

    runtime view_;
    std::string name_;
    std::shared_ptr<const module_data> module_;
    light_vector<wasm::function> functions_;  ///< those that are not imported
    std::map<std::string, external, std::less<>> exports_;
};

/// Owns instances and host functions. One thread at a time uses a store and what is in it; `interrupt` may be called
/// from any. Destroying it ends all of its instances.
template <sys::platform P = sys::native>
class basic_store {
public:
    /// Fails if there is no memory for the value stack.
    [[gnu::cold]] static result<basic_store> create(const store_limits& limits = {}) {
        basic_store made;
        made.limits_ = limits;
        VITTE_TRY(made.stack_, sys::basic_region<P>::reserve(limits.stack_bytes));
        VITTE_CHECK(made.stack_.commit(0, made.stack_.size()));
        made.execution_ = std::make_unique<wasm::execution>();
        wasm::execution& e = *made.execution_;
        e.top = made.stack_.data();
        e.end = e.top + made.stack_.size();
        e.limit.store_relaxed(e.end);
        e.fuel = limits.fuel;
        e.most_depth = limits.host_depth;
        e.memory_pages = limits.all_memory_pages;
        e.table_elements = limits.table_elements;
        e.exception_bytes = limits.exception_bytes;
        e.objects.set_limit(limits.shared_objects);
        e.now = P::clocks::monotonic;
        if (limits.guard_memories) {
            VITTE_CHECK(made.guard());
        }
        return made;
    }

    /// Offers `item` to modules that import `name` from `module`, in place of what was offered before.
    void define(std::string_view module, std::string_view name, external item) {
        names_.insert_or_assign({std::string(module), std::string(name)}, item);
    }
    /// What is offered as `name` to modules that import it from `module`; null if nothing is.
    const external* find(std::string_view module, std::string_view name) const {
        const auto found = names_.find({std::string(module), std::string(name)});
        return found == names_.end() ? nullptr : &found->second;
    }
    /// Offers all exports of `of` under the module name `module`.
    void define(std::string_view module, const instance& of) {
        for (const auto& [name, item] : of.exports_) define(module, name, item);
    }
    /// Offers a C++ callable, see `host_function.hpp`.
    template <class Signature, class Callable>
    void define_function(std::string_view module, std::string_view name, Callable&& callable);

    /// Makes a handle of `object`, for this store's modules: they can keep it and give it back, and host functions get
    /// the object. It stays the program's, which revokes the handle before the object goes. A host function that calls
    /// modules asks for the object again afterwards: they may have had it revoked. Its type is `T` exactly: what is to
    /// arrive as its base is shared as that, `share<base>(object)`. Fails with `errc::out_of_handles` if there are too
    /// many (see `store_limits`).
    template <shareable T>
    result<handle<T>> share(T& object) {
        return execution_->objects.add(object);
    }
    template <shareable T>
    void share(const T&&) = delete;
    /// What a handle names; null if it is null, stale, not of this store, or names an object of another type.
    template <class T>
    T* get(handle<T> of) const noexcept {
        T* object;
        static_cast<void>(execution_->objects.find(of, object));
        return object;
    }
    /// Ends the sharing: every copy of the handle, wherever modules keep it, is stale from now on, and to use it is a
    /// trap. Returns the object; null if the handle names none, as with `get`.
    template <class T>
    T* revoke(handle<T> of) noexcept {
        return execution_->objects.remove(of);
    }

    /// A host function with the type `type`, which gets `context` in its `function`. References arrive as they are. Its
    /// arguments stay where they are until it writes its results there, whoever calls it and whatever it calls.
    external make_function(signature type, host_call call, void* context);
    /// The item is null if the store's limits do not allow the size, or one more. All elements are `initial`.
    external make_table(const table_type& type, reference initial = 0);
    external make_memory(const memory_type& type);
    external make_global(const global_type& type, const constant_value& initial);

    /// Links `module`, initialises memories and tables, and runs its start function. Fails with `errc::not_found` for
    /// an import that nobody offers, `errc::invalid_argument` for one of another type ("linking"),
    /// `errc::out_of_memory` for what the store's limits or memory do not allow ("allocating"), and with what trapped
    /// ("starting").
    result<instance*, load_error> instantiate(const compiled_module& module, std::string name = {});

    wasm::execution& execution() noexcept { return *execution_; }
    /// Calls a function of this store with values of its parameters' types.
    result<std::vector<value>, trap> invoke(const function& f, std::span<const value> arguments) {
        return wasm::invoke(*execution_, f, arguments);
    }

    std::uint64_t fuel() const noexcept { return execution_->fuel; }
    void set_fuel(std::uint64_t fuel) noexcept { execution_->fuel = fuel; }
    /// Code that is compiled `interruptible`, and code that calls the host, fills or copies much of a memory or table,
    /// or waits in functions of WASI, traps with `trap_code::timed_out` when `until` has passed, until another deadline
    /// is set. Host functions themselves take what they take.
    void set_deadline(sys::deadline until) noexcept { execution_->deadline = until.monotonic(); }
    /// Stops what runs: at its next call, at the end of a host function or of a wait in functions of WASI, which it
    /// cuts short, or, if it is compiled `interruptible`, after some rounds of its loops. Host functions that have
    /// called modules in turn are stopped with them, when they return. Once the host's own call, which no other is
    /// around, has trapped, this is over, whatever the reason of that trap. If nothing runs, or what runs ends before
    /// it sees it, the next call is stopped. `trap_code::none` asks for nothing. From any thread.
    void interrupt(trap_code reason = trap_code::interrupted) noexcept {
        if (reason == trap_code::none) return;
        execution_->ask_to_stop(reason);
        P::threads::wake_all(execution_->requests.address());
    }

    /// Whether this platform can guard memories, with an engine that is compiled as this one.
    static bool guards() noexcept;

private:
    basic_store() = default;

    result<void> guard() noexcept;
    static load_error failure(const instance& of, const char* action, errc code, std::string reason) {
        load_error e;
        e.code = code;
        e.module = of.name_.empty() ? "module" : of.name_;
        e.action = action;
        e.reason = std::move(reason);
        return e;
    }
    result<void, load_error> link(instance& made, const import_description& wanted);
    bool owns(const external& item) const noexcept;
    const char* fault(const instance& made, const import_description& wanted, const external& offered) const noexcept;
    const char* excess_of(const module_data& module) const noexcept;
    void define_own(instance& made);
    result<void, load_error> initialise(instance& made);
    bool same(value_type a, const runtime* of_a, value_type b, const runtime* of_b) const noexcept {
        return matches(a, of_a, b, of_b) && matches(b, of_b, a, of_a);
    }
    bool matches(value_type have, const runtime* of_have, value_type want, const runtime* of_want) const noexcept;

    store_limits limits_;
    sys::basic_region<P> stack_;
    type_registry types_;
    std::unique_ptr<wasm::execution> execution_;
    light_vector<std::unique_ptr<instance>> instances_;
    light_vector<std::unique_ptr<table>> tables_;
    using memories = light_vector<std::unique_ptr<linear_memory<P>>>;
    std::unique_ptr<memories> memories_ = std::make_unique<memories>();  ///< stays in place, for the handler of faults
    light_vector<std::unique_ptr<global>> globals_;
    light_vector<std::unique_ptr<tag>> tags_;
    struct host_entry {
        function callee;
        signature type;
    };
    light_vector<std::unique_ptr<host_entry>> host_functions_;
    light_vector<std::unique_ptr<void, void (*)(void*)>> callables_;
    std::map<std::pair<std::string, std::string>, external> names_;
};
using store = basic_store<>;

}  // namespace vitte::loader::wasm
