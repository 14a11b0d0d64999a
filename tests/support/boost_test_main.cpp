// The Boost.Test framework, or its library's way in, compiled once for every test program of a build folder.
#define BOOST_TEST_MODULE vitte
#if defined(VITTE_BOOST_LIBRARY)
#include <boost/test/unit_test.hpp>
#else
#include <boost/test/included/unit_test.hpp>
#endif

#if !defined(__wasi__)
#include <csignal>
#endif

#if defined(SIGHUP) && defined(SIGQUIT)
namespace {
/// Who runs the tests in the background, or by nohup(1), ignores some signals, which tests send and their children get.
struct default_signals {
    default_signals() {
        for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) std::signal(number, SIG_DFL);
    }
};
const default_signals at_begin;
}  // namespace
#endif
