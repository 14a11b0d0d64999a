/// Modules by configuration: a file of TOML or JSON says which modules a program has, with which options, and what they
/// may use. Both mean the same; in TOML:
///
///     [modules]
///     "acme/log" = true                     # on, with its defaults; false: off, as if it were not named
///
///     [modules."acme/image"]
///     enabled = true                        # if it is not said, it is on
///     version = "^1.2"                      # which versions; any
///     options = {depth = 3}                 # as the module's own schema has them, see `option_schema`
///     [modules."acme/image".capabilities]   # nothing but what is named
///     folders = ["/usr/share/images", {path = "/tmp/out", name = "out", write = true}]
///     addresses = ["10.0.0.0/8:443", "[2001:db8::/32]:443", "192.0.2.1"]
///     variables = ["HOME"]                  # of the environment
///     fuel = 1_000_000                      # instructions of WebAssembly
///     memory = "16 MiB"                     # or bytes
///     time = "250 ms"                       # of a call
///
/// What is not known is an error, with the file, line and column, and with the name that was probably meant. What is
/// off is checked, too. For a configuration that follows its file see `loader/configuration/live.hpp`, for modules that
/// are chosen when a program is compiled `loader/configuration/selected.hpp`: they have the same names.
#pragma once

#include <map>
#include <vitte/core/toml.hpp>
#include <vitte/loader/configuration/capabilities.hpp>
#include <vitte/loader/configuration/schema.hpp>
#include <vitte/loader/manifest.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::loader {

/// The modules that a program has, and what options each of them says it has.
using option_schemas = std::map<std::string, option_schema, std::less<>>;

enum class configuration_format : unsigned char { toml, json };

/// JSON if the name of the file ends so, else TOML.
constexpr configuration_format format_of_configuration(std::string_view path) noexcept {
    return path.ends_with(".json") ? configuration_format::json : configuration_format::toml;
}

/// Bytes of a configuration, at most.
inline constexpr std::size_t most_of_configuration = std::size_t{1} << 20;

/// What is said of one module.
struct module_configuration {
    std::string name;
    bool enabled = true;
    std::string range = {};      ///< of versions, in the language of `manifest_ranges`; empty for all
    std::string options = "{}";  ///< as `option_schema::values` has them: what a plugin's `get_options` gets
    capability_set capabilities = {};

    friend bool operator==(const module_configuration&, const module_configuration&) = default;
};

/// What became of a module from one configuration to the next.
enum class configuration_change_kind : unsigned char { switched_on, switched_off, version, options, capabilities };

struct configuration_change {
    std::string module;
    configuration_change_kind kind;

    friend bool operator==(const configuration_change&, const configuration_change&) = default;
};

struct configuration {
    std::vector<module_configuration> modules = {};  ///< by name

    /// All of `text`, checked against what is `known`. A configuration without modules is one. `file` is for errors.
    static result<configuration, configuration_error> read(std::string_view text, configuration_format format,
                                                           const option_schemas& known, std::string_view file = "");
    /// The same of a regular file, whose format is that of its name.
    template <sys::platform P = sys::native>
    static result<configuration, configuration_error> load(const char* path, const option_schemas& known);

    /// What is said of a module; null if nothing is.
    const module_configuration* find(std::string_view name) const noexcept {
        const auto found =
            std::lower_bound(modules.begin(), modules.end(), name,
                             [](const module_configuration& m, std::string_view n) { return m.name < n; });
        return found != modules.end() && found->name == name ? &*found : nullptr;
    }
    /// Whether a module is named, and on.
    bool enabled(std::string_view name) const noexcept {
        const module_configuration* const found = find(name);
        return found != nullptr && found->enabled;
    }

    friend bool operator==(const configuration&, const configuration&) = default;
};

/// What differs, by the names of the modules. Of what is switched on or off no more is told, nor of what stays off.
inline std::vector<configuration_change> changes_between(const configuration& before, const configuration& after) {
    using enum configuration_change_kind;
    std::vector<configuration_change> all;
    auto old = before.modules.begin();
    auto now = after.modules.begin();
    while (old != before.modules.end() || now != after.modules.end()) {
        const bool is_old = now == after.modules.end() || (old != before.modules.end() && old->name <= now->name);
        const bool is_new = old == before.modules.end() || (now != after.modules.end() && now->name <= old->name);
        const bool was_on = is_old && old->enabled, is_on = is_new && now->enabled;
        const std::string& name = is_new ? now->name : old->name;
        if (was_on != is_on) all.push_back({name, is_on ? switched_on : switched_off});
        if (was_on && is_on) {
            if (old->range != now->range) all.push_back({name, version});
            if (old->options != now->options) all.push_back({name, options});
            if (old->capabilities != now->capabilities) all.push_back({name, capabilities});
        }
        old += is_old;
        now += is_new;
    }
    return all;
}

namespace detail {

inline result<module_configuration, configuration_error> read_module(std::string_view name, json::value from,
                                                                     const option_schema& schema) {
    module_configuration made{.name = std::string(name)};
    json::value options;
    if (from.kind() == json::kind::boolean) {
        made.enabled = *from.get<bool>();
    } else {
        constexpr std::string_view known[] = {"enabled", "version", "options", "capabilities"};
        const auto read = [&](std::string_view member, json::value value) -> understood {
            if (member == "enabled") return take(value, "true or false", made.enabled);
            if (member == "version") {
                VITTE_CHECK(take(value, "a range of versions such as \"^1.2\"", made.range));
                if (semver::read_range(made.range, manifest_ranges)) return {};
                return unusable(value, "a range of versions such as \"^1.2\"", told(value));
            }
            if (member == "capabilities") {
                VITTE_TRY(made.capabilities, read_capabilities(value));
                return {};
            }
            options = value;
            return {};
        };
        VITTE_CHECK(each_member(from, known, "no such member of a module", read));
    }
    if (!made.enabled && !options) return made;
    VITTE_TRY(made.options, schema.values(options, from));
    return made;
}

inline result<configuration, configuration_error> read_configuration(json::value root, const option_schemas& known) {
    constexpr std::string_view sections[] = {"modules"};
    configuration made;
    std::vector<std::string_view> names;
    for (const auto& [name, schema] : known) names.push_back(name);
    VITTE_CHECK(each_member(root, sections, "no such section", [&](std::string_view, json::value modules) {
        return each_member(modules, names, "the program has no such module",
                           [&](std::string_view name, json::value from) -> understood {
                               VITTE_TRY(auto added, read_module(name, from, known.find(name)->second));
                               made.modules.push_back(std::move(added));
                               return {};
                           });
    }));
    std::sort(made.modules.begin(), made.modules.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return made;
}

/// What is in a file, with the facts that it has if nobody writes it.
struct configuration_text {
    std::string text;
    sys::file_info facts;
};
/// `errc::would_block` if it changed while it was read.
template <sys::platform P>
result<configuration_text> read_configuration_text(const char* path) {
    constexpr error no_file{errc::invalid_argument, 0, "configuration that is no regular file"};
    VITTE_TRY(const sys::file_info named, sys::retried([&] { return P::files::info(path); }));
    if (named.kind != sys::file_kind::regular) return unexpected(no_file);
    VITTE_TRY(const auto file, sys::basic_file<P>::open(path, {sys::open_mode::read, sys::open_nonblocking}));
    VITTE_TRY(const sys::file_info before, file.info());
    if (before.kind != sys::file_kind::regular) return unexpected(no_file);
    if (before.size > most_of_configuration) return fail(errc::too_large, "configuration of more than 1 MiB");
    configuration_text made{std::string(static_cast<std::size_t>(before.size) + 1, '\0'), before};
    VITTE_TRY(const std::size_t size, file.read(std::as_writable_bytes(std::span(made.text))));
    made.text.resize(size);
    VITTE_TRY(const sys::file_info after, file.info());
    if (size != before.size || after.size != before.size || after.modified != before.modified)
        return fail(errc::would_block, "configuration that is being written");
    return made;
}
inline unexpected<configuration_error> no_configuration(const error& why, std::string_view path) {
    configuration_error e{.code = why.code, .file = std::string(path)};
    e.found = std::string(why.operation) + ": " + vitte::message(why.code);
    return unexpected(std::move(e));
}

}  // namespace detail

inline result<configuration, configuration_error> configuration::read(std::string_view text,
                                                                      configuration_format format,
                                                                      const option_schemas& known,
                                                                      std::string_view file) {
    constexpr json::read_options depth{.depth = 64};
    const auto document = format == configuration_format::json ? json::read(text, depth) : toml::read(text, depth);
    auto made = document ? detail::read_configuration(document->root(), known)
                         : result<configuration, configuration_error>(detail::unusable(document.error()));
    if (!made) made.error().file = file;
    return made;
}

template <sys::platform P>
result<configuration, configuration_error> configuration::load(const char* path, const option_schemas& known) {
    const auto content = detail::read_configuration_text<P>(path);
    if (!content) return detail::no_configuration(content.error(), path);
    return read(content->text, format_of_configuration(path), known, path);
}

}  // namespace vitte::loader
