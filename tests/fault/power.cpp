// The power fails at every call of a scenario, on a simulated disk that keeps, loses and tears what was not synced:
// files are old or new and nothing between, what was reported as stored is there, and trying again works. And a disk
// that fails to sync is not believed the second time.
#include <cstdio>

#include "../support/stage.hpp"
#include "scenarios.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;
using set = scenarios<simulated>;
using injected = set::injected;

std::uint64_t seeds(std::uint64_t many) { return patient() ? many : many / 5; }

/// How many calls about the disk `s` makes.
std::uint64_t calls_of(const scenario& s) {
    seeded_choices from(0);
    simulation world(from);
    std::uint64_t calls = 0;
    const auto end = world.run([&] {
        set::begin(s);
        calls = world.disk_calls();
        BOOST_TEST_CONTEXT(s.name) BOOST_TEST((s.run() && s.done()));
        calls = world.disk_calls() - calls;
    });
    BOOST_TEST((end == simulation_end::finished));
    BOOST_TEST((world.disk.open_handles() == 0 && world.pages.count() == 0));
    return calls;
}

void cut_power(const scenario& s, std::uint64_t call, std::uint64_t seed) {
    seeded_choices from(seed);
    simulation world(from);
    const auto end = world.run([&] {
        set::begin(s);
        static_cast<void>(basic_directory<simulated>::open(SCRATCH)->sync());
        static_cast<void>(basic_directory<simulated>::open("/")->sync());
        world.cut_power_at(call);
        const auto ended = s.run();
        const bool before = !world.is_off();
        world.restart();
        BOOST_TEST_CONTEXT(s.name << ": no power from call " << call << " on, seed " << seed) {
            BOOST_TEST((ended || *ended.error().operation != 0));
            BOOST_TEST(s.harmless());
            if (s.durable && ended && before) BOOST_TEST(s.done());
            static_cast<void>(create_directories<simulated>(SCRATCH));
            if (s.done()) return;
            set::begin(s);
            BOOST_TEST((s.run() && s.done()));
        }
    });
    BOOST_TEST((end == simulation_end::finished));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(power)

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_the_power_fails) {
    std::size_t runs = 0;
    const auto all = set::all();
    for (const scenario& s : all) {
        const std::uint64_t calls = calls_of(s);
        for (std::uint64_t call = 1; call <= calls + 1; call += 1 + calls / 200)
            for (std::uint64_t seed = 0; seed < seeds(40); ++seed, ++runs) cut_power(s, call, seed);
    }
    std::printf("power: %zu scenarios, %zu failures of power\n", all.size(), runs);
}

BOOST_AUTO_TEST_CASE(calls_fail_on_the_simulated_disk_too) {
    std::size_t runs = 0;
    for (const scenario& s : set::all()) {
        for (std::uint64_t seed = 0; seed < seeds(200); ++seed, ++runs) {
            seeded_choices from(seed);
            simulation world(from);
            const auto end = world.run([&] {
                set::begin(s);
                injected::arm(
                    {.short_transfers = seed % 4 == 0, .one_in = static_cast<unsigned>(2 + seed % 30), .seed = seed});
                const auto ended = s.run();
                injected::arm();
                BOOST_TEST_CONTEXT(s.name << ": seed " << seed) {
                    BOOST_TEST(s.harmless());
                    if (ended) BOOST_TEST(s.done());
                    if (!ended && !s.done()) {
                        set::make_room();
                        BOOST_TEST((s.run() && s.done()));
                    }
                }
            });
            BOOST_TEST((end == simulation_end::finished));
            BOOST_TEST((world.disk.open_handles() == 0 && world.disk.wrong_closes() == 0));
            BOOST_TEST((world.pages.count() == 0 && world.pages.wrong_uses() == 0));
        }
    }
    BOOST_TEST(runs > 200u);
}

/// The oracle can tell: who forgets one of the steps loses data.
BOOST_AUTO_TEST_CASE(forgotten_steps_are_found) {
    const auto loses = [](bool sync_file, bool sync_folder, bool by_rename) {
        std::size_t lost = 0;
        for (std::uint64_t seed = 0; seed < seeds(300); ++seed) {
            seeded_choices from(seed);
            simulation world(from);
            BOOST_TEST(create_directories<simulated>(SCRATCH).has_value());
            set::old_file();
            static_cast<void>(basic_directory<simulated>::open("/")->sync());
            const auto in = basic_directory<simulated>::open(SCRATCH);
            {
                const auto made = in->open_file(by_rename ? "temporary" : "file", open_mode::write);
                BOOST_TEST(made->write(bytes(set::new_text)).has_value());
                if (sync_file) BOOST_TEST(made->sync().has_value());
            }
            if (by_rename) BOOST_TEST(in->rename("temporary", "file").has_value());
            if (sync_folder) BOOST_TEST(in->sync().has_value());
            world.restart();
            lost += sync_folder ? set::text(SCRATCH "/file") != set::new_text : !set::old_or_new();
        }
        return lost;
    };
    BOOST_TEST(loses(true, true, true) == 0u);
    BOOST_TEST(loses(true, false, true) == 0u);   // the old one or the new one
    BOOST_TEST(loses(false, true, true) > 0u);    // the name is new, and the content is not there
    BOOST_TEST(loses(false, false, false) > 0u);  // it was emptied in its place
}

BOOST_AUTO_TEST_CASE(what_a_failed_sync_lost_stays_lost) {
    std::size_t lost = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        seeded_choices from(seed);
        simulation world(from);
        BOOST_TEST(create_directories<simulated>(SCRATCH).has_value());
        BOOST_TEST(basic_directory<simulated>::open("/")->sync().has_value());
        set::old_file();
        {
            const auto made = basic_file<simulated>::open(SCRATCH "/file", open_mode::read_write);
            BOOST_TEST(made->write_at(bytes(set::new_text), 0).has_value());
            world.disk.fail_next_sync();
            BOOST_TEST((made->sync().error().code == errc::io_error));
            BOOST_TEST(made->sync().has_value());  // which says nothing about what was lost before
            BOOST_TEST(set::text(SCRATCH "/file") == set::new_text);
        }
        world.restart();
        lost += set::text(SCRATCH "/file") == set::old_text;
    }
    BOOST_TEST(lost == 50u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_says_so) {
    seeded_choices from(1);
    simulation world(from, {.capacity = 64 << 10});
    BOOST_TEST(create_directories<simulated>(SCRATCH).has_value());
    const std::string half(40 << 10, 'h');
    BOOST_TEST(write<simulated>(SCRATCH "/a", bytes(half)).has_value());
    BOOST_TEST((write<simulated>(SCRATCH "/b", bytes(half)).error().code == errc::no_space));
    BOOST_TEST((replace<simulated>(SCRATCH "/a", bytes(half)).error().code == errc::no_space));
    BOOST_TEST(set::text(SCRATCH "/a") == half);
    BOOST_TEST(remove<simulated>(SCRATCH "/b").has_value());
    BOOST_TEST(write<simulated>(SCRATCH "/c", bytes(half.substr(0, 20 << 10))).has_value());
}

BOOST_AUTO_TEST_CASE(handles_run_out) {
    seeded_choices from(1);
    simulation world(from, {.most_handles = 8});
    std::vector<basic_file<simulated>> open;
    for (;;) {
        auto made = basic_file<simulated>::open("/tmp/file", open_mode::update);
        if (!made) BOOST_TEST((made.error().code == errc::out_of_handles));
        if (!made) break;
        open.push_back(std::move(*made));
    }
    BOOST_TEST(open.size() == 5u);  // beside the standard streams
}

BOOST_AUTO_TEST_SUITE_END()
