// What a file says of a plugin is found and read without harm, whether the file is the text or has it in a section.
#pragma once

#include <vitte/loader/plugin/description.hpp>

#include "../require.hpp"

inline void fuzz_plugins(const std::uint8_t* data, std::size_t size) {
    using namespace vitte::loader;
    const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
    const auto found = plugin_text(file);
    if (found) require(!found->empty() && found->size() <= most_of_plugin_text && found->back() != '\0');
    const std::string text = found ? *found : std::string(reinterpret_cast<const char*>(data), size);
    const auto said = plugin_description::read(text);
    if (found) require(!describe_plugin(file) || said);
    if (!said) {
        require(said.error().message().c_str()[0] != '\0');
        return;
    }
    require(is_module_name(said->name) && vitte::semver::version::parse(said->version));
    for (const plugin_need& need : said->needs)
        require(is_module_name(need.plugin.empty() ? need.service.name : need.plugin) && !need.title().empty());
    for (const service_name& one : said->provides) require(is_module_name(one.name));
    require(said->options.empty() || vitte::json::read(said->options));
}
