/// What a module says of itself, in JSON: who it is (a container's META), what it needs (DEPS), which symbols it gives
/// and takes (SYMB). Types are checked strictly, members that are not known here are passed over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/json.hpp>
#include <vitte/core/parse_error.hpp>
#include <vitte/core/semver.hpp>
#include <vitte/loader/configuration/schema.hpp>
#include <vitte/loader/module_name.hpp>

namespace vitte::loader {

/// Bytes of a manifest that readers of containers take at most: JSON takes many times its room when it is read, and
/// almost none when it is compressed.
inline constexpr std::uint64_t most_of_manifest = std::uint64_t{1} << 24;

/// The language of the ranges in manifests: npm's, which has `||`.
inline constexpr semver::dialect manifest_ranges = semver::dialect::npm;

namespace detail {
/// Whether `range`, which stands at byte `offset` behind an '@', is one.
inline result<void, parse_error> check_range(const char* reading, std::string_view range, std::size_t offset) noexcept {
    if (range.empty()) return malformed(reading, "a range of versions is missing behind the '@'", offset);
    const auto set = semver::read_range(range, manifest_ranges);
    if (!set) return malformed(reading, "this is not a range of versions", offset, set.error().code);
    return {};
}
}  // namespace detail

/// A module and which of its versions: "acme/image@^1.2", or "acme/image" for all of them. That is how the name of a
/// WebAssembly import's module is read.
struct module_reference {
    std::string_view name;
    std::string_view range = {};

    /// Parts of `text`. Fails with what is wrong and where.
    static result<module_reference, parse_error> read(std::string_view text) noexcept {
        constexpr const char* reading = "module reference";
        const std::size_t at = text.find('@');
        module_reference made{text.substr(0, at)};
        if (!is_module_name(made.name)) return malformed(reading, "this is not the name of a module", 0);
        if (at == std::string_view::npos) return made;
        made.range = text.substr(at + 1);
        VITTE_CHECK(detail::check_range(reading, made.range, at + 1));
        return made;
    }
    friend bool operator==(const module_reference&, const module_reference&) = default;
};

/// A symbol of a module: "acme/image:resize@^1.2", or without a range. The symbol may have ':' and, if a range follows,
/// '@' in it.
struct symbol_reference {
    module_reference from;
    std::string_view symbol;

    /// Parts of `text`. Fails with what is wrong and where.
    static result<symbol_reference, parse_error> read(std::string_view text) noexcept {
        constexpr const char* reading = "symbol reference";
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos)
            return malformed(reading, "a ':' is missing between module and symbol", text.size());
        const std::size_t at = std::max(text.rfind('@'), colon);
        const bool ranged = at != colon && at != std::string_view::npos;
        symbol_reference made{{text.substr(0, colon)}, text.substr(colon + 1, ranged ? at - colon - 1 : text.size())};
        if (!is_module_name(made.from.name)) return malformed(reading, "this is not the name of a module", 0);
        if (made.symbol.empty()) return malformed(reading, "the name of a symbol is missing", colon + 1);
        if (!ranged) return made;
        made.from.range = text.substr(at + 1);
        VITTE_CHECK(detail::check_range(reading, made.from.range, at + 1));
        return made;
    }
    friend bool operator==(const symbol_reference&, const symbol_reference&) = default;
};

/// Who a module is: META.
struct manifest {
    std::string name;         ///< see `is_module_name`
    std::string version;      ///< Semantic Versioning 2.0.0
    std::string target = {};  ///< such as "x86_64-linux-gnu"; empty for all
    std::string entry = {};   ///< the function that is the program; empty if it is none
    std::vector<std::string> capabilities = {};
    std::string description = {}, license = {};
    std::string options = {};  ///< the schema of its options, JSON in one line as `option_schema` reads it; empty if none

    static result<manifest, json::read_error> read(json::value from);
    static result<manifest, json::read_error> read(std::string_view text);
    /// The text, the same on every machine: members in this order, empty ones left out. What would not be read again is
    /// refused as `read` refuses it.
    result<std::string, json::read_error> write() const;

    friend bool operator==(const manifest&, const manifest&) = default;
};

/// What a module needs of another one: an element of DEPS. Several may be about the same one, for other targets, or to
/// have two versions of it beside each other.
struct dependency {
    std::string name;
    std::string range;        ///< in the language of `manifest_ranges`
    bool optional = false;    ///< the module also works without it
    bool lazy = false;        ///< it is loaded when it is called first
    std::string target = {};  ///< a pattern of targets that it holds for, see `glob_match`; empty for all

    friend bool operator==(const dependency&, const dependency&) = default;
};

result<std::vector<dependency>, json::read_error> read_dependencies(json::value from);
result<std::vector<dependency>, json::read_error> read_dependencies(std::string_view text);
/// As `manifest::write`; the order stays.
result<std::string, json::read_error> write_dependencies(std::span<const dependency> all);

/// A symbol that a module gives.
struct exported_symbol {
    std::string name;
    std::string signature = {};  ///< such as "i32(i32, i32)", as `ffi::read_function_type` reads it; not looked at here
    std::string doc = {};

    friend bool operator==(const exported_symbol&, const exported_symbol&) = default;
};

/// A symbol that a module takes from another one, which DEPS names.
struct imported_symbol {
    std::string module, symbol;
    std::string range = {};  ///< empty: whichever version was chosen
    std::string signature = {};

    friend bool operator==(const imported_symbol&, const imported_symbol&) = default;
};

/// What a module gives and takes: SYMB.
struct symbol_manifest {
    std::vector<exported_symbol> exports = {};  ///< no two of one name
    std::vector<imported_symbol> imports = {};

    static result<symbol_manifest, json::read_error> read(json::value from);
    static result<symbol_manifest, json::read_error> read(std::string_view text);
    /// As `manifest::write`; the order stays.
    result<std::string, json::read_error> write() const;

    friend bool operator==(const symbol_manifest&, const symbol_manifest&) = default;
};

namespace detail {

/// Reads the whole of `text` as `read(json::value)` does.
template <class Read>
auto read_manifest(std::string_view text, Read read) -> decltype(read(json::value())) {
    VITTE_TRY(const json::document all, json::read(text));
    return read(all.root());
}

/// Writes what `put(writer)` puts, and reads it back with `read(text)`, so that nothing is written that is not read.
template <class Put, class Read>
result<std::string, json::read_error> write_manifest(Put put, Read read) {
    json::growing_output made;
    json::writer to(made, 2);
    put(to);
    if (const auto done = to.finish(); !done) {
        const bool no_text = done.error().code == errc::malformed;
        return unexpected(
            json::read_error(done.error().code, no_text ? "UTF-8" : "", no_text ? "other bytes" : "no memory", {}, 0));
    }
    VITTE_CHECK(read(made.text()));
    std::string text(made.text());
    text += '\n';
    return text;
}

/// The members of an object, by their names.
class manifest_reader {
public:
    explicit manifest_reader(json::value of) noexcept : of_(of) {}

    result<void, json::read_error> needed(std::string_view name, std::string& to) const {
        VITTE_TRY(const std::string_view text, of_.get<std::string_view>(name));
        to = text;
        return {};
    }
    result<void, json::read_error> optional(std::string_view name, std::string& to) const {
        return of_.find(name) ? needed(name, to) : result<void, json::read_error>();
    }
    result<void, json::read_error> optional(std::string_view name, bool& to) const {
        if (!of_.find(name)) return {};
        VITTE_TRY(to, of_.get<bool>(name));
        return {};
    }
    /// The name of a symbol is text without NUL, which could not be asked for.
    result<void, json::read_error> symbol(std::string_view name, std::string& to) const {
        VITTE_CHECK(needed(name, to));
        if (to.empty()) return wrong(name, "the name of a symbol", "an empty one");
        if (to.find('\0') != std::string::npos) return wrong(name, "the name of a symbol", "one with a NUL");
        return {};
    }
    result<void, json::read_error> module_name(std::string_view name, std::string& to) const {
        VITTE_CHECK(needed(name, to));
        if (is_module_name(to)) return {};
        return wrong(name, "a module's name (lower-case letters, digits, - _ . and / between parts)", "another text");
    }
    result<void, json::read_error> version(std::string_view name, std::string& to) const {
        VITTE_CHECK(needed(name, to));
        if (semver::version::parse(to)) return {};
        return wrong(name, "a version such as \"1.2.3\"", "another text");
    }
    result<void, json::read_error> range(std::string_view name, std::string& to) const {
        VITTE_CHECK(needed(name, to));
        if (semver::read_range(to, manifest_ranges)) return {};
        return wrong(name, "a range of versions such as \"^1.2\"", "another text");
    }
    /// Calls `read(element)` for each element of the array `name`, if it is there.
    template <class Read>
    result<void, json::read_error> each(std::string_view name, Read read) const {
        const json::value list = of_.find(name);
        return list ? each_of(list, read) : result<void, json::read_error>();
    }
    template <class Read>
    static result<void, json::read_error> each_of(json::value list, Read read) {
        VITTE_TRY(const auto elements, list.elements());
        for (const json::value one : elements) {
            VITTE_CHECK(read(one));
        }
        return {};
    }
    unexpected<json::read_error> wrong(std::string_view name, const char* expected, const char* found) const {
        return of_.find(name).refuse(errc::malformed, expected, found);
    }

private:
    json::value of_;
};

inline void put_member(json::writer<json::growing_output>& to, std::string_view name, const std::string& text) {
    if (!text.empty()) to.member(name, std::string_view(text));
}

}  // namespace detail

inline result<manifest, json::read_error> manifest::read(json::value from) {
    const detail::manifest_reader of(from);
    manifest made;
    VITTE_CHECK(of.module_name("name", made.name));
    VITTE_CHECK(of.version("version", made.version));
    VITTE_CHECK(of.optional("target", made.target));
    if (from.find("entry")) {
        VITTE_CHECK(of.symbol("entry", made.entry));
    }
    VITTE_CHECK(of.each("capabilities", [&](json::value one) -> result<void, json::read_error> {
        VITTE_TRY(const std::string_view text, one.get<std::string_view>());
        made.capabilities.emplace_back(text);
        return {};
    }));
    VITTE_CHECK(of.optional("description", made.description));
    VITTE_CHECK(of.optional("license", made.license));
    if (const json::value options = from.find("options")) {
        VITTE_CHECK(option_schema::read(options));
        json::growing_output text;
        json::writer to(text);
        json::write(to, options);
        if (!to.finish()) return options.refuse(errc::out_of_memory, "", "no memory");
        made.options = text.text();
    }
    return made;
}
inline result<manifest, json::read_error> manifest::read(std::string_view text) {
    return detail::read_manifest(text, [](json::value all) { return read(all); });
}
inline result<std::string, json::read_error> manifest::write() const {
    if (!options.empty()) {
        VITTE_CHECK(option_schema::read(options));
    }
    const auto put = [this](auto& to) {
        to.begin_object().member("name", std::string_view(name)).member("version", std::string_view(version));
        detail::put_member(to, "target", target);
        detail::put_member(to, "entry", entry);
        if (!capabilities.empty()) {
            to.name("capabilities").begin_array();
            for (const std::string& one : capabilities) to.value(std::string_view(one));
            to.end_array();
        }
        detail::put_member(to, "description", description);
        detail::put_member(to, "license", license);
        if (!options.empty()) to.name("options").raw(options);
        to.end_object();
    };
    return detail::write_manifest(put, [](std::string_view text) { return read(text); });
}

inline result<std::vector<dependency>, json::read_error> read_dependencies(json::value from) {
    std::vector<dependency> all;
    VITTE_CHECK(detail::manifest_reader::each_of(from, [&](json::value one) -> result<void, json::read_error> {
        const detail::manifest_reader of(one);
        dependency& made = all.emplace_back();
        VITTE_CHECK(of.module_name("name", made.name));
        VITTE_CHECK(of.range("range", made.range));
        VITTE_CHECK(of.optional("optional", made.optional));
        VITTE_CHECK(of.optional("lazy", made.lazy));
        return of.optional("target", made.target);
    }));
    return all;
}
inline result<std::vector<dependency>, json::read_error> read_dependencies(std::string_view text) {
    return detail::read_manifest(text, [](json::value all) { return read_dependencies(all); });
}
inline result<std::string, json::read_error> write_dependencies(std::span<const dependency> all) {
    const auto put = [all](auto& to) {
        to.begin_array();
        for (const dependency& one : all) {
            to.begin_object().member("name", std::string_view(one.name)).member("range", std::string_view(one.range));
            if (one.optional) to.member("optional", true);
            if (one.lazy) to.member("lazy", true);
            detail::put_member(to, "target", one.target);
            to.end_object();
        }
        to.end_array();
    };
    return detail::write_manifest(put, [](std::string_view text) { return read_dependencies(text); });
}

inline result<symbol_manifest, json::read_error> symbol_manifest::read(json::value from) {
    VITTE_CHECK(from.members());
    const detail::manifest_reader of(from);
    symbol_manifest made;
    std::vector<std::pair<std::string_view, json::value>> names;
    VITTE_CHECK(of.each("exports", [&](json::value one) -> result<void, json::read_error> {
        const detail::manifest_reader symbol(one);
        exported_symbol& added = made.exports.emplace_back();
        VITTE_CHECK(symbol.symbol("name", added.name));
        VITTE_CHECK(symbol.optional("signature", added.signature));
        VITTE_CHECK(symbol.optional("doc", added.doc));
        VITTE_TRY(const std::string_view name, one.get<std::string_view>("name"));
        names.emplace_back(name, one);
        return {};
    }));
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto twice =
        std::adjacent_find(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice != names.end())
        return detail::manifest_reader(twice[1].second)
            .wrong("name", "another name for each export", "one a second time");
    VITTE_CHECK(of.each("imports", [&](json::value one) -> result<void, json::read_error> {
        const detail::manifest_reader symbol(one);
        imported_symbol& added = made.imports.emplace_back();
        VITTE_CHECK(symbol.module_name("module", added.module));
        VITTE_CHECK(symbol.symbol("symbol", added.symbol));
        if (one.find("range")) {
            VITTE_CHECK(symbol.range("range", added.range));
        }
        return symbol.optional("signature", added.signature);
    }));
    return made;
}
inline result<symbol_manifest, json::read_error> symbol_manifest::read(std::string_view text) {
    return detail::read_manifest(text, [](json::value all) { return read(all); });
}
inline result<std::string, json::read_error> symbol_manifest::write() const {
    const auto put = [this](auto& to) {
        to.begin_object();
        if (!exports.empty()) to.name("exports").begin_array();
        for (const exported_symbol& one : exports) {
            to.begin_object().member("name", std::string_view(one.name));
            detail::put_member(to, "signature", one.signature);
            detail::put_member(to, "doc", one.doc);
            to.end_object();
        }
        if (!exports.empty()) to.end_array();
        if (!imports.empty()) to.name("imports").begin_array();
        for (const imported_symbol& one : imports) {
            to.begin_object().member("module", std::string_view(one.module));
            to.member("symbol", std::string_view(one.symbol));
            detail::put_member(to, "range", one.range);
            detail::put_member(to, "signature", one.signature);
            to.end_object();
        }
        if (!imports.empty()) to.end_array();
        to.end_object();
    };
    return detail::write_manifest(put, [](std::string_view text) { return read(text); });
}

}  // namespace vitte::loader
