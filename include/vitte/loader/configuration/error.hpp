/// `configuration_error`: what is wrong in a configuration, in the words of the person who wrote it.
#pragma once

#include <string>
#include <vitte/core/json/document.hpp>
#include <vitte/core/nearest_word.hpp>
#include <vitte/core/printable.hpp>

namespace vitte::loader {

/// Empty strings are facts that do not apply.
struct configuration_error {
    errc code = errc::malformed;
    std::string file = {};      ///< path of the file
    std::uint32_t line = 0;     ///< from 1; 0 if it is about no place in the text
    std::uint32_t column = 0;   ///< from 1, in characters
    std::string path = {};      ///< such as "modules.\"acme/image\".options.depth"
    std::string expected = {};  ///< such as "an integer from 1 to 9"; empty if `found` says all
    std::string found = {};     ///< such as "12"
    std::string meant = {};     ///< the name that was probably meant

    /// One line without a full stop: "app.toml:3:9: modules.log.options.depth: an integer from 1 to 9 is needed, found
    /// 12". Texts of the file are as `append_printable` has them.
    [[gnu::cold]] std::string message() const {
        std::string text;
        const auto add = [&text](const std::string& part, const char* after) {
            if (part.empty()) return;
            append_printable(text, part);
            text += after;
        };
        add(file, line == 0 ? ": " : ":");
        if (line != 0) text += std::to_string(line) + ":" + std::to_string(column) + ": ";
        add(path, ": ");
        add(expected, " is needed, found ");
        add(found, "");
        if (found.empty()) text += vitte::message(code);
        if (meant.empty()) return text;
        text += "; did you mean \"";
        add(meant, "\"?");
        return text;
    }
};

namespace detail {

inline unexpected<configuration_error> unusable(const json::read_error& why) {
    configuration_error e{.code = why.code, .line = why.line, .column = why.column};
    e.path = why.path;
    e.expected = why.expected;
    e.found = why.found;
    if (why.character[0] != 0) e.found += "'" + std::string(why.character) + "'";
    return unexpected(std::move(e));
}
/// An error about a value.
[[gnu::cold]] inline unexpected<configuration_error> unusable(json::value what, std::string expected, std::string found,
                                                              errc why = errc::malformed) {
    auto e = unusable(what.refuse(why, "", "").error());
    e.error().expected = std::move(expected);
    e.error().found = std::move(found);
    return e;
}
/// A member of a table, or of an object, that has no meaning there; `known` are those that have one.
template <class Words>
[[gnu::cold]] unexpected<configuration_error> unknown_member(json::value of, std::string_view name, const Words& known,
                                                             const char* found) {
    auto e = unusable(of.find(name), "", found, errc::not_found);
    e.error().meant = nearest_word(name, known);
    return e;
}
/// A short value as it is told.
inline std::string told(json::value what) {
    switch (what.kind()) {
        case json::kind::boolean: return *what.get<bool>() ? "true" : "false";
        case json::kind::number: return std::string(what.number_text().substr(0, 64));
        case json::kind::string: {
            const std::string_view text = *what.get<std::string_view>();
            return '"' + std::string(text.substr(0, 64)) + (text.size() > 64 ? "...\"" : "\"");
        }
        default: return json::name_of(what.kind());
    }
}

}  // namespace detail
}  // namespace vitte::loader
