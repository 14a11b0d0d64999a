// The test suites of WebAssembly's specification. They are too large to stand here: VITTE_WASM_SUITE_2 names the folder
// of Release 2.0, with `core` and `simd` in it, VITTE_WASM_SUITE_3 that of 3.0. VITTE_WASM_VERBOSE=1 tells each
// assertion that fails.
#include "suite.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

namespace {
namespace wasm = vitte::loader::wasm;

/// Of each file, the assertions that need garbage collection, which is not there.
const std::map<std::string, int> lacking{{"core/ref_null.json", 34},
                                         {"core/type-rec.json", 20},
                                         {"bulk-memory/table_init.json", 2},
                                         {"memory64/table_init64.json", 2}};

void run(const char* variable, const std::vector<std::string>& folders, const wasm::compile_options& options) {
    const char* const root = std::getenv(variable);
    if (root == nullptr) {
        std::printf("skipped: the WebAssembly test suite: %s names no folder\n", variable);
        return;
    }
    const char* const verbose = std::getenv("VITTE_WASM_VERBOSE");
    suite::counts all;
    for (const std::string& folder : folders) {
        if (VITTE_WASM_SMALL && folder.find("simd") != std::string::npos) continue;
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(std::string(root) + "/" + folder))
            if (entry.path().extension() == ".json") names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            const auto counted = suite::runner(std::string(root) + "/" + folder, options, verbose != nullptr).run(name);
            std::printf("%-60s %6d passed, %d failed, %d about text\n", (folder + "/" + name).c_str(), counted.passed,
                        counted.failed, counted.text);
            const auto known = lacking.find(folder + "/" + name);
            const int allowed = options.allowed.typed_references && known != lacking.end() ? known->second : 0;
            BOOST_TEST(counted.failed <= allowed, folder << "/" << name << ": " << counted.failed << " failed");
            all.passed += counted.passed;
            all.failed += counted.failed;
            all.text += counted.text;
        }
    }
    std::printf("%s: %d passed, %d failed, %d about the text format\n", variable, all.passed, all.failed, all.text);
}
const std::vector<std::string> release_2{"core", "simd"},
    release_3{"core", "simd", "bulk-memory", "exceptions", "memory64", "multi-memory", "relaxed-simd"};
}  // namespace

BOOST_AUTO_TEST_CASE(release_2_0) {
    wasm::compile_options options;
    options.allowed = wasm::features::release_2();
    run("VITTE_WASM_SUITE_2", release_2, options);
}
BOOST_AUTO_TEST_CASE(release_2_0_in_guarded_memories) {
    if (!wasm::store::guards()) return;
    wasm::compile_options options;
    options.allowed = wasm::features::release_2();
    options.checked_memory = false;
    run("VITTE_WASM_SUITE_2", release_2, options);
}
BOOST_AUTO_TEST_CASE(release_2_0_metered) {
    wasm::compile_options options;
    options.allowed = wasm::features::release_2();
    options.metered = options.interruptible = true;
    run("VITTE_WASM_SUITE_2", release_2, options);
}
BOOST_AUTO_TEST_CASE(release_3_0) { run("VITTE_WASM_SUITE_3", release_3, {}); }
