// The servers by loops of ours, with callbacks and with coroutines.
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include <vitte/sys/event.hpp>
#include <vitte/sys/event/completion_ring.hpp>
#include <vitte/sys/net/async.hpp>

#include "contender.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;

struct open_loop : loop {
    open_loop() {
        if (!open()) std::abort();
    }
};
struct ring_loop : open_loop {
    ring_loop() {
        if (!ring_.open()) std::abort();
    }

private:
    completion_ring ring_{*this};
};
/// Calls `ready` whenever there is something to be received, for ever.
template <class Ready>
[[noreturn]] void run_when_readable(loop& in, int handle, Ready ready) {
    handle_watcher watch(in);
    if (!watch.open(handle)) std::abort();
    struct again : loop_callback {
        again(handle_watcher& watched, Ready& called) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<again&>(self).go_on(); }),
              watch_(watched),
              ready_(called) {}
        void go_on() noexcept {
            ready_();
            static_cast<void>(watch_.when_readable(*this));
        }
        handle_watcher& watch_;
        Ready& ready_;
    } waits(watch, ready);
    waits.go_on();
    static_cast<void>(in.run());
    std::abort();
}
/// Runs what never ends.
[[noreturn]] void run(loop& in, task<> work) {
    spawn(std::move(work));
    static_cast<void>(in.run());
    std::abort();
}

namespace by_callbacks {
class connection : loop_callback {
public:
    connection(loop& in, tcp_stream&& stream) noexcept
        : loop_callback([](loop_callback& self) noexcept { static_cast<connection&>(self).answer(); }),
          stream_(std::move(stream)),
          watch_(in) {
        if (!watch_.open(stream_.native_handle())) std::abort();
        answer();
    }

private:
    void answer() noexcept {
        for (bool more = true;;) {
            while (!left_.empty()) {
                const auto went = stream_.try_send(left_);
                if (!went) return wait(went.error(), &handle_watcher::when_writable);
                left_ = left_.subspan(*went);
            }
            if (!more) return wait({errc::would_block}, &handle_watcher::when_readable);
            const auto came = stream_.try_receive(room_);
            if (!came) return wait(came.error(), &handle_watcher::when_readable);
            if (*came == 0) return delete this;
            left_ = {room_, *came};
            more = *came == sizeof room_;
        }
    }
    void wait(const error& why, result<void> (handle_watcher::*until)(loop_callback&) noexcept) noexcept {
        if (why.code != errc::would_block || !(watch_.*until)(*this)) delete this;
    }

    tcp_stream stream_;
    handle_watcher watch_;
    std::span<const std::byte> left_;
    std::byte room_[bench::most_bytes + 1];
};

void echo(int listener) {
    open_loop here;
    const tcp_listener from(listener);
    run_when_readable(here, listener, [&] {
        while (auto next = from.try_accept()) new connection(here, std::move(next->stream));
    });
}
void accept(int listener) {
    open_loop here;
    const tcp_listener from(listener);
    run_when_readable(here, listener, [&] {
        while (from.try_accept()) {
        }
    });
}
void datagrams(int handle) {
    open_loop here;
    const udp_socket socket(handle);
    run_when_readable(here, handle, [&] {
        std::byte room[bench::most_bytes];
        for (datagram message{room, sizeof room, {}}; socket.try_receive_from(message); message.size = sizeof room)
            static_cast<void>(socket.try_send_to({room, message.size}, message.address));
    });
}
struct messages {
    std::byte room[bench::batch][bench::most_bytes];
    datagram all[bench::batch];

    std::span<datagram> empty() {
        for (unsigned i = 0; i < bench::batch; ++i) all[i].data = room[i], all[i].size = sizeof room[i];
        return all;
    }
};
void batches(int handle) {
    open_loop here;
    const udp_socket socket(handle);
    const auto of = std::make_unique<messages>();
    run_when_readable(here, handle, [&] {
        while (const auto came = socket.try_receive_batch(of->empty()))
            static_cast<void>(socket.try_send_batch({of->all, *came}));
    });
}
void post(int threads, int each) {
    open_loop here;
    struct item : loop_callback {
        item() noexcept : loop_callback([](loop_callback& self) noexcept { static_cast<item&>(self).called(); }) {}
        void called() noexcept {
            if (--*left == 0) in->stop();
        }
        int* left = nullptr;
        loop* in = nullptr;
    };
    int left = threads * each;
    std::vector<item> items(static_cast<std::size_t>(left));
    for (item& one : items) one.left = &left, one.in = &here;
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t)
        posters.emplace_back([&here, from = &items[static_cast<std::size_t>(t * each)], each] {
            for (int i = 0; i < each; ++i) here.post(from[i]);
        });
    static_cast<void>(here.run());
    for (auto& poster : posters) poster.join();
}
}  // namespace by_callbacks

namespace by_coroutines {
task<> answer(loop& in, tcp_stream from) {
    async_tcp_stream stream(in, std::move(from));
    if (!stream.open()) std::abort();
    std::byte room[bench::most_bytes + 1];
    for (;;) {
        const auto came = co_await stream.receive(room);
        if (!came || *came == 0) co_return;
        if (!co_await stream.send({room, *came})) co_return;
    }
}
task<> answer_all(loop& in, tcp_listener from) {
    async_tcp_listener door(in, std::move(from));
    if (!door.open()) std::abort();
    while (auto next = co_await door.accept()) spawn(answer(in, std::move(next->stream)));
}
task<> close_all(loop& in, tcp_listener from) {
    async_tcp_listener door(in, std::move(from));
    if (!door.open()) std::abort();
    while (co_await door.accept()) {
    }
}
task<> send_back(loop& in, udp_socket from) {
    async_udp_socket socket(in, std::move(from));
    if (!socket.open()) std::abort();
    std::byte room[bench::most_bytes];
    for (datagram message{room, sizeof room, {}}; co_await socket.receive_from(message); message.size = sizeof room)
        static_cast<void>(co_await socket.send_to({room, message.size}, message.address));
}
task<> send_batches_back(loop& in, udp_socket from) {
    async_udp_socket socket(in, std::move(from));
    if (!socket.open()) std::abort();
    const auto of = std::make_unique<by_callbacks::messages>();
    while (const auto came = co_await socket.receive_batch(of->empty()))
        static_cast<void>(co_await socket.send_batch({of->all, *came}));
}

template <class Loop>
void echo(int listener) {
    Loop here;
    run(here, answer_all(here, tcp_listener(listener)));
}
template <class Loop>
void accept(int listener) {
    Loop here;
    run(here, close_all(here, tcp_listener(listener)));
}
template <class Loop>
void datagrams(int socket) {
    Loop here;
    run(here, send_back(here, udp_socket(socket)));
}
template <class Loop>
void batches(int socket) {
    Loop here;
    run(here, send_batches_back(here, udp_socket(socket)));
}
template <class Loop>
constexpr bench::contender contender_with(const char* name) {
    return {name, echo<Loop>, accept<Loop>, datagrams<Loop>, batches<Loop>, nullptr};
}
}  // namespace by_coroutines
}  // namespace

const bench::contender bench::callbacks = {"callbacks",           by_callbacks::echo,
                                           by_callbacks::accept,  by_callbacks::datagrams,
                                           by_callbacks::batches, by_callbacks::post};
const bench::contender bench::coroutines = by_coroutines::contender_with<open_loop>("coroutines");
const bench::contender bench::ring = by_coroutines::contender_with<ring_loop>("coroutines over a ring");

std::string bench::why_no_ring() {
    open_loop here;
    completion_ring one(here);
    const auto opened = one.open();
    return opened ? "" : opened.error().message().c_str();
}
