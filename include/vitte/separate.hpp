/// The code of the WebAssembly engine, for one file of a program that is compiled with `-DVITTE_SEPARATE`: its other
/// files see declarations only, and compile in a fraction of the time.
#pragma once

#if !defined(VITTE_SEPARATE)
#error "vitte/separate.hpp is for programs whose files are all compiled with -DVITTE_SEPARATE"
#endif
#include <vitte/loader/wasm/compile.hpp>
#include <vitte/loader/wasm/interpret.hpp>
#include <vitte/loader/wasm/store.hpp>

template class vitte::loader::wasm::basic_store<>;
