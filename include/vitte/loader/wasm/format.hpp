/// WebAssembly modules for a `module_loader`: `loader.add_format(wasm::format())`.
#pragma once

#include <functional>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/module_format.hpp>
#include <vitte/loader/wasm/module/compiled_once.hpp>
#include <vitte/loader/wasm/store.hpp>

namespace vitte::loader::wasm {

template <sys::platform P>
struct basic_format_options {
    store_limits limits = {};      ///< of each module
    compile_options compile = {};  ///< without `checked_memory`, set `limits.guard_memories`
    /// Is given the store of each module before its imports are looked for: for `define_function`, also with a
    /// `caller`, for `wasi::context::offer`, for deadlines and fuel. The store stays where it is as long as the module
    /// is loaded. What is defined here wins over what the loader provides. If modules are loaded from several threads
    /// at once, it runs in several at once.
    std::function<void(basic_store<P>&)> prepare = nullptr;
};

/// Every module gets a store of its own, with which all of it goes when it is unloaded: memories, tables, globals and
/// limits are shared with no other module. Of modules with the same bytes that are loaded at the same time, by what
/// path or from what memory ever, the compiled form is one.
///
/// A module imports host functions from "env", and functions of other modules from `load_options::imports`, which calls
/// them in their own stores: numbers go from one to the other, but not memories, tables, globals, tags and references,
/// which belong to one store. If it has `_initialize` and no `_start`, it is a WASI reactor, whose initializer runs when
/// it is loaded; the `_start` of a WASI program is a `function<void()>` like any other, which the program's end may stop
/// with a trap (see `wasi::context::exit_code`).
template <sys::platform P = sys::native>
class basic_format final : public module_format {
public:
    using options = basic_format_options<P>;

    /// Modules keep what they need of their bytes, whatever `compile.borrowed_bytes` says: the loader's copy goes.
    explicit basic_format(options chosen = {}) : options_(std::move(chosen)) {
        options_.compile.borrowed_bytes = false;
    }

    bool recognizes(std::span<const std::byte> head) const noexcept override { return file::is_module(head); }

    /// Fails with what is wrong and at which byte ("reading"), with an import that nobody offers or that has another
    /// type ("linking"), with limits or memory that do not suffice ("making a store", "allocating"), and with what
    /// trapped ("starting").
    linked link(std::span<const std::byte> content, const char* name, const link_context& with) const override {
        const auto compiled =
            compiled_->get(content, [&] { return compiled_module::compile(content, options_.compile); });
        if (!compiled) {
            const parse_error& e = compiled.error();
            return refuse(e.code, "reading", std::string(e.reading) + ": " + e.reason, e.offset);
        }
        auto empty = basic_store<P>::create(options_.limits);
        if (!empty) return refuse(empty.error(), "making a store");
        auto made = std::make_unique<body>(std::move(*empty));
        if (options_.prepare) options_.prepare(made->store);
        VITTE_CHECK(made->offer(compiled->data(), with.host(), with.options().imports));
        VITTE_CHECK(made->start(*compiled, name));
        return made;
    }

private:
    class body final : public loader::detail::module_body {
    public:
        explicit body(basic_store<P>&& made) noexcept : store(std::move(made)) {}

        const char* kind() const noexcept override { return "WebAssembly"; }
        void* symbol(const char*) const noexcept override { return nullptr; }
        std::span<std::byte> memory(const char* name) const noexcept override { return instance_->memory(name); }
        result<loader::detail::function_entry, load_error> function(const char* name,
                                                                    const loader::signature* types) const override {
            using entry = loader::detail::function_entry;
            if (types == nullptr)
                return refuse(errc::invalid_argument, "looking up",
                              std::string("it is asked for with a type that WebAssembly does not have") + hint);
            return instance_->function(name, *types).transform([this](const wasm::function* f) {
                execution& e = *instance_->view().execution;
                return entry{const_cast<wasm::function*>(f), &e, call, &e.objects};
            });
        }

        /// Offers the functions of the host and of other modules that `module` imports.
        result<void, load_error> offer(const module_data& module, const exports& host, import_source* others) {
            for (const import_description& wanted : module.imports) {
                if (others != nullptr && store.find(wanted.module, wanted.name) == nullptr &&
                    others->has(wanted.module)) {
                    auto done = bind(module, wanted, *others);
                    if (done) continue;
                    done.error().symbol = wanted.module + ":" + wanted.name;
                    return done;
                }
                if (wanted.module != "env" || wanted.kind != external_kind::function) continue;
                const host_export* const found = host.find(wanted.name);
                if (found == nullptr || store.find(wanted.module, wanted.name) != nullptr) continue;
                if (found->typed == nullptr) {
                    auto e = refuse(errc::invalid_argument, "linking",
                                    std::string("the host offers it as an address, or with a type that WebAssembly "
                                                "does not have") +
                                        hint);
                    e.error().symbol = wanted.module + "." + wanted.name;
                    return e;
                }
                define(wanted, {found->typed, found->address});
            }
            return {};
        }
        result<void, load_error> start(const compiled_module& module, const char* name) {
            VITTE_TRY(instance_, store.instantiate(module, name));
            if (instance_->find("_initialize") == nullptr || instance_->find("_start") != nullptr) return {};
            VITTE_TRY(const auto initialize, instance_->template function<void()>("_initialize"));
            const auto done = initialize();
            if (!done) return refuse(errc::unknown, "starting", done.error().message());
            return {};
        }

        basic_store<P> store;

    private:
        /// Calls the function at `target`, as `function_entry` has it.
        static std::unique_ptr<trap> call(void* context, void* target, std::uint64_t* values) {
            execution& e = *static_cast<execution*>(context);
            const auto& f = *static_cast<const wasm::function*>(target);
            const std::size_t size = 8 * f.description->parameters.size();
            std::byte* const frame = e.top;
            if (frame + size + 8 > e.end) {
                e.trap = trap_code::call_stack_exhausted;
                return std::make_unique<trap>(wasm::detail::take_trap(e));
            }
            for (std::size_t i = 0; i < size; i += 8) ops::put(frame + i, values[i / 8]);
            if (!wasm::detail::run_function(e, f, frame)) return std::make_unique<trap>(wasm::detail::take_trap(e));
            wasm::detail::settle(e, f.description->results, frame);
            __builtin_memcpy(values, frame, 8);
            return nullptr;
        }
        static trap_code call_out(const wasm::function& self, runtime*, std::byte* values) {
            const auto& [callee, e] = *static_cast<const offered*>(self.context);
            return callee.typed->call(callee.address, e->objects, reinterpret_cast<std::uint64_t*>(values), e->reason);
        }
        void define(const import_description& wanted, const imported_function& callee) {
            auto& kept = *offered_.emplace_back(new offered{callee, &store.execution()});
            store.define(wanted.module, wanted.name,
                         store.make_function(wasm::detail::signature_of(callee.typed->types), call_out, &kept));
        }
        /// Offers a function of another module.
        result<void, load_error> bind(const module_data& module, const import_description& wanted,
                                      import_source& others) {
            constexpr const char* action = "linking";
            if (wanted.kind != external_kind::function)
                return refuse(errc::not_supported, action,
                              "only functions can be imported from another module: memories, tables, globals and tags "
                              "belong to its store");
            const wasm::signature& type = module.type_of_function(wanted.index);
            const auto types = wasm::detail::numbers_of(type);
            if (!types)
                return refuse(
                    errc::not_supported, action,
                    "its type is " + text_of(type) +
                        ", but a function of another module can have at most 16 "
                        "numbers of 32 and 64 bits as parameters, and one as result: references belong to its store");
            VITTE_TRY(const imported_function callee, others.function(wanted.module, wanted.name, *types));
            define(wanted, callee);
            return {};
        }

        /// A function of the host, or of another module, that the module imports.
        struct offered {
            imported_function callee;
            execution* caller;
        };
        static constexpr const char* hint = " (pointers go to it as `handle` or `unchecked`)";

        wasm::instance* instance_ = nullptr;
        std::vector<std::unique_ptr<offered>> offered_;
    };

    options options_;
    std::shared_ptr<basic_compiled_once<P>> compiled_ = std::make_shared<basic_compiled_once<P>>();
};
using format = basic_format<>;

}  // namespace vitte::loader::wasm
