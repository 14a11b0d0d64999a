/// What a client asks for and what it is told, as JSON. See `loader/serve.hpp` for the protocol.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include <vitte/core/json.hpp>
#include <vitte/core/utf8_character.hpp>
#include <vitte/loader/load_error.hpp>

namespace vitte::loader {

/// Of the protocol. A server that speaks another one refuses the hello.
inline constexpr std::uint32_t service_protocol = 1;
/// Bytes of a message.
inline constexpr std::size_t most_of_message = std::size_t{1} << 20;

/// Why something that was asked for was not done.
struct service_error {
    std::string code;     ///< `message(errc)`, such as "not found", or "trapped"
    std::string message;  ///< one line without a full stop
};
inline unexpected<service_error> refused(errc code, std::string message) {
    return unexpected(service_error{vitte::message(code), std::move(message)});
}
inline unexpected<service_error> refused(const load_error& why) { return refused(why.code, why.message()); }

enum class service_method : unsigned char { hello, load, unload, reload, call, modules, watch };
inline constexpr std::array service_methods = {"hello", "load", "unload", "reload", "call", "modules", "watch"};

/// A message of a client.
struct service_request {
    std::uint64_t id = 0;
    service_method method = service_method::hello;
    std::uint32_t version = service_protocol;  ///< hello
    std::string path = {};                     ///< load: absolute, since the server's own folder is another
    std::string module = {};  ///< all that are about one; of load the name that it gets, empty for its own
    bool force = false;       ///< unload: also those that need it
    std::string function = {}, signature = {};  ///< call; without a signature the type that is known
    std::vector<std::string> arguments = {};    ///< call, as `read_value` reads them
    std::uint32_t timeout = 0;                  ///< call: milliseconds, 0 for the server's
};

/// A message that is no request: which one it is, as far as that is known, and why.
struct bad_request {
    std::uint64_t id = 0;
    service_error why;
};

/// Reads a message. Members that are not known mean nothing.
inline result<service_request, bad_request> read_request(std::string_view text) {
    constexpr std::uint32_t depth = 8;
    std::uint64_t id = 0;
    const auto wrong = [&](const json::read_error& e) {
        return unexpected(bad_request{id, {message(e.code), "reading a request: " + std::string(e.message().c_str())}});
    };
    const auto read = json::read(text, {depth, false});
    if (!read) return wrong(read.error());
    const json::value from = read->root();
    const auto named = from.get<std::uint64_t>("id");
    if (!named) return wrong(named.error());
    service_request made;
    made.id = id = *named;
    const auto method = from.get<std::string_view>("method");
    if (!method) return wrong(method.error());
    std::size_t which = 0;
    while (which < service_methods.size() && *method != service_methods[which]) ++which;
    if (which == service_methods.size())
        return wrong(
            from.find("method").refuse(errc::not_supported, "a method of this protocol", "another text").error());
    made.method = static_cast<service_method>(which);

    std::optional<json::read_error> failed;
    const auto take = [&](std::string_view name, auto& to) {
        using wanted = std::conditional_t<std::is_same_v<decltype(to), std::string&>, std::string_view,
                                          std::remove_reference_t<decltype(to)>>;
        if (failed || !from.find(name)) return;
        auto found = from.get<wanted>(name);
        if (found)
            to = *found;
        else
            failed = std::move(found).error();
    };
    take("version", made.version);
    take("path", made.path);
    take("module", made.module);
    take("force", made.force);
    take("function", made.function);
    take("signature", made.signature);
    take("timeout", made.timeout);
    for (const std::string* const one : {&made.path, &made.module, &made.function, &made.signature})
        if (one->find('\0') != std::string::npos)
            return unexpected(bad_request{id, {message(errc::malformed), "reading a request: a text has a NUL"}});
    if (const json::value list = from.find("arguments"); list && !failed) {
        const auto elements = list.elements();
        if (!elements) return wrong(elements.error());
        for (const json::value one : *elements) {
            if (const auto number = one.number_text(); !number.empty()) {
                made.arguments.emplace_back(number);
                continue;
            }
            const auto argument = one.get<std::string_view>();
            if (!argument) return wrong(argument.error());
            if (argument->find('\0') != std::string_view::npos)
                return wrong(one.refuse(errc::malformed, "a text", "one with a NUL").error());
            made.arguments.emplace_back(*argument);
        }
    }
    if (failed) return wrong(*failed);
    return made;
}

/// Texts that may come from anywhere, as UTF-8: each byte that is none of it is U+FFFD.
inline std::string valid_text(std::string_view from) {
    std::string made;
    while (!from.empty()) {
        const std::size_t length = utf8_character(from.data(), from.size());
        if (length == 0)
            made += "\xef\xbf\xbd";
        else
            made += from.substr(0, length);
        from.remove_prefix(length == 0 ? 1 : length);
    }
    return made;
}

/// The JSON that `put(json::writer&)` writes; empty if there is no memory.
template <class Put>
std::string json_text(Put put) {
    json::growing_output made;
    json::writer to(made);
    put(to);
    return to.finish() ? std::string(made.text()) : std::string();
}

/// The message; fails with `errc::malformed` if a text is not UTF-8.
inline result<std::string> write_request(const service_request& from) {
    json::growing_output made;
    json::writer to(made);
    to.begin_object().member("id", from.id).member("method", service_methods[static_cast<std::size_t>(from.method)]);
    const auto text = [&](std::string_view name, const std::string& what) {
        if (!what.empty()) to.member(name, std::string_view(what));
    };
    if (from.method == service_method::hello) to.member("version", from.version);
    text("path", from.path);
    text("module", from.module);
    if (from.force) to.member("force", true);
    text("function", from.function);
    text("signature", from.signature);
    if (!from.arguments.empty()) {
        to.name("arguments").begin_array();
        for (const std::string& one : from.arguments) to.value(std::string_view(one));
        to.end_array();
    }
    if (from.timeout != 0) to.member("timeout", from.timeout);
    to.end_object();
    VITTE_CHECK(to.finish());
    if (made.text().size() > most_of_message) return fail(errc::too_large, "write request");
    return std::string(made.text());
}

/// What a request is answered with: JSON of the result, or why not.
using service_outcome = result<std::string, service_error>;

/// A text of no characters stands for a result for which there was no memory.
inline std::string write_answer(std::uint64_t id, const service_outcome& outcome) {
    if (outcome && outcome->empty()) return write_answer(id, refused(errc::out_of_memory, "no memory for the answer"));
    std::string made = json_text([&](auto& to) {
        to.begin_object().member("id", id);
        if (outcome)
            to.name("result").raw(*outcome);
        else
            to.name("error")
                .begin_object()
                .member("code", std::string_view(outcome.error().code))
                .member("message", std::string_view(valid_text(outcome.error().message)))
                .end_object();
        to.end_object();
    });
    if (made.size() <= most_of_message) return made;
    return write_answer(
        id, refused(errc::too_large, "the answer has more than " + std::to_string(most_of_message) + " bytes"));
}

}  // namespace vitte::loader
