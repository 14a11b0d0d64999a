// What a header declares, which clang reads, for vitte bind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "debug_files.hpp"

/// What the header at `path` declares of `library`: a file, or only the name of one. `options` are clang's. What clang
/// says about the header goes to stderr.
vitte::result<vitte::loader::bind::library, debug_complaint> declared_library_of(
    const std::string& path, const std::string& library, const std::vector<std::string_view>& options);
