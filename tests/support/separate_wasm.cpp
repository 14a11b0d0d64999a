#include <vitte/separate/wasm.hpp>
