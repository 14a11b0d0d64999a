// Versions that go together, of 5,000 packages and 50,000 versions that are shaped like npm's.
#include <cstdlib>

#include "../tests/support/made_registry.hpp"
#include "row.hpp"

int main() {
    using namespace vitte;
    for (const bool apart : {true, false}) {
        made_registry registry = made_registry::like_npm(5000, 10, apart);
        registry.apart = apart;
        std::vector<std::string> names;
        std::vector<loader::requirement> needs;
        for (std::size_t i = 0; i < 40; ++i) names.push_back(made_registry::name_of(4990 - 57 * i));
        for (const std::string& name : names) needs.push_back({name, "*"});
        std::vector<double> times;
        std::size_t found = 0;
        for (int i = 0; i < 21; ++i)
            times.push_back(bench::nanoseconds([&] {
                const auto made =
                    loader::resolve_versions(registry, {"root", {}, needs}, {.language = semver::dialect::npm});
                if (!made) std::exit(1);
                found = made->size();
            }));
        const std::string claim = "resolver: " + std::to_string(found) + " versions chosen of 50,000" +
                                  (apart ? ", majors side by side" : "");
        bench::row(claim.c_str(), bench::median(times), 50e6, "50 ms", 1);
    }
}
