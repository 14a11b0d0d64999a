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
};

/// Whether the file starts like a WebAssembly module; false if it cannot be read.
bool is_wasm(const std::string& file);
/// Of a program that has run, what it says with its end.
exit_code run_wasm(const program_request& request);
/// The same of a module in memory.
exit_code run_module(std::span<const std::byte> bytes, const program_request& request);
/// Whether the file's name is that of a Vitte program.
bool is_script(const std::string& file);
/// Compiles the Vitte program and runs it, or tells what is wrong with it.
exit_code run_script(program_request request);
