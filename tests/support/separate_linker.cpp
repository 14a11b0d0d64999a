#include <vitte/separate/linker.hpp>
