/// Vitte programs for a `module_loader`: `loader.add_format(language::format())`, then `loader.load("script.vit")`.
#pragma once

#include <functional>
#include <utility>
#include <vitte/language/compile.hpp>
#include <vitte/loader/wasm/format.hpp>

namespace vitte::language {

/// Compiles files whose names end with ".vit" to WebAssembly, in memory, and makes modules of that: each load is an
/// instance of its own, with a store of its own. What the program declares as `extern "C"` are functions that the
/// loader provides; their types must be the same. `vitte::function<std::int64_t(std::int64_t)>` calls a `pub proc f(x:
/// int) -> int`.
template <sys::platform P = sys::native>
class basic_format final : public loader::module_format {
public:
    struct options {
        compile_options compile = {};
        loader::wasm::basic_format_options<P> run = {};
        /// Is given all errors of a program that is refused; see `render`. It may run in several threads at once.
        std::function<void(const sources&, const diagnostics&)> report = nullptr;
    };

    explicit basic_format(options chosen = {})
        : modules_(std::move(chosen.run)), compile_(chosen.compile), report_(std::move(chosen.report)) {}

    bool recognizes(std::span<const std::byte>) const noexcept override { return false; }
    bool recognizes_name(std::string_view name) const noexcept override { return name.ends_with(".vit"); }
    bool understands(std::string_view language) const noexcept override { return language == "vitte"; }

    /// Fails with the first error of the program ("compiling"), and as `wasm::basic_format` does.
    loader::linked link(std::span<const std::byte> content, const char* name,
                        const loader::link_context& with) const override {
        sources from;
        const auto file = from.add(name, {reinterpret_cast<const char*>(content.data()), content.size()});
        if (!file) return loader::refuse(file.error(), "compiling");
        diagnostics errors;
        const auto module = compile(from, *file, errors, compile_);
        if (module) return modules_.link(*module, name, with);
        if (report_) report_(from, errors);
        const location at = from.locate(errors.begin()->where.begin);
        std::string reason =
            errors.begin()->message + " at " + std::to_string(at.line) + ':' + std::to_string(at.column);
        if (errors.size() > 1) reason += ", and " + std::to_string(errors.size() - 1) + " more errors";
        return loader::refuse(errc::malformed, "compiling", std::move(reason));
    }

private:
    loader::wasm::basic_format<P> modules_;
    compile_options compile_;
    std::function<void(const sources&, const diagnostics&)> report_;
};
using format = basic_format<>;

}  // namespace vitte::language
