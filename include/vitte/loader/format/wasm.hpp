/// WebAssembly modules (core specification 3.0, without garbage collection) as checked views of their bytes: every
/// section, nothing copied or allocated. That the parts fit together is validated by `loader/wasm/`.
#pragma once

#include <vitte/loader/format/wasm/file.hpp>
#include <vitte/loader/format/wasm/names.hpp>
