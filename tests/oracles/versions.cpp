// Answers of ours about versions: `compare A B`, `contains RANGE VERSION...` in npm's meaning, `sets RANGE RANGE VERSION...`.
#include <vitte/core/semver.hpp>

#include "ask.hpp"

namespace {
using namespace vitte;

oracle::strings compared(const std::string& a, const std::string& b) {
    const auto first = semver::version::parse(a), second = semver::version::parse(b);
    if (!first || !second) return {"malformed"};
    return {*first < *second ? "-1" : *first == *second ? "0" : "1"};
}

/// For each version, whether it is in the first range, the second, both, one of them, only the first, not in the first.
oracle::strings contained(const oracle::strings& asked) {
    const auto a = semver::read_range(asked[1], semver::dialect::npm), b = semver::read_range(asked[2], semver::dialect::npm);
    if (!a || !b) return {!a ? "malformed" : "", !b ? "malformed" : ""};
    oracle::strings made;
    const auto both = intersection(*a, *b), either = set_union(*a, *b), only = difference(*a, *b);
    const auto rest = complement(std::move(*set_union(*a, {})));
    for (std::size_t i = 3; i < asked.size(); ++i) {
        const auto v = *semver::version::parse(asked[i]);
        std::string bits;
        for (const auto* set : {&*a, &*b, &*both, &*either, &*only, &rest}) bits += set->contains(v) ? '1' : '0';
        made.push_back(bits);
    }
    return made;
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) { return asked[0] == "compare" ? compared(asked[1], asked[2]) : contained(asked); });
}
