// Regions against mmap and mprotect, the bump arena against malloc.
#include <sys/mman.h>

#include <cstdlib>

#include <vitte/sys/memory.hpp>

#include "row.hpp"

namespace {
using namespace vitte::sys;
constexpr std::size_t mebibyte = 1 << 20;

double region_cycle() {
    return bench::nanoseconds([] {
        auto r = *region::reserve(16 * mebibyte);
        if (!r.commit(0, mebibyte)) std::abort();
        r.data()[0] = std::byte{1};
    }, 2000);
}
double by_hand() {
    return bench::nanoseconds([] {
        void* const p = mmap(nullptr, 16 * mebibyte, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED || mprotect(p, mebibyte, PROT_READ | PROT_WRITE) != 0) std::abort();
        *static_cast<char*>(p) = 1;
        munmap(p, 16 * mebibyte);
    }, 2000);
}

constexpr int objects = 10'000;

double arena_objects() {
    static auto arena = *bump_arena::reserve(64 * mebibyte);
    const std::size_t mark = arena.mark();
    const double spent = bench::nanoseconds([] {
        for (int i = 0; i < objects; ++i) *static_cast<volatile char*>(arena.allocate(48)) = 1;
    }) / objects;
    arena.rewind(mark);
    return spent;
}
double malloc_objects() {
    static void* made[objects];
    const double spent = bench::nanoseconds([] {
        for (void*& p : made) *static_cast<volatile char*>(p = std::malloc(48)) = 1;
    }) / objects;
    for (void* p : made) std::free(p);
    return spent;
}
}  // namespace

int main() {
    bench::compare("region, reserve, commit, touch, release", "mmap, mprotect, munmap", 1.02, 30, region_cycle,
                   by_hand);
    bench::compare("bump arena, 48 bytes", "malloc", 0.5, 30, arena_objects, malloc_objects);
}
