/// `simulation`: the world in which programs on the platform `simulated` run.
#pragma once

#include <vitte/sys/platform/simulated/network.hpp>
#include <vitte/sys/platform/simulated/pages.hpp>

namespace vitte::sys {

/// A computer with one disk, memory and a clock, and more of them in its network if there shall be. There is one at a
/// time; it is for one thread of the OS. The same decisions make the same run, bit for bit.
class simulation {
public:
    explicit simulation(choices& from, const simulation_options& wanted = {})
        : options(wanted),
          threads(from, wanted),
          network(threads, wanted),
          disk(network.host(0).disk),
          random(wanted.seed),
          before_(active()) {
        active() = this;
    }
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;
    ~simulation() {
        for (unsigned i = 0; i < network.host_count(); ++i) network.host(i).forget_programs();
        active() = before_;
    }

    static simulation& current() noexcept {
        VITTE_ASSERT(active() != nullptr);
        return *active();
    }
    static bool exists() noexcept { return active() != nullptr; }

    /// Calls `main` in a thread of the simulation; returns when it and all that it started have ended, or none of them
    /// can go on. Then they are abandoned: what they own is not destroyed. An exception that leaves a thread ends the
    /// run and leaves it. Only where `fiber::supported`. Calls outside of a run work, too, but threads cannot be
    /// started there.
    simulation_end run(const std::function<void()>& main) { return threads.run(main); }

    /// Cuts the power when the `call`th call about files or folders begins, from 1 on, counted from now. From then on
    /// all of them fail with `errc::io_error`.
    void cut_power_at(std::uint64_t call) noexcept { home().cut_power_at(call); }
    bool is_off() noexcept { return home().is_off(); }
    /// Starts the computer again, without power in between. No handle is open any more.
    void restart() { home().restart(); }
    /// How many calls about files and folders there were.
    std::uint64_t disk_calls() noexcept { return home().disk_calls(); }
    /// A number made of all calls so far, who made them, and what arrived: two runs that differ have others.
    std::uint64_t digest() const noexcept { return digest_ ^ network.digest(); }

    /// What was written to a standard stream.
    std::string written(standard_stream to) {
        const auto* const target = disk.find(disk.standard(to));
        std::string text(static_cast<std::size_t>(target->node->content.now().size()), 0);
        static_cast<void>(target->node->content.now().read(0, std::as_writable_bytes(std::span(text))));
        return text;
    }

    /// A call begins; false if it is about the disk, and there is no power.
    bool enter(const char* name) {
        if (threads.is_quiet()) return false;
        for (const char* c = name; *c != 0; ++c) digest_ = (digest_ ^ static_cast<unsigned char>(*c)) * 0x100000001b3;
        digest_ = (digest_ ^ threads.number()) * 0x100000001b3;  // FNV-1a
        threads.point();
        return !is_about_disk(name) || network.here().enter_disk();
    }
    /// The host of the thread that calls.
    simulated_host& here() noexcept { return network.here(); }
    /// Two threads used the same data without an order.
    void report_race() { threads.stop(simulation_end::data_race); }

    const simulation_options options;
    scheduler threads;
    simulated_network network;
    simulated_file_system& disk;  ///< of host 0, on which a run begins
    simulated_pages pages;
    xoshiro256 random;
    std::map<std::string, std::string, std::less<>> environment;
    std::map<std::byte*, disk_node_ref> views;  ///< of files, by address

private:
    static simulation*& active() noexcept {
        static simulation* one = nullptr;
        return one;
    }
    static bool is_about_disk(const char* name) noexcept {
        return *name == 'f' || *name == 'd' || *name == 'l';  // files, directories, listing
    }
    simulated_host& home() noexcept { return network.host(0); }

    simulation* before_;
    std::uint64_t digest_ = 0xcbf29ce484222325;
};

}  // namespace vitte::sys
