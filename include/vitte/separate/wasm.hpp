/// The code of the WebAssembly engine, see `vitte/separate.hpp`.
#pragma once

#if !defined(VITTE_SEPARATE)
#error "it is for programs whose files are all compiled with -DVITTE_SEPARATE"
#endif
#include <vitte/loader/wasm/validate/compile.hpp>
#include <vitte/loader/wasm/run/enter.hpp>
#include <vitte/loader/wasm/store.hpp>

template class vitte::loader::wasm::basic_store<>;
