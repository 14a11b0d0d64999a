/// When debuggers are told of linked objects.
#pragma once

#include <cstdint>

namespace vitte::loader::native::debugger {

/// Whether linked objects are announced, which takes a copy of each.
enum class announce : std::uint8_t {
    if_watched,  ///< if a debugger waits for that when they are linked; one that is attached later does not see them
    always,
    never,
};

}  // namespace vitte::loader::native::debugger
