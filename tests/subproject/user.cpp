#include <cstdio>
#include <vitte/core/crc32.hpp>
#include <vitte/loader/configuration/selected.hpp>

// Two modules of the program, of which the build chooses.
[[gnu::noinline]] inline void start_kept() { std::puts("the kept one"); }
[[gnu::noinline]] inline void start_dropped() { std::puts("the dropped one"); }

int main() {
    using vitte::loader::module_enabled;
    if constexpr (module_enabled<"acme/kept">) start_kept();
    if constexpr (module_enabled<"acme/dropped">) start_dropped();
    constexpr std::byte text[]{std::byte{'a'}};
    return vitte::crc32(text) == 0xE8B7BE43 ? 0 : 1;
}
