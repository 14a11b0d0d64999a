// Runs shapes of input under callgrind, each in sizes n, 2n and 4n, and has the instructions of each run dumped; says
// what memory each took. Without names it lists the shapes.
//
// usage: growth [SHAPE...]
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "growth.hpp"

// Everything that is allocated, through `operator new`, too.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}
namespace {
std::size_t allocated = 0;
}
extern "C" void* malloc(std::size_t size) { return allocated += size, __libc_malloc(size); }
extern "C" void* calloc(std::size_t count, std::size_t size) {
    return allocated += count * size, __libc_calloc(count, size);
}
extern "C" void* realloc(void* old, std::size_t size) { return allocated += size, __libc_realloc(old, size); }

namespace {
/// Counts the work on one input, after it has been done once uncounted: what is only done the first time does not
/// count.
bool run(const growth::shape& s, std::size_t size, const growth::job& work) {
    if (!work()) std::printf("%s of size %zu ends otherwise than it should\n", s.name.data(), size);
    const std::size_t before = allocated;
    CALLGRIND_TOGGLE_COLLECT;
    const bool good = work();
    CALLGRIND_TOGGLE_COLLECT;
    const std::string name = std::string(s.name) + '\t' + std::to_string(size);
    CALLGRIND_DUMP_STATS_AT(name.c_str());
    std::printf("%s\t%zu\n", name.c_str(), allocated - before);
    std::fflush(stdout);
    return good;
}
}  // namespace

int main(int count, char** names) {
    bool good = true;
    for (const auto shapes : {growth::formats(), growth::modules(), growth::links(), growth::paths(),
                              growth::processes()})
        for (const growth::shape& s : shapes) {
            if (count == 1) std::printf("%s\t%zu\n", s.name.data(), s.size);
            for (int i = 1; i < count; ++i)
                if (s.name == names[i])
                    for (std::size_t size = s.size; size <= 4 * s.size; size *= 2) good &= run(s, size, s.made(size));
        }
    return good ? 0 : 1;
}
