// Stores and instances of modules that are written by hand; what cannot be made fails the test.
#pragma once

#include <boost/test/unit_test.hpp>
#include <vitte/loader/wasm/store.hpp>

#include "wasm_builder.hpp"

namespace wasm_test {
namespace wasm = vitte::loader::wasm;

inline wasm::compiled_module compiled(const code& m, const wasm::compile_options& options = {}) {
    auto made = wasm::compiled_module::compile(m, options);
    if (!made) BOOST_FAIL(made.error().reading << ": " << made.error().reason << " at " << made.error().offset);
    return *made;
}
inline wasm::store new_store(const wasm::store_limits& limits = {}) {
    auto made = wasm::store::create(limits);
    BOOST_REQUIRE(made);
    return std::move(*made);
}
inline wasm::instance& instance_of(wasm::store& store, const code& m, const char* name = "",
                                   const wasm::compile_options& options = {}) {
    auto made = store.instantiate(compiled(m, options), name);
    if (!made) BOOST_FAIL(made.error().message());
    return **made;
}
template <class Signature>
auto function_of(const wasm::instance& of, const char* name) {
    auto found = of.function<Signature>(name);
    if (!found) BOOST_FAIL(found.error().message());
    return *found;
}

}  // namespace wasm_test
