// What nearly all tests include, compiled once for them.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>
