// Children that are ended with all below them: `stop`, `kill` or `capture`, how it begins (`same`, `own`, `session`), a folder with the
// script `0`, and how many lines its file `ready` has when all are there. Answers with what was captured, or how the child ended.
#include <algorithm>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/thread.hpp>

#include "ask.hpp"

namespace {
using namespace vitte::sys;

void await(const std::string& file, std::size_t lines) {
    for (;; this_thread::sleep_until(deadline::after(5_ms))) {
        const auto text = read(file.c_str());
        if (text && static_cast<std::size_t>(std::count(text->bytes().begin(), text->bytes().end(), std::byte{'\n'})) >= lines) return;
    }
}
std::string ended(const vitte::result<exit_status>& how) {
    return !how ? "unknown" : how->signal != 0 ? "by a signal" : std::to_string(how->code);
}
oracle::strings done(const oracle::strings& asked) {
    command what("sh");
    what.argument(asked[2] + "/0").directory(asked[2]).input(stdio::null());
    what.group(asked[1] == "own" ? process_group::own : asked[1] == "session" ? process_group::session : process_group::same);
    if (asked[0] == "capture") {
        const auto all = capture(what, {.limit = 3});
        return {all && all->end == capture_end::too_large ? std::string(all->output_text()) : "not captured"};
    }
    auto child = what.output(stdio::null()).error(stdio::null()).spawn();
    if (!child) return {"not started"};
    await(asked[2] + "/ready", std::stoul(asked[3]));
    if (asked[0] == "stop") return {ended(child->stop(deadline::after(200_ms)))};
    return {child->kill_tree() ? ended(child->wait()) : "not killed"};
}
}  // namespace

int main() { return oracle::answer_all(done); }
