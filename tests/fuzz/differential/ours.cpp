// Our side of differential.py: makes modules from seeds, and tells what they do, or whether they are valid, here.
//
//   ours run FIRST COUNT PACK OUTCOMES [LIMIT]          modules by the generator, and calls
//   ours validate FIRST COUNT PACK OUTCOMES FILE...     modules by the generator, or the files, with bytes changed
//   ours limits FIRST COUNT PACK OUTCOMES               modules at and beyond each limit, by turns
//
// FEATURES in the environment are the names of `wasm::features` that node has, too. PACK gets, for each module, the
// length of the rest (u32), the seed (u64), the number of calls (u32), for each call the length of its name (u8), the
// name and its arguments (u64 each), then the module. OUTCOMES gets a line for each, and the number of functions in
// all.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "limits.hpp"
#include "world.hpp"

namespace {
using namespace wasm_fuzz;

wasm::features shared_features() {
    const char* const listed = std::getenv("FEATURES");
    const std::string names = std::string(" ") + (listed == nullptr ? "simd tail_calls" : listed) + " ";
    const auto has = [&](const char* name) { return names.find(std::string(" ") + name + " ") != names.npos; };
    return {has("simd"),       has("tail_calls"),         has("multiple_memories"),
            has("memory64"),   has("extended_constants"), has("typed_references"),
            has("exceptions"), has("relaxed_simd")};
}

void write(std::FILE* to, const std::vector<std::byte>& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), to) != bytes.size() || std::fflush(to) != 0) std::exit(3);
}
void pack(std::FILE* to, std::uint64_t seed, const generated& module) {
    writer record;
    record.fixed(seed, 8), record.fixed(module.calls.size(), 4);
    for (const call& c : module.calls) {
        record.put(c.name.size());
        for (const char letter : c.name) record.put(letter);
        for (const std::uint64_t a : c.arguments) record.fixed(a, 8);
    }
    record.append(module.bytes);
    writer all;
    all.fixed(record.bytes.size(), 4), all.append(record.bytes);
    write(to, all.bytes);
}

/// How a module is translated depends on its seed.
wasm::compile_options options_of(std::uint64_t seed, const wasm::features& allowed) {
    wasm::compile_options made;
    made.allowed = allowed;
    made.checked_memory = seed % 2 == 0 || !wasm::store::guards();
    made.metered = seed % 8 >= 6;
    made.interruptible = seed % 8 >= 2 && seed % 8 < 4;
    return made;
}

/// Flips, inserts, deletes, copies and overwrites.
void change(std::vector<std::byte>& bytes, choices& by) {
    for (std::uint32_t n = 1 + by.below(3); n-- > 0 && bytes.size() > 8;) {
        const auto at = static_cast<std::ptrdiff_t>(8 + by.bits() % (bytes.size() - 8));
        std::byte& here = bytes[static_cast<std::size_t>(at)];
        switch (by.below(6)) {
            case 0: here ^= static_cast<std::byte>(1 << by.below(8)); break;
            case 1: here = static_cast<std::byte>(by.bits() & 0xff); break;
            case 2: bytes.insert(bytes.begin() + at, static_cast<std::byte>(by.bits() & 0xff)); break;
            case 3: bytes.erase(bytes.begin() + at); break;
            case 4: here = static_cast<std::byte>(std::to_integer<unsigned>(here) + by.below(5) - 2); break;
            default: here = bytes[8 + by.bits() % (bytes.size() - 8)];
        }
    }
}
std::string verdict(const std::vector<std::byte>& bytes, const wasm::features& allowed) {
    wasm::compile_options options;
    options.allowed = allowed;
    const auto made = wasm::compiled_module::compile(bytes, options);
    if (made) return "valid";
    return std::string("refused ") + (made.error().code == vitte::errc::not_supported ? "feature " : "") +
           (made.error().code == vitte::errc::too_large ? "limit " : "") + made.error().reading + ": " +
           made.error().reason + " at " + std::to_string(made.error().offset);
}
std::vector<std::byte> content_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto* const from = reinterpret_cast<const std::byte*>(text.data());
    return {from, from + text.size()};
}
}  // namespace

int main(int count, char** words) {
    if (count < 6) return 2;
    const std::uint64_t first = std::strtoull(words[2], nullptr, 10), all = std::strtoull(words[3], nullptr, 10);
    const std::string_view mode = words[1];
    const bool runs = mode == "run";
    const std::int64_t limit = runs && count > 6 ? std::strtoll(words[6], nullptr, 10) : INT64_MAX;
    std::FILE* const to = std::fopen(words[4], "wb");
    std::FILE* const outcomes = std::fopen(words[5], "w");
    if (to == nullptr || outcomes == nullptr) return 2;
    const wasm::features allowed = shared_features();
    std::vector<std::vector<std::byte>> files;
    for (int i = 6; !runs && i < count; ++i) files.push_back(content_of(words[i]));
    std::size_t functions = 0;
    for (std::uint64_t seed = first; seed < first + all; ++seed) {
        choices by(seed);
        generated module;
        if (mode == "limits")
            module.bytes = limit_modules({}).make(seed);
        else if (!files.empty() && seed % 2 == 0)
            module.bytes = by.one_of(files);
        else
            module = generate(by, allowed, limit);
        if (mode == "validate") {
            module.calls.clear();
            if (seed % 64 != 1) change(module.bytes, by);
        }
        pack(to, seed, module);
        const wasm::compile_options options = options_of(seed, allowed);
        const std::string told = runs ? world(module, options, functions).told()
                                      : verdict(module.bytes, mode == "limits" ? wasm::features() : allowed);
        std::fprintf(outcomes, "%llu %s\n", static_cast<unsigned long long>(seed), told.c_str());
        std::fflush(outcomes);
    }
    std::fprintf(outcomes, "functions %zu\n", functions);
    return std::fclose(to) | std::fclose(outcomes);
}
