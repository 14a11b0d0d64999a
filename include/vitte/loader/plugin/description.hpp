/// `plugin_description`: what a plugin says of itself, read from its file: nothing of it is mapped or run. The grammar
/// is in `vitte/plugin.h`.
#pragma once

#include <vitte/plugin.h>

#include <string>
#include <vector>
#include <vitte/core/json.hpp>
#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/format/macho.hpp>
#include <vitte/loader/format/pe.hpp>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/format/wasm/file.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/manifest.hpp>

namespace vitte::loader {

/// Bytes that the text may have.
inline constexpr std::size_t most_of_plugin_text = std::size_t{1} << 16;

/// A service by its name, which is formed like a module's, and version.
struct service_name {
    std::string name;
    std::uint32_t version = 0;

    friend bool operator==(const service_name&, const service_name&) = default;
    /// As in messages: "acme/clock 1".
    std::string title() const { return name + " " + std::to_string(version); }
};

/// What a plugin needs: a service, or a plugin whatever it offers.
struct plugin_need {
    service_name service = {};  ///< without a name if it is a plugin that is needed
    std::string plugin = {};
    std::string range = {};  ///< of the plugin's versions, in the language of `manifest_ranges`; empty for all
    bool optional = false;

    friend bool operator==(const plugin_need&, const plugin_need&) = default;
    std::string title() const {
        if (plugin.empty()) return "the service " + service.title();
        return "the plugin " + plugin + (range.empty() ? "" : " " + range);
    }
};

struct plugin_description {
    std::string name;     ///< see `is_module_name`
    std::string version;  ///< Semantic Versioning 2.0.0
    std::uint32_t abi = 0;
    std::vector<plugin_need> needs = {};
    std::vector<service_name> provides = {};
    std::string options = {};  ///< the text of the schema, an object, without what JSON does not need; empty if absent

    /// Fails with what is wrong and in which line. A known member that is there twice is `errc::malformed`.
    static result<plugin_description, json::read_error> read(std::string_view text);
};
/// The needs in an array of the text, or in `vitte_plugin::needs`.
result<std::vector<plugin_need>, json::read_error> read_plugin_needs(json::value from);

namespace detail {

inline unexpected<json::read_error> twice(json::value at, const char* expected) {
    return at.refuse(errc::malformed, expected, "a second one");
}

inline result<void, json::read_error> read_service(json::value from, service_name& to) {
    const manifest_reader of(from);
    VITTE_CHECK(of.module_name("service", to.name));
    VITTE_TRY(to.version, from.get<std::uint32_t>("version"));
    return {};
}

/// The text in a part of a file: what is before the NULs at its end.
inline result<std::string, load_error> text_of_section(std::span<const std::byte> bytes, std::uint64_t offset) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    text = text.substr(0, text.find_last_not_of('\0') + 1);
    if (text.size() > most_of_plugin_text)
        return refuse(errc::too_large, "reading", "the text about the plugin has more than 64 KiB", offset);
    if (text.empty()) return refuse(errc::malformed, "reading", "the text about the plugin is empty", offset);
    return std::string(text);
}

/// Takes the one section of the plugin among those that it is shown.
class section_finder {
public:
    void show(std::span<const std::byte> bytes, std::uint64_t offset) {
        ++count_;
        bytes_ = bytes;
        offset_ = offset;
    }
    result<std::string, load_error> text() const {
        if (count_ == 0) return refuse(errc::not_found, "reading", "it does not say that it is a plugin");
        if (count_ > 1) return refuse(errc::malformed, "reading", "there are several texts about the plugin", offset_);
        return text_of_section(bytes_, offset_);
    }

private:
    std::span<const std::byte> bytes_;
    std::uint64_t offset_ = 0;
    unsigned count_ = 0;
};

[[gnu::cold]] inline unexpected<load_error> refuse_plugin(const parse_error& e) {
    return refuse(e.code, "reading", std::string(e.reading) + ": " + e.reason, e.offset);
}

inline result<std::string, load_error> plugin_text_of_elf(std::span<const std::byte> bytes) {
    const auto file = elf::file::parse(bytes);
    if (!file) return refuse_plugin(file.error());
    section_finder found;
    for (const elf::section s : file->sections()) {
        const auto name = file->name(s);
        if (!name || *name != "vitte.plugin") continue;
        const auto content = file->content(s);
        if (!content) return refuse_plugin(content.error());
        found.show(content->bytes, s.offset);
    }
    return found.text();
}
inline result<std::string, load_error> plugin_text_of_pe(std::span<const std::byte> bytes) {
    const auto file = pe::file::parse(bytes);
    if (!file) return refuse_plugin(file.error());
    section_finder found;
    for (const pe::section s : file->sections()) {
        if (s.short_name != ".vitplug") continue;
        const auto content = file->content(s);
        if (!content) return refuse_plugin(content.error());
        found.show(content->bytes, s.offset);
    }
    return found.text();
}
inline result<std::string, load_error> plugin_text_of_macho(part whole) {
    const auto file = macho::file::parse(whole.bytes, whole.offset);
    if (!file) return refuse_plugin(file.error());
    section_finder found;
    bool is_inside = true;
    file->for_each_segment([&](const macho::segment& in) {
        for (const macho::section s : in.sections) {
            if (s.name != "vitte_plugin" || s.segment != "__TEXT" || s.zero_fill()) continue;
            const auto content = file->whole().sub(s.offset, s.size, "section");
            is_inside = is_inside && content.has_value();
            if (content) found.show(content->bytes, whole.offset + s.offset);
        }
    });
    if (!is_inside) return refuse(errc::end_of_input, "reading", "the text about the plugin is not in the file");
    return found.text();
}
inline result<std::string, load_error> plugin_text_of_wasm(std::span<const std::byte> bytes) {
    const auto file = wasm::file::parse(bytes);
    if (!file) return refuse_plugin(file.error());
    section_finder found;
    file->for_each_custom([&](const wasm::custom_section& s) {
        if (s.name == "vitte.plugin") found.show(s.content, s.offset);
    });
    return found.text();
}
/// All parts of a universal file say the same.
inline result<std::string, load_error> plugin_text_of_universal(const macho::universal& all) {
    std::string text;
    for (const macho::slice s : all.slices()) {
        const auto one = all.content(s);
        if (!one) return refuse_plugin(one.error());
        VITTE_TRY(std::string said, plugin_text_of_macho(*one));
        if (!text.empty() && said != text)
            return refuse(errc::malformed, "reading", "its parts say different things of the plugin", s.offset);
        text = std::move(said);
    }
    if (text.empty()) return refuse(errc::not_found, "reading", "it does not say that it is a plugin");
    return text;
}
/// META says the same as PLUG, so that what has been signed as one plugin is no other.
inline result<std::string, load_error> plugin_text_of_container(std::span<const std::byte> bytes) {
    const auto file = vitb::container::parse(bytes);
    if (!file) return refuse_plugin(file.error());
    const auto plug = file->find(vitb::kind::plug);
    if (!plug) return refuse(errc::not_found, "reading", "it does not say that it is a plugin: there is no PLUG");
    const auto content = vitb::content(*plug, most_of_plugin_text);
    if (!content) return refuse_plugin(content.error());
    return text_of_section(content->span(), plug->offset);
}
inline result<void, load_error> check_meta(std::span<const std::byte> bytes, const plugin_description& said) {
    const auto file = vitb::container::parse(bytes);
    if (!file) return refuse_plugin(file.error());
    const auto meta = file->find(vitb::kind::meta);
    if (!meta) return refuse(errc::malformed, "reading", "the container has no META");
    const auto content = vitb::content(*meta, std::uint64_t{1} << 20);
    if (!content) return refuse_plugin(content.error());
    const auto who = manifest::read(content->text());
    if (!who) return refuse(who.error().code, "reading", std::string("META: ") + who.error().message().c_str());
    if (who->name == said.name && who->version == said.version) return {};
    return refuse(
        errc::malformed, "reading",
        "META says that it is " + who->name + " " + who->version + ", and PLUG " + said.name + " " + said.version);
}

}  // namespace detail

/// The text that the plugin in `file`, an image of any system, a WebAssembly module or a container, says of itself;
/// without NULs at its end. `errc::not_found` if it says nothing, and if it is nothing of these.
inline result<std::string, load_error> plugin_text(std::span<const std::byte> file) {
    const auto begins = [&](std::string_view with) {
        return std::string_view(reinterpret_cast<const char*>(file.data()), file.size()).starts_with(with);
    };
    if (vitb::is_container(file)) return detail::plugin_text_of_container(file);
    if (wasm::file::is_module(file)) return detail::plugin_text_of_wasm(file);
    if (begins("\x7f"
               "ELF"))
        return detail::plugin_text_of_elf(file);
    if (begins("MZ")) return detail::plugin_text_of_pe(file);
    if (const auto all = macho::universal::parse(file)) return detail::plugin_text_of_universal(*all);
    if (begins("\xcf\xfa\xed\xfe") || begins("\xce\xfa\xed\xfe")) return detail::plugin_text_of_macho({file});
    return refuse(errc::not_found, "reading", "it is neither an image, a WebAssembly module nor a container");
}

/// What the plugin in `file` says of itself. Fails with `errc::not_found` if it says nothing, and with what is wrong.
inline result<plugin_description, load_error> describe_plugin(std::span<const std::byte> file) {
    VITTE_TRY(const std::string text, plugin_text(file));
    auto made = plugin_description::read(text);
    if (!made)
        return refuse(made.error().code, "reading",
                      std::string("the text about the plugin: ") + made.error().message().c_str());
    if (vitb::is_container(file)) {
        VITTE_CHECK(detail::check_meta(file, *made));
    }
    return std::move(*made);
}

inline result<std::vector<plugin_need>, json::read_error> read_plugin_needs(json::value from) {
    std::vector<plugin_need> all;
    VITTE_CHECK(detail::manifest_reader::each_of(from, [&](json::value one) -> result<void, json::read_error> {
        VITTE_CHECK(one.members());
        const detail::manifest_reader of(one);
        plugin_need made;
        VITTE_CHECK(of.optional("optional", made.optional));
        if (one.find("plugin")) {
            VITTE_CHECK(of.module_name("plugin", made.plugin));
            if (one.find("range")) {
                VITTE_CHECK(of.range("range", made.range));
            }
        } else {
            VITTE_CHECK(detail::read_service(one, made.service));
        }
        for (const plugin_need& before : all)
            if (before.service == made.service && before.plugin == made.plugin)
                return detail::twice(one, "each need once");
        all.push_back(std::move(made));
        return {};
    }));
    return all;
}

inline result<plugin_description, json::read_error> plugin_description::read(std::string_view text) {
    VITTE_TRY(const json::document all, json::read(text));
    const json::value root = all.root();
    VITTE_TRY(const auto members, root.members());
    for (const std::string_view known : {"name", "version", "abi", "needs", "provides", "options"}) {
        bool is_there = false;
        for (const json::member one : members) {
            if (one.name != known) continue;
            if (is_there) return detail::twice(one.value, "each member once");
            is_there = true;
        }
    }
    const detail::manifest_reader of(root);
    plugin_description made;
    VITTE_CHECK(of.module_name("name", made.name));
    VITTE_CHECK(of.version("version", made.version));
    VITTE_TRY(made.abi, root.get<std::uint32_t>("abi"));
    if (const json::value needs = root.find("needs")) {
        VITTE_TRY(made.needs, read_plugin_needs(needs));
    }
    VITTE_CHECK(of.each("provides", [&](json::value one) -> result<void, json::read_error> {
        VITTE_CHECK(one.members());
        service_name& added = made.provides.emplace_back();
        VITTE_CHECK(detail::read_service(one, added));
        for (std::size_t i = 0; i + 1 < made.provides.size(); ++i)
            if (made.provides[i] == added) return detail::twice(one, "each service once");
        return {};
    }));
    if (const json::value schema = root.find("options")) {
        VITTE_CHECK(schema.members());
        json::growing_output to;
        json::writer writer(to);
        json::write(writer, schema);
        if (const auto done = writer.finish(); !done) return schema.refuse(errc::out_of_memory, "memory", "none");
        made.options = to.text();
    }
    return made;
}

}  // namespace vitte::loader
