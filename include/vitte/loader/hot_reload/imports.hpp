/// The functions of a hot module for modules that need it: they are bound once, and call the version in force.
#pragma once

#include <vitte/loader/dependencies/binding.hpp>
#include <vitte/loader/hot_reload.hpp>
#include <vitte/loader/module_name.hpp>

namespace vitte::loader {

namespace detail {

/// A function with types that are known only at run time.
class erased_hot_binding final : public hot_binding {
public:
    erased_hot_binding(std::string_view named, const void* mark, const signature& as, std::string_view c_type)
        : hot_binding(named, mark), types(as), c_type_(c_type) {}

    result<void, load_error> bind(std::size_t slot, const module& in) override {
        const module_body& body = *body_of(in);
        const auto failed = [&](errc code, std::string reason) {
            auto e = refuse(code, "binding", std::move(reason));
            e.error().symbol = name;
            return e;
        };
        bound_function& to = all_[slot];
        if (body.kind() != nullptr) {
            VITTE_TRY(to.entry, body.function(name.c_str(), &types));
        } else {
            VITTE_CHECK(body.check_type(name.c_str(), &types));
            VITTE_TRY(const auto c, c_types::read(c_type_, pool_));
            auto by = ffi::make_plan(c.full);
            if (!by) return failed(by.error().code, "its type cannot be called");
            to.by = std::move(*by);
            to.types = c.types;
            to.entry = {body.symbol(name.c_str())};
        }
        if (to.entry.target == nullptr) return failed(errc::not_found, "the module does not export it");
        return {};
    }
    const bound_function& in(std::size_t slot) const noexcept { return all_[slot]; }

    const signature types;

private:
    const std::string c_type_;
    ffi::type_pool pool_;
    bound_function all_[4]{};
};

}  // namespace detail

/// What `load_options::imports` names to load a module that needs a hot one: WebAssembly modules import from `name`, or
/// `name@range`, which is not looked at; native ones find the functions as symbols. Each function is offered with its
/// type, once; all versions must have it. It must stay as long as those modules do, and holds no version.
///
/// A call whose version traps is a trap of a WebAssembly caller, and ends the program if the caller is native.
template <sys::platform P = sys::native>
class basic_hot_imports final : public import_source {
    using versions = detail::hot_versions<P>;

public:
    basic_hot_imports(std::string name, const basic_hot_module<P>& of)
        : name_(std::move(name)), of_(of.all_versions()) {}

    /// Offers the function `symbol` of the type `type`, such as "u32(u32)"; as C has it, if the module is native. Not
    /// for several threads at once, and not while a module is loaded with this.
    result<void, load_error> offer(std::string_view symbol, std::string_view type) {
        auto made = std::make_unique<offered>();
        VITTE_TRY(made->c, detail::c_types::read(type, pool_));
        made->typed = {made->c.types, call};
        made->of = of_.get();
        VITTE_TRY(made->binding,
                  of_->template function<detail::erased_hot_binding>(symbol, made.get(), made->c.types, type));
        all_.push_back(std::move(made));
        return {};
    }

    bool has(std::string_view module) const noexcept override { return module.substr(0, module.find('@')) == name_; }
    result<imported_function, load_error> function(std::string_view, std::string_view symbol,
                                                   const signature& types) override {
        for (const auto& one : all_) {
            if (one->binding->name != symbol) continue;
            if (detail::fits_numbers(types, one->c.types)) return imported_function{&one->typed, one.get()};
            return refuse(errc::invalid_argument, "linking", "it is offered with another type");
        }
        return refuse(errc::not_found, "linking", "it is not offered of the module that may be replaced");
    }
    result<const exports*, load_error> symbols() override {
        for (const auto& one : all_) {
            if (one->entry) continue;
            const auto run = [of = one.get()](const void* const* arguments, void* returned) {
                const signature& types = of->c.types;
                std::uint64_t values[signature::max_parameters + 1];
                for (std::size_t i = 0; i < types.parameters().size(); ++i)
                    values[i] = detail::widened(types.parameters()[i], arguments[i]);
                std::string reason;
                if (const trap_code code = of->run(values, reason); code != trap_code::none) {
                    std::string line = "calling '";
                    append_printable(line, of->binding->name + "': ");
                    append_printable(line, reason.empty() ? loader::message(code) : reason);
                    std::fprintf(stderr, "vitte: %s\n", line.c_str());
                    std::abort();
                }
                const std::size_t size = detail::size_of(types.result_type());
                if (size != 0)
                    __builtin_memcpy(returned, reinterpret_cast<std::byte*>(values) + detail::low_bytes(size), size);
            };
            auto entry = ffi::make_callback(one->c.full, run);
            if (!entry) return refuse(entry.error(), "linking");
            symbols_.provide(one->binding->name, entry->address());
            one->entry.emplace(std::move(*entry));
        }
        return &symbols_;
    }

private:
    struct offered {
        detail::c_types c;
        typed_call typed;
        versions* of = nullptr;
        detail::erased_hot_binding* binding = nullptr;
        std::optional<ffi::callback> entry;

        trap_code run(std::uint64_t* values, std::string& reason) const {
            const typename versions::visit here(*of);
            if (here.what == nullptr) return reason = "the module is not loaded any more", trap_code::host;
            const detail::bound_function& f = binding->in(here.what->slot);
            if (!here.what->one_at_a_time) return f.call(values, reason);
            bool on_trial = false;
            const auto done = detail::call_in_turn<P>(*here.what, on_trial, [&]() -> result<void, trap> {
                const trap_code code = f.call(values, reason);
                return code == trap_code::none ? result<void, trap>() : unexpected(trap{code, {}, {}});
            });
            if (done) return trap_code::none;
            if (on_trial) static_cast<void>(of->go_back(*here.what));
            return done.error().code;
        }
    };
    static trap_code call(const void* function, const handle_table&, std::uint64_t* values, std::string& reason) {
        return static_cast<const offered*>(function)->run(values, reason);
    }

    const std::string name_;
    const std::shared_ptr<versions> of_;
    ffi::type_pool pool_;
    std::vector<std::unique_ptr<offered>> all_;
    exports symbols_;
};
using hot_imports = basic_hot_imports<>;

}  // namespace vitte::loader
