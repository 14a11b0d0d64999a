// Files that the tests read: modules that the build makes for them, and vectors of others.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

/// What the environment variable `variable` tells.
inline const char* told(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) BOOST_FAIL(variable << " is set by the build");  // no other macro: threads call this
    return text;
}
/// The file `name` in the folder that the environment variable `variable` tells.
inline std::string file_in(const char* variable, const std::string& name) {
    return std::string(told(variable)) + "/" + name;
}
inline std::string fixture(const std::string& name) { return file_in("VITTE_FIXTURES", name); }
inline std::string vectors(const std::string& name) { return file_in("VITTE_VECTORS", name); }
/// The program of support/child.c.
inline const char* child_program() { return told("VITTE_CHILD"); }
