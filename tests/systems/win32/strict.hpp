// Windows as strict as it is, in wine: README.md has a line with the source for each quirk. What tests ask the implementations.
#pragma once

namespace systems {

/// What this process has done that works in wine, but not, or not so, in Windows.
struct misuse {
    int wrong_sizes = 0;     ///< structures that are shorter than the SDK's
    int bound_threads = 0;   ///< by SetThreadAffinityMask
    int unstored_views = 0;  ///< were given to their files, whose buffers were not flushed
};
misuse misused() noexcept;

}  // namespace systems
