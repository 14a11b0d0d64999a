#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <vitte/sys/memory.hpp>

namespace {
namespace sys = vitte::sys;

/// Whether `f` kills a child process by a signal.
template <class F>
bool faults(F f) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGSEGV, SIG_DFL);
        f();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) != 0;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(reserved_pages_fault_until_they_are_committed) {
    const std::size_t page = sys::region::page_size();
    auto r = sys::region::reserve(16 * page);
    BOOST_REQUIRE(r.has_value());
    volatile auto* const at = reinterpret_cast<volatile char*>(r->data());
    BOOST_TEST(faults([&] { at[0] = 1; }));
    BOOST_TEST(r->commit(0, page).has_value());
    BOOST_TEST(at[page - 1] == 0);
    at[0] = 1;
    BOOST_TEST(!faults([&] { at[0] = 2; }));
    BOOST_TEST(faults([&] { at[page] = 2; }));
    BOOST_TEST(r->protect(0, page, sys::access::read).has_value());
    BOOST_TEST(faults([&] { at[0] = 2; }));
    BOOST_TEST(at[0] == 1);
    BOOST_TEST(r->decommit(0, page).has_value());
    BOOST_TEST(r->commit(0, page).has_value());
    BOOST_TEST(at[0] == 0);
}

BOOST_AUTO_TEST_CASE(an_impossible_reservation_is_an_error) {
    BOOST_TEST((sys::region::reserve(SIZE_MAX).error().code == vitte::errc::too_large));
    BOOST_TEST((sys::region::reserve(SIZE_MAX / 2).error().code == vitte::errc::out_of_memory));
}

BOOST_AUTO_TEST_CASE(maps_files) {
    std::ofstream("memory-test.txt") << "mapped";
    const auto m = sys::mapping::open("memory-test.txt");
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(std::string(reinterpret_cast<const char*>(m->bytes().data()), m->bytes().size()) == "mapped");
    std::remove("memory-test.txt");
}

BOOST_AUTO_TEST_SUITE_END()
