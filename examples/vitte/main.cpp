// vitte, the command-line tool: what a module is, a call of one of its functions, and signatures.
#include "command.hpp"

namespace {
constexpr const char* help = R"(usage: vitte COMMAND ...

  vitte inspect FILE [--json]               what an ELF, PE, Mach-O file, WebAssembly module or container is and offers
  vitte inspect FILE.wasm --disassemble     the functions of a WebAssembly module as text
  vitte run FILE FUNCTION [ARGUMENT]...     loads a module and calls one of its functions
  vitte run PROGRAM.wasm [ARGUMENT]...      runs a WASI program
  vitte run PROGRAM.vit [PROCEDURE ...]     compiles a Vitte program and runs it
  vitte run CONTAINER [FUNCTION] ...        runs what is in a container; --policy FILE: only if it is signed as FILE wants
  vitte check PROGRAM.vit... [--json]       what is wrong with Vitte programs
  vitte test PROGRAM.vit...                 runs the tests of Vitte programs
  vitte emit PROGRAM.vit [--stage STAGE]    what the compiler makes of one: WebAssembly, or a stage before
  vitte pack DESCRIPTION.json -o FILE       a container of a module in several forms
  vitte unpack FILE FOLDER                  what is in a container
  vitte key new|show|sign|verify|trust|revoke ...   makes keys, signs files and verifies signatures, as minisign does; policies
  vitte store add|get|list|verify|gc ...    keeps modules by content, name and version, in a folder that is shared
  vitte resolve FILE|NAME[@RANGE]... ...    which versions of modules go together, and why
  vitte bind LIBRARY [-o HEADER]            a C++ header of a library's functions and types, from its debug information
  vitte serve ...                           holds modules in one process, for those that follow
  vitte load|call|modules|unload|reload|watch ...   has it load a module, call a function, tell what it holds
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
    if (given[0] == "check") return check(rest);
    if (given[0] == "emit") return emit(rest);
    if (given[0] == "test") return test(rest);
    if (given[0] == "bind") return bind(rest);
    if (given[0] == "key") return key(rest);
    if (given[0] == "resolve") return resolve(rest);
    if (given[0] == "pack") return pack(rest);
    if (given[0] == "unpack") return unpack(rest);
    if (given[0] == "store") return store(rest);
    if (given[0] == "serve") return serve(rest);
    for (const std::string_view one : {"load", "call", "modules", "unload", "reload", "watch"})
        if (given[0] == one) return ask_server(one, rest);
    return complain(misused, std::string(given[0]) + ": not a command",
                    suggestion(given[0], {"inspect", "run",    "check",  "emit",    "test",  "pack",   "unpack",
                                          "bind",    "key",    "store",  "resolve", "serve", "load",   "call",
                                          "modules", "unload", "reload", "watch",   "help",  "--help", "--version"},
                               "vitte --help lists them"));
}
}  // namespace

int main(int argc, char** argv) {
    const exit_code ended = do_command({argv + 1, argv + argc});
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return ended;
    complain(failed, "the output could not be written", "is the disk full, or is there no stdout?");
    return ended == succeeded ? failed : ended;
}
