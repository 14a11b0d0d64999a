/// The code of what is large, for one file of a program that is compiled with `-DVITTE_SEPARATE`: its other files see
/// declarations only, and compile in a fraction of the time. `separate/` has it in parts, for who links without
/// --gc-sections and does not need all of it, and for systems that lack some.
#pragma once

#include <vitte/separate/linker.hpp>
#include <vitte/separate/wasi.hpp>
#include <vitte/separate/wasm.hpp>
