// Answers of ours about addresses: `4 TEXT`, `6 TEXT`, `endpoint TEXT`, `network TEXT`.
#include <vitte/core/ip_endpoint.hpp>
#include <vitte/core/ip_network.hpp>

#include "ask.hpp"

namespace {
using namespace vitte;

template <class T>
oracle::strings canonical(const std::string& text) {
    const auto made = T::parse(text);
    char room[T::max_size];
    if (made) return {std::string(made->write(room))};
    return {made.error().code == errc::invalid_argument ? "untidy" : "malformed"};
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) {
        if (asked[0] == "4") return canonical<ipv4_address>(asked[1]);
        if (asked[0] == "6") return canonical<ipv6_address>(asked[1]);
        return asked[0] == "endpoint" ? canonical<ip_endpoint>(asked[1]) : canonical<ip_network>(asked[1]);
    });
}
