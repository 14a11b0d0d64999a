// No cache of libraries makes the view read outside it.
#pragma once

#include <vitte/loader/format/ld_cache.hpp>

#include "../require.hpp"

inline void fuzz_ld_cache(const std::uint8_t* data, std::size_t size) {
    namespace elf = vitte::loader::elf;
    const auto parsed = vitte::loader::ld_cache::parse(std::as_bytes(std::span(data, size)));
    if (!parsed) return;
    for (const char* name : {"", "libc.so.6", "libz.so.1"})
        static_cast<void>(parsed->find(name, elf::machine::x86_64, [](std::string_view path) {
            require(!path.empty() && path.find('\0') == path.npos);
            return false;
        }));
}
