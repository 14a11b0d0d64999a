/// WebAssembly modules, compiled and run: `compiled_module` (see `module/compiled_module.hpp`), and `store`, which owns
/// their instances (see `run/store.hpp`).
#pragma once

#include <vitte/loader/wasm/run/guard.hpp>
#include <vitte/loader/wasm/run/host_function.hpp>
#include <vitte/loader/wasm/run/instantiate.hpp>

#if defined(VITTE_SEPARATE)
extern template class vitte::loader::wasm::basic_store<>;
#else
#include <vitte/loader/wasm/run/enter.hpp>
#include <vitte/loader/wasm/validate/compile.hpp>
#endif
