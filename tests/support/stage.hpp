// Where tests over several platforms run: the native one, or a simulation.
#pragma once

#include <vitte/sys/fs/tree.hpp>
#include <vitte/sys/platform/simulated.hpp>

#include "needs.hpp"

/// Whether calls of `P` end in a simulation.
template <class P>
constexpr bool is_simulated = std::is_same_v<typename P::threads::handle, vitte::sys::simulated::threads::handle> &&
                              !std::is_same_v<vitte::sys::atomic_of<P, int>, vitte::atomic<int>>;

/// Emulators and sanitizers take ten times as long.
inline bool patient() {
#if defined(__SANITIZE_ADDRESS__) || defined(VITTE_ADDRESS_SANITIZER)
    return false;
#else
    return own_kernel.present();
#endif
}

/// Calls `play` with an empty folder SCRATCH, which is gone afterwards; as a thread of a new simulation if `P` is about
/// one.
template <class P, class Play>
void on_stage(Play play) {
    using namespace vitte::sys;
    const auto whole = [&] {
        BOOST_REQUIRE((remove_all<P>(SCRATCH) && create_directories<P>(SCRATCH)));
        play();
        BOOST_TEST(remove_all<P>(SCRATCH).has_value());
    };
    if constexpr (is_simulated<P>) {
        seeded_choices seed(1);
        simulation world(seed);
        world.environment["HOME"] = "/";
        BOOST_TEST((world.run(whole) == simulation_end::finished));
        BOOST_TEST(world.disk.open_handles() == 0u);
        BOOST_TEST(world.network.open_handles(world.here()) == 0u);
        BOOST_TEST(world.pages.count() == 0u);
        BOOST_TEST(world.pages.wrong_uses() == 0u);
    } else {
        whole();
    }
}
