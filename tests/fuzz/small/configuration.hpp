// No text makes the readers of schemas and configurations read outside it, run for long, or take options that the
// schema does not allow. A schema, a line of "=", and a configuration, of TOML unless it begins with "{".
#pragma once

#include <string>
#include <vitte/loader/configuration.hpp>

#include "../require.hpp"

inline void fuzz_configuration(const std::uint8_t* data, std::size_t size) {
    using namespace vitte;
    using namespace vitte::loader;
    const std::string_view all(reinterpret_cast<const char*>(data), size < 3000 ? size : 3000);
    const std::size_t line = std::min(all.find("\n=\n"), all.size());
    const auto schema = option_schema::read(all.substr(0, line));
    if (!schema) return require(schema.error().message().size() != 0);
    option_schemas known;
    known["a"] = *schema;
    known["b/c"];
    const std::string_view text = all.substr(std::min(line + 3, all.size()));
    const auto format = text.starts_with('{') ? configuration_format::json : configuration_format::toml;
    const auto made = configuration::read(text, format, known, "file");
    if (!made) {
        const configuration_error& why = made.error();
        return require(why.line != 0 && why.message().starts_with("file:"));
    }
    require(changes_between(*made, *made).empty() && made->modules.size() <= 2);
    for (const module_configuration& one : made->modules) {
        const auto options = json::read(one.options);
        require(options && made->find(one.name) == &one);
        if (one.name != "a" || (!one.enabled && one.options == "{}")) continue;
        // What a module gets says all that there is to say.
        require(schema->values(options->root(), options->root()).value() == one.options);
    }
}
