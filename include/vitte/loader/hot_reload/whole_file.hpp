/// Whether a file's bytes are all of it, as far as its format tells.
#pragma once

#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/format/macho/file.hpp>
#include <vitte/loader/format/macho/universal.hpp>
#include <vitte/loader/format/pe/file.hpp>
#include <vitte/loader/format/vitb/container.hpp>
#include <vitte/loader/format/wasm/file.hpp>

namespace vitte::loader {

/// Fails with what is missing or wrong, if `bytes` are the beginning of a file that is not all there: of ELF a section,
/// a segment or one of their tables reaches over the end; of PE and Mach-O a section or segment; a WebAssembly module
/// does not end where a section does, or has fewer bodies than functions; a container is not as it must be to its last
/// byte. What begins like none of them is whole if it has four bytes, and they are not zeros, as in a file that got
/// its size before its content.
inline result<void, parse_error> check_whole(std::span<const std::byte> bytes) {
    constexpr const char* reading = "file";
    const auto begins = [&](std::string_view with) {
        return bytes.size() >= with.size() && __builtin_memcmp(bytes.data(), with.data(), with.size()) == 0;
    };
    if (bytes.empty()) return malformed(reading, "it is empty", 0);
    if (bytes.size() < 4) return malformed(reading, "it is shorter than any module", bytes.size());
    if (begins("VITB")) {
        VITTE_CHECK(vitb::container::parse(bytes));
    } else if (begins("\177ELF")) {
        VITTE_TRY(const elf::file file, elf::file::parse(bytes));
        for (const elf::section s : file.sections()) VITTE_CHECK(file.content(s));
        for (const elf::segment s : file.segments()) VITTE_CHECK(file.content(s));
    } else if (wasm::file::is_module(bytes)) {
        VITTE_TRY(const wasm::file file, wasm::file::parse(bytes));
        std::size_t functions = 0, bodies = 0;
        VITTE_CHECK(file.for_each_function([&](const auto&) { ++functions; }));
        VITTE_CHECK(file.for_each_code([&](const auto&) { ++bodies; }));
        if (functions != bodies) return malformed(reading, "functions lack their code", bytes.size());
    } else if (begins("MZ")) {
        VITTE_TRY(const pe::file file, pe::file::parse(bytes));
        for (const pe::section s : file.sections()) VITTE_CHECK(file.content(s));
    } else if (begins("\xcf\xfa\xed\xfe") || begins("\xce\xfa\xed\xfe")) {
        VITTE_CHECK(macho::file::parse(bytes));
    } else if (begins(std::string_view("\0\0\0\0", 4))) {
        return malformed(reading, "it begins with zeros", 0);
    }
    return {};
}

}  // namespace vitte::loader
