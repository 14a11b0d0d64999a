// vitte serve: a process that holds modules for the commands in client.cpp, and for any program of this user.
#include <cinttypes>
#include <deque>
#include <vitte/loader/serve.hpp>
#include <vitte/loader/signature_policy.hpp>
#include <vitte/loader/wasm/wasi.hpp>
#include <vitte/sys/event/signals.hpp>

#include "command.hpp"
#include "debug_files.hpp"
#include "host.hpp"
#include "numbers.hpp"
#include "shown.hpp"

namespace {
using namespace vitte;
using namespace vitte::loader;

constexpr const char* help =
    R"(usage: vitte serve [--server NAME] [--policy FILE] [--watch] [--fuel NUMBER] [--timeout SECONDS]

Holds modules in one process until Ctrl-C. vitte load, call, modules, unload, reload and watch ask it, by a Unix socket
that only this user may use; <vitte/loader/serve.hpp> describes the protocol.

  --server NAME        several servers have several names; else it is 'default'
  --policy FILE        loads only what the policy accepts, see vitte key trust; types of native functions are not
                       taken from debug information then, which anybody may have written
  --watch              reloads modules whose files have changed
  --fuel NUMBER        instructions of WebAssembly that a call may take
  --timeout SECONDS    how long a call may run in WebAssembly

Whoever may connect may run any code as this user. Native modules run in the server itself: what they do wrong they do
to it, and nothing stops them. WebAssembly sees no files.

Exit codes: 0 it was ended by a signal; 1 it could not serve, such as since another does; 2 wrong usage.
)";

struct request {
    std::string server = "default", policy;
    bool watch = false;
    std::uint64_t fuel = UINT64_MAX, seconds = 0;
};

exit_code refuse(const std::string& what, std::string_view hint = "") {
    return complain(failed, "serve: " + what, hint);
}

exit_code parse(const arguments& given, request& to) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i] == "--watch") {
            to.watch = true;
            continue;
        }
        if (given[i] != "--server" && given[i] != "--policy" && given[i] != "--fuel" && given[i] != "--timeout")
            return complain(misused, "serve: unknown argument '" + std::string(given[i]) + "'",
                            suggestion(given[i], {"--server", "--policy", "--watch", "--fuel", "--timeout", "--help"},
                                       "vitte serve --help"));
        const std::string_view option = given[i];
        if (++i == given.size())
            return complain(misused, "serve: " + std::string(option) + " needs a value", "vitte serve --help");
        const std::string text(given[i]);
        if (option == "--server")
            to.server = text;
        else if (option == "--policy")
            to.policy = text;
        else {
            parsed_integer number;
            if (!parse_integer(text, number) || number.negative || number.bits == 0 ||
                (option == "--timeout" && number.bits > INT32_MAX))
                return complain(misused, "serve: " + std::string(option) + " '" + text + "' is no number above 0", "");
            (option == "--fuel" ? to.fuel : to.seconds) = number.bits;
        }
    }
    return succeeded;
}

/// Ends the service at the first signal.
struct until_interrupted : sys::loop_callback {
    explicit until_interrupted(module_service& what)
        : loop_callback([](loop_callback& self) noexcept { static_cast<until_interrupted&>(self).service.stop(); }),
          service(what) {}
    module_service& service;
};
}  // namespace

exit_code serve(const arguments& given) {
    request r;
    for (const std::string_view one : given)
        if (one == "--help") return std::fputs(help, stdout), succeeded;
    if (const exit_code parsed = parse(given, r); parsed != succeeded) return parsed;
    signature_policy policy;
    if (!r.policy.empty()) {
        auto read = signature_policy::read(r.policy.c_str());
        if (!read) {
            read.error().module = r.policy;
            return refuse(read.error().message());
        }
        policy = std::move(*read);
    }
    const auto failed_to = [](const char* what, const error& why) {
        return refuse(std::string(what) + ": " + why.message().c_str(),
                      why.code == errc::would_block ? "another server has this name: --server gives one of its own" : "");
    };
    basic_service_options<sys::native> options;
    options.modules.prepare = [&](module_loader& loader) {
        provide_libc(loader);
        if (!r.policy.empty()) loader.verify_all(std::ref(policy));
    };
    wasm::wasi::context nothing;  // no files, no streams; for modules of C that import WASI and do not use it
    options.modules.prepare_store = [&](wasm::store& store) { nothing.offer(store); };
    if (r.policy.empty())
        options.modules.type_of = [](const std::string& path, const std::string& function) {
            return signature_of(path, function, "").value_or("");
        };
    options.modules.limits.fuel = r.fuel;
    if (r.seconds != 0) options.modules.most_time = static_cast<std::int64_t>(r.seconds) * 1'000'000'000;
    if (r.watch) options.look_every = 250'000'000;

    auto place = service_place::open(r.server);
    if (!place) return failed_to("finding a place for the socket", place.error());
    auto listener = place->listen();
    if (!listener) return failed_to("listening", listener.error());
    auto interrupted = sys::interruption::create();
    if (!interrupted) return failed_to("waiting for signals", interrupted.error());
    sys::loop loop;
    if (const auto opened = loop.open(); !opened) return failed_to("waiting for clients", opened.error());
    module_service service(loop, std::move(options));
    until_interrupted end(service);
    sys::interruption_watcher signals(loop, *interrupted);
    if (const auto watched = signals.open(); !watched) return failed_to("waiting for signals", watched.error());
    if (const auto watched = signals.when_signalled(end); !watched)
        return failed_to("waiting for signals", watched.error());
    service.serve_all(std::move(*listener), [&](const sys::unix_stream& from) { return place->check(from).has_value(); });
    std::printf("serving at %s\n", shown(place->socket_path()).c_str());
    std::fflush(stdout);
    const auto ran = service.run();
    signals.close();
    return ran ? succeeded : failed_to("serving", ran.error());
}
