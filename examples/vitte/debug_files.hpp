// Where the debug information of a library is, and what it says, for the subcommands.
#pragma once

#include <string>
#include <vitte/core/result.hpp>
#include <vitte/loader/bind/model.hpp>

/// What is wrong, and what to do.
struct debug_complaint {
    std::string what, hint;
};

/// What the library at `path` offers, by the debug information in it, in `debug`, or where Debian has it.
vitte::result<vitte::loader::bind::library, debug_complaint> library_of(const std::string& path,
                                                                        const std::string& debug);

/// The type of a function of the library at `path` as `vitte run --signature` takes it: from `description`, which
/// `vitte bind --json` has written, or if that is empty from debug information. Empty if neither knows it.
vitte::result<std::string, debug_complaint> signature_of(const std::string& path, const std::string& function,
                                                         const std::string& description);
