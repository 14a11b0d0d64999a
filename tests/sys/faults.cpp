#include <setjmp.h>
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/faults.hpp>

namespace {
using faults = vitte::sys::native::faults;
static_assert(vitte::sys::faults_facet<faults>);

sigjmp_buf back;
volatile sig_atomic_t handled = 0;
void handle(int, siginfo_t*, void*) {
    handled = handled + 1;
    siglongjmp(back, 1);
}

/// A page that faults, and whether a fault there is expected.
struct page {
    vitte::sys::region region = *vitte::sys::region::reserve(4096);

    static bool is_mine(void* self, const void* address) noexcept {
        const auto& mine = static_cast<const page*>(self)->region;
        return address >= mine.data() && address < mine.data() + mine.size();
    }
    static void touch(void* self) { *static_cast<volatile std::byte*>(static_cast<page*>(self)->region.data()); }

    faults::watch watch() { return {is_mine, this, {}, nullptr, {}}; }
};
}  // namespace

BOOST_AUTO_TEST_CASE(expected_faults_end_what_runs_and_others_go_to_who_handled_them_before) {
    if (!faults::supported) {
        BOOST_TEST_MESSAGE("skipped: faults are not handled here");
        return;
    }
    struct sigaction own = {}, before = {};
    own.sa_sigaction = handle;
    own.sa_flags = SA_SIGINFO;
    BOOST_REQUIRE(sigaction(SIGSEGV, &own, &before) == 0);
    BOOST_REQUIRE(faults::install());
    BOOST_REQUIRE(faults::install());

    page guarded;
    for (int i = 0; i < 3; ++i) {
        auto w = guarded.watch();
        BOOST_TEST(!faults::run(w, page::touch, &guarded));
    }
    auto calm = guarded.watch();
    BOOST_TEST(faults::run(
        calm, [](void*) {}, nullptr));
    BOOST_TEST(handled == 0);

    page other;
    if (sigsetjmp(back, 1) == 0) page::touch(&other);
    BOOST_TEST(handled == 1);
    sigaction(SIGSEGV, &before, nullptr);
}

BOOST_AUTO_TEST_CASE(inner_expectations_come_first) {
    if (!faults::supported) return;
    struct nest {
        page outer, inner;
        bool left_inner = false;
        static void run(void* self) {
            auto& n = *static_cast<nest*>(self);
            auto w = n.inner.watch();
            n.left_inner = !faults::run(w, page::touch, &n.inner);
            page::touch(&n.outer);
        }
    } n;
    BOOST_REQUIRE(faults::install());
    auto w = n.outer.watch();
    BOOST_TEST(!faults::run(w, nest::run, &n));
    BOOST_TEST(n.left_inner);
}
