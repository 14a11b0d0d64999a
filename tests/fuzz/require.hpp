// What fuzz targets check with: whatever is not as it must be is a crash.
#pragma once

#include <cstdlib>

inline void require(bool well) {
    if (!well) std::abort();
}
