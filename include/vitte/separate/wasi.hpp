/// The code of WASI's functions, see `vitte/separate.hpp`.
#pragma once

#if !defined(VITTE_SEPARATE)
#error "it is for programs whose files are all compiled with -DVITTE_SEPARATE"
#endif
#include <vitte/loader/wasm/wasi.hpp>

template class vitte::loader::wasm::wasi::basic_context<>;
