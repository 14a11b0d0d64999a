/// `parse_error` under the name that the loader's readers have for it.
#pragma once

#include <vitte/core/parse_error.hpp>

namespace vitte::loader {

using vitte::malformed;
using vitte::parse_error;

}  // namespace vitte::loader
