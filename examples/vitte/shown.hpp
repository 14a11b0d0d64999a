// Names of files, which may be anything, for a line on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vitte/core/printable.hpp>

inline std::string shown(std::string_view name) {
    std::string made;
    vitte::append_printable(made, name);
    return made;
}
