/// A WebAssembly module that is ready to be instantiated. What makes it of a module's bytes is in
/// `validate/compile.hpp`.
#pragma once

#include <memory>
#include <vitte/loader/wasm/module/module.hpp>

namespace vitte::loader::wasm {

/// A validated and translated module. Copies share it; any thread may use it.
class compiled_module {
public:
    /// Fails with what is wrong and where: `errc::malformed` and `errc::end_of_input` for what does not follow the
    /// binary format, `errc::invalid_argument` for what is not valid, `errc::not_supported` for what is not done here,
    /// `errc::too_large` for more than `options.limits` allow.
    static result<compiled_module, parse_error> compile(bytes whole, const compile_options& options = {});

    const module_data& data() const noexcept { return *data_; }
    const std::shared_ptr<const module_data>& shared() const noexcept { return data_; }

    /// Once more what is `shared`.
    explicit compiled_module(std::shared_ptr<const module_data> data) noexcept : data_(std::move(data)) {}

private:
    std::shared_ptr<const module_data> data_;
};

}  // namespace vitte::loader::wasm
