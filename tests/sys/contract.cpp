// That the native platform keeps the contract: each facet, in full.
#include <boost/test/unit_test.hpp>

#include <vitte/sys/platform.hpp>

namespace {
using namespace vitte::sys;
static_assert(platform<native>);
static_assert(memory_facet<native::memory>);
static_assert(files_facet<native::files>);
static_assert(clocks_facet<native::clocks>);
static_assert(threads_facet<native::threads>);
static_assert(random_facet<native::random>);
static_assert(libraries_facet<native::libraries>);

/// Calls fail with the operation's name and the OS's code beside the portable one.
template <class Result>
bool fails(const Result& r, const char* operation, vitte::errc code) {
    return !r && std::string_view(r.error().operation) == operation && r.error().code == code && r.error().native != 0;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(contract)

BOOST_AUTO_TEST_CASE(failures_name_the_call_and_its_cause) {
    std::byte byte{};
    using files = native::files;
    using vitte::errc;
    BOOST_TEST(fails(files::open("no/such/file", open_mode::read), "open", errc::not_found));
    BOOST_TEST(fails(files::open("/", open_mode::write), "open", errc::is_a_directory));
    BOOST_TEST(fails(files::read(files::invalid, &byte, 1), "read", errc::bad_handle));
    BOOST_TEST(fails(files::write(files::invalid, &byte, 1), "write", errc::bad_handle));
    BOOST_TEST(fails(files::close(files::invalid), "close", errc::bad_handle));
    BOOST_TEST(fails(native::memory::release(&byte + 1, 1), "munmap", errc::invalid_argument));
    BOOST_TEST(fails(native::memory::map_shared(nullptr, 4096, access::read, files::invalid, 0), "mmap", errc::bad_handle));
}

BOOST_AUTO_TEST_CASE(sizes_are_powers_of_two) {
    const std::size_t page = native::memory::page_size(), grain = native::memory::granularity();
    BOOST_TEST((page >= 4096 && (page & (page - 1)) == 0));
    BOOST_TEST((grain >= page && (grain & (grain - 1)) == 0));
}

BOOST_AUTO_TEST_CASE(waiting_on_a_word_tells_why_it_ended) {
    const std::uint32_t word = 5;
    using threads = native::threads;
    BOOST_TEST((threads::wait(&word, 4, INT64_MAX).error().code == vitte::errc::would_block));
    BOOST_TEST((threads::wait(&word, 5, native::clocks::monotonic() + 1'000'000).error().code == vitte::errc::timed_out));
    BOOST_TEST(!threads::wake_one(&word));
}

BOOST_AUTO_TEST_SUITE_END()
