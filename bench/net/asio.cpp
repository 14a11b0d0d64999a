// The servers by Asio, if it is installed. It sends no batches.
#include "contender.hpp"

#if __has_include(<asio.hpp>)
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include <cstdlib>
#include <thread>
#include <vector>

namespace {
using asio::ip::tcp;
using asio::ip::udp;

class connection {
public:
    explicit connection(tcp::socket from) : socket_(std::move(from)) { read(); }

private:
    void read() {
        socket_.async_read_some(asio::buffer(room_), [this](std::error_code failed, std::size_t came) {
            if (failed) return delete this;
            asio::async_write(socket_, asio::buffer(room_, came), [this](std::error_code also, std::size_t) {
                if (also) return delete this;
                read();
            });
        });
    }

    tcp::socket socket_;
    char room_[bench::most_bytes + 1];
};
template <class Use>
void accept_each(tcp::acceptor& door, Use use) {
    door.async_accept([&door, use](std::error_code failed, tcp::socket made) {
        if (failed) std::abort();
        use(std::move(made));
        accept_each(door, use);
    });
}
template <class Use>
void serve(int listener, Use use) {
    asio::io_context here(1);
    tcp::acceptor door(here, tcp::v4(), listener);
    accept_each(door, use);
    here.run();
}
void echo(int listener) {
    serve(listener, [](tcp::socket made) { new connection(std::move(made)); });
}
void accept(int listener) {
    serve(listener, [](tcp::socket) {});
}

class answering {
public:
    answering(asio::io_context& in, int socket) : socket_(in, udp::v4(), socket) { receive(); }

private:
    void receive() {
        socket_.async_receive_from(asio::buffer(room_), from_, [this](std::error_code, std::size_t came) {
            socket_.async_send_to(asio::buffer(room_, came), from_,
                                  [this](std::error_code, std::size_t) { receive(); });
        });
    }

    udp::socket socket_;
    udp::endpoint from_;
    char room_[bench::most_bytes];
};
void datagrams(int socket) {
    asio::io_context here(1);
    answering all(here, socket);
    here.run();
}

void post(int threads, int each) {
    asio::io_context here(1);
    auto work = std::make_unique<asio::executor_work_guard<asio::io_context::executor_type>>(here.get_executor());
    int left = threads * each;
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t)
        posters.emplace_back([&] {
            for (int i = 0; i < each; ++i)
                asio::post(here, [&] {
                    if (--left == 0) work.reset();
                });
        });
    here.run();
    for (auto& poster : posters) poster.join();
}
}  // namespace

const bench::contender bench::asio = {"Asio", echo, accept, datagrams, datagrams, post};
#else
const bench::contender bench::asio = {"Asio", nullptr, nullptr, nullptr, nullptr, nullptr};
#endif
