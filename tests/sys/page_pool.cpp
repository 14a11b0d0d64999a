// The pages of bare metal, on any machine: a board is only a template parameter.
#include <boost/test/unit_test.hpp>

#include <map>

#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/bare.hpp>
#include <vitte/sys/platform/contract.hpp>

namespace {
using namespace vitte::sys;

constexpr std::size_t arena_size = 64 * 256;
alignas(256) std::byte arena[arena_size + 256];

/// Its arena neither begins nor ends at a page.
struct small_board {
    static std::int64_t now() noexcept { return 0; }
    static std::int64_t wall() noexcept { return 0; }
    static void write(const std::byte*, std::size_t) noexcept {}
    static bare::memory_area arena() noexcept { return {::arena + 100, arena_size + 56}; }
    static bool entropy(std::byte*, std::size_t) noexcept { return false; }
};
using platform_here = bare_platform<small_board>;
using pool = bare::page_pool<small_board>;
static_assert(memory_facet<platform_here::memory> && files_facet<platform_here::files> &&
              clocks_facet<platform_here::clocks> && threads_facet<platform_here::threads> &&
              random_facet<platform_here::random>);

constexpr std::size_t whole = 63 * 256;  // what is left of the arena in whole pages
}  // namespace

BOOST_AUTO_TEST_SUITE(page_pool)

BOOST_AUTO_TEST_CASE(blocks_never_overlap_and_join_again) {
    vitte::xoshiro256 random(7);
    std::map<std::byte*, std::size_t> held;
    for (int step = 0; step < 20'000; ++step) {
        if (held.empty() || random.below(5) < 3) {
            const std::size_t size = 1 + static_cast<std::size_t>(random.below(3000));
            auto* const at = static_cast<std::byte*>(pool::allocate(size));
            if (at == nullptr) continue;
            const std::size_t pages = (size + 255) / 256 * 256;
            BOOST_REQUIRE(reinterpret_cast<std::uintptr_t>(at) % 256 == 0u);
            const auto next = held.lower_bound(at);
            BOOST_REQUIRE((next == held.end() || at + pages <= next->first));
            BOOST_REQUIRE((next == held.begin() || std::prev(next)->first + std::prev(next)->second <= at));
            BOOST_REQUIRE((at >= arena + 100 && at + pages <= arena + sizeof arena));
            held.emplace(at, pages);
        } else {
            auto gone = std::next(held.begin(), static_cast<std::ptrdiff_t>(random.below(held.size())));
            pool::free(gone->first, gone->second);
            held.erase(gone);
        }
    }
    for (const auto& [at, size] : held) pool::free(at, size);
    void* const all = pool::allocate(whole);
    BOOST_TEST(all != nullptr);
    BOOST_TEST(pool::allocate(1) == nullptr);
    pool::free(all, whole);
}

BOOST_AUTO_TEST_CASE(regions_and_arenas_stand_on_them) {
    auto region = basic_region<platform_here>::reserve(5000);
    BOOST_REQUIRE(region.has_value());
    BOOST_TEST(region->size() == 5120u);
    BOOST_TEST((region->data()[5119] == std::byte{0}));
    BOOST_TEST(region->commit(0, 256).has_value());
    BOOST_TEST((region->protect(0, 256, access::none).error().code == vitte::errc::not_supported));
    auto arena_of_region = basic_bump_arena<platform_here>::reserve(4096);
    BOOST_TEST(*arena_of_region->make<int>(5) == 5);
    BOOST_TEST((basic_region<platform_here>::reserve(whole).error().code == vitte::errc::out_of_memory));
    BOOST_TEST(region->release().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
