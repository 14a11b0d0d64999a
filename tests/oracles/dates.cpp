// Answers of ours about dates: `civil NANOSECONDS`, `parse TEXT`.
#include <charconv>
#include <vitte/core/civil_time.hpp>

#include "ask.hpp"

namespace {
using vitte::rfc3339;

oracle::strings moment(const std::string& text) {
    std::int64_t nanoseconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), nanoseconds);
    const vitte::civil_time made = vitte::to_civil(nanoseconds);
    char written[rfc3339::max_size];
    return {std::string(rfc3339::format(made, written, 9)), std::to_string(vitte::from_civil(made).value_or(0))};
}
oracle::strings parsed(const std::string& text) {
    const auto made = rfc3339::parse(text);
    if (made) return {std::to_string(*made)};
    return {made.error().code == vitte::errc::out_of_range ? "out of range" : "malformed"};
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) { return asked[0] == "civil" ? moment(asked[1]) : parsed(asked[1]); });
}
