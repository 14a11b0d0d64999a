/// What a module may use, as its configuration says.
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <vitte/core/ip_network.hpp>
#include <vitte/loader/configuration/error.hpp>

namespace vitte::loader {

/// A folder that a module may reach.
struct folder_capability {
    std::string path;  ///< of the host
    std::string name;  ///< what the module calls it; the same, if nothing else is said
    bool writable = false;

    friend bool operator==(const folder_capability&, const folder_capability&) = default;
};

/// Addresses that a module may reach.
struct address_capability {
    ip_network network;
    std::uint16_t port = 0;  ///< 0 for all

    friend bool operator==(const address_capability&, const address_capability&) = default;
};

/// Nothing, unless it is said. Limits that are not there are the program's to choose.
struct capability_set {
    std::vector<folder_capability> folders = {};  ///< for `wasi::context::add_folder`, `confined`, sandboxes
    std::vector<address_capability> addresses = {};
    std::vector<std::string> variables = {};   ///< of the environment, by their names
    std::optional<std::uint64_t> fuel = {};    ///< for `store_limits::fuel`
    std::optional<std::uint64_t> memory = {};  ///< bytes
    std::optional<std::int64_t> time = {};     ///< nanoseconds that a call may take

    friend bool operator==(const capability_set&, const capability_set&) = default;
};

namespace detail {

struct unit {
    std::string_view name;
    std::uint64_t size;
};
inline constexpr unit memory_units[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
inline constexpr unit time_units[] = {{"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"min", 60'000'000'000}};

/// "16 MiB": a number, perhaps a space, and one of the units. Nothing if it is none, or 2^63 or more.
template <std::size_t N>
constexpr std::optional<std::uint64_t> with_unit(std::string_view text, const unit (&units)[N]) noexcept {
    constexpr std::uint64_t most = INT64_MAX;
    std::uint64_t number = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        const auto digit = static_cast<std::uint64_t>(text[at] - '0');
        if (number > (most - digit) / 10) return {};
        number = 10 * number + digit;
    }
    if (at == 0) return {};
    if (at < text.size() && text[at] == ' ') ++at;
    for (const unit& one : units)
        if (text.substr(at) == one.name)
            return number > most / one.size ? std::nullopt : std::optional(number * one.size);
    return {};
}

/// "10.0.0.0/8", "192.0.2.1", "10.0.0.0/8:443", "[2001:db8::/32]:443".
inline std::optional<address_capability> address_of(std::string_view text) noexcept {
    address_capability made;
    std::string_view network = text, port;
    const std::size_t colon = text.rfind(':');
    if (text.starts_with('[')) {
        if (text.ends_with(']')) {
            network = text.substr(1, text.size() - 2);
        } else {
            if (colon == text.npos || colon == 0 || text[colon - 1] != ']') return {};
            network = text.substr(1, colon - 2);
            port = text.substr(colon);
        }
    } else if (colon != text.npos && text.find(':') == colon) {
        network = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (!port.empty()) {
        vitte::detail::ip_reader in(port.substr(1));
        std::uint32_t number = 0;
        if (!in.take_number(65535, number) || !in.at_end() || number == 0) return {};
        made.port = static_cast<std::uint16_t>(number);
    }
    if (network.find('/') != network.npos) {
        const auto read = ip_network::parse(network);
        if (!read) return {};
        made.network = *read;
    } else {
        const auto read = ip_address::parse(network);
        if (!read) return {};
        made.network = ip_network(*read, read->is_v6() ? 128 : 32);
    }
    return made;
}

using understood = result<void, configuration_error>;

/// Calls `read(element)` for each of an array.
template <class Read>
understood each_element(json::value list, Read read) {
    const auto elements = list.elements();
    if (!elements) return unusable(list, "a list", told(list));
    for (const json::value one : *elements) {
        VITTE_CHECK(read(one));
    }
    return {};
}
/// Calls `read(name, value)`, which returns whether it knows that name, for each of a table.
template <class Words, class Read>
understood each_member(json::value table, const Words& known, const char* unknown, Read read) {
    const auto members = table.members();
    if (!members) return unusable(table, "a table", told(table));
    for (const auto [name, value] : *members) {
        if (std::find(std::begin(known), std::end(known), name) == std::end(known))
            return unknown_member(table, name, known, unknown);
        VITTE_CHECK(read(name, value));
    }
    return {};
}
template <class T>
understood take(json::value from, const char* expected, T& to) {
    auto read = from.get<std::conditional_t<std::same_as<T, std::string>, std::string_view, T>>();
    if (!read) return unusable(from, expected, told(from), read.error().code);
    to = *read;
    return {};
}
/// Text without a NUL, which the OS would not see.
inline understood take_text(json::value from, const char* expected, std::string& to) {
    VITTE_CHECK(take(from, expected, to));
    if (!to.empty() && to.find('\0') == to.npos) return {};
    return unusable(from, expected, to.empty() ? "an empty one" : "one with a NUL");
}

inline result<folder_capability, configuration_error> read_folder(json::value from) {
    folder_capability made;
    if (from.kind() == json::kind::string) {
        VITTE_CHECK(take_text(from, "a path", made.path));
    } else {
        constexpr std::string_view known[] = {"path", "name", "write"};
        VITTE_CHECK(
            each_member(from, known, "no such member of a folder", [&](std::string_view name, json::value value) {
                if (name == "path") return take_text(value, "a path", made.path);
                if (name == "name") return take_text(value, "a name", made.name);
                return take(value, "true or false", made.writable);
            }));
        if (made.path.empty()) return unusable(from, "the member \"path\"", "nothing", errc::not_found);
    }
    if (made.name.empty()) made.name = made.path;
    return made;
}
inline result<address_capability, configuration_error> read_address(json::value from) {
    const auto text = from.get<std::string_view>();
    const auto made = text ? address_of(*text) : std::nullopt;
    if (made) return *made;
    return unusable(from, "an address such as \"192.0.2.1\", \"10.0.0.0/8:443\" or \"[2001:db8::/32]:443\"",
                    told(from));
}
template <std::size_t N>
result<std::uint64_t, configuration_error> read_with_unit(json::value from, const unit (&units)[N],
                                                          const char* expected) {
    const auto text = from.get<std::string_view>();
    const auto made = text ? with_unit(*text, units) : std::nullopt;
    if (!made) return unusable(from, expected, told(from));
    return *made;
}

inline result<capability_set, configuration_error> read_capabilities(json::value from) {
    capability_set made;
    constexpr std::string_view known[] = {"folders", "addresses", "variables", "fuel", "memory", "time"};
    const auto read = [&](std::string_view name, json::value value) -> understood {
        if (name == "folders")
            return each_element(value, [&](json::value one) -> understood {
                VITTE_TRY(folder_capability added, read_folder(one));
                made.folders.push_back(std::move(added));
                return {};
            });
        if (name == "addresses")
            return each_element(value, [&](json::value one) -> understood {
                VITTE_TRY(const address_capability added, read_address(one));
                made.addresses.push_back(added);
                return {};
            });
        if (name == "variables")
            return each_element(value, [&](json::value one) {
                return take_text(one, "the name of a variable", made.variables.emplace_back());
            });
        if (name == "fuel") return take(value, "a number of instructions", made.fuel.emplace());
        if (name == "memory") {
            if (value.kind() == json::kind::number) return take(value, "a number of bytes", made.memory.emplace());
            VITTE_TRY(made.memory,
                      read_with_unit(value, memory_units, "a number of bytes, or a text such as \"16 MiB\""));
            return {};
        }
        VITTE_TRY(const std::uint64_t time, read_with_unit(value, time_units, "a time such as \"250 ms\" or \"2 s\""));
        made.time = static_cast<std::int64_t>(time);
        return {};
    };
    VITTE_CHECK(each_member(from, known, "no such capability", read));
    return made;
}

}  // namespace detail
}  // namespace vitte::loader
