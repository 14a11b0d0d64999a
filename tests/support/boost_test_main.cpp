// The Boost.Test framework, or its library's way in, compiled once for every test program of a build folder.
#define BOOST_TEST_MODULE vitte
#if defined(VITTE_BOOST_LIBRARY)
#include <boost/test/unit_test.hpp>
#else
#include <boost/test/included/unit_test.hpp>
#endif
