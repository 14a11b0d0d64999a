// WebAssembly for the subcommands: programs are run, functions called.
#pragma once

#include <cstddef>
#include <span>

#include "command.hpp"

/// What `vitte run` has been asked for of a WebAssembly module.
struct program_request {
    std::string file;
    std::vector<std::string> words;      // the arguments, or the function and its arguments
    std::vector<std::string> folders;    // HOST or HOST::GUEST
    std::vector<std::string> variables;  // NAME=value
    bool is_script = false;              // it was a Vitte program
    bool is_test = false;                // the words are names of its tests
    std::string entry = {};              // the function that a container calls the program, empty if there is none
};

/// Runs the WebAssembly module `bytes`; of a program the exit code is what it ends with.
exit_code run_module(std::span<const std::byte> bytes, const program_request& request);
/// Whether the file's name is that of a Vitte program.
bool is_script(const std::string& file);
/// Compiles the Vitte program `text` and runs it, or tells what is wrong with it.
exit_code run_script(std::string_view text, program_request request);
