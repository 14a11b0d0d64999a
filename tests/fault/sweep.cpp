// Every call of a scenario fails in every way that its manual allows, once and from then on, and crashes. Whatever
// happens: no handle, mapping or thread is left, nothing is closed twice, an error names the operation, what is said to
// be done is done, files are old or new and nothing between, and trying again works.
// VITTE_REPLAY="scenario|call|name|code|times|short|kind" runs one of them.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <vitte/core/address_sanitizer.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/native/link.hpp>
#include <vitte/loader/serve/held_modules.hpp>
#include <vitte/loader/serve/place.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/device.hpp>
#include <vitte/sys/event/child.hpp>
#include <vitte/sys/event/completion_ring.hpp>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/event/signals.hpp>
#include <vitte/sys/fs/watch.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/net/async.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/signal.hpp>

#include "../support/fixtures.hpp"
#include "../support/wasm_builder.hpp"
#include "scenarios.hpp"

// Allocations of this program, by -Wl,--wrap.
namespace {
long allocations_left = -1;  // until one fails; -1: none does
std::size_t allocations = 0;
bool all_after = false;  // and those after it
bool allocation_fails() {
    ++allocations;
    if (allocations_left == -2) return true;
    if (allocations_left < 0 || allocations_left-- != 0) return false;
    return allocations_left = all_after ? -2 : -1, true;
}
}  // namespace
#if defined(VITTE_WRAPPED)
extern "C" {
void* __real_malloc(std::size_t);
void* __real_realloc(void*, std::size_t);
void* __real__Znwm(std::size_t);
void* __real__ZnwmRKSt9nothrow_t(std::size_t, const std::nothrow_t&);
void* __wrap_malloc(std::size_t n) { return allocation_fails() ? nullptr : __real_malloc(n); }
void* __wrap_realloc(void* p, std::size_t n) { return allocation_fails() ? nullptr : __real_realloc(p, n); }
void* __wrap__Znwm(std::size_t n) {
    if (allocation_fails()) throw std::bad_alloc();
    return __real__Znwm(n);
}
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t n, const std::nothrow_t& t) {
    return allocation_fails() ? nullptr : __real__ZnwmRKSt9nothrow_t(n, t);
}
}
#endif

namespace {
using namespace vitte::sys;
using vitte::errc;
using base = native;
using set = scenarios<base>;
using frail = set::frail;
using injected = set::injected;
using books = ledger<base>;

const std::string much = [] {  // no part of which is like another
    std::string text;
    for (int i = 0; text.size() < 70'000; ++i) text += std::to_string(i) + " ";
    return text;
}();

/// A static program has an OS's linker that loads nothing, or none.
template <class P>
bool loads_libraries() {
#if defined(VITTE_PLAIN_LIBRARY)
    if constexpr (requires { typename P::libraries; })
        return basic_library<P>::open(fixture(VITTE_PLAIN_LIBRARY).c_str()).has_value();
#endif
    return false;
}

/// Then everything takes longer, most of all a fork, which copies the shadow memory, too: fewer ways to fail have to do.
#if defined(VITTE_ADDRESS_SANITIZER)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// Half a minute, which none of it takes.
deadline soon() { return deadline::after(30'000'000'000); }

/// Over a connection: something in one piece, something in two, and the end; and nothing, in time.
vitte::result<void> talk() {
    VITTE_TRY(const auto listener, basic_tcp_listener<frail>::listen({vitte::ipv4_address::loopback(), 0}));
    VITTE_TRY(const socket_address at, listener.local_address());
    VITTE_TRY(const auto client, basic_tcp_stream<frail>::connect(at.ip(), soon()));
    VITTE_TRY(const auto server, listener.accept(soon()));
    std::byte heard[10];
    VITTE_CHECK(client.send(bytes("hello"), soon()));
    VITTE_CHECK(server.stream.receive_all(std::span(heard).first(5), soon()));
    io_slice slices[] = {{heard, 2}, {heard + 2, 3}};
    VITTE_CHECK(client.send_vector(slices, soon()));
    VITTE_CHECK(client.shut_down());
    io_slice places[] = {{heard + 5, 2}, {heard + 7, 1}};
    VITTE_TRY(const std::size_t came, server.stream.receive_vector(places, soon()));
    VITTE_CHECK(server.stream.receive_all(std::span(heard).subspan(5 + came), soon()));
    VITTE_TRY(const std::size_t after, server.stream.receive(heard, soon()));
    const auto nothing = client.receive(std::span(heard).first(1), deadline::after(100'000));
    if (nothing) return vitte::fail(errc::unknown, "heard something");
    if (nothing.error().code != errc::timed_out) return vitte::unexpected(nothing.error());
    set::found_text.assign(reinterpret_cast<const char*>(heard), sizeof heard);
    set::found_count = after;
    return {};
}

/// Messages to oneself.
vitte::result<void> send_messages() {
    VITTE_TRY(const auto socket, basic_udp_socket<frail>::bind({vitte::ipv4_address::loopback(), 0}));
    VITTE_TRY(const socket_address self, socket.local_address());
    VITTE_CHECK(socket.send_to(bytes("hello"), self, soon()));
    std::byte heard[10];
    datagram message{heard, sizeof heard, {}};
    VITTE_CHECK(socket.receive_from(message, soon()));
    if (message.address == self) set::found_text.assign(reinterpret_cast<const char*>(heard), message.size);
    const std::string again = " again";
    for (std::span<const std::byte> rest = bytes(again); !rest.empty();) {
        VITTE_TRY(const std::size_t went, socket.send_segments(rest, 4, self, soon()));
        rest = rest.subspan(went);
    }
    for (int i = 0; i < 2; ++i) {
        VITTE_TRY(const std::size_t size, socket.receive(heard, soon()));
        set::found_text.append(reinterpret_cast<const char*>(heard), size);
    }
    return {};
}

/// What one connection gets goes on to another one, and a file after it.
vitte::result<void> pass_on() {
    VITTE_TRY(const auto in, basic_unix_stream<frail>::pair());
    VITTE_TRY(const auto out, basic_unix_stream<frail>::pair());
    VITTE_TRY(auto passing, basic_relay<frail>::create());
    VITTE_CHECK(in.first.send(bytes("hello"), soon()));
    VITTE_CHECK(in.first.shut_down());
    VITTE_TRY(const std::uint64_t passed, passing.pass(in.second, out.first, UINT64_MAX, soon()));
    VITTE_TRY(const auto file, basic_file<frail>::open("/proc/self/comm"));
    VITTE_TRY(const std::uint64_t sent, out.first.send_file(file, 0, 100, soon()));
    std::byte heard[64];
    VITTE_CHECK(out.second.receive_all(std::span(heard).first(static_cast<std::size_t>(passed + sent)), soon()));
    set::found_text.assign(reinterpret_cast<const char*>(heard), static_cast<std::size_t>(passed));
    set::found_count = sent;
    return {};
}

/// At both sides of a terminal.
vitte::result<void> sit_at_a_terminal() {
    VITTE_TRY(auto pty, basic_pseudo_terminal<frail>::open({20, 30}));
    basic_terminal<frail> one(pty.peer(), pty.peer());
    VITTE_TRY(auto raw, one.raw());
    VITTE_CHECK(pty.write(bytes("typed"), soon()));
    std::byte heard[5];
    for (std::size_t came = 0; came < sizeof heard;) {
        VITTE_TRY(const std::size_t more, one.read(std::span(heard).subspan(came), soon()));
        if (more == 0) return vitte::fail(errc::end_of_input, "read");
        came += more;
    }
    VITTE_TRY(const int left, control<frail>(pty.peer(), control_request<FIONREAD, control_direction::reads, int>{}));
    VITTE_TRY(const terminal_size size, one.size());
    VITTE_CHECK(one.resize({size.rows + 1, size.columns}));
    VITTE_CHECK(raw.restore());
    set::found_text.assign(reinterpret_cast<const char*>(heard), sizeof heard);
    set::found_count = size.columns + static_cast<unsigned>(left);
    return {};
}

/// At one end of a serial line.
vitte::result<void> use_a_serial_line() {
    VITTE_TRY(auto far_end, basic_pseudo_terminal<base>::open({1, 1}));
    VITTE_TRY(auto port, basic_serial_port<frail>::open(::ptsname(far_end.native_handle()), {19200}));
    VITTE_CHECK(port.set({38400}));
    VITTE_CHECK(far_end.write(bytes("hello"), soon()));
    std::byte heard[5];
    VITTE_CHECK(port.read_all(heard, soon()));
    VITTE_CHECK(port.write(heard, soon()));
    VITTE_CHECK(port.drain(soon()));
    VITTE_CHECK(port.flush());
    VITTE_TRY(const serial_settings told, port.settings());
    VITTE_CHECK(port.close());
    set::found_text.assign(reinterpret_cast<const char*>(heard), sizeof heard);
    set::found_count = told.speed;
    return {};
}

/// What is told of one of two sockets, once and then as often as one asks.
vitte::result<void> wait_for_sockets() {
    VITTE_TRY(auto poller, basic_poller<frail>::create());
    VITTE_TRY(const auto ends, basic_unix_stream<frail>::pair());
    const auto watched = ends.first.native_handle();
    VITTE_CHECK(poller.add(watched, socket_readable, poll_trigger::one_shot, 1));
    VITTE_CHECK(ends.second.send(bytes("x"), soon()));
    readiness room[4];
    VITTE_TRY(const auto first, poller.wait(room, soon()));
    set::found_count = first.empty() ? 0 : first[0].key;
    VITTE_CHECK(poller.change(watched, socket_readable, poll_trigger::level, 2));
    VITTE_TRY(const auto second, poller.wait(room, soon()));
    set::found_count += second.empty() ? 0 : second[0].key;
    VITTE_CHECK(poller.remove(watched));
    poller.wake();
    VITTE_TRY(const auto third, poller.wait(room, soon()));
    set::found_count += third.size();
    return {};
}

/// So that a signal that nobody reads does nothing.
void handle_signals() {
    for (const int number : {SIGUSR1, SIGTERM}) ::signal(number, [](int) {});
}
/// A signal that is read, and one that interrupts.
vitte::result<void> hear_of_signals() {
    set::found_count = 0;
    VITTE_TRY(const auto stack, basic_fault_stack<frail>::create());
    VITTE_TRY(auto reader, basic_signal_reader<frail>::open({signal_kind::user_1}));
    VITTE_TRY(auto ctrl_c, basic_interruption<frail>::create(second_interruption::is_told));
    ::raise(SIGUSR1);
    ::raise(SIGTERM);
    VITTE_TRY(const auto first, reader.read(soon()));
    VITTE_TRY(const auto second, ctrl_c.read(soon()));
    const auto nothing = reader.read(deadline::after(100'000));
    if (nothing) return vitte::fail(errc::unknown, "heard something");
    if (nothing.error().code != errc::timed_out) return vitte::unexpected(nothing.error());
    set::found_count = (first.kind == signal_kind::user_1) + (second.kind == signal_kind::terminate);
    return {};
}
/// A child that a loop waits for.
vitte::result<void> hear_of_a_child() {
    set::found_count = 0;
    VITTE_TRY(auto child, basic_command<frail>("/bin/cat").input(basic_stdio<frail>::pipe()).spawn());
    basic_loop<frail> loop;
    VITTE_CHECK(loop.open());
    basic_child_watcher<frail> watch(loop);
    VITTE_CHECK(watch.open(child));
    loop_function ended([&] { loop.stop(); });
    loop_function end([&] { child.input().close(); });
    loop.post(end);
    for (;;) {
        const auto how = watch.try_wait();
        if (how) return set::found_count = how->succeeded(), vitte::result<void>();
        if (how.error().code != errc::would_block) return vitte::unexpected(how.error());
        VITTE_CHECK(watch.when_ended(ended));
        VITTE_CHECK(loop.run(soon()));
    }
}

/// A child that is asked to end.
vitte::result<void> stop_a_child() {
    set::found_count = 0;
    VITTE_TRY(auto child, basic_command<frail>("/bin/cat").input(basic_stdio<frail>::pipe()).spawn());
    VITTE_TRY(const auto how, child.stop(deadline::after(200'000'000)));
    set::found_count = how.signal != 0;
    return {};
}

template <class P>
bool has_ring() {
    basic_loop<P> probed;
    return probed.open() && basic_completion_ring<P>(probed).open();
}

/// What a completion ring has sent and received, or who waited for it himself.
vitte::result<void> complete_operations() {
    VITTE_TRY(const auto ends, basic_unix_stream<frail>::pair());
    basic_loop<frail> loop;
    VITTE_CHECK(loop.open());
    basic_completion_ring<frail> ring(loop);
    const auto opened = ring.open();
    if (!opened && opened.error().code != errc::not_supported) return opened;
    std::byte heard[5] = {}, said[5] = {};
    std::memcpy(said, "hello", sizeof said);
    loop_operation<frail> receives(completion_kind::receive, heard, sizeof heard);
    loop_operation<frail> sends(completion_kind::send, said, sizeof said);
    basic_handle_watcher<frail> here(loop), there(loop);
    VITTE_CHECK(here.open(ends.first.native_handle()));
    VITTE_CHECK(there.open(ends.second.native_handle()));

    vitte::result<std::size_t> came = std::size_t{0}, went = std::size_t{0};
    int left = 2;
    // Who is told that it would block, though that is not so, has to ask again.
    const auto ended = [&](const vitte::result<std::size_t>& done, loop_callback* self) {
        const bool again = !done && (done.error().code == errc::would_block || done.error().code == errc::interrupted);
        if (again) return loop.post(*self);
        if (!done || --left == 0) loop.stop();
    };
    loop_callback *receiver = nullptr, *sender = nullptr;
    loop_function received([&] {
        came = receives.is_done() ? receives.outcome("recv") : ends.first.try_receive(heard);
        ended(came, receiver);
    });
    loop_function sent([&] {
        went = sends.is_done() ? sends.outcome("send") : ends.second.try_send(said);
        ended(went, sender);
    });
    receiver = &received;
    sender = &sent;
    VITTE_CHECK(here.when_readable(received, receives));
    VITTE_CHECK(there.when_writable(sent, sends));
    VITTE_CHECK(loop.run(soon()));
    VITTE_CHECK(went);
    VITTE_CHECK(came);
    // A byte at a time comes where transfers are short.
    VITTE_CHECK(ends.second.send(std::span(said).subspan(*went), soon()));
    VITTE_CHECK(ends.first.receive_all(std::span(heard).subspan(*came), soon()));
    set::found_count = sizeof heard;
    set::found_text.assign(reinterpret_cast<const char*>(heard), sizeof heard);
    return {};
}

/// Who connects says something in a message, and is answered in what he has connected.
vitte::result<void> complete_connections() {
    basic_loop<frail> loop;
    VITTE_CHECK(loop.open());
    basic_completion_ring<frail> ring(loop);
    const auto opened = ring.open();
    if (!opened && opened.error().code != errc::not_supported) return opened;
    constexpr vitte::ip_endpoint any_port{vitte::ipv4_address::loopback(), 0};
    VITTE_TRY(auto listening, basic_tcp_listener<frail>::listen(any_port));
    VITTE_TRY(auto bound, basic_udp_socket<frail>::bind(any_port));
    VITTE_TRY(const socket_address at, listening.local_address());
    VITTE_TRY(const socket_address to, bound.local_address());
    basic_async_listener<frail, basic_tcp_listener<frail>> listener(loop, std::move(listening));
    basic_async_datagram_socket<frail, basic_udp_socket<frail>> messages(loop, std::move(bound));
    VITTE_CHECK(listener.open());
    VITTE_CHECK(messages.open());

    std::optional<vitte::result<void>> served;
    std::byte heard[5] = {};
    // Who is told that it would block, though that is not so, has to ask again.
    const auto is_over = [](const auto& done) { return done || done.error().code != errc::timed_out; };
    const auto serve = [&]() -> task<> {
        auto came = co_await listener.accept(deadline::after(20'000'000));
        while (!is_over(came)) came = co_await listener.accept(deadline::after(20'000'000));
        if (came) {
            datagram message{heard, sizeof heard, {}};
            auto done = co_await messages.receive_from(message, deadline::after(20'000'000));
            while (!is_over(done)) done = co_await messages.receive_from(message, deadline::after(20'000'000));
            if (done) done = came->stream.send(std::span(heard).first(message.size), soon());
            served = done;
        } else {
            served = vitte::unexpected(came.error());
        }
        loop.stop();
    };
    auto goes = serve();
    goes.await_suspend(std::noop_coroutine());
    if (const auto begun = loop.run(deadline::after(1'000'000)); !begun && begun.error().code != errc::timed_out)
        return begun;
    const auto client = vitte::sys::tcp_stream::connect(at.ip(), soon());
    const auto sender = vitte::sys::udp_socket::bind(any_port);
    if (!client || !sender || !sender->send_to(bytes("hello"), to, soon())) return vitte::fail(errc::unknown, "set up");
    if (!served) {
        VITTE_CHECK(loop.run(soon()));
    }
    VITTE_CHECK(*served);
    std::byte told[5] = {};
    VITTE_CHECK(client->receive_all(told, soon()));
    set::found_text.assign(reinterpret_cast<const char*>(told), sizeof told);
    set::found_count = sizeof told;
    return {};
}

/// A module that is held from its load to its end.
vitte::result<void> hold_a_module() {
    using vitte::loader::service_method;
    const auto failed = [](const vitte::loader::service_error& told) {
        static std::string why;
        why = told.message;
        for (int code = 0; code <= static_cast<int>(errc::cancelled); ++code)
            if (told.code == message(static_cast<errc>(code))) return vitte::fail(static_cast<errc>(code), why.c_str());
        return vitte::fail(errc::unknown, why.c_str());
    };
    vitte::loader::basic_held_modules<frail> held;
    vitte::loader::basic_held_modules<frail>::task by;
    if (const auto made = held.load(SCRATCH "/file", "m", by); !made) return failed(made.error());
    if (const auto made = held.reload("m", by); !made) return failed(made.error());
    const auto called = held.call({.method = service_method::call, .module = "m", .function = "f"}, by);
    if (!called) return failed(called.error());
    if (called->empty()) return vitte::fail(errc::out_of_memory, "write JSON");
    set::found_text = *called;
    if (const auto gone = held.unload("m", false); !gone) return failed(gone.error());
    return {};
}
/// The place of a service, and who comes there.
vitte::result<void> keep_a_place() {
    using place = vitte::loader::basic_service_place<frail>;
    VITTE_TRY(auto here, place::open("sweep"));
    VITTE_TRY(const auto door, here.listen());
    VITTE_TRY(const auto there, here.connect(soon()));
    VITTE_TRY(const auto met, door.accept(soon()));
    VITTE_CHECK(here.check(met.stream));
    set::found_count = 1;
    return {};
}

/// What only a real OS has.
template <class P = base>
std::vector<scenario> all_scenarios() {
    auto all = set::all();
    all.push_back({"read what tells no size", set::nothing,
                   []() -> vitte::result<void> {
                       VITTE_TRY(const auto content, read<frail>("/proc/cpuinfo"));
                       set::found_count = content.size();
                       return {};
                   },
                   [] { return set::found_count != 0; }, set::anything});
    all.push_back({"capture a program", set::nothing,
                   []() -> vitte::result<void> {
                       auto what = basic_command<frail>("/bin/sh");
                       what.arguments({"-c", "cat; echo error >&2"});
                       VITTE_TRY(const auto done, capture(what, {.input = bytes(much)}));
                       set::found_text = done.output_text();
                       return done.succeeded() && done.error_text() == "error\n" ? vitte::result<void>()
                                                                                 : vitte::fail(errc::unknown, "said");
                   },
                   [] { return set::found_text == much; }, set::anything});
    all.push_back({"talk over a connection", set::nothing, talk,
                   [] { return set::found_text == "hellohello" && set::found_count == 0; }, set::anything});
    all.push_back(
        {"send messages", set::nothing, send_messages, [] { return set::found_text == "hello again"; }, set::anything});
    all.push_back({"pass bytes on", set::nothing, pass_on,
                   [] { return set::found_text == "hello" && set::found_count > 1; }, set::anything});
    all.push_back({"wait for sockets", set::nothing, wait_for_sockets, [] { return set::found_count == 3; },
                   set::anything});
    all.push_back({"sit at a terminal", set::nothing, sit_at_a_terminal,
                   [] { return set::found_text == "typed" && set::found_count == 30; }, set::anything});
    all.push_back({"use a serial line", set::nothing, use_a_serial_line,
                   [] { return set::found_text == "hello" && set::found_count == 38400; }, set::anything});
    all.push_back({"hear of signals", handle_signals, hear_of_signals, [] { return set::found_count == 2; },
                   set::anything});
    all.push_back({"hear of a child", set::nothing, hear_of_a_child, [] { return set::found_count == 1; },
                   set::anything});
    all.push_back({"stop a child", set::nothing, stop_a_child, [] { return set::found_count == 1; }, set::anything});
    if (has_ring<P>())
        all.push_back({"complete connections", set::nothing, complete_connections,
                       [] { return set::found_count == 5 && set::found_text == "hello"; }, set::anything});
    if (has_ring<P>())
        all.push_back({"complete operations", set::nothing, complete_operations,
                       [] { return set::found_count == 5 && set::found_text == "hello"; }, set::anything});
    if constexpr (requires { typename P::watch_queue; })
        all.push_back({"watch a folder", set::tree,
                       []() -> vitte::result<void> {
                           set::found_count = 0;
                           static_cast<void>(remove_all<base>(SCRATCH "/new"));
                           VITTE_TRY(auto watcher, basic_watcher<faulty<audited<P>>>::create());
                           VITTE_CHECK(watcher.add(SCRATCH, true));
                           VITTE_CHECK(create_directories<base>(SCRATCH "/new/below"));
                           return watcher.wait([](const watch_event&) { ++set::found_count; },
                                               deadline::after(2'000'000'000), 0);
                       },
                       [] { return set::found_count != 0; }, set::anything});
    if constexpr (vitte::loader::native::machine::supported)
        all.push_back({"load and unload a module", set::nothing,
                       []() -> vitte::result<void> {
                           vitte::loader::basic_module_loader<frail> loader;
                           loader.provide("host_event", static_cast<void (*)(const char*)>([](const char*) {}));
                           loader.provide("host_twice", static_cast<int (*)(int)>([](int n) { return 2 * n; }));
                           loader.provide("strlen", static_cast<std::size_t (*)(const char*)>(std::strlen));
                           auto made = loader.load(fixture("libcounter.so").c_str());
                           static std::string why;
                           if (!made) return vitte::fail(made.error().code, (why = made.error().message()).c_str());
                           auto roomy = loader.load(fixture("libroomy.so").c_str());
                           if (!roomy) return vitte::fail(roomy.error().code, (why = roomy.error().message()).c_str());
                           set::found_count =
                               static_cast<std::size_t>((*made->function_pointer<int()>("counter_value"))() +
                                                        (*roomy->function_pointer<int(int)>("last_of_room"))(1));
                           return {};
                       },
                       [] { return set::found_count == 43; }, set::anything});
    if constexpr (vitte::loader::native::machine::supported)
        all.push_back(
            {"load modules from memory", set::nothing,
             []() -> vitte::result<void> {
                 vitte::loader::basic_module_loader<frail> loader;
                 loader.provide("host_event", static_cast<void (*)(const char*)>([](const char*) {}));
                 static std::string why;
                 auto roomy = loader.load(fixture("libroomy.so").c_str(),
                                          {.verify = [](std::span<const std::byte> seen) { return !seen.empty(); }});
                 if (!roomy) return vitte::fail(roomy.error().code, (why = roomy.error().message()).c_str());
                 auto c = loader.load(fixture("parts/deep/libpart_c.so").c_str(),
                                      {.lazy = true, .global = true, .verify = [](std::span<const std::byte> seen) {
                                           return !seen.empty();
                                       }});
                 if (!c) return vitte::fail(c.error().code, (why = c.error().message()).c_str());
                 set::found_count =
                     static_cast<std::size_t>((*c->template function_pointer<int()>("c_value"))() +
                                              (*roomy->template function_pointer<int(int)>("last_of_room"))(1));
                 return {};
             },
             [] { return set::found_count == 2; }, set::anything});
    constexpr auto a_wasm_module = [] {  // (func (export "f") (result i32) (i32.const 43))
        using namespace wasm_test;
        const code made = module({make_section(1, list({type({}, {i32})})),
                                  make_section(3, list({wasm_test::bytes({0})})),
                                  make_section(7, list({exported("f", 0, 0)})),
                                  make_section(10, list({body(wasm_test::bytes({0x41, 43}))}))});
        set::file_with({reinterpret_cast<const char*>(made.data()), made.size()});
    };
    all.push_back({"load a WebAssembly module", a_wasm_module,
                   []() -> vitte::result<void> {
                       vitte::loader::basic_module_loader<frail> loader;
                       loader.add_format(vitte::loader::wasm::basic_format<frail>());
                       auto made = loader.load(
                           SCRATCH "/file", {.verify = [](std::span<const std::byte> seen) { return !seen.empty(); }});
                       static std::string why;
                       if (!made) return vitte::fail(made.error().code, (why = made.error().message()).c_str());
                       set::found_count = static_cast<std::size_t>(*(*made->template function<int()>("f"))());
                       return {};
                   },
                   [] { return set::found_count == 43; }, set::anything});
    all.push_back({"hold a module", a_wasm_module, hold_a_module,
                   [] { return set::found_text == R"({"type":"i32","value":"43"})"; }, set::anything});
    all.push_back({"keep a place for a service",
                   [] {
                       char here[4096];
                       BOOST_REQUIRE(getcwd(here, sizeof here) != nullptr);
                       setenv("XDG_RUNTIME_DIR", (std::string(here) + "/" SCRATCH).c_str(), 1);
                       BOOST_REQUIRE(mkdir(SCRATCH "/vitte", 0700) == 0);
                   },
                   keep_a_place, [] { return set::found_count == 1; }, set::anything});
    if (loads_libraries<P>())
        all.push_back({"load a library of the OS's", set::nothing,
                       []() -> vitte::result<void> {
                           VITTE_TRY(auto library,
                                     basic_library<faulty<audited<P>>>::open(fixture(VITTE_PLAIN_LIBRARY).c_str()));
                           VITTE_TRY(void* const found, library.symbol("plain_twice"));
                           set::found_count = found != nullptr;
                           return {};
                       },
                       [] { return set::found_count == 1; }, set::anything});
    return all;
}

std::size_t entries_of(const char* folder) {
    std::size_t count = 0;
    static_cast<void>(directory::open(folder)->for_each([&](const directory_entry&) { return ++count, true; }));
    return count;
}

struct tally {
    std::size_t points = 0, runs = 0, crashes = 0;
    std::set<std::pair<std::string, errc>> fired;
};

std::string replay_line(const scenario& s, const fault& what) {
    char line[300];
    std::snprintf(line, sizeof line, "VITTE_REPLAY='%s|%llu|%s|%u|%llu|%d|%u|%u|%llu'", s.name,
                  static_cast<unsigned long long>(what.call), what.name == nullptr ? "" : what.name,
                  static_cast<unsigned>(what.code), static_cast<unsigned long long>(what.times),
                  what.short_transfers + 2 * what.early_wakes + 4 * what.bare + 8 * what.all_after,
                  static_cast<unsigned>(what.kind), what.one_in, static_cast<unsigned long long>(what.seed));
    return line;
}

/// Whether systems may lack this call.
bool survives_without(const char* call) {
    const auto codes = possible_errors(call);
    return std::find(codes.begin(), codes.end(), errc::not_supported) != codes.end();
}
/// Whether the call is made again, which for ever would never end.
bool passes(const scenario& s, const std::string& call, errc code) {
    const bool asks_once = call == "files.try_lock" && std::string_view(s.name) == "keep a place for a service";
    const bool waits = call != "threads.start" && call != "processes.spawn" && !asks_once;
    return code == errc::interrupted || (code == errc::would_block && waits) ||
           (code == errc::disconnected && call == "sockets.accept");
}
/// Whether all may be done though this call has failed: there is another way, or it is a destructor's.
bool survivable(const scenario& s, const std::string& call, errc code) {
    static const std::set<std::string> other_ways{"files.close",        "files.clone",     "files.copy_some",
                                                  "files.copy_some_at", "files.find_data", "directories.open_unnamed",
                                                  "sockets.close",      "sockets.peer_address", "devices.close",
                                                  "devices.set_exclusive"};
    const std::string_view name = s.name;
    const bool by_destructor =
        name == "use temporary files" &&
        (call.starts_with("listing.") || call == "directories.open" || call.starts_with("directories.remove"));
    const bool by_linker = name == "load and unload a module" || name == "load modules from memory";
    const bool not_needed =
        (name == "make folders" && call == "directories.create") ||
        (name == "keep a place for a service" &&
         ((call == "directories.create" && code == errc::already_exists) || call.starts_with("directories.remove"))) ||
        (name == "watch a folder" && call == "watch_queue.add" && code == errc::not_found) ||
        (name == "watch a folder" && code == errc::permission_denied) ||
        (name == "replace a module" && call == "directories.current_path" && code == errc::not_found) ||
        (name == "complete operations" && call == "poller.remove") ||
        ((name == "hear of a child" || name == "complete connections") &&
         (call == "poller.remove" || call == "poller.wait")) ||
        (name == "use temporary files" && call == "directories.current_path" && code == errc::permission_denied) ||
        (by_linker && (call.starts_with("libraries.") || call == "directories.current_path" || call == "memory.commit"));
    const bool not_so = (call == "sockets.send_file" && code == errc::invalid_argument) ||
                        (call == "sockets.send_segments" &&
                         (code == errc::invalid_argument || code == errc::io_error || code == errc::too_large));
    const bool best_effort = name.ends_with(" a store");  // what it says, it has done
    return best_effort || passes(s, call, code) || code == errc::would_block || code == errc::not_supported || not_so ||
           other_ways.contains(call) || by_destructor || not_needed;
}

/// Runs `s` with `what`, and looks at what is left. A success is expected if `must_succeed`.
void try_once(const scenario& s, const fault& what, tally& count, bool must_succeed = false, long allocation = -1) {
    set::begin(s);
    const std::size_t handles = entries_of("/proc/self/fd");
    const int views = books::views, threads = books::threads, wrong = books::wrong_closes;
    const std::string call = what.name == nullptr ? "" : what.name;
    vitte::result<void> ended;
    injected::arm(what);
    allocations_left = allocation;
    try {
        ended = s.run();
    } catch (const std::bad_alloc&) {
        ended = vitte::fail(errc::out_of_memory, "operator new");
    }
    const bool fired = injected::fired() != 0 || (allocation >= 0 && allocations_left < 0);
    allocations_left = -1;
    injected::arm();
    ++count.runs;
    if (fired && what.kind == fault_kind::failure && what.name != nullptr) count.fired.emplace(call, what.code);
    BOOST_TEST_CONTEXT(replay_line(s, what) << " " << message(what.code) << ", allocation " << allocation) {
        BOOST_TEST(entries_of("/proc/self/fd") == handles);
        BOOST_TEST(books::views == views);
        BOOST_TEST(books::threads == threads);
        BOOST_TEST(books::wrong_closes == wrong);
        BOOST_TEST(s.harmless());
        if (ended) BOOST_TEST(s.done());
        if (!ended) BOOST_TEST(*ended.error().operation != 0);
        if (!ended) BOOST_TEST((fired || what.bare));
        if (must_succeed) BOOST_TEST(ended.has_value());
        if (!ended && !call.empty() && !what.all_after && what.kind == fault_kind::failure) {
            BOOST_TEST((ended.error().code == what.code), message(ended.error().code) << " is told");
            BOOST_TEST(std::strstr(ended.error().operation, what.name) != nullptr,
                       ended.error().operation << " is told");
        }
        if (!ended && allocation >= 0)
            BOOST_TEST((ended.error().code == errc::out_of_memory), message(ended.error().code) << " is told");
        const bool failed = fired && what.kind == fault_kind::failure && !call.empty();
        if (failed && !survivable(s, call, what.code)) BOOST_TEST(!ended.has_value());
        if (call == "files.close" && s.close == what.call) BOOST_TEST(!ended.has_value());
        const bool one_failure = what.times == 1 && !what.all_after && what.one_in == 0;
        if (!ended && s.tidy && one_failure)
            BOOST_TEST((names_in(*directory::open(SCRATCH)) == std::set<std::string>{"file"}));
        if (ended || s.done()) return;
        set::make_room();
        const auto again = s.run();
        BOOST_TEST((again && s.done()));
    }
}

/// A child runs `s` and ends at the call without a word.
void crash_once(const scenario& s, const fault& what, tally& count) {
    set::begin(s);
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        injected::arm(what);
        _exit(s.run() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ++count.crashes;
    BOOST_TEST_CONTEXT(replay_line(s, what)) {
        const std::string_view call = what.name;  // some are made only if others are slow
        const bool made_for_sure = !call.starts_with("threads.") && !call.starts_with("pipe.") &&
                                   !call.starts_with("poller.wait") &&
                                   !call.starts_with("sockets.wait") && !call.starts_with("sockets.receive") &&
                                   call != "devices.wait" && call != "devices.read";
        BOOST_TEST((WIFEXITED(status) && (WEXITSTATUS(status) == fault::crash_status || !made_for_sure)));
        BOOST_TEST(s.harmless());
        set::make_room();
        const auto again = s.run();
        BOOST_TEST((again && s.done()));
    }
}

/// The names of the calls of a run in which nothing fails.
std::vector<std::string> calls_of(const scenario& s, bool bare = false) {
    set::begin(s);
    BOOST_TEST_CONTEXT(s.name) BOOST_REQUIRE(s.run().has_value());  // some calls are made only once in a program
    set::begin(s);
    injected::arm({.bare = bare});
    BOOST_TEST_CONTEXT(s.name) BOOST_REQUIRE((s.run() && s.done()));
    std::vector<std::string> calls;
    for (std::uint64_t k = 1; k <= injected::count(); ++k) calls.emplace_back(injected::name(k));
    return calls;
}

/// Which calls are worth to fail: in long runs the first two and the last that come between the same neighbours.
std::vector<std::size_t> telling(const std::vector<std::string>& calls) {
    std::map<std::string, std::vector<std::size_t>> alike;
    for (std::size_t k = 0; k < calls.size(); ++k)
        alike[(k == 0 ? "" : calls[k - 1]) + calls[k] + (k + 1 == calls.size() ? "" : calls[k + 1])].push_back(k);
    std::vector<std::size_t> all;
    for (auto& [where, ks] : alike) {
        if (calls.size() > 100 && ks.size() > 3) ks = {ks[0], ks[1], ks.back()};
        all.insert(all.end(), ks.begin(), ks.end());
    }
    return all;
}

void print_coverage(const std::set<std::pair<std::string, errc>>& fired) {
    std::map<std::string, std::string> rows;
    for (const auto& [call, code] : fired) rows[call] += (rows[call].empty() ? "" : ", ") + std::string(message(code));
    for (const auto& [call, codes] : rows) std::printf("  %-26s %s\n", call.c_str(), codes.c_str());
}

/// Whether the tests run on a system without this call.
template <class P>
bool is_lacking(std::string_view call) {
    using handle = typename P::files::handle;
    const bool watches = requires { typename P::watch_queue; }, loads = loads_libraries<P>();
    const bool is_linux = requires(handle h) { P::directories::open_beneath(h, "", true); };
    static const std::set<std::string_view> of_linux{"directories.open_to_search",
                                                     "directories.open_unnamed",
                                                     "directories.give_name",
                                                     "directories.open_beneath",
                                                     "directories.open_file_beneath",
                                                     "files.clone",
                                                     "files.copy_some",
                                                     "files.copy_some_at",
                                                     "files.attribute",
                                                     "files.set_attribute",
                                                     "files.remove_attribute",
                                                     "sockets.send_file",
                                                     "sockets.send_segments",
                                                     "splice.open",
                                                     "splice.fill",
                                                     "splice.drain",
                                                     "processes.end_handle",
                                                     "processes.await_end"};
    const bool elsewhere = call == "files.set_owner";  // privacy.cpp: only root has files of others to replace
    return elsewhere || call == "files.clone_to" || (!watches && call.starts_with("watch_queue.")) ||
           (call.starts_with("completions.") && !has_ring<P>()) ||
           (!loads && call.starts_with("libraries.")) || (!is_linux && of_linux.contains(call));
}
}  // namespace

/// Whoever would take away more than his own temporary files takes away those of the scenario, which is seen.
struct own_temporary_folder {
    own_temporary_folder() { setenv("TMPDIR", SCRATCH, 1); }
};
BOOST_TEST_GLOBAL_FIXTURE(own_temporary_folder);

BOOST_AUTO_TEST_SUITE(fault_sweep)

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_any_call_fails, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    const auto all = all_scenarios();
    for (const scenario& s : all) {
        const auto calls = calls_of(s);
        for (const std::size_t k : telling(calls)) {
            const char* const name = calls[k].c_str();
            const auto until = calls.begin() + static_cast<std::ptrdiff_t>(k) + 1;
            const auto nth = static_cast<std::uint64_t>(std::count(calls.begin(), until, calls[k]));
            for (const errc code : possible_errors(name)) {
                ++count.points;
                const bool again = passes(s, calls[k], code);
                try_once(s, {nth, code, 1, false, name}, count, again);
                try_once(s, {nth, code, again ? 5 : fault::for_ever, false, name}, count, again);
                if (sanitized) continue;
                try_once(s, {nth, code, 1, true, name}, count, again);
                try_once(s, {.call = nth, .code = code, .name = name, .all_after = true}, count);
            }
            const bool moves = calls[k].starts_with("files.write") || calls[k].starts_with("files.copy_some");
            if (moves) try_once(s, {.call = nth, .name = name, .kind = fault_kind::nothing}, count);
            if (!sanitized) crash_once(s, {.call = nth, .name = name, .kind = fault_kind::crash}, count);
        }
        try_once(s, {.short_transfers = true, .early_wakes = true}, count, true);
        try_once(s, {.bare = true}, count, true);
        const auto other_calls = calls_of(s, true);
        for (const std::size_t k : other_calls == calls ? std::vector<std::size_t>() : telling(other_calls))
            for (const errc code : possible_errors(other_calls[k].c_str())) {
                const char* const name = other_calls[k].c_str();
                const auto nth = static_cast<std::uint64_t>(
                    std::count(other_calls.begin(), other_calls.begin() + static_cast<std::ptrdiff_t>(k) + 1, name));
                const bool lacking = survives_without(name);
                if (!lacking) try_once(s, {.call = nth, .code = code, .name = name, .bare = true}, count);
            }
    }
    std::printf("fault sweep: %zu scenarios, %zu points, %zu runs, %zu crashes, %zu pairs of call and error:\n",
                all.size(), count.points, count.runs, count.crashes, count.fired.size());
    print_coverage(count.fired);
    for (const call_errors& row : all_possible_errors())
        for (const errc code : row.possible())
            if (!is_lacking<base>(row.call))
                BOOST_TEST(count.fired.contains({row.call, code}),
                           row.call << ": " << message(code) << " did not happen");
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_calls_fail_by_chance, *needs(own_kernel)) {
    constexpr std::uint64_t seeds = sanitized ? 15 : 60;
    const scratch folder;
    tally count;
    for (const scenario& s : all_scenarios())
        for (std::uint64_t seed = 0; seed < seeds; ++seed)
            try_once(s,
                     {.short_transfers = seed % 3 == 0, .one_in = static_cast<unsigned>(2 + seed % 20), .seed = seed},
                     count);
    BOOST_TEST(count.runs > 20 * seeds);
}

#if defined(VITTE_WRAPPED)
BOOST_AUTO_TEST_CASE(nothing_is_lost_when_memory_runs_out, *needs(own_kernel)) {
    const scratch folder;
    tally count;
    for (const scenario& s : all_scenarios()) {
        set::begin(s);
        allocations = 0;
        BOOST_REQUIRE(s.run().has_value());
        for (std::size_t k = 0, most = allocations; k < most; ++k)
            for (const bool lasting : {false, true}) {
                all_after = lasting;
                try_once(s, {}, count, false, static_cast<long>(k));
            }
    }
    std::printf("fault sweep: %zu allocations failed\n", count.runs);
    BOOST_TEST(count.runs > 50u);
}
#endif

/// What a failing run has printed.
BOOST_AUTO_TEST_CASE(one_is_played_again, *needs(own_kernel)) {
    const char* const line = std::getenv("VITTE_REPLAY");
    if (line == nullptr) return;
    const scratch folder;
    char scenario_name[64], name[64] = "";
    unsigned code = 0, bits = 0, kind = 0, one_in = 0;
    unsigned long long call = 0, times = 1, seed = 0;
    const char* const rest = std::strchr(line, '|');
    BOOST_REQUIRE(rest != nullptr);
    std::snprintf(scenario_name, sizeof scenario_name, "%.*s", static_cast<int>(rest - line), line);
    if (std::sscanf(rest, "|%llu|%63[^|]|%u|%llu|%u|%u|%u|%llu", &call, name, &code, &times, &bits, &kind, &one_in,
                    &seed) < 2)
        BOOST_REQUIRE(
            std::sscanf(rest, "|%llu||%u|%llu|%u|%u|%u|%llu", &call, &code, &times, &bits, &kind, &one_in, &seed) > 2);
    tally count;
    for (const scenario& s : all_scenarios())
        if (std::strcmp(s.name, scenario_name) == 0)
            try_once(s,
                     {.call = call,
                      .code = static_cast<errc>(code),
                      .times = times,
                      .short_transfers = (bits & 1) != 0,
                      .name = *name == 0 ? nullptr : name,
                      .kind = static_cast<fault_kind>(kind),
                      .early_wakes = (bits & 2) != 0,
                      .bare = (bits & 4) != 0,
                      .all_after = (bits & 8) != 0,
                      .one_in = one_in,
                      .seed = seed},
                     count);
    BOOST_TEST(count.runs == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
