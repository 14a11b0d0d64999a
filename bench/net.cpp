// Servers of ours against the same by hand, with libuv and with Asio: CPU time of the server's thread on a message, a
// connection, a datagram, or of all threads on posted work. Each serves its own connections, of which one process plays
// the clients; they take turns.
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "net/contender.hpp"
#include "row.hpp"

namespace {
using bench::contender;

/// Ours, and how much of the same by hand they may take.
struct own {
    const contender& who;
    double goal;
};
std::vector<own> ours = {{bench::callbacks, 1.02}, {bench::coroutines, 1.02}};
const contender* const peers[] = {&bench::by_hand, &bench::libuv, &bench::asio};

void require(bool done, const char* what) {
    if (done) return;
    std::fprintf(stderr, "net: %s: %s\n", what, std::strerror(errno));
    std::_Exit(1);
}
double seconds_of(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// A server in a thread that never ends, on the client's CPU, so that both always meet in the same way: it goes on when
/// the client waits for it.
class server {
public:
    server(void (*serve)(int), int type) {
        const int handle = ::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int on = 1;
        require(type != SOCK_STREAM || ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "option");
        place_.sin_family = AF_INET;
        place_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof place_;
        require(::bind(handle, address(), size) == 0 && ::getsockname(handle, address(), &size) == 0, "bind");
        require(type != SOCK_STREAM || ::listen(handle, 4096) == 0, "listen");
        std::thread thread(serve, handle);
        const sched_param none{};
        require(pthread_setschedparam(thread.native_handle(), SCHED_BATCH, &none) == 0, "schedule");
        require(pthread_getcpuclockid(thread.native_handle(), &clock_) == 0, "clock");
        thread.detach();
        type_ = type;
    }
    int connect() {
        const int made = ::socket(AF_INET, type_ | SOCK_CLOEXEC, 0), on = 1;
        const timeval patience{20, 0};
        require(made != -1 && ::connect(made, address(), sizeof place_) == 0, "connect");
        require(::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "option");
        require(type_ != SOCK_STREAM || ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "option");
        return made;
    }
    /// Seconds of CPU that it has taken.
    double cpu() const { return seconds_of(clock_); }

private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&place_); }
    sockaddr_in place_{};
    clockid_t clock_;
    int type_;
};

/// What a ring cannot do by hand no library does over it.
std::vector<const contender*> peers_of(const contender& mine) {
    if (&mine == &bench::ring_by_hand) return {&bench::by_hand};
    std::vector<const contender*> all(std::begin(peers), std::end(peers));
    if (&mine == &bench::ring) all.push_back(&bench::ring_by_hand);
    return all;
}

/// What all contenders took, in turns.
class comparison {
public:
    comparison() = default;
    explicit comparison(const std::vector<const contender*>& all) : all_(&all), times_(all.size()) {}

    /// `measure(i)` is the figure of the contender of that number.
    template <class Measure>
    void round(Measure measure) {
        ++rounds_;
        for (std::size_t k = 0; k < times_.size(); ++k) {
            // None always comes after the same other one.
            const std::size_t turn = (k + rounds_) % times_.size(), i = rounds_ % 2 ? turn : times_.size() - 1 - turn;
            times_[i].push_back(measure(i));
        }
    }
    template <class Measure>
    void rounds(int count, Measure measure) {
        for (std::size_t i = 0; i < times_.size(); ++i) static_cast<void>(measure(i));  // warms up
        for (int r = 0; r < count; ++r) round(measure);
    }
    /// Rows of medians of the rounds, and of their ratios; `goal` replaces those that are usual.
    void tell(const std::string& claim, double goal = 0) const {
        for (const auto& [mine, usual_goal] : ours) {
            const auto* const my_times = of(mine);
            const std::string what = claim + ", " + mine.name;
            for (const contender* peer : peers_of(mine)) {
                if (my_times == nullptr) break;
                const double limit = goal != 0                      ? goal
                                     : peer == &bench::by_hand      ? usual_goal
                                     : peer == &bench::ring_by_hand ? 1.02
                                                                    : 1;
                if (const auto* const times = of(*peer))
                    bench::row(what.c_str(), *my_times, *times, peer->name, limit);
                else if (peer->echo == nullptr)
                    bench::missing(what.c_str(), peer->name, bench::median(*my_times), limit);
            }
        }
    }

private:
    const std::vector<double>* of(const contender& one) const {
        const auto at = std::find(all_->begin(), all_->end(), &one);
        return at == all_->end() ? nullptr : &times_[static_cast<std::size_t>(at - all_->begin())];
    }

    const std::vector<const contender*>* all_ = nullptr;
    std::vector<std::vector<double>> times_;
    std::size_t rounds_ = 0;
};
/// Those that have this member.
template <class Member>
std::vector<const contender*> who_has(Member member) {
    std::vector<const contender*> found;
    for (const auto& one : ours)
        if (one.who.*member) found.push_back(&one.who);
    for (const contender* peer : peers)
        if (peer->*member) found.push_back(peer);
    return found;
}
constexpr std::size_t most_connections = 1000, counts[] = {1, 64, most_connections}, sizes[] = {64, bench::most_bytes};
char bytes[bench::most_bytes], answer[bench::most_bytes];

void exchange(const int* handles, std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i)
        require(::send(handles[i], bytes, size, 0) == static_cast<ssize_t>(size), "send");
    for (std::size_t i = 0; i < count; ++i)
        require(::recv(handles[i], answer, size, MSG_WAITALL) == static_cast<ssize_t>(size), "receive");
    require(std::memcmp(bytes, answer, size) == 0, "compare");
}
void compare_echoes() {
    const auto all = who_has(&contender::echo);
    comparison memory(all), times[2][3];
    for (auto& of_size : times)
        for (auto& one : of_size) one = comparison(all);
    // What lies where in memory differs from one set of connections to the next.
    for (int set = 0; set < 5; ++set) {
        std::vector<server> servers;
        std::vector<std::vector<int>> clients(all.size());
        for (const contender* one : all) servers.emplace_back(one->echo, SOCK_STREAM);
        memory.round([&](std::size_t i) {
            clients[i].reserve(most_connections);
            const std::size_t before = mallinfo2().uordblks;
            for (std::size_t k = 0; k < most_connections; ++k) clients[i].push_back(servers[i].connect());
            exchange(clients[i].data(), most_connections, 64);
            return static_cast<double>(mallinfo2().uordblks - before) / most_connections;
        });
        for (std::size_t s = 0; s < 2; ++s)
            for (std::size_t c = 0; c < 3; ++c)
                times[s][c].rounds(8, [&](std::size_t i) {
                    const std::size_t count = counts[c], rounds = count == 1 ? 2000 : 4000 / count;
                    const double before = servers[i].cpu();
                    for (std::size_t k = 0; k < rounds; ++k) exchange(clients[i].data(), count, sizes[s]);
                    return (servers[i].cpu() - before) * 1e9 / static_cast<double>(rounds * count);
                });
        for (const auto& handles : clients)
            for (const int handle : handles) ::close(handle);
    }
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t c = 0; c < 3; ++c)
            times[s][c].tell("TCP echo, " + std::to_string(counts[c]) + " × " + std::to_string(sizes[s]) + " bytes");
    memory.tell("TCP echo, bytes of memory for a connection", 1.2);
}

void compare_accepts() {
    const auto all = who_has(&contender::accept);
    std::vector<server> servers;
    for (const contender* one : all) servers.emplace_back(one->accept, SOCK_STREAM);
    comparison times(all);
    times.rounds(40, [&](std::size_t i) {
        constexpr int turns = 8, at_once = 64;
        const double before = servers[i].cpu();
        for (int k = 0; k < turns; ++k) {
            int handles[at_once];
            for (int& handle : handles) handle = servers[i].connect();
            for (const int handle : handles) {
                require(::recv(handle, answer, 1, 0) == 0, "wait for the end");
                const linger none{1, 0};  // leaves nothing behind
                ::setsockopt(handle, SOL_SOCKET, SO_LINGER, &none, sizeof none);
                ::close(handle);
            }
        }
        return (servers[i].cpu() - before) * 1e9 / (turns * at_once);
    });
    times.tell("accept and close a connection");
}

void compare_datagrams(const char* claim, void (*contender::*member)(int)) {
    const auto all = who_has(member);
    std::vector<server> servers;
    std::vector<int> clients;
    for (const contender* one : all) clients.push_back(servers.emplace_back(one->*member, SOCK_DGRAM).connect());
    comparison times(all);
    times.rounds(40, [&](std::size_t i) {
        constexpr int turns = 100, at_once = 64, size = 64;
        const double before = servers[i].cpu();
        for (int k = 0; k < turns; ++k) {
            for (int n = 0; n < at_once; ++n) require(::send(clients[i], bytes, size, 0) == size, "send a datagram");
            for (int n = 0; n < at_once; ++n)
                require(::recv(clients[i], answer, size, 0) == size, "receive a datagram");
        }
        return (servers[i].cpu() - before) * 1e9 / (turns * at_once);
    });
    times.tell(claim);
    for (const int handle : clients) ::close(handle);
}

void compare_posts() {
    const auto all = who_has(&contender::post);
    for (const int threads : {1, 4}) {
        comparison times(all);
        times.rounds(20, [&](std::size_t i) {
            const int each = 100'000 / threads;
            const double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
            all[i]->post(threads, each);
            return (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before) * 1e9 / (threads * each);
        });
        times.tell("post work from " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"));
    }
}
}  // namespace

int main() {
    if (const auto why = bench::why_no_ring(); why.empty())
        ours.push_back({bench::ring, 0.95}), ours.push_back({bench::ring_by_hand, 0.95});
    else
        std::fprintf(stderr, "net: nothing is measured over a completion ring: %s\n", why.c_str());
    for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(i * 7);
    cpu_set_t before, one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
    sched_getaffinity(0, sizeof before, &before);
    sched_setaffinity(0, sizeof one, &one);
    compare_echoes();
    compare_accepts();
    compare_datagrams("UDP echo, one by one", &contender::datagrams);
    compare_datagrams("UDP echo, batches", &contender::batches);
    sched_setaffinity(0, sizeof before, &before);
    compare_posts();
    std::_Exit(0);  // servers never end
}
