#define VITTE_WASM_SEQUENCES 1  // are tested, however tests are optimized
#include <vitte/separate/wasm.hpp>
