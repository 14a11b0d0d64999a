// The program that tests start as a child: child.c.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>
#include <vitte/sys/process.hpp>

#include "fixtures.hpp"

/// The helper, through the emulator that runs this program too.
inline vitte::sys::command child(std::initializer_list<std::string_view> arguments) {
    std::string words = std::getenv("VITTE_EMULATOR") != nullptr ? std::getenv("VITTE_EMULATOR") : "";
    std::vector<std::string> all;
    for (std::size_t end; !words.empty(); words.erase(0, end == std::string::npos ? end : end + 1))
        all.push_back(words.substr(0, end = words.find(' ')));
    all.emplace_back(child_program());
    vitte::sys::command made(all[0]);
    for (std::size_t i = 1; i < all.size(); ++i) made.argument(all[i]);
    return made.arguments(arguments);
}
