// Files that the tests read: modules that the build makes for them, and vectors of others.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

/// The file `name` in the folder that the environment variable `variable` tells.
inline std::string file_in(const char* variable, const std::string& name) {
    const char* const folder = std::getenv(variable);
    BOOST_REQUIRE_MESSAGE(folder != nullptr, variable << " names a folder, which the build tells");
    return std::string(folder) + "/" + name;
}
inline std::string fixture(const std::string& name) { return file_in("VITTE_FIXTURES", name); }
inline std::string vectors(const std::string& name) { return file_in("VITTE_VECTORS", name); }
