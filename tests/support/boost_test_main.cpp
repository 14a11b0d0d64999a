// The Boost.Test framework, compiled once for every test program of a build folder.
#define BOOST_TEST_MODULE vitte
#include <boost/test/included/unit_test.hpp>
