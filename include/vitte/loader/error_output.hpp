/// The loader's errors and traps in streams and, where the standard library has it, in `std::format`.
#pragma once

#include <vitte/core/error_output.hpp>
#include <vitte/loader/format/parse_error.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/trap.hpp>

namespace vitte::loader {
using vitte::operator<<;
}

#if defined(__cpp_lib_format)
template <>
struct std::formatter<vitte::loader::load_error> : vitte::error_formatter<vitte::loader::load_error> {};
template <>
struct std::formatter<vitte::loader::parse_error> : vitte::error_formatter<vitte::loader::parse_error> {};
template <>
struct std::formatter<vitte::loader::trap> : vitte::error_formatter<vitte::loader::trap> {};
#endif
