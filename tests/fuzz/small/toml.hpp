// No text makes the reader of TOML read outside it, run for long, or make a document that is not written as JSON and
// read again as the same.
#pragma once

#include <string>
#include <vitte/core/json.hpp>
#include <vitte/core/toml.hpp>

#include "../require.hpp"

namespace {

/// The number of values, infinite ones and those that are no number not among them.
std::size_t look_at_toml(vitte::json::value what, bool& finite) {
    using namespace vitte;
    std::size_t count = 1;
    require(what.kind() != json::kind::null);
    if (what.kind() == json::kind::moment) {
        const auto made = toml::date_time::of(what);
        require(made && (made->has_date || made->has_time) &&
                (!made->has_offset || (made->has_date && made->has_time)));
        static_cast<void>(made->nanoseconds());
    }
    if (what.kind() == json::kind::number) {
        const auto number = what.get<double>();
        require(number && !what.number_text().empty());
        finite = finite && *number - *number == 0;
    }
    if (const auto elements = what.elements())
        for (const json::value one : *elements) count += look_at_toml(one, finite);
    if (const auto members = what.members())
        for (const auto [name, value] : *members) {
            require(what.find(name).kind() == value.kind());
            count += look_at_toml(value, finite);
        }
    return count;
}

}  // namespace

inline void fuzz_toml(const std::uint8_t* data, std::size_t size) {
    using namespace vitte;
    const std::string text(reinterpret_cast<const char*>(data), size < 3000 ? size : 3000);
    const auto made = toml::read(text, {.depth = 200});
    if (!made) return require(made.error().offset <= text.size() && made.error().message().size() != 0);
    bool finite = true;
    require(look_at_toml(made->root(), finite) <= text.size() + 1);
    json::growing_output written, again;
    json::writer to(written), to_again(again);
    json::write(to, made->root());
    require(to.finish().has_value() == finite);
    if (!finite) return;
    const std::string json_text(written.text());
    const auto read = json::read(json_text);
    require(read.has_value());
    json::write(to_again, read->root());
    require(to_again.finish().has_value() && again.text() == json_text);
}
