// What nearly all tests include.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>
