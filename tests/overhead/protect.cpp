#include <sys/mman.h>

#include <vitte/sys/memory/region.hpp>

#include "pair.hpp"

namespace {
/// What a careful person writes by hand: base and size together, and no call for pages outside.
struct {
    char* base;
    std::size_t size;

    int protect(std::size_t offset, std::size_t length, int rights) const {
        if (offset > size || length > size - offset) __builtin_trap();
        return mprotect(base + offset, length, rights);
    }
} pages;
}  // namespace

int main(int argc, char** argv) {
    static auto region = *vitte::sys::region::reserve(16 * 4096);
    pages = {static_cast<char*>(mmap(nullptr, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), 16 * 4096};
    return run_pair(argc, argv,
        [] {
            if (!region.protect(4096, 4096, vitte::sys::access::read)) std::abort();
            if (!region.protect(4096, 4096, vitte::sys::access::read_write)) std::abort();
        },
        [] {
            if (pages.protect(4096, 4096, PROT_READ) == -1) std::abort();
            if (pages.protect(4096, 4096, PROT_READ | PROT_WRITE) == -1) std::abort();
        });
}
