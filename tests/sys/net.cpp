// Connections and messages over loopback and between processes, with deadlines, and what goes wrong with them.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#if defined(_WIN32)
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#endif
#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <vitte/sys/net.hpp>
#include <vitte/sys/platform/confined.hpp>
#include <vitte/sys/thread/event.hpp>

#include "../support/outcome.hpp"
#include "../support/scratch.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys;

// Who stands around sockets says the same of addresses.
template <class P>
concept reuse_steals = requires { P::sockets::reuse_steals; };
static_assert(reuse_steals<native> == reuse_steals<confined<native, struct around>>);

std::string text(std::span<const std::byte> some) { return {reinterpret_cast<const char*>(some.data()), some.size()}; }
deadline soon() { return deadline::after(120_s); }
deadline now() { return deadline::after(20_ms); }
ip_endpoint loopback(std::uint16_t port = 0) { return {ipv4_address::loopback(), port}; }
unix_address at(const char* name) { return unix_address::at_path(name).value(); }

/// All that comes until the other side ends, and how it ended if not well.
template <class Stream>
std::string received(const Stream& from) {
    std::string told;
    std::byte piece[4096];
    for (;;) {
        const auto came = from.receive(piece, soon());
        if (!came) return told + "(" + message(came.error().code) + ")";
        if (*came == 0) return told;
        told += text({piece, *came});
    }
}

/// Both ends of a connection.
struct tcp_pair {
    tcp_listener listener = tcp_listener::listen(loopback()).value();
    tcp_stream client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    tcp_stream server = listener.accept(soon()).value().stream;
};

void put(const char* path, std::string_view content) {
    BOOST_REQUIRE((file::open(path, open_mode::write).value().write(std::as_bytes(std::span(content))).has_value()));
}

#if defined(_WIN32)
bool is_inherited(native::sockets::handle socket) {
    DWORD flags = 0;
    return GetHandleInformation(reinterpret_cast<HANDLE>(socket), &flags) == 0 || (flags & HANDLE_FLAG_INHERIT) != 0;
}
auto send_urgent(native::sockets::handle socket) { return win32::send(socket, "u", 1, MSG_OOB); }
#else
bool is_inherited(int socket) { return (fcntl(socket, F_GETFD) & FD_CLOEXEC) == 0; }
auto send_urgent(int socket) { return ::send(socket, "u", 1, MSG_OOB); }
#endif

/// A port where nobody listens: it was somebody's a moment ago.
ip_endpoint deserted() { return tcp_listener::listen(loopback()).value().local_address()->ip(); }

/// Whether a connection that is torn down may seem to end well before: wine's do.
#if defined(_WIN32)
constexpr bool ends_first = true;
#else
constexpr bool ends_first = false;
#endif

const ability ipv6{"IPv6", [] { return tcp_listener::listen({ipv6_address::loopback(), 0}).has_value(); }};
const ability local_streams{"streams between processes", [] {
    const scratch folder;
    return unix_listener::listen(at(SCRATCH "/probe")).has_value();
}};
const ability local_datagrams{"messages between processes", [] {
    return unix_datagram::bind(unix_address()).has_value();
}};
const ability pairs{"pairs of sockets", [] { return unix_stream::pair().has_value(); }};
const ability abstract_names{"abstract names", [] {
    return unix_listener::listen(unix_address::abstract("vitte probe").value()).has_value();
}};
const ability sequences{"connections that carry messages", [] { return unix_sequenced::pair().has_value(); }};
const ability shared_ports{"ports that several share", [] {
    return udp_socket::bind(loopback(), true).has_value();
}};
const ability deferred_accepts{
    "listeners that wait for data",
    [] { return tcp_listener::listen(loopback()).value().set_option(socket_option::defer_accept, 30).has_value(); }};
}  // namespace

BOOST_AUTO_TEST_SUITE(net)

BOOST_AUTO_TEST_CASE(both_sides_of_a_connection_talk_and_know_each_other) {
    tcp_pair both;
    BOOST_REQUIRE(both.client.send(bytes("a question"), soon()).has_value());
    std::byte ten[10];
    BOOST_REQUIRE(both.server.receive_all(ten, soon()).has_value());
    BOOST_TEST(text(ten) == "a question");
    BOOST_REQUIRE(both.server.send(bytes("an answer"), soon()).has_value());
    BOOST_TEST(both.server.close().has_value());
    BOOST_TEST(!both.server.is_open());
    BOOST_TEST(both.server.close().has_value());
    BOOST_TEST(received(both.client) == "an answer");
    BOOST_TEST((both.client.peer_address().value() == both.listener.local_address().value()));
}

BOOST_AUTO_TEST_CASE(who_accepts_learns_who_came) {
    const auto listener = tcp_listener::listen(loopback()).value();
    const auto client = tcp_stream::connect(listener.local_address()->ip(), soon()).value();
    const auto server = listener.accept(soon()).value();
    BOOST_TEST((server.peer == client.local_address().value()));
    BOOST_TEST((server.stream.local_address().value() == client.peer_address().value()));
    BOOST_TEST(server.peer.ip().address.is_loopback());
}

BOOST_AUTO_TEST_CASE(connections_of_ipv6, *needs(ipv6)) {
    const auto listener = tcp_listener::listen({ipv6_address::loopback(), 0}).value();
    const ip_endpoint place = listener.local_address()->ip();
    BOOST_TEST(place.address.is_v6());
    const auto client = tcp_stream::connect(place, soon()).value();
    const auto server = listener.accept(soon()).value();
    BOOST_TEST((server.peer == client.local_address().value()));
    BOOST_REQUIRE(client.send(bytes("six"), soon()).has_value());
    BOOST_REQUIRE(client.shut_down().has_value());
    BOOST_TEST(received(server.stream) == "six");
}

BOOST_AUTO_TEST_CASE(one_side_can_end_while_the_other_goes_on) {
    tcp_pair both;
    BOOST_REQUIRE(both.client.send(bytes("all I have"), soon()).has_value());
    BOOST_REQUIRE(both.client.shut_down(socket_sends).has_value());
    BOOST_TEST(received(both.server) == "all I have");
    BOOST_TEST(why(both.client.send(bytes("more"), soon())) == "broken pipe");
    BOOST_REQUIRE(both.server.send(bytes("thank you"), soon()).has_value());
    BOOST_REQUIRE(both.server.shut_down(socket_sends).has_value());
    BOOST_TEST(received(both.client) == "thank you");
}

BOOST_AUTO_TEST_CASE(who_ends_receiving_is_at_the_end) {
    tcp_pair both;
    BOOST_REQUIRE(both.client.shut_down(socket_receives).has_value());
    BOOST_TEST(received(both.client) == "");
    BOOST_REQUIRE(both.client.send(bytes("still here"), soon()).has_value());
    BOOST_REQUIRE(both.client.shut_down(socket_sends).has_value());
    BOOST_TEST(received(both.server) == "still here");
}

BOOST_AUTO_TEST_CASE(sockets_stay_in_their_process) {
    const tcp_pair both;
    BOOST_TEST(!is_inherited(both.listener.native_handle()));
    BOOST_TEST(!is_inherited(both.client.native_handle()));
    BOOST_TEST(!is_inherited(both.server.native_handle()));
}

BOOST_AUTO_TEST_CASE(what_is_urgent_lets_the_others_wait) {
    tcp_pair both;
    BOOST_REQUIRE(send_urgent(both.client.native_handle()) == 1);
    std::byte some[8];
    const std::string came = why(both.server.receive(some, now()));
    BOOST_TEST((came == "timed out" || came == "done"));  // Windows has it among the rest
    BOOST_TEST(why(both.server.wait(socket_readable, now())) == "timed out");
    BOOST_REQUIRE(both.client.send(bytes("rest"), soon()).has_value());
    BOOST_TEST(both.server.receive(some, soon()).value() == 4u);
}

BOOST_AUTO_TEST_CASE(more_than_there_is_room_for_waits_for_the_reader) {
    tcp_pair both;
    std::vector<std::byte> sent(8 << 20);
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::byte>(i * 7 + (i >> 12));
    std::string told;
    auto sender = start_thread([&] {
        told = why(both.client.send(sent, soon()));
        static_cast<void>(both.client.shut_down());
    });
    BOOST_REQUIRE(sender.has_value());
    std::vector<std::byte> came(sent.size());
    BOOST_TEST(both.server.receive_all(came, soon()).has_value());
    BOOST_REQUIRE(sender->join().has_value());
    BOOST_TEST(told == "done");
    BOOST_TEST((came == sent));
    BOOST_TEST(received(both.server) == "");
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_the_deadline) {
    tcp_pair both;
    std::byte one[1];
    const std::int64_t began = monotonic_time();
    BOOST_TEST(why(both.client.receive(one, now())) == "timed out");
    BOOST_TEST(why(both.listener.accept(now())) == "timed out");
    BOOST_TEST(why(both.client.wait(socket_readable, now())) == "timed out");
    std::vector<std::byte> much(64 << 20);
    BOOST_TEST(why(both.client.send(much, now())) == "timed out");
    BOOST_TEST(monotonic_time() - began >= 4 * 20_ms);
    BOOST_TEST(why(both.server.receive(one, deadline::passed())) == "done");
    BOOST_TEST(why(both.client.receive(one, deadline::passed())) == "timed out");
}

BOOST_AUTO_TEST_CASE(what_does_not_wait_says_that_it_would) {
    tcp_pair both;
    std::byte one[1];
    BOOST_TEST(why(both.client.try_receive(one)) == "would block");
    BOOST_TEST(why(both.listener.try_accept()) == "would block");
    std::vector<std::byte> much(1 << 20);
    std::string last;
    for (int i = 0; i < 1000 && last != "would block"; ++i) last = why(both.client.try_send(much));
    BOOST_TEST(last == "would block");
    BOOST_TEST((both.server.wait(socket_readable | socket_writable, soon()).value() == (socket_readable | socket_writable)));
}

BOOST_AUTO_TEST_CASE(nobody_there_is_refused) {
    BOOST_TEST(why(tcp_stream::connect(deserted(), soon())) == "connection refused");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_torn_down_says_so) {
    tcp_pair both;
    BOOST_REQUIRE(both.server.set_option(socket_option::linger, 0).has_value());
    BOOST_TEST(both.server.close().has_value());
    const std::string told = received(both.client);
    BOOST_TEST((told == "(connection given up)" || (ends_first && told.empty())));
    std::string then = "done";
    for (const deadline limit = soon(); then == "done" && deadline::after(0) < limit;) then = why(both.client.send(bytes("x"), soon()));
    BOOST_TEST((then == "broken pipe" || then == "connection given up"));
}

BOOST_AUTO_TEST_CASE(an_address_has_one_listener) {
    const auto first = tcp_listener::listen(loopback()).value();
    BOOST_TEST(why(tcp_listener::listen(first.local_address()->ip())) == "address in use");
    BOOST_TEST(why(tcp_listener::listen(first.local_address()->ip(), {.share_port = true})) != "done");
    BOOST_TEST(why(tcp_listener::listen({ipv4_address{{192, 0, 2, 1}}, 0})) == "not an address of this machine");
}

BOOST_AUTO_TEST_CASE(an_address_can_be_listened_at_again_at_once) {
    ip_endpoint place;
    {
        tcp_pair both;
        place = both.listener.local_address()->ip();
        static_cast<void>(both.server.close());  // who ends first keeps the address for a while
        BOOST_TEST(received(both.client) == "");
    }
    BOOST_TEST(why(tcp_listener::listen(place)) == "done");
}

BOOST_AUTO_TEST_CASE(sockets_that_are_not_connected_or_open_say_so) {
    const auto listener = tcp_listener::listen(loopback()).value();
    tcp_stream gone(tcp_stream::connect(listener.local_address()->ip(), soon()).value().release());
    static_cast<void>(gone.close());
    std::byte one[1];
    BOOST_TEST(why(gone.receive(one, soon())) == "bad handle");
    BOOST_TEST(why(gone.wait(socket_readable, soon())) == "bad handle");
    BOOST_TEST(why(gone.local_address()) == "bad handle");
    const tcp_stream idle(native::sockets::open(socket_family::ipv4, socket_kind::stream).value());
    BOOST_TEST(why(idle.peer_address()) == "not connected");
}

BOOST_AUTO_TEST_CASE(options_are_set_and_told) {
    tcp_pair both;
    BOOST_TEST(both.client.option(socket_option::no_delay).value() != 0);
    BOOST_TEST(both.server.option(socket_option::no_delay).value() != 0);
    BOOST_REQUIRE(both.client.set_option(socket_option::no_delay, 0).has_value());
    BOOST_TEST(both.client.option(socket_option::no_delay).value() == 0);
    BOOST_REQUIRE(both.client.set_option(socket_option::keep_alive).has_value());
    BOOST_TEST(both.client.option(socket_option::keep_alive).value() != 0);
    BOOST_TEST(both.client.option(socket_option::linger).value() == -1);
    BOOST_REQUIRE(both.client.set_option(socket_option::linger, 5).has_value());
    BOOST_TEST(both.client.option(socket_option::linger).value() == 5);
    BOOST_REQUIRE(both.client.set_option(socket_option::receive_buffer, 100'000).has_value());
    BOOST_TEST(both.client.option(socket_option::receive_buffer).value() >= 100'000);
    for (const socket_option seconds : {socket_option::keep_alive_idle, socket_option::keep_alive_interval}) {
        if (const auto set = both.client.set_option(seconds, 77); set) BOOST_TEST(both.client.option(seconds).value() == 77);
        else BOOST_TEST(why(set) == "not supported");
    }
    const auto udp = udp_socket::bind(loopback()).value();
    BOOST_REQUIRE(udp.set_option(socket_option::hops, 9).has_value());
    BOOST_TEST(udp.option(socket_option::hops).value() == 9);
    BOOST_REQUIRE(udp.set_option(socket_option::multicast_hops, 3).has_value());
    BOOST_TEST(udp.option(socket_option::multicast_hops).value() == 3);
    BOOST_REQUIRE(udp.set_option(socket_option::broadcast).has_value());
    BOOST_TEST(udp.option(socket_option::broadcast).value() != 0);
}

BOOST_AUTO_TEST_CASE(who_sends_nothing_is_not_accepted_where_that_is_deferred, *needs(deferred_accepts)) {
    const auto listener = tcp_listener::listen(loopback()).value();
    const auto connect = [&] { return tcp_stream::connect(listener.local_address()->ip(), soon()).value(); };
    const tcp_stream at_once = connect();
    BOOST_TEST(why(listener.accept(soon())) == "done");
    BOOST_REQUIRE(listener.set_option(socket_option::defer_accept, 30).has_value());
    const tcp_stream silent = connect(), talks = connect();
    BOOST_TEST(why(listener.accept(now())) == "timed out");
    BOOST_REQUIRE(talks.send(bytes("hello"), soon()).has_value());
    const auto came = listener.accept(soon());
    BOOST_REQUIRE(came.has_value());
    BOOST_TEST((came->stream.peer_address().value() == talks.local_address().value()));
    std::byte room[10];
    BOOST_TEST(came->stream.try_receive(room).value_or(0) == 5u);
    BOOST_TEST(why(listener.accept(now())) == "timed out");
}

#if defined(__linux__) && !defined(VITTE_PLATFORM_POSIX)
namespace {
/// A network of this process' own, of loopback alone, where first packets may carry data. False if it may not have one.
bool enter_own_network() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    const int any = ::socket(AF_INET, SOCK_DGRAM, 0), setting = ::open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY);
    ifreq wanted{};
    std::strcpy(wanted.ifr_name, "lo");
    wanted.ifr_flags = IFF_UP;
    const bool made = ::ioctl(any, SIOCSIFFLAGS, &wanted) == 0 && ::write(setting, "3", 1) == 1;
    ::close(any), ::close(setting);
    return made;
}
/// Sees what passes loopback.
class onlooker {
public:
    onlooker() {
        sockaddr_ll place{};
        place.sll_family = AF_PACKET;
        place.sll_protocol = htons(ETH_P_IP);
        place.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
        is_there_ = ::bind(packets_, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
    }
    ~onlooker() { ::close(packets_); }
    bool is_there() const { return is_there_; }

    /// Bytes of data in the first packet of each connection since then, and how many of them the answer took.
    std::string told() {
        std::string all;
        std::byte room[2048];
        std::uint32_t begin = 0;
        sockaddr_ll from;
        for (socklen_t size = sizeof from;
             ::recvfrom(packets_, room, sizeof room, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size) > 0;
             size = sizeof from) {
            iphdr ip;
            tcphdr tcp;
            std::memcpy(&ip, room, sizeof ip);
            if (from.sll_pkttype == PACKET_OUTGOING || ip.protocol != IPPROTO_TCP) continue;
            std::memcpy(&tcp, room + ip.ihl * 4, sizeof tcp);
            if (tcp.syn == 0) continue;
            if (tcp.ack == 0)
                begin = ntohl(tcp.seq), all += std::to_string(ntohs(ip.tot_len) - ip.ihl * 4 - tcp.doff * 4);
            else
                all += "/" + std::to_string(ntohl(tcp.ack_seq) - begin - 1) + " ";
        }
        return all;
    }

private:
    int packets_ = ::socket(AF_PACKET, SOCK_DGRAM, 0);
    bool is_there_;
};
/// A connection whose first packet carries `data` if the system knows by now that the other side lets it.
tcp_stream connected_with(const ip_endpoint& to, std::string_view data) {
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(to.port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(
        ::sendto(made, data.data(), data.size(), MSG_FASTOPEN, reinterpret_cast<sockaddr*>(&place), sizeof place));
    ::fcntl(made, F_SETFL, O_NONBLOCK);
    return tcp_stream(made);
}
/// What `work` returns in a copy of this process, or 99.
template <class Work>
int in_a_copy(Work work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
const ability own_network{
    "a network of its own",
    [] { return in_a_copy([] { return enter_own_network() && onlooker().is_there() ? 0 : 1; }) == 0; }};
}  // namespace

BOOST_AUTO_TEST_CASE(first_packets_may_carry_data, *needs(own_network)) {
    const int ended = in_a_copy([] {
        if (!enter_own_network()) return 1;
        onlooker sees;
        const auto fast = tcp_listener::listen(loopback()).value(), slow = tcp_listener::listen(loopback()).value();
        if (!fast.set_option(socket_option::fast_open, 8)) return 2;
        std::byte room[10];
        for (const tcp_listener* const one : {&fast, &fast, &slow}) {
            const tcp_stream client = connected_with(one->local_address()->ip(), "hello");
            const auto came = one->accept(soon());
            if (!came || came->stream.receive(room, soon()).value_or(0) != 5) return 3;
        }
        // The first has no cookie yet, and who was not asked for it takes no data (RFC 7413, 4.1).
        return sees.told() == "0/0 5/5 5/0 " ? 0 : 4;
    });
    BOOST_TEST(ended == 0);
}
#endif

BOOST_AUTO_TEST_CASE(pieces_go_and_come_in_their_order) {
    tcp_pair both;
    std::string parts[] = {"one ", "", "two ", "three"};
    std::vector<io_slice> slices;
    for (std::string& part : parts) slices.push_back({reinterpret_cast<std::byte*>(part.data()), part.size()});
    BOOST_REQUIRE(both.client.send_vector(slices, soon()).has_value());
    BOOST_REQUIRE(both.server.wait(socket_readable, soon()).has_value());
    std::byte first[4], rest[60];
    const io_slice to[] = {{first, sizeof first}, {rest, sizeof rest}};
    std::string told;
    const std::size_t came = both.server.receive_vector(to, soon()).value();
    BOOST_REQUIRE(came > sizeof first);
    BOOST_TEST(text(first) == "one ");
    told = text({rest, came - sizeof first});
    BOOST_REQUIRE(both.client.shut_down().has_value());
    BOOST_TEST(told + received(both.server) == "two three");

    std::byte single[2000];
    std::vector<io_slice> singles;
    for (std::byte& one : single) singles.push_back({&one, 1});
    BOOST_REQUIRE(both.server.send(bytes("as many as there is room for"), soon()).has_value());
    const std::size_t filled = both.client.receive_vector(singles, soon()).value();
    BOOST_TEST(text({single, filled}) == std::string("as many as there is room for").substr(0, filled));
    std::byte others[64];
    BOOST_REQUIRE(both.client.receive_all(std::span(others).first(28 - filled), soon()).has_value());

    std::string large(3 << 20, 'v');
    slices.assign(40, {reinterpret_cast<std::byte*>(large.data()), large.size() / 40});
    auto sender = start_thread([&] {
        BOOST_TEST(both.server.send_vector(slices, soon()).has_value());
        static_cast<void>(both.server.close());
    });
    if (sender) BOOST_TEST(received(both.client).size() == large.size() / 40 * 40);
    if (sender) static_cast<void>(sender->join());
}

BOOST_AUTO_TEST_CASE(files_are_sent_whole_and_in_part) {
    const scratch folder;
    std::string content;
    for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + ",";
    put(SCRATCH "/sent", content);
    const auto file = sys::file::open(SCRATCH "/sent").value();
    tcp_pair both;
    auto sender = start_thread([&] {
        BOOST_TEST(both.client.send_file(file, 5, 1'000'000'000, soon()).value() == content.size() - 5);
        BOOST_TEST(both.client.send_file(file, 10, 7, soon()).value() == 7u);
        BOOST_TEST(both.client.send_file(file, content.size(), 7, soon()).value() == 0u);
        static_cast<void>(both.client.shut_down());
    });
    BOOST_REQUIRE(sender.has_value());
    BOOST_TEST((received(both.server) == content.substr(5) + content.substr(10, 7)));
    static_cast<void>(sender->join());
    static_cast<void>(both.server.close());
    std::string last = "done";
    for (int i = 0; i < 100 && last == "done"; ++i) last = why(both.client.send_file(file, 0, content.size(), soon()));
    BOOST_TEST((last == "broken pipe" || last == "connection given up"));
}

BOOST_AUTO_TEST_CASE(a_relay_passes_on_what_comes) {
    tcp_pair in, out;
    std::vector<std::byte> sent(3 << 20), came(sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::byte>(i * 5 + (i >> 9));
    auto sender = start_thread([&] {
        BOOST_TEST(why(in.client.send(sent, soon())) == "done");
        BOOST_TEST(why(in.client.shut_down()) == "done");
    });
    auto between = start_thread([&] {
        auto passing = relay::create().value();
        BOOST_TEST(passing.pass(in.server, out.client, 1000, soon()).value() == 1000u);
        BOOST_TEST(passing.pass(in.server, out.client, 0, soon()).value() == 0u);
        auto moved = std::move(passing);
        BOOST_TEST(moved.pass(in.server, out.client, UINT64_MAX, soon()).value() == sent.size() - 1000);
        BOOST_TEST(moved.pass(in.server, out.client, 5, soon()).value() == 0u);
        BOOST_TEST(why(out.client.shut_down()) == "done");
    });
    BOOST_REQUIRE((sender.has_value() && between.has_value()));
    BOOST_TEST(why(out.server.receive_all(came, soon())) == "done");
    BOOST_TEST((came == sent));
    BOOST_TEST(received(out.server) == "");
    BOOST_TEST((sender->join().has_value() && between->join().has_value()));
}

BOOST_AUTO_TEST_CASE(a_relay_holds_what_it_cannot_send) {
    tcp_pair in, out;
    auto passing = relay::create().value();
    BOOST_TEST(why(passing.try_fill(in.server)) == "would block");
    BOOST_TEST(why(passing.pass(in.server, out.client, 10, now())) == "timed out");
    std::vector<std::byte> much(1 << 16);
    while (out.client.try_send(much)) continue;
    BOOST_REQUIRE(in.client.send(bytes("to be kept"), soon()).has_value());
    BOOST_TEST(why(passing.pass(in.server, out.client, 10, now())) == "timed out");
    BOOST_TEST(passing.held() == 10u);
    BOOST_REQUIRE(in.client.shut_down().has_value());
    auto reader = start_thread([&] {
        const std::string all = received(out.server);
        BOOST_TEST(all.ends_with("to be kept"));
    });
    BOOST_REQUIRE(reader.has_value());
    BOOST_TEST(passing.pass(in.server, out.client, UINT64_MAX, soon()).value() == 10u);
    BOOST_TEST(passing.held() == 0u);
    BOOST_TEST(why(out.client.shut_down()) == "done");
    BOOST_TEST(reader->join().has_value());
    tcp_pair third;
    BOOST_REQUIRE(third.client.send(bytes("lost"), soon()).has_value());
    BOOST_TEST(why(passing.pass(third.server, out.client, 4, soon())) == "broken pipe");
}

BOOST_AUTO_TEST_CASE(messages_are_whole_and_told_from_whom) {
    const auto mine = udp_socket::bind(loopback()).value(), other = udp_socket::bind(loopback()).value();
    const socket_address there = other.local_address().value();
    BOOST_REQUIRE(mine.send_to(bytes("first"), there, soon()).has_value());
    BOOST_REQUIRE(mine.send_to(bytes(""), there, soon()).has_value());
    BOOST_REQUIRE(mine.send_to(bytes("the third one"), there, soon()).has_value());
    std::byte room[64];
    datagram got{room, sizeof room, {}};
    BOOST_REQUIRE(other.receive_from(got, soon()).has_value());
    BOOST_TEST(text({room, got.size}) == "first");
    BOOST_TEST((got.address == mine.local_address().value()));
    BOOST_TEST(!got.truncated);
    got.size = sizeof room;
    BOOST_REQUIRE(other.receive_from(got, soon()).has_value());
    BOOST_TEST(got.size == 0u);
    got.size = 5;
    BOOST_REQUIRE(other.receive_from(got, soon()).has_value());
    BOOST_TEST(text({room, got.size}) == "the t");
    BOOST_TEST(got.truncated);
    BOOST_REQUIRE(mine.send_to(bytes("the fourth one"), there, soon()).has_value());
    BOOST_REQUIRE(mine.send_to(bytes("the fifth one"), there, soon()).has_value());
    BOOST_TEST(other.receive({room, 6}, soon()).value() == 6u);
    BOOST_TEST(text({room, 6}) == "the fo");
    BOOST_REQUIRE(other.wait(socket_readable, soon()).has_value());
    const io_slice halves[] = {{room, 3}, {room + 8, 3}};
    BOOST_TEST(native::sockets::receive_vector(other.native_handle(), halves, 2).value() == 6u);
    BOOST_TEST((text({room, 3}) == "the" && text({room + 8, 3}) == " fi"));
    BOOST_TEST(why(other.receive_from(got, now())) == "timed out");
    BOOST_TEST(why(mine.send_to(std::vector<std::byte>(70'000), there, soon())) == "too large");
}

BOOST_AUTO_TEST_CASE(a_datagram_socket_can_be_connected) {
    const auto mine = udp_socket::bind(loopback()).value(), other = udp_socket::bind(loopback()).value(),
               third = udp_socket::bind(loopback()).value();
    const std::string alone = why(mine.send(bytes("x"), soon()));
    BOOST_TEST((alone == "not connected" || alone == "invalid argument"));  // as wine says
    BOOST_REQUIRE(mine.connect(other.local_address().value()).has_value());
    BOOST_TEST((mine.peer_address().value() == other.local_address().value()));
    BOOST_REQUIRE(third.send_to(bytes("not for you"), mine.local_address().value(), soon()).has_value());
    BOOST_REQUIRE(mine.send(bytes("ping"), soon()).has_value());
    std::byte room[64];
    BOOST_TEST(other.receive(room, soon()).value() == 4u);
    BOOST_REQUIRE(other.send_to(bytes("pong!"), mine.local_address().value(), soon()).has_value());
    BOOST_TEST(mine.receive(room, soon()).value() == 5u);
}

BOOST_AUTO_TEST_CASE(messages_nobody_takes_do_not_end_a_socket) {
    const auto mine = udp_socket::bind(loopback()).value(), other = udp_socket::bind(loopback()).value();
    socket_address gone;
    {
        gone = udp_socket::bind(loopback()).value().local_address().value();
    }
    BOOST_REQUIRE(mine.send_to(bytes("anybody?"), gone, soon()).has_value());
    BOOST_REQUIRE(other.send_to(bytes("me"), mine.local_address().value(), soon()).has_value());
    std::byte room[64];
    BOOST_TEST(mine.receive(room, soon()).value() == 2u);
}

BOOST_AUTO_TEST_CASE(batches_carry_many_messages) {
    const auto mine = udp_socket::bind(loopback()).value(), other = udp_socket::bind(loopback()).value();
    constexpr std::size_t count = 50;
    std::vector<std::string> texts;
    std::vector<datagram> out;
    for (std::size_t i = 0; i < count; ++i) texts.push_back("message " + std::to_string(i));
    for (std::string& one : texts)
        out.push_back({reinterpret_cast<std::byte*>(one.data()), one.size(), other.local_address().value()});
    std::byte rooms[count][32];
    std::vector<std::string> came;
    std::span<const datagram> rest = out;
    while (came.size() < count) {
        if (!rest.empty()) rest = rest.subspan(other.is_open() ? mine.send_batch(rest, soon()).value() : 0);
        datagram in[count];
        for (std::size_t i = 0; i < count; ++i) in[i] = {rooms[i], sizeof rooms[i], {}};
        const std::size_t got = other.receive_batch(in, soon()).value();
        for (std::size_t i = 0; i < got; ++i) {
            BOOST_TEST((in[i].address == mine.local_address().value()));
            came.push_back(text({in[i].data, in[i].size}));
        }
    }
    BOOST_TEST((came == texts));
    BOOST_TEST(mine.send_batch({}, soon()).value() == 0u);
}

BOOST_AUTO_TEST_CASE(segments_are_messages_of_their_own, *needs(own_kernel)) {  // qemu swaps no bytes of UDP_SEGMENT
    const auto mine = udp_socket::bind(loopback()).value(), other = udp_socket::bind(loopback()).value();
    for (const auto& [size, segment] :
         {std::pair(9'900, 1'000), {3, 1}, {70'000, 1'200}, {40'000, 8'000}, {0, 5}, {500, 900}}) {
        BOOST_TEST_CONTEXT(size << " bytes in segments of " << segment) {
            std::vector<std::byte> all(static_cast<std::size_t>(size)), room(65'536);
            for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i * 7 + (i >> 10));
            std::size_t sent = 0;
            do {
                const auto went = mine.send_segments(std::span(all).subspan(sent), static_cast<std::uint16_t>(segment),
                                                     other.local_address().value(), soon());
                BOOST_REQUIRE_MESSAGE(went.has_value(), why(went));
                BOOST_TEST((*went != 0 || all.empty()));
                for (std::size_t left = *went, more = true; more; more = left != 0) {
                    const std::size_t expected = std::min(left, static_cast<std::size_t>(segment));
                    BOOST_REQUIRE(other.receive(room, soon()).value() == expected);
                    BOOST_TEST(std::equal(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(expected),
                                          all.begin() + static_cast<std::ptrdiff_t>(sent)));
                    sent += expected;
                    left -= expected;
                }
            } while (sent < all.size());
        }
    }
    BOOST_TEST(why(mine.send_segments(bytes("x"), 0, other.local_address().value())) == "invalid argument");
}

BOOST_AUTO_TEST_CASE(groups_are_joined_and_left) {
    const auto mine = udp_socket::bind({ipv4_address::any(), 0}).value();
    const ip_address group = ipv4_address{{239, 255, 7, 9}};
    const auto joined = mine.join(group);
    if (!joined) {
        BOOST_TEST_MESSAGE("no multicast here: " << message(joined.error().code));
        return;
    }
    BOOST_TEST(why(mine.join(group)) != "done");
    BOOST_TEST(why(mine.leave(group)) == "done");
    BOOST_TEST(why(mine.leave(group)) != "done");
    BOOST_TEST(why(mine.join(ipv4_address{{10, 0, 0, 1}})) == "invalid argument");
}

BOOST_AUTO_TEST_CASE(a_port_can_be_shared_by_who_asks, *needs(shared_ports)) {
    const auto first = udp_socket::bind(loopback(), true).value();
    BOOST_TEST(why(udp_socket::bind(first.local_address()->ip(), true)) == "done");
    BOOST_TEST(why(udp_socket::bind(first.local_address()->ip())) == "address in use");
}

BOOST_AUTO_TEST_CASE(processes_of_one_machine_talk_by_a_path, *needs(local_streams)) {
    const scratch folder;
    const auto place = at(SCRATCH "/socket");
    BOOST_TEST(why(unix_stream::connect(place, soon())) == "not found");
    std::optional listener(unix_listener::listen(place).value());
    BOOST_TEST((listener->local_address()->local() == place));
    BOOST_TEST(why(unix_listener::listen(place)) == "address in use");
    const auto client = unix_stream::connect(place, soon()).value();
    const auto server = listener->accept(soon()).value();
    BOOST_REQUIRE(client.send(bytes("here"), soon()).has_value());
    BOOST_REQUIRE(client.shut_down().has_value());
    BOOST_TEST(received(server.stream) == "here");
    listener.reset();
    BOOST_TEST(why(unix_stream::connect(place, soon())) == "connection refused");
}

BOOST_AUTO_TEST_CASE(a_listener_without_room_is_waited_for, *needs(local_streams)) {
    const scratch folder;
    const auto place = at(SCRATCH "/socket");
    const auto listener = unix_listener::listen(place, {.backlog = 1}).value();
    std::vector<unix_stream> waiting;
    std::string last = "done";
    for (int i = 0; i < 20 && last == "done"; ++i) {
        auto next = unix_stream::connect(place, now());
        last = why(next);
        if (next) waiting.push_back(std::move(*next));
    }
    BOOST_TEST((last == "timed out" || last == "connection refused"));  // BSDs refuse
    BOOST_TEST(!waiting.empty());
    for (std::size_t i = 0; i < waiting.size(); ++i) BOOST_TEST(why(listener.accept(soon())) == "done");
    BOOST_TEST(why(unix_stream::connect(place, soon())) == "done");
}

BOOST_AUTO_TEST_CASE(names_of_local_sockets_have_a_limit) {
    const std::string longest(unix_address::most, 'p');
    BOOST_TEST(why(unix_address::at_path(longest + "p")) == "name too long");
    const auto made = unix_address::at_path(longest).value();
    BOOST_TEST(made.name() == longest);
    const auto listener = unix_listener::listen(made);
    BOOST_TEST(why(listener) != "bad handle");
    if (!listener) return;
    // Linux takes a path without a NUL behind it, and tells it.
    BOOST_TEST((listener->local_address()->local() == made));
    const auto client = unix_stream::connect(made, soon());
    BOOST_TEST((client && client->peer_address()->local() == made));
    static_cast<void>(sys::remove_all(longest.c_str()));
}

BOOST_AUTO_TEST_CASE(who_listens_needs_a_name) {
    BOOST_TEST(why(unix_listener::listen(unix_address())) == "invalid argument");
}

BOOST_AUTO_TEST_CASE(abstract_names_leave_no_file, *needs(abstract_names)) {
    const auto name = unix_address::abstract(std::string_view("vitte\0test", 10)).value();
    const auto listener = unix_listener::listen(name).value();
    BOOST_TEST((listener.local_address()->local() == name));
    const auto client = unix_stream::connect(name, soon()).value();
    BOOST_TEST((client.peer_address()->local() == name));
    BOOST_TEST(client.local_address()->local().is_unnamed());
}

BOOST_AUTO_TEST_CASE(messages_between_processes, *needs(local_datagrams)) {
    const scratch folder;
    const auto server = unix_datagram::bind(at(SCRATCH "/in")).value(), client = unix_datagram::bind(at(SCRATCH "/out")).value(),
               silent = unix_datagram::bind(unix_address()).value();
    BOOST_REQUIRE(client.send_to(bytes("hello"), at(SCRATCH "/in"), soon()).has_value());
    BOOST_REQUIRE(silent.send_to(bytes("psst"), at(SCRATCH "/in"), soon()).has_value());
    std::byte room[64];
    datagram got{room, sizeof room, {}};
    BOOST_REQUIRE(server.receive_from(got, soon()).has_value());
    BOOST_TEST(text({room, got.size}) == "hello");
    BOOST_TEST((got.address == socket_address(at(SCRATCH "/out"))));
    got.size = sizeof room;
    BOOST_REQUIRE(server.receive_from(got, soon()).has_value());
    BOOST_TEST(got.address.local().is_unnamed());
    BOOST_TEST(why(client.send_to(bytes("x"), at(SCRATCH "/nobody"), soon())) == "not found");
}

BOOST_AUTO_TEST_CASE(a_receiver_without_room_is_waited_for_until_the_deadline, *needs(local_datagrams)) {
    const scratch folder;
    const auto receiver = unix_datagram::bind(at(SCRATCH "/full")).value(), sender = unix_datagram::bind(unix_address()).value();
    std::string last = "done";
    for (int i = 0; i < 100'000 && last == "done"; ++i) last = why(sender.send_to(bytes("x"), at(SCRATCH "/full"), now()));
    BOOST_TEST((last == "timed out" || last == "out of memory"));  // BSDs do not wait
}

namespace {
/// A socket that is always ready, and of which each call takes 5 ms of a clock of its own. It transfers one byte each time, or
/// would block.
struct slow_system : native {
    static constexpr std::int64_t call_time = 5'000'000;
    static inline std::int64_t time = 1;
    static inline int calls = 0;
    static inline bool blocks = false;

    struct clocks : native::clocks {
        static std::int64_t monotonic() noexcept { return time; }
        static result<void> sleep_until(std::int64_t until) noexcept {
            time = std::max(time, until);
            return {};
        }
    };
    struct sockets : native::sockets {
        template <class... Given>
        static result<std::size_t> transfer(const Given&...) noexcept {
            ++calls;
            if (blocks) return time += 1000, fail(errc::would_block, "transfer");
            time += call_time;
            return std::size_t{1};
        }
        static result<std::size_t> receive(handle h, std::byte* to, std::size_t size) noexcept { return transfer(h, to, size); }
        static result<std::size_t> send(handle h, const std::byte* from, std::size_t size) noexcept { return transfer(h, from, size); }
        static result<std::size_t> send_vector(handle h, const io_slice* all, std::size_t n) noexcept { return transfer(h, all, n); }
        static result<std::size_t> send_file(handle h, native::files::handle, std::uint64_t, std::size_t) noexcept { return transfer(h); }
        static result<handle> accept(handle, socket_address&) noexcept { return fail(errc::disconnected, "accept", (time += call_time, 0)); }
        static result<unsigned> wait(handle, unsigned events, std::int64_t) noexcept { return events; }
        class splice {
        public:
            result<void> open() noexcept { return {}; }
            void close() noexcept {}
            result<std::size_t> fill(handle h, std::size_t) noexcept { return transfer(h); }
            result<std::size_t> drain(handle h, std::size_t) noexcept { return transfer(h); }
        };
    };
};
}  // namespace

BOOST_AUTO_TEST_CASE(bytes_that_trickle_do_not_put_off_a_deadline) {
    tcp_pair both;
    const basic_tcp_stream<slow_system> stream(both.client.release()), other(both.server.release());
    std::byte room[1000] = {};
    const auto in_time = [](auto call) {
        const std::int64_t began = slow_system::time;
        const std::string told = why(call(deadline::at(began + 4 * slow_system::call_time)));
        BOOST_TEST(slow_system::time - began <= 6 * slow_system::call_time);
        return told;
    };
    BOOST_TEST(in_time([&](deadline until) { return stream.receive_all(room, until); }) == "timed out");
    BOOST_TEST(in_time([&](deadline until) { return stream.send(room, until); }) == "timed out");
    io_slice slices[] = {{room, sizeof room}};
    BOOST_TEST(in_time([&](deadline until) { return stream.send_vector(slices, until); }) == "timed out");
    const scratch folder;
    put(SCRATCH "/page", "x");
    const auto page = basic_file<slow_system>::open(SCRATCH "/page").value();
    BOOST_TEST(in_time([&](deadline until) { return stream.send_file(page, 0, 1000, until); }) == "timed out");
    auto passing = basic_relay<slow_system>::create().value();
    BOOST_TEST(in_time([&](deadline until) { return passing.pass(stream, other, UINT64_MAX, until); }) == "timed out");
    const basic_tcp_listener<slow_system> listener(both.listener.release());
    BOOST_TEST(in_time([&](deadline until) { return listener.accept(until); }) == "timed out");
}

BOOST_AUTO_TEST_CASE(a_call_that_is_ready_and_would_block_does_not_spin) {
    tcp_pair both;
    const basic_tcp_stream<slow_system> stream(both.client.release());
    std::byte room[1] = {};
    slow_system::blocks = true;
    slow_system::calls = 0;
    BOOST_TEST(why(stream.receive(room, deadline::after<slow_system>(1_s))) == "timed out");
    BOOST_TEST(slow_system::calls < 100);
    BOOST_TEST(why(stream.send(room, deadline::after<slow_system>(1_s))) == "timed out");
    BOOST_TEST(slow_system::calls < 200);
    slow_system::blocks = false;
}

BOOST_AUTO_TEST_CASE(a_connection_can_carry_messages, *needs(sequences)) {
    const scratch folder;
    const auto listener = unix_sequenced_listener::listen(at(SCRATCH "/here")).value();
    const auto client = unix_sequenced::connect(at(SCRATCH "/here"), soon()).value();
    const auto server = listener.accept(soon()).value().stream;
    BOOST_TEST(why(server.receive({}, now())) == "timed out");
    for (const char* const one : {"first", "second and longer", "3"})
        BOOST_REQUIRE(client.send(bytes(one), soon()).has_value());
    std::byte room[8];
    BOOST_TEST(server.receive(room, soon()).value() == 5u);
    BOOST_TEST(text({room, 5}) == "first");
    BOOST_TEST(why(server.receive(room, soon())) == "too large");
    BOOST_TEST(server.receive(room, soon()).value() == 1u);
    BOOST_TEST(text({room, 1}) == "3");
    BOOST_TEST(why(client.send({}, soon())) == "invalid argument");
    BOOST_TEST(why(client.send(std::vector<std::byte>(64 << 20), soon())) == "too large");
    BOOST_TEST(why(client.shut_down()) == "done");
    BOOST_TEST(server.receive(room, soon()).value() == 0u);
    BOOST_TEST(why(client.send(bytes("x"), soon())) == "broken pipe");
    BOOST_TEST(why(server.send(bytes("back"), soon())) == "done");
    BOOST_TEST(client.receive(room, soon()).value() == 4u);
    BOOST_TEST(why(unix_stream::connect(at(SCRATCH "/here"), soon())) != "done");
}

#if !defined(_WIN32)  // where sockets are no files
BOOST_AUTO_TEST_CASE(handles_travel_with_messages, *needs(sequences)) {
    const auto both = unix_sequenced::pair().value(), end = unix_sequenced::pair().value();
    const native::files::handle sent[] = {end.first.native_handle()};
    for (int i = 0; i < 2; ++i) BOOST_REQUIRE(both.first.send_handles(bytes("a message"), sent, soon()).has_value());
    native::files::handle rooms[2];
    std::span<native::files::handle> came(rooms);
    std::byte told[16];
    BOOST_TEST(both.second.receive_handles(told, came, soon()).value() == 9u);
    BOOST_REQUIRE(came.size() == 1u);
    {
        const unix_sequenced given(came[0]);
        BOOST_TEST(why(given.send(bytes("hello"), soon())) == "done");
        BOOST_TEST(end.second.receive(told, soon()).value() == 5u);
    }
    came = rooms;
    BOOST_TEST(why(both.second.receive_handles(std::span(told).first(4), came, soon())) == "too large");
    { const unix_sequenced last(std::move(const_cast<unix_sequenced&>(end.first))); }
    BOOST_TEST(end.second.receive(told, soon()).value() == 0u);  // no copy is left that would keep it open
    BOOST_TEST((both.first.credentials().has_value() || why(both.first.credentials()) == "not supported"));
}

BOOST_AUTO_TEST_CASE(handles_travel_with_bytes, *needs(pairs)) {
    const scratch folder;
    put(SCRATCH "/given", "the content");
    const auto file = sys::file::open(SCRATCH "/given").value();
    const auto both = unix_stream::pair().value();
    const native::files::handle sent[] = {file.native_handle(), both.first.native_handle()};
    BOOST_REQUIRE(both.first.send_handles(bytes("take these"), sent, soon()).has_value());
    native::files::handle rooms[4];
    std::span<native::files::handle> came(rooms);
    std::byte told[64];
    BOOST_TEST(both.second.receive_handles(told, came, soon()).value() == 10u);
    BOOST_REQUIRE(came.size() == 2u);
    const sys::file given(came[0]);
    const unix_stream copy(came[1]);
    BOOST_TEST((given.native_handle() != file.native_handle()));
    BOOST_TEST((given.info()->same_file(file.info().value())));
    std::byte content[11];
    BOOST_TEST(given.read_at(content, 0).value() == 11u);
    BOOST_TEST(text(content) == "the content");
    BOOST_REQUIRE(copy.send(bytes("by the copy"), soon()).has_value());
    BOOST_TEST(both.second.receive(told, soon()).value() == 11u);
}

BOOST_AUTO_TEST_CASE(handles_without_room_are_closed, *needs(pairs)) {
    const auto both = unix_stream::pair().value();
    const auto end = unix_stream::pair().value();
    const native::files::handle sent[] = {end.first.native_handle(), end.first.native_handle(), end.first.native_handle()};
    BOOST_REQUIRE(both.first.send_handles(bytes("x"), sent, soon()).has_value());
    native::files::handle rooms[2];
    std::span<native::files::handle> came(rooms);
    std::byte told[8];
    BOOST_TEST(why(both.second.receive_handles(told, came, soon())) == "too large");
    {
        const unix_stream last(std::move(const_cast<unix_stream&>(end.first)));
    }
    BOOST_TEST(received(end.second) == "");  // no copy is left that would keep it open
    const auto few = unix_stream::pair().value();
    const native::files::handle one[] = {few.first.native_handle()};
    BOOST_REQUIRE(both.first.send_handles(bytes("y"), one, soon()).has_value());
    BOOST_TEST(both.second.receive(told, soon()).value() == 1u);  // who does not ask for handles gets none
    {
        const unix_stream last(std::move(const_cast<unix_stream&>(few.first)));
    }
    BOOST_TEST(received(few.second) == "");
    BOOST_TEST(why(both.first.send_handles(bytes("z"), {}, soon())) == "invalid argument");
    const native::files::handle kept[] = {both.first.native_handle()};
    BOOST_TEST(why(both.first.send_handles({}, kept, soon())) ==
               "invalid argument");  // with nothing they do not travel
}
#endif

BOOST_AUTO_TEST_CASE(who_is_at_the_other_end_is_known, *needs(pairs)) {
    const auto both = unix_stream::pair().value();
    const auto told = both.first.credentials();
    if (!told) {
        BOOST_TEST(why(told) == "not supported");
        return;
    }
    const scratch folder;
    put(SCRATCH "/mine", "x");
    BOOST_TEST(told->user == sys::file::open(SCRATCH "/mine")->info()->owner);
    BOOST_TEST((told->process == 0 || told->process == native::processes::own_id()));
}

namespace {
/// Names take as long as a test wants, and are what it wants.
struct slow_names : native {
    struct names {
        static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t room) noexcept {
            may_answer.wait();
            if (std::string_view(host) == "none") return std::size_t{0};
            for (std::size_t i = 0; i < room; ++i) to[i] = ipv4_address{{10, 0, 0, static_cast<std::uint8_t>(i)}};
            return room;
        }
        static inline event may_answer{false};
    };
};
}  // namespace

BOOST_AUTO_TEST_CASE(names_of_hosts_are_found) {
    const auto here = sys::resolve("localhost", soon());
    BOOST_REQUIRE(here.has_value());
    for (const ip_address& one : here->list()) BOOST_TEST(one.is_loopback());
    BOOST_TEST((sys::resolve("2001:db8::7", deadline::passed())->list()[0] == ip_address::parse("2001:db8::7").value()));
    const std::string nowhere = why(sys::resolve("no-such-host.invalid", soon()));  // RFC 6761, 6.4
    BOOST_TEST((nowhere == "not found" || nowhere == "unreachable" || nowhere == "timed out"));
    BOOST_TEST(why(sys::resolve("", soon())) == "invalid argument");
    BOOST_TEST(why(sys::resolve(std::string_view("a\0b", 3), soon())) == "invalid argument");
    BOOST_TEST(why(sys::resolve(std::string(254, 'a'), soon())) == "name too long");
    // What only some readers take for loopback is nobody's name.
    for (const char* loose :
         {"127.1", "0177.0.0.1", "0x7f000001", "0X7F.1", "2130706433", "127.0.0.0x1", "127.0.0.1.", "127.1."})
        BOOST_TEST(why(sys::resolve(loose, soon())) == "invalid argument", loose);
    for (const char* name : {"", ".", "a", "1.a", "0x7g", "a.1b", "0xfg.", "127.0.0.1x", "fe80::1%eth0"})
        BOOST_TEST(!sys::detail::ends_in_a_number(name), name);
}

BOOST_AUTO_TEST_CASE(names_that_take_long_are_waited_for_as_long_as_one_wants) {
    auto query = basic_host_query<slow_names>::start("somewhere").value();
    BOOST_TEST(why(query.wait(now())) == "timed out");
    BOOST_TEST(why(sys::resolve<slow_names>("given up", now())) == "timed out");
    slow_names::names::may_answer.set();
    const auto found = query.wait(soon());
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->list().size() == host_addresses::most);
    BOOST_TEST((found->list()[31] == ip_address(ipv4_address{{10, 0, 0, 31}})));
    BOOST_TEST(why(query.wait(soon())) == "bad handle");  // it was answered
    BOOST_TEST(why(sys::resolve<slow_names>("none", soon())) == "not found");
}

namespace {
/// A host with the addresses that a test gives it.
struct one_host : native {
    struct names {
        static result<std::size_t> resolve(const char*, ip_address* to, std::size_t room) noexcept {
            const std::size_t count = std::min(room, known.size());
            std::copy_n(known.begin(), count, to);
            return count;
        }
        static inline std::vector<ip_address> known;
    };
};
ip_address address(const char* text) { return ip_address::parse(text).value(); }

const ability more_loopback{"more addresses of its own than one", [] {
                                return tcp_listener::listen({address("127.0.0.2"), 0}).has_value();
                            }};
}  // namespace

BOOST_AUTO_TEST_CASE(addresses_are_tried_by_turns) {
    const auto order = [](std::initializer_list<const char*> sorted) {
        host_addresses given;
        for (const char* one : sorted) given.addresses[given.count++] = address(one);
        std::string told;
        char room[ip_address::max_size];
        const host_addresses turns = sys::detail::by_turns(given);
        for (const ip_address& one : turns.list()) told += std::string(one.write(room)) + " ";
        return told;
    };
    BOOST_TEST(order({}) == "");
    BOOST_TEST(order({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}) == "::1 10.0.0.1 ::2 10.0.0.2 ::3 ");
    BOOST_TEST(order({"10.0.0.1", "10.0.0.2", "::1"}) == "10.0.0.1 ::1 10.0.0.2 ");
    BOOST_TEST(order({"10.0.0.1", "10.0.0.2"}) == "10.0.0.1 10.0.0.2 ");
}

BOOST_AUTO_TEST_CASE(the_address_that_answers_is_taken, *needs(more_loopback)) {
    const auto connect = [](std::uint16_t port, deadline until) { return connect_host<one_host>("host", port, until); };
    auto listener = tcp_listener::listen({address("127.0.0.2"), 0}).value();
    const std::uint16_t port = listener.local_address()->ip().port;
    one_host::names::known = {address("127.0.0.1"), address("::1"), address("127.0.0.2"), address("127.0.0.3")};
    auto made = connect(port, soon());  // the first two refuse
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((made->peer_address()->ip() == ip_endpoint{address("127.0.0.2"), port}));
    BOOST_TEST(made->option(socket_option::no_delay).value() != 0);
    one_host::names::known = {address("127.0.0.2")};
    BOOST_TEST(why(connect(port, soon())) == "done");
    static_cast<void>(listener.close());
    one_host::names::known = {address("127.0.0.1"), address("127.0.0.2")};
    BOOST_TEST(why(connect(port, soon())) == "connection refused");
    one_host::names::known = {};
    BOOST_TEST(why(connect(port, soon())) == "not found");
}

BOOST_AUTO_TEST_CASE(an_address_that_does_not_answer_does_not_hold_up_the_next, *needs(more_loopback)) {
    const auto silent = tcp_listener::listen({address("127.0.0.2"), 0}, {.backlog = 0}).value();
    const std::uint16_t port = silent.local_address()->ip().port;
    const auto listener = tcp_listener::listen({address("127.0.0.3"), port}).value();
    std::vector<tcp_stream> filling;
    std::string last = "done";
    for (int i = 0; i < 10 && last == "done"; ++i) {
        auto next = tcp_stream::connect(silent.local_address()->ip(), deadline::after(500_ms));
        last = why(next);
        if (next) filling.push_back(std::move(*next));
    }
    if (last != "timed out") {
        BOOST_TEST_MESSAGE("nobody is silent here");
        return;
    }
    one_host::names::known = {address("127.0.0.2"), address("127.0.0.3")};
    const auto made = connect_host<one_host>("host", port, soon());
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((made->peer_address()->ip().address == address("127.0.0.3")));
    one_host::names::known = {address("127.0.0.2"), address("127.0.0.2")};
    BOOST_TEST(why(connect_host<one_host>("host", port, deadline::after(400_ms))) == "timed out");
}

#if !defined(_WIN32)  // which has no limit
BOOST_AUTO_TEST_CASE(without_handles_nothing_is_accepted_and_nothing_lost) {
    tcp_pair both;
    const auto waiting = tcp_stream::connect(both.listener.local_address()->ip(), soon()).value();
    std::vector<tcp_stream> taken;
    rlimit before{};
    BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit few = before;
    few.rlim_cur = 200;
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int i = 0; i < 200; ++i) {
        const auto next = native::sockets::open(socket_family::ipv4, socket_kind::stream);
        if (!next) break;
        taken.emplace_back(*next);
    }
    BOOST_TEST(why(both.listener.accept(soon())) == "out of handles");
    BOOST_TEST(why(tcp_stream::connect(both.listener.local_address()->ip(), soon())) == "out of handles");
    taken.clear();
    BOOST_TEST(why(both.listener.accept(soon())) == "done");
    BOOST_TEST(setrlimit(RLIMIT_NOFILE, &before) == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
