#include <vitte/separate.hpp>
