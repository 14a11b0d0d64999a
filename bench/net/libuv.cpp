// The servers by libuv, if it is installed.
#include "contender.hpp"

#if __has_include(<uv.h>)
#include <uv.h>

#include <cstdlib>
#include <thread>
#include <vector>

namespace {
struct open_loop : uv_loop_t {
    open_loop() { check(uv_loop_init(this)); }
    static void check(int done) {
        if (done != 0) std::abort();
    }
    [[noreturn]] void run() {
        uv_run(this, UV_RUN_DEFAULT);
        std::abort();
    }
};
template <class Handle>
uv_handle_t* handle_of(Handle* of) {
    return reinterpret_cast<uv_handle_t*>(of);
}
template <class Handle>
uv_stream_t* stream_of(Handle* of) {
    return reinterpret_cast<uv_stream_t*>(of);
}
void serve(int listener, uv_connection_cb each) {
    open_loop here;
    uv_tcp_t door;
    open_loop::check(uv_tcp_init(&here, &door));
    open_loop::check(uv_tcp_open(&door, listener));
    open_loop::check(uv_listen(stream_of(&door), 4096, each));
    here.run();
}

struct connection {
    uv_tcp_t stream;
    uv_write_t rest;
    char room[bench::most_bytes + 1];

    explicit connection(uv_stream_t* from) {
        open_loop::check(uv_tcp_init(from->loop, &stream));
        stream.data = this;
        open_loop::check(uv_accept(from, stream_of(&stream)));
    }
    static connection& of(void* stream) { return *static_cast<connection*>(static_cast<uv_tcp_t*>(stream)->data); }
    void receive() { open_loop::check(uv_read_start(stream_of(&stream), give_room, answer)); }
    void end() {
        uv_close(handle_of(&stream), [](uv_handle_t* closed) { delete &of(closed); });
    }

private:
    static void give_room(uv_handle_t* stream, std::size_t, uv_buf_t* to) {
        *to = uv_buf_init(of(stream).room, sizeof of(stream).room);
    }
    static void answer(uv_stream_t* stream, ssize_t came, const uv_buf_t* in) {
        if (came == 0) return;
        connection& self = of(stream);
        if (came < 0) return self.end();
        const auto size = static_cast<unsigned>(came);
        const uv_buf_t back = uv_buf_init(in->base, size);
        const int went = uv_try_write(stream, &back, 1);
        if (went == came) return;
        const unsigned sent = went > 0 ? static_cast<unsigned>(went) : 0;
        const uv_buf_t rest = uv_buf_init(in->base + sent, size - sent);
        uv_read_stop(stream);
        open_loop::check(uv_write(&self.rest, stream, &rest, 1, [](uv_write_t* ended, int failed) {
            if (failed == 0)
                of(ended->handle).receive();
            else
                of(ended->handle).end();
        }));
    }
};
void echo(int listener) {
    serve(listener, [](uv_stream_t* door, int) { (new connection(door))->receive(); });
}
void accept(int listener) {
    serve(listener, [](uv_stream_t* door, int) {
        auto* const made = new uv_tcp_t;
        open_loop::check(uv_tcp_init(door->loop, made));
        open_loop::check(uv_accept(door, stream_of(made)));
        uv_close(handle_of(made), [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
    });
}

char room[bench::batch * 65536];  // what libuv wants to have for batches
template <std::size_t Size>
void give_room(uv_handle_t*, std::size_t, uv_buf_t* to) {
    *to = uv_buf_init(room, Size);
}

void send_back(uv_udp_t* socket, ssize_t came, const uv_buf_t* in, const sockaddr* from, unsigned) {
    if (from == nullptr) return;
    const uv_buf_t back = uv_buf_init(in->base, static_cast<unsigned>(came));
    uv_udp_try_send(socket, &back, 1, from);
}
void serve_datagrams(int socket, unsigned flags, uv_alloc_cb give) {
    open_loop here;
    uv_udp_t from;
    open_loop::check(uv_udp_init_ex(&here, &from, flags));
    open_loop::check(uv_udp_open(&from, socket));
    open_loop::check(uv_udp_recv_start(&from, give, send_back));
    here.run();
}
void datagrams(int socket) { serve_datagrams(socket, AF_UNSPEC, give_room<bench::most_bytes>); }
void batches(int socket) { serve_datagrams(socket, AF_UNSPEC | UV_UDP_RECVMMSG, give_room<sizeof room>); }

/// Work that is posted: libuv itself only wakes its loop.
struct posted {
    struct item {
        item* next = nullptr;
    };
    uv_async_t wake;
    uv_mutex_t lock;
    item *first = nullptr, **last = &first;
    int left;

    void post(item& one) {
        uv_mutex_lock(&lock);
        *last = &one;
        last = &one.next;
        uv_mutex_unlock(&lock);
        uv_async_send(&wake);
    }
    void call() {
        uv_mutex_lock(&lock);
        item* one = first;
        first = nullptr;
        last = &first;
        uv_mutex_unlock(&lock);
        for (; one != nullptr; one = one->next) --left;
        if (left == 0) uv_close(handle_of(&wake), nullptr);
    }
};
void post(int threads, int each) {
    open_loop here;
    posted all;
    all.left = threads * each;
    uv_mutex_init(&all.lock);
    open_loop::check(
        uv_async_init(&here, &all.wake, [](uv_async_t* wake) { static_cast<posted*>(wake->data)->call(); }));
    all.wake.data = &all;
    std::vector<posted::item> items(static_cast<std::size_t>(all.left));
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t)
        posters.emplace_back([&all, from = &items[static_cast<std::size_t>(t * each)], each] {
            for (int i = 0; i < each; ++i) all.post(from[i]);
        });
    uv_run(&here, UV_RUN_DEFAULT);
    for (auto& poster : posters) poster.join();
    uv_mutex_destroy(&all.lock);
    open_loop::check(uv_loop_close(&here));
}
}  // namespace

const bench::contender bench::libuv = {"libuv", echo, accept, datagrams, batches, post};
#else
const bench::contender bench::libuv = {"libuv", nullptr, nullptr, nullptr, nullptr, nullptr};
#endif
