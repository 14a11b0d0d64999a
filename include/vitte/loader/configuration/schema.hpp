/// What options a module has, as it says itself in JSON: the member "options" of a container's META, and of the text of
/// a plugin (`vitte/plugin.h`):
///
///     options = an object: to each option's name (letters, digits, '-' and '_') its OPTION
///     OPTION  = an object with the members
///       "type"      "boolean", "integer", "number", "string", "list" or "table"
///       "doc"       optional; what it is for
///       "required"  optional; true if every configuration has to say it; not with a default
///       "default"   optional; a value that the option may have. Without one, an option that is not said is not there;
///                   a table of which nothing is said is there with the defaults of its members
///       "min" "max" optional; for integers and numbers the least and the greatest, for strings and lists the lengths,
///                   in bytes and items
///       "choices"   optional; an array of strings, of which a string is one
///       "pattern"   optional; a pattern of at most 128 bytes, as `glob_match` has it, which a string has to match
///       "items"     for lists; OPTION without default and required
///       "options"   for tables; options
///
/// A member that is not named here is an error. Lists and tables are at most 16 inside each other, and a table has 1024
/// options at most. What a module gets is at most 1 MiB, and so is a default: each element of a list may bring
/// defaults.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>
#include <vitte/core/glob.hpp>
#include <vitte/core/json.hpp>
#include <vitte/loader/configuration/error.hpp>

namespace vitte::loader {

enum class option_type : unsigned char { boolean, integer, number, string, list, table };

/// One option. What does not apply to its type is empty.
struct option {
    std::string name;
    option_type type = option_type::boolean;
    bool required = false;
    std::string documentation = {};
    std::string default_value = {};                               ///< JSON; empty if there is none
    std::int64_t min = std::numeric_limits<std::int64_t>::min();  ///< of integers, and lengths
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    double least = -std::numeric_limits<double>::infinity();  ///< of numbers
    double greatest = std::numeric_limits<double>::infinity();
    std::vector<std::string> choices = {};
    std::string pattern = {};
    std::vector<option> inner = {};  ///< of a table: its options; of a list: one, the items

    friend bool operator==(const option&, const option&) = default;
};

/// The options of a module. Values may be used from several threads at once.
class option_schema {
public:
    /// Of a module without options.
    option_schema() = default;

    /// Fails with what is wrong and where.
    static result<option_schema, json::read_error> read(json::value from);
    static result<option_schema, json::read_error> read(std::string_view text) {
        VITTE_TRY(const json::document all, json::read(text));
        return read(all.root());
    }

    const std::vector<option>& options() const noexcept { return options_; }

    /// The options as the module gets them: an object of JSON in one line, with the members in the order of the schema
    /// and with defaults for what `given`, an object or nothing, does not say; dates and times are strings. The same
    /// text means the same options. If there is nothing where something is needed, the error is about `place`.
    result<std::string, configuration_error> values(json::value given, json::value place) const;

    friend bool operator==(const option_schema&, const option_schema&) = default;

private:
    std::vector<option> options_;
};

namespace detail {

/// Text of up to 1 MiB.
class option_output {
public:
    static constexpr std::size_t most = std::size_t{1} << 20;

    result<void> append(const char* text, std::size_t size) noexcept {
        if (size > most - made_.text().size()) return fail(errc::too_large, "write options");
        return made_.append(text, size);
    }
    std::string_view text() const noexcept { return made_.text(); }

private:
    json::growing_output made_;
};
using option_writer = json::writer<option_output>;
using put_result = result<void, configuration_error>;

inline constexpr int most_levels_of_options = 16;
inline constexpr std::size_t most_options = 1024;
inline constexpr std::size_t longest_pattern = 128;

inline const char* name_of(option_type type) noexcept {
    constexpr const char* names[] = {"a boolean", "an integer", "a number", "a string", "a list", "a table"};
    return names[static_cast<int>(type)];
}
inline std::string written_number(double number) {
    char text[longest_double];
    return {text, write_double(text, number)};
}
/// "an integer from 1 to 9", or "... of at least 1".
template <class Number, class Text>
std::string bounded(std::string what, bool has_min, bool has_max, Number min, Number max, Text text) {
    if (has_min && has_max) return what + " from " + text(min) + " to " + text(max);
    if (has_min) return what + " of at least " + text(min);
    return what + " of at most " + text(max);
}

put_result put_options(const std::vector<option>& all, json::value given, json::value place, option_writer& to);

inline put_result in_range(const option& o, json::value given, std::int64_t number, const std::string& what,
                           const std::string& found) {
    if (number >= o.min && number <= o.max) return {};
    using limits = std::numeric_limits<std::int64_t>;
    return unusable(given,
                    bounded(what, o.min != limits::min(), o.max != limits::max(), o.min, o.max,
                            [](std::int64_t n) { return std::to_string(n); }),
                    found, errc::out_of_range);
}

inline put_result put_string(const option& o, json::value given, option_writer& to) {
    const auto text = given.get<std::string_view>();
    if (!text) return unusable(given, name_of(o.type), told(given));
    if (!o.choices.empty() && std::find(o.choices.begin(), o.choices.end(), *text) == o.choices.end()) {
        std::string expected = "one of ";
        for (const std::string& one : o.choices) expected += (expected.size() > 7 ? ", \"" : "\"") + one + '"';
        auto e = unusable(given, std::move(expected), told(given));
        e.error().meant = nearest_word(*text, o.choices);
        return e;
    }
    if (!o.pattern.empty() && !glob_match(o.pattern, *text))
        return unusable(given, "a string that matches \"" + o.pattern + '"', told(given));
    VITTE_CHECK(in_range(o, given, static_cast<std::int64_t>(text->size()), "a length",
                         std::to_string(text->size()) + " bytes"));
    to.value(*text);
    return {};
}

/// Writes `given` as a value of `o`, or says why it is none.
inline put_result put_option(const option& o, json::value given, option_writer& to) {
    switch (o.type) {
        case option_type::boolean: {
            const auto value = given.get<bool>();
            if (!value) break;
            to.value(*value);
            return {};
        }
        case option_type::integer: {
            const auto value = given.get<std::int64_t>();
            if (!value) break;
            to.value(*value);
            return in_range(o, given, *value, "an integer", told(given));
        }
        case option_type::number: {
            const auto value = given.get<double>();
            if (!value || *value - *value != 0) return unusable(given, "a finite number", told(given));
            to.value(*value);
            if (*value >= o.least && *value <= o.greatest) return {};
            return unusable(given,
                            bounded("a number", o.least - o.least == 0, o.greatest - o.greatest == 0, o.least,
                                    o.greatest, written_number),
                            told(given), errc::out_of_range);
        }
        case option_type::string: return put_string(o, given, to);
        case option_type::list: {
            const auto items = given.elements();
            if (!items) break;
            VITTE_CHECK(in_range(o, given, static_cast<std::int64_t>(items->size()), "a length",
                                 std::to_string(items->size()) + " items"));
            to.begin_array();
            for (const json::value one : *items) {
                if (!to.is_good()) break;
                VITTE_CHECK(put_option(o.inner.front(), one, to));
            }
            to.end_array();
            return {};
        }
        case option_type::table: return put_options(o.inner, given, given, to);
    }
    return unusable(given, name_of(o.type), told(given));
}

inline put_result put_options(const std::vector<option>& all, json::value given, json::value place, option_writer& to) {
    std::vector<std::string_view> names;
    for (const option& o : all) names.push_back(o.name);
    if (given) {
        const auto members = given.members();
        if (!members) return unusable(given, name_of(option_type::table), told(given));
        for (const auto [name, value] : *members)
            if (std::find(names.begin(), names.end(), name) == names.end())
                return unknown_member(given, name, names, "no such option");
    }
    to.begin_object();
    for (const option& o : all) {
        if (!to.is_good()) break;
        const json::value value = given ? given.find(o.name) : json::value();
        if (value) {
            to.name(o.name);
            VITTE_CHECK(put_option(o, value, to));
        } else if (!o.default_value.empty()) {
            to.name(o.name).raw(o.default_value);
        } else if (o.required) {
            return unusable(place, std::string("the option \"") + o.name + '"', "nothing", errc::not_found);
        } else if (o.type == option_type::table) {
            to.name(o.name);
            VITTE_CHECK(put_options(o.inner, {}, place, to));
        }
    }
    to.end_object();
    return {};
}

/// What `put` puts, as text.
template <class Put>
result<std::string, configuration_error> option_text(Put put) {
    option_output made;
    option_writer to(made);
    VITTE_CHECK(put(to));
    if (const auto done = to.finish(); !done) {
        configuration_error e{.code = done.error().code};
        if (e.code == errc::too_large) e.found = "options that are longer than 1 MiB with their defaults";
        return unexpected(std::move(e));
    }
    return std::string(made.text());
}

result<std::vector<option>, json::read_error> read_options(json::value from, int levels);

/// A bound, and whether both are in order.
template <class Number>
result<void, json::read_error> read_bounds(json::value from, Number& min, Number& max) {
    if (from.find("min")) {
        VITTE_TRY(min, from.get<Number>("min"));
    }
    if (from.find("max")) {
        VITTE_TRY(max, from.get<Number>("max"));
    }
    if (min <= max) return {};
    return from.find("max")
               ? from.find("max").refuse(errc::malformed, "a number that is not below \"min\"", "a lower one")
               : from.find("min").refuse(errc::malformed, "a number that is possible", "a greater one");
}

inline result<void, json::read_error> read_flag(json::value from, const char* name, bool& to) {
    if (!from.find(name)) return {};
    VITTE_TRY(to, from.get<bool>(name));
    return {};
}
inline result<void, json::read_error> read_text(json::value from, const char* name, std::string& to) {
    if (!from.find(name)) return {};
    VITTE_TRY(to, from.get<std::string_view>(name));
    return {};
}

inline result<option_type, json::read_error> read_option_type(json::value from) {
    VITTE_TRY(const json::value type, from.member("type"));
    VITTE_TRY(const std::string_view name, type.get<std::string_view>());
    constexpr std::string_view names[] = {"boolean", "integer", "number", "string", "list", "table"};
    const auto* const found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names))
        return type.refuse(errc::malformed, "boolean, integer, number, string, list or table", "another text");
    return static_cast<option_type>(found - names);
}

/// `is_item`: of a list, which has no default.
inline result<option, json::read_error> read_option(json::value from, bool is_item, int levels) {
    using enum option_type;
    option made;
    VITTE_TRY(made.type, read_option_type(from));
    const bool is_string = made.type == string, is_list = made.type == list, is_table = made.type == table;
    const auto fits = [&](std::string_view name) {
        if (name == "type" || name == "doc") return true;
        if (name == "required" || name == "default") return !is_item;
        if (name == "min" || name == "max") return made.type != boolean && !is_table;
        if (name == "choices" || name == "pattern") return is_string;
        return (name == "items" && is_list) || (name == "options" && is_table);
    };
    VITTE_TRY(const auto members, from.members());
    for (const auto [name, value] : members)
        if (!fits(name)) return value.refuse(errc::malformed, "", "an option of this type has no such member");
    if (levels == 0 && (is_list || is_table))
        return from.refuse(errc::too_large, "", "lists and tables nested more deeply than allowed");
    VITTE_CHECK(read_text(from, "doc", made.documentation));
    VITTE_CHECK(read_flag(from, "required", made.required));
    if (made.type == number) {
        VITTE_CHECK(read_bounds(from, made.least, made.greatest));
    } else {
        VITTE_CHECK(read_bounds(from, made.min, made.max));
    }
    VITTE_CHECK(read_text(from, "pattern", made.pattern));
    if (made.pattern.size() > longest_pattern)  // what matches takes time in proportion to the product of both
        return from.find("pattern").refuse(errc::too_large, "a pattern of at most 128 bytes", "a longer one");
    if (const json::value choices = from.find("choices")) {
        VITTE_TRY(const auto all, choices.elements());
        for (const json::value one : all) {
            VITTE_TRY(const std::string_view text, one.get<std::string_view>());
            made.choices.emplace_back(text);
        }
        if (made.choices.empty()) return choices.refuse(errc::malformed, "a choice", "none");
    }
    if (is_list) {
        VITTE_TRY(const json::value items, from.member("items"));
        VITTE_TRY(option item, read_option(items, true, levels - 1));
        made.inner.push_back(std::move(item));
    }
    if (is_table) {
        VITTE_TRY(const json::value inner, from.member("options"));
        VITTE_TRY(made.inner, read_options(inner, levels - 1));
    }
    if (const json::value value = from.find("default")) {
        if (made.required) return value.refuse(errc::malformed, "", "a default of what is required");
        auto text = option_text([&](option_writer& to) { return put_option(made, value, to); });
        if (!text && text.error().code == errc::too_large)
            return value.refuse(errc::too_large, "", "one that is longer than 1 MiB with its own defaults");
        if (!text) return value.refuse(errc::malformed, "a value that the option may have", "another one");
        made.default_value = std::move(*text);
    }
    return made;
}

inline result<std::vector<option>, json::read_error> read_options(json::value from, int levels) {
    VITTE_TRY(const auto members, from.members());
    if (members.size() > most_options) return from.refuse(errc::too_large, "", "more than 1024 options");
    std::vector<option> all;
    for (const auto [name, value] : members) {
        const auto is_plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        };
        if (name.empty() || name.size() > longest_word || !std::all_of(name.begin(), name.end(), is_plain))
            return value.refuse(errc::malformed, "a name of at most 64 letters, digits, '-' and '_'", "another text");
        VITTE_TRY(option made, read_option(value, false, levels));
        made.name = name;
        all.push_back(std::move(made));
    }
    return all;
}

}  // namespace detail

inline result<option_schema, json::read_error> option_schema::read(json::value from) {
    option_schema made;
    VITTE_TRY(made.options_, detail::read_options(from, detail::most_levels_of_options));
    return made;
}
inline result<std::string, configuration_error> option_schema::values(json::value given, json::value place) const {
    return detail::option_text(
        [&](detail::option_writer& to) { return detail::put_options(options_, given, place, to); });
}

}  // namespace vitte::loader
