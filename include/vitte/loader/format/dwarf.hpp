/// Debug information of the DWARF standard, versions 2 to 5, as checked views of its bytes: types and functions; no
/// line tables, locations or call frames. `find_sections` has what an ELF file holds, `for_each_unit` its units,
/// `entry_reader` the entries of one. Only abbreviations are copied. What entries mean together, `loader/bind/` knows.
#pragma once

#include <vitte/loader/format/dwarf/package.hpp>
#include <vitte/loader/format/dwarf/values.hpp>
