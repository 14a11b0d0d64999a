// WebAssembly for the subcommands: programs are run, functions called.
#pragma once

#include "command.hpp"

/// What `vitte run` has been asked for of a WebAssembly module.
struct program_request {
    std::string file;
    std::vector<std::string> words;      // the arguments, or the function and its arguments
    std::vector<std::string> folders;    // HOST or HOST::GUEST
    std::vector<std::string> variables;  // NAME=value
};

/// Whether the file starts like a WebAssembly module; false if it cannot be read.
bool is_wasm(const std::string& file);
/// Of a program that has run, what it says with its end.
exit_code run_wasm(const program_request& request);
