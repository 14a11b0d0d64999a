#include <vitte/separate/wasi.hpp>
