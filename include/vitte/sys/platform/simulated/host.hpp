/// `simulated_host`: a computer in a simulation, with a disk, addresses and programs of its own.
#pragma once

#include <vitte/core/ip_address.hpp>
#include <vitte/sys/platform/simulated/file_system.hpp>

namespace vitte::sys {

/// It belongs to a simulation and stays where it is. All of it may be used inside and outside of a run, but for
/// `start`, which is for inside.
class simulated_host {
public:
    simulated_host(unsigned wanted_number, std::string_view wanted_name, scheduler& own_threads,
                   const simulation_options& options)
        : number(wanted_number), name(wanted_name), disk(own_threads, options), threads_(own_threads) {}
    simulated_host(const simulated_host&) = delete;
    simulated_host& operator=(const simulated_host&) = delete;

    const unsigned number;  ///< the simulation's first host is 0, on which a run begins
    const std::string name;
    simulated_file_system disk;
    std::vector<ip_address> addresses;  ///< besides those of the loopback

    /// Runs `program` as a thread of this host, which is switched on if it was off. What it starts is of this host,
    /// too. When the power fails they end where they are, and `program` is destroyed: what is to be freed then belongs
    /// to it, and not to frames on its stack. Its calls fail meanwhile.
    result<void> start(std::function<void()> program) {
        is_off_ = false;
        programs_.push_back(std::make_unique<std::function<void()>>(std::move(program)));
        result<unsigned> started = fail(errc::not_supported, "start a program: outside of a run");
        if (threads_.running())
            threads_.as_group(number, [&] { started = threads_.start(&run, programs_.back().get()); });
        if (!started) return programs_.pop_back(), unexpected(started.error());
        return threads_.detach(*started);
    }

    bool is_off() const noexcept { return is_off_; }
    /// Cuts the power now: programs end, sockets are gone, and the disk keeps what was synced and perhaps more. On
    /// host 0, where the test itself runs, programs go on, and calls about files fail. Does not return to a program of
    /// this host.
    void cut_power() {
        if (is_off_) return;
        is_off_ = true;
        fatal_call_ = 0;
        disk.crash(threads_.decisions());
        if (number == 0) return;
        if (when_off_) when_off_(*this);
        forget_programs();
        threads_.end_group(number);
    }
    /// Cuts the power when the `call`th call of this host about files or folders begins, from 1 on, counted from now.
    void cut_power_at(std::uint64_t call) noexcept { fatal_call_ = disk_calls_ + call; }
    /// Switches it on, after `cut_power` if it was not off. No program runs.
    void restart() {
        cut_power();
        is_off_ = false;
        fatal_call_ = 0;
    }
    /// How many calls about files and folders there were.
    std::uint64_t disk_calls() const noexcept { return disk_calls_; }

    /// A call about files or folders begins; false if there is no power.
    bool enter_disk() {
        if (++disk_calls_ == fatal_call_) cut_power();
        return !is_off_;
    }
    /// What else ends with the power.
    void set_when_off(std::function<void(simulated_host&)> wanted) { when_off_ = std::move(wanted); }
    /// Destroys them, whether they have ended or never will.
    void forget_programs() {
        threads_.as_group(number, [&] { programs_.clear(); });
    }

private:
    static void run(void* opaque) {
        auto& program = *static_cast<std::function<void()>*>(opaque);
        program();
        program = nullptr;
    }

    scheduler& threads_;
    std::vector<std::unique_ptr<std::function<void()>>> programs_;
    std::function<void(simulated_host&)> when_off_;
    bool is_off_ = false;
    std::uint64_t disk_calls_ = 0, fatal_call_ = 0;
};

}  // namespace vitte::sys
