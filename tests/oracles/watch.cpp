// Answers of ours about changes in folders: `watch FOLDER`, `told`, `forget`.
#include <memory>

#include <vitte/sys/fs/watch.hpp>

#include "ask.hpp"

namespace {
using namespace vitte::sys;

std::unique_ptr<watcher> watching;

/// What changed since it was asked last: paths and changes by turns. All has happened already.
oracle::strings told() {
    oracle::strings all{"told"};
    const auto visit = [&](const watch_event& event) {
        all.emplace_back(event.path);
        all.push_back(std::to_string(event.changes));
    };
    const auto waited = watching->wait(visit, deadline::after(1'000'000), 0);
    if (waited || waited.error().code == vitte::errc::timed_out) return all;
    return {vitte::message(waited.error().code)};
}

oracle::strings answer(const oracle::strings& asked) {
    if (asked[0] == "told") return told();
    watching.reset();
    if (asked[0] == "forget") return {};
    auto made = watcher::create();
    if (!made || !made->add(asked[1].c_str())) return {"refused"};
    watching = std::make_unique<watcher>(std::move(*made));
    return {"watching"};
}
}  // namespace

int main() { return oracle::answer_all(answer); }
