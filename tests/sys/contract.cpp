// That the native platform keeps the contract: each facet, in full.
#include <boost/test/unit_test.hpp>

#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/completions.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/devices.hpp>
#include <vitte/sys/platform/directories.hpp>
#include <vitte/sys/platform/environment.hpp>
#include <vitte/sys/platform/files.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/platform/libraries.hpp>
#include <vitte/sys/platform/names.hpp>
#include <vitte/sys/platform/processes.hpp>
#include <vitte/sys/platform/signals.hpp>
#include <vitte/sys/platform/sockets.hpp>
#include <vitte/sys/platform/poller.hpp>
#include <vitte/sys/platform/streams.hpp>
#include <vitte/sys/platform/watch_queue.hpp>
#include <vitte/sys/platform/unsupported.hpp>
#include <vitte/sys/random.hpp>
#include <vitte/sys/thread.hpp>

namespace {
using namespace vitte::sys;
static_assert(platform<native>);
static_assert(memory_facet<native::memory>);
static_assert(files_facet<native::files>);
static_assert(clocks_facet<native::clocks>);
static_assert(threads_facet<native::threads>);
static_assert(random_facet<native::random>);

/// Facets that a platform may lack.
template <class P>
constexpr bool keeps_optional() {
    bool kept = true;
    if constexpr (requires { typename P::libraries; }) kept = kept && libraries_facet<typename P::libraries>;
    if constexpr (requires { typename P::directories; }) kept = kept && directories_facet<typename P::directories>;
    if constexpr (requires { typename P::watch_queue; }) kept = kept && watch_queue_facet<typename P::watch_queue>;
    if constexpr (requires { typename P::signals; }) kept = kept && signals_facet<typename P::signals>;
    if constexpr (requires { typename P::poller; }) kept = kept && poller_facet<typename P::poller>;
    if constexpr (requires { typename P::completions; }) kept = kept && completions_facet<typename P::completions>;
    if constexpr (requires { typename P::processes; }) kept = kept && processes_facet<typename P::processes>;
    if constexpr (requires { typename P::streams; })
        kept = kept && streams_facet<typename P::streams, typename P::files::handle>;
    if constexpr (requires { typename P::names; }) kept = kept && names_facet<typename P::names>;
    if constexpr (requires { typename P::sockets; }) kept = kept && sockets_facet<typename P::sockets>;
    if constexpr (requires { typename P::devices; })
        kept = kept && devices_facet<typename P::devices, typename P::files::handle>;
    if constexpr (requires { typename P::images; }) kept = kept && images_facet<typename P::images>;
    if constexpr (requires { typename P::environment; }) kept = kept && environment_facet<typename P::environment>;
    return kept;
}
static_assert(keeps_optional<native>());

static_assert(keeps_optional<unsupported_platform>() && memory_facet<unsupported_platform::memory> &&
              files_facet<unsupported_platform::files> && clocks_facet<unsupported_platform::clocks> &&
              threads_facet<unsupported_platform::threads> && random_facet<unsupported_platform::random>);

/// Calls fail with their name and the OS's code beside the portable one.
template <class Result>
bool fails(const Result& r, vitte::errc code) {
    return !r && *r.error().operation != 0 && r.error().code == code && r.error().native != 0;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(contract)

BOOST_AUTO_TEST_CASE(failures_tell_their_cause) {
    using files = native::files;
    using vitte::errc;
    std::byte byte{};
    BOOST_TEST(fails(files::open("no/such/file", open_mode::read), errc::not_found));
    BOOST_TEST(fails(files::read(files::invalid, &byte, 1), errc::bad_handle));
    BOOST_TEST(fails(files::write(files::invalid, &byte, 1), errc::bad_handle));
    BOOST_TEST(fails(files::info(files::invalid), errc::bad_handle));
    BOOST_TEST(fails(files::close(files::invalid), errc::bad_handle));
    BOOST_TEST(!native::memory::map_shared(nullptr, 4096, access::read, files::invalid, 0).has_value());
}

BOOST_AUTO_TEST_CASE(sizes_are_powers_of_two) {
    const std::size_t page = native::memory::page_size(), grain = native::memory::granularity();
    BOOST_TEST((page >= 256 && (page & (page - 1)) == 0));
    BOOST_TEST((grain >= page && (grain & (grain - 1)) == 0));
}

BOOST_AUTO_TEST_CASE(waiting_on_a_word_tells_why_it_ended) {
    const std::uint32_t word = 5;
    using threads = native::threads;
    const auto other = threads::wait(&word, 4, INT64_MAX);
    BOOST_TEST((other || other.error().code == vitte::errc::would_block));
    const std::int64_t until = native::clocks::monotonic() + 1'000'000;
    auto waited = threads::wait(&word, 5, until);
    while (waited || waited.error().code == vitte::errc::interrupted) waited = threads::wait(&word, 5, until);
    BOOST_TEST((waited.error().code == vitte::errc::timed_out));
    BOOST_TEST(native::clocks::monotonic() >= until);
    BOOST_TEST(!threads::wake_one(&word));
}

BOOST_AUTO_TEST_CASE(an_unsupported_platform_says_so) {
    using vitte::errc;
    std::byte byte{};
    BOOST_TEST((basic_region<unsupported_platform>::reserve(1).error().code == errc::not_supported));
    BOOST_TEST((read<unsupported_platform>("x").error().code == errc::not_supported));
    BOOST_TEST((start_thread<unsupported_platform>([] {}).error().code == errc::not_supported));
    BOOST_TEST((fill_random<unsupported_platform>(std::span(&byte, 1)).error().code == errc::not_supported));
    basic_mutex<unsupported_platform> mutex;
    mutex.lock();
    BOOST_TEST(!mutex.try_lock());
    mutex.unlock();
}

BOOST_AUTO_TEST_SUITE_END()
