// Answers of ours about JSON: `read TEXT` is the document's canonical text or why there is none; `double TEXT` is what a number is
// as a double; `write BITS` is the text of a double.
#include <bit>
#include <vitte/core/json.hpp>

#include "ask.hpp"

namespace {
namespace json = vitte::json;

std::string text_of(double value) {
    char room[vitte::longest_double];
    return std::string(room, vitte::write_double(room, value));
}

/// Doubles as Python writes them are not ours: they are told by their bits.
void tell(json::writer<json::growing_output>& to, json::value what) {
    if (const auto elements = what.elements()) {
        to.begin_array();
        for (const json::value one : *elements) tell(to, one);
        to.end_array();
    } else if (const auto members = what.members()) {
        to.begin_object();
        for (const auto [name, value] : *members) {
            to.name(name);
            tell(to, value);
        }
        to.end_object();
    } else if (what.kind() == json::kind::number && !what.get<std::int64_t>() && !what.get<std::uint64_t>() && what.get<double>() &&
               what.number_text().find_first_of(".eE") != std::string_view::npos) {
        to.value("bits " + std::to_string(std::bit_cast<std::uint64_t>(*what.get<double>())));
    } else {
        json::write(to, what);
    }
}

std::string canonical(const std::string& text) {
    const auto made = json::read(text, {.depth = 100});
    if (!made) return "error at " + std::to_string(made.error().offset);
    json::growing_output told;
    json::writer to(told);
    tell(to, made->root());
    return to.finish() ? std::string(told.text()) : "not written";
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "read") return {canonical(asked[1])};
        if (asked[0] == "write") return {text_of(std::bit_cast<double>(static_cast<std::uint64_t>(std::stoull(asked[1]))))};
        return {std::to_string(std::bit_cast<std::uint64_t>(vitte::decimal_to_double(asked[1])))};
    });
}
