// vitte load, call, modules, unload, reload and watch: what is asked of vitte serve.
#include <vitte/loader/serve/client.hpp>
#include <vitte/loader/serve/place.hpp>
#include <vitte/sys/fs/canonical.hpp>

#include "command.hpp"
#include "debug_files.hpp"
#include "numbers.hpp"
#include "shown.hpp"

namespace {
using namespace vitte;
using namespace vitte::loader;
using client = service_client<sys::unix_stream>;

constexpr const char* help =
    R"(usage: vitte load FILE [--name NAME]                  has vitte serve load a module; tells its name
       vitte call MODULE FUNCTION [ARGUMENT]... [--signature TYPE] [--timeout MILLISECONDS] [--]
       vitte modules [--json]                         what is held
       vitte unload MODULE [--force]                  gives it up; --force also those that need it
       vitte reload MODULE                            loads its file again and puts that in its place
       vitte watch                                    tells what happens to modules until Ctrl-C

All take --server NAME. The type of a function is as vitte run has it; without --signature it is what the module says,
or its debug information.

Exit codes: 0 success; 1 the server or the module has refused it, or there is no server; 2 wrong usage.
)";

exit_code refuse(const std::string& what, std::string_view hint = "") { return complain(failed, what, hint); }

struct request {
    std::string server = "default";
    service_request what;
    bool json = false;
};

/// Reads options and words; what is wrong with them has been told if it is not `succeeded`.
exit_code parse(std::string_view command, const arguments& given, request& to) {
    const std::string name(command);
    std::vector<std::string> words;
    bool options = true;
    const auto needs = [&](std::size_t least, std::size_t most, const char* usage) {
        if (words.size() >= least && words.size() <= most) return succeeded;
        return complain(misused, name + (words.size() < least ? ": something is missing" : ": too many words"), usage);
    };
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view one = given[i];
        const bool has_value = one == "--server" || (one == "--name" && command == "load") ||
                               ((one == "--signature" || one == "--timeout") && command == "call");
        if (!options || !one.starts_with("--"))
            words.emplace_back(one);
        else if (one == "--")
            options = false;
        else if (one == "--json" && command == "modules")
            to.json = true;
        else if (one == "--force" && command == "unload")
            to.what.force = true;
        else if (!has_value)
            return complain(misused, name + ": unknown option '" + std::string(one) + "'",
                            suggestion(one, {"--server", "--name", "--signature", "--timeout", "--json", "--force"},
                                       "vitte " + name + " --help; arguments that begin with -- come after --"));
        else if (++i == given.size())
            return complain(misused, name + ": " + std::string(one) + " needs a value", "vitte " + name + " --help");
        else if (one == "--timeout") {
            parsed_integer number;
            if (!parse_integer(std::string(given[i]), number) || number.negative || number.bits > UINT32_MAX)
                return complain(misused, "call: '" + std::string(given[i]) + "' is no number of milliseconds", "");
            to.what.timeout = static_cast<std::uint32_t>(number.bits);
        } else
            (one == "--server" ? to.server : one == "--name" ? to.what.module : to.what.signature) = given[i];
    }
    if (command == "load") {
        if (const exit_code right = needs(1, 1, "vitte load FILE"); right != succeeded) return right;
        // The server's own folder is another one.
        char room[4096];
        const auto size = sys::canonical(words[0].c_str(), room);
        if (!size) return refuse("load " + shown(words[0]) + ": " + size.error().message().c_str());
        to.what.method = service_method::load;
        to.what.path.assign(room, *size);
    } else if (command == "call") {
        if (const exit_code right = needs(2, SIZE_MAX, "vitte call MODULE FUNCTION"); right != succeeded) return right;
        to.what.method = service_method::call;
        to.what.module = words[0];
        to.what.function = words[1];
        to.what.arguments.assign(words.begin() + 2, words.end());
    } else if (command == "unload" || command == "reload") {
        if (const exit_code right = needs(1, 1, "a module's name; vitte modules lists them"); right != succeeded)
            return right;
        to.what.method = command == "unload" ? service_method::unload : service_method::reload;
        to.what.module = words[0];
    } else {
        if (const exit_code right = needs(0, 0, "vitte modules --help"); right != succeeded) return right;
        to.what.method = command == "watch" ? service_method::watch : service_method::modules;
    }
    return succeeded;
}

std::string text_of(json::value in, std::string_view name) {
    const json::value found = in.find(name);
    if (!found || found.is_null()) return "-";
    if (const auto text = found.get<std::string_view>()) return text->empty() ? "-" : shown(*text);
    return std::string(found.number_text());
}
void print(json::value what) {
    json::growing_output made;
    json::writer to(made, 2);
    json::write(to, what);
    const auto text = made.text();
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
}
void print_modules(json::value all) {
    std::printf("%-20s %-10s %-12s %10s %10s %6s %7s  %s\n", "name", "version", "kind", "memory", "calls", "traps",
                "exports", "needs, source");
    const auto elements = all.elements();
    if (!elements) return;
    for (const json::value one : *elements) {
        std::string needs;
        if (const json::value list = one.find("needs"); list && list.elements()) {
            const auto names = *list.elements();
            for (const json::value n : names) needs += shown(n.get<std::string_view>().value_or("")) + ", ";
        }
        std::printf("%-20s %-10s %-12s %10s %10s %6s %7s  %s%s\n", text_of(one, "name").c_str(),
                    text_of(one, "version").c_str(), text_of(one, "kind").c_str(), text_of(one, "memory").c_str(),
                    text_of(one, "calls").c_str(), text_of(one, "traps").c_str(), text_of(one, "export_count").c_str(),
                    needs.c_str(), text_of(one, "source").c_str());
    }
}
exit_code watch(client& from) {
    for (;;) {
        const auto told = from.next();
        if (!told) return refuse("watch: " + told.error().message);
        const json::value event = told->root();
        const std::string more = event.find("message") ? ": " + text_of(event, "message") : "";
        std::printf("%s %s%s\n", text_of(event, "event").c_str(), text_of(event, "module").c_str(), more.c_str());
        if (std::fflush(stdout) != 0) return failed;
    }
}
}  // namespace

exit_code ask_server(std::string_view command, const arguments& given) {
    for (const std::string_view one : given) {
        if (one == "--") break;
        if (one == "--help") return std::fputs(help, stdout), succeeded;
    }
    request r;
    if (const exit_code parsed = parse(command, given, r); parsed != succeeded) return parsed;
    const std::string doing(command);
    const auto place = service_place::open(r.server);
    if (!place) return refuse(doing + ": finding the server: " + place.error().message().c_str());
    auto stream = place->connect(sys::deadline::after(10'000'000'000));
    if (!stream)
        return refuse(doing + ": the server '" + shown(r.server) + "': " + stream.error().message().c_str(),
                      "vitte serve starts one");
    auto server = client::open(std::move(*stream), sys::deadline::after(10'000'000'000));
    if (!server) return refuse(doing + ": " + server.error().message);
    const auto told = server->ask(r.what);
    if (!told) return refuse(doing + ": " + shown(told.error().message));
    const auto done = told->outcome();
    if (!done)
        return refuse(doing + ": " + shown(done.error().message),
                      done.error().code == "not found" ? "vitte modules lists what there is" : "");
    switch (r.what.method) {
        case service_method::call: {
            const json::value value = done->find("value");
            const bool is_null = value && value.is_null();
            if (value)
                std::printf("%s\n",
                            is_null ? "(null)" : std::string(value.get<std::string_view>().value_or("")).c_str());
            return succeeded;
        }
        case service_method::load:
            return std::printf("%s\n", shown(done->get<std::string_view>().value_or("")).c_str()), succeeded;
        case service_method::modules: return r.json ? print(*done) : print_modules(*done), succeeded;
        case service_method::watch: return watch(*server);
        default: return succeeded;
    }
}
