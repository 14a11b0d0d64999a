// What a traced platform tells about the calls of what stands on it.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/traced.hpp>

#include "../support/needs.hpp"
#include "../support/text_files.hpp"
#include "../support/together.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;
using platform_ = traced<native>;
using log = trace<native>;

static_assert(platform<platform_> && memory_facet<platform_::memory> && files_facet<platform_::files> &&
              clocks_facet<platform_::clocks>);
template <class P, class Q>
constexpr bool same_facets() {
    const bool directories = requires { typename P::directories; } == requires { typename Q::directories; };
    const bool threads = requires { typename P::threads; } == requires { typename Q::threads; };
    const bool processes = requires { typename P::processes; } == requires { typename Q::processes; };
    const bool watching = requires { typename P::watch_queue; } == requires { typename Q::watch_queue; };
    const bool libraries = requires { typename P::libraries; } == requires { typename Q::libraries; };
    const bool sockets = requires { typename P::sockets; } == requires { typename Q::sockets; };
    const bool pollers = requires { typename P::poller; } == requires { typename Q::poller; };
    const bool signals = requires { typename P::signals; } == requires { typename Q::signals; };
    const bool names = requires { typename P::names; } == requires { typename Q::names; };
    return directories && threads && processes && watching && libraries && sockets && pollers && signals &&
           names;
}
static_assert(same_facets<native, platform_>());
template <class P>
constexpr bool keeps_sockets() {
    if constexpr (requires { typename P::sockets; }) return sockets_facet<typename P::sockets>;
    return true;
}
template <class P>
constexpr bool keeps_poller() {
    if constexpr (requires { typename P::poller; }) return poller_facet<typename P::poller>;
    return true;
}
template <class P>
constexpr bool keeps_signals() {
    if constexpr (requires { typename P::signals; }) return signals_facet<typename P::signals>;
    return true;
}
static_assert(keeps_sockets<platform_>() && keeps_poller<platform_>() && keeps_signals<platform_>());

std::vector<traced_call> calls() {
    std::vector<traced_call> all;
    for (std::size_t i = 0; i < log::size(); ++i) all.push_back(log::at(i));
    return all;
}
std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const traced_call& call : calls()) all.emplace_back(call.name);
    return all;
}
std::string line(const traced_call& call) {
    char text[300];
    const std::size_t size = call.print(text);
    const std::string whole(text, size);
    return whole.substr(0, whole.rfind(" <"));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(traced_)

BOOST_AUTO_TEST_CASE(calls_are_remembered_with_arguments_and_outcome) {
    const text_file file("traced.txt", "content");
    log::clear();
    BOOST_TEST(read<platform_>(file.path()).has_value());
    BOOST_TEST((names() == std::vector<std::string>{"files.open", "files.read", "files.read", "files.close"}));
    const auto all = calls();
    BOOST_TEST(line(all[0]).starts_with("files.open(\"traced.txt\", {...}) = "));
    BOOST_TEST(line(all[1]).ends_with(", 4096) = 7"));
    BOOST_TEST(line(all[3]).ends_with(") = 0"));
    for (const traced_call& call : all) BOOST_TEST((call.duration >= 0 && !call.failed));
}

BOOST_AUTO_TEST_CASE(failures_are_shown_with_their_cause) {
    log::clear();
    BOOST_TEST(!read<platform_>("no\n\"such\" file").has_value());
    BOOST_TEST_REQUIRE(log::size() == 1u);
    const traced_call& call = log::at(0);
    BOOST_TEST((call.failed && call.why.native != 0));
    BOOST_TEST(line(call) == "files.open(\"no\\n\\\"such\\\" file\", {...}) = -1 " +
                                 std::string(message(call.why.code)) + " (" + call.why.operation + ", " +
                                 std::to_string(call.why.native) + ")");
    char narrow[10];
    BOOST_TEST(call.print(narrow) == 9u);
    BOOST_TEST(std::string(narrow) == "files.ope");
    BOOST_TEST((read<platform_>(std::string(100, 'x').c_str()).error().code == errc::not_found));
    BOOST_TEST(line(log::at(1)).starts_with("files.open(\"" + std::string(45, 'x') + "\"..., {...}) = -1"));
}

BOOST_AUTO_TEST_CASE(equal_runs_have_equal_traces) {
    const text_file file("traced.txt", "content");
    const auto run = [&](const char* path) {
        log::clear();
        static_cast<void>(read<platform_>(path));
        auto region = basic_region<platform_>::reserve(1 << 16);
        return calls();
    };
    const auto first = run(file.path()), second = run(file.path()), other = run("no-such-file");
    BOOST_TEST(first.size() > 5u);
    BOOST_TEST(first_difference(first, second) == first.size());
    BOOST_TEST(first_difference(first, other) == 0u);
    BOOST_TEST(first_difference(first, std::span(first).first(3)) == 3u);
}

BOOST_AUTO_TEST_CASE(only_the_last_calls_are_kept) {
    log::clear();
    const std::size_t many = log::capacity + 10;
    for (std::size_t i = 0; i < many; ++i) static_cast<void>(platform_::clocks::coarse());
    static_cast<void>(platform_::clocks::wall());
    BOOST_TEST(log::count() == many + 1);
    BOOST_TEST(log::size() == log::capacity);
    BOOST_TEST(std::string(log::at(log::capacity - 1).name) == "clocks.wall");
    BOOST_TEST(std::string(log::at(0).name) == "clocks.coarse");
}

BOOST_AUTO_TEST_CASE(tags_tell_traces_apart) {
    struct one;
    log::clear();
    static_cast<void>(vitte::sys::stat<traced<native, one>>("no-such-file"));
    BOOST_TEST(log::count() == 0u);
    BOOST_TEST((trace<native, one>::count() == 1u));
}

BOOST_AUTO_TEST_CASE(threads_do_not_lose_calls, *needs(threads)) {
    log::clear();
    together(4, [](unsigned) {
        for (int i = 0; i < 500; ++i) static_cast<void>(vitte::sys::stat<platform_>("no-such-file"));
    });
    const auto all = calls();
    BOOST_TEST(all.size() == 2000u);
    BOOST_TEST(std::all_of(all.begin(), all.end(),
                           [](const traced_call& c) { return std::strcmp(c.name, "files.info") == 0 && c.failed; }));
}

BOOST_AUTO_TEST_SUITE_END()
