// vitte, the command-line tool: what a module is, and a call of one of its functions.
#include "command.hpp"

namespace {
constexpr const char* help = R"(usage: vitte COMMAND ...

  vitte inspect FILE [--json]               what an ELF, PE, Mach-O file or WebAssembly module is, needs and offers
  vitte inspect FILE.wasm --disassemble     the functions of a WebAssembly module as text
  vitte run FILE FUNCTION [ARGUMENT]...     loads a module and calls one of its functions
  vitte run PROGRAM.wasm [ARGUMENT]...      runs a WASI program
  vitte --version                           tells the version of vitte

`vitte COMMAND --help` tells more. Exit codes: 0 success; 1 the file, the call or the output failed; 2 wrong usage.
)";

exit_code do_command(const arguments& given) {
    if (given.empty()) {
        std::fputs(help, stderr);
        return misused;
    }
    const arguments rest(given.begin() + 1, given.end());
    if (given[0] == "--help" || given[0] == "-h" || given[0] == "help") {
        std::fputs(help, stdout);
        return succeeded;
    }
    if (given[0] == "--version" || given[0] == "version") {
        std::puts("vitte " VITTE_VERSION);
        return succeeded;
    }
    if (given[0] == "inspect") return inspect(rest);
    if (given[0] == "run") return run(rest);
    return complain(misused, std::string(given[0]) + ": not a command",
                    suggestion(given[0], {"inspect", "run", "help", "--help", "--version"}, "vitte --help lists them"));
}
}  // namespace

int main(int argc, char** argv) {
    const exit_code ended = do_command({argv + 1, argv + argc});
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return ended;
    complain(failed, "the output could not be written", "is the disk full, or is there no stdout?");
    return ended == succeeded ? failed : ended;
}
