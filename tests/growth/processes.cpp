// Processes that are killed with all below them.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <memory>
#include <vector>

#include <vitte/sys/process.hpp>
#include <vitte/sys/thread.hpp>

#include "growth.hpp"

namespace {
using growth::job;
using namespace vitte::sys;
using vitte::result;

/// How many of the group `leader` are suspended.
std::size_t suspended(std::uint64_t leader) {
    std::vector<process_entry> all(10'000);
    const auto count = native::processes::list(all.data(), all.size());
    std::size_t found = 0;
    for (std::size_t i = 0; i < count.value_or(0); ++i)
        found += all[i].group == leader && all[i].is == process_entry::state::suspended;
    return found;
}
/// `count` processes in a group, which all stand still, so that looking again shows nothing new.
result<process> started(std::string_view script, std::size_t size, std::size_t count) {
    auto what = command("sh").arguments({"-c", script, "sh", std::to_string(size)});
    VITTE_TRY(auto one, what.output(stdio::pipe()).group(process_group::own).spawn());
    std::byte ready;
    VITTE_CHECK(one.output().read({&ready, 1}));
    VITTE_CHECK(native::processes::send_group(one.native_handle(), process_signal::suspend));
    while (suspended(one.id()) != count) this_thread::sleep_until(deadline::after(20'000'000));
    return one;
}

/// Each run has its own to kill. Those that lose their parents come to this process, which waits for them, so that
/// lists do not have them any more.
job killed(std::string_view script, std::size_t size, std::size_t count) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto all = std::make_shared<std::vector<process>>();
    for (int i = 0; i < 2; ++i) {
        auto one = started(script, size, count);
        if (!one) return [] { return false; };
        all->push_back(std::move(*one));
    }
    return [all, count, at = std::size_t{0}]() mutable {
        process& one = (*all)[at++];
        if (!one.kill_tree() || one.wait()->succeeded()) return false;
        for (std::size_t left = count - 1; left != 0; --left)
            if (::waitpid(-1, nullptr, 0) == -1) return false;
        return true;
    };
}

constexpr growth::shape all[] = {
    {"siblings that are killed", 200, [](std::size_t size) -> job {
        return killed("i=0; while [ $i -lt $1 ]; do sleep 1000 & i=$((i + 1)); done; echo; wait", size, size + 1);
    }},
    {"generations that are killed", 200, [](std::size_t size) -> job {
        return killed("f() { if [ $1 -gt 0 ]; then (f $(($1 - 1)); :); else echo; read x; fi; }; f $1 < /dev/zero", size, size + 1);
    }},
};
}  // namespace

std::span<const growth::shape> growth::processes() { return all; }
