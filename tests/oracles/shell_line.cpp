// What a command does that we start, and what shells do that are given our line for it: `path PATH` sets that of this program,
// `shells PATH...` says which shells there are, and `run FOLDER PROGRAM [WHAT WITH]...` starts a command from a folder, and answers
// with the line and what the command and each shell say.
#include <unistd.h>

#include <cstdlib>
#include <vitte/sys/process.hpp>

#include "ask.hpp"

namespace {
using namespace vitte::sys;

std::string told(const vitte::result<captured>& done) {
    if (!done) return std::string("failed: ") + done.error().operation;
    return std::to_string(done->status.code) + '\n' + std::string(done->output_text()) + "\nerror:\n" + std::string(done->error_text());
}
/// Pairs of what is to be done and what with.
command built(const oracle::strings& asked) {
    command made(asked[2]);
    for (std::size_t i = 3; i + 1 < asked.size(); i += 2) {
        const std::string &what = asked[i], &with = asked[i + 1];
        const std::size_t equals = with.find('=');
        if (what == "argument") made.argument(with);
        if (what == "called") made.called(with);
        if (what == "set") made.set(with.substr(0, equals), with.substr(equals + 1));
        if (what == "unset") made.unset(with);
        if (what == "clear") made.clear_environment();
        if (what == "directory") made.directory(with);
        if (what == "no input") made.input(stdio::null());
        if (what == "no output") made.output(stdio::null());
        if (what == "no error") made.error(stdio::null());
        if (what == "merge") made.error(stdio::merge());
    }
    return made;
}
}  // namespace

int main() {
    oracle::strings shells;
    return oracle::answer_all([&](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "path") return {std::to_string(setenv("PATH", asked[1].c_str(), 1))};
        if (asked[0] == "shells") return shells.assign(asked.begin() + 1, asked.end()), oracle::strings{"0"};
        if (asked[0] != "run" || chdir(asked[1].c_str()) == -1) return {"no such question"};
        const command what = built(asked);
        const std::string line = what.shell_line();
        const capture_options some{.input = std::as_bytes(std::span("input", 5))};
        oracle::strings answered{line, told(capture(what, some))};
        for (const std::string& shell : shells) answered.push_back(told(capture(command(shell).arguments({"-c", line}), some)));
        return answered;
    });
}
