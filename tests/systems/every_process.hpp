// All processes, as proc(5) of Linux tells of them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "host.hpp"

namespace systems {

/// Calls `visit(id, state, parent, group)` for each process.
template <class Visit>
void for_each_process(Visit visit) {
    DIR* const all = ::opendir("/proc");
    while (const dirent* const one = ::readdir(all)) {
        std::ifstream file(std::string("/proc/") + one->d_name + "/stat");
        std::string text;
        if (std::atoi(one->d_name) == 0 || !std::getline(file, text)) continue;
        std::istringstream rest(text.substr(text.rfind(')') + 2));
        char state = 'Z';
        pid_t parent = 0, group = 0;
        rest >> state >> parent >> group;
        visit(static_cast<pid_t>(std::atoi(one->d_name)), state, parent, group);
    }
    ::closedir(all);
}

}  // namespace systems
